"""xmg archive: what the ground keeps of its boards."""

import argparse
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..app import App
from ..board import HYPERVISOR_ID
from ..errors import LinkUnavailable, NoAnswer, UsageError
from ..model import GapKind
from ..places import default_captures
from ..render import Column, board_time, ground_time, plain, severity_mark, word
from ..rows import Row
from ..status import Status
from ..times import parse_moment
from .common import (
    RECORD_COLUMNS,
    archive_option,
    archive_options,
    count,
    csv_columns,
    filter_option,
    follow_option,
    labels_of,
    noun,
    numbers,
    time_options,
    verb,
    yes_option,
)
from .reading import (
    ARCHIVE,
    RowSink,
    Wanted,
    only_target,
    picked,
    tell_pruned,
    wanted_of,
)

BOOKS = ("hm", "trace", "console", "event")
LOG_COLUMNS = [
    Column("target", "target"),
    Column("book", "book"),
    Column("source", "source", right=True),
    Column("source_name", "name"),
]
COLLECT_COLUMNS = [
    *LOG_COLUMNS,
    Column("added", "new", right=True),
    Column("known", "known", right=True),
    Column("conflicts", "conflicts", right=True),
    Column("gaps", "gaps", right=True),
]
LIST_COLUMNS = [
    *LOG_COLUMNS,
    Column("rows", "rows", right=True),
    Column("first", "first", right=True),
    Column("last", "last", right=True),
    Column("eras", "eras", right=True),
    Column("conflicts", "conflicts", right=True),
    Column("oldest_us", "oldest (UTC)", ground_time),
    Column("newest_us", "newest (UTC)", ground_time),
]
SHOW_COLUMNS = [
    Column("archive", "archive"),
    Column("schema", "schema"),
    Column("targets", "targets", lambda names: ", ".join(names) or "none"),
    Column("boots", "boots"),
    Column("rows", "rows of logs"),
    Column("conflicts", "conflicts"),
    Column("gaps", "gaps"),
    Column("commands", "commands"),
    Column("captures", "raw captures"),
    Column("pruned_before_us", "removed before", ground_time),
    Column("clock_steps", "clock steps", lambda steps: _steps_text(steps)),
    Column("bytes", "size", lambda size: plain(size) if size is None else f"{size} bytes"),
]
QUERY_COLUMNS = [
    Column("book", "book", width=7),
    Column("source", "source", right=True, width=6),
    *RECORD_COLUMNS,
    Column("received_us", "received (UTC)", ground_time, width=24),
    Column("severity", "sev", severity_mark, width=3),
    Column("partition_name", "partition", width=12),
    Column("event_name", "event", width=20),
    Column("words", "detail", lambda text: plain((text or "").rstrip("\n"))),
    *(
        column
        for column in csv_columns(
            *("partition", "vcpu", "event", "action", "action_name", "criticality"),
            *("criticality_name", "code", "fault_address", "pc", "npc", "psr", "fault_status"),
            *("payload", "system", "damaged", "detail", "text"),
        )
        if column.key not in ("book", "source", "received_us")
    ),
]
# Why other rows may have the numbers of some that were filed before.
TWO_OR_FORGOT = (
    "a board that forgot its boot id at power-up numbers anew; but if these are two boards whose "
    "systems have one name, their rows are mixed: collect each under a name of its own (--target)"
)
# Progress is told after so many rows or records: more often, it would cost more than they do.
TELL_EVERY = 50
CHECK_COLUMNS = [Column("fault", "fault")]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(
        groups, common, "archive", "What the ground keeps of its boards: collect it, ask it."
    )
    parser = verb(
        group,
        common,
        "collect",
        collect,
        "Read all that is new in the board's logs into the archive.",
        "Reading goes on where it ended; what was lost on the link is asked for again. Exit status "
        "7: something is missing or contradicts what was filed before; it is named.",
    )
    follow_option(parser)
    parser.add_argument(
        "--every",
        metavar="S",
        type=numbers(1, 86400),
        default=10,
        help="with --follow: seconds between two readings (default: 10)",
    )
    parser.add_argument(
        "--count", metavar="N", type=count, help="with --follow: end after N readings"
    )
    parser.add_argument(
        "--capture",
        metavar="DIR",
        help="keep the raw bytes of the link in this folder (default: $XMG_CAPTURE, else "
        "xmg/capture in $XDG_DATA_HOME); empty: do not",
    )
    archive_options(parser)
    archive_options(verb(group, common, "list", list_logs, "List the logs that are filed."))
    archive_options(verb(group, common, "show", show, "Show what the archive is and holds."))
    parser = verb(
        group,
        common,
        "query",
        query,
        "Show rows of all logs together.",
        "A gap is shown where it belongs, whatever the filter, and ends the command with status 7. "
        "With --last or --count those are shown that reach among the N rows; all, where fewer match.",
    )
    _choice(parser)
    filter_option(parser)
    time_options(parser)
    parser.add_argument("--last", metavar="N", type=count, help="only the newest N rows")
    parser.add_argument("--count", metavar="N", type=count, help="end after N rows")
    parser.add_argument(
        "--order",
        choices=("time", "number"),
        default="time",
        help="by time (default), or log by log, by number",
    )
    archive_options(parser)
    parser.set_defaults(follow=False, origin=ARCHIVE)
    parser = verb(
        group, common, "gaps", gaps, "List what is missing.", "Exit status 7: something is."
    )
    _choice(parser)
    time_options(parser)
    archive_options(parser)
    parser.set_defaults(follow=False, origin=ARCHIVE, filter=None)
    archive_option(
        verb(
            group,
            common,
            "captures",
            captures,
            "List the files of raw bytes that were filed.",
            "xmg replay shows their frames, xmg hm read --from FILE and its like their logs.",
        )
    )
    parser = verb(
        group,
        common,
        "export",
        export,
        "Write rows to a file OUT.csv or OUT.jsonl, or raw captures to OUT.pcapng.",
        "pcapng: one packet per frame, header to CRC, link type DLT_USER0, with its direction.",
    )
    parser.add_argument("out", metavar="OUT", help="ends with .csv, .jsonl or .pcapng")
    parser.add_argument(
        "captures",
        metavar="CAPTURE",
        nargs="*",
        help="for pcapng: raw captures (default: those that this station has filed)",
    )
    _choice(parser)
    filter_option(parser)
    time_options(parser)
    archive_options(parser)
    parser.set_defaults(follow=False, origin=ARCHIVE, order="time")
    archive_options(
        verb(
            group,
            common,
            "check",
            check,
            "Check the database, and each record against its own CRC.",
            "Exit status 1: there are faults; 7: there are conflicts.",
        )
    )
    archive_options(
        verb(group, common, "migrate", migrate, "Bring an older archive's schema up to date.")
    )
    parser = verb(group, common, "prune", prune, "Remove what is older than a moment.")
    parser.add_argument(
        "--before", metavar="TIME", required=True, help="such as 90d, or 2026-01-01"
    )
    yes_option(parser)
    archive_options(parser)


