"""xmg console: what partitions have printed."""

import argparse

from ..app import App
from ..board import Board
from ..model import Book
from ..render import Column
from ..status import Status
from .common import (
    count,
    csv_columns,
    filter_option,
    find_partition,
    log_options,
    noun,
    partition_argument,
    verb,
)
from .reading import RowSink, TextSink, read_live

COLUMNS = [
    Column("text", "text"),
    Column("boot_id", "boot"),
    Column("partition_name", "partition"),
    Column("severity", "severity"),
    *csv_columns("partition", "seq", "time_us", "event_name", "detail"),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, "console", "Console output of partitions.")
    parser = verb(
        group,
        common,
        "read",
        run,
        "Show what a partition has printed and the board still stores.",
        "--last begins with the first line that begins in these bytes, --from with that very byte.",
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
    filter_option(parser)
    parser.set_defaults(follow=True, from_seq=None)


def run(app: App) -> Status:
    """xmg console read|follow PARTITION"""

    def find_source(client: Board) -> tuple[int, str]:
        target = find_partition(client, app.args.partition)
        return target.id, target.name or str(target.id)

    sink: TextSink | RowSink
    sink = TextSink(app) if app.out.format == "table" else RowSink(app, COLUMNS)
    return read_live(app, Book.CONSOLE, find_source, sink)
