"""Upkeep of an archive: is it intact, and what may go."""

import struct
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..records import HmRecord, Item, TraceRecord, decode_hm, decode_trace
from . import schema
from .schema import log

MOST_FAULTS = 20
DECODERS: dict[str, Callable[[Item], HmRecord | TraceRecord]] = {
    "hm": decode_hm,
    "trace": decode_trace,
}


def faults(connection: Connection) -> list[str]:
    """See Archive.check."""
    found: list[str] = []
    if connection.dialect.name == "sqlite":
        found += [
            f"database: {text}"
            for (text,) in connection.exec_driver_sql("PRAGMA integrity_check")
            if text != "ok"
        ]
        found += [
            f"database: a row of {row[0]} names a target that is not there"
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
        ]
    end: dict[tuple[Any, ...], int] = {}
    query = sa.select(
        log.c.target_id,
        log.c.boot_id,
        log.c.book,
        log.c.source,
        log.c.seq,
        log.c.variant,
        log.c.era,
        log.c.count,
        log.c.damaged,
        log.c.raw,
    ).order_by(log.c.target_id, log.c.boot_id, log.c.book, log.c.source, log.c.seq)
    for record in connection.execution_options(stream_results=True).execute(query):
        if len(found) >= MOST_FAULTS:
            found.append("and perhaps more: the check ended here")
            break
        why = _fault(record, end)
        if why:
            found.append(
                f"{record.book} {record.seq} of source {record.source}, boot "
                f"{record.boot_id:#010x}: {why}"
            )
    return found


def _fault(record: Any, end: dict[tuple[Any, ...], int]) -> str:
    """What is wrong with a row; `end` remembers where the text before it ended."""
    raw = bytes(record.raw)
    if record.book in DECODERS:
        try:
            decoded = DECODERS[record.book](Item(record.seq, raw, record.boot_id))
        except struct.error as error:
            return f"its bytes are no record: {error}"
        if decoded.damaged != record.damaged:
            return "its bytes have changed since they were filed"
    elif record.book == "console":
        if len(raw) != record.count:
            return f"it should have {record.count} bytes and has {len(raw)}"
        log_key = (record.target_id, record.boot_id, record.source, record.era)
        if record.variant == 0:
            if end.get(log_key, 0) > record.seq:
                return "it overlaps the text before it"
            end[log_key] = record.seq + record.count
    return ""


PRUNED = "pruned_before_us "  # and the target's name; in the table meta


def pruned_before(connection: Connection, target: str | None) -> int | None:
    """See Archive.pruned_before."""
    meta = schema.meta.c
    is_meant = meta.name.startswith(PRUNED) if target is None else meta.name == PRUNED + target
    found = connection.execute(sa.select(meta.value).where(is_meant)).scalars()
    return max((int(value) for value in found), default=None)


def _remember(connection: Connection, before_us: int, target: str | None) -> None:
    names = sa.select(schema.target.c.name)
    table = schema.meta
    for name in [target] if target else connection.execute(names).scalars().all():
        known = pruned_before(connection, name)
        if known is None:
            row = {"name": PRUNED + name, "value": str(before_us)}
            connection.execute(sa.insert(table), row)
        elif known < before_us:
            here = table.c.name == PRUNED + name
            connection.execute(sa.update(table).where(here).values(value=str(before_us)))


def prune(connection: Connection, before_us: int, target: str | None) -> int:
    """See Archive.prune."""

    def of_target(table: sa.Table) -> Any:
        if target is None:
            return sa.true()
        named = sa.select(schema.target.c.id).where(schema.target.c.name == target)
        return table.c.target_id.in_(named)

    newer = log.alias()
    in_the_same_log = sa.and_(
        *(newer.c[key] == log.c[key] for key in ("target_id", "book", "source")),
    )
    # The last item of a log stays: it is where reading goes on, and what proves the numbering.
    is_last = ~sa.exists().where(
        in_the_same_log,
        sa.or_(
            newer.c.era > log.c.era,
            sa.and_(newer.c.era == log.c.era, newer.c.seq > log.c.seq),
        ),
    )
    kept = sa.select(log.c.target_id, log.c.boot_id, log.c.book, log.c.source, log.c.seq).where(
        of_target(log), is_last
    )
    keys = sa.tuple_(log.c.target_id, log.c.boot_id, log.c.book, log.c.source, log.c.seq)
    last = [tuple(row) for row in connection.execute(kept)]
    gone = connection.execute(
        sa.delete(log).where(of_target(log), log.c.at_us < before_us, keys.not_in(last))
    )
    _remember(connection, before_us, target)
    for table, column in (
        (schema.gap, "received_us"),
        (schema.link_health, "received_us"),
        (schema.clock, "sent_us"),
        (schema.stage, "ground_time_us"),
        (schema.command, "sent_us"),
    ):
        connection.execute(sa.delete(table).where(of_target(table), table.c[column] < before_us))
    return gone.rowcount
