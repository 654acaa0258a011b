"""Requests and their answers over a link that loses, repeats, delays and damages frames.

A request keeps its id for all its transmissions; the board executes an id once and answers a
repeated one from its journal. Answers are matched by id and stage, never by order, so a late or
repeated one is counted and dropped.

A board that reboots forgets its journal. Therefore a request that changes something is not sent
again once a frame of another boot was seen. What remains is a reboot that no frame has told of yet
between two transmissions; the proto gives the board no means to refuse that one.
"""

import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import DecodeError, Message

from ._generated import supervisor_pb2 as pb
from .errors import (
    AuthenticationError,
    BoardRebooted,
    LinkUnavailable,
    NoAnswer,
    OutcomeUnknown,
    VersionMismatch,
)
from .framing import Deframer, Frame, FrameType, LinkCounters, Noise, encode_uart
from .transport import Transport

# The first repetition must come later than an honest answer: the supervisor may run only once per
# major frame.
FIRST_RETRY_S = 0.7
RETRY_GROWTH = 1.5
MAX_SENDS = 6
RECONNECT_PAUSE_S = 0.2
# A reply tells the board's time as of its making; it may have waited so long for the line.
REPLY_DELAY_S = 1.0
_heard_clock = time.monotonic  # ground time of a reply
FINAL_STAGES = (pb.STAGE_COMPLETED, pb.STAGE_REJECTED, pb.STAGE_FAILED)


@dataclass
class SessionCounters:
    """What happened above the frames, since the session began."""

    requests: int = 0
    retransmissions: int = 0
    late: int = 0
    duplicates: int = 0
    undecodable: int = 0
    reconnects: int = 0


@dataclass
class Observer:
    """Places where a caller may look on; all optional, none may raise."""

    on_frame: Callable[[str, Frame | Noise], None] = lambda direction, frame: None
    on_event: Callable[[Message], None] = lambda event: None
    on_note: Callable[[str], None] = lambda text: None


@dataclass
class _Exchange:
    """One request under way."""

    request_id: int
    wire: bytes
    safe: bool
    max_sends: int
    boot_id: int
    heard_us: int  # board time of the last reply before this request: none to it can be older
    heard_at: float  # ground time of the same; 0: no reply yet
    deliver: Callable[[Message], None]
    deliver_chunk: Callable[[Message], None]
    last_stage: int = pb.STAGE_NONE
    final: Message | None = None
    sends: int = 0
    next_send: float = 0.0
    sent_at: float = 0.0  # the last transmission
    rebooted_to: int = 0