def _choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--book", action="append", choices=BOOKS, help="only this log; may be given several times"
    )
    parser.add_argument("--source", metavar="N", type=numbers(0, 255), help="only this partition's")


# ---- collecting


def collect(app: App) -> Status:
    """xmg archive collect"""
    if app.is_remote:
        raise UsageError(
            "`xmg serve` holds the link and collects by itself: look with `xmg archive list`, or end "
            "it to collect without it"
        )
    if app.args.capture is None:
        app.args.capture = str(default_captures(os.environ))
    turns, complete = 0, True
    with app.open_archive(create=True) as archive:
        while True:
            complete = _turn(app, archive) and complete
            turns += 1
            if not app.args.follow or turns == app.args.count:
                return Status.DONE if complete else Status.INCOMPLETE
            time.sleep(app.args.every)


def _turn(app: App, archive) -> bool:
    """One reading; whether nothing is missing and nothing contradicts."""
    from ..archive.collect import Collector

    rows: list[Row] = []
    notes: list[str] = []
    steps: list[str] = []
    target, is_filed_before = "", False
    try:
        with app.connect() as client:
            target = app.args.target or client.target_name()
            labels = labels_of(client)

            def through(state, report) -> None:
                nonlocal is_filed_before
                begins_anew = any(GapKind.REBOOTED.value in gap for gap in report.gaps)
                of_before = report.filed.known or report.filed.conflicts
                is_filed_before |= bool(begins_anew and of_before)
                source = HYPERVISOR_ID if state.book.name == "HM" else state.source
                rows.append(
                    {
                        "target": target,
                        "book": state.book.name.lower(),
                        "source": state.source,
                        "source_name": labels.partition(source),
                        "added": report.filed.added,
                        "known": report.filed.known,
                        "conflicts": len(report.filed.conflicts),
                        "gaps": len(report.gaps),
                    }
                )
                notes.extend(report.gaps + report.filed.conflicts)

            with app.out.progress_of_bytes("collecting") as tell:
                steps = Collector(client, archive, target, labels).turn(through, tell).steps
    except (NoAnswer, LinkUnavailable) as error:
        if not app.args.follow:
            raise
        app.out.warn(f"{error}; what was filed is kept, still trying, Ctrl-C ends")
    finally:
        while app.captures:
            path, begin_us = app.captures.pop()
            archive.add_capture(str(path.absolute()), socket.gethostname(), app.link, begin_us)
    app.out.rows(COLLECT_COLUMNS, rows)
    for note in steps + notes:
        app.out.warn(note)
    if is_filed_before:
        app.out.warn(
            f"numbers began anew in a boot of {plain(target)!r} that was filed before: {TWO_OR_FORGOT}"
        )
    return not notes


