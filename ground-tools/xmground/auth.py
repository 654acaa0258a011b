"""Authentication of frames: HMAC-SHA-256 keys, codes, counters.

How keys and numbers follow from a key and two nonces is described once, in the head comment of
proto/supervisor.proto. Nothing here reads or writes a link.

A HelloAck is believed only if it carries the session that follows from this console's own nonce;
that alone binds it to this Hello. Counters are looked at, and noted, only after the code held.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError, Message

from ._generated import supervisor_pb2 as pb
from .framing import CRC_BYTES, HEADER, MAC_BYTES, Frame, FrameType, signed_bytes
from .keys import Key

LAST_COUNTER = (1 << 31) - 1  # of a session, in either direction
# A new session is opened so many frames before the last one: in time also for what is under way.
REKEY_AT = LAST_COUNTER - (1 << 16)
WINDOW = 64  # counters told apart: the highest seen and those below it


def derive(key: bytes, label: str, *numbers: bytes) -> bytes:
    """H(key, label | numbers): a key, or what numbers are cut from."""
    return hmac.digest(key, label.encode("ascii") + b"".join(numbers), hashlib.sha256)


def code_of(key: bytes, frame: Frame) -> bytes:
    """The MAC of a frame under a key of a session."""
    return hmac.digest(key, signed_bytes(frame), hashlib.sha256)[:MAC_BYTES]


def holds(key: bytes, frame: Frame) -> bool:
    """Whether the frame carries the right code; takes the same time wherever it is wrong."""
    return hmac.compare_digest(code_of(key, frame), frame.mac)


def seal(key: bytes, frame: Frame) -> Frame:
    """The frame with its code."""
    return Frame(
        frame.type,
        frame.payload,
        frame.counter,
        frame.session,
        frame.key_id,
        frame.channel,
        code_of(key, frame),
    )


class ReplayWindow:
    """Which counters were seen: each is good once, and not once it is far behind."""

    def __init__(self) -> None:
        self.highest = 0
        self._seen = 0  # bit n: highest - n was seen

    def take(self, counter: int) -> bool:
        """Whether this counter is new; notes it then."""
        if not 1 <= counter <= LAST_COUNTER:
            return False
        ahead = counter - self.highest
        if ahead > 0:
            self._seen = (self._seen << min(ahead, WINDOW) | 1) & ((1 << WINDOW) - 1)
            self.highest = counter
            return True
        if -ahead >= WINDOW or self._seen >> -ahead & 1:
            return False
        self._seen |= 1 << -ahead
        return True


class Channel:
    """The null key: no session, no code, counters that nobody checks."""

    session = 0
    key_id = 0
    # What a frame of up to 254 bytes needs on a UART beyond its payload.
    overhead_bytes = HEADER.size + CRC_BYTES + 4

    def __init__(self) -> None:
        self.sent = 0

    @property
    def used_up(self) -> bool:
        """Whether a new session should be opened before the next request."""
        return False

    def seal(self, frame_type: FrameType, payload: bytes) -> Frame:
        """The next frame to the board."""
        self.sent = self.sent % 0xFFFFFFFF + 1
        return Frame(frame_type, payload, self.sent)

    def refusal(self, frame: Frame) -> str:
        """Why a frame from the board must not be listened to: key, session, mac or replay; empty:
        it may be."""
        return "key" if frame.key_id else ""


class SealedChannel(Channel):
    """A session under a key."""

    overhead_bytes = Channel.overhead_bytes + MAC_BYTES

    def __init__(self, session: int, key_id: int, to_board: bytes, to_ground: bytes) -> None:
        super().__init__()
        self.session, self.key_id = session, key_id
        self._to_board, self._to_ground = to_board, to_ground
        self._window = ReplayWindow()

    @property
    def used_up(self) -> bool:
        """See Channel."""
        return max(self.sent, self._window.highest) >= REKEY_AT

    def seal(self, frame_type: FrameType, payload: bytes) -> Frame:
        """See Channel. Raises OverflowError rather than use a counter twice."""
        if self.sent >= LAST_COUNTER:
            raise OverflowError("all counters of the session are used")
        self.sent += 1
        return seal(
            self._to_board, Frame(frame_type, payload, self.sent, self.session, self.key_id)
        )

    def refusal(self, frame: Frame) -> str:
        """See Channel."""
        if frame.key_id != self.key_id:
            return "key"
        if frame.session != self.session:
            return "session"
        if not holds(self._to_ground, frame):
            return "mac"
        return "" if self._window.take(frame.counter) else "replay"


@dataclass(frozen=True)
class Greeting:
    """A Hello that was or will be sent; repeated as it is until it is answered."""

    key: Key
    request_id: int
    nonce: int = field(default_factory=lambda: secrets.randbits(64))

    def frame(self, minor_version: int) -> Frame:
        """The Hello."""
        hello = pb.Hello(nonce_ground=self.nonce, minor_version=minor_version)
        payload = pb.Request(id=self.request_id, hello=hello).SerializeToString()
        # The counter is not checked; the board tells repetitions by id and nonce.
        return seal(
            derive(self.key.secret, "xm1 hello ground"),
            Frame(FrameType.COMMAND, payload, 1, 0, self.key.id),
        )

    def accept(self, frame: Frame) -> tuple[SealedChannel, Message] | None:
        """The session that a frame opens, and its Reply; None if it is not the answer to this
        Hello."""
        if (frame.type, frame.key_id, frame.counter) != (FrameType.REPLY, self.key.id, 0):
            return None
        if not holds(derive(self.key.secret, "xm1 hello board"), frame):
            return None
        try:
            reply = pb.Reply.FromString(frame.payload)
        except DecodeError:
            return None
        if reply.id != self.request_id or not reply.HasField("hello_ack"):
            return None
        channel = self._channel(reply.hello_ack.nonce_board, reply.boot_id)
        return (channel, reply) if channel.session == frame.session else None

    def _channel(self, nonce_board: int, boot_id: int) -> SealedChannel:
        numbers = (
            self.nonce.to_bytes(8, "big"),
            nonce_board.to_bytes(8, "big"),
            boot_id.to_bytes(4, "big"),
        )
        session = int.from_bytes(derive(self.key.secret, "xm1 session", *numbers)[:4], "big") or 1
        return SealedChannel(
            session,
            self.key.id,
            derive(self.key.secret, "xm1 to board", *numbers),
            derive(self.key.secret, "xm1 to ground", *numbers),
        )
