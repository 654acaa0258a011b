"""What the supervisor executes for each byte of logbook that it sends over Ethernet, and for what.

The system tests/link/logbook runs on the QEMU that `make qemu` builds; xmg reads 64 KiB of log over
UDP, under a key. QEMU logs every instruction of the supervisor's memory (one instruction a block).
Counted are whole slots of the supervisor: those that took a LogRead or made a chunk. What the
hypervisor executes on its behalf is not in it, nor are slots without work, whose number is the
host's affair. On a slow host the emulated board falls behind the console's clock: the console asks
for records twice, gives up, or takes the board for one that has started anew. Such a run is
repeated, and the one with the fewest chunks counts.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import probe  # noqa: E402

RECORDS = 1024
RECORD_BYTES = 64
RECORDS_A_CHUNK = 15  # as many as fit the longest payload
LEAST_CHUNKS = -(-RECORDS // RECORDS_A_CHUNK)
RUNS = 3  # at most
PATIENCE_S = 60  # of the console
RUN_LIMIT_S = 240
SUPERVISOR = 0  # partition

# Source file, or function, to what its work is; the first that matches a line decides.
PARTS = (
    ("CRC and framing", re.compile(r"/frame\.c")),  # the CRC is expanded in it
    ("MAC", re.compile(r"/(bearssl|third_party/bearssl)/|/mac\.c|br_sha2|br_hmac|sha256")),
    ("protobuf", re.compile(r"/protobuf-c\.c|pb-c\.c")),
    ("lwIP", re.compile(r"/lwip/")),
    ("driver", re.compile(r"/supervisor/ethernet/")),
    ("copying", re.compile(r"/xal/string\.c|\bmem(cpy|move|set|cmp)$")),
    ("hypercalls, own part", re.compile(r"/libxm/| XM_\w+$")),
    ("supervisor", re.compile(r"/supervisor/")),
)


@dataclass
class Split:
    """Instructions of the supervisor for so many bytes of log."""

    payload_bytes: int
    slots: int
    chunks: int  # sent; more than LEAST_CHUNKS: some of it twice
    by_part: Counter[str] = field(default_factory=Counter)
    by_function: Counter[str] = field(default_factory=Counter)
    part_of: dict[str, str] = field(default_factory=dict)  # of each function

    @property
    def per_byte(self) -> float:
        """Instructions for each byte of log delivered."""
        return self.by_part.total() / self.payload_bytes


def emulator(build_dir: str) -> Path | None:
    """The QEMU with a MAC, if it has been built."""
    path = ROOT / build_dir / "bin" / "qemu-system-sparc-xm"
    return path if path.is_file() else None


def build(build_dir: str) -> tuple[Path, Path]:
    """Builds the system under a new key; gives its folder and the key file."""
    key = ROOT / build_dir / "link" / "bench.key"
    key.parent.mkdir(parents=True, exist_ok=True)
    if not key.exists():
        probe.shell([str(ROOT / "ground-tools" / "xmg"), "key", "new", str(key)])
    probe.shell(
        [
            "make",
            "-s",
            "--no-print-directory",
            f"BUILD={build_dir}",
            "SYSTEM=tests/link/logbook",
            f"KEY={key}",
            "system",
        ]
    )
    return ROOT / build_dir / "logbook", key


def free_port() -> int:
    """A UDP port of this host that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Trace:
    """Reads QEMU's execution log from a pipe while it is written, slot by slot."""

    ADDRESS = re.compile(rb"\[\w+/(\w+)/")

    def __init__(self, fifo: Path, slot_entry: int, marks: tuple[int, ...]) -> None:
        self._entry = b"%08x" % slot_entry
        self._marks = tuple(b"%08x" % mark for mark in marks)
        self._fifo = fifo
        self.executed: Counter[bytes] = Counter()  # in the slots with a mark
        self.slots = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Waits until all is read; QEMU must have ended."""
        self._thread.join(RUN_LIMIT_S)

    def _addresses(self) -> Iterator[list[bytes]]:
        rest = b""
        with open(self._fifo, "rb") as log:
            while data := log.read(1 << 20):
                data = rest + data
                end = data.rfind(b"\n") + 1
                rest = data[end:]
                yield self.ADDRESS.findall(data, 0, end)

    def _read(self) -> None:
        slot: Counter[bytes] = Counter()
        for addresses in self._addresses():
            begin = 0
            starts = [i for i, address in enumerate(addresses) if address == self._entry]
            for start in starts:
                slot.update(addresses[begin:start])
                self._close(slot)
                slot = Counter()
                begin = start
            slot.update(addresses[begin:])
        self._close(slot)

    def _close(self, slot: Counter[bytes]) -> None:
        if any(slot[mark] for mark in self._marks):
            self.executed += slot
            self.slots += 1


class ConsoleError(Exception):
    """xmg ended with an error; the text says which."""


def console(arguments: str, port: int, key: Path, build_dir: str) -> Any:
    """The answer of xmg in JSON. Raises ConsoleError."""
    environment = os.environ | {
        "XMG_LINK": f"udp:127.0.0.1:{port}",
        "XM_BUILD": str(ROOT / build_dir),
        "XMG_KEY": str(key),
    }
    done = subprocess.run(
        [str(ROOT / "ground-tools" / "xmg"), *arguments.split(), "--format", "json"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
    )
    if done.returncode:
        raise ConsoleError(f"xmg {arguments}: status {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def stored(port: int, key: Path, build_dir: str) -> int:
    """Records of the health-monitor log. Raises ConsoleError."""
    books = console("book list", port, key, build_dir)
    return max((book["next"] - book["oldest"] for book in books if book["book"] == "hm"), default=0)


def transfer(port: int, key: Path, build_dir: str) -> int:
    """Reads the whole log once it is complete; gives its bytes. Raises BenchError."""
    end = time.monotonic() + RUN_LIMIT_S / 2
    count = 0
    while count < RECORDS:
        try:
            count = stored(port, key, build_dir)
        except ConsoleError as error:
            if time.monotonic() > end:
                raise probe.BenchError(
                    f"the board does not answer over Ethernet: {error}"
                ) from error
        if time.monotonic() > end:
            raise probe.BenchError(f"the board has logged {count} records in {RUN_LIMIT_S / 2} s")
        time.sleep(0.2)
    try:
        rows = console(f"--timeout {PATIENCE_S} hm read", port, key, build_dir)
    except ConsoleError as error:
        raise probe.BenchError(str(error)) from error
    records = [row for row in rows if row.get("kind") == "record"]
    if len(records) < RECORDS or len(records) != len(rows):
        raise probe.BenchError(f"{len(records)} of {RECORDS} records were read over Ethernet")
    return len(records) * RECORD_BYTES


def part_of(source: str, function: str) -> str:
    """What the work of a function is."""
    return next(
        (name for name, pattern in PARTS if pattern.search(f"{source} {function}")), "supervisor"
    )


def split(elf: Path, symbols: probe.Symbols, trace: Trace, payload_bytes: int) -> Split:
    """The instructions by what they were for."""
    chunks = trace.executed[b"%08x" % symbols.address["xm__chunk__pack"]]
    starts = sorted((address, name) for name, address in symbols.address.items())
    result = Split(payload_bytes, trace.slots, chunks)
    at = 0
    for word, count in sorted((int(word, 16), count) for word, count in trace.executed.items()):
        while at + 1 < len(starts) and starts[at + 1][0] <= word:
            at += 1
        result.by_function[starts[at][1]] += count
    names = list(result.by_function)
    lines = probe.shell(
        [probe.tool("addr2line"), "-e", str(elf), *(hex(symbols.address[name]) for name in names)]
    ).splitlines()
    for name, line in zip(names, lines, strict=True):
        result.part_of[name] = part_of(line, name)
        result.by_part[result.part_of[name]] += result.by_function[name]
    return result


def measure(build_dir: str, qemu: Path) -> Split:
    """Builds, runs and reads, again if that failed or something was sent twice. Raises
    BenchError."""
    folder, key = build(build_dir)
    best: Split | None = None
    failure = probe.BenchError("no run")
    for _ in range(RUNS):
        try:
            result = run(build_dir, qemu, folder, key)
        except probe.BenchError as error:
            failure = error
            continue
        if best is None or result.chunks < best.chunks:
            best = result
        if best.chunks <= LEAST_CHUNKS:
            break
    if best is None:
        raise failure
    return best


def run(build_dir: str, qemu: Path, folder: Path, key: Path) -> Split:
    """One transfer, counted. Raises BenchError."""
    elf = folder / f"p{SUPERVISOR}.elf"
    symbols = probe.Symbols.of(elf)
    low, high = min(symbols.address.values()), max(symbols.address.values())
    fifo = ROOT / build_dir / "link" / "trace"
    fifo.unlink(missing_ok=True)
    os.mkfifo(fifo)
    marks = (symbols.address["logs_start"], symbols.address["xm__chunk__pack"])
    trace = Trace(fifo, symbols.address["supervisor_slot"], marks)
    port = free_port()
    command = [
        *("timeout", str(RUN_LIMIT_S), str(qemu), "-M", "leon3_generic", "-display", "none"),
        *("-monitor", "none", "-icount", "shift=5,sleep=on", "-serial", "none"),
        *("-nic", f"user,model=grlib-greth,hostfwd=udp:127.0.0.1:{port}-:5501"),
        *("-singlestep", "-d", "exec,nochain", "-dfilter", f"{low:#x}..{high:#x}"),
        *("-D", str(fifo), "-kernel", str(folder / "system.elf")),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        payload_bytes = transfer(port, key, build_dir)
    finally:
        process.terminate()
        process.wait(10)
        trace.join()
        fifo.unlink()
    return split(elf, symbols, trace, payload_bytes)
