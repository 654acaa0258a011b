"""Golden transcripts of what goes wrong: each exit code, for every command that can end with it."""

import os
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from conftest import GOLDEN, LoopTransport, Result, compare, same_every_time
from fake_board import FakeBoard, Served

from xmground import cli, manual, requester, session
from xmground._generated import supervisor_pb2 as pb
from xmground.client import Client
from xmground.status import Status
from xmground.transport.lock import LinkLock

Xmg = Callable[..., Result]
LIMIT_S = 30.0

# Commands that change the board.
ACTIONS = {
    "part suspend": "part suspend P1 --yes",
    "part resume": "part resume payload --yes",
    "part halt": "part halt P1 --yes",
    "part shutdown": "part shutdown P1 --yes",
    "part reset": "part reset P1 --yes",
    "plan switch": "plan switch safe --yes",
    "sys reset": "sys reset --cold --yes",
    "sys halt": "sys halt --yes",
}
# All that talk to the board.
LINES = ACTIONS | {
    "part list": "part list",
    "part show": "part show P1",
    "plan list": "plan list",
    "plan show": "plan show",
    "plan check": "plan check safe",
    "hm read": "hm read",
    "trace read": "trace read P1",
    "console read": "console read P1",
    "console follow": "console follow P1",
    "book list": "book list",
    "port list": "port list",
    "port show": "port show P1 packets",
    "mem list": "mem list",
    "mem dump": "mem dump P1 0x40200000 16",
    "mem check": "mem check P1 0x40200000 16",
    "cmd status": "cmd status 7",
    "cmd list": "cmd list",
    "link status": "link status",
    "link sniff": "link sniff --ping --count 1",
    "archive collect": "archive collect --capture=",
    "sys status": "sys status",
    "ping": "ping",
    "hello": "hello",
}
# What becomes of the whole system is seen from outside: a new boot id, or silence.
UNPROVEN = {verb: line for verb, line in ACTIONS.items() if not verb.startswith("sys")}
# Sniffing shows what comes, whatever it is.
ANSWERED = {verb: line for verb, line in LINES.items() if verb != "link sniff"}
# All others do not ask the board, or not by themselves.
WITHOUT_BOARD = """
archive list, archive show, archive query, archive gaps, archive export, archive check,
archive migrate, archive prune, archive captures, replay, serve, serve status, web, lease show,
lease take, lease release, key new, key show, report, sim, sim fault, doctor, completion
"""


def refuse(stage: int, code: int, detail: str) -> Callable[[FakeBoard], None]:
    def prepare(board: FakeBoard) -> None:
        board.faults.refuse = (stage, pb.DOMAIN_SUPERVISOR, code, detail)

    return prepare


def no_effect(board: FakeBoard) -> None:
    """Taken and begun, and then nothing more is heard of it."""
    board.faults.last_stage = pb.STAGE_STARTED
    board.faults.ignore_reset = True


def other_key_id(board: FakeBoard) -> None:
    board.faults.key_id = 1


def newer(board: FakeBoard) -> None:
    board.faults.major = 0xC


CASES = [
    (status, verb, line, prepare)
    for status, lines, prepare in (
        (Status.FAILED, ACTIONS, refuse(pb.STAGE_FAILED, pb.STATUS_TIMEOUT, "not seen")),
        (Status.NO_LINK, LINES, None),
        (Status.REJECTED, ACTIONS, refuse(pb.STAGE_REJECTED, pb.STATUS_BUSY, "another command")),
        (Status.AUTHENTICATION, ANSWERED, other_key_id),
        (Status.UNKNOWN, UNPROVEN, no_effect),
        (Status.VERSION, ANSWERED, newer),
        (Status.OCCUPIED, LINES, None),
        (Status.INTERRUPTED, LINES, None),
    )
    for verb, line in lines.items()
]


def name_of(status: Status, verb: str) -> str:
    return f"{verb.replace(' ', '-')}-{int(status)}"


@pytest.mark.parametrize(
    "status, verb, line, prepare", CASES, ids=[name_of(case[0], case[1]) for case in CASES]
)
def test_golden_errors(
    status: Status,
    verb: str,
    line: str,
    prepare: Callable[[FakeBoard], None] | None,
    board: FakeBoard,
    served: Served,
    xmg: Xmg,
    tmp_path: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    same_every_time(monkeypatch)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(requester, "COMPLETION_S", 0.2)
    # Quick where nothing comes; elsewhere a busy machine must not make the console ask twice.
    waits = (Status.UNKNOWN, Status.AUTHENTICATION, Status.VERSION)
    monkeypatch.setattr(session, "FIRST_RETRY_S", 0.1 if status in waits else LIMIT_S)
    if prepare:
        prepare(board)
    with ExitStack() as stack:
        if status is Status.OCCUPIED:
            stack.callback(LinkLock(served.url).release)
        if status is Status.INTERRUPTED:
            monkeypatch.setattr(Client, "__enter__", interrupted)
        link = "tcp:127.0.0.1:1" if status is Status.NO_LINK else None
        timeout: list[str] = []
        if status in waits:  # for what has come already, however busy the machine
            timeout = ["--timeout", "0.1"]
            loop = LoopTransport(board)
            monkeypatch.setattr("xmground.transport.open_link", lambda link, timeout_s: loop)
        result = xmg(*line.split(), *timeout, link=link)
    assert result.status == status, result.err
    seen = result.transcript(line).replace(str(tmp_path), "DATA")
    seen = seen.replace(f"(process {os.getpid()})", "(process PID)")
    compare(seen, f"errors/{name_of(status, verb)}")


def interrupted(client: Client) -> Client:
    raise KeyboardInterrupt


def test_golden_every_command_that_asks_the_board_is_here() -> None:
    parser = cli.build_parser()
    leaves = {
        prog.removeprefix("xmg ")
        for prog, sub in manual.subparsers(parser)
        if sub.get_default("run")
    }
    others = {" ".join(words.split()) for words in WITHOUT_BOARD.split(",")}
    assert leaves == set(LINES) | others and not set(LINES) & others


def test_golden_no_transcript_of_an_error_is_left_over() -> None:
    found = {file.stem for file in (GOLDEN / "errors").glob("*.txt")}
    assert found == {name_of(case[0], case[1]) for case in CASES}
