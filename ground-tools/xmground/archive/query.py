"""Questions to the archive: their SQL, and rows from what comes back."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .. import filter as filters
from ..model import Book, Gap, GapKind, Stage, StageReport
from ..records import Item, decode_hm, decode_trace
from ..rows import (
    Labels,
    Row,
    Severity,
    command_stage_row,
    common,
    console_row,
    gap_row,
    hm_row,
    trace_row,
)
from ..times import MAX_ERROR_US, Moment
from . import schema
from .schema import log

PAGE_ROWS = 2000
NUMBER_ORDER = (
    log.c.target_id,
    log.c.book,
    log.c.source,
    log.c.era,
    log.c.seq,
    log.c.boot_id,
    log.c.variant,
)
TIME_ORDER = (log.c.at_us, *NUMBER_ORDER)
BOOKS = {"hm": Book.HM, "trace": Book.TRACE, "console": Book.CONSOLE}
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Question:
    """The arguments of Archive.query."""

    books: Sequence[str] = ()
    wanted: filters.Filter | None = None
    since: Moment | None = None
    until: Moment | None = None
    order: str = "time"
    limit: int | None = None
    target: str | None = None
    source: int | None = None
    first: int | None = None
    newest: bool = False
    after: tuple[int, int] | None = None

    @property
    def by_time(self) -> bool:
        """Whether rows come in the order of their times."""
        return self.order == "time"


def _in_time(since: Moment | None, until: Moment | None) -> Iterator[Any]:
    """Conditions for rows that may lie between two moments. The first of each pair is what an index
    can use; the error bound is never larger."""
    error = sa.func.coalesce(log.c.utc_error_us, 0)
    if since and since.board:
        yield log.c.time_us >= since.us
    elif since:
        yield log.c.at_us >= since.us - MAX_ERROR_US
        yield log.c.at_us + error >= since.us
    if until and until.board:
        yield log.c.time_us <= until.us
    elif until:
        yield log.c.at_us <= until.us + MAX_ERROR_US
        yield log.c.at_us - error <= until.us


def _select(asked: Question) -> Any:
    # Not joined with its target: SQLite would then no longer see that the index has the order.
    query = sa.select(log)
    if asked.books:
        query = query.where(log.c.book.in_(asked.books))
    if asked.target is not None:
        query = query.where(
            log.c.target_id
            == sa.select(schema.target.c.id)
            .where(schema.target.c.name == asked.target)
            .scalar_subquery()
        )
    if asked.source is not None:
        query = query.where(log.c.source == asked.source)
    if asked.first is not None:
        query = query.where(log.c.seq + log.c.count > asked.first)
    if asked.after is not None:
        era, seq = asked.after
        later = sa.and_(log.c.era == era, log.c.seq > seq)
        query = query.where(sa.or_(log.c.era > era, later))
    query = query.where(*_in_time(asked.since, asked.until))
    if asked.wanted:
        query = query.where(asked.wanted.clause({column.name: column for column in log.columns}))
    columns = TIME_ORDER if asked.by_time else NUMBER_ORDER
    query = query.order_by(*(column.desc() if asked.newest else column for column in columns))
    return query.limit(asked.limit)


def run_query(
    reading: Callable[[], AbstractContextManager[Connection]], asked: Question
) -> Iterator[Row]:
    """See Archive.query."""
    with reading() as connection:
        table = schema.target
        found_targets: list[Any] = connection.execute(sa.select(table.c.id, table.c.name)).all()
        targets = {row.id: row.name for row in found_targets}
        gaps = sorted(_gaps(connection, asked), key=lambda gap: gap.key)
        result = connection.execution_options(stream_results=True).execute(_select(asked))
        found: Iterator[tuple[Key, Row]] = (
            (_key(record, asked.by_time), row_of(record, targets[record.target_id]))
            for page in result.partitions(PAGE_ROWS)
            for record in page
        )
        if asked.newest or asked.limit is not None:
            rows = list(found)[:: -1 if asked.newest else 1]
            if len(rows) == asked.limit:
                gaps = [gap for gap in gaps if not gap.is_beyond(rows, asked)]
            found = iter(rows)
        pairs = ((gap.key, gap.row) for gap in gaps)
        for _, row in heapq.merge(found, pairs, key=lambda pair: pair[0]):
            yield row


def count_rows(connection: Connection, asked: Question) -> int:
    """See Archive.count."""
    rows = _select(asked).order_by(None).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one()


def explain_query(connection: Connection, asked: Question) -> str:
    """See Archive.explain."""
    text = str(_select(asked).compile(connection, compile_kwargs={"literal_binds": True}))
    how = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row[-1]) for row in connection.execute(sa.text(how + text)))


def _key(record: Any, by_time: bool) -> Key:
    if by_time:
        return record.at_us, record.target_id, record.book, record.source, record.era, record.seq
    return record.target_id, record.book, record.source, record.era, record.seq


def row_of(record: Any, target: str) -> Row:
    """A row of the table as rows.py makes it. variant is more than 0 for other contents that came
    under a key that was taken."""
    estimate = (record.utc_us, record.utc_error_us)
    names = {} if record.partition is None else {record.partition: record.partition_name}
    labels = Labels(target, names, lambda boot_id, time_us: estimate)
    item = Item(record.seq, bytes(record.raw), record.boot_id)
    row: Row
    if record.book == "hm":
        row = hm_row(decode_hm(item), labels, record.received_us)
    elif record.book == "trace":
        row = trace_row(decode_trace(item), record.source, labels, record.received_us)
        row["event_name"] = record.event_name  # by what was known of its partition then
    elif record.book == "console":
        row = console_row(item, record.source, labels, record.received_us)
    else:
        row = common(
            labels,
            record.book,
            record.source,
            record.seq,
            record.boot_id,
            record.time_us,
            record.received_us,
        )
        row |= {"partition": record.partition, "partition_name": record.partition_name}
        row |= {"event_name": record.event_name, "severity": Severity(record.severity).word}
    if record.book != "console":
        row["detail"] = record.text  # with the names that partitions had then
    row["variant"] = record.variant
    return row


@dataclass(frozen=True)
class _FoundGap:
    """A gap and its place among the rows."""

    key: Key
    row: Row
    has_begin: bool  # its log has rows before it: what is missing is younger than these
    until_us: int  # and not younger than this (UTC)

    def is_beyond(self, rows: list[tuple[Key, Row]], asked: Question) -> bool:
        """Whether nothing of it lies among the rows, which are as many as were asked for. By time, it
        may begin before the first row and yet reach beyond that."""
        if asked.newest:
            edge = rows[0][0]
            return self.key < edge and (not asked.by_time or self.until_us < edge[0])
        edge = rows[-1][0]
        return self.key > edge and (not asked.by_time or self.has_begin)


def _gaps(connection: Connection, asked: Question) -> list[_FoundGap]:
    """What is still missing of the gaps that were filed, each where it belongs."""
    table = schema.gap
    query = sa.select(table, schema.target.c.name.label("target_name")).join(
        schema.target, schema.target.c.id == table.c.target_id
    )
    if asked.books:
        query = query.where(table.c.book.in_(asked.books))
    if asked.target is not None:
        query = query.where(schema.target.c.name == asked.target)
    if asked.source is not None:
        query = query.where(table.c.source == asked.source)
    found: list[_FoundGap] = []
    records: list[Any] = connection.execute(query).all()
    for record in records:
        for gap in still_missing(connection, record):
            if None not in (asked.first, gap.last) and gap.last < asked.first:  # type: ignore[operator]
                continue
            if asked.after is not None and (record.era, gap.first) <= asked.after:
                continue
            before = _neighbour(connection, record, gap.first, False)
            after = _neighbour(connection, record, gap.first, True)
            if asked.since and not asked.since.board and record.received_us < asked.since.us:
                continue  # what was missing at that reading is older than it
            if _outside(before, after, asked.since, asked.until):
                continue
            row = gap_row(
                gap,
                BOOKS[record.book],
                record.source,
                Labels(record.target_name),
                record.received_us,
            )
            row["variant"] = 0
            at = before.at_us if before else after.at_us if after else record.received_us
            key: Key = (record.target_id, record.book, record.source, record.era, gap.first)
            key = (at, *key) if asked.by_time else key
            until_us = min(record.received_us, after.at_us - 1 if after else record.received_us)
            found.append(_FoundGap(key, row, before is not None, until_us))
    return found


def still_missing(connection: Connection, record: Any) -> list[Gap]:
    """What is left of a gap as it was filed, after later readings have filled parts of it."""
    kind = GapKind(record.kind)
    if record.last is None:
        return [Gap(kind, record.first, None, record.boot_id)]
    missing = holes(
        connection,
        record.target_id,
        record.book,
        record.source,
        record.era,
        record.first,
        record.last,
    )
    return [Gap(kind, low, high, record.boot_id) for low, high in missing]


def _neighbour(connection: Connection, record: Any, seq: int, after: bool) -> Any:
    """The row nearest to a number, in the same log and era."""
    query = sa.select(log.c.at_us, log.c.time_us, log.c.boot_id).where(
        log.c.target_id == record.target_id,
        log.c.book == record.book,
        log.c.source == record.source,
        log.c.era == record.era,
        log.c.seq > seq if after else log.c.seq < seq,
    )
    return connection.execute(
        query.order_by(log.c.seq if after else log.c.seq.desc()).limit(1)
    ).first()


def _outside(before: Any, after: Any, since: Moment | None, until: Moment | None) -> bool:
    """Whether all that is missing was certainly not between the two moments: it lies between its
    neighbours. Between two boots the board's clock began anew: there it may be of any board time.
    """
    one_boot = before is not None and after is not None and before.boot_id == after.boot_id
    for moment, neighbour, sign in ((since, after, 1), (until, before, -1)):
        if moment is None or neighbour is None or (moment.board and not one_boot):
            continue
        there = neighbour.time_us if moment.board else neighbour.at_us
        slack = 0 if moment.board else MAX_ERROR_US
        if there is not None and (moment.us - there) * sign > slack:
            return True
    return False


def _stage_rank() -> Any:
    """Stages in the order in which a command passes them, for those told at the same time."""
    ranks = {member.value: rank for rank, member in enumerate(Stage)}
    return sa.case(ranks, value=schema.stage.c.stage, else_=len(ranks))


def command_rows(connection: Connection, target: str | None) -> Iterator[Row]:
    """See Archive.commands."""
    command, stage = schema.command, schema.stage
    query = (
        sa.select(stage, command.c.operation, command.c.sender, schema.target.c.name)
        .join(
            command,
            sa.and_(
                command.c.target_id == stage.c.target_id,
                command.c.request_id == stage.c.request_id,
            ),
        )
        .join(schema.target, schema.target.c.id == stage.c.target_id)
        .order_by(stage.c.ground_time_us, stage.c.request_id, _stage_rank())
    )
    if target is not None:
        query = query.where(schema.target.c.name == target)
    record: Any
    for record in connection.execute(query):
        report = StageReport(
            Stage(record.stage),
            record.ground_time_us,
            record.board_time_us,
            record.frame,
            record.boot_id,
            record.detail,
        )
        yield command_stage_row(
            record.name, record.request_id, record.operation, record.sender, report
        )


def gap_rows(connection: Connection, asked: Question) -> Iterator[Row]:
    """See Archive.gaps."""
    for gap in sorted(_gaps(connection, asked), key=lambda gap: gap.key):
        yield gap.row


def contents(connection: Connection) -> list[Row]:
    """See Archive.contents."""
    query = (
        sa.select(
            schema.target.c.name.label("target"),
            log.c.book,
            log.c.source,
            sa.func.count().label("rows"),
            sa.func.min(log.c.seq).label("first"),
            sa.func.max(log.c.seq + log.c.count - 1).label("last"),
            sa.func.max(log.c.era).label("eras"),
            sa.func.sum(sa.case((log.c.variant > 0, 1), else_=0)).label("conflicts"),
            sa.func.min(log.c.at_us).label("oldest_us"),
            sa.func.max(log.c.at_us).label("newest_us"),
        )
        .join(schema.target, schema.target.c.id == log.c.target_id)
        .group_by(schema.target.c.name, log.c.book, log.c.source)
        .order_by(schema.target.c.name, log.c.book, log.c.source)
    )
    found = [dict(record._mapping) for record in connection.execute(query)]
    return [row | {"eras": row["eras"] + 1} for row in found]


def holes(
    connection: Connection, target_id: int, book: str, source: int, era: int, first: int, last: int
) -> list[tuple[int, int]]:
    """The ranges of first..last without a row."""
    here = sa.and_(
        log.c.target_id == target_id,
        log.c.book == book,
        log.c.source == source,
        log.c.era == era,
    )
    end = (log.c.seq + log.c.count).label("end")
    # Where a row does not begin at the end of the one before it, a hole ends.
    ordered = (
        sa.select(
            log.c.seq,
            end,
            sa.func.max(log.c.seq + log.c.count)
            .over(order_by=log.c.seq, rows=(None, -1))
            .label("before"),
        )
        .where(here, log.c.seq <= last, log.c.seq + log.c.count > first)
        .subquery()
    )
    edges = connection.execute(
        sa.select(ordered.c.before, ordered.c.seq)
        .where(sa.or_(ordered.c.before.is_(None), ordered.c.before < ordered.c.seq))
        .order_by(ordered.c.seq)
    ).all()
    top = connection.execute(sa.select(sa.func.max(ordered.c.end))).scalar()
    found = [
        (first if before is None else before, seq - 1)
        for before, seq in edges
        if (first if before is None else before) < seq
    ]
    after = first if top is None else max(top, first)
    if after <= last:
        found.append((after, last))
    return found
