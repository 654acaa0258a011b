"""Memory of a partition over links that lose frames, boards that start anew, and sums in the making."""

import os
from pathlib import Path

import pytest
from conftest import loop_client
from fake_board import FakeBoard, crc32c
from hypothesis import given, settings
from hypothesis import strategies as st

from xmground import memory
from xmground._generated import supervisor_pb2 as pb
from xmground.errors import NoAnswer, Rejected, UsageError, VersionMismatch
from xmground.files import replace_file
from xmground.memory import read_memory, sum_memory

START = 0x40200000
AREA_BYTES = 8192


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PAUSE_S", 0.0)


def contents(board: FakeBoard, address: int, size: int) -> bytes:
    start, _, _, data = board.memory[1][0]
    return bytes(data[address - start : address - start + size])


@settings(deadline=None, max_examples=40)
@given(
    at=st.integers(0, AREA_BYTES - 1),
    size=st.integers(1, 2000),
    fates=st.lists(st.sampled_from(("", "", "drop", "corrupt", "duplicate")), max_size=30),
)
def test_memory_is_read_whole_over_any_line(at: int, size: int, fates: list[str]) -> None:
    """Whatever is lost on the way: all bytes arrive, each at its address."""
    board = FakeBoard()
    size = min(size, AREA_BYTES - at)
    board.faults.tx = lambda kind, message: fates.pop(0) if fates else ""
    with loop_client(board, timeout_s=5.0) as client:
        image = read_memory(client, 1, START + at, size)
    assert image.data == contents(board, START + at, size)
    assert not image.missing and not image.rebooted


def test_memory_progress_ends_at_the_size(board: FakeBoard) -> None:
    told: list[int] = []
    board.faults.slot_bytes = 1000
    with loop_client(board) as client:
        read_memory(client, 1, START, 3000, told.append)
        assert told[-1] == 3000 and told == sorted(told)
        told.clear()
        sum_memory(client, 1, START, 3000, told.append)
    assert told == [1000, 2000]


def test_memory_lost_in_the_middle_is_named(board: FakeBoard) -> None:
    board.faults.chunk_items = 16
    lost = (START + 17, START + 49)  # items are numbered by address + 1
    board.faults.tx = lambda kind, m: "drop" if kind == "chunk" and m.first_seq in lost else ""
    with loop_client(board) as client:
        image = read_memory(client, 1, START, 80)
    assert image.missing == ((START + 16, 16), (START + 48, 16))
    assert [at for at, _ in image.pieces] == [START, START + 32, START + 64]
    assert image.data[16:32] == bytes(16)


def test_memory_of_a_board_that_starts_anew_is_incomplete(board: FakeBoard) -> None:
    board.faults.chunk_items = 16
    reads = [0]

    def reboots(operation: str) -> bool:
        reads[0] += operation == "log_read"
        return operation == "log_read" and reads[0] == 2

    board.faults.reboot_at = reboots
    with loop_client(board) as client:
        image = read_memory(client, 1, START, AREA_BYTES)
    assert image.rebooted and image.missing
    assert (
        sum(size for _, size in image.missing) + sum(len(d) for _, d in image.pieces) == AREA_BYTES
    )


def test_memory_of_a_board_that_falls_silent_keeps_what_came(board: FakeBoard) -> None:
    board.faults.chunk_items = 16

    def falls_silent(kind: str, message: object) -> str:
        board.faults.silent |= board.chunks_sent >= 300
        return ""

    board.faults.tx = falls_silent
    with loop_client(board, timeout_s=0.2) as client:
        image = read_memory(client, 1, START, AREA_BYTES)
    assert image.pieces and image.missing and not image.rebooted
    assert image.data[:16] == contents(board, START, 16)


def test_memory_of_no_area_is_rejected(board: FakeBoard) -> None:
    with loop_client(board) as client:
        with pytest.raises(Rejected, match="no area holds that range"):
            read_memory(client, 1, START + AREA_BYTES - 1, 2)
        with pytest.raises(Rejected, match="no area holds that range"):
            client.memory_check(1, START - 1, 1)


