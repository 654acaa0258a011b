"""The results as one HTML page with plots: no script, no file beside it."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from pathlib import Path

from results import Results, Row
from storm import DECLARED_BOUND

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2733; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #dde3ea; vertical-align: top; }
th { color: #5b6875; font-weight: 600; } td.n, th.n { text-align: right; white-space: nowrap; }
tr.missed td { background: #fdecea; } td.note { color: #5b6875; }
svg { width: 100%; height: auto; background: #fafbfc; border: 1px solid #dde3ea; }
svg text { font: 12px system-ui, sans-serif; fill: #44515e; }
"""
COLOURS = ("#1f6fb4", "#d2691e", "#2e8b57", "#8a4fa3", "#b8860b", "#c0392b", "#5f6b76", "#008b8b")
WIDTH, HEIGHT = 900, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 20, 50


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


class Plot:
    """Axes, linear or logarithmic, and what is drawn between them."""

    def __init__(
        self,
        xs: Iterable[float],
        ys: Iterable[float],
        x_title: str,
        y_title: str,
        log_x: bool = False,
        log_y: bool = False,
    ) -> None:
        self.log = (log_x, log_y)
        self.low = tuple(
            self.floor(min(values), log) for values, log in ((list(xs), log_x), (list(ys), log_y))
        )
        self.high = tuple(
            max(max(values), low * 1.01 + 1e-9)
            for values, low in zip((list(xs), list(ys)), self.low)
        )
        self.parts = [
            f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{html.escape(x_title)}</text>',
            f'<text x="14" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 14 {HEIGHT / 2})">'
            f"{html.escape(y_title)}</text>",
        ]
        self.legend: list[tuple[str, str]] = []
        for axis in (0, 1):
            for value in self.ticks(axis):
                self.tick(axis, value)

    @staticmethod
    def floor(value: float, log: bool) -> float:
        return 10.0 ** math.floor(math.log10(value)) if log else 0.0

    def ticks(self, axis: int) -> list[float]:
        low, high = self.low[axis], self.high[axis]
        if self.log[axis]:
            decades = range(round(math.log10(low)), math.ceil(math.log10(high)) + 1)
            return [10.0**n for n in decades if 10.0**n <= high * 1.001]
        step = 10 ** math.floor(math.log10(high / 4))
        step *= next(m for m in (1, 2, 5, 10) if high / (step * m) <= 8)
        return [step * i for i in range(int(high / step) + 1)]

    def place(self, axis: int, value: float) -> float:
        low, high = self.low[axis], self.high[axis]
        if self.log[axis]:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        share = (value - low) / (high - low)
        return (
            LEFT + share * (WIDTH - LEFT - RIGHT)
            if axis == 0
            else HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
        )

    def tick(self, axis: int, value: float) -> None:
        at = self.place(axis, value)
        if axis == 0:
            self.parts.append(
                f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#e3e8ee"/>'
                f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{number(value)}</text>'
            )
        else:
            self.parts.append(
                f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" stroke="#e3e8ee"/>'
                f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{number(value)}</text>'
            )

    def line(self, points: list[tuple[float, float]], name: str, dashed: bool = False) -> None:
        colour = COLOURS[len(self.legend) % len(COLOURS)]
        self.legend.append((name, colour))
        path = " ".join(f"{self.place(0, x):.1f},{self.place(1, y):.1f}" for x, y in points)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        )
        self.parts += [
            f'<circle cx="{self.place(0, x):.1f}" cy="{self.place(1, y):.1f}" r="3" fill="{colour}"/>'
            for x, y in points
        ]

    def bars(self, bins: list[tuple[float, float, float]], name: str) -> None:
        colour = COLOURS[len(self.legend) % len(COLOURS)]
        self.legend.append((name, colour))
        bottom = HEIGHT - BOTTOM
        for left, right, height in bins:
            if height > 0:
                x, top = self.place(0, left), self.place(1, height)
                self.parts.append(
                    f'<rect x="{x:.1f}" y="{top:.1f}" width="{max(self.place(0, right) - x - 1, 1):.1f}" '
                    f'height="{max(bottom - top, 1):.1f}" fill="{colour}"/>'
                )

    def upright(self, x: float, name: str) -> None:
        at = self.place(0, x)
        side, anchor = (-6, "end") if at > WIDTH / 2 else (6, "start")
        self.parts.append(
            f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#c0392b" stroke-width="2"/>'
            f'<text x="{at + side:.1f}" y="{TOP + 14}" text-anchor="{anchor}">{html.escape(name)}</text>'
        )

    def svg(self, legend_at: int = LEFT + 12) -> str:
        rows = [
            f'<rect x="{legend_at}" y="{TOP + 8 + 18 * i}" width="12" height="12" fill="{colour}"/>'
            f'<text x="{legend_at + 18}" y="{TOP + 18 + 18 * i}">{html.escape(name)}</text>'
            for i, (name, colour) in enumerate(self.legend)
            if legend_at
        ]
        return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(self.parts)}{"".join(rows)}</svg>'


