"""What several commands need: parsers for nouns and verbs, partition lookup, reading of logs."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from ..app import App
from ..complete import complete_partition
from ..board import Board, find_by_name
from ..errors import LinkUnavailable, NoAnswer, UsageError, XmgError
from ..filter import FIELDS
from ..labels import HYPERVISOR_NAME, labels_of, partition_names
from ..logs import Gap, LogReader
from ..model import Partition
from ..records import Item
from ..render import Column, Output, board_time, ground_time, span, word
from ..rows import Row
from ..status import Status
from ..times import Moment, parse_moment

FOLLOW_PAUSE_S = 0.5
# For the commands, which find all they share here.
__all__ = ["HYPERVISOR_NAME", "labels_of", "partition_names"]


def noun(
    groups: argparse._SubParsersAction,
    common: argparse.ArgumentParser,
    name: str,
    help_text: str,
) -> argparse._SubParsersAction:
    """A group of verbs; the common options may also stand between the noun and its verb."""
    parser = groups.add_parser(name, parents=[common], help=help_text, description=help_text)
    parser.set_defaults(usage_of=parser)
    return parser.add_subparsers(title="commands", metavar="COMMAND")


def verb(
    group: argparse._SubParsersAction,
    common: argparse.ArgumentParser,
    name: str,
    run: Callable[[App], Status],
    help_text: str,
    epilog: str = "",
) -> argparse.ArgumentParser:
    """One command; its function's first answer to --help is help_text."""
    parser = group.add_parser(
        name, parents=[common], help=help_text, description=help_text, epilog=epilog
    )
    parser.set_defaults(run=run, usage_of=parser)
    return parser


def numbers(least: int, most: int) -> Callable[[str], int]:
    """Type of number options: decimal or 0x, within the limits."""

    def convert(text: str) -> int:
        try:
            value = int(text, 0)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number of {least} to {most}")
        return value

    return convert


word32 = numbers(0, (1 << 32) - 1)
sequence = numbers(0, (1 << 64) - 1)  # as wide as the protocol's
count = numbers(1, (1 << 32) - 1)


def partition_argument(parser: argparse.ArgumentParser) -> None:
    """The PARTITION argument."""
    action = parser.add_argument(
        "partition", metavar="PARTITION", help="id or name, as `xmg part list` shows"
    )
    completed(action, complete_partition)


def one_partition_argument(parser: argparse.ArgumentParser) -> None:
    """The PARTITION argument of a list that may be cut down to one."""
    action = parser.add_argument(
        "partition",
        metavar="PARTITION",
        nargs="?",
        help="only those of this one, by id or name (default: all partitions)",
    )
    completed(action, complete_partition)


def completed(action: argparse.Action, names: Callable[..., list[str]]) -> None:
    """Lets the shell's completion ask for names."""
    action.completer = names  # type: ignore[attr-defined]


def find_partition(client: Board, key: str) -> Partition:
    """The partition of that id or name. Raises UsageError."""
    return find_by_name(client.partitions(), key, "partition")


def yes_option(parser: argparse.ArgumentParser) -> None:
    """--yes of commands that ask first."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def filter_option(parser: argparse.ArgumentParser) -> None:
    """--filter."""
    parser.add_argument(
        "--filter",
        metavar="EXPR",
        help="show only rows that match, such as 'sev>=warn and part=P2 and event~MEM'; gaps are "
        f"always shown. Fields: {', '.join(FIELDS)}",
    )


def origin(text: str) -> int | str:
    """Type of --from: the first number, as ever, or where rows come from."""
    return sequence(text) if text.isdecimal() or text.startswith("0x") else text


def log_options(parser: argparse.ArgumentParser, what: str) -> None:
    """Options that choose a log's rows, and where they come from."""
    parser.add_argument(
        "--first",
        metavar="SEQ",
        type=sequence,
        help=f"first {what}, by number (default: the oldest)",
    )
    parser.add_argument("--last", metavar="N", type=count, help=f"only the last N {what}s stored")
    parser.add_argument("--count", metavar="N", type=count, help=f"end after N {what}s")
    source_options(parser)


def source_options(parser: argparse.ArgumentParser) -> None:
    """Options of all views of logs: filter, time, and where the rows come from."""
    filter_option(parser)
    time_options(parser)
    parser.add_argument(
        "--from",
        dest="origin",
        metavar="WHERE",
        type=origin,
        default="live",
        help="live: the board (default); archive; or a file: a raw capture, or rows as JSON lines; a "
        "number is short for --first",
    )
    archive_options(parser)


def time_options(parser: argparse.ArgumentParser) -> None:
    """--since, --until."""
    form = "2026-11-25T12:30Z, 10m or '2h ago', today, yesterday, now, or boot+12.5s (board time)"
    parser.add_argument("--since", metavar="TIME", help=f"only what may be as new: {form}")
    parser.add_argument("--until", metavar="TIME", help="only what may be as old")


