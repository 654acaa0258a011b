#!/usr/bin/python3
"""Tests of libxm and XAL; started by `make libxm-test`, which passes the compiler and its flags in the environment.

The last line is "N passed, N failed".
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path("tests/libxm")
ABI = Path("hypervisor/abi")
LINK_ADDRESS = 0x40180000
HEADER_BYTES = 52
HEADER_MAGIC = 0x24584D69
EM_SPARC = 2  # 18 would be a V9 object in disguise
COMMAND_TIMEOUT_S = 60
QEMU_TIMEOUT_S = 60
QEMU = ["qemu-system-sparc", "-M", "leon3_generic", "-display", "none", "-monitor", "none", "-serial", "stdio"]
# What a source of the 3.x era may do; everything else in our own test sources is an error.
OLD_C = ["-Wno-implicit-int", "-Wno-implicit-function-declaration", "-Wno-return-type", "-Wno-old-style-definition"]
# Headers that assembler sources may include too; xm.h names nearly all of them.
ASSEMBLER_TREES = [Path("libxm/include")]
ASSEMBLER_HEADERS = [Path("libxm/xal/include") / name for name in ("config.h", "xal.h", "irqs.h", "arch/irqs.h")]


class Failed(Exception):
    """A claim does not hold; the text says which and how."""


def flags(name: str) -> list[str]:
    """A variable of make as a list of arguments."""
    return shlex.split(os.environ[name])


def run(command: list[str], **options: object) -> str:
    """Output of a command, both streams; Failed when it does not succeed."""
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=COMMAND_TIMEOUT_S, **options)  # type: ignore[call-overload]
    if done.returncode != 0:
        raise Failed(f"status {done.returncode}: {shlex.join(command)}\n{done.stdout}")
    return str(done.stdout)


def compile_file(source: Path, output: Path) -> None:
    """Compile one partition source with the published flags. A warning is an error, as these sources are ours."""
    if source.suffix == ".S":
        command = flags("ASFLAGS")
    else:
        is_old = source.read_text().startswith("/* old C")
        command = flags("CPPFLAGS") + flags("CFLAGS") + ["-Werror"] + (OLD_C if is_old else [])
    run(flags("CC") + command + ["-c", str(source), "-o", str(output)])


def symbols(elf: Path) -> dict[str, int]:
    """Defined symbols of an ELF file."""
    table = run([os.environ["CROSS"] + "nm", "--defined-only", str(elf)])
    return {name: int(value, 16) for value, _, name in re.findall(r"^(\w+) (\w) (\S+)$", table, re.MULTILINE)}


def link(objects: list[Path], elf: Path) -> None:
    run(flags("LD") + flags("LDFLAGS") + [f"-Ttext={LINK_ADDRESS:#x}", *map(str, objects)] + flags("LIBS") + ["-o", str(elf)])


def segments(image: bytes) -> list[tuple[int, int, int, int]]:
    """(offset, address, bytes in the file, bytes in memory) of every PT_LOAD of a 32-bit big-endian ELF file."""
    table, = struct.unpack_from(">I", image, 28)
    size, count = struct.unpack_from(">HH", image, 42)
    headers = [struct.unpack_from(">8I", image, table + n * size) for n in range(count)]
    return [(h[1], h[2], h[4], h[5]) for h in headers if h[0] == 1]


def read_memory(image: bytes, address: int, length: int) -> bytes:
    """Bytes of the loaded image; Failed when they are not part of a segment's stored data."""
    for offset, start, stored, _ in segments(image):
        if start <= address and address + length <= start + stored:
            return image[offset + address - start:][:length]
    raise Failed(f"{length} bytes at {address:#x} are not loaded")


