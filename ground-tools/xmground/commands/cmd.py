"""xmg cmd: what became of commands, as the board's journal tells it."""

import argparse

from .. import filter as filters
from ..app import App
from ..model import CommandState, Knowledge, Stage
from ..render import Column, board_time, plain, severity_mark, word
from ..rows import Labels, Row, command_row
from ..status import Status
from .common import csv_columns, filter_option, labels_of, noun, numbers, verb
from .reading import wanted_rows

COLUMNS = [
    Column("id", "command", word),
    Column("severity", "sev", severity_mark, width=3),
    Column("operation", "operation"),
    Column("knowledge", "known"),
    Column("stage", "stage"),
    Column("board_time_us", "board time", board_time),
    Column("boot_id", "boot", word),
    Column("detail", "detail", lambda value: plain(value or "")),
    *csv_columns("session", "seq", "time_us", "partition", "partition_name", "event_name"),
]
# The exit status tells of the command what running it would have told.
RESULTS = {
    Stage.COMPLETED: Status.DONE,
    Stage.FAILED: Status.FAILED,
    Stage.REJECTED: Status.REJECTED,
}
NEVER_RECEIVED = (
    "the board does not know this command: it never arrived, is older than the last 16, or a reset "
    "has lost the journal"
)


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, "cmd", "Commands that were sent: what became of them.")
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
        group, common, "list", list_commands, "List the last commands that the board remembers."
    )
    filter_option(parser)


def _rows(app: App, states: list[CommandState], labels: Labels) -> list[Row]:
    return [command_row(state, labels, app.clock_us()) for state in states]


def status(app: App) -> Status:
    """xmg cmd status ID"""
    with app.connect() as client:
        state = client.command_state(app.args.id)
        labels = labels_of(client)
    app.out.rows(COLUMNS, _rows(app, [state], labels))
    if state.knowledge is Knowledge.NEVER_RECEIVED:
        app.out.note(NEVER_RECEIVED)
        return Status.NO_LINK
    if state.knowledge is Knowledge.FINISHED and state.stage in RESULTS:
        return RESULTS[state.stage]
    return Status.UNKNOWN


def list_commands(app: App) -> Status:
    """xmg cmd list"""
    wanted = filters.of_argument(app.args.filter, app.clock_us())
    with app.connect() as client:
        rows = _rows(app, client.command_states(), labels_of(client))
    app.out.rows(COLUMNS, list(wanted_rows(rows, wanted, None, app)))
    return Status.DONE
