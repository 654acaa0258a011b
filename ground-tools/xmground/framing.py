"""Frames on the wire: COBS, header, CRC-32C. Pure functions on bytes, and a deframer that loses
nothing unnoticed.

The layout is described once, in the head comment of proto/supervisor.proto. A CRC-32C word is
big-endian like the header.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

MAGIC = 0x5
MAJOR = 0xA
HEADER = struct.Struct(">BBBBIIH")
CRC_BYTES = 4
MAC_BYTES = 16
# Largest frame that anybody may send (UDP: 1024 bytes of payload). On the UART nothing longer can
# be a frame, so that many bytes without a delimiter are text.
MAX_PAYLOAD_BYTES = 1024
MAX_FRAME_BYTES = HEADER.size + MAX_PAYLOAD_BYTES + MAC_BYTES + CRC_BYTES
MAX_ENCODED_BYTES = MAX_FRAME_BYTES + MAX_FRAME_BYTES // 254 + 1


class FrameType(IntEnum):
    """Second byte of the header: which message the payload is."""

    COMMAND = 1
    REPLY = 2
    EVENT = 3
    BULK = 4
    BEACON = 5


class FrameError(ValueError):
    """Bytes that are not a good frame; `kind` is one of noise, crc, length, version."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Frame:
    """One frame, checked. `type` may be a number that FrameType does not know: fields are only
    added."""

    type: int
    payload: bytes
    counter: int = 0
    session: int = 0
    key_id: int = 0
    channel: int = 0
    mac: bytes = b""


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli) of the bytes: reflected, initial value and final exclusive-or all
    ones."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def cobs_encode(data: bytes) -> bytes:
    """Bytes without a zero: each group of up to 254 bytes that holds none is preceded by its length
    plus 1."""
    out = bytearray()
    for number, run in enumerate(runs := data.split(b"\0")):
        while len(run) >= 254:
            out.append(255)
            out += run[:254]
            run = run[254:]
            if not run and number == len(runs) - 1:
                return bytes(out)  # a full last group needs no empty one behind it
        out.append(len(run) + 1)
        out += run
    return bytes(out)


def cobs_decode(data: bytes) -> bytes:
    """The inverse of cobs_encode. Raises FrameError("noise") for bytes that it cannot have made."""
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        end = at + code
        if code == 0 or end > len(data) or 0 in data[at + 1 : end]:
            raise FrameError("noise", "not COBS")
        out += data[at + 1 : end]
        at = end
        if code != 255 and at < len(data):
            out.append(0)
    return bytes(out)


def signed_bytes(frame: Frame) -> bytes:
    """Header and payload: what the MAC is made from."""
    head = HEADER.pack(
        MAGIC << 4 | MAJOR,
        frame.type,
        frame.channel,
        frame.key_id,
        frame.session,
        frame.counter,
        len(frame.payload),
    )
    return head + frame.payload


def pack_frame(frame: Frame) -> bytes:
    """Header, payload, MAC and CRC. Raises ValueError for a payload or MAC that does not fit."""
    if len(frame.mac) != (MAC_BYTES if frame.key_id else 0):
        raise ValueError("a frame has a MAC of 16 bytes exactly if its key id is not 0")
    if len(frame.payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"payload of {len(frame.payload)} bytes is too long for a frame")
    body = signed_bytes(frame) + frame.mac
    return body + crc32c(body).to_bytes(CRC_BYTES, "big")


def unpack_frame(data: bytes) -> Frame:
    """The inverse of pack_frame; checks in the order CRC, version, length. Raises FrameError."""
    if len(data) < HEADER.size + CRC_BYTES or data[0] >> 4 != MAGIC:
        raise FrameError("noise", "no frame header")
    body, check = data[:-CRC_BYTES], data[-CRC_BYTES:]
    if crc32c(body) != int.from_bytes(check, "big"):
        raise FrameError("crc", "wrong CRC-32C")
    if data[0] & 0xF != MAJOR:
        raise FrameError("version", f"major version {data[0] & 0xF}, this console speaks {MAJOR}")
    _, type_, channel, key_id, session, counter, length = HEADER.unpack_from(data)
    mac_bytes = MAC_BYTES if key_id else 0
    if len(body) != HEADER.size + length + mac_bytes:
        raise FrameError("length", f"header says {length} bytes of payload")
    payload_end = HEADER.size + length
    return Frame(
        type_,
        body[HEADER.size : payload_end],
        counter,
        session,
        key_id,
        channel,
        body[payload_end:],
    )


def encode_uart(frame: Frame) -> bytes:
    """The frame as it goes over a byte stream. The leading zero flushes half a frame that a reset
    may have left."""
    return b"\0" + cobs_encode(pack_frame(frame)) + b"\0"


@dataclass(frozen=True)
class Noise:
    """Bytes between delimiters that are no frame: console text, or a damaged frame. `kind` as in
    FrameError."""

    kind: str
    data: bytes


@dataclass
class LinkCounters:
    """What the ground side saw of the link, in frames and bytes since it was opened."""

    rx_bytes: int = 0
    tx_bytes: int = 0
    frames_good: int = 0
    frames_sent: int = 0
    crc_errors: int = 0
    length_errors: int = 0
    version_errors: int = 0
    key_errors: int = 0
    session_errors: int = 0
    mac_errors: int = 0
    replay_errors: int = 0
    resyncs: int = 0  # frames begun after bytes that were none
    text_bytes: int = 0


@dataclass
class Deframer:
    """Finds frames in a byte stream or in datagrams; whatever is not one is counted and given out
    as Noise."""

    counters: LinkCounters = field(default_factory=LinkCounters)
    _buffer: bytearray = field(default_factory=bytearray)
    _lost: bool = False  # something that was no frame came since the last one

    def feed_datagram(self, data: bytes) -> list[Frame | Noise]:
        """Takes a datagram, which holds one frame as it is; gives that, or noise."""
        self.counters.rx_bytes += len(data)
        found: list[Frame | Noise] = []
        if data:
            self._unpack(found, data, lambda: data)
        return found

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Takes received bytes in pieces of any size; gives the frames and noise that they
        complete, in order."""
        self.counters.rx_bytes += len(data)
        found: list[Frame | Noise] = []
        *complete, rest = data.split(b"\0")
        for piece in complete:
            self._buffer += piece
            self._close(found)
        self._buffer += rest
        if len(self._buffer) > MAX_ENCODED_BYTES:
            self._noise(found, "noise", self._take())
        return found

    def flush(self) -> list[Frame | Noise]:
        """Text that waits for a delimiter; for whoever shows it without waiting for the next
        frame."""
        found: list[Frame | Noise] = []
        if self._buffer:
            self._noise(found, "noise", self._take())
        return found

    def _take(self) -> bytes:
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    def _close(self, found: list[Frame | Noise]) -> None:
        data = self._take()
        if data:
            self._unpack(found, data, lambda: cobs_decode(data))

    def _unpack(self, found: list[Frame | Noise], data: bytes, decode: Callable[[], bytes]) -> None:
        try:
            frame = unpack_frame(decode())
        except FrameError as error:
            self._noise(found, error.kind, data)
            return
        self.counters.frames_good += 1
        self.counters.resyncs += self._lost
        self._lost = False
        found.append(frame)

    def _noise(self, found: list[Frame | Noise], kind: str, data: bytes) -> None:
        self._lost = True
        if kind == "crc":
            self.counters.crc_errors += 1
        elif kind == "length":
            self.counters.length_errors += 1
        elif kind == "version":
            self.counters.version_errors += 1
        else:
            self.counters.text_bytes += len(data)
        found.append(Noise(kind, data))
