"""QEMU with its RAM in a file: built systems, runs in virtual time, and the memory as the host sees it from outside."""

from __future__ import annotations

import mmap
import os
import re
import shutil
import struct
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RAM_START = 0x40000000
BUILD_TIMEOUT_S = 300

# What the hypervisor prints only when something is wrong with itself.
KERNEL_TROUBLE = re.compile(r"xm: (?:trap|panic|internal error|halted by)[^\n]*")
KERNEL_BOOT = re.compile(r"xm: \d+\.\d+\.\d+ on ")


class CampaignError(Exception):
    """A campaign could not be built or run; the text says why and what to do."""


class CampaignSkipped(Exception):
    """What the campaign needs is not on this machine; the text says what."""


class Ram:
    """The memory of the target: a file that QEMU maps too. Words are big-endian."""

    def __init__(self, path: Path, megabytes: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.truncate(megabytes << 20)
        self.path, self.megabytes = path, megabytes
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), megabytes << 20)

    def clear(self) -> None:
        """As after a power cycle."""
        zero = bytes(1 << 20)
        for at in range(0, self.megabytes << 20, 1 << 20):
            self.map[at:at + (1 << 20)] = zero

    def read(self, address: int, size: int) -> bytes:
        at = address - RAM_START
        return self.map[at:at + size]

    def write(self, address: int, data: bytes) -> None:
        at = address - RAM_START
        self.map[at:at + len(data)] = data

    def word(self, address: int) -> int:
        return int(struct.unpack(">I", self.read(address, 4))[0])

    def words(self, address: int, count: int) -> tuple[int, ...]:
        return struct.unpack(f">{count}I", self.read(address, 4 * count))

    def close(self) -> None:
        """Free what the file takes: it is worth nothing after the run."""
        self.map.close()
        self.path.unlink(missing_ok=True)


@dataclass
class Run:
    """How one start of QEMU ended."""

    status: int | None  # None: it was stopped, because nothing moved or on purpose
    output: str
    seconds: float


def build(name: str, build_dir: str, folder: str | None = None, variables: list[str] | None = None) -> Path:
    """Build the system tests/campaign/<name>, or that of `folder` under this name; returns the folder with its products."""
    out = f"{build_dir}/tests/campaign/{name}"
    command = ["make", "-s", "--no-print-directory", "-f", "tools/system.mk", f"BUILD={build_dir}",
               f"SYSTEM_DIR={folder or f'tests/campaign/{name}'}", f"SYSTEM_OUT={out}", *(variables or [])]
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=BUILD_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise CampaignError(f"{name}: the build took more than {BUILD_TIMEOUT_S} s") from error
    if done.returncode != 0:
        raise CampaignError(f"{name}: the system does not build:\n{done.stdout}")
    # The hypervisor of this very system, whatever is built while the campaign runs.
    shutil.copy(ROOT / build_dir / "hypervisor" / "leon3_generic" / "xm.elf", ROOT / out / "xm.elf")
    return ROOT / out


def boot(elf: Path, ram: Ram, stalled_after_s: float, limit_s: float,
         progress: Callable[[], int] | None = None, kill_after_s: float | None = None) -> Run:
    """Start QEMU and wait for its end.

    It is stopped when `progress` returns the same for `stalled_after_s`, after `limit_s` in any case, and after
    `kill_after_s` if the caller wants it killed at some instant.
    """
    command = ["timeout", "-k", "5", str(int(limit_s) + 10), "qemu-system-sparc",
               "-M", "leon3_generic,memory-backend=ram", "-m", f"{ram.megabytes}M",
               "-object", f"memory-backend-file,id=ram,size={ram.megabytes}M,mem-path={ram.path},share=on",
               "-display", "none", "-monitor", "none", "-serial", "stdio", "-icount", "shift=5,sleep=off",
               "-kernel", str(elf)]
    log = ram.path.with_name(ram.path.name + ".uart")
    start = time.monotonic()
    with open(log, "wb") as uart:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=uart, stderr=subprocess.STDOUT)
    status: int | None = None
    last, moved = -1, start
    try:
        while True:
            wait = 0.25 if kill_after_s is None else max(0.001, start + kill_after_s - time.monotonic())
            try:
                status = process.wait(timeout=wait)
                break
            except subprocess.TimeoutExpired:
                pass
            now = time.monotonic()
            value = progress() if progress is not None else -1
            if value != last:
                last, moved = value, now
            if kill_after_s is not None or now - start > limit_s or (progress is not None and now - moved > stalled_after_s):
                break
    finally:
        if process.poll() is None:
            # `timeout` passes SIGTERM on; QEMU is killed without any chance to tidy up by SIGKILL to its own process.
            kill_child(process)
            process.wait(timeout=20)
    return Run(status, log.read_bytes().decode("latin-1").replace("\r", ""), time.monotonic() - start)