# ---- asking


def list_logs(app: App) -> Status:
    """xmg archive list"""
    with app.open_archive() as archive:
        rows = [row for row in archive.contents() if app.args.target in (None, row["target"])]
        names = {row["target"]: archive.partition_names(str(row["target"])) for row in rows}
    for row in rows:
        source = HYPERVISOR_ID if row["book"] == "hm" else row["source"]
        row["source_name"] = names[row["target"]].get(int(str(source)), "")
    app.out.rows(LIST_COLUMNS, rows)
    return Status.DONE


def _steps_text(steps: list[Row]) -> str:
    """Steps of the ground's clock, which make UTC of before and after differ."""
    return plain(
        "; ".join(
            f"{int(str(step['step_us'])) / 1e6:+.1f} s before {ground_time(step['utc_us'])} "
            f"(boot {word(step['boot_id'])} + {board_time(step['time_us'])})"
            for step in steps
        )
        or "none"
    )


def show(app: App) -> Status:
    """xmg archive show"""
    with app.open_archive() as archive:
        counts = archive.counts()
        row: Row = {
            "archive": archive.where,
            "schema": archive.revision(),
            "targets": archive.targets(),
            "boots": counts["boot"],
            "rows": counts["log"],
            "conflicts": sum(int(str(row["conflicts"])) for row in archive.contents()),
            "gaps": counts["gap"],
            "commands": counts["command"],
            "captures": counts["capture"],
            "pruned_before_us": archive.pruned_before(),
            "clock_steps": archive.clock_steps(),
            "bytes": None,
        }
        with suppress(OSError):
            row["bytes"] = Path(archive.where).stat().st_size
    app.out.record(SHOW_COLUMNS, row)
    return Status.DONE


