"""Campaign C16 on the archive: whatever happens while it is filled, it stays intact, holds what was
committed, and the next reading goes on without loss or repetition."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import GROUND_TIME_US, Result, loop_client
from fake_board import FakeBoard, Served

from xmground.archive import Archive
from xmground.archive.collect import Collector, Report
from xmground.capture import Captured, read_capture
from xmground.records import HmRecord, Item, decode_hm
from xmground.rows import Labels
from xmground.status import Status

Xmg = Callable[..., Result]
XMG = Path(__file__).resolve().parents[2] / "ground-tools" / "xmg"
RECORDS = 300
TEXT = b"".join(b"line %d of the console\n" % n for n in range(300))
RUN_S = 120


def fill(board: FakeBoard) -> None:
    """A board with more than one transaction's worth in each book."""
    board.fill_hm(RECORDS)
    board.fill_trace(1, RECORDS)
    board.print(1, TEXT)


def start(served: Served, folder: Path, limit_bytes: int = 0) -> subprocess.Popen[bytes]:
    """xmg archive collect as a process of its own; limit_bytes: of each file that it writes."""

    def limited() -> None:
        if limit_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    environ = os.environ | {
        "XMG_LINK": served.url,
        "XMG_ARCHIVE": str(folder / "archive.db"),
        "XMG_CAPTURE": str(folder / "capture"),
    }
    return subprocess.Popen(
        [sys.executable, str(XMG), "archive", "collect", "--format", "jsonl"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limited,
    )


def assert_whole(folder: Path) -> None:
    """All that the board has is filed, once, and nothing else."""
    with Archive.open(str(folder / "archive.db")) as archive:
        assert archive.check() == []
        for book, source in (("hm", 0), ("trace", 1)):
            rows = list(archive.query([book], source=source, order="number"))
            assert [(row["kind"], row["seq"]) for row in rows] == [
                ("record", seq) for seq in range(1, RECORDS + 1)
            ]
        text = "".join(str(row["text"]) for row in archive.query(["console"], order="number"))
        assert text == TEXT.decode()
        assert all(row["conflicts"] == 0 for row in archive.contents())


def assert_sound(folder: Path) -> None:
    """What is filed so far is intact."""
    if (folder / "archive.db").exists():
        connection = sqlite3.connect(folder / "archive.db")
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


def test_killed_again_and_again(board: FakeBoard, served: Served, tmp_path: Path) -> None:
    """At random frames; the last one that is killed has filed nearly all."""
    fill(board)
    chance = random.Random(16)
    child: list[subprocess.Popen[bytes]] = []
    left = [0]

    def kill_some_time(kind: str, message: object) -> str:
        left[0] -= 1
        if left[0] == 0:
            os.kill(child[-1].pid, signal.SIGKILL)
        return ""

    board.faults.tx = kill_some_time
    for _ in range(10):
        left[0] = chance.randrange(8, 90)
        child.append(start(served, tmp_path))
        child[-1].communicate(timeout=RUN_S)
        assert_sound(tmp_path)
    assert any(process.returncode == -signal.SIGKILL for process in child)
    left[0] = 0
    child.append(start(served, tmp_path))
    _, err = child[-1].communicate(timeout=RUN_S)
    assert child[-1].returncode == 0, err.decode()
    assert_whole(tmp_path)
    for path in (tmp_path / "capture").glob("*.xmcap"):
        _, found = read_capture(path)
        assert all(isinstance(record, Captured) for record in found[:-1])


@pytest.mark.parametrize("limit_bytes", [60 << 10, 120 << 10, 200 << 10])
def test_full_disk(board: FakeBoard, served: Served, tmp_path: Path, limit_bytes: int) -> None:
    fill(board)
    child = start(served, tmp_path, limit_bytes)
    _, err = child.communicate(timeout=RUN_S)
    assert child.returncode == Status.FAILED
    assert "free some space" in err.decode() and "Traceback" not in err.decode()
    assert_sound(tmp_path)
    child = start(served, tmp_path)
    _, err = child.communicate(timeout=RUN_S)
    assert child.returncode == 0, err.decode()
    assert_whole(tmp_path)


def test_full_disk_ends_the_raw_capture_alone(
    board: FakeBoard, xmg: Xmg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(board)
    monkeypatch.setenv("XMG_ARCHIVE", str(tmp_path / "archive.db"))
    (tmp_path / "capture").touch()
    result = xmg("archive", "collect", "--capture", str(tmp_path / "capture"))
    assert result.status == Status.DONE and result.err.count("raw capture") == 1
    assert_whole(tmp_path)


def test_locked_archive(
    board: FakeBoard, xmg: Xmg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(board)
    monkeypatch.setenv("XMG_ARCHIVE", str(tmp_path / "archive.db"))
    monkeypatch.setattr("xmground.archive.database.LOCK_WAIT_S", 0.05)
    Archive.open(str(tmp_path / "archive.db")).close()
    holder = sqlite3.connect(tmp_path / "archive.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    result = xmg("archive", "collect", "--capture", "")
    assert result.status == Status.FAILED and "has kept it locked" in result.err
    reset = xmg("part", "reset", "P1", "--yes")  # the board's business goes on
    assert reset.status == Status.DONE and "were not filed" in reset.err
    holder.execute("ROLLBACK")
    holder.close()
    assert xmg("archive", "collect", "--capture", "").status == Status.DONE
    assert_whole(tmp_path)


class Broken(Exception):
    """A fault planted in the middle of a transaction."""


def test_an_error_in_the_middle_of_filing_leaves_nothing_of_it(
    board: FakeBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.fill_hm(20)
    calls = 0

    def fails(item: Item) -> HmRecord:
        nonlocal calls
        calls += 1
        if calls == 10:
            raise Broken
        return decode_hm(item)

    with Archive.open(str(tmp_path / "archive.db")) as archive:
        collector = Collector(loop_client(board), archive, "demo", Labels())
        monkeypatch.setattr("xmground.rows.decode_hm", fails)
        with pytest.raises(Broken):
            collector.turn()
        monkeypatch.undo()
        assert list(archive.query()) == []
        assert collector.turn().filed.added == 20


def test_the_link_breaks_in_the_middle(
    board: FakeBoard, xmg: Xmg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(board)
    monkeypatch.setenv("XMG_ARCHIVE", str(tmp_path / "archive.db"))
    chunks = [0]

    def silent_after(kind: str, message: object) -> str:
        chunks[0] += kind == "chunk"
        board.faults.silent = chunks[0] >= 30
        return ""

    board.faults.tx = silent_after
    result = xmg("archive", "collect", "--capture", "", "--timeout", "0.3")
    assert result.status in (Status.NO_LINK, Status.INCOMPLETE)
    board.faults.tx, board.faults.silent = (lambda kind, message: ""), False
    assert xmg("archive", "collect", "--capture", "").status == Status.DONE
    assert_whole(tmp_path)


@pytest.mark.parametrize("step_us", [3_600_000_000, -3_600_000_000])
def test_the_ground_clock_is_stepped(board: FakeBoard, tmp_path: Path, step_us: int) -> None:
    fill(board)
    now = [GROUND_TIME_US]

    def clock() -> int:
        now[0] += 1000
        return now[0]

    for turn in range(3):
        client = loop_client(board)
        client._clock_us = clock
        with Archive.open(str(tmp_path / "archive.db")) as archive:
            Collector(client, archive, "demo", Labels()).turn()
        now[0] += step_us if turn == 0 else 0
    assert_whole(tmp_path)


@pytest.mark.parametrize("step_us", [3_600_000_000, -3_600_000_000])
def test_the_clock_is_stepped_in_the_middle_of_a_round_trip(
    board: FakeBoard, tmp_path: Path, step_us: int
) -> None:
    """Such a round trip tells nothing; taken for one of an hour it would hide the step."""
    now = [GROUND_TIME_US]
    asked = [0]

    def clock() -> int:
        asked[0] += 1
        if asked[0] == 10:  # of some twenty
            now[0] += step_us
        now[0] += 1000
        return now[0]

    client = loop_client(board)
    client._clock_us = clock
    with Archive.open(str(tmp_path / "archive.db")) as archive:
        collector = Collector(client, archive, "demo", Labels())
        for _ in range(4):
            collector.sample_clock()
        assert asked[0] > 20
        utc_us, error_us = archive.utc("demo")(board.boot_id, board.now_us)
        assert utc_us is not None and error_us is not None and error_us < 1_000_000
        assert abs(utc_us - now[0]) < 60_000_000
    samples = client.clock_samples(board.boot_id)
    assert samples and all(0 <= sample.rtt_us < 1_000_000 for sample in samples)


def test_two_collect_at_once(board: FakeBoard, tmp_path: Path) -> None:
    """Two stations that hear the same board; each turn of one comes between two of the other."""
    fill(board)
    path = str(tmp_path / "archive.db")
    with Archive.open(path) as one, Archive.open(path) as other:
        first = Collector(loop_client(board), one, "demo", Labels())
        second = Collector(loop_client(board), other, "demo", Labels())
        for state in loop_client(board).books():
            for collector in (first, second):
                report = Report()
                collector.collect(state, report)
                assert report.filed.conflicts == []
    assert_whole(tmp_path)