def test_memory_sum_is_that_of_the_board(board: FakeBoard) -> None:
    board.faults.slot_bytes = 100
    with loop_client(board) as client:
        found = sum_memory(client, 1, START + 1, 450)
    assert (found.bytes, found.slots) == (450, 5)
    assert found.crc32c == crc32c(contents(board, START + 1, 450))
    assert board.requests.count("memory_check") == 5
    assert len(board.checks) == 1  # one id, all the time


def test_memory_sum_survives_lost_answers(board: FakeBoard) -> None:
    board.faults.slot_bytes = 100
    fates = ["drop", "", "drop", "drop", ""]
    board.faults.tx = lambda kind, m: fates.pop(0) if fates and kind == "reply" else ""
    with loop_client(board) as client:
        assert sum_memory(client, 1, START, 450).crc32c == crc32c(contents(board, START, 450))


@pytest.mark.parametrize("lost, comes", [(2, True), (3, False)])
def test_memory_sum_is_asked_for_again_when_a_question_fails(
    board: FakeBoard, lost: int, comes: bool
) -> None:
    questions: dict[int, None] = {}  # by their numbers

    def lose(request) -> bool:
        if request.WhichOneof("op") == "memory_check":
            questions[request.id] = None
            return len(questions) <= lost
        return False

    board.faults.rx_lost = lose
    with loop_client(board, timeout_s=0.1) as client:
        if comes:
            assert sum_memory(client, 1, START, 450).bytes == 450
        else:
            with pytest.raises(NoAnswer, match="no answer within"):
                sum_memory(client, 1, START, 450)
    assert len(questions) == 3


def test_memory_sum_that_stands_still_ends(board: FakeBoard) -> None:
    board.faults.slot_bytes = 0
    board._op_memory_check = lambda request, check: board._reply(  # type: ignore[method-assign]
        request, pb.STAGE_ACCEPTED, memory_checked=pb.MemoryChecked(bytes=5, slots=1)
    )
    with loop_client(board) as client, pytest.raises(NoAnswer, match="gets no further"):
        sum_memory(client, 1, START, 450)
    assert board.requests.count("memory_check") == memory.MOST_STALLS + 1


def test_memory_of_an_old_board_is_another_version(board: FakeBoard) -> None:
    board.faults.is_old = True
    with loop_client(board) as client:
        for ask in (
            lambda: client.ports(),
            lambda: client.memory_areas(1),
            lambda: client.memory_check(1, START, 4),
        ):
            with pytest.raises(VersionMismatch):
                ask()


def test_lists_that_end_early_are_told(board: FakeBoard) -> None:
    board.ports.clear()
    board._op_port_list = lambda request, asked: board._reply(  # type: ignore[method-assign]
        request, pb.STAGE_COMPLETED, ports=pb.Ports(total=3)
    )
    with loop_client(board) as client, pytest.raises(Exception, match="list of ports ends early"):
        client.ports()


def test_only_a_file_is_replaced(tmp_path: Path) -> None:
    """Not a link to it, nor a pipe or a device: /dev/null must stay what it is, also for root."""
    path, link, fifo = tmp_path / "image", tmp_path / "link", tmp_path / "fifo"
    path.write_bytes(b"old")
    path.chmod(0o600)
    link.symlink_to(path)
    replace_file(link, b"new")
    assert link.is_symlink() and path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    replace_file(fifo, b"through")
    assert fifo.is_fifo() and os.read(reader, 100) == b"through"
    os.close(reader)


def test_a_new_file_is_as_private_as_the_user_wants_it(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        replace_file(tmp_path / "image", b"secret")
    finally:
        os.umask(before)
    assert (tmp_path / "image").stat().st_mode & 0o777 == 0o640


def test_a_file_is_replaced_whole_or_not(tmp_path: Path) -> None:
    path = tmp_path / "image"
    replace_file(path, b"one")
    replace_file(path, b"two")
    assert path.read_bytes() == b"two" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError, match="name another file"):
        replace_file(tmp_path / "missing" / "image", b"three")
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match="name another file"):
        replace_file(path, b"four")
    assert list(tmp_path.iterdir()) == [path]
