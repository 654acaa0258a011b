"""logs.py, records.py: ranges are complete, or every gap is named with its true cause."""

import random
import time

import fake_board
import pytest
from conftest import loop_client, sequence
from fake_board import HYPERVISOR, FakeBoard
from hypothesis import given, settings
from hypothesis import strategies as st

from xmground import records
from xmground._generated import supervisor_pb2 as pb
from xmground.client import Client
from xmground.errors import NoAnswer
from xmground.logs import Gap, GapKind, LogReader
from xmground.model import Book
from xmground.records import Item


def seqs(found: list) -> list[int]:
    return [item.seq for item in found if isinstance(item, Item)]


def gaps(found: list) -> list[tuple]:
    return [(gap.kind, gap.first, gap.last) for gap in found if isinstance(gap, Gap)]


def test_whole_log_arrives_in_order(board: FakeBoard) -> None:
    board.fill_hm(100)
    found = list(LogReader(loop_client(board), Book.HM).read())
    assert seqs(found) == list(range(1, 101)) and not gaps(found)
    assert found[41].data == fake_board.hm_record(42, 42 * 250_000, board.boot_id)


def test_range_and_limit(board: FakeBoard) -> None:
    board.fill_hm(100)
    assert seqs(list(LogReader(loop_client(board), Book.HM, from_seq=40).read(5))) == [
        40,
        41,
        42,
        43,
        44,
    ]


def test_empty_log_is_no_gap(board: FakeBoard) -> None:
    assert list(LogReader(loop_client(board), Book.HM).read()) == []
    assert list(LogReader(loop_client(board), Book.HM, from_seq=50).read()) == []


def test_tail(board: FakeBoard) -> None:
    board.fill_hm(20)
    reader = LogReader(loop_client(board), Book.HM)
    reader.tail(3)
    assert seqs(list(reader.read())) == [18, 19, 20]


def test_reader_goes_on_where_it_stopped(board: FakeBoard) -> None:
    board.fill_hm(3)
    reader = LogReader(loop_client(board), Book.HM)
    list(reader.read())
    board.fill_hm(2)
    assert seqs(list(reader.read())) == [4, 5]


def test_lost_chunk_is_asked_for_again(board: FakeBoard) -> None:
    board.fill_hm(30)
    board.faults.tx = sequence("", "drop", "", "corrupt", kind="chunk")
    found = list(LogReader(loop_client(board), Book.HM).read())
    assert seqs(found) == list(range(1, 31)) and not gaps(found)


def test_what_never_arrives_is_lost_on_link(board: FakeBoard) -> None:
    board.fill_hm(30)
    board.faults.chunk_items = 1
    board.faults.tx = (
        lambda kind, m: "drop" if kind == "chunk" and m.first_seq in (10, 11, 20) else ""
    )
    found = list(LogReader(loop_client(board), Book.HM).read())
    assert gaps(found) == [(GapKind.LOST, 10, 11), (GapKind.LOST, 20, 20)]
    assert seqs(found) == [n for n in range(1, 31) if n not in (10, 11, 20)]


def test_bad_line_is_read_to_the_end(board: FakeBoard) -> None:
    board.fill_hm(40)
    dice = random.Random(5)
    board.faults.tx = lambda kind, m: (
        "corrupt" if dice.random() > 0.999 ** (8 * m.ByteSize() + 200) else ""
    )
    found = list(LogReader(loop_client(board), Book.HM).read())
    assert seqs(found) == list(range(1, 41)) and not gaps(found)


def test_one_item_that_never_arrives_does_not_cost_its_neighbours(board: FakeBoard) -> None:
    board.fill_hm(30)
    board.faults.tx = lambda kind, m: (
        "drop" if kind == "chunk" and m.first_seq <= 9 < m.first_seq + m.count else ""
    )
    found = list(LogReader(loop_client(board), Book.HM).read())
    assert gaps(found) == [(GapKind.LOST, 9, 9)]