def check_image(elf: Path) -> None:
    """What loader and hypervisor rely on in every partition."""
    image = elf.read_bytes()
    names = symbols(elf)
    if struct.unpack_from(">H", image, 18)[0] != EM_SPARC:
        raise Failed("not a SPARC V8 executable")
    if len(segments(image)) > 2:
        raise Failed(f"{len(segments(image))} segments instead of 2")
    lowest = min(start for _, start, _, _ in segments(image))
    if lowest != LINK_ADDRESS or names["_sguest"] != LINK_ADDRESS:
        raise Failed(f"linked at {LINK_ADDRESS:#x}, starts at {lowest:#x}")
    if struct.unpack_from(">I", image, 24)[0] != names["start"] or names["start"] != names["_start"]:
        raise Failed("the entry point is not start")
    if names["_traptab"] % 4096:
        raise Failed("_traptab is not 4 KiB aligned")
    header = struct.unpack(">13I", read_memory(image, names["xmImageHdr"], HEADER_BYTES))
    if header[0] != HEADER_MAGIC or header[12] != HEADER_MAGIC:
        raise Failed("xmImageHdr lacks its magic")
    if header[3] % 4096 or header[4] != 16 * 4096:
        raise Failed("xmImageHdr names no aligned page-table area")
    cleared = range(names["_sbss"], names["_ebss"])
    if names["__stack"] in cleared or header[3] in cleared:
        raise Failed("stack or page-table area lies in the part of .bss that is cleared at every start")
    if names["_sbss"] % 4 or names["_ebss"] % 4:
        raise Failed(".bss is cleared by words and not aligned to them")


def check_custom_file(elf: Path) -> None:
    """A program's own section for a custom file is loaded, and its own header replaced the default one."""
    image = elf.read_bytes()
    names = symbols(elf)
    header = struct.unpack(">13I", read_memory(image, names["xmImageHdr"], HEADER_BYTES))
    if header[5] != 1 or header[6] != names["customFile"] or header[7] != 256:
        raise Failed(f"header does not describe the custom file: {header}")
    read_memory(image, names["customFile"], 256)


def partition(folder: Path, build: Path) -> None:
    """Compile and link a partition, and look at the result."""
    out = build / folder.name
    out.mkdir(parents=True, exist_ok=True)
    objects = []
    for source in sorted([*folder.glob("*.c"), *folder.glob("*.S")]):
        objects.append(out / (source.stem + ".o"))
        compile_file(source, objects[-1])
    elf = out / "partition.elf"
    link(objects, elf)
    check_image(elf)
    if folder.name == "image_header":
        check_custom_file(elf)


def header_alone(include: str, options: list[str]) -> None:
    """A header compiles as the only thing in a source, twice, without the forced includes."""
    command = flags("CPPFLAGS")
    while "-include" in command:
        at = command.index("-include")
        del command[at:at + 2]
    run(flags("CC") + command + ["-m32", "-mcpu=leon3", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *options,
                                 "-include", include, "-include", include, "-x", "c", os.devnull])


def header_in_assembler(include: str, build: Path) -> None:
    source = build / "header.S"
    source.write_text(f"#include <{include}>\n#include <{include}>\n")
    run(flags("CC") + flags("ASFLAGS") + ["-c", str(source), "-o", str(build / "header.o")])


def rows() -> list[tuple[int, str, int]]:
    """Number, name and argument registers of every row of the table of calls."""
    text = (ROOT / ABI / "hypercalls.def").read_text()
    found = re.findall(r"^XM_CALL\(\s*(\d+),\s*(\w+),\s*\w+,\s*\((.*?)\),\s*\"", text, re.MULTILINE)
    return [
        (int(number), name, len(re.findall(r"\b[A-Z_0-9]+\(", args)) + len(re.findall(r"\b(?:TIME|U64)\(", args)))
        for number, name, args in found
    ]


def stub_per_row(elf: Path) -> None:
    """Every row has a stub that moves its arguments up, the last one first, loads the row's number and traps; memory.c completes
    one of them under its public name."""
    listing = run([os.environ["CROSS"] + "objdump", "-d", "--no-show-raw-insn", str(elf)])
    if not rows():
        raise Failed("hypercalls.def has no rows")
    for number, name, words in rows():
        stub = "xm_memory_copy_piece" if name == "memory_copy" else f"XM_{name}"
        load = f"mov {number if number < 10 else hex(number)}, %o0" if number else "clr %o0"
        expected = [f"mov %o{i}, %o{i + 1}" for i in reversed(range(words))] + [load, "ta 0x70", "retl", "nop"]
        body = re.search(rf"<{stub}>:\n((?:.+\n)*)", listing)
        if not body:
            raise Failed(f"{stub} is missing")
        code = [" ".join(line.split(":", 1)[1].split("!")[0].split()) for line in body.group(1).splitlines()]
        if code[: len(expected)] != expected:
            raise Failed(f"{stub} is {code[:len(expected)]}, not {expected}")


