"""Sends the supervisor what a bad line makes of frames, each followed by a good one that must be answered."""

import time

from xmground._generated import supervisor_pb2 as pb
from xmground.client import Client
from xmground.errors import XmgError
from xmground.framing import HEADER, MAGIC, MAJOR, Frame, FrameType, cobs_encode, crc32c, encode_uart, pack_frame
from xmground.session import Session
from xmground.transport import open_link

PING = pb.Request(id=1, ping=pb.Ping(ground_time_us=1)).SerializeToString()


def good() -> bytes:
    return pack_frame(Frame(FrameType.COMMAND, PING, counter=1))


def wire(frame: bytes) -> bytes:
    return b"\0" + cobs_encode(frame) + b"\0"


def with_crc(body: bytes) -> bytes:
    return body + crc32c(body).to_bytes(4, "big")


def damaged() -> bytes:
    frame = bytearray(good())
    frame[16] ^= 0x40
    return wire(bytes(frame))


def wrong_length() -> bytes:
    return wire(with_crc(HEADER.pack(MAGIC << 4 | MAJOR, 1, 0, 0, 0, 1, len(PING) + 1) + PING))


def other_version() -> bytes:
    return wire(with_crc(HEADER.pack(MAGIC << 4 | 0xB, 1, 0, 0, 0, 1, len(PING)) + PING))


def unknown_key() -> bytes:
    return wire(with_crc(HEADER.pack(MAGIC << 4 | MAJOR, 1, 0, 9, 0, 1, len(PING)) + PING + bytes(16)))


def oversized() -> bytes:
    return b"\0" + b"\x55" * 700 + b"\0"


def not_protobuf() -> bytes:
    return encode_uart(Frame(FrameType.COMMAND, b"\xff" * 20, counter=1))


CASES = [
    ("damaged", damaged, ["crc_errors"]),
    ("wrong length", wrong_length, ["length_errors"]),
    ("other version", other_version, ["version_errors"]),
    ("unknown key", unknown_key, ["key_errors"]),
    ("oversized", oversized, ["length_errors", "console_bytes", "crc_errors"]),
    ("not protobuf", not_protobuf, ["decode_errors"]),
]


def connect(port: int) -> Client:
    """A client whose hello was answered: the system has booted."""
    end = time.monotonic() + 20
    while True:
        client = Client(Session(lambda timeout_s: open_link(f"tcp:127.0.0.1:{port}", timeout_s)), timeout_s=5)
        try:
            client.__enter__()
            client.hello()
            return client
        except XmgError:
            client.close()
            if time.monotonic() > end:
                raise


def drive(port: int) -> list[str]:
    lines = []
    client = connect(port)
    try:
        for name, make, counters in CASES:
            before = client.link_state()
            client.session._line._transport.write(make())
            after = client.link_state()  # itself the good frame that must be served
            counted = sum(int(after[key]) - int(before[key]) for key in counters)
            lines.append(f"{name}: counted {'yes' if counted > 0 else 'no'}, next one served")
        lines.append(f"authenticated {client.link_state()['authenticated']}")
    finally:
        client.close()
    return lines
