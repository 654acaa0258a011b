"""Transfers of 64 KiB in virtual time: the real supervisor and the real console over a bad line."""

import os
from pathlib import Path

import pytest
import virtual
from noise import Knobs
from scripted import ScriptedWorld
from transfer import key_file, transfer
from virtual import BAUD

from xmground._generated import supervisor_pb2 as pb
from xmground.errors import NoAnswer
from xmground.framing import Frame, FrameType, crc32c
from xmground.logs import LogReader
from xmground.memory import read_memory, sum_memory
from xmground.model import Book

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / os.environ.get("XM_BUILD", "build") / "supervisor" / "host" / "line_board"


@pytest.fixture(scope="module")
def key() -> Path:
    """One for all: it moves no figure."""
    return key_file()


def test_a_good_line_is_used_well(key: Path) -> None:
    run = transfer(PROGRAM, key, "good", Knobs(baud=BAUD), Knobs(baud=BAUD))
    assert run.exact and not run.gaps and run.of_line_rate >= 0.80


def test_a_noisy_line_is_used_well(key: Path) -> None:
    noisy = Knobs(baud=BAUD, ber=1e-4)
    runs = [transfer(PROGRAM, key, f"noisy {n}", noisy, noisy) for n in range(3)]
    assert all(run.exact and not run.gaps and run.bits_flipped for run in runs)
    assert sorted(run.of_line_rate for run in runs)[1] >= 0.55  # the bench looks at more runs


def test_a_transfer_completes_at_one_wrong_bit_in_a_thousand(key: Path) -> None:
    bad = Knobs(baud=BAUD, ber=1e-3)
    run = transfer(PROGRAM, key, "bad", bad, bad)
    assert run.exact and not run.gaps


def chunks(frames: list[Frame]) -> list[tuple[int, int]]:
    """First record and number of records of each chunk."""
    found = [pb.Chunk.FromString(frame.payload) for frame in frames if frame.type == FrameType.BULK]
    return [(chunk.first_seq, len(chunk.items) // 64) for chunk in found]


@pytest.mark.parametrize("records", [1, 14, 27, 53, 92, 105])
def test_over_a_good_line_a_short_log_comes_once_in_the_longest_frames(
    key: Path, records: int
) -> None:
    """Its end is not known when it is asked for; that it ends is no loss."""
    world = ScriptedWorld(virtual.Board(PROGRAM, records, key))
    client = virtual.connect(world, "short", key)
    for _ in range(2):
        world.down.sent.clear()
        assert len(list(LogReader(client, Book.HM).read())) == records
        assert chunks(world.down.sent) == [
            (first, min(7, records + 1 - first)) for first in range(1, records + 1, 7)
        ]


def test_a_board_that_is_busy_with_other_reads_is_not_flooded(key: Path) -> None:
    """Its refusals go before what it has to send: asked without a pause it would only refuse."""
    world = ScriptedWorld(virtual.Board(PROGRAM, 1024, key))
    client = virtual.connect(world, "busy", key)
    wanted = pb.LogRead(book=int(Book.HM), from_seq=1)
    for _ in range(16):  # as many as it takes, for minutes
        client.session.begin(pb.Request(log_read=wanted), repeat=False, is_bulk=True)
    before = client.session.counters.requests
    with pytest.raises(NoAnswer, match="busy with other log reads"):
        list(LogReader(client, Book.HM, 0, 900).read())
    assert client.session.counters.requests - before < 50


def test_where_a_log_stands_is_learnt_over_a_bad_line(key: Path) -> None:
    """A question and its answer both come through in about 0.4 of all tries, a Hello and its answer
    in 0.3, so that both must be tried often within 20 s."""
    bad = Knobs(baud=BAUD, ber=1e-3)
    for n in range(300):
        world = virtual.World(virtual.Board(PROGRAM, 1, key), f"stands {n}", bad, bad)
        client = virtual.connect(world, f"stands {n}", key, 20.0)
        assert len(list(LogReader(client, Book.HM).read())) == 1
        world.board.close()


def test_the_same_seed_is_the_same_transfer(key: Path) -> None:
    noisy = Knobs(baud=BAUD, ber=3e-4, drop=0.02, duplicate=0.02, burst_rate=1e-4)
    runs = [transfer(PROGRAM, key, "twice", noisy, noisy) for _ in range(2)]
    assert runs[0] == runs[1] and runs[0].exact


@pytest.mark.parametrize(
    "knobs",
    [
        {"drop": 0.1},
        {"duplicate": 0.3},
        {"reorder": 0.1, "reorder_s": 0.3},
        {"burst_rate": 2e-4, "burst_bytes": 300},
        {"stall_rate": 2e-5, "stall_s": 0.8},
        {"black_out_at_s": 3.0, "black_out_s": 10.0},
    ],
    ids=lambda knobs: next(iter(knobs)),
)
def test_whatever_the_line_does_the_log_arrives_whole(key: Path, knobs: dict) -> None:
    line = Knobs(baud=BAUD, **knobs)
    run = transfer(PROGRAM, key, "whatever", line, line)
    assert run.exact and not run.gaps


# Of P1 in tools/sim/fake_kernel.h; at CLOCK_AT it has its execution clock, which goes on.
AREA, CLOCK_AT = 0x40200000, 0x8000


@pytest.mark.parametrize("ber", [0.0, 1e-3])
def test_memory_arrives_whole_and_its_sum_is_the_boards(
    key: Path, ber: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xmground.memory.PAUSE_S", 0.0)  # the time of the world is virtual
    line = Knobs(baud=BAUD, ber=ber)
    world = virtual.World(virtual.Board(PROGRAM, 1, key), f"memory {ber}", line, line)
    client = virtual.connect(world, "memory", key, 20.0)
    image = read_memory(client, 1, AREA, CLOCK_AT)
    assert not image.missing
    assert image.data == bytes((at >> 8 ^ at ^ 1) & 0xFF for at in range(AREA, AREA + CLOCK_AT))
    found = sum_memory(client, 1, AREA, CLOCK_AT)
    assert found.crc32c == crc32c(image.data) and found.slots == 4
    clock = read_memory(client, 1, AREA + CLOCK_AT, 8)
    assert sum_memory(client, 1, AREA + CLOCK_AT, 8).crc32c != crc32c(clock.data)


def test_a_system_without_keys_is_read_as_well() -> None:
    run = transfer(PROGRAM, None, "no key", Knobs(baud=BAUD), Knobs(baud=BAUD))
    assert run.exact and run.of_line_rate >= 0.80