def test_overwritten_items_are_a_gap_when_they_were_asked_for(board: FakeBoard) -> None:
    board.logs[pb.BOOK_HM, 0].capacity = 10
    board.fill_hm(25)
    found = list(LogReader(loop_client(board), Book.HM, from_seq=5).read())
    assert gaps(found) == [(GapKind.OVERWRITTEN, 5, 15)] and seqs(found) == list(range(16, 26))
    assert not gaps(list(LogReader(loop_client(board), Book.HM).read()))


def test_what_was_overwritten_is_told_once_also_if_the_board_starts_anew_next(
    board: FakeBoard,
) -> None:
    board.logs[pb.BOOK_HM, 0].capacity = 60
    board.fill_hm(100)
    dropped: list[int] = []

    def fate(kind: str, message: object) -> str:
        if kind == "chunk" and message.first_seq == 41 and not dropped:
            dropped.append(41)
            return "drop"
        return ""

    board.faults.tx = fate
    board.faults.reboot_at = lambda operation: (
        operation == "log_read" and board.requests.count("log_read") == 2
    )
    found = list(LogReader(loop_client(board), Book.HM, from_seq=5).read())
    # Nothing had come by which the log could be known again.
    assert gaps(found) == [
        (GapKind.OVERWRITTEN, 5, 40),
        (GapKind.REBOOTED, 41, None),
        (GapKind.OVERWRITTEN, 1, 40),
    ]
    assert seqs(found) == list(range(41, 101))


def test_items_overwritten_between_loss_and_repetition_are_told_as_such(board: FakeBoard) -> None:
    log = board.logs[pb.BOOK_HM, 0]
    log.capacity = 10
    board.fill_hm(10)
    board.faults.chunk_items = 1
    seen: list[int] = []

    def fate(kind: str, message: object) -> str:
        if kind == "chunk" and message.first_seq == 2 and not seen:
            seen.append(2)
            return "drop"
        if kind == "reply" and seen and len(seen) == 1:
            seen.append(0)
            board.fill_hm(4)  # 1..4 go
        return ""

    board.faults.tx = fate
    found = list(LogReader(loop_client(board), Book.HM).read())
    assert (GapKind.OVERWRITTEN, 2, 2) in gaps(found)
    assert seqs(found)[:2] == [1, 3]


def test_reboot_that_keeps_the_log_is_no_gap(board: FakeBoard) -> None:
    board.fill_hm(5)
    reader = LogReader(loop_client(board), Book.HM)
    list(reader.read())
    board.reboot()
    board.fill_hm(2)
    found = list(reader.read())
    assert seqs(found) == [6, 7] and not gaps(found)
    assert records.decode_hm(found[0]).boot_id == board.boot_id


def test_reboot_that_loses_the_log_is_a_gap(board: FakeBoard) -> None:
    board.fill_hm(5)
    reader = LogReader(loop_client(board), Book.HM)
    list(reader.read())
    board.reboot(keep_logs=False)
    board.fill_hm(3)
    found = list(reader.read())
    assert gaps(found) == [(GapKind.REBOOTED, 6, None)] and seqs(found) == [1, 2, 3]


def test_numbers_that_overtake_the_old_ones_are_not_taken_for_them(board: FakeBoard) -> None:
    board.fill_hm(5)
    reader = LogReader(loop_client(board), Book.HM)
    list(reader.read())
    board.reboot(keep_logs=False)
    board.fill_hm(9)
    found = list(reader.read())
    assert gaps(found) == [(GapKind.REBOOTED, 6, None)] and seqs(found) == list(range(1, 10))


def test_console_of_a_new_boot_begins_anew(board: FakeBoard) -> None:
    board.print(1, b"old text")
    reader = LogReader(loop_client(board), Book.CONSOLE, 1)
    assert b"".join(item.data for item in reader.read()) == b"old text"
    board.reboot()
    board.print(1, b"new text, longer than the old")
    found = list(reader.read())
    assert gaps(found) == [(GapKind.REBOOTED, 9, None)]
    assert (
        b"".join(item.data for item in found if isinstance(item, Item))
        == b"new text, longer than the old"
    )


