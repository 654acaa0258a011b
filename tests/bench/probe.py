"""Build a system, run it on QEMU with the plugin probe.c, and give back what it noted.

Everything is counted in executed instructions, exactly: the plugin is called once before each of
them. QEMU runs with -icount, so a run is the same on every machine, instruction by instruction,
unless a host program talks to it.
"""

from __future__ import annotations

import bisect
import os
import re
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ground-tools"))

from xmground.launch import QEMU, finished, qemu_command  # noqa: E402

BUILD_TIMEOUT_S = 300
ENTER, LEAVE, MARK, STEP = 0, 1, 2, 3
RECORD = struct.Struct("=QII")
MARKED, IDLE_STEP = -1, -2
HYPERCALL, ASM_CALL = 0xF0, 0xF1
LOOK = "irq_pending"  # the kernel's function with which a long service looks for interrupts


class BenchError(Exception):
    """The system could not be built or run; the text says why and what to do."""


def tool(name: str) -> str:
    return os.environ.get("CROSS", "sparc64-linux-gnu-") + name


def shell(command: list[str], timeout_s: int = BUILD_TIMEOUT_S) -> str:
    """Output of a command that must succeed."""
    try:
        done = finished(command, timeout_s, cwd=ROOT)
    except FileNotFoundError as error:
        raise BenchError(f"{command[0]} is not installed: run tools/install-deps.sh") from error
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{command[0]} took more than {timeout_s} s") from error
    if done.returncode != 0:
        raise BenchError(
            f"{' '.join(command[:4])} ... ended with status {done.returncode}:\n{done.stdout[-3000:]}"
        )
    return done.stdout


@dataclass
class Symbols:
    """Addresses of an ELF file by name, and what stands at an address."""

    address: dict[str, int] = field(default_factory=dict)
    end: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, elf: Path) -> Symbols:
        symbols = cls()
        for line in shell([tool("nm"), "-S", str(elf)]).splitlines():
            parts = line.split()
            if len(parts) >= 3 and parts[-2] not in ("a", "A", "U"):
                symbols.address[parts[-1]] = int(parts[0], 16)
                symbols.end[parts[-1]] = int(parts[0], 16) + (
                    int(parts[1], 16) if len(parts) == 4 else 0
                )
        return symbols


@dataclass
class Image:
    """A built system."""

    name: str
    folder: Path
    kernel: Symbols
    partitions: dict[int, Symbols]
    areas: list[tuple[int, int, int]]  # start, end, partition; ascending

    def partition_at(self, address: int) -> int | None:
        i = bisect.bisect_right(self.areas, (address, 1 << 33, 0)) - 1
        return self.areas[i][2] if i >= 0 and address < self.areas[i][1] else None


@dataclass
class Item:
    """One step of a run: an instruction with a name, or one stay in the kernel.

    vector is the trap type, MARKED, or IDLE_STEP for a piece of the idle loop between two points
    where it lets interrupts in. A stay that ended in the idle loop counts up to the loop. The name
    of a stay says what it was for: the stub called, or the kind of trap."""

    count: int
    vector: int = MARKED
    name: str = ""
    pc: int = 0  # of a mark
    came_from: int | None = None  # partition
    leave_count: int = 0
    leave_pc: int = 0
    idle: bool = False
    inside: list[tuple[str, int]] = field(default_factory=list)  # kernel marks passed, in order

    @property
    def length(self) -> int:
        return self.leave_count - self.count

    @property
    def piece(self) -> int:
        """The longest part of a stay without a look at pending interrupts: for which it gives
        way."""
        looks = [self.count] + [at for name, at in self.inside if name == LOOK] + [self.leave_count]
        return max(after - before for before, after in zip(looks, looks[1:]))


@dataclass
class Run:
    image: Image
    items: list[Item]
    instructions: int
    console: str


def kernel_elf(build_dir: str) -> Path:
    return ROOT / build_dir / "hypervisor" / os.environ.get("BOARD", "leon3_generic") / "xm.elf"