def host_program(program: Path) -> tuple[int, int]:
    """Passed and failed tests of a cmocka program; one that ends without a summary counts as failed."""
    try:
        done = subprocess.run([str(program)], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=COMMAND_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        print(f"FAIL {program.name}: no end after {COMMAND_TIMEOUT_S} s")
        return 0, 1
    passed = re.search(r"\[  PASSED  \] (\d+) test", done.stdout)
    failed = re.search(r"\[  FAILED  \] (\d+) test", done.stdout)
    if done.returncode != 0 or not passed:
        print(f"FAIL {program.name}\n{done.stdout}")
    if not passed or (done.returncode != 0 and not failed):
        return 0, 1
    return int(passed.group(1)), int(failed.group(1)) if failed else 0


def truncate(n: int, d: int) -> tuple[int, int]:
    """Quotient and remainder as C defines them."""
    quotient = abs(n) // abs(d) * (1 if (n < 0) == (d < 0) else -1)
    return quotient, n - quotient * d


def on_target(elf: Path) -> None:
    """The runtime on the emulated processor, without a hypervisor."""
    try:
        output = run(["timeout", str(QEMU_TIMEOUT_S), *QEMU, "-icount", "shift=5,sleep=off", "-kernel", str(elf)])
    except FileNotFoundError as error:
        raise Failed(f"{error}; install qemu-system-sparc") from error
    lines = output.split("\n")
    for wanted in ("copy ok", "trap ok", "start ok", "text -1 -2 c s 0000ABCD 1099511627776", "done"):
        if wanted not in lines:
            raise Failed(f"no line {wanted!r}; last lines:\n" + "\n".join(lines[-20:]))
    count = 0
    for line in lines:
        words = line.split()
        if words[:1] == ["div"]:
            n, d, quotient, remainder = (int(word, 16) for word in words[1:])
            expected = divmod(n, d)
        elif words[:1] == ["sdiv"]:
            n, d, quotient, remainder = (int(word) for word in words[1:])
            expected = truncate(n, d)
            if expected[0] == 1 << 63:  # has no representation
                continue
        else:
            continue
        count += 1
        if (quotient, remainder) != expected:
            raise Failed(f"{line}: expected {expected}")
    if count < 3000:
        raise Failed(f"only {count} divisions were printed")


def headers() -> Iterator[tuple[str, Path]]:
    """Every header of libxm and XAL, as it is included, with its file."""
    for top in (Path("libxm/include"), Path("libxm/xal/include")):
        for path in sorted((ROOT / top).rglob("*.h")):
            yield str(path.relative_to(ROOT / top)), path.relative_to(ROOT)


def claims(build: Path, target: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """All tests but those of the workstation's programs."""
    for folder in sorted((ROOT / HERE / "partitions").iterdir()):
        yield f"partition {folder.name} builds", lambda: partition(folder, build)
    for include, path in headers():
        for standard in ("gnu89", "gnu11"):
            yield f"header {path} alone, {standard}", lambda: header_alone(include, [f"-std={standard}"])
        if path in ASSEMBLER_HEADERS or any(tree in path.parents for tree in ASSEMBLER_TREES):
            yield f"header {path} in assembler", lambda: header_in_assembler(include, build)
    yield "a stub for every row", lambda: stub_per_row(build / "every_call" / "partition.elf")
    yield "runtime on the processor", lambda: on_target(target)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="folder for products")
    parser.add_argument("--target", type=Path, required=True, help="program for the bare processor")
    parser.add_argument("programs", nargs="+", type=Path, help="test programs for the workstation")
    options = parser.parse_args()

    passed = failed = 0
    for program in options.programs:
        good, bad = host_program(program)
        passed += good
        failed += bad
    for name, claim in claims((ROOT / options.build), options.target):
        try:
            claim()
            passed += 1
        except (Failed, OSError, KeyError, struct.error, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"FAIL {name}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
