"""capture.py, sources.py: raw bytes in files that survive what kills the program; pcapng."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import GROUND_TIME_US, LoopTransport, Result
from fake_board import HYPERVISOR, FakeBoard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xmground.capture import (
    Captured,
    CaptureWriter,
    CapturingTransport,
    DAY_US,
    Damage,
    Keep,
    Missed,
    frames_of,
    read_capture,
)
from xmground.client import Client
from xmground.clock import Clock
from xmground.errors import UsageError
from xmground.framing import Frame
from xmground.logs import LogReader
from xmground.memory import read_memory
from xmground.model import Book
from xmground.session import Session
from xmground.status import Status
from xmground.sources import CaptureLogs

Xmg = Callable[..., Result]
NOW = GROUND_TIME_US


def writer(folder: Path, **options: object) -> CaptureWriter:
    """A writer whose clock counts its records."""
    ticks = iter(range(NOW, NOW + 10**9, 1000))
    return CaptureWriter(folder, "tcp:a:1", lambda: next(ticks), **options)  # type: ignore[arg-type]


class StillClock(Clock):
    """A clock that tests move."""

    at = 100.0

    def now(self) -> float:
        """See Clock."""
        return self.at


def the_file(folder: Path) -> Path:
    """The only capture of a folder."""
    (path,) = folder.glob("*.xmcap")
    return path


RECORDS = st.lists(st.tuples(st.integers(0, 1), st.binary(min_size=1, max_size=40)), max_size=8)


@given(RECORDS)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[int, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("capture")
    made = writer(folder)
    for direction, data in [(0, b"x"), *records]:
        made.write(direction, data, False)
    made.close()
    link, found = read_capture(the_file(folder))
    assert link == "tcp:a:1"
    assert [(r.direction, r.data) for r in found if isinstance(r, Captured)] == [
        (0, b"x"),
        *records,
    ]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(cut=st.integers(0, 400))
def test_a_torn_end_is_skipped_and_told(tmp_path: Path, cut: int) -> None:
    folder = tmp_path / str(cut)
    made = writer(folder)
    for number in range(5):
        made.write(number % 2, bytes([number]) * 20, False)
    made.close()
    path = the_file(folder)
    data = path.read_bytes()
    start = data.find(b"\n", data.find(b"\n") + 1) + 1
    path.write_bytes(data[: max(start, len(data) - cut)])
    left = path.read_bytes()
    _, found = read_capture(path)
    good = [record for record in found if isinstance(record, Captured)]
    damage = [record for record in found if isinstance(record, Damage)]
    assert [record.data for record in good] == [bytes([n]) * 20 for n in range(len(good))]
    assert all(part.offset + part.length == len(left) for part in damage)
    whole = 16 + 20 + 4
    assert len(good) == (len(left) - start) // whole
    assert len(damage) == ((len(left) - start) % whole > 0)
    shutil.rmtree(folder)


def test_damage_in_the_middle_loses_only_that(tmp_path: Path) -> None:
    made = writer(tmp_path)
    for data in (b"first", b"second", b"third"):
        made.write(0, data, False)
    made.close()
    path = the_file(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"second", b"sXCond"))
    _, found = read_capture(path)
    assert [getattr(record, "data", None) for record in found] == [b"first", None, b"third"]


def test_files_rotate_and_the_oldest_go(tmp_path: Path) -> None:
    began: list[tuple[Path, int]] = []
    keep = Keep(file_bytes=200, kept_bytes=700)
    made = writer(tmp_path, keep=keep, on_file=began.append)
    for number in range(40):
        made.write(0, bytes([number]) * 50, False)
    made.close()
    files = sorted(tmp_path.glob("*.xmcap"))
    assert len(began) > len(files) >= 2 and files[-1] == began[-1][0]
    assert sum(path.stat().st_size for path in files) <= 700 + 200
    last = read_capture(files[-1])[1][-1]
    assert isinstance(last, Captured) and last.data == bytes([39]) * 50


def test_a_disk_that_refuses_is_told_once_and_the_link_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told: list[str] = []
    made = writer(tmp_path / "file", on_error=told.append)
    board = FakeBoard()
    client = Client(Session(lambda _: CapturingTransport(LoopTransport(board), made)), 1.0)
    with client:
        assert client.ping() and client.ping()
    assert len(told) == 1 and "the link goes on" in told[0] and "--capture" in told[0]
    assert made.state.errors == 1 and made.state.missed_bytes > 0 == made.state.bytes


def test_what_a_full_disk_refused_is_counted_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record that found no room ends its file; later files say how much is missing."""
    clock = StillClock()
    told: list[str] = []
    mended: list[str] = []
    made = writer(tmp_path, on_error=told.append, on_mended=mended.append, clock=clock)
    made.write(0, b"first", False)
    room = [10]  # bytes
    real = os.write

    def small(file: int, data: bytes) -> int:
        took = real(file, data[: room[0]])
        room[0] -= took
        return took

    monkeypatch.setattr("xmground.capture.os.write", small)
    made.write(0, b"torn!", False)
    clock.at += 1
    made.write(0, b"not tried", False)
    clock.at += 100
    made.write(0, b"refused", False)
    assert len(told) == 1 and made.state.errors == 2 and made.state.missed_bytes == 5 + 9 + 7
    monkeypatch.undo()
    made.write(0, b"too early", False)
    clock.at += 100
    assert not mended
    made.write(0, b"last", False)
    made.close()
    assert made.state.error is None and made.state.bytes == 9
    assert mended == [
        f"raw capture in {tmp_path}: the disk takes it again: {5 + 9 + 7 + 9} bytes of the link are "
        "missing"
    ]
    one, two = sorted(tmp_path.glob("*.xmcap"))
    first, torn = read_capture(one)[1]
    assert getattr(first, "data", b"") == b"first" and isinstance(torn, Damage)
    missed, last = read_capture(two)[1]
    assert missed == Missed(5 + 9 + 7 + 9) and getattr(last, "data", b"") == b"last"


