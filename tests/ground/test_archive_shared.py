"""Several stations that file into one archive what they hear of the same board: nothing twice, no
conflict, no gap that is none, whatever moment of one's work the other's falls into."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import LoopTransport, loop_client
from fake_board import FakeBoard
from test_archive import LABELS

from xmground.archive import Archive, schema
from xmground.archive.collect import Collector, Report
from xmground.client import Client
from xmground.session import Session


class Interrupted:
    """An archive; before one of the calls to it something else happens."""

    def __init__(self, archive: Archive, at: int, act: Callable[[], None]) -> None:
        self._archive, self._left, self._act = archive, at, act
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._archive, name)
        if name not in ("log_state", "holes", "add_items", "add_clock"):
            return found

        def call(*args: Any, **named: Any) -> Any:
            if self.calls == self._left:
                self._act()
            self.calls += 1
            return found(*args, **named)

        return call


def numbers(archive: Archive, book: str) -> list[int]:
    """Of the rows and gaps of a log."""
    return [int(str(row["seq"])) for row in archive.query([book], order="number")]


def text(archive: Archive) -> str:
    """What is filed of the console."""
    rows = archive.query(["console"], order="number")
    return "".join(str(row.get("text", "[gap]")) for row in rows)


def go_on(board: FakeBoard) -> None:
    """More of everything; a line of text is completed."""
    board.fill_hm(3)
    board.print(1, b"re\nmo")


def begin_anew(board: FakeBoard) -> None:
    """A start with empty logs."""
    board.reboot(keep_logs=False)
    board.fill_hm(2)
    board.print(1, b"anew\n")


def restart(board: FakeBoard) -> None:
    """A start that keeps the logs."""
    board.reboot()
    board.fill_hm(2)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("what", [go_on, restart, begin_anew])
def test_a_turn_of_one_in_the_middle_of_the_others(
    what: Callable[[FakeBoard], None], database: str
) -> None:
    """At each call to the archive; the board has something new just then."""
    at = calls = 0
    with Archive.open(database) as one, Archive.open(database) as other:
        while at <= calls:
            name = f"{what.__name__}{at}"
            board = FakeBoard()
            board.fill_hm(3)
            board.print(1, b"one\nmo")
            first = Collector(loop_client(board), one, name, LABELS)
            told = [first.turn()]
            board.fill_hm(2)
            before = board.logs[1, 0].next - 1

            def act() -> None:
                what(board)
                told.append(first.turn())

            interrupted: Any = Interrupted(other, at, act)
            second = Collector(loop_client(board), interrupted, name, LABELS)
            told.append(second.turn())
            calls, at = interrupted.calls, at + 1
            told += [station.turn() for station in (first, second, first)]
            assert_sound(one, name, board, before, what, told)
    assert calls >= 10
    with Archive.open(database) as archive:
        assert archive.check() == []


def assert_sound(
    archive: Archive,
    target: str,
    board: FakeBoard,
    before: int,
    what: Callable[[FakeBoard], None],
    told: list[Report],
) -> None:
    """Everything once, and one gap where the board lost its logs. before: the last record of HM
    until then, which only who was quick could still read."""
    lost = what is begin_anew
    assert [conflict for report in told for conflict in report.filed.conflicts] == [], target
    rows = list(archive.query(["hm"], order="number", target=target))
    kinds = [(row["kind"], int(str(row["seq"]))) for row in rows]
    new = [("record", seq) for seq in range(1, board.logs[1, 0].next)]
    if lost:
        read = [("record", seq) for seq in range(1, before + 1)]
        expected = [[*read[:kept], ("gap", kept + 1), *new] for kept in (3, before)]
    else:
        expected = [new]
    assert kinds in expected, target
    printed = archive.query(["console"], order="number", target=target)
    words = "".join(str(row.get("text", "[gap]")) for row in printed)
    assert words == {"go_on": "one\nmore\nmo", "restart": "one\nmo[gap]"}.get(
        what.__name__, "one\nmo[gap]anew\n"
    ), target
    assert told[-1].filed.added == 0 and told[-1].gaps == [], target


class SharedTransport(LoopTransport):
    """A link to a board that has another one, in another thread."""

    lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """See Transport."""
        with self.lock:
            super().write(data)


def test_two_stations_collect_at_the_same_time(database: str) -> None:
    """In two threads, with a connection each, while the board goes on."""
    board = FakeBoard()
    errors: list[BaseException] = []
    reports: list[Report] = []
    turns = 12
    meet = threading.Barrier(2)

    def station(archive: Archive) -> None:
        try:
            client = Client(Session(lambda _: SharedTransport(board), first_retry_s=1.0), 5.0)
            with client:
                collector = Collector(client, archive, "demo", LABELS)
                for _ in range(turns):
                    if meet.wait(60) == 0:
                        with SharedTransport.lock:
                            board.fill_hm(7)
                            board.fill_trace(1, 5)
                            board.print(1, b"a line, and\nhalf of one ")
                    reports.append(collector.turn())
        except BaseException as error:
            errors.append(error)
            meet.abort()

    with Archive.open(database) as one, Archive.open(database) as other:
        threads = [threading.Thread(target=station, args=(archive,)) for archive in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert errors == []
    assert [text for report in reports for text in report.gaps + report.filed.conflicts] == []
    with Archive.open(database) as archive:
        assert Collector(loop_client(board), archive, "demo", LABELS).turn().filed.conflicts == []
        assert numbers(archive, "hm") == list(range(1, turns * 7 + 1))
        assert numbers(archive, "trace") == list(range(1, turns * 5 + 1))
        assert text(archive) == "a line, and\nhalf of one " * turns
        assert archive.check() == [] and all(row["eras"] == 1 for row in archive.contents())


def test_two_stations_make_the_archive_at_the_same_time(database: str) -> None:
    """In two processes: who comes second finds it made."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from xmground.archive import Archive\n"
        "with Archive.open(sys.argv[2]) as archive: print(archive.revision())\n"
    )
    folder = Path(__file__).resolve().parents[2] / "ground-tools"
    stations = [
        subprocess.Popen(
            [sys.executable, "-c", program, folder, database],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"XM_BUILD": str(Path(os.environ["XM_BUILD"]).resolve())},
        )
        for _ in range(3)
    ]
    for station in stations:
        out, err = station.communicate(timeout=120)
        assert (out.strip(), station.returncode) == (schema.REVISION, 0), err
