"""xmg trace: trace logs of partitions and of the hypervisor."""

import argparse

from ..app import App
from ..client import HYPERVISOR_ID, Client
from ..logs import Gap, LogReader
from ..model import Book
from ..records import TRACE_RECORD, TraceRecord, decode_trace, kernel_words
from ..render import Column, board_time, plain, word
from ..status import Status
from .common import (
    HYPERVISOR_NAME,
    csv_columns,
    find_partition,
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
    Column("criticality_name", "criticality", width=13),
    Column("code_name", "code", width=20),
    Column(
        "payload",
        "payload",
        lambda words: " ".join(f"{w:#x}" for w in words) if words else "",
        width=12,
    ),
    Column("detail", "detail", lambda value: plain(value or "")),
    *csv_columns("partition", "vcpu", "system", "criticality", "code", "damaged"),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, "trace", "Trace logs.")
    parser = verb(
        group, common, "read", read, "Read the trace of a partition or of the hypervisor."
    )
    parser.add_argument("source", metavar="SOURCE", help="partition id or name, or `hypervisor`")
    log_options(parser, "record")
    follow_option(parser)


def _source(client: Client, key: str) -> int:
    if key in (HYPERVISOR_NAME, str(HYPERVISOR_ID)):
        return HYPERVISOR_ID
    return find_partition(client, key).id


def _row(record: TraceRecord, names: dict[int, str]) -> dict[str, object]:
    damage = ["DAMAGED (CRC-32C)"] if record.damaged else []
    return {
        "kind": "record",
        "seq": record.seq,
        "boot_id": record.boot_id,
        "time_us": record.time_us,
        "partition": record.partition,
        "partition_name": names.get(record.partition) or str(record.partition),
        "vcpu": record.vcpu,
        "system": record.system,
        "criticality": record.criticality,
        "criticality_name": record.criticality_name,
        "code": record.code,
        "code_name": record.code_name,
        "payload": list(record.payload),
        "damaged": record.damaged,
        "detail": ", ".join(damage + kernel_words(record, names)),
        "style": "bad" if record.damaged else "",
    }


def read(app: App) -> Status:
    """xmg trace read SOURCE"""
    gaps: list[Gap] = []
    damaged = 0
    with app.connect() as client:
        names = partition_names(client)
        source = _source(client, app.args.source)
        reader = LogReader(client, Book.TRACE, source, app.args.from_seq)
        prepare(reader, app)
        rows = []
        stream = app.out.stream(COLUMNS) if app.args.follow else None

        def told() -> None:
            tell_nothing(client, reader, app, "record", names.get(source) or str(source))

        for item in follow(
            reader, app, app.args.count, app.args.follow, TRACE_RECORD.size, told
        ):
            if isinstance(item, Gap):
                gaps.append(item)
                row = gap_row(item) | {
                    "seq": item.first,
                    "code_name": "GAP",
                    "detail": gap_text(item, "record"),
                }
            else:
                record = decode_trace(item)
                damaged += record.damaged
                row = _row(record, names)
            if stream:
                stream.add(row)
            else:
                rows.append(row)
        if not stream:
            app.out.rows(COLUMNS, rows)
    tell_oldest(reader, app, "record", app.out)
    return finish(gaps, damaged, "record", app.out)