def test_a_new_file_each_day_and_when_the_clock_runs_back(tmp_path: Path) -> None:
    now = [NOW]
    made = CaptureWriter(tmp_path, "tcp:a:1", lambda: now[0])
    for step in (0, 1000, DAY_US, -1, 10):
        now[0] += step
        made.write(0, b"x", False)
    made.close()
    files = sorted(tmp_path.glob("*.xmcap"))
    assert [len(read_capture(path)[1]) for path in files] == [2, 1, 2]


def test_old_files_go_by_age_only_if_that_is_wanted(tmp_path: Path) -> None:
    for keep, left in ((Keep(), 2), (Keep(kept_us=30 * DAY_US), 1)):
        old = tmp_path / "00000001-20200101T000000Z-1.xmcap"
        old.write_bytes(b"xmcapture 1\n{}\n")
        os.utime(old, ns=(0, (NOW - 31 * DAY_US) * 1000))
        made = writer(tmp_path, keep=keep)
        made.write(0, b"x", False)
        made.close()
        files = list(tmp_path.glob("*.xmcap"))
        assert len(files) == left
        for path in files:
            path.unlink()


def test_files_that_others_are_writing_stay(tmp_path: Path) -> None:
    """Two links may be captured into one folder: the slow one's only file is the oldest."""
    keep = Keep(file_bytes=200, kept_bytes=400)
    slow, busy = (writer(tmp_path, keep=keep) for _ in range(2))
    slow.write(0, b"slow", False)
    for _ in range(40):
        busy.write(0, bytes(50), False)
    slow.write(0, b"still there", False)
    slow.close()
    busy.close()
    first = read_capture(min(tmp_path.glob("*.xmcap")))[1]
    assert [getattr(record, "data", None) for record in first] == [b"slow", b"still there"]


