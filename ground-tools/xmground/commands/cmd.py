"""xmg cmd: what became of commands, as the board's journal tells it."""

import argparse
from pathlib import Path

from ..app import App
from ..model import CommandState, Knowledge, Stage
from ..render import Column, board_time, plain, severity_mark, word
from ..rows import Labels, Row, command_row
from ..status import Status
from .common import csv_columns, labels_of, noun, numbers, source_options, verb
from .reading import ARCHIVE, LIVE, only_target, open_capture, picked, wanted_of

COLUMNS = [
    Column("id", "command", word),
    Column("severity", "sev", severity_mark, width=3),
    Column("operation", "operation"),
    Column("knowledge", "known"),
    Column("stage", "stage"),
    Column("board_time_us", "board time", board_time),
    Column("boot_id", "boot", word),
    Column("detail", "detail", lambda value: plain(value or "")),
    *csv_columns(
        "session",
        "frame",
        "sender",
        "seq",
        "utc_us",
        "utc_error_us",
        "time_us",
        "partition",
        "partition_name",
        "event_name",
    ),
]
# The exit status tells of the command what running it would have told.
RESULTS = {
    Stage.COMPLETED: Status.DONE,
    Stage.FAILED: Status.FAILED,
    Stage.REJECTED: Status.REJECTED,
}
# Of a command in the archive or a capture, which hold only what the ground heard.
NO_END = "no end seen"
NO_END_SEVERITY = "error"
NO_COMMANDS = {
    LIVE: "the board remembers no command: none arrived, or a reset has lost the journal",
    ARCHIVE: "no command is filed",
}
NEVER_RECEIVED = (
    "the board does not know this command: it never arrived, is older than the last 16, or a reset "
    "has lost the journal"
)


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "cmd", "Commands that were sent: what became of them.")
    parser = verb(
        group,
        common,
        "status",
        status,
        "Ask the board what became of a command, also of one sent before it was reset.",
        "Exit status: 0 completed, 1 failed, 4 rejected, 3 never received, 6 in progress, or "
        "started before a reset and not confirmed.",
    )
    parser.add_argument(
        "id",
        metavar="ID",
        type=numbers(1, (1 << 32) - 1),
        help="as told when the command was sent, or by `xmg cmd list`",
    )
    parser = verb(
        group,
        common,
        "list",
        list_commands,
        "List the last commands that the board remembers.",
        "From the archive or a file: those that this ground sent, and how far it saw them come. Where "
        "no end was seen, `xmg cmd status` asks the board.",
    )
    source_options(parser)


def _rows(app: App, states: list[CommandState], labels: Labels) -> list[Row]:
    return [command_row(state, labels, app.clock_us()) for state in states]


def status(app: App) -> Status:
    """xmg cmd status ID"""
    with app.connect() as client:
        state = client.command_state(app.args.id)
        rows = _rows(app, [state], labels_of(client, heard=True))
    app.out.rows(COLUMNS, rows)
    if state.knowledge is Knowledge.NEVER_RECEIVED:
        app.out.note(NEVER_RECEIVED)
        return Status.NO_LINK
    if state.knowledge is Knowledge.FINISHED and state.stage in RESULTS:
        return RESULTS[state.stage]
    return Status.UNKNOWN


def list_commands(app: App) -> Status:
    """xmg cmd list"""
    wanted, damaged = wanted_of(app), False
    if wanted.origin == LIVE:
        with app.connect() as client:
            rows = _rows(app, client.command_states(), labels_of(client, heard=True))
    elif wanted.origin == ARCHIVE:
        with app.open_archive() as archive:
            target = only_target(archive, app.args.target)
            rows = _last_stages(list(archive.commands(target)))
    else:
        rows, damaged = _rows_of_file(app, Path(wanted.origin))
    app.out.rows(COLUMNS, list(picked(rows, wanted, app)))
    if not rows:
        app.out.note(NO_COMMANDS.get(wanted.origin, "it holds no commands"))
    return Status.INCOMPLETE if damaged else Status.DONE


def _rows_of_file(app: App, path: Path) -> tuple[list[Row], bool]:
    """Commands of a capture or of exported rows, and whether some may be missing."""
    from ..sources import json_rows, kind_of

    if kind_of(path) == "capture":
        logs = open_capture(app, path)
        return _last_stages(logs.commands()), bool(logs.faults)
    rows = [row for row in json_rows(path) if row["book"] == "command"]
    stages = [row for row in rows if row["kind"] == "stage"]
    return [row for row in rows if row["kind"] != "stage"] + _last_stages(stages), False


def _last_stages(stages: list[Row]) -> list[Row]:
    """How far each command came, as the ground saw it, newest first. One whose end nobody saw may
    have been carried out or not: that is no harmless state."""
    last: dict[object, Row] = {}
    for row in stages:
        last[row["seq"]] = last.pop(row["seq"], {}) | row
    rows = []
    for row in reversed(list(last.values())):
        ended = Stage(row["stage"]) in RESULTS
        about: Row = {
            "id": row["seq"],
            "operation": row["event_name"],
            "knowledge": Knowledge.FINISHED.value if ended else NO_END,
            "board_time_us": row["time_us"],
        }
        rows.append(row | about | ({} if ended else {"severity": NO_END_SEVERITY}))
    return rows
