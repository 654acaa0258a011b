"""xmg hm: the health-monitor log."""

import argparse

from ..app import App
from ..logs import Gap, LogReader
from ..model import Book
from ..records import HM_RECORD, HmRecord, decode_hm
from ..render import Column, board_time, plain, word
from ..status import Status
from .common import (
    csv_columns,
    finish,
    follow,
    follow_option,
    gap_row,
    gap_text,
    log_options,
    noun,
    partition_names,
    prepare,
    tell_nothing,
    tell_oldest,
    verb,
)

COLUMNS = [
    Column("seq", "seq", right=True, width=6),
    Column("boot_id", "boot", word, width=10),
    Column("time_us", "board time", board_time, width=15),
    Column("partition_name", "partition", width=12),
    Column("event_name", "event", width=28),
    Column("action_name", "action", width=14),
    Column("fault_address", "address", word, width=10),
    Column("pc", "pc", word, width=10),
    Column("detail", "detail", lambda value: plain(value or "")),
    *csv_columns(
        "partition",
        "vcpu",
        "event",
        "action",
        "npc",
        "psr",
        "fault_status",
        "payload",
        "system",
        "damaged",
    ),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, "hm", "The health-monitor log.")
    parser = verb(
        group,
        common,
        "read",
        read,
        "Read health-monitor records; every gap is named.",
        "A gap is shown as a row and as a warning, and ends the command with status 7.",
    )
    log_options(parser, "record")
    follow_option(parser)


def record_row(record: HmRecord, names: dict[int, str]) -> dict[str, object]:
    """A record as a row."""
    return {
        "kind": "record",
        "seq": record.seq,
        "boot_id": record.boot_id,
        "time_us": record.time_us,
        "partition": record.partition,
        "partition_name": names.get(record.partition) or str(record.partition),
        "vcpu": record.vcpu,
        "event": record.event,
        "event_name": record.event_name,
        "action": record.action,
        "action_name": record.action_name,
        "fault_address": record.fault_address,
        "pc": record.pc,
        "npc": record.npc,
        "psr": record.psr,
        "fault_status": record.fault_status,
        "payload": list(record.payload),
        "system": record.system,
        "damaged": record.damaged,
        "detail": record.detail,
        "style": "bad" if record.damaged else "",
    }


def hm_gap_row(gap: Gap) -> dict[str, object]:
    """A gap as a row that also reads well in a table."""
    return gap_row(gap) | {"seq": gap.first, "event_name": "GAP", "detail": gap_text(gap, "record")}


def read(app: App) -> Status:
    """xmg hm read"""
    gaps: list[Gap] = []
    damaged = 0
    with app.connect() as client:
        names = partition_names(client)
        reader = LogReader(client, Book.HM, from_seq=app.args.from_seq)
        prepare(reader, app)
        rows = []
        stream = app.out.stream(COLUMNS) if app.args.follow else None

        def told() -> None:
            tell_nothing(client, reader, app, "record", "the board")

        for item in follow(
            reader, app, app.args.count, app.args.follow, HM_RECORD.size, told
        ):
            if isinstance(item, Gap):
                gaps.append(item)
                row = hm_gap_row(item)
            else:
                record = decode_hm(item)
                damaged += record.damaged
                row = record_row(record, names)
            if stream:
                stream.add(row)
            else:
                rows.append(row)
        if not stream:
            app.out.rows(COLUMNS, rows)
    tell_oldest(reader, app, "record", app.out)
    return finish(gaps, damaged, "record", app.out)