@pytest.mark.parametrize("count", [2, 5, 9])
def test_power_cycle_with_the_same_boot_id_is_a_gap(board: FakeBoard, count: int) -> None:
    board.fill_hm(5)
    reader = LogReader(loop_client(board), Book.HM)
    list(reader.read())
    board.power_cycle()
    board.fill_hm(count)  # the same records again, byte for byte: the old ones prove nothing
    found = list(reader.read())
    assert gaps(found) == [(GapKind.REBOOTED, 6, None)] and seqs(found) == list(range(1, count + 1))


def test_power_cycle_does_not_splice_the_new_console_to_the_old(board: FakeBoard) -> None:
    board.print(1, b"old text")
    reader = LogReader(loop_client(board), Book.CONSOLE, 1)
    list(reader.read())
    board.power_cycle()
    board.print(1, b"new text, longer than the old")
    found = list(reader.read())
    assert gaps(found) == [(GapKind.REBOOTED, 9, None)] and found[1].seq == 1


def test_numbers_that_went_back_are_a_gap_also_without_a_clock(board: FakeBoard) -> None:
    board.fill_hm(5)
    reader = LogReader(loop_client(board), Book.HM)
    list(reader.read())
    board.power_cycle()
    board.now_us = 60_000_000
    board.fill_hm(2)
    assert gaps(list(reader.read())) == [(GapKind.REBOOTED, 6, None)]