@pytest.mark.parametrize("data", [b"", b"nonsense", b"xmcapture 2\n"])
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(UsageError, match="no capture"):
        read_capture(tmp_path / "x")


# ---- logs in captures


def captured(board: FakeBoard, folder: Path, act: Callable[[Client], object]) -> Path:
    """The capture of what a client did."""
    made = writer(folder)
    client = Client(
        Session(lambda _: CapturingTransport(LoopTransport(board), made), first_retry_s=0.02), 1.0
    )
    with client:
        act(client)
    made.close()
    return the_file(folder)


def read_all(client: Client) -> None:
    """Reads names and logs."""
    client.hello()
    client.partitions()
    for book, source in ((Book.HM, 0), (Book.TRACE, HYPERVISOR), (Book.CONSOLE, 1)):
        list(LogReader(client, book, source).read())


@pytest.fixture
def capture(board: FakeBoard, tmp_path: Path) -> Path:
    """The capture of a board's logs being read."""
    board.fill_hm(4)
    board.fill_trace(HYPERVISOR, 2, system=1, code=0x204, partition=HYPERVISOR)
    board.print(1, b"one\ntwo\n")
    return captured(board, tmp_path / "capture", read_all)


@pytest.mark.parametrize("view", ["hm read", "trace read hypervisor", "console read P1"])
def test_a_capture_shows_what_the_board_showed(view: str, capture: Path, xmg: Xmg) -> None:
    live = json.loads(xmg(*view.split(), "--json").out)
    again = json.loads(xmg(*view.split(), "--from", str(capture), "--json").out)
    for row in (*live, *again):
        for key in ("utc_us", "utc_error_us", "received_us"):
            row.pop(key)
    assert live == again and len(live) >= 2


def test_all_records_of_a_long_log_are_in_its_capture(board: FakeBoard, tmp_path: Path) -> None:
    """Most reads of a long log are terse: their chunks do not tell which log they are of."""
    board.fill_hm(500)

    def read(client: Client) -> None:
        assert len(list(LogReader(client, Book.HM).read())) == 500

    rows = list(CaptureLogs(captured(board, tmp_path / "c", read)).rows(Book.HM, 0))
    assert [row["seq"] for row in rows] == list(range(1, 501))


def test_memory_in_a_capture_is_no_log(board: FakeBoard, tmp_path: Path) -> None:
    path = captured(board, tmp_path / "c", lambda client: read_memory(client, 1, 0x40200000, 8192))
    for book in Book:
        assert CaptureLogs(path).sources(book) == {}


def test_rows_of_a_capture_have_utc(capture: Path) -> None:
    rows = list(CaptureLogs(capture).rows(Book.HM, 0))
    assert all(row["utc_us"] is not None and row["received_us"] is not None for row in rows)


def test_what_the_capture_does_not_hold_is_a_gap(board: FakeBoard, tmp_path: Path) -> None:
    board.fill_hm(5)

    def ends(client: Client) -> None:
        client.log_read(Book.HM, 0, 1, 1)
        client.log_read(Book.HM, 0, 4, 2)

    path = captured(board, tmp_path / "c", ends)
    rows = list(CaptureLogs(path).rows(Book.HM, 0))
    assert [(row["kind"], row["seq"]) for row in rows] == [
        ("record", 1),
        ("gap", 2),
        ("record", 4),
        ("record", 5),
    ]
    assert rows[1]["gap"] == "not in this capture"  # the link has lost nothing


def test_numbers_that_begin_anew_in_a_capture(board: FakeBoard, tmp_path: Path) -> None:
    board.fill_hm(2)

    def over_a_reset(client: Client) -> None:
        read_all(client)
        board.reboot(keep_logs=False)
        board.fill_hm(1, event=6)
        read_all(client)

    rows = list(CaptureLogs(captured(board, tmp_path / "c", over_a_reset)).rows(Book.HM, 0))
    assert [(row["kind"], row["seq"]) for row in rows] == [
        ("record", 1),
        ("record", 2),
        ("gap", 3),
        ("record", 1),
    ]
    assert rows[2]["gap"] == "board rebooted"


