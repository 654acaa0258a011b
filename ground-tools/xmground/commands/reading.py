"""Reading a log: rows from where they are, through the filter, to where they are shown."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import filter as filters
from ..app import App
from ..board import HYPERVISOR_ID, Board
from ..errors import Rejected, UsageError
from ..logs import LogReader
from ..model import Book, Gap
from ..records import ITEM_BYTES
from ..render import Column, ground_time
from ..rows import UNIT_NAMES, Labels, Row, item_rows
from ..status import Status
from ..times import Moment, may_lie_between
from .common import (
    FOLLOW_PAUSE_S,
    HYPERVISOR_NAME,
    find_partition,
    finish,
    follow,
    labels_of,
    period,
    prepare,
    tell_nothing,
    tell_oldest,
)

if TYPE_CHECKING:
    from ..archive import Archive
    from ..sources import CaptureLogs

LIVE, ARCHIVE = "live", "archive"


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


@dataclass(frozen=True)
class Wanted:
    """Which rows of a log are asked for, as typed."""

    origin: str  # live, archive or a file
    filter: filters.Filter | None
    since: Moment | None
    until: Moment | None
    first: int | None = None
    last: int | None = None
    count: int | None = None

    @property
    def picks(self) -> bool:
        """Whether rows may be left out for what they say."""
        return bool(self.filter or self.since or self.until)

    @property
    def reason(self) -> str:
        """What leaves rows out."""
        given = {"the filter": self.filter, "--since": self.since, "--until": self.until}
        return " and ".join(name for name, value in given.items() if value)

    def received_after_until(self, row: Row) -> bool:
        """Of a row whose UTC is unknown: whether that alone leaves it out. It is older than its
        reception, nobody knows by how much."""
        received_us = row["received_us"]
        is_late = (
            self.until is not None
            and not self.until.board
            and isinstance(received_us, int)
            and received_us > self.until.us
        )
        return is_late and (self.filter is None or self.filter.predicate()(row))

    def predicate(self) -> Callable[[Row], bool]:
        """Whether a row is one that is asked for by filter and time."""
        matches = self.filter.predicate() if self.filter else lambda row: True
        return lambda row: matches(row) and may_lie_between(row, self.since, self.until)


def wanted_of(app: App) -> Wanted:
    """What the options say. Raises UsageError, before anything is asked."""
    args, now_us = app.args, app.clock_us()
    where, first = args.origin, getattr(args, "first", None)
    if isinstance(where, int):
        if first is not None:
            raise UsageError("--from NUMBER is short for --first: give one of them")
        where, first = LIVE, where
    last = getattr(args, "last", None)
    if first is not None and last:
        raise UsageError("--first and --last exclude each other: give one of them")
    since, until = period(app)
    wanted = filters.of_argument(args.filter, now_us)
    if where not in (LIVE, ARCHIVE):
        if not Path(where).is_file():
            raise UsageError(
                f"--from {where}: no such file: give live, archive, a file, or a number"
            )
        if getattr(args, "follow", False):
            raise UsageError(f"--from {where}: a file does not grow: leave --follow away")
    return Wanted(where, wanted, since, until, first, last, getattr(args, "count", None))


def units(row: Row) -> int:
    """How much of --count a row uses up: a record, or the bytes of a text; a gap nothing."""
    if row["kind"] == "text":
        return int(str(row["last"])) - int(str(row["first"])) + 1
    return int(row["kind"] != "gap")


def picked(
    rows: Iterable[Row], wanted: Wanted, app: App, limit: int | None = None
) -> Iterator[Row]:
    """The rows that are asked for, up to the limit; tells how many were left out, and how many are
    given or left out although nobody knows when they were."""
    is_wanted = wanted.predicate()
    given, hidden, total, timeless, perhaps = 0, 0, 0, 0, 0
    for row in rows:
        total += 1
        is_timeless = row["utc_us"] is None and row["kind"] != "gap"
        if not is_wanted(row):
            hidden += 1
            perhaps += is_timeless and wanted.received_after_until(row)
            continue
        timeless += is_timeless
        yield row
        given += units(row)
        if limit is not None and given >= limit:
            break
    if hidden:
        app.out.note(f"{wanted.reason} left out {hidden} of {total} rows")
    timed = any(moment and not moment.board for moment in (wanted.since, wanted.until))
    if timed and timeless:
        plural = "s have" if timeless > 1 else " has"
        app.out.note(f"{timeless} row{plural} no UTC estimate: chosen by the time of reception")
    if perhaps:
        what = "1 of them has" if perhaps == 1 else f"{perhaps} of them have"
        app.out.warn(
            f"{what} no UTC estimate and came after --until: they may be older; look without it"
        )


def last_units(rows: Iterable[Row], last: int | None) -> Iterator[Row]:
    """The last rows that hold so many units, gaps between them included; all for None."""
    if last is None:
        yield from rows
        return
    kept = list(rows)
    at = len(kept)
    while at and last > 0:
        at -= 1
        last -= units(kept[at])
    yield from kept[at:]


def read_log(app: App, book: Book, key: str | None, sink: RowSink | TextSink) -> Status:
    """Shows a log, from wherever --from says. key: the partition whose log it is, as typed; None:
    the only one of its book."""
    wanted = wanted_of(app)
    if book is Book.CONSOLE and any(m and m.board for m in (wanted.since, wanted.until)):
        raise UsageError("console text has no board time: give --since and --until in UTC")
    gaps: list[Row] = []
    damaged, torn = 0, False

    def watched(rows: Iterable[Row]) -> Iterator[Row]:
        """Gaps and damage are told, whatever the filter."""
        nonlocal damaged
        for row in rows:
            if row["kind"] == "gap":
                gaps.append(row)
            damaged += bool(row.get("damaged"))
            yield row

    if wanted.origin == LIVE:
        oldest = _read_live(app, book, key, wanted, watched, sink)
    else:
        rows, torn = _stored_rows(app, book, key, wanted)
        for row in picked(watched(rows), wanted, app, wanted.count):
            sink.add(row)
        oldest = None
    sink.close()
    if oldest:
        tell_oldest(oldest, wanted.first is None and not wanted.last, UNIT_NAMES[book], app.out)
    status = finish(gaps, damaged, UNIT_NAMES[book], app.out)
    return Status.INCOMPLETE if torn else status


# ---- the board


def _read_live(
    app: App,
    book: Book,
    key: str | None,
    wanted: Wanted,
    watched: Callable[[Iterable[Row]], Iterator[Row]],
    sink: RowSink | TextSink,
) -> LogReader:
    with app.connect() as client:
        source, name = _source_on_board(client, key, book)
        labels = labels_of(client)
        _tell_unknown(app, wanted.filter, labels.names)
        reader = LogReader(client, book, source, wanted.first)
        prepare(reader, app, text=book is Book.CONSOLE)

        def told() -> None:
            tell_nothing(client, reader, app, UNIT_NAMES[book], name, wanted.first or 0)

        # Without a filter the reader itself ends there, and asks the board for no more.
        given, limit = (None, wanted.count) if wanted.picks else (wanted.count, None)
        # Rows that are shown as they come tell by themselves that it goes on.
        whole = not app.args.follow and isinstance(sink, RowSink)
        try:
            with app.out.progress_of_items(f"reading {book.name.lower()}", whole) as tell:
                rows = watched(_live_rows(app, reader, labels, given, told, tell))
                for row in picked(rows, wanted, app, limit):
                    sink.add(row)
        except Rejected as error:
            raise Rejected(f"{error}: `xmg book list` shows the logs that there are") from error
    return reader


def _tell_unknown(app: App, wanted: filters.Filter | None, names: Mapping[int, str]) -> None:
    """A misspelt partition matches nothing, and a silence that follows is not the board's."""
    known = {HYPERVISOR_ID: HYPERVISOR_NAME} | dict(names)
    asked = wanted.named("partition") + wanted.named("partition_name") if wanted else []
    there = ", ".join(f"{number} {name}" for number, name in sorted(known.items()))
    for value in asked:
        if value not in known and value not in known.values():
            app.out.warn(f"the filter names partition {value}; the board has: {there}")