def after(silence_s: float, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """So much time has passed on the ground without a word from the board."""
    monkeypatch.setattr(client.session.clock, "now", lambda: time.monotonic() + silence_s)


def test_uptime_shorter_than_the_silence_is_a_new_life_if_the_log_differs(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.now_us = 2_000_000
    board.fill_hm(3)
    client = loop_client(board)
    reader = LogReader(client, Book.HM)
    list(reader.read())
    board.power_cycle()
    board.now_us = 9_000_000
    board.fill_hm(7, pc=0x40200000)
    after(30, client, monkeypatch)
    assert gaps(list(reader.read())) == [(GapKind.REBOOTED, 4, None)]


@pytest.mark.parametrize("book", [Book.HM, Book.CONSOLE])
def test_clock_slower_than_the_ground_s_is_no_reboot(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch, book: Book
) -> None:
    board.now_us = 2_000_000
    board.fill_hm(3)
    board.print(1, b"old")
    client = loop_client(board)
    reader = LogReader(client, book, 1)
    list(reader.read())
    board.fill_hm(1)
    board.print(1, b"!")
    after(30, client, monkeypatch)  # and the board's clock shows 2 s still
    assert [(type(p), p.seq) for p in reader.read() if isinstance(p, Item)] == [(Item, 4)]
    assert client.session.doubts == 1 and client.session.life == 0


def test_slow_clock_is_no_reboot_when_the_last_record_read_was_overwritten(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.now_us = 2_000_000
    board.logs[pb.BOOK_HM, 0].capacity = 5
    board.fill_hm(3)
    client = loop_client(board)
    reader = LogReader(client, Book.HM)
    list(reader.read())
    board.fill_hm(6)
    after(30, client, monkeypatch)
    assert gaps(list(reader.read())) == [(GapKind.OVERWRITTEN, 4, 4)]


def test_proof_that_a_log_goes_on_may_be_lost_on_the_way(board: FakeBoard) -> None:
    board.fill_hm(5)
    reader = LogReader(loop_client(board), Book.HM)
    list(reader.read())
    board.reboot()
    board.fill_hm(2)
    # the first chunk is that of the read that finds the new boot, the second is the proof
    board.faults.tx = sequence("", "drop", kind="chunk")
    found = list(reader.read())
    assert seqs(found) == [6, 7] and not gaps(found)


def test_board_that_starts_anew_before_the_first_read_is_noticed(board: FakeBoard) -> None:
    board.fill_hm(5)
    reader = LogReader(loop_client(board), Book.HM)
    reader.seek_end()
    board.reboot(keep_logs=False)
    board.fill_hm(2)
    found = list(reader.read())
    assert gaps(found) == [(GapKind.REBOOTED, 6, None)] and seqs(found) == [1, 2]


def test_asking_from_behind_the_end_is_no_reboot(board: FakeBoard) -> None:
    board.fill_hm(2)
    reader = LogReader(loop_client(board), Book.HM, from_seq=99)
    assert not list(reader.read()) and not list(reader.read())


@pytest.mark.parametrize("book, source", [(Book.HM, 0), (Book.TRACE, 1), (Book.CONSOLE, 1)])
def test_from_0_is_from_the_first_item(board: FakeBoard, book: Book, source: int) -> None:
    board.fill_hm(2)
    board.fill_trace(1, 2)
    board.print(1, b"xy")
    found = list(LogReader(loop_client(board), book, source, from_seq=0).read())
    assert found and not gaps(found) and found[0].seq == 1


def test_record_whose_number_is_destroyed_is_named(board: FakeBoard) -> None:
    board.fill_hm(12)
    board.unreadable = {(pb.BOOK_HM, 5), (pb.BOOK_HM, 12)}
    found = list(LogReader(loop_client(board), Book.HM).read())
    assert gaps(found) == [(GapKind.DAMAGED, 5, 5), (GapKind.DAMAGED, 12, 12)]
    assert seqs(found) == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    board.unreadable = {(pb.BOOK_HM, 5)}
    again = list(LogReader(loop_client(board), Book.HM, from_seq=5).read())
    assert gaps(again) == [(GapKind.DAMAGED, 5, 5)] and seqs(again) == list(range(6, 13))


@pytest.mark.parametrize(
    "text, count, shown",
    [
        (b"one\ntwo\nthree\n", 9, b"three\n"),
        (b"one\ntwo\nthree\n", 10, b"two\nthree\n"),  # begins at a line
        (b"one\ntwo\nthree\n", 99, b"one\ntwo\nthree\n"),
        (b"one long line\n", 4, b"ine\n"),  # no line begins there: better a piece than nothing
    ],
)
def test_tail_of_text_begins_at_a_line(
    board: FakeBoard, text: bytes, count: int, shown: bytes
) -> None:
    board.print(1, text)
    reader = LogReader(loop_client(board), Book.CONSOLE, 1)
    reader.tail_lines(count)
    assert b"".join(item.data for item in reader.read()) == shown


def test_reboot_in_the_middle_of_a_transfer(board: FakeBoard) -> None:
    board.fill_hm(100)
    reads: list[int] = []

    def reboot_at(operation: str) -> bool:
        reads.append(1)
        return operation == "log_read" and len(reads) == 2

    board.faults.reboot_at = reboot_at
    found = list(LogReader(loop_client(board), Book.HM).read())
    assert seqs(found) == list(range(1, 101)) and not gaps(found)


def test_board_that_falls_silent_leaves_a_gap(board: FakeBoard) -> None:
    board.fill_hm(100)
    board.faults.rx_lost = lambda request: board.requests.count("log_read") > 1
    found = list(LogReader(loop_client(board, 0.05), Book.HM).read())
    assert gaps(found) == [(GapKind.LOST, 57, 100)]


def test_board_that_never_answers_is_an_error(board: FakeBoard) -> None:
    board.faults.silent = True
    with pytest.raises(NoAnswer):
        list(LogReader(loop_client(board, 0.05), Book.HM).read())


def test_board_that_sends_nothing_does_not_hold_the_reader_for_ever(
    board: FakeBoard, monkeypatch
) -> None:
    board.fill_hm(4)
    monkeypatch.setattr(
        FakeBoard,
        "_op_log_read",
        lambda self, request, read: self._reply(
            request, pb.STAGE_COMPLETED, log_end=pb.LogEnd(oldest=1, next=5, first=1, count=0)
        ),
    )
    assert gaps(list(LogReader(loop_client(board), Book.HM).read())) == [(GapKind.DAMAGED, 1, 4)]


def test_hm_record_is_decoded(board: FakeBoard) -> None:
    board.fill_hm(
        1, event=7 + 11, partition=2, flags=6, action=7, pc=0x40200000, address=3, payload=(7, 0, 0)
    )
    record = records.decode_hm(next(iter(LogReader(loop_client(board), Book.HM).read())))
    assert (record.seq, record.time_us, record.partition, record.event) == (1, 250_000, 2, 18)
    assert (record.action_name, record.pc, record.npc, record.psr) == (
        "PARTITION_HALT",
        0x40200000,
        0x40200004,
        0xF30000A0,
    )
    assert (record.fault_address, record.fault_status, record.payload) == (3, 0x2B6, (7, 0, 0))
    assert not record.damaged


def test_values_without_their_flag_are_not_shown(board: FakeBoard) -> None:
    board.fill_hm(1, flags=1)
    record = records.decode_hm(next(iter(LogReader(loop_client(board), Book.HM).read())))
    assert (record.system, record.pc, record.fault_address) == (True, None, None)


def test_numbers_without_a_name_are_shown_as_numbers(board: FakeBoard) -> None:
    board.fill_hm(1, event=999, action=99)
    record = records.decode_hm(next(iter(LogReader(loop_client(board), Book.HM).read())))
    assert (record.event_name, record.action_name) == ("event 999", "action 99")


@pytest.mark.parametrize("at", [0, 7, 8, 20, 40, 59, 60, 63])
def test_record_damaged_on_the_board_is_told(at: int) -> None:
    data = bytearray(fake_board.hm_record(1))
    data[at] ^= 1
    assert records.decode_hm(Item(1, bytes(data), 1)).damaged


def test_record_under_a_wrong_number_is_told() -> None:
    assert records.decode_hm(Item(2, fake_board.hm_record(1), 1)).damaged


def test_trace_record_is_decoded(board: FakeBoard) -> None:
    board.fill_trace(1, 1, crit=2, code=0xABC)
    board.fill_trace(HYPERVISOR, 1, system=1, code=2 << 8 | 10, partition=HYPERVISOR)
    client = loop_client(board)
    own = records.decode_trace(next(iter(LogReader(client, Book.TRACE, 1).read())))
    assert (own.criticality_name, own.code_name, own.partition, own.payload) == (
        "WARNING",
        "0xabc",
        1,
        (1, 2, 3, 4),
    )
    kernel = records.decode_trace(next(iter(LogReader(client, Book.TRACE, HYPERVISOR).read())))
    assert (kernel.code_name, kernel.system, kernel.damaged) == ("SCHED PLAN_DONE", True, False)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**32),
    st.floats(0.0, 0.5),
    st.integers(0, 120),
    st.sampled_from([Book.HM, Book.CONSOLE]),
)
def test_items_and_gaps_together_are_the_whole_range(
    seed: int, badness: float, count: int, book: Book
) -> None:
    dice = random.Random(seed)
    board = FakeBoard()
    if book is Book.HM:
        board.fill_hm(count)
    else:
        board.print(1, bytes(n % 251 for n in range(count * 20)))
    board.faults.tx = (
        lambda kind, m: dice.choice(("drop", "corrupt", "duplicate"))
        if dice.random() < badness
        else ""
    )
    try:
        found = list(LogReader(loop_client(board), book, 1).read())
    except NoAnswer:
        return
    log = board.logs[(pb.BOOK_HM, 0) if book is Book.HM else (pb.BOOK_CONSOLE, 1)]
    covered: list[int] = []
    for piece in found:
        if isinstance(piece, Gap):
            assert piece.kind is GapKind.LOST and piece.last is not None
            covered += range(piece.first, piece.last + 1)
            continue
        units = len(piece.data) // log.unit
        covered += range(piece.seq, piece.seq + units)
        assert piece.data == b"".join(log.items[piece.seq - 1 : piece.seq - 1 + units])
    assert covered == list(range(1, log.next))
