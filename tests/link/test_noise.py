"""noise.py: the same seed gives the same damage, and what was done can be read back."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noise import Datagrams, Events, Knobs, Stream

TEXT = random.Random(1).randbytes(20_000)


def carry(way: Stream | Datagrams, pieces: list[bytes], step_s: float = 0.0) -> bytes:
    """All that arrives when the pieces are sent one after the other, step_s apart."""
    now, out = 0.0, b""
    for piece in pieces:
        way.push(piece, now)
        out += b"".join(way.due(now))
        now += step_s
    way.flush(now)
    return out + b"".join(way.due(now + 1e6))


def arrivals(way: Stream | Datagrams) -> list[tuple[float, bytes]]:
    """What arrives and when, from now on."""
    found = []
    while (due := way.next_due()) is not None:
        found += [(due, data) for data in way.due(due)]
    return found


def cut(data: bytes, seed: int) -> list[bytes]:
    """The data in pieces of random sizes."""
    dice, pieces = random.Random(seed), []
    while data:
        count = dice.randrange(1, 400)
        pieces.append(data[:count])
        data = data[count:]
    return pieces


BAD = Knobs(ber=1e-3, burst_rate=1e-3, drop=0.1, duplicate=0.1)


def test_a_perfect_line_changes_nothing() -> None:
    way = Stream("s", Knobs())
    assert carry(way, [TEXT]) == TEXT
    assert way.statistics.bytes_in == way.statistics.bytes_out == len(TEXT)
    assert way.statistics.bits_flipped == way.statistics.bursts == 0


def test_the_same_seed_gives_the_same_damage_however_the_bytes_are_cut() -> None:
    whole, again = Stream("s", BAD), Stream("s", BAD)
    assert carry(whole, [TEXT]) == carry(again, cut(TEXT, 2))
    assert whole.statistics == again.statistics
    assert whole.statistics.bits_flipped and whole.statistics.bursts and whole.statistics.dropped


def test_another_seed_gives_other_damage() -> None:
    assert carry(Stream("s", BAD), [TEXT]) != carry(Stream("t", BAD), [TEXT])


def test_one_knob_does_not_move_what_another_does() -> None:
    bits = carry(Stream("s", Knobs(ber=1e-3)), [TEXT])
    both = carry(Stream("s", Knobs(ber=1e-3, stall_rate=1e-3)), [TEXT])
    assert bits == both != TEXT


@pytest.mark.parametrize("ber", [1e-4, 1e-3, 1e-2])
def test_bits_are_turned_at_the_rate_asked_for(ber: float) -> None:
    way = Stream("rate", Knobs(ber=ber))
    count = 400_000
    out = carry(way, [bytes(count)])
    flipped = sum(byte.bit_count() for byte in out)
    expected = 8 * count * ber
    assert flipped == way.statistics.bits_flipped
    assert abs(flipped - expected) < 5 * expected**0.5


def test_every_bit_of_a_byte_is_hit() -> None:
    seen = 0
    for byte in carry(Stream("bits", Knobs(ber=0.01)), [bytes(20_000)]):
        seen |= byte
    assert seen == 0xFF


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_events_come_at_their_rate(rate: float) -> None:
    assert abs(len(Events("e", rate).among(10_000)) - 10_000 * rate) < 250


@settings(max_examples=50)
@given(st.floats(0, 1), st.lists(st.integers(0, 500), max_size=20))
def test_events_do_not_depend_on_how_trials_are_asked_for(rate: float, sizes: list[int]) -> None:
    apart, found, begin = Events("e", rate), [], 0
    for size in sizes:
        found += [begin + at for at in apart.among(size)]
        begin += size
    assert found == Events("e", rate).among(begin)


def test_bursts_have_the_mean_length_and_are_counted() -> None:
    way = Stream("b", Knobs(burst_rate=1e-3, burst_bytes=30))
    out = carry(way, [bytes(500_000)])
    done = way.statistics
    assert abs(done.burst_bytes / done.bursts - 30) < 4
    changed = sum(byte != 0 for byte in out)
    assert 0.98 * done.burst_bytes < changed <= done.burst_bytes  # 1 byte in 256 stays as it was


def test_a_burst_on_a_paced_line_ends_also_when_nothing_is_sent() -> None:
    knobs = Knobs(baud=1000, burst_rate=1.0, burst_bytes=50)
    busy, idle = Stream("b", knobs), Stream("b", knobs)
    busy.push(bytes(2), 0.0)
    idle.push(bytes(1), 0.0)
    idle.push(bytes(1), 100.0)
    assert (busy.statistics.bursts, idle.statistics.bursts) == (1, 2)


FRAMES = [bytes([1 + n % 255]) * (1 + n % 40) + b"\0" for n in range(2_000)]


def test_whole_frames_are_lost_and_counted() -> None:
    way = Stream("d", Knobs(drop=0.1))
    out = carry(way, cut(b"".join(FRAMES), 3))
    left = [frame + b"\0" for frame in out.split(b"\0")[:-1]]
    assert len(left) == len(FRAMES) - way.statistics.dropped
    assert abs(way.statistics.dropped - 200) < 60 and way.statistics.pieces == len(FRAMES)
    it = iter(FRAMES)
    assert all(frame in it for frame in left)  # the others in their order


def test_delimiters_alone_are_no_frames() -> None:
    way = Stream("d", Knobs(drop=1.0))
    assert carry(way, [b"\0\0abc\0\0"]) == b"\0\0\0"
    assert way.statistics.pieces == 1


def test_text_behind_the_last_delimiter_waits_for_flush() -> None:
    way = Stream("d", Knobs(drop=0.5))
    way.push(b"text", 0)
    assert way.next_due() is None
    way.flush(0)
    assert b"".join(way.due(0)) == b"text"


@pytest.mark.parametrize("kind", [Stream, Datagrams])
def test_copies_arrive(kind: type) -> None:
    way = kind("c", Knobs(duplicate=1.0))
    assert carry(way, [b"one\0", b"two\0"]) == b"one\0one\0two\0two\0"
    assert way.statistics.duplicated == 2


@pytest.mark.parametrize("kind", [Stream, Datagrams])
def test_what_is_held_back_is_overtaken(kind: type) -> None:
    way = kind("r", Knobs(reorder=0.3, reorder_s=0.05))
    sent = [b"%d\0" % n for n in range(100)]
    out = carry(way, sent, 0.01)
    assert sorted(out.split(b"\0")) == sorted(b"".join(sent).split(b"\0"))
    assert out != b"".join(sent) and 15 < way.statistics.reordered < 45


def test_pace_is_ten_bits_a_byte() -> None:
    way = Stream("p", Knobs(baud=1000, delay_s=0.5))
    way.push(b"abc", 2.0)
    assert way.waiting_bytes(2.0) == 3 and way.waiting_bytes(2.0151) == 2
    assert way.due(2.509) == []
    assert way.due(2.5201) == [b"ab"] and way.due(2.53) == [b"c"]
    way.push(b"d", 2.53)
    assert way.next_due() == pytest.approx(2.53 + 0.01 + 0.5)


def test_a_paced_line_carries_one_thing_after_the_other() -> None:
    way = Datagrams("p", Knobs(baud=1000))
    way.push(bytes(10), 0.0)
    way.push(bytes(5), 0.0)
    assert [at for at, _ in arrivals(way)] == pytest.approx([0.1, 0.15])


def test_stalls_hold_the_line() -> None:
    way = Stream("s", Knobs(stall_rate=0.1, stall_s=2.0))
    way.push(TEXT[:100], 0.0)
    found = arrivals(way)
    assert b"".join(data for _, data in found) == TEXT[:100]
    assert found[-1][0] == pytest.approx(2.0 * way.statistics.stalls) and way.statistics.stalls > 2


def test_black_out_lets_nothing_through_in_its_time() -> None:
    way = Stream("o", Knobs(baud=1000, black_out_at_s=0.02, black_out_s=0.03))
    way.push(b"abcdefgh", 0.0)  # bytes arrive at 0.01, 0.02, ...
    assert b"".join(way.due(1.0)) == b"aefgh"
    assert way.statistics.blacked_out_bytes == 3


def test_a_reset_of_the_sender_loses_what_the_line_has_not_begun() -> None:
    way = Stream("x", Knobs(baud=1000))
    way.push(b"abcdef", 0.0)
    way.cut(0.025)  # c is being sent
    assert b"".join(way.due(1.0)) == b"ab"
    way.push(b"Z", 1.0)
    assert b"".join(way.due(1.0101)) == b"Z"


def test_damaged_datagrams_are_lost_unless_wanted() -> None:
    sent = [TEXT[n : n + 100] for n in range(0, len(TEXT), 100)]
    way = Datagrams("u", Knobs(ber=1e-3))
    left = carry(way, sent)
    assert 0.35 < len(left) / len(TEXT) < 0.55  # exp(-0.8) = 0.45
    assert len(carry(Datagrams("u", Knobs(ber=1e-3, deliver_damaged=True)), sent)) == len(TEXT)


@pytest.mark.parametrize(
    "knobs", [{"ber": 2}, {"drop": -0.1}, {"stall_s": -1}, {"burst_rate": 0.1, "burst_bytes": 0}]
)
def test_impossible_knobs_are_refused(knobs: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(knobs)) if len(knobs) == 1 else "burst_bytes"):
        Knobs(**knobs)