def histogram(values: list[int], title: str) -> str:
    """Counts on a logarithmic axis: the rare late slot is what matters."""
    top = max(values[-1], DECLARED_BOUND) * 1.05
    width = top / 60
    counts = [0] * 60
    for value in values:
        counts[min(int(value / width), 59)] += 1
    plot = Plot(
        [top], [1, max(counts) * 1.3], "lateness of a slot, instructions", "slots", log_y=True
    )
    plot.bars([(i * width, (i + 1) * width, n) for i, n in enumerate(counts)], title)
    plot.upright(DECLARED_BOUND, f"declared bound {DECLARED_BOUND:,}")
    return f"<h3>{html.escape(title)}</h3>{plot.svg(legend_at=0)}"


SIZES = (32, 256, 1024, 4096)
TRANSFERS = ("sampling write", "sampling read", "queuing send", "queuing receive")


def message_cost(rows: list[Row]) -> str:
    values = {row.name: row for row in rows}
    ours: dict[str, list[tuple[float, float]]] = {}
    paper: dict[str, list[tuple[float, float]]] = {}
    for transfer in TRANSFERS:
        found = [(size, values.get(f"{transfer} {size} B")) for size in SIZES]
        ours[transfer] = [
            (size, row.value) for size, row in found if row is not None and row.value is not None
        ]
        paper[transfer] = [
            (size, row.paper) for size, row in found if row is not None and row.paper is not None
        ]
    if not any(ours.values()):
        return ""
    highest = max(y for lines in (ours, paper) for points in lines.values() for _, y in points)
    plot = Plot([SIZES[-1]], [highest * 1.15], "bytes", "instructions (dashed: the paper's cycles)")
    for transfer in TRANSFERS:
        plot.line(ours[transfer], transfer)
    plot.line(paper["sampling write"], "paper: sampling write", dashed=True)
    plot.line(paper["queuing receive"], "paper: queuing receive", dashed=True)
    return plot.svg()


def loss(series: dict[str, list[tuple[float, float]]]) -> str:
    points = [(us / 1000, max(percent, 1e-4)) for line in series.values() for us, percent in line]
    plot = Plot(
        [x for x, _ in points],
        [y for _, y in points] + [100],
        "length of a slot, ms",
        "loss, %",
        log_x=True,
        log_y=True,
    )
    for name, line in series.items():
        plot.line([(us / 1000, max(percent, 1e-4)) for us, percent in line], name)
    return plot.svg(legend_at=WIDTH - 240)


def table(rows: list[Row]) -> str:
    lines = []
    for row in rows:
        unit = "" if row.unit == "instr" else f" {html.escape(row.unit)}"
        cells = (
            number_or_dash(row.value) + unit,
            "" if row.target is None else number(row.target) + unit,
            "" if row.paper is None else number(row.paper),
            "" if row.ratio is None else f"{row.ratio:.1f}",
        )
        lines.append(
            f'<tr class="{"missed" if row.missed else ""}"><td>{html.escape(row.name)}</td>'
            + "".join(f'<td class="n">{cell}</td>' for cell in cells)
            + f'<td class="note">{"<b>missed</b>" + ("; " if row.note else "") if row.missed else ""}{html.escape(row.note)}</td></tr>'
        )
    return (
        '<table><tr><th>what</th><th class="n">value</th><th class="n">target</th><th class="n">paper, cycles</th>'
        '<th class="n">ratio</th><th>remark</th></tr>' + "".join(lines) + "</table>"
    )


def number_or_dash(value: float | None) -> str:
    return "-" if value is None else number(value)


def plots(section: int, results: Results) -> str:
    rows = [row for row in results.rows if row.section == section]
    if section == 2:
        return message_cost(rows)
    if section == 3 and results.loss:
        return loss(results.loss)
    if section == 4:
        return "".join(
            histogram(values, name) for name, values in results.lateness.items() if values
        )
    return ""


def write(results: Results, sections: dict[int, str], path: Path) -> None:
    """One page: what was missed, then each section with its plots and its table."""
    missed = [row for row in results.rows if row.missed]
    kept = sum(1 for row in results.rows if row.target is not None) - len(missed)
    parts = [
        f"<h1>xm: what the hypervisor costs</h1><p>Executed instructions on QEMU; the paper's figures are cycles of a LEON2 at "
        f"80 MHz. Targets: {kept} kept, {len(missed)} missed.</p>"
    ]
    for section, title in sections.items():
        rows = [row for row in results.rows if row.section == section]
        if rows:
            parts.append(
                f"<h2>{section}. {html.escape(title)}</h2>{plots(section, results)}{table(rows)}"
            )
    longest = sorted(results.paths.items(), key=lambda item: -item[1])[:20]
    parts.append(
        "<h2>Longest stays in the kernel</h2><table>"
        + "".join(
            f'<tr><td>{html.escape(name)}</td><td class="n">{length:,}</td></tr>'
            for name, length in longest
        )
        + "</table>"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>xm: performance</title><style>{STYLE}</style>'
        f'<body>{"".join(parts)}</body></html>\n'
    )