def build(name: str, build_dir: str, folder: str | None = None) -> Image:
    """Build configs/<name>, or another folder."""
    shell(
        [
            "make",
            "-s",
            "--no-print-directory",
            f"BUILD={build_dir}",
            f"SYSTEM={folder or name}",
            "system",
        ]
    )
    out = ROOT / build_dir / name
    partitions = {int(path.stem[1:]): Symbols.of(path) for path in out.glob("p*.elf")}
    areas = []
    for line in (out / "partitions.mk").read_text().splitlines():
        if match := re.match(r"START_(\d+) *:?= *(\w+)", line):
            areas.append([int(match.group(2), 0), 0, int(match.group(1))])
        elif match := re.match(r"SIZE_(\d+) *:?= *(\w+)", line):
            for area in areas:
                if area[2] == int(match.group(1)):
                    area[1] = area[0] + int(match.group(2), 0)
    return Image(
        name,
        out,
        Symbols.of(kernel_elf(build_dir)),
        partitions,
        sorted((a, b, c) for a, b, c in areas),
    )


def plugin(build_dir: str) -> Path:
    """The plugin, as this QEMU accepts it: interface version 1 before QEMU 9, 2 from there on."""
    major = int(re.search(r"version (\d+)", shell([QEMU, "--version"])).group(1))  # type: ignore[union-attr]
    version = 1 if major < 9 else 2
    source = ROOT / "tests" / "bench" / "probe.c"
    out = ROOT / build_dir / "bench" / f"probe-{version}.so"
    if not out.exists() or out.stat().st_mtime < source.stat().st_mtime:
        out.parent.mkdir(parents=True, exist_ok=True)
        shell(
            [
                os.environ.get("HCC", "gcc"),
                "-std=gnu11",
                "-O2",
                "-fPIC",
                "-shared",
                f"-DPLUGIN_VERSION={version}",
                str(source),
                "-o",
                str(out),
            ]
        )
    return out


# Kernel symbols noted in every run. One that a later kernel does not have makes a split coarser,
# nothing else.
KERNEL_MARKS = (
    "core_irq",
    "core_leave",
    "context_switch",
    "context_load",
    "return_to_partition",
    "deliver",
    "idle_loop",
    "arch_idle_window",
    "arch_idle_wait",
    "arch_idle_yield",
    LOOK,
)


def marks_of(image: Image) -> dict[int, list[str]]:
    """Name of each address to be noted: marks in partitions, hypercall stubs, steps in the
    kernel."""
    names: dict[int, list[str]] = {}
    for symbols in image.partitions.values():
        for name, address in symbols.address.items():
            if name.startswith("bench_"):
                names.setdefault(address, []).append(name[len("bench_") :])
            elif name.startswith("XM_") or name in ("PartitionMain", "start"):
                names.setdefault(address, []).append(name)
    for name in KERNEL_MARKS:
        if name in image.kernel.address:
            names.setdefault(image.kernel.address[name], []).append(name)
    return names