def period(app: App) -> tuple[Moment | None, Moment | None]:
    """--since and --until, each None if not given. Warns of a --since that is still to come: that
    nothing is shown then says nothing of the board. Raises UsageError for what is no time, and when
    nothing can lie between the two."""
    since_text, until_text, now_us = app.args.since, app.args.until, app.clock_us()
    since, until = (
        None if text is None else parse_moment(text, now_us) for text in (since_text, until_text)
    )
    if since and until and since.board == until.board and since.us > until.us:
        raise UsageError(
            f"--since {since_text} is later than --until {until_text}: nothing lies between them"
        )
    if since and not since.board and since.us > now_us:
        app.out.warn(
            f"--since {since_text} is in the future: it is {ground_time(now_us)} by this machine's clock"
        )
    return since, until


def frame_options(parser: argparse.ArgumentParser) -> None:
    """Which of the frames that crossed a link are shown."""
    time_options(parser)
    parser.add_argument("--count", metavar="N", type=count, help="end after N frames")
    parser.add_argument("--way", choices=("rx", "tx"), help="one direction only")


def archive_option(parser: argparse.ArgumentParser) -> None:
    """Which archive."""
    parser.add_argument(
        "--archive",
        metavar="URL",
        help="path of an SQLite file, or a SQLAlchemy URL such as postgresql://host/name "
        "(default: $XMG_ARCHIVE, else xmg/archive.db in $XDG_DATA_HOME)",
    )


def archive_options(parser: argparse.ArgumentParser) -> None:
    """Which archive, and which board in it."""
    archive_option(parser)
    parser.add_argument(
        "--target",
        metavar="NAME",
        help="what the board is filed under in the archive (default: the name of its system)",
    )


def follow_option(parser: argparse.ArgumentParser) -> None:
    """--follow."""
    parser.add_argument(
        "--follow", action="store_true", help="go on with what is added, until Ctrl-C (or --count)"
    )


def follow(
    reader: LogReader,
    app: App,
    limit: int | None,
    forever: bool,
    unit: int,
    on_first: Callable[[], None] = lambda: None,
) -> Iterator[Item | Gap]:
    """What the reader gives, once or for ever; ends after `limit` items of `unit` bytes. on_first
    is called when the log was read for the first time.

    Once something was read, a link that fails or a board that is silent does not end following: the
    log is read on when it answers again, and what was missed meanwhile is a gap then.
    """
    given = 0
    heard, silent = False, False
    while limit is None or given < limit:
        try:
            for item in reader.read(None if limit is None else limit - given):
                if isinstance(item, Item):
                    given += len(item.data) // unit
                yield item
            if not heard:
                on_first()
            if silent:
                app.out.note("the board answers again")
            heard, silent = True, False
        except (NoAnswer, LinkUnavailable) as error:
            if not (forever and heard):
                raise
            if not silent:
                app.out.warn(f"{error}; still trying, Ctrl-C ends")
            silent = True
        if not forever:
            return
        time.sleep(FOLLOW_PAUSE_S)


def prepare(reader: LogReader, app: App, text: bool) -> None:
    """Applies --last; for text, from a line on."""
    if app.args.last and text:
        reader.tail_lines(app.args.last)
    elif app.args.last:
        reader.tail(app.args.last)


def tell_nothing(
    client: Board, reader: LogReader, app: App, what: str, source: str, start: int
) -> None:
    """After the first read: nothing there is told apart from nothing asked for. A log that is not
    configured looks like an empty one, but the board does not list it."""
    if reader.next <= 1:
        with suppress(XmgError):
            if not any((b.book, b.source) == reader.identity for b in client.books()):
                app.out.note(f"{source} has no {reader.identity[0].name.lower()} log")
                return
    if start >= max(reader.next, 1):
        app.out.note(f"nothing from {start} on: the next {what} will be {max(reader.next, 1)}")


def csv_columns(*keys: str) -> list[Column]:
    """The values that only csv shows: the common ones, those of the book's rows, those of gaps."""
    common = ("target", "book", "source", "received_us", "kind")
    gaps = ("gap", "first", "last", "variant")
    return [Column(key, key, only_csv=True) for key in (*common, *keys, *gaps)]


# Which record it is and when it was: the board's time, the estimate of UTC and how far off it may be.
RECORD_COLUMNS = [
    Column("seq", "seq", right=True, width=6),
    Column("boot_id", "boot", word, width=10),
    Column("time_us", "board time", board_time, width=15),
    Column("utc_us", "UTC", ground_time, width=24),
    Column("utc_error_us", "±", span, right=True, width=6),
]


def tell_oldest(reader: LogReader, whole: bool, what: str, out: Output) -> None:
    """Reading from the oldest item is complete, but the operator should know that there were older
    ones."""
    if whole and reader.oldest > 1:
        out.note(
            f"the oldest {what} stored is {reader.oldest}; earlier ones were overwritten on board"
        )


def finish(gaps: list[Row], damaged: int, what: str, out: Output) -> Status:
    """Names all gaps on stderr; the exit status says whether the data is complete."""
    for gap in gaps:
        out.warn(str(gap["detail"]))
    if damaged:
        out.warn(
            f"{damaged} {what}{'s' if damaged > 1 else ''} with a wrong CRC-32C: "
            "damaged in the board's memory"
        )
    return Status.INCOMPLETE if gaps or damaged else Status.DONE
