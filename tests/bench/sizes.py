#!/usr/bin/python3
"""Where the bytes of the hypervisor are: text, code of the boot and constants, by source file.

From the linker's map, which names every piece that was linked, and the debug information: each
instruction counts for the file that it was written in, also where the compiler put it into a
function of another file. A header counts with its .c file. So the sum is the footprint of
`make bench`, byte for byte.
"""

from __future__ import annotations

import argparse
import bisect
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import probe

# "{section} {address} {size} {file}"; a long section name has a line of its own.
PIECE = re.compile(r"^ (\.[\w.$]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)", re.MULTILINE)
LINE = re.compile(r"^(\S+)\s+(\d+|-)\s+0x([0-9a-f]+)", re.MULTILINE)
VECTORS, HEADER = ".text.vectors", ".xmHdr"
KINDS = {".text": "text", ".xmHdr": "text", ".boot": "boot", ".rodata": "rodata"}
# What is neither: data, bss.
OTHER = {".data": "data", ".bss": "bss"}


@dataclass
class Piece:
    kind: str
    section: str
    address: int
    size: int


@dataclass
class Module:
    """Bytes of one source file."""

    text: int = 0
    boot: int = 0
    rodata: int = 0

    @property
    def columns(self) -> tuple[int, int, int, int]:
        return self.text, self.boot, self.rodata, self.text + self.boot + self.rodata


def pieces(build_dir: str) -> list[Piece]:
    """Everything that was linked. What the linker left out has address 0 in the map."""
    found = []
    for section, address, size, _ in PIECE.findall(
        probe.kernel_elf(build_dir).with_suffix(".map").read_text()
    ):
        kind = {**KINDS, **OTHER}.get("." + section.split(".")[1])
        if kind is not None and int(address, 16) != 0:
            found.append(Piece(kind, section, int(address, 16), int(size, 16)))
    return found


def total(linked: list[Piece], *kinds: str) -> int:
    return sum(piece.size for piece in linked if piece.kind in kinds)


def source_lines(elf: Path) -> tuple[list[int], list[str]]:
    """Addresses where the source file changes, ascending, and the file from each one on; "" ends
    a piece. (Not addr2line: it mixes up the files of a program linked as one.)"""
    file_at: dict[int, str] = {}
    listing = probe.shell([probe.tool("objdump"), "--dwarf=decodedline", str(elf)])
    for name, line, address in LINE.findall(listing):
        # Of several lines at an address the last one counts; a piece may begin where one ends.
        if line != "-":
            file_at[int(address, 16)] = name
        else:
            file_at.setdefault(int(address, 16), "")
    starts = sorted(file_at)
    return starts, [file_at[start] for start in starts]


def module_of(name: str) -> str:
    """logbook.h -> core/logbook, calls.S -> arch/sparc/calls."""
    stem = Path(name).stem
    for suffix in (".c", ".S", ".h", ".def"):
        for found in sorted((probe.ROOT / "hypervisor").rglob(stem + suffix)):
            folder = found.parent.relative_to(probe.ROOT / "hypervisor")
            if folder.parts[0] != "boot" and folder.parts[:2] != ("arch", "host"):
                return str(folder / stem)
    return stem


def modules(build_dir: str) -> dict[str, Module]:
    linked = pieces(build_dir)
    starts, files = source_lines(probe.kernel_elf(build_dir))
    names = {file: module_of(file) for file in set(files)}
    found: dict[str, Module] = defaultdict(Module)
    for kind in ("text", "boot"):
        code = [p for p in linked if p.kind == kind and p.section not in (VECTORS, HEADER)]
        for piece in code:
            for address in range(piece.address, piece.address + piece.size - 3, 4):
                i = bisect.bisect_right(starts, address) - 1
                name = names[files[i]] if i >= 0 and files[i] else "without a source line"
                setattr(found[name], kind, getattr(found[name], kind) + 4)
    found["trap table and header"].text = sum(
        p.size for p in linked if p.section in (VECTORS, HEADER)
    )
    for piece in linked:
        if piece.kind == "rodata":
            found[f"constants: {constant(piece.section)}"].rodata += piece.size
    return found


def constant(section: str) -> str:
    if re.search(r"\.str[0-9.]*$", section):
        return "texts of messages"
    named = {
        "crc32c_of_byte": "table of CRC-32C",
        "calls": "table of hypercalls",
        "hypercall_who": "who may make which call",
        "names": "names of events",
    }
    return named.get(section.split(".")[2], "all others")


def largest_first(found: dict[str, Module]) -> list[tuple[str, Module]]:
    """And their sum."""
    rows = sorted(found.items(), key=lambda item: (-item[1].columns[-1], item[0]))
    columns = [sum(column) for column in zip(*(module.columns[:3] for _, module in rows))]
    return [*rows, ("sum", Module(*columns))]


def main() -> None:
    parser = argparse.ArgumentParser(description="Bytes of the hypervisor by source file.")
    parser.add_argument("--build", default="build")
    print(f"{'':36}{'text':>8}{'boot':>8}{'rodata':>8}{'sum':>8}")
    for name, module in largest_first(modules(parser.parse_args().build)):
        print(f"{name:36}" + "".join(f"{value:8}" for value in module.columns))


if __name__ == "__main__":
    main()
