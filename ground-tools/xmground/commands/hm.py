"""xmg hm: the health-monitor log."""

import argparse

from ..app import App
from ..model import Book
from ..render import Column, plain, severity_mark, word
from ..status import Status
from .common import RECORD_COLUMNS, csv_columns, follow_option, log_options, noun, verb
from .reading import RowSink, read_log

COLUMNS = [
    *RECORD_COLUMNS,
    Column("severity", "sev", severity_mark, width=3),
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
    group = noun(groups, common, "hm", "The health-monitor log.")
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


def read(app: App) -> Status:
    """xmg hm read"""
    return read_log(app, Book.HM, None, RowSink(app, COLUMNS))
