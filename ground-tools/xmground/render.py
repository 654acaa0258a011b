"""All output. Data goes to stdout in one of four formats, talk goes to stderr; nothing else in the
package prints.

A row is a dictionary of plain values, the same for every format: json, jsonl and csv write the
values, a table shows them through its columns. So no format can hide what another one tells.
"""

import csv
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from .model import Stage, StageReport

# rich takes long to load, and json needs none of it.
if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import ProgressColumn
    from rich.text import Text

Row = Mapping[str, object]
WORTH_A_BAR = 100  # items; fewer come with the first answers
WORTH_A_BAR_BYTES = 64 * WORTH_A_BAR
FORMATS = ("table", "json", "jsonl", "csv")
# Nothing is cut to the width of a screen, which wraps what is longer: a shortened event or a column
# of no width would tell less than there is.
WIDTH = 1 << 20
STYLES = {
    "gap": "bold red",
    "bad": "red",
    "good": "green",
    "warn": "yellow",
    "debug": "dim",
    "error": "red",
    "critical": "bold red",
}
# A letter and a shape, so that nobody needs the colour.
SEVERITY_MARKS = {
    "debug": "D ·",
    "info": "I ○",
    "warn": "W ▲",
    "error": "E ■",
    "critical": "C ◆",
}
STAGE_STYLES = {"completed": "good", "rejected": "bad", "failed": "bad"}


