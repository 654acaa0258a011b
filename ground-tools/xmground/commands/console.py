"""xmg console: what partitions have printed."""

import argparse

from ..app import App
from ..model import Book
from ..render import Column
from ..status import Status
from .common import (
    count,
    csv_columns,
    log_options,
    noun,
    partition_argument,
    source_options,
    verb,
)
from .reading import RowSink, TextSink, read_log

COLUMNS = [
    Column("text", "text"),
    Column("boot_id", "boot"),
    Column("partition_name", "partition"),
    Column("severity", "severity"),
    *csv_columns("partition", "seq", "time_us", "utc_us", "utc_error_us", "event_name", "detail"),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "console", "Console output of partitions.")
    parser = verb(
        group,
        common,
        "read",
        run,
        "Show what a partition has printed and the board still stores.",
        "--last begins with the first line that begins in these bytes, --first with that very byte.",
    )
    partition_argument(parser)
    log_options(parser, "byte")
    parser.set_defaults(follow=False)
    parser = verb(
        group, common, "follow", run, "Show what a partition prints, as it comes, until Ctrl-C."
    )
    partition_argument(parser)
    parser.add_argument(
        "--last",
        metavar="N",
        type=count,
        help="begin with the first line that begins in the last N bytes (default: all stored)",
    )
    parser.add_argument("--count", metavar="N", type=count, help="end after N bytes")
    source_options(parser)
    parser.set_defaults(follow=True, first=None)


def run(app: App) -> Status:
    """xmg console read|follow PARTITION"""
    sink: TextSink | RowSink
    sink = TextSink(app) if app.out.format == "table" else RowSink(app, COLUMNS)
    return read_log(app, Book.CONSOLE, app.args.partition, sink)
