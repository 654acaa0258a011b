"""Golden transcripts of following a log: what is added, silence, a reset, and how it ends."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from conftest import GOLDEN, LoopTransport, Result, compare, same_every_time
from fake_board import FakeBoard

from xmground.commands import common
from xmground.render import FORMATS

Xmg = Callable[..., Result]
Step = Callable[[FakeBoard], None]


def more(board: FakeBoard) -> None:
    board.fill_hm(1)
    board.print(1, b"P1: more\n")


def silent(board: FakeBoard) -> None:
    board.faults.silent = True


def heard(board: FakeBoard) -> None:
    board.faults.silent = False
    more(board)


def overrun(board: FakeBoard) -> None:
    """More came than the log holds."""
    for log in board.logs.values():
        log.capacity = 2 * log.unit if log.unit == 1 else 2
    for _ in range(4):
        more(board)


def reset(board: FakeBoard) -> None:
    board.reboot(keep_logs=False)
    more(board)


def interrupt(board: FakeBoard) -> None:
    raise KeyboardInterrupt


STORIES: dict[str, list[Step]] = {
    "interrupted": [more, interrupt],
    "silence": [silent, heard, interrupt],
    "overrun": [overrun, interrupt],
    "reset": [reset, interrupt],
}
CASES = [
    (f"{name}-{story}{'' if fmt == 'table' else '-' + fmt}", story, f"{line} --format {fmt}")
    for story in STORIES
    for name, line in (("hm", "hm read --follow"), ("console", "console follow P1"))
    for fmt in FORMATS
    if fmt != "json"  # a list that never ends: as jsonl
]


@pytest.mark.parametrize("name, story, line", CASES, ids=[case[0] for case in CASES])
def test_golden_follow(
    name: str,
    story: str,
    line: str,
    board: FakeBoard,
    xmg: Xmg,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    same_every_time(monkeypatch)
    more(board)
    steps = list(STORIES[story])
    pauses = SimpleNamespace(sleep=lambda seconds: steps.pop(0)(board))
    monkeypatch.setattr(common, "time", pauses)
    loop = LoopTransport(board)  # what comes is there at once, however busy the machine
    monkeypatch.setattr("xmground.transport.open_link", lambda link, timeout_s: loop)
    result = xmg(*line.split(), "--timeout", "0.3")
    assert result.status == 130 and not steps
    compare(result.transcript(line), f"follow/{name}")


def test_golden_no_transcript_of_following_is_left_over() -> None:
    assert {file.stem for file in (GOLDEN / "follow").glob("*.txt")} == {c[0] for c in CASES}