def qemu(
    image: Image, arguments: list[str], timeout_s: int, feed: bytes = b"", after: bytes = b""
) -> str:
    """Boot a system that ends by itself; returns what its UART sent. feed goes to its UART, once
    it has sent `after`."""
    command = qemu_command(image.folder / "system.elf", "stdio")
    process = subprocess.Popen(
        ["timeout", str(timeout_s), *command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    seen = b""
    while after not in seen:
        byte = process.stdout.read(1)
        if not byte:
            break
        seen += byte
    output, _ = process.communicate(feed)  # `timeout` ends QEMU, and with it this
    console = (seen + output).decode("latin-1")
    if process.returncode == 124:
        raise BenchError(f"{image.name} hangs: not finished after {timeout_s} s\n{console[-2000:]}")
    if process.returncode != 0:
        raise BenchError(
            f"QEMU ended with status {process.returncode} running {image.name}\n{console[-2000:]}"
        )
    return console


def run_plain(image: Image, timeout_s: int = 300) -> str:
    """Without the plugin, at full speed; returns what the UART sent."""
    return qemu(image, [], timeout_s)


def traced(
    image: Image, build_dir: str, timeout_s: int, feed: bytes, after: bytes, window: tuple[int, int]
) -> tuple[bytes, str]:
    """The plugin's records of one run, and what the UART sent."""
    out = ROOT / build_dir / "bench" / image.name
    out.mkdir(parents=True, exist_ok=True)
    marks, events = out / "marks", out / "events"
    marks.write_text("".join(f"{address:x}\n" for address in marks_of(image)))
    end = image.kernel.address["kernel_config"]
    console = qemu(
        image,
        [
            "-plugin",
            f"{plugin(build_dir)},out={events},kernel_end={end:#x},marks={marks},"
            f"from={window[0]},to={window[1]}",
        ],
        timeout_s,
        feed,
        after,
    )
    records = events.read_bytes()
    events.unlink()
    return records, console


def run(
    image: Image, build_dir: str, timeout_s: int = 300, feed: bytes = b"", after: bytes = b""
) -> Run:
    """Boot a system that ends by itself. feed arrives on its UART once it has sent `after`, when
    QEMU takes it."""
    records, console = traced(image, build_dir, timeout_s, feed, after, (0, 0))
    items, total = digest(image, records)
    return Run(image, items, total, console)


def steps(image: Image, build_dir: str, begin: int, end: int) -> list[int]:
    """Addresses of the instructions from number begin up to end, of a run that is the same every
    time."""
    records, _ = traced(image, build_dir, 300, b"", b"", (begin, end))
    return [pc for _, pc, kind in RECORD.iter_unpack(records) if kind == STEP]


def purpose(vector: int, stub: str | None) -> str:
    """What a stay in the kernel is for, in words."""
    if vector == HYPERCALL:
        return stub or "a hypercall"
    if vector == ASM_CALL:
        return "an assembler call"
    if 0x10 < vector < 0x20:
        return f"interrupt {vector - 0x10}"
    return f"trap 0x{vector:02x}"


def digest(image: Image, records: bytes) -> tuple[list[Item], int]:
    """Turn the plugin's records into items: marks of partitions, and stays in the kernel with
    the marks inside."""
    names = marks_of(image)
    items: list[Item] = []
    stay: Item | None = None
    # Marks of partitions come just before the LEAVE at the same instruction.
    waiting: list[Item] = []
    stubs: dict[int | None, str] = {}  # the call that each partition made last
    last_user: int | None = None
    idle_from: int | None = None
    total = 0
    for count, pc, kind in RECORD.iter_unpack(records):
        if kind == MARK:
            total = count
            for name in names.get(pc, ()):
                if pc < image.kernel.address["kernel_config"]:
                    if stay is None:
                        if idle_from is not None:
                            items.append(Item(idle_from, IDLE_STEP, "idle step", leave_count=count))
                        idle_from = count
                        continue
                    stay.inside.append((name, count))
                    if name == "idle_loop":
                        stay.idle, stay.leave_count = True, count
                        items.append(stay)
                        stay, idle_from = None, count
                elif stay is not None:
                    waiting.append(Item(count, name=name, pc=pc))
                else:
                    items.append(Item(count, name=name, pc=pc))
                    if name.startswith("XM_"):
                        stubs[image.partition_at(pc)] = name
        elif kind == ENTER:
            came_from = last_user
            if stay is not None:
                # An interrupt that waited was taken by the very RETT that ended this stay: no
                # instruction lies between.
                stay.leave_count = count
                items.append(stay)
                switched = any(name == "context_load" for name, _ in stay.inside)
                came_from = None if switched else stay.came_from
            vector = (pc >> 4) & 0xFF
            stay = Item(count, vector, purpose(vector, stubs.get(came_from)), came_from=came_from)
            last_user = idle_from = None
        else:
            last_user = image.partition_at(pc)
            if stay is not None:
                stay.leave_count, stay.leave_pc = count, pc
                items.append(stay)
                stay = None
            items += waiting
            waiting.clear()
    return items, total
