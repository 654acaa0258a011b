"""xmg console: what partitions have printed."""

import argparse

from ..app import App
from ..logs import Gap, LogReader
from ..model import Book
from ..render import Column
from ..status import Status
from .common import (
    count,
    find_partition,
    finish,
    follow,
    gap_row,
    gap_text,
    log_options,
    noun,
    partition_argument,
    prepare,
    tell_nothing,
    tell_oldest,
    verb,
)

COLUMNS = [
    Column("kind", "kind"),
    Column("first", "from byte", right=True),
    Column("text", "text"),
    Column("gap", "gap"),
    Column("last", "last", only_csv=True),
    Column("boot_id", "boot", only_csv=True),
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
    parser.set_defaults(follow=True, from_seq=None)


def harmless(data: bytes) -> str:
    """Console bytes as text: line ends and tabs stay, everything else that could act on a terminal
    is escaped."""
    text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)


def run(app: App) -> Status:
    """xmg console read|follow PARTITION"""
    gaps: list[Gap] = []
    rows: list[dict[str, object]] = []
    with app.connect() as client:
        target = find_partition(client, app.args.partition)
        reader = LogReader(client, Book.CONSOLE, target.id, app.args.from_seq)
        prepare(reader, app, text=True)
        text = app.out.format == "table"
        stream = app.out.stream(COLUMNS) if app.args.follow and not text else None
        ends_line = True

        def told() -> None:
            tell_nothing(client, reader, app, "byte", target.name or str(target.id))

        for item in follow(reader, app, app.args.count, app.args.follow, 1, told):
            if isinstance(item, Gap):
                gaps.append(item)
                row = gap_row(item)
                shown = ("" if ends_line else "\n") + f"[{gap_text(item, 'byte')}]\n"
            else:
                shown = harmless(item.data)
                row = {
                    "kind": "text",
                    "first": item.seq,
                    "last": item.seq + len(item.data) - 1,
                    "boot_id": item.boot_id,
                    "text": shown,
                }
            if text:
                app.out.raw(shown)
                ends_line = shown.endswith("\n") if shown else ends_line
            elif stream:
                stream.add(row)
            else:
                rows.append(row)
        if text and not ends_line:
            app.out.raw("\n")
    if not text and not stream:
        app.out.rows(COLUMNS, rows)
    tell_oldest(reader, app, "byte", app.out)
    return finish(gaps, 0, "byte", app.out)