class Session:
    """One client's view of one board. Not for several threads."""

    def __init__(
        self,
        connect: Callable[[float], Transport],
        observer: Observer | None = None,
        first_retry_s: float | None = None,
    ) -> None:
        """`connect` opens the link within the given seconds; it is called again when the link was
        lost."""
        self._connect = connect
        self._observer = observer or Observer()
        self._first_retry_s = FIRST_RETRY_S if first_retry_s is None else first_retry_s
        self._transport: Transport | None = None
        self._deframer = Deframer()
        # A random start keeps two consoles, one after the other, from using the same id: the board
        # would take the second request for a repetition of the first.
        self._next_id = random.SystemRandom().randrange(1 << 28, 1 << 31)
        self._counter = 0
        self._session = 0
        self.boot_id = 0
        # Counts the board's starts seen. A board whose memory lost its content has the boot id of
        # its first start again; then its clock gives it away.
        self.life = 0
        self._heard_us, self._heard_at = 0, 0.0
        self.beacon: Message | None = None
        self.counters = SessionCounters()
        self._foreign_key = 0
        self._round_trips_s: deque[float] = deque(maxlen=8)

    @property
    def link_counters(self) -> LinkCounters:
        """Bytes and frames as the ground saw them."""
        return self._deframer.counters

    def open(self, timeout_s: float) -> None:
        """Opens the link. Raises LinkUnavailable, LinkOccupied, UsageError."""
        self._transport = self._connect(timeout_s)

    def close(self) -> None:
        """Gives the link back; may be called twice."""
        if self._transport:
            self._transport.close()
            self._transport = None

    def exchange(
        self,
        request: Message,
        *,
        timeout_s: float,
        completion_s: float = 0.0,
        safe: bool = True,
        repeat: bool = True,
        on_reply: Callable[[Message], None] = lambda reply: None,
        on_chunk: Callable[[Message], None] = lambda chunk: None,
        enough: Callable[[Message], bool] = lambda reply: False,
    ) -> Message:
        """Sends a request until its final reply, or one that is `enough`, has come, and gives that
        reply.

        timeout_s bounds the wait for the first reply, completion_s the wait from there to the final
        one (0: the same as timeout_s). safe: repeating it across a reboot does no harm.
        repeat=False: it is sent a single time. Raises NoAnswer when no reply came, OutcomeUnknown
        when only early stages came, BoardRebooted, LinkUnavailable, AuthenticationError,
        VersionMismatch.
        """
        request.id = self._take_id()
        now = time.monotonic()
        deadline = now + timeout_s
        exchange = _Exchange(
            request.id,
            self._pack(request),
            safe,
            MAX_SENDS if repeat else 1,
            self.boot_id,
            self._heard_us,
            self._heard_at,
            on_reply,
            on_chunk,
            next_send=now,
        )
        self.counters.requests += 1
        while exchange.final is None:
            stage_before = exchange.last_stage
            self._send_if_due(exchange, deadline)
            wake, reconnects = min(deadline, exchange.next_send), self.counters.reconnects
            for item in self._receive(max(0.0, wake - time.monotonic()), deadline):
                self._dispatch(item, exchange, enough)
            if self.counters.reconnects != reconnects and exchange.sends < exchange.max_sends:
                exchange.next_send = time.monotonic()
            if exchange.final is None and exchange.rebooted_to and not safe:
                raise BoardRebooted(
                    "the board rebooted while the command was under way: look at its state before "
                    "sending the command again",
                    exchange.rebooted_to,
                )
            if stage_before == pb.STAGE_NONE and exchange.last_stage != pb.STAGE_NONE:
                deadline = time.monotonic() + (completion_s or timeout_s)
            if exchange.final is None and time.monotonic() >= deadline:
                raise self._timed_out(exchange, timeout_s)
        return exchange.final

    def listen(self, timeout_s: float) -> list[Frame | Noise]:
        """Whatever arrives within the time, without asking; for `link sniff`. Raises
        LinkUnavailable."""
        before = self.link_counters.rx_bytes
        items = self._receive(timeout_s, time.monotonic() + timeout_s)
        if self.link_counters.rx_bytes == before:  # quiet: what waits is text, not half a frame
            items = self._deframer.flush()
            for item in items:
                self._observer.on_frame("rx", item)
        return items

    def send_only(self, request: Message) -> None:
        """Sends a request without waiting for its answer. Raises LinkUnavailable."""
        request.id = self._take_id()
        self._write(self._pack(request), time.monotonic() + 1.0)

    # ---- sending

    def _take_id(self) -> int:
        self._next_id = self._next_id % 0xFFFFFFFF + 1
        return self._next_id

    def _pack(self, request: Message) -> bytes:
        return request.SerializeToString()

    def _send_if_due(self, exchange: _Exchange, deadline: float) -> None:
        now = time.monotonic()
        if now < exchange.next_send:
            return
        wait = self._retry_s() * RETRY_GROWTH**exchange.sends
        exchange.sends += 1
        exchange.sent_at = now
        exchange.next_send = now + wait if exchange.sends < exchange.max_sends else float("inf")
        if exchange.sends > 1:
            self.counters.retransmissions += 1
            self._observer.on_note(
                f"no final answer yet: request {exchange.request_id:#x} sent again"
            )
        self._write(exchange.wire, deadline)

    def _retry_s(self) -> float:
        """Twice the longest of the last round trips, which includes the wait for the supervisor's
        slot; the first guess is the upper bound, because a repetition costs little."""
        if not self._round_trips_s:
            return self._first_retry_s
        least_s = self._first_retry_s / 5
        return min(self._first_retry_s, max(least_s, 2 * max(self._round_trips_s)))

    def _write(self, payload: bytes, deadline: float) -> None:
        self._counter += 1
        frame = Frame(FrameType.COMMAND, payload, self._counter, self._session)
        wire = encode_uart(frame)
        self._observer.on_frame("tx", frame)
        for attempt in (1, 2):
            try:
                self._link(deadline).write(wire)
                break
            except LinkUnavailable:
                self._lose_link()
                if attempt == 2:
                    raise
        self.link_counters.tx_bytes += len(wire)
        self.link_counters.frames_sent += 1

    # ---- the link itself

    def _link(self, deadline: float) -> Transport:
        """The open link; opens it again until the deadline if it was lost."""
        while self._transport is None:
            left = deadline - time.monotonic()
            try:
                self._transport = self._connect(max(0.05, left))
                self.counters.reconnects += 1
                self._observer.on_note("link opened again")
            except LinkUnavailable:
                if left <= RECONNECT_PAUSE_S:
                    raise
                time.sleep(RECONNECT_PAUSE_S)
        return self._transport

    def _lose_link(self) -> None:
        if self._transport:
            self._observer.on_note("link lost")
        self.close()

    def _receive(self, wait_s: float, deadline: float) -> list[Frame | Noise]:
        try:
            data = self._link(deadline).read(wait_s)
        except LinkUnavailable:
            self._lose_link()
            if deadline - time.monotonic() <= RECONNECT_PAUSE_S:
                raise
            time.sleep(RECONNECT_PAUSE_S)
            self._link(deadline)
            return []
        items = self._deframer.feed(data)
        for item in items:
            self._observer.on_frame("rx", item)
        return items

    # ---- receiving

    def _dispatch(
        self, item: Frame | Noise, exchange: _Exchange, enough: Callable[[Message], bool]
    ) -> None:
        if isinstance(item, Noise):
            return
        if item.key_id:
            self._foreign_key = item.key_id
            return
        try:
            self._dispatch_frame(item, exchange, enough)
        except DecodeError:
            self.counters.undecodable += 1

    def _dispatch_frame(
        self, frame: Frame, exchange: _Exchange, enough: Callable[[Message], bool]
    ) -> None:
        if frame.type == FrameType.REPLY:
            self._session = frame.session
            self._reply(pb.Reply.FromString(frame.payload), exchange, enough)
        elif frame.type == FrameType.BULK:
            chunk = pb.Chunk.FromString(frame.payload)
            if chunk.id == exchange.request_id:
                exchange.deliver_chunk(chunk)
            else:
                self.counters.late += 1
        elif frame.type == FrameType.EVENT:
            event = pb.Event.FromString(frame.payload)
            self._see_boot(event.boot_id, exchange)
            self._observer.on_event(event)
        elif frame.type == FrameType.BEACON:
            self.beacon = pb.Beacon.FromString(frame.payload)
            self._see_boot(self.beacon.boot_id, exchange)

    def _see_boot(self, boot_id: int, exchange: _Exchange) -> None:
        if exchange.boot_id and boot_id != exchange.boot_id:
            exchange.rebooted_to = boot_id
        if self.boot_id and boot_id != self.boot_id:
            self.life += 1
        self.boot_id = boot_id

    def _see_time(self, reply: Message, exchange: _Exchange) -> None:
        """Finds out a new start under the old boot id: the clock ran back, or it shows less than
        the time for which nothing was heard. Beacons do not count: they may overtake replies."""
        now = _heard_clock()
        silence_us = (now - exchange.heard_at - REPLY_DELAY_S) * 1e6
        if (
            exchange.heard_at
            and not exchange.rebooted_to
            and reply.board_time_us < max(exchange.heard_us, silence_us)
        ):
            exchange.rebooted_to = reply.boot_id
            self.life += 1
        self._heard_us, self._heard_at = reply.board_time_us, now

    def _reply(
        self, reply: Message, exchange: _Exchange, enough: Callable[[Message], bool]
    ) -> None:
        if reply.id != exchange.request_id:
            self.counters.late += 1
            return
        self._see_boot(reply.boot_id, exchange)
        self._see_time(reply, exchange)
        if exchange.final is not None or reply.stage <= exchange.last_stage:
            self.counters.duplicates += 1
            return
        if exchange.rebooted_to and not exchange.safe:
            return
        if exchange.last_stage == pb.STAGE_NONE and exchange.sends == 1:
            # Of a repeated request nobody knows which transmission was answered.
            self._round_trips_s.append(time.monotonic() - exchange.sent_at)
        exchange.last_stage = reply.stage
        exchange.deliver(reply)
        if reply.stage in FINAL_STAGES or enough(reply):
            exchange.final = reply

    def _timed_out(self, exchange: _Exchange, timeout_s: float) -> Exception:
        if exchange.last_stage != pb.STAGE_NONE:
            stage = pb.Stage.Name(exchange.last_stage).removeprefix("STAGE_").lower()
            return OutcomeUnknown(
                f"the board told '{stage}' and then nothing more in time: look at its state before "
                "sending the command again"
            )
        if self._foreign_key:
            return AuthenticationError(
                f"the board authenticates its frames (key id {self._foreign_key}) and this "
                "console has no key: use a board with the null key"
            )
        if self.link_counters.version_errors and not self.link_counters.frames_good:
            return VersionMismatch(
                "the board speaks another major version of the protocol: use the console of its "
                "release"
            )
        heard = "text but no frame" if self.link_counters.text_bytes else "nothing"
        if self.link_counters.frames_good:
            heard = "frames, but not the answer"
        return NoAnswer(
            f"no answer within {timeout_s:g} s ({heard} received): check that the target runs a "
            "supervisor on this link, or raise --timeout"
        )
