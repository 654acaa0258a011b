"""framing.py: vectors of the field, round trips, and resynchronisation in noise."""

import fake_board
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmground import framing
from xmground.framing import Deframer, Frame, FrameError, Noise

FRAMES = st.builds(
    Frame,
    type=st.integers(1, 5),
    payload=st.binary(max_size=512),
    counter=st.integers(0, 2**32 - 1),
    session=st.integers(0, 2**32 - 1),
)


@pytest.mark.parametrize(
    "data, crc",
    [
        (b"", 0x00000000),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)  # RFC 3720, B.4
def test_crc32c_known_values(data: bytes, crc: int) -> None:
    assert framing.crc32c(data) == crc == fake_board.crc32c(data)


@pytest.mark.parametrize(
    "plain, encoded",
    [
        (b"", "01"),
        (b"\0", "0101"),
        (b"\0\0", "010101"),
        (b"\x11\x22\0\x33", "0311220233"),
        (b"\x11\0\0\0", "0211010101"),
        (bytes(range(1, 255)), "ff" + bytes(range(1, 255)).hex()),
        (bytes(range(0, 255)), "01ff" + bytes(range(1, 255)).hex()),
        (bytes(range(1, 256)), "ff" + bytes(range(1, 255)).hex() + "02ff"),
        (bytes(range(2, 256)) + b"\0", "ff" + bytes(range(2, 256)).hex() + "0101"),
    ],
)  # Cheshire & Baker; Wikipedia's examples
def test_cobs_known_values(plain: bytes, encoded: str) -> None:
    assert framing.cobs_encode(plain).hex() == encoded
    assert framing.cobs_decode(bytes.fromhex(encoded)) == plain


@given(st.binary(max_size=800))
def test_cobs_round_trip_agrees_with_a_second_implementation(data: bytes) -> None:
    encoded = framing.cobs_encode(data)
    assert 0 not in encoded and len(encoded) <= len(data) + len(data) // 254 + 1
    assert encoded == fake_board.cobs(data)
    assert framing.cobs_decode(encoded) == data == fake_board.uncobs(encoded)


@pytest.mark.parametrize("bad", [b"\x05abc", b"\x02", b"\x03a\0"])
def test_cobs_refuses_what_no_encoder_makes(bad: bytes) -> None:
    with pytest.raises(FrameError):
        framing.cobs_decode(bad)


def test_frame_layout_is_that_of_the_protocol() -> None:
    raw = framing.pack_frame(Frame(1, b"\xaa\xbb", counter=0x01020304, session=0x0A0B0C0D))
    assert raw[:-4].hex() == "5a010000" "0a0b0c0d" "01020304" "0002" "aabb"
    assert int.from_bytes(raw[-4:], "big") == fake_board.crc32c(raw[:-4])


@given(FRAMES)
def test_frame_round_trip(frame: Frame) -> None:
    assert framing.unpack_frame(framing.pack_frame(frame)) == frame


def test_frame_with_key_carries_its_mac() -> None:
    frame = Frame(2, b"x", key_id=3, mac=bytes(range(16)))
    assert framing.unpack_frame(framing.pack_frame(frame)) == frame


def test_frame_refuses_to_be_packed_with_key_but_no_mac_or_too_long() -> None:
    with pytest.raises(ValueError):
        framing.pack_frame(Frame(2, b"x", key_id=3))
    with pytest.raises(ValueError):
        framing.pack_frame(Frame(2, bytes(1025)))


@given(FRAMES, st.data())
def test_any_single_damage_is_noticed(frame: Frame, data: st.DataObject) -> None:
    raw = bytearray(framing.pack_frame(frame))
    at = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[at // 8] ^= 1 << at % 8
    with pytest.raises(FrameError):
        framing.unpack_frame(bytes(raw))


def _recrc(raw: bytearray) -> bytes:
    raw[-4:] = framing.crc32c(bytes(raw[:-4])).to_bytes(4, "big")
    return bytes(raw)


@pytest.mark.parametrize(
    "at, value, kind", [(0, 0x5B, "version"), (0, 0x3A, "noise"), (13, 9, "length")]
)
def test_refusals_are_told_apart(at: int, value: int, kind: str) -> None:
    raw = bytearray(framing.pack_frame(Frame(2, b"abc")))
    raw[at] = value
    with pytest.raises(FrameError) as caught:
        framing.unpack_frame(_recrc(raw))
    assert caught.value.kind == kind


@given(st.lists(st.one_of(FRAMES, st.binary(max_size=1500)), max_size=8), st.integers(1, 700))
def test_every_frame_is_found_among_any_noise(pieces: list, step: int) -> None:
    wire = b"".join(framing.encode_uart(p) if isinstance(p, Frame) else p for p in pieces)
    deframer = Deframer()
    found = [
        item for at in range(0, len(wire), step) for item in deframer.feed(wire[at : at + step])
    ]
    assert [item for item in found if isinstance(item, Frame)] == [
        p for p in pieces if isinstance(p, Frame)
    ]
    assert deframer.counters.rx_bytes == len(wire)


def test_noise_is_counted_by_kind_and_shown() -> None:
    good = framing.encode_uart(Frame(2, b"payload"))
    damaged = bytearray(good)
    damaged[20] ^= 0x40
    deframer = Deframer()
    found = deframer.feed(b"xm: boot\n" + bytes(damaged) + good)
    assert [type(item) for item in found] == [Noise, Noise, Frame]
    assert found[0] == Noise("noise", b"xm: boot\n")
    assert (
        deframer.counters.crc_errors,
        deframer.counters.frames_good,
        deframer.counters.text_bytes,
    ) == (1, 1, 9)


def test_half_a_frame_left_by_a_reset_costs_only_itself() -> None:
    wire = framing.encode_uart(Frame(2, b"payload"))
    deframer = Deframer()
    assert isinstance(deframer.feed(wire[:10] + wire)[-1], Frame)


def test_endless_text_does_not_fill_memory() -> None:
    deframer = Deframer()
    for _ in range(100):
        deframer.feed(b"x" * 100)
    assert deframer.counters.text_bytes > 10_000 - framing.MAX_ENCODED_BYTES
    deframer.flush()
    assert deframer.counters.text_bytes == 10_000


def test_flush_gives_text_that_waits_for_a_delimiter() -> None:
    deframer = Deframer()
    assert deframer.feed(b"boot: ok") == []
    assert deframer.flush() == [Noise("noise", b"boot: ok")]
    assert deframer.flush() == []