def test_a_second_life_under_the_same_boot_id_in_a_capture(
    board: FakeBoard, tmp_path: Path
) -> None:
    """It prints what the first one printed, and its clock shows times that were shown before."""
    board.now_us = 600_000_000
    board.fill_hm(2)
    board.print(1, b"starts\nruns\n")

    def over_a_power_cycle(client: Client) -> None:
        read_all(client)
        board.power_cycle()
        board.fill_hm(1, event=6)
        board.print(1, b"starts\n")
        read_all(client)

    logs = CaptureLogs(captured(board, tmp_path / "c", over_a_power_cycle))
    told = [row.get("text", row["detail"]) for row in logs.rows(Book.CONSOLE, 1)]
    assert told[:2] == ["starts\n", "runs\n"] and "board rebooted" in str(told[2])
    assert told[3:] == ["starts\n"]
    first, second = (row for row in logs.rows(Book.HM, 0) if row["seq"] == 1)
    begun_us = int(str(second["received_us"])) - int(str(second["utc_us"]))
    assert 0 <= begun_us < 10_000_000  # by its own clock, at 1 s
    assert int(str(first["received_us"])) - int(str(first["utc_us"])) > 500_000_000


# ---- commands


def test_replay_shows_each_frame_with_its_direction(capture: Path, xmg: Xmg) -> None:
    lines = xmg("replay", str(capture)).out.splitlines()
    assert lines[0].startswith("2026-01-01T00:00:00.000Z  tx  command") and "hello" in lines[0]
    assert "  rx  reply" in lines[1]
    rows = [
        json.loads(line)
        for line in xmg("replay", str(capture), "--format", "jsonl").out.splitlines()
    ]
    assert len(rows) == len(lines) and {row["direction"] for row in rows} == {"rx", "tx"}
    assert len(xmg("replay", str(capture), "--way", "tx", "--count", "2").out.splitlines()) == 2


def test_damage_is_told_by_every_view(capture: Path, xmg: Xmg) -> None:
    capture.write_bytes(capture.read_bytes()[:-3])
    for line in ("replay FILE", "hm read --from FILE", "cmd list --from FILE"):
        result = xmg(*(str(capture) if word == "FILE" else word for word in line.split()))
        assert "are damaged" in result.err and result.status == Status.INCOMPLETE


def test_pcapng_is_read_by_wireshark(capture: Path, xmg: Xmg, tmp_path: Path) -> None:
    out = tmp_path / "link.pcapng"
    result = xmg("archive", "export", str(out), str(capture))
    _, found = read_capture(capture)
    frames = list(frames_of(record for record in found if isinstance(record, Captured)))
    assert result.status == 0 and f"{len(frames)} frames" in result.err
    done = subprocess.run(
        ["tshark", "-r", str(out), "-T", "fields", "-e", "frame.protocols", "-e", "frame.len"]
        + ["-e", "frame.packet_flags_direction", "-e", "frame.time_epoch", "-e", "data"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    seen = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(seen) == len(frames)
    for fields, (record, item) in zip(seen, frames):
        assert isinstance(item, Frame)
        assert int(fields[2], 0) == (1 if record.direction == 0 else 2)
        assert abs(float(fields[3]) * 1e6 - record.utc_us) < 2
        assert item.payload.hex() in fields[4]


def test_captures_are_made_by_any_command_that_is_told_to(
    board: FakeBoard, xmg: Xmg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XMG_CAPTURE", str(tmp_path / "kept"))
    board.fill_hm(1)
    shown = xmg("hm", "read", "--json").out
    monkeypatch.delenv("XMG_CAPTURE")
    again = xmg("hm", "read", "--json", "--from", str(the_file(tmp_path / "kept"))).out
    assert [row["seq"] for row in json.loads(again)] == [row["seq"] for row in json.loads(shown)]