def _rows(app: App, wanted: Wanted, on_total: Callable[[int], None] | None = None) -> Iterator[Row]:
    """The rows that are asked for. on_total: is told first how many there are beside gaps."""
    from ..archive.query import Question

    args = app.args
    with app.open_archive() as archive:
        target = only_target(archive, args.target) if args.target else None
        tell_pruned(app, archive, target, wanted.since)
        asked = Question(
            args.book or (),
            wanted.filter,
            wanted.since,
            wanted.until,
            order=args.order,
            limit=wanted.last or wanted.count,
            target=target,
            source=args.source,
            newest=wanted.last is not None,
        )
        if on_total:
            on_total(archive.count(asked))
        yield from archive.ask(asked)


def _is_another(row: Row) -> bool:
    """Whether a row has the number of another one, filed before."""
    return int(str(row.get("variant") or 0)) > 0


def _tell_others(app: App, others: int) -> None:
    if others:
        have = "s have the numbers of others" if others > 1 else " has the number of another"
        app.out.warn(f"{others} row{have}, filed before: see `xmg archive check`")


def query(app: App) -> Status:
    """xmg archive query"""
    wanted = wanted_of(app)
    if wanted.last and wanted.count:
        raise UsageError("--last and --count exclude each other: give one of them")
    # The database has chosen already; what is left to tell is which rows have no UTC.
    told = replace(wanted, filter=None)
    sink = RowSink(app, QUERY_COLUMNS)
    missing, others = 0, 0
    for row in picked(_rows(app, wanted), told, app):
        missing += row["kind"] == "gap"
        others += _is_another(row)
        # A table has one column for what a record says and what a partition printed.
        table = {"words": row.get("text", row["detail"])} if app.out.format == "table" else {}
        sink.add(row | table)
    sink.close()
    if missing:
        app.out.warn(f"{missing} gap{'s' if missing > 1 else ''}: see `xmg archive gaps`")
    _tell_others(app, others)
    return Status.INCOMPLETE if missing else Status.DONE


def gaps(app: App) -> Status:
    """xmg archive gaps"""
    from ..archive.query import Question

    wanted = wanted_of(app)
    with app.open_archive() as archive:
        target = only_target(archive, app.args.target) if app.args.target else None
        tell_pruned(app, archive, target, wanted.since)
        rows = archive.gaps(
            Question(
                app.args.book or (),
                since=wanted.since,
                until=wanted.until,
                target=target,
                source=app.args.source,
            )
        )
    columns = [
        *LOG_COLUMNS[:3],
        Column("boot_id", "boot", word),
        Column("gap", "gap"),
        Column("first", "first", right=True),
        Column("last", "last", right=True),
        Column("received_us", "found (UTC)", ground_time),
    ]
    shown = {column.key for column in columns}
    rest = [
        Column(key, key, only_csv=True) for key in (rows[0] if rows else ()) if key not in shown
    ]
    app.out.rows([*columns, *rest], rows)
    if not rows:
        app.out.note("of what was read, nothing is missing")
    return Status.INCOMPLETE if rows else Status.DONE


def captures(app: App) -> Status:
    """xmg archive captures"""
    from .captures import filed

    rows = filed(app)
    for row in rows if app.out.format == "table" else ():
        is_mine = row["station"] == socket.gethostname()
        away = "removed" if is_mine else f"on {row['station']}"
        row["where"] = f"{row['bytes']} bytes" if row["here"] else away
    columns = [
        Column("begin_us", "begin (UTC)", ground_time),
        Column("link", "link"),
        Column("where", "", right=True, not_csv=True),
        Column("path", "file"),
        *(Column(key, key, only_csv=True) for key in ("station", "here", "bytes")),
    ]
    app.out.rows(columns, rows)
    return Status.DONE


# ---- files


def export(app: App) -> Status:
    """xmg archive export OUT"""
    out = Path(app.args.out)
    writers = {".csv": _export_rows, ".jsonl": _export_rows, ".pcapng": _export_frames}
    if out.suffix not in writers:
        raise UsageError(f"{out}: name it .csv, .jsonl or .pcapng, for what it is to hold")
    if app.args.captures and out.suffix != ".pcapng":
        raise UsageError("raw captures are exported as .pcapng")
    # What is half written never has the name asked for.
    part = out.with_name(out.name + ".part")
    try:
        told = writers[out.suffix](app, part)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"cannot write {out}: {error.strerror}: name another file") from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    app.out.note(f"{told} to {out}")
    return Status.DONE


