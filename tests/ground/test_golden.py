"""Golden transcripts: what an operator sees of every command, in every format, byte for byte.

A transcript holds the command line, stdout, stderr and the exit status. After a wanted change,
write them again with XMG_UPDATE_GOLDEN=1 tests/ground/run.sh -k golden, and read the difference
before committing it.
"""

import argparse
import csv
import io
import json
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import GOLDEN, Result, ServedDaemon, compare, same_every_time
from fake_board import FakeBoard, Served
from golden_cases import (
    ALL_CASES,
    CASES,
    EVERY_FORMAT,
    NO_DATA,
    NOT_IN_FORMAT,
    SERVED_CASES,
    Case,
    PrepareServer,
    commanded,
    content,
)
from test_archive_commands import ALL_CASES as ARCHIVE_CASES

from xmground import cli, keys, manual, render, session
from xmground.framing import Frame, FrameType, encode_uart
from xmground.render import FORMATS

Xmg = Callable[..., Result]


def ids(cases: list[Case]) -> list[str]:
    """Names of cases, for pytest."""
    return [case[0] for case in cases]


@pytest.fixture
def transcript(
    board: FakeBoard,
    served: Served,
    xmg: Xmg,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., str]:
    """Gives the transcript of a case, on the board itself or through a daemon."""

    def made(case: Case, through_daemon: bool = False) -> str:
        name, prepare, line = case
        if prepare:
            prepare(board)
        if name == "key-of-another-board":
            served.greeting = encode_uart(Frame(FrameType.BEACON, b"", 1, 0x1234, 7, mac=bytes(16)))
        if name == "key-but-board-without":  # the first Hello goes unanswered
            monkeypatch.setattr(session, "FIRST_RETRY_S", 0.2)
        same_every_time(monkeypatch)
        # Relative names: the columns of a table are as wide as what stands in them.
        monkeypatch.chdir(tmp_path)
        key_file = Path("KEYFILE")
        keys.create(key_file, 7)
        words = shlex.split(line)
        if through_daemon:
            known = keys.load(key_file).keys if "--key KEYFILE" in line else ()
            if known:  # it is the daemon's, and not named here
                del words[words.index("--key") : words.index("--key") + 2]
            with ServedDaemon(served.url, tmp_path / "socket", known) as daemon:
                result = xmg(*words, link=daemon.link)
        else:
            result = xmg(*words)
        return result.transcript(line)

    return made


@pytest.mark.parametrize("case", ALL_CASES, ids=ids(ALL_CASES))
def test_golden(case: Case, transcript: Callable[..., str]) -> None:
    compare(transcript(case), case[0])


# The doctor tells which way it goes to the board, and whose the key is. Of the formats that are not
# listed by hand json is enough: it has all values, and what comes after is the same for both ways.
BY_HAND = {case[0] for case in CASES}
DAEMON_CASES = [
    case
    for case in ALL_CASES
    if not case[0].startswith("doctor") and (case[0] in BY_HAND or case[0].endswith("-json"))
]


