#!/usr/bin/python3
"""Measure the hypervisor and print one table: value, target, the paper's figure, ratio.

Values are executed instructions on QEMU, the paper's figures are cycles of a LEON2 at 80 MHz,
which needs more than one cycle for an instruction: a ratio above 1 says "less work", not "so
many times faster". It is a benchmark: missed targets are named, the exit status is 0; only a
system that cannot be built or run makes it 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

import footprint
import loss
import measures
import probe
import report
import sizes
import storm
from results import Results, Row

SECTIONS = {
    1: "Partition switch (paper: Table 1)",
    2: "Hypercalls, from call to return (paper: Table 6)",
    3: "Loss against the undivided run (paper: Tables 2 to 5 and 7)",
    4: "Slot lateness under all storms",
    5: "Devices",
    6: "Footprint",
}
MEASURES: dict[str, Callable[[str, Results], None]] = {
    "switch": measures.measure_switch,
    "calls": measures.measure_calls,
    "paths": measures.measure_paths,
    "loss": loss.measure_loss,
    "storm": storm.measure_storm,
    "latency": measures.measure_latency,
    "link": footprint.measure_link,
    "footprint": footprint.measure_footprint,
}


def number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3f}".rstrip("0")


def table_of(section: int, rows: list[Row]) -> Table:
    table = Table(title=f"{section}. {SECTIONS[section]}", title_justify="left", title_style="bold")
    for heading in ("what", "value", "target", "paper (cycles)", "ratio", "remark"):
        table.add_column(heading, justify="left" if heading in ("what", "remark") else "right")
    for row in rows:
        unit = "" if row.unit == "instr" else f" {row.unit}"
        table.add_row(
            row.name,
            number(row.value) + unit,
            "" if row.target is None else f"{number(row.target)}{unit}",
            "" if row.paper is None else number(row.paper),
            "" if row.ratio is None else f"{row.ratio:.1f}",
            ("MISSED  " if row.missed else "") + row.note,
            style="red" if row.missed else None,
        )
    return table


def show(results: Results) -> None:
    # A file or a pipe gets lines wide enough for every cell.
    console = Console() if sys.stdout.isatty() else Console(width=140)
    for section in SECTIONS:
        rows = [row for row in results.rows if row.section == section]
        if rows:
            console.print(table_of(section, rows))
    longest = sorted(results.paths.items(), key=lambda item: -item[1])[:16]
    table = Table(title="Longest stays in the kernel", title_justify="left", title_style="bold")
    table.add_column("for")
    table.add_column("instructions", justify="right")
    for name, length in longest:
        table.add_row(name, number(length))
    console.print(table)
    missed = [row for row in results.rows if row.missed]
    kept = sum(1 for row in results.rows if row.target is not None) - len(missed)
    console.print(f"targets: {kept} kept, {len(missed)} missed" + (":" if missed else ""))
    for row in missed:
        console.print(
            f"  missed: {row.name.strip()}: {number(row.value)} > {number(row.target)} {row.unit}"
        )


def write_json(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "section": r.section,
            "name": r.name.strip(),
            "value": r.value,
            "unit": r.unit,
            "target": r.target,
            "paper_cycles": r.paper,
            "ratio": r.ratio,
            "missed": r.missed,
            "note": r.note,
        }
        for r in results.rows
    ]
    path.write_text(
        json.dumps(
            {
                "rows": rows,
                "longest_paths": results.paths,
                "loss": results.loss,
                "lateness": results.lateness,
            },
            indent=1,
        )
        + "\n"
    )


FIGURES_BEGIN, FIGURES_END = (
    "<!-- figures: written by make bench-docs -->",
    "<!-- end of figures -->",
)


def write_markdown(results: Results, path: Path) -> None:
    """Put the figures between the two marks of a document. What a host program disturbs is left
    out: it never repeats."""
    before, rest = path.read_text().split(FIGURES_BEGIN)
    after = rest.split(FIGURES_END)[1]
    lines = [FIGURES_BEGIN, ""]
    for section, title in SECTIONS.items():
        rows = [
            row
            for row in results.rows
            if row.section == section and "not repeatable" not in row.name
        ]
        lines += [
            f"### {title}",
            "",
            "| | value | target | paper, cycles | ratio | remark |",
            "|---|---:|---:|---:|---:|---|",
        ]
        for row in rows:
            unit = "" if row.unit == "instr" else f" {row.unit}"
            cells = (
                row.name.strip(),
                number(row.value) + unit,
                "" if row.target is None else number(row.target) + unit,
                "" if row.paper is None else number(row.paper),
                "" if row.ratio is None else f"{row.ratio:.1f}",
                "; ".join(part for part in ("**missed**" if row.missed else "", row.note) if part),
            )
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    lines += [
        "### Where the bytes are (make size)",
        "",
        "| | text | of the boot | rodata | sum |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, module in sizes.largest_first(results.modules):
        cells = [number(value) if value else "" for value in module.columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "### Longest stays in the kernel", "", "| for | instructions |", "|---|---:|"]
    repeatable = {
        name: length
        for name, length in results.paths.items()
        if not name.startswith("flood from the host")
    }
    lines += [
        f"| {name} | {number(length)} |"
        for name, length in sorted(repeatable.items(), key=lambda item: -item[1])[:20]
    ]
    path.write_text(before + "\n".join(lines) + "\n\n" + FIGURES_END + after)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the hypervisor on QEMU, in instructions.")
    parser.add_argument(
        "measures",
        nargs="*",
        metavar="MEASURE",
        help=f"only these of: {', '.join(MEASURES)} (default: all)",
    )
    parser.add_argument("--report", metavar="FILE", help="also write an HTML page with plots")
    parser.add_argument(
        "--markdown", metavar="FILE", help="also put the figures into a document, between its marks"
    )
    parser.add_argument("--build", default="build", help="build directory, relative to the tree")
    options = parser.parse_args()
    unknown = [name for name in options.measures if name not in MEASURES]
    if unknown:
        print(
            f"bench: no measure '{unknown[0]}'; there are: {', '.join(MEASURES)}", file=sys.stderr
        )
        return 2
    build_dir = (
        os.path.relpath(options.build, probe.ROOT)
        if os.path.isabs(options.build)
        else options.build
    )

    results = Results()
    failed = False
    for name in options.measures or MEASURES:
        try:
            MEASURES[name](build_dir, results)
        except probe.BenchError as error:
            print(f"bench: {name}: {error}", file=sys.stderr)
            failed = True
        except Exception:  # one broken measure must not hide the others
            traceback.print_exc()
            failed = True
    show(results)
    write_json(results, probe.ROOT / build_dir / "bench.json")
    if options.report:
        report.write(results, SECTIONS, probe.ROOT / options.report)
        print(f"report: {options.report}")
    if options.markdown and not failed:
        write_markdown(results, probe.ROOT / options.markdown)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
