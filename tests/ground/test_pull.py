"""pull.py: the line is kept busy, only what was lost is asked for again, frames fit the line.

Whole transfers over a modelled line are in tests/link."""

import math

import pytest
from conftest import loop_client, refuse_logs, sequence
from fake_board import FakeBoard

from xmground import pull
from xmground._generated import supervisor_pb2 as pb
from xmground.errors import Rejected
from xmground.logs import LogReader
from xmground.model import Book
from xmground.pull import FRAME_OVERHEAD, LineQuality


def line(ber: float, frame_bytes: int = 312) -> LineQuality:
    """What is known after many frames over a line of that bit error rate."""
    quality = LineQuality()
    arrived = round(10_000 * math.exp(-8 * frame_bytes * ber))
    quality.note(arrived, 10_000 - arrived, frame_bytes)
    return quality


@pytest.mark.parametrize("ber", [1e-5, 1e-4, 3e-4])
def test_bit_error_rate_follows_from_the_losses(ber: float) -> None:
    assert line(ber).ber == pytest.approx(ber, rel=0.05)


def test_a_line_that_brings_nothing_has_some_rate() -> None:
    quality = LineQuality()
    quality.note(0, 8, 508)
    assert 1e-4 < quality.ber < 1e-2


def test_a_line_that_became_good_is_found_good() -> None:
    quality = line(1e-3, 120)
    for _ in range(200):
        quality.note(100, 0, 120)
    assert quality.ber < 1e-5


@pytest.mark.parametrize(
    "ber, items", [(0.0, 7), (1e-6, 7), (1e-4, 4), (3e-4, 2), (1e-3, 1), (1e-2, 1)]
)
def test_frames_are_as_long_as_the_line_bears(ber: float, items: int) -> None:
    quality = line(ber, 120) if ber else LineQuality()
    assert quality.frame_items(64, 474) == items


def test_text_is_cut_into_frames_of_the_same_length() -> None:
    assert line(1e-4).frame_items(1, 474) == pytest.approx(4 * 64, abs=40)
    assert LineQuality().frame_items(1, 474) == 474


def reads_of(board: FakeBoard) -> list[tuple[int, int, bool]]:
    """The LogReads that reach the board: from, items, terse."""
    seen: list[tuple[int, int, bool]] = []

    def look(request) -> bool:
        if request.WhichOneof("op") == "log_read":
            read = request.log_read
            seen.append((read.from_seq, read.max_items, read.terse))
        return False

    board.faults.rx_lost = look
    return seen


def test_all_reads_but_the_first_and_the_last_are_terse(board: FakeBoard) -> None:
    board.fill_hm(500)
    seen = reads_of(board)
    assert len(list(LogReader(loop_client(board), Book.HM).read())) == 500
    assert [terse for _, _, terse in seen] == [False] + [True] * (len(seen) - 2) + [False]
    assert sum(count for _, count, _ in seen) == 500


@pytest.mark.parametrize("first, most", [(None, 3), (2, 3), (5, 1)])
def test_a_lost_end_of_a_short_read_is_asked_for_again(
    board: FakeBoard, first: int | None, most: int
) -> None:
    """All items have come, but not where the log stands."""
    board.fill_hm(5)
    board.faults.tx = sequence("drop", kind="reply")
    seen = reads_of(board)
    with loop_client(board) as client:
        pulled = client.pull_log(Book.HM, 0, first, most)
    wanted = range(first or 1, (first or 1) + most)
    assert [seq + n for seq, data in pulled.pieces for n in range(len(data) // 64)] == list(wanted)
    assert pulled.head.next == 6 and not pulled.silent
    assert len(seen) == 2 and not seen[1][2]


def test_only_what_was_lost_is_asked_for_again(board: FakeBoard) -> None:
    board.fill_hm(300)
    seen = reads_of(board)
    board.faults.tx = sequence("", "", "drop", kind="chunk")
    assert len(list(LogReader(loop_client(board), Book.HM).read())) == 300
    assert seen.count((15, 7, True)) == 1  # the third chunk of 7
    assert sum(count for _, count, _ in seen) == 307


def test_what_is_lost_at_the_end_is_asked_for_twice(board: FakeBoard) -> None:
    board.fill_hm(56)
    seen = reads_of(board)
    board.faults.tx = sequence(*[""] * 5, "drop", kind="chunk")
    assert len(list(LogReader(loop_client(board), Book.HM).read())) == 56
    assert [(first, count) for first, count, _ in seen] == [(0, 56), (36, 7), (36, 7), (36, 7)]


def test_no_more_is_under_way_than_the_board_takes(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.fill_hm(2000)
    most: list[int] = []
    ask = pull.Pull._ask

    def note(self: pull.Pull, *piece: int) -> None:
        ask(self, *piece)
        most.append(len(self._reads))
        assert self._under_way() <= pull.LONGEST_WINDOW + 8 * (7 * 64 + FRAME_OVERHEAD)

    monkeypatch.setattr(pull.Pull, "_ask", note)
    board.faults.tx = sequence(*["drop", ""] * 200, kind="chunk")
    assert len(list(LogReader(loop_client(board), Book.HM).read())) == 2000
    assert 1 < max(most) <= pull.MOST_READS


def test_a_silent_line_is_no_reason_to_give_an_item_up(board: FakeBoard) -> None:
    """Far more tries than an item gets, all in a black-out, then the line is back."""
    board.real_time = True  # else it would look as if the board had started anew
    board.fill_hm(50)
    seen: list[int] = []

    def black_out(request) -> bool:
        seen.append(request.id)
        return 1 < len(seen) < 60

    board.faults.rx_lost = black_out
    board.faults.tx = sequence(*[""] * 7, "drop", kind="chunk")
    found = list(LogReader(loop_client(board, 10.0), Book.HM).read())
    assert len(found) == 50 and len(seen) >= 60


def test_a_board_without_that_log_refuses(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_logs(monkeypatch)
    with pytest.raises(Rejected, match="no such log"):
        list(LogReader(loop_client(board), Book.TRACE, 2).read())


def test_a_busy_board_is_asked_again(board: FakeBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    board.fill_hm(100)
    serve, refused = FakeBoard._op_log_read, []

    def busy(self, request, read) -> None:
        if len(refused) < 2:
            refused.append(request.id)
            self._reply(request, pb.STAGE_REJECTED, 0, pb.STATUS_BUSY, "too many")
        else:
            serve(self, request, read)

    monkeypatch.setattr(FakeBoard, "_op_log_read", busy)
    assert len(list(LogReader(loop_client(board), Book.HM).read())) == 100


def test_a_board_that_knows_no_terse_reads_is_read_as_well(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.fill_hm(500)
    serve = FakeBoard._op_log_read

    def wordy(self, request, read) -> None:
        read.terse = False
        serve(self, request, read)

    monkeypatch.setattr(FakeBoard, "_op_log_read", wordy)
    board.faults.tx = sequence(*[""] * 7, "drop", kind="chunk")
    assert len(list(LogReader(loop_client(board), Book.HM).read())) == 500