def _export_rows(app: App, part: Path) -> str:
    from ..render import Output

    wanted = wanted_of(app)
    total, missing, others = 0, 0, 0
    rows_there: list[int] = []
    # To count them costs a query of its own.
    on_total = rows_there.append if app.out.shows_progress else None
    with (
        part.open("w", encoding="utf-8") as file,
        app.out.progress_of_items("exporting rows", True) as tell,
    ):
        fmt = "csv" if ".csv" in part.suffixes else "jsonl"
        columns = [column for column in QUERY_COLUMNS if column.key != "words"]
        stream = Output(fmt, False, stdout=file).stream(columns)
        for row in _rows(app, wanted, on_total):
            stream.add(row)
            total += 1
            missing += row["kind"] == "gap"
            others += _is_another(row)
            if rows_there and total % TELL_EVERY == 0:
                tell(total - missing, rows_there[0])
        stream.close()
    _tell_others(app, others)
    return f"{total} rows, of which {missing} gaps," if missing else f"{total} rows"


def _export_frames(app: App, part: Path) -> str:
    from ..capture import Captured, read_capture, write_pcapng
    from .captures import of_this_station

    files = [Path(name) for name in app.args.captures] or of_this_station(app)
    records: list[Captured] = []
    links: dict[str, None] = {}
    for path in files:
        link, found = read_capture(path)
        links[link] = None
        for record in found:
            if isinstance(record, Captured):
                records.append(record)
            else:
                app.out.warn(f"{path}: {record.words}")
    total = sum(len(record.data) for record in records)

    def told() -> Iterator[Captured]:
        done = 0
        for number, record in enumerate(records):
            yield record
            done += len(record.data)
            if number % TELL_EVERY == 0:
                tell(done, total)

    with part.open("wb") as file, app.out.progress_of_bytes("exporting frames") as tell:
        count_of = write_pcapng(file, ", ".join(links), told())
    return f"{count_of} frames"


# ---- upkeep


def check(app: App) -> Status:
    """xmg archive check"""
    with app.open_archive() as archive:
        faults = archive.check()
        conflicts = sum(int(str(row["conflicts"])) for row in archive.contents())
    if faults or app.out.format != "table":  # the word "fault" alone would be misread
        app.out.rows(CHECK_COLUMNS, [{"fault": fault, "style": "bad"} for fault in faults])
    if conflicts:
        have = "s have the numbers of others" if conflicts > 1 else " has the number of another"
        app.out.warn(f"{conflicts} row{have}, filed before: both are shown; {TWO_OR_FORGOT}")
    if faults:
        app.out.warn(
            "the archive has faults: restore a copy of it, or collect into another (--archive) what "
            "the board still has"
        )
        return Status.FAILED
    app.out.note("intact")
    return Status.INCOMPLETE if conflicts else Status.DONE


def migrate(app: App) -> Status:
    """xmg archive migrate"""
    with app.open_archive() as archive:
        app.out.note(f"{archive.where} has schema {archive.revision()}")
    return Status.DONE


def prune(app: App) -> Status:
    """xmg archive prune --before TIME"""
    before = parse_moment(app.args.before, app.clock_us())
    if before.board:
        raise UsageError("--before is a moment of UTC, such as 90d or 2026-01-01")
    with app.open_archive() as archive:
        target = only_target(archive, app.args.target) if app.args.target else None
        what = f"all that is older than {ground_time(before.us)}"
        app.confirm("pruning asks first", f"{what} will be removed from {archive.where}.", "prune")
        gone = archive.prune(before.us, target)
    app.out.note(f"{gone} rows of logs removed; of each log the last one stays")
    return Status.DONE
