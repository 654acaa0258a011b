"""Reading a log: rows from where they are, through the filter, to where they are shown."""

from collections.abc import Callable, Iterable, Iterator

from .. import filter as filters
from ..app import App
from ..board import Board
from ..logs import LogReader
from ..model import Book
from ..records import HM_RECORD, TRACE_RECORD
from ..render import Column
from ..rows import UNIT_NAMES, Labels, Row, item_rows
from ..status import Status
from .common import finish, follow, labels_of, prepare, tell_nothing, tell_oldest

UNIT_BYTES = {Book.HM: HM_RECORD.size, Book.TRACE: TRACE_RECORD.size, Book.CONSOLE: 1}


class RowSink:
    """Shows rows: all at the end, or one by one while following."""

    def __init__(self, app: App, columns: list[Column]) -> None:
        self._out, self._columns = app.out, columns
        self._stream = app.out.stream(columns) if app.args.follow else None
        self._rows: list[Row] = []

    def add(self, row: Row) -> None:
        """Takes a row."""
        if self._stream:
            self._stream.add(row)
        else:
            self._rows.append(row)

    def close(self) -> None:
        """Shows what was kept."""
        if not self._stream:
            self._out.rows(self._columns, self._rows)


class TextSink:
    """Shows console rows as the text that was printed."""

    def __init__(self, app: App) -> None:
        self._out, self._ends_line = app.out, True

    def add(self, row: Row) -> None:
        """Takes a row."""
        text = str(row.get("text"))
        if row["kind"] == "gap":
            text = ("" if self._ends_line else "\n") + f"[{row['detail']}]\n"
        self._out.raw(text)
        self._ends_line = text.endswith("\n") if text else self._ends_line

    def close(self) -> None:
        """A prompt begins on a line of its own."""
        if not self._ends_line:
            self._out.raw("\n")


def units(row: Row) -> int:
    """How much of --count a row uses up: a record, or the bytes of a text; a gap nothing."""
    if row["kind"] == "text":
        return int(str(row["last"])) - int(str(row["first"])) + 1
    return int(row["kind"] != "gap")


def wanted_rows(
    rows: Iterable[Row], wanted: filters.Filter | None, limit: int | None, app: App
) -> Iterator[Row]:
    """The rows that the filter lets through, up to the limit; tells how many it left out."""
    if wanted is None:
        yield from rows
        return
    is_wanted = wanted.predicate()
    given, hidden, total = 0, 0, 0
    for row in rows:
        total += 1
        if not is_wanted(row):
            hidden += 1
            continue
        yield row
        given += units(row)
        if limit is not None and given >= limit:
            break
    if hidden:
        app.out.note(f"the filter left out {hidden} of {total} rows")


def live_rows(
    app: App, reader: LogReader, labels: Labels, limit: int | None, told: Callable[[], None]
) -> Iterator[Row]:
    """What the board's log holds, or with --follow will hold, as rows."""
    book, source = reader.identity
    for item in follow(reader, app, limit, app.args.follow, UNIT_BYTES[book], told):
        yield from item_rows(item, book, source, labels, app.clock_us())


def read_live(
    app: App,
    book: Book,
    find_source: Callable[[Board], tuple[int, str]],
    sink: RowSink | TextSink,
) -> Status:
    """Shows a log of the board. find_source gives whose log it is: the number, and a name for
    messages."""
    unit = UNIT_NAMES[book]
    wanted = filters.of_argument(app.args.filter, app.clock_us())
    gaps: list[Row] = []
    damaged = 0

    def watched(rows: Iterable[Row]) -> Iterator[Row]:
        """Gaps and damage are told, whatever the filter."""
        nonlocal damaged
        for row in rows:
            if row["kind"] == "gap":
                gaps.append(row)
            damaged += bool(row.get("damaged"))
            yield row

    with app.connect() as client:
        source, name = find_source(client)
        labels = labels_of(client)
        reader = LogReader(client, book, source, app.args.from_seq)
        prepare(reader, app, text=book is Book.CONSOLE)
        limit = None if wanted else app.args.count
        rows = watched(
            live_rows(
                app, reader, labels, limit, lambda: tell_nothing(client, reader, app, unit, name)
            )
        )
        for row in wanted_rows(rows, wanted, app.args.count, app):
            sink.add(row)
    sink.close()
    tell_oldest(reader, app, unit, app.out)
    return finish(gaps, damaged, unit, app.out)
