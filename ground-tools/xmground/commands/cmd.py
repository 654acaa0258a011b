"""xmg cmd: what became of commands, as the board's journal tells it."""

import argparse
from dataclasses import asdict

from ..app import App
from ..model import CommandState, Knowledge, Stage
from ..render import Column, board_time, plain, word
from ..status import Status
from .common import noun, numbers, verb

COLUMNS = [
    Column("id", "command", word),
    Column("operation", "operation"),
    Column("knowledge", "known"),
    Column("stage", "stage"),
    Column("board_time_us", "board time", board_time),
    Column("boot_id", "boot", word),
    Column("detail", "detail", lambda value: plain(value or "")),
    Column("session", "session", only_csv=True),
]
STYLES = {
    Knowledge.FINISHED: "",
    Knowledge.IN_PROGRESS: "warn",
    Knowledge.STARTED_NOT_CONFIRMED: "bad",
    Knowledge.NEVER_RECEIVED: "warn",
}
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
    verb(group, common, "list", list_commands, "List the last commands that the board remembers.")


def _row(state: CommandState) -> dict[str, object]:
    row = asdict(state)
    row["knowledge"] = state.knowledge.value
    row["stage"] = state.stage.value if state.stage else None
    style = STYLES[state.knowledge]
    if state.stage in (Stage.REJECTED, Stage.FAILED):
        style = "bad"
    return row | {"style": style}


def status(app: App) -> Status:
    """xmg cmd status ID"""
    with app.connect() as client:
        state = client.command_state(app.args.id)
    app.out.rows(COLUMNS, [_row(state)])
    if state.knowledge is Knowledge.NEVER_RECEIVED:
        app.out.note(NEVER_RECEIVED)
        return Status.NO_LINK
    if state.knowledge is Knowledge.FINISHED and state.stage in RESULTS:
        return RESULTS[state.stage]
    return Status.UNKNOWN


def list_commands(app: App) -> Status:
    """xmg cmd list"""
    with app.connect() as client:
        app.out.rows(COLUMNS, [_row(state) for state in client.command_states()])
    return Status.DONE
