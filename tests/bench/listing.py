#!/usr/bin/python3
"""Show the instructions of one hypercall or of one switch, as they were executed: what a figure
of the table consists of.

A call is named by its mark in configs/bench-hypercalls (get_time_hw, sampling_write_32, ...),
the switch by `switch`.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import os
import re
import sys
from collections import Counter

import measures
import probe

INSTRUCTION = re.compile(r"^([0-9a-f]{8}):\t[0-9a-f ]+\t(.*)$")
FUNCTION = re.compile(r"^([0-9a-f]{8}) <(.+)>:$")


class Code:
    """Disassembly of the kernel and of the partitions."""

    def __init__(self, image: probe.Image, build_dir: str) -> None:
        self.text: dict[int, str] = {}
        functions: dict[int, str] = {}
        elves = [probe.kernel_elf(build_dir)] + [
            image.folder / f"p{partition}.elf" for partition in image.partitions
        ]
        for elf in elves:
            for line in probe.shell([probe.tool("objdump"), "-d", str(elf)]).splitlines():
                if match := INSTRUCTION.match(line):
                    self.text[int(match.group(1), 16)] = match.group(2).replace("\t", " ")
                elif match := FUNCTION.match(line):
                    functions[int(match.group(1), 16)] = match.group(2)
        self.starts = sorted(functions)
        self.functions = functions

    def function(self, address: int) -> str:
        i = bisect.bisect_right(self.starts, address) - 1
        return self.functions[self.starts[i]] if i >= 0 else "?"


def find(what: str, build_dir: str) -> tuple[probe.Image, int, int]:
    """Image, and numbers of the first instruction and of the one behind the last."""
    image = probe.build("bench-switch" if what == "switch" else "bench-hypercalls", build_dir)
    run = probe.run(image, build_dir)
    if what == "switch":
        found = measures.switches(run, run.items)
        item = sorted(found, key=lambda i: i.length)[len(found) // 2]
        return image, item.count, item.leave_count
    at = [
        i for i, item in enumerate(run.items) if item.vector == probe.MARKED and item.name == what
    ]
    if not at:
        names = sorted(
            {
                item.name
                for item in run.items
                if item.vector == probe.MARKED and not item.name.startswith("XM_")
            }
        )
        raise probe.BenchError(f"no mark '{what}'; there are: switch, {', '.join(names)}")
    stay = next(
        item for item in run.items[at[-1] :] if item.vector in (probe.HYPERCALL, probe.ASM_CALL)
    )
    return image, run.items[at[-1]].count + 1, stay.leave_count + 3


def main() -> int:
    parser = argparse.ArgumentParser(
        description="List the instructions of a hypercall or a partition switch."
    )
    parser.add_argument("what", help="a mark of configs/bench-hypercalls, or switch")
    parser.add_argument(
        "--summary", action="store_true", help="only the number of instructions by function"
    )
    parser.add_argument("--build", default="build", help="build directory, relative to the tree")
    options = parser.parse_args()
    build_dir = (
        os.path.relpath(options.build, probe.ROOT)
        if os.path.isabs(options.build)
        else options.build
    )
    try:
        image, begin, end = find(options.what, build_dir)
        code = Code(image, build_dir)
        addresses = probe.steps(image, build_dir, begin, end)
    except probe.BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if not options.summary:
        for function, group in itertools.groupby(addresses, code.function):
            print(f"{function}:")
            for address in group:
                print(f"    {address:08x}  {code.text.get(address, '?')}")
    for function, count in Counter(code.function(address) for address in addresses).most_common():
        print(f"{count:6} {function}")
    print(f"{len(addresses):6} instructions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