def kill_child(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL QEMU, the one child of our `timeout`, and nothing else."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        for pid in children.read_text().split():
            os.kill(int(pid), 9)
    except (OSError, ValueError):
        process.terminate()


# ---- what the host knows of the hypervisor --------------------------------------------------------------------------


def symbols(elf: Path) -> dict[str, int]:
    """Symbols of a 32-bit big-endian ELF file."""
    data = elf.read_bytes()
    shoff, = struct.unpack_from(">I", data, 32)
    shentsize, shnum = struct.unpack_from(">HH", data, 46)
    sections = [struct.unpack_from(">10I", data, shoff + i * shentsize) for i in range(shnum)]
    found: dict[str, int] = {}
    for section in sections:
        if section[1] != 2:  # SHT_SYMTAB
            continue
        names = sections[section[6]]
        for at in range(section[4], section[4] + section[5], 16):
            name, value = struct.unpack_from(">II", data, at)
            end = data.index(b"\0", names[4] + name)
            found[data[names[4] + name:end].decode("latin-1")] = value
    return found


def segments(elf: Path) -> list[tuple[int, bytes]]:
    """Loaded segments of a 32-bit big-endian ELF file: physical address and stored bytes."""
    data = elf.read_bytes()
    phoff, = struct.unpack_from(">I", data, 28)
    phentsize, phnum = struct.unpack_from(">HH", data, 42)
    found = []
    for i in range(phnum):
        kind, offset, _, physical, stored = struct.unpack_from(">5I", data, phoff + i * phentsize)
        if kind == 1 and stored:
            found.append((physical, data[offset:offset + stored]))
    return found


def page_tables(ram: Ram, contexts: int, spaces: int) -> dict[int, bytes]:
    """All tables of the SRMMU that lead from the first `spaces` contexts: address -> content."""
    tables = {contexts: ram.read(contexts, 4 * spaces)}
    todo = [(entry, 0) for entry in ram.words(contexts, spaces)]
    while todo:
        entry, level = todo.pop()
        if entry & 3 != 1:
            continue
        address, size = (entry & ~3) << 4, 1024 if level == 0 else 256
        if address in tables:
            continue
        tables[address] = ram.read(address, size)
        todo += [(word, level + 1) for word in ram.words(address, size // 4)]
    return tables


@dataclass
class HmRecord:
    """A record of the health-monitor log, as struct xm_hm_record has it (abi/records.h)."""

    seq: int
    time_us: int
    boot: int
    event: int
    partition: int
    flags: int
    action: int
    pc: int
    address: int
    valid: bool


def seal(record: bytes) -> int:
    """What a record ends with in the log memory (core/logbook.h): over all its words but the last."""
    words = struct.unpack(f">{len(record) // 4}I", record)
    value = words[0]
    for word in words[1:-1]:
        value = (value ^ word) * 0x9E3779B1 & 0xFFFFFFFF
        value ^= value >> 15
    return value


def hm_log(ram: Ram, start: int, size: int) -> list[HmRecord]:
    """All records of the log at `start` in the order of their numbers; read without the help of the hypervisor."""
    records = []
    for at in range(start + 32, start + size - 63, 64):
        data = ram.read(at, 64)
        seq, time_us, boot, event, partition, _, flags, action, _, pc, _, _, address = struct.unpack_from(">QqIHBBBBHIIII", data)
        if seq == 0:
            continue
        valid = seal(data) == struct.unpack_from(">I", data, 60)[0]
        records.append(HmRecord(seq, time_us, boot, event, partition, flags, action, pc, address, valid))
    return sorted(records, key=lambda record: record.seq)