def _source_on_board(client: Board, key: str | None, book: Book) -> tuple[int, str]:
    """Number of a log's source, and a name for messages. Raises UsageError."""
    if key is None:
        return 0, "the board"
    if book is Book.TRACE and key in (HYPERVISOR_NAME, str(HYPERVISOR_ID)):
        return HYPERVISOR_ID, HYPERVISOR_NAME
    found = find_partition(client, key)
    return found.id, found.name or str(found.id)


def _live_rows(
    app: App,
    reader: LogReader,
    labels: Labels,
    limit: int | None,
    told: Callable[[], None],
    tell: Callable[[int, int], None],
) -> Iterator[Row]:
    """What the board's log holds, or with --follow will hold, as rows. tell: gets how many items of
    how many have come."""
    book, source = reader.identity
    first: int | None = None
    for item in follow(reader, app, limit, app.args.follow, ITEM_BYTES[book], told):
        seq = item.first if isinstance(item, Gap) else item.seq
        first = seq if first is None else first
        tell(seq - first + 1, min(reader.next - first, limit or reader.next))
        yield from item_rows(item, book, source, labels, app.clock_us())


# ---- archive and files


def _number_of(key: str | None, names: dict[int, str], where: str) -> int:
    """The source that a name or number means. Raises UsageError."""
    if key is None:
        return 0
    if key.isdecimal():
        return int(key)
    for number, name in ({HYPERVISOR_ID: HYPERVISOR_NAME} | names).items():
        if name == key:
            return number
    known = ", ".join(f"{number} {name}" for number, name in sorted(names.items()))
    raise UsageError(f"there is no partition {key!r} in {where}; it has: {known or 'none'}")