def plain(value: object) -> str:
    """A value in a table cell; control characters of the board's texts are shown, not obeyed."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))


def board_time(us: object) -> str:
    """Microseconds of the board's clock as days, hours, minutes and seconds."""
    if not isinstance(us, int):
        return "-"
    seconds, fraction = divmod(abs(us), 1_000_000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    sign, day = "-" if us < 0 else "", f"{days}d " if days else ""
    return f"{sign}{day}{hour:02}:{minute:02}:{second:02}.{fraction:06}"


def ground_time(us: object) -> str:
    """UTC microseconds since 1970 in ISO 8601."""
    if not isinstance(us, int):
        return "-"
    return (
        datetime.fromtimestamp(us // 1000 / 1000, timezone.utc)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def span(us: object) -> str:
    """A short time in microseconds, with its unit."""
    if not isinstance(us, int):
        return "-"
    for unit, size in (("s", 1_000_000), ("ms", 1000)):
        if us >= 10 * size:
            return f"{us / size:.0f} {unit}"
        if us >= size:
            return f"{us / size:.1f} {unit}"
    return f"{us} us"


def word(value: object) -> str:
    """A 32-bit word in hexadecimal."""
    return f"{value:#010x}" if isinstance(value, int) else "-"


def severity_mark(severity: object) -> str:
    """A severity as a letter and a shape."""
    return SEVERITY_MARKS.get(str(severity), plain(severity))


def style_of(row: Row) -> str:
    """How a row looks: as it asks for itself, else by its kind and severity."""
    if row.get("kind") == "gap":
        name = "gap"
    elif row.get("damaged"):
        name = "bad"
    else:
        name = str(row.get("style") or row.get("severity") or "")
    return STYLES.get(name, "")


@dataclass(frozen=True)
class Column:
    """A column: which value, its heading, how a table shows it.

    width: least width while rows are still coming. only_csv: too much for a screen, but csv must
    not tell less than json; a key with dots leads into nested values. not_csv: the value is nested.
    """

    key: str
    title: str
    show: Callable[[Any], str] = plain
    right: bool = False
    width: int = 0
    only_csv: bool = False
    not_csv: bool = False


def _text(text: str, style: str = "") -> "Text":
    from rich.text import Text

    return Text(text, style)


class Output:
    """Where a command writes."""

    def __init__(
        self,
        fmt: str = "table",
        color: bool = True,
        verbose: bool = False,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.format, self.verbose = fmt, verbose
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr
        self._color = color and not os.environ.get("NO_COLOR")

    @cached_property
    def _out(self) -> "Console":
        return self._console(self._stdout, self._color)

    @cached_property
    def _err(self) -> "Console":
        return self._console(self._stderr, self._color)

    @staticmethod
    def _console(file: TextIO, color: bool) -> "Console":
        from rich.console import Console

        return Console(
            file=file,
            width=WIDTH,
            height=25,  # else a dumb terminal is taken for one of 80 columns, whatever width says
            no_color=not color,
            highlight=False,
            emoji=False,
            markup=False,
            soft_wrap=True,
            color_system="auto" if color else None,
        )

    # ---- talk

    def _say(self, text: str, style: str = "", end: str = "\n") -> None:
        """Talk that cannot be written, as on a full disk, ends no command."""
        with suppress(OSError):
            self._err.print(_text(text, style), end=end)

    def note(self, text: str) -> None:
        """Something worth knowing."""
        self._say(plain(text))

    def detail(self, text: str) -> None:
        """Something worth knowing with -v."""
        if self.verbose:
            self._say(plain(text), "dim")

    def warn(self, text: str) -> None:
        """Something that must not be missed."""
        self._say(f"warning: {plain(text)}", STYLES["warn"])

    def error(self, text: str) -> None:
        """Why the command ends as it does."""
        self._say(f"xmg: {plain(text)}", STYLES["bad"])

    def ask(self, question: str, stdin: TextIO) -> str:
        """One line typed by the operator; empty at end of input."""
        self._say(question, end="")
        return stdin.readline().strip()

    # ---- data

    def rows(self, columns: list[Column], rows: Sequence[Row]) -> None:
        """A list of things."""
        if self.format == "table":
            self._table(columns, rows)
        elif self.format == "json":
            self._json(list(rows))
        else:
            stream = self.stream(columns)
            for row in rows:
                stream.add(row)
            stream.close()

    def record(self, columns: list[Column], row: Row) -> None:
        """One thing: a table has a line for each of its values."""
        if self.format == "table":
            columns = [column for column in columns if not column.only_csv]
            width = max(len(column.title) for column in columns)
            for column in columns:
                self._out.print(
                    _text(f"{column.title:<{width}}  {column.show(row.get(column.key))}".rstrip())
                )
        elif self.format == "json":
            self._json(row)
        else:
            self.rows(columns, [row])

    def document(self, value: object) -> None:
        """Any value as JSON, for commands whose json form is more than a list."""
        self._json(value)

    def text(self, text: str, style: str = "") -> None:
        """One line of a table-like answer."""
        self._out.print(_text(plain(text), style=STYLES.get(style, "")))

    def raw(self, text: str) -> None:
        """Text exactly as given, without a line end; the caller has made it harmless."""
        self._stdout.write(text)
        self._stdout.flush()

    @property
    def shows_progress(self) -> bool:
        """Whether somebody sees it: on a terminal only."""
        return self._stderr.isatty() and not self._err.is_dumb_terminal

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Shows how many of `total` bytes are done, and when all will be, while the block runs, which
        tells it through the function given; on a terminal only, and gone afterwards."""
        with self._bar_of_bytes(what) as tell:
            tell(0, total)
            yield lambda done: tell(done, total)

    @contextmanager
    def progress_of_bytes(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """The same where the block also tells how many there are; few are not worth a bar."""
        with self._bar_of_bytes(what) as tell:
            yield lambda done, total: tell(done, total) if total >= WORTH_A_BAR_BYTES else None

    @contextmanager
    def progress_of_items(self, what: str, shown: bool) -> Iterator[Callable[[int, int], None]]:
        """The same for items. shown: not where something else is written meanwhile."""
        if not (shown and self.shows_progress):
            yield lambda done, total: None
            return
        from rich.progress import MofNCompleteColumn

        with self._bar(what, (MofNCompleteColumn(),)) as tell:
            yield lambda done, total: tell(done, total) if total >= WORTH_A_BAR else None

    @contextmanager
    def _bar_of_bytes(self, what: str) -> Iterator[Callable[[int, int], None]]:
        if not self.shows_progress:
            yield lambda done, total: None
            return
        from rich.progress import DownloadColumn, TransferSpeedColumn

        with self._bar(what, (DownloadColumn(binary_units=True), TransferSpeedColumn())) as tell:
            yield tell

    @contextmanager
    def _bar(
        self, what: str, amounts: "Sequence[ProgressColumn]"
    ) -> Iterator[Callable[[int, int], None]]:
        """A bar that begins with the first that is told."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        parts = (TextColumn(what), BarColumn(), *amounts, TimeRemainingColumn())
        # Not self._err, which knows no width: a bar has to fit.
        console = Console(file=self._stderr, no_color=not self._color)
        bar = Progress(*parts, console=console, transient=True)
        task = bar.add_task(what, total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)
            bar.start()  # once

        try:
            yield tell
        finally:
            if bar.live.is_started:
                bar.stop()

    def stream(self, columns: list[Column]) -> "RowStream":
        """Rows written one by one as they come."""
        return RowStream(self, columns)

    def _table(self, columns: list[Column], rows: Sequence[Row]) -> None:
        from rich.table import Table

        columns = [column for column in columns if not column.only_csv]
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(
                column.title, justify="right" if column.right else "left", no_wrap=column.width > 0
            )
        for row in rows:
            cells = (_text(column.show(row.get(column.key))) for column in columns)
            table.add_row(*cells, style=style_of(row))
        with self._out.capture() as captured:
            self._out.print(table, soft_wrap=False)
        lines = captured.get().splitlines()
        self._stdout.write("".join(f"{line.rstrip()}\n" for line in lines))

    def _json(self, value: object) -> None:
        self._stdout.write(json.dumps(_without_style(value), indent=2) + "\n")

    def script(self, text: str) -> None:
        """A program for another program: as it is."""
        self._stdout.write(text)

    def line(self, text: str, style: str = "") -> None:
        """One line of a streamed table, at once on the screen; style as in rich."""
        self._out.print(_text(text.rstrip(), style=style))
        self._stdout.flush()


class RowStream:
    """Rows as they come: jsonl (also for json, whose list would never end), csv, or lines of fixed
    widths."""

    def __init__(self, output: Output, columns: list[Column]) -> None:
        self._output = output
        self._columns = [
            column
            for column in columns
            if not (column.not_csv if output.format == "csv" else column.only_csv)
        ]
        self._csv = (
            csv.writer(output._stdout, lineterminator="\n") if output.format == "csv" else None
        )
        self._started = False

    def add(self, row: Row) -> None:
        """Writes a row."""
        if not self._started:
            self._heading()
        if self._csv:
            values = flat(row)
            self._csv.writerow([_csv_cell(values.get(column.key)) for column in self._columns])
        elif self._output.format == "table":
            self._output.line(
                self._fixed([column.show(row.get(column.key)) for column in self._columns]),
                style_of(row),
            )
        else:
            self._output._stdout.write(json.dumps(_without_style(row)) + "\n")
        self._output._stdout.flush()

    def close(self) -> None:
        """A table or csv without rows still has its heading."""
        if not self._started:
            self._heading()

    def _heading(self) -> None:
        self._started = True
        if self._csv:
            self._csv.writerow([column.key for column in self._columns])
        elif self._output.format == "table":
            self._output.line(self._fixed([column.title for column in self._columns]))

    def _fixed(self, cells: list[str]) -> str:
        padded = []
        for column, cell in zip(self._columns, cells):
            width = max(column.width, len(column.title))
            padded.append(cell.rjust(width) if column.right else cell.ljust(width))
        return "  ".join(padded)


def _without_style(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _without_style(item) for key, item in value.items() if key != "style"}
    if isinstance(value, list):
        return [_without_style(item) for item in value]
    return value


def flat(row: Row, prefix: str = "") -> dict[str, object]:
    """A row without nesting: keys of inner values are joined by dots."""
    values: dict[str, object] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            values |= flat(value, f"{prefix}{key}.")
        else:
            values[prefix + key] = value
    return values


def _inner_row(row: Row) -> str:
    """A row inside a cell: name=value, with nothing behind = for what is not there."""
    return " ".join(f"{key}={'' if value is None else value}" for key, value in row.items())


def _csv_cell(value: object) -> object:
    """Lists as words; None as an empty cell; booleans as in json. A text that a spreadsheet would
    run as a formula gets a quote before it; what could act on a terminal is escaped."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        if value and isinstance(value[0], Mapping):
            return "; ".join(_inner_row(item) for item in value)
        inner = (json.dumps(item) if isinstance(item, list) else str(item) for item in value)
        return " ".join(inner)
    if isinstance(value, str):
        value = "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in value)
        return "'" + value if value[:1] in ("=", "+", "-", "@", "\t") else value
    return value


STAGE_COLUMNS = [
    Column("stage", "stage", width=9),
    Column("board_time_us", "board time", board_time, width=15),
    Column("frame", "frame", right=True, width=6),
    Column("ground_time_us", "ground time (UTC)", ground_time, width=24),
    Column("detail", "detail", lambda value: plain(value or "")),
]


def stage_row(report: StageReport) -> dict[str, object]:
    """A stage as a row."""
    return {
        "stage": report.stage.value,
        "board_time_us": report.board_time_us,
        "frame": report.frame,
        "boot_id": report.boot_id,
        "ground_time_us": report.ground_time_us,
        "detail": report.detail,
        "style": STAGE_STYLES.get(report.stage.value, ""),
    }


def is_completed(stages: list[StageReport]) -> bool:
    """Whether the last stage says so."""
    return bool(stages) and stages[-1].stage is Stage.COMPLETED
