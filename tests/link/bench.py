#!/usr/bin/python3
"""Measure the ground link and print one table: throughput in virtual time, instructions a byte.

Throughput is bytes of logbook in a second of the modelled line (virtual.py says what is real and
what is modelled), whole transfers of 64 KiB from the first request on. Instructions are counted
on QEMU (ethernet.py). It is a benchmark: missed targets are named, the exit status is 0; only what
cannot be built or run makes it 1.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import virtual
from noise import Knobs
from rich.console import Console
from rich.table import Table
from transfer import LOG_BYTES, Transfer, key_file, transfer

import ethernet
import probe

ROOT = Path(__file__).resolve().parents[2]
RUNS = 31  # of each bit error rate: the median is a run
TARGETS = {0.0: 80.0, 1e-5: None, 1e-4: 60.0, 3e-4: None, 1e-3: None}


@dataclass
class Row:
    """One line of the table. value None: not measured, note says why."""

    name: str
    value: float | None
    unit: str
    target: float | None = None
    at_least: bool = True  # else at most
    note: str = ""

    @property
    def missed(self) -> bool:
        """Whether there is a target and the value does not reach it."""
        if self.target is None:
            return False
        if self.value is None:
            return True
        return self.value < self.target if self.at_least else self.value > self.target


def describe(runs: list[Transfer]) -> str:
    """What is worth knowing of the runs beside their median."""
    seconds = [run.seconds for run in runs]
    line = statistics.median(run.line_bytes for run in runs)
    return (
        f"{statistics.median(seconds):.2f} s, {min(seconds):.2f} to {max(seconds):.2f}; "
        f"{line / LOG_BYTES:.2f} bytes sent for each byte of log"
    )


def uart_rows(build_dir: Path, seed: int) -> list[Row]:
    """Transfers at each bit error rate, in both directions."""
    program = build_dir / "supervisor" / "host" / "line_board"
    key = key_file()
    rows, exact, count = [], 0, 0
    for ber, target in TARGETS.items():
        knobs = Knobs(ber=ber, baud=virtual.BAUD)
        runs = [transfer(program, key, f"{seed} {ber} {n}", knobs, knobs) for n in range(RUNS)]
        exact += sum(run.exact and not run.gaps for run in runs)
        count += len(runs)
        rate = statistics.median(100 * run.of_line_rate for run in runs)
        rows.append(
            Row(f"UART, BER {ber:g}", round(rate, 1), "% of line rate", target, note=describe(runs))
        )
        if ber == 1e-3:
            done = 100 * sum(run.exact for run in runs) / len(runs)
            rows.append(Row("UART, BER 0.001, completed", round(done, 1), "%", 100.0))
    key.unlink()
    key.parent.rmdir()
    rows.append(Row("UART, byte-exact and without gaps", round(100 * exact / count, 1), "%", 100.0))
    return rows


def ethernet_rows(build_dir: str) -> list[Row]:
    """Instructions of the supervisor for each byte over Ethernet, and what they are for."""
    name = "Ethernet, instructions of the supervisor a byte"
    qemu = ethernet.emulator(build_dir)
    if qemu is None:
        return [Row(name, None, "instr", 90.0, False, "not measured: run make qemu first")]
    split = ethernet.measure(build_dir, qemu)
    note = f"{split.payload_bytes} bytes of log, {split.chunks} chunks, {split.slots} slots"
    if split.chunks > ethernet.LEAST_CHUNKS:
        note += f"; {ethernet.LEAST_CHUNKS} chunks would do: the host was too slow for the console"
    rows = [Row(name, round(split.per_byte, 1), "instr", 90.0, False, note)]
    for part, count in split.by_part.most_common():
        functions = [
            f"{function} {share / split.payload_bytes:.1f}"
            for function, share in split.by_function.most_common()
            if split.part_of[function] == part and share / split.payload_bytes >= 0.1
        ]
        rows.append(
            Row(
                f"  {part}",
                round(count / split.payload_bytes, 1),
                "instr",
                note=", ".join(functions[:4]),
            )
        )
    return rows


def show(rows: list[Row]) -> None:
    """Prints the table, and the targets missed."""
    console = Console() if sys.stdout.isatty() else Console(width=140)
    table = Table(title="Ground link", title_justify="left", title_style="bold")
    for heading in ("what", "value", "target", "remark"):
        table.add_column(heading, justify="right" if heading in ("value", "target") else "left")
    for row in rows:
        value = "-" if row.value is None else f"{row.value:g} {row.unit}"
        sign = ">=" if row.at_least else "<="
        target = "" if row.target is None else f"{sign} {row.target:g}"
        note = ("MISSED  " if row.missed else "") + row.note
        table.add_row(row.name, value, target, note, style="red" if row.missed else None)
    console.print(table)
    missed = [row for row in rows if row.missed]
    kept = sum(row.target is not None for row in rows) - len(missed)
    console.print(f"targets: {kept} kept, {len(missed)} missed" + (":" if missed else ""))
    for row in missed:
        value = "not measured" if row.value is None else f"{row.value:g} {row.unit}"
        console.print(f"  missed: {row.name}: {value}, target {row.target:g}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measures", nargs="*", help="of uart, ethernet; default: both")
    parser.add_argument("--build", default="build", help="build directory, relative to the tree")
    parser.add_argument("--seed", type=int, default=1, help="of the noise; default 1")
    options = parser.parse_args()
    build_dir = (
        os.path.relpath(options.build, ROOT) if os.path.isabs(options.build) else options.build
    )
    measures: dict[str, Callable[[], list[Row]]] = {
        "uart": lambda: uart_rows(ROOT / build_dir, options.seed),
        "ethernet": lambda: ethernet_rows(build_dir),
    }
    unknown = [name for name in options.measures if name not in measures]
    if unknown:
        parser.error(f"no measure {unknown[0]}; there are: {', '.join(measures)}")
    rows: list[Row] = []
    failed = False
    for name in options.measures or measures:
        try:
            rows += measures[name]()
        except probe.BenchError as error:
            print(f"bench-link: {name}: {error}", file=sys.stderr)
            failed = True
    show(rows)
    path = ROOT / build_dir / "bench-link.json"
    path.write_text(
        json.dumps([asdict(row) | {"missed": row.missed} for row in rows], indent=1) + "\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