@pytest.mark.parametrize("case", DAEMON_CASES, ids=ids(DAEMON_CASES))
def test_golden_through_the_daemon(case: Case, transcript: Callable[..., str]) -> None:
    """Through the daemon an operator sees the same, whatever the command."""
    seen = transcript(case, through_daemon=True)
    assert seen == (GOLDEN / f"{case[0]}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name, prepare, line", SERVED_CASES, ids=[case[0] for case in SERVED_CASES]
)
def test_golden_of_the_daemon(
    name: str,
    prepare: PrepareServer,
    line: str,
    served: Served,
    xmg: Xmg,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What only a daemon can do, or does otherwise."""
    same_every_time(monkeypatch)
    monkeypatch.setenv("XMG_HOLDER", "bob@ops")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XMG_SOCKET", "SOCKET")
    keys.create(Path("KEYFILE"), 7)
    http = "127.0.0.1:0" if line.startswith("web") else None
    with ServedDaemon(served.url, Path("SOCKET"), http=http) as daemon:
        daemon.server.lease._now = lambda: 100.0
        if prepare:
            prepare(daemon.server)
        seen = xmg(*shlex.split(line), named=False).transcript(line)
    seen = re.sub(r"http://127\.0\.0\.1:\d+", "http://HOST:PORT", seen)
    seen = re.sub(rf"(?<=process  )\d+|\b{os.getpid()}\b", "PID", seen)
    compare(seen, name)


def flat(value: object, prefix: str = "") -> set[str]:
    """Names of all values in a json document; lists of rows are looked into."""
    if isinstance(value, dict):
        return set().union(*(flat(item, f"{prefix}.{key}") for key, item in value.items()))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return set().union(*(flat(item, prefix) for item in value))
    return {prefix.removeprefix(".").removeprefix("stages.").removeprefix("rows.")}


@pytest.mark.parametrize(
    "line",
    [
        "part list",
        "part show P1",
        "part halt P1 --yes",
        "part reset P1 --yes",
        "plan list",
        "plan show safe",
        "plan switch safe --yes",
        "plan switch safe --no-wait --yes",
        "hm read",
        "trace read P1",
        "console read P1",
        "book list",
        "port list",
        "port show P1 packets",
        "mem list",
        "mem dump P1 0x40200000 20",
        "mem check P1 0x40200000 20",
        "sys status",
        "sys reset --warm --yes",
        "ping",
        "hello",
        "cmd list",
        "key show KEYFILE",
    ],
)
def test_all_formats_carry_the_same_fields(
    line: str, board: FakeBoard, xmg: Callable[..., Result], key_file: Path
) -> None:
    line = line.replace("KEYFILE", str(key_file))

    def told(fmt: str) -> str:
        return xmg(*line.split(), "--format", fmt).out

    content(board)
    commanded(board)
    known = flat(json.loads(told("json")))
    board.plan, board.previous = 0, -1
    lines = [json.loads(text) for text in told("jsonl").splitlines()]
    assert flat(lines) - {"kind"} == known - {"kind"}
    board.plan, board.previous = 0, -1
    table = list(csv.reader(io.StringIO(told("csv"))))
    inner = {key for key in known if key.startswith("predicted.")}  # rows in one cell
    assert known - inner <= set(table[0]) and bool(inner) == ("predicted" in table[0])
    assert all(len(row) == len(table[0]) for row in table)
    assert not any(cell in ("True", "False") or "{" in cell for row in table for cell in row)


def test_golden_status_as_csv_tells_what_json_tells() -> None:
    json_text = (GOLDEN / "serve-status-json.txt").read_text(encoding="utf-8")
    known = json.loads(json_text.partition("\n")[2].partition("--- ")[0].replace("PID", "1"))
    heading = (GOLDEN / "serve-status-csv.txt").read_text(encoding="utf-8").splitlines()[1]
    columns = heading.split(",")  # what is not there may have columns for its parts
    missing = set(render.flat(known)) - set(columns)
    assert [key for key in missing if not any(c.startswith(f"{key}.") for c in columns)] == []


def test_golden_no_transcript_is_left_over() -> None:
    known = ids(ALL_CASES) + [case[0] for case in SERVED_CASES]
    assert len(known) == len(set(known))
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(known)
    archive = {file.stem for file in (GOLDEN / "archive").glob("*.txt")}
    assert archive == {name for name, _ in ARCHIVE_CASES}


def leaf_commands(parser: argparse.ArgumentParser) -> list[str]:
    """All commands, such as `xmg part list`; parsed arguments then say theirs as `leaf`."""
    found = []
    for prog, sub in manual.subparsers(parser):
        if sub.get_default("run"):
            sub.set_defaults(leaf=prog)
            found.append(prog)
    return found


def test_golden_every_command_has_a_transcript_in_every_format() -> None:
    parser = cli.build_parser()
    leaves = leaf_commands(parser)
    told: set[tuple[str, str]] = set()
    lines = [(GOLDEN / f"{name}.txt", line) for name, _, line in [*ALL_CASES, *SERVED_CASES]]
    lines += [(GOLDEN / "archive" / f"{name}.txt", line) for name, line in ARCHIVE_CASES]
    for file, line in lines:
        _, _, seen = file.read_text(encoding="utf-8").partition("\n")
        out, _, _ = seen.partition("--- ")
        status = int(seen.rpartition("--- status ")[2])
        if out and status in (0, 1, 7) and "--help" not in line:
            args = parser.parse_args(shlex.split(line))
            told.add((args.leaf, getattr(args, "format", "table")))
    assert set(NO_DATA) <= set(leaves)
    wanted = {(leaf, fmt) for leaf in leaves if leaf not in NO_DATA for fmt in FORMATS}
    wanted -= set(NOT_IN_FORMAT)
    assert sorted(wanted - told) == []


def test_golden_commands_without_data_have_a_transcript() -> None:
    lines = [f"xmg {case[2]} " for case in CASES] + [f"xmg {line} " for _, line in ARCHIVE_CASES]
    assert [leaf for leaf in NO_DATA if not any(f"{leaf} " in line for line in lines)] == []


def test_golden_names_of_all_formats_are_cases() -> None:
    assert set(EVERY_FORMAT) <= {case[0] for case in CASES}