def _stored_rows(
    app: App, book: Book, key: str | None, wanted: Wanted
) -> tuple[Iterator[Row], bool]:
    """Rows that were kept, and whether something of them may be missing that no gap tells."""
    if wanted.origin == ARCHIVE:
        return _filed_rows(app, book, key, wanted), False
    from ..sources import json_rows, kind_of

    path = Path(wanted.origin)
    damaged = False
    rows: Iterator[Row]
    if kind_of(path) == "capture":
        logs = open_capture(app, path)
        damaged = bool(logs.faults)
        rows = logs.rows(book, _number_of(key, logs.names(), str(path)))
    else:
        word = book.name.lower()
        rows = (row for row in json_rows(path) if row["book"] == word)
        if key is not None:
            rows = (r for r in rows if key in (str(r["source"]), r.get("partition_name")))
    first = wanted.first or 0
    rows = (row for row in rows if int(str(row.get("last") or row["seq"])) >= first)
    return last_units(rows, wanted.last), damaged


def open_capture(app: App, path: Path) -> "CaptureLogs":
    """What a capture tells; its faults are told at once. Raises UsageError."""
    from ..sources import CaptureLogs

    logs = CaptureLogs(path)
    for fault in logs.faults:
        app.out.warn(f"{path}: {fault}")
    return logs


def _filed_rows(app: App, book: Book, key: str | None, wanted: Wanted) -> Iterator[Row]:
    with app.open_archive() as archive:
        target = only_target(archive, app.args.target)
        source = _number_of(key, archive.partition_names(target), "the archive")
        tell_pruned(app, archive, target, wanted.since)
        yield from _archive_rows(app, archive, target, book, source, wanted)


def _archive_rows(
    app: App, archive: "Archive", target: str, book: Book, source: int, wanted: Wanted
) -> Iterator[Row]:
    """A log of the archive; with --follow also what others file into it from now on."""
    word = book.name.lower()
    state = archive.log_state(target, book, source)
    # Text is counted in bytes, of which a row has at least one.
    rows = archive.query(
        [word],
        wanted.filter,
        wanted.since,
        wanted.until,
        order="number",
        limit=wanted.last,
        target=target,
        source=source,
        first=wanted.first,
        newest=wanted.last is not None,
    )
    yield from last_units(rows, wanted.last)
    while app.args.follow:
        time.sleep(FOLLOW_PAUSE_S)
        after = (state.era, state.last.seq if state.last else 0)
        state = archive.log_state(target, book, source)
        yield from archive.query(
            [word],
            wanted.filter,
            order="number",
            target=target,
            source=source,
            after=after,
        )


def tell_pruned(app: App, archive: "Archive", target: str | None, since: Moment | None) -> None:
    """What was removed on purpose is no gap, but should not look as if it had never been."""
    before_us = archive.pruned_before(target)
    if before_us is not None and (since is None or since.board or since.us < before_us):
        app.out.note(f"what is older than {ground_time(before_us)} was removed from this archive")


def only_target(archive: "Archive", name: str | None) -> str:
    """The board that is meant: the one named, or the only one. Raises UsageError."""
    known = archive.targets()
    if name is not None and name not in known:
        raise UsageError(f"the archive has no board {name!r}; it has: {', '.join(known) or 'none'}")
    if name is None and len(known) != 1:
        raise UsageError(
            "the archive is empty: run `xmg archive collect`"
            if not known
            else f"the archive has several boards: choose with --target: {', '.join(known)}"
        )
    return name or known[0]
