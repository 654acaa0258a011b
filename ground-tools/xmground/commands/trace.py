"""xmg trace: trace logs of partitions and of the hypervisor."""

import argparse

from ..app import App
from ..model import Book
from ..render import Column, plain, severity_mark
from ..status import Status
from .common import RECORD_COLUMNS, csv_columns, follow_option, log_options, noun, verb
from .reading import RowSink, read_log

COLUMNS = [
    *RECORD_COLUMNS,
    Column("severity", "sev", severity_mark, width=3),
    Column("partition_name", "partition", width=12),
    Column("criticality_name", "criticality", width=13),
    Column("event_name", "code", width=20),
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
    group = noun(groups, common, "trace", "Trace logs.")
    parser = verb(
        group, common, "read", read, "Read the trace of a partition or of the hypervisor."
    )
    parser.add_argument("source", metavar="SOURCE", help="partition id or name, or `hypervisor`")
    log_options(parser, "record")
    follow_option(parser)


def read(app: App) -> Status:
    """xmg trace read SOURCE"""
    return read_log(app, Book.TRACE, app.args.source, RowSink(app, COLUMNS))
