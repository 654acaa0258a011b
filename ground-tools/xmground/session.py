"""Requests and their answers over a link that loses, repeats, delays and damages frames.

A request keeps its id for all its transmissions; the board executes an id once and answers a
repeated one from its journal. Answers are matched by id and stage, never by order, so a late or
repeated one is counted and dropped.

With a key, frames travel in a session (auth.py). It is opened before the first request, and again
when its counters are nearly used up, when the board falls silent (it may have been reset, and then
knows the old session no more) or when another console has taken the link. What is under way then
goes on in the new session under the same id.

A board that reboots may have forgotten its journal. Therefore a request that changes something is
not sent again once a frame of another boot was seen: requester.py asks what became of it.
"""

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError, Message

from ._generated import supervisor_pb2 as pb
from .auth import Channel, Greeting
from .clock import Clock
from .credit import Credit
from .errors import (
    AuthenticationError,
    BoardRebooted,
    NoAnswer,
    OutcomeUnknown,
    VersionMismatch,
)
from .framing import Frame, FrameType, LinkCounters, Noise
from .keys import Key
from .line import Line
from .transport import Transport

PROTOCOL_MINOR = 2
# The first repetition must come later than an honest answer: the supervisor may run only once per
# major frame.
FIRST_RETRY_S = 0.7
RETRY_GROWTH = 1.5
MAX_SENDS = 6
# Silence of so many retry times while something is under way: the session may be unknown there.
SILENT_RETRIES = 2
# After so many, nothing that was sent can still be unread by a board that lives.
STALE_RETRIES = 3
# Every key of the file is tried so many times before the next one; the board may not have the new
# one yet.
HELLOS_PER_KEY = 2
HELLO_BYTES = 80  # on the line, at most
CREDIT_PAUSE_S = 0.02
# A reply tells the board's time as of its making; it may have waited so long for the line.
REPLY_DELAY_S = 1.0
OnFrame = Callable[[str, Frame | Noise], None]
# Why a session was followed by another one.
REBOOTED, SILENT, USED_UP, ASKED_FOR = "board rebooted", "board silent", "used up", "asked for"
FINAL_STAGES = (pb.STAGE_COMPLETED, pb.STAGE_REJECTED, pb.STAGE_FAILED)


@dataclass
class SessionCounters:
    """What happened above the frames, since the link was opened."""

    sessions: int = 0
    requests: int = 0
    retransmissions: int = 0
    late: int = 0
    duplicates: int = 0
    undecodable: int = 0
    reconnects: int = 0


@dataclass
class Observer:
    """Places where a caller may look on; all optional, none may raise."""

    on_frame: OnFrame = lambda direction, frame: None
    on_event: Callable[[Message], None] = lambda event: None
    on_note: Callable[[str], None] = lambda text: None
    on_null_key: Callable[[], None] = lambda: None  # once, when a board answers without a key
    on_round_trip: Callable[[float], None] = lambda seconds: None


@dataclass
class Exchange:
    """One request under way."""

    request_id: int
    payload: bytes
    safe: bool
    max_sends: int
    boot_id: int
    heard_us: int  # board time of the last reply before this request: none to it can be older
    heard_at: float  # ground time of the same; 0: no reply yet
    heard_in: Channel | None  # and its session
    on_reply: Callable[[Message], None]
    on_chunk: Callable[[Message], None]
    enough: Callable[[Message], bool]
    next_send: float
    is_bulk: bool = False  # its answer comes when its data has come: that is no round trip
    last_stage: int = pb.STAGE_NONE
    final: Message | None = None
    sends: int = 0
    sent_at: float = 0.0  # the last transmission
    first_frame: int = 0  # number of its first transmission
    rebooted_to: int = 0


@dataclass
class _Opening:
    """A session being opened: the Hellos sent for it."""

    cause: str  # why the present session is to end
    beside: bool = False  # it goes on, if its silence ends first
    greetings: list[Greeting] = field(default_factory=list)
    hellos: int = 0
    next_hello: float = 0.0
    probe_id: int = 0  # of the ping that only a board without keys answers


class Session:
    """One client's view of one board. Not for several threads."""

    def __init__(
        self,
        connect: Callable[[float], Transport],
        observer: Observer | None = None,
        first_retry_s: float | None = None,
        keys: Sequence[Key] = (),
        clock: Clock | None = None,
    ) -> None:
        """`connect` opens the link within the given seconds; it is called again when the link was
        lost. keys: the first is used, the others are tried when the board does not know it; none:
        the null key."""
        self._observer = observer or Observer()
        self._clock = clock or Clock()
        self._line = Line(connect, self._clock, self._saw_frame, self._observer.on_note)
        self._listener: OnFrame = lambda direction, frame: None
        self._first_retry_s = FIRST_RETRY_S if first_retry_s is None else first_retry_s
        self._keys = tuple(keys)
        self._channel: Channel | None = None if self._keys else Channel()
        self._opening: _Opening | None = None
        self._credit = Credit(STALE_RETRIES * self._first_retry_s)
        self._frame_number = 0
        self._active: dict[int, Exchange] = {}
        # The board remembers ids over sessions and boots: a random start keeps two consoles, one
        # after the other, from using the same one.
        self._next_id = secrets.randbelow(0xFFFFFFFF)
        self.boot_id = 0
        # Counts the board's starts seen. A board whose memory lost its content has the boot id of
        # its first start again; then its clock gives it away.
        self.life = 0
        # Counts the moments since which it may have started anew without that being seen: whoever
        # needs to know asks for something that only the old life can have.
        self.doubts = 0
        self._heard_us, self._heard_at = 0, 0.0
        self._heard_in: Channel | None = None
        self._last_heard = 0.0  # ground time of the last frame that was listened to
        self._asked_at = 0.0  # and of the first request sent since
        self.beacon: Message | None = None
        self.greeting: Message | None = None  # the Reply that opened the session
        self.counters = SessionCounters()
        self.ends = dict.fromkeys((REBOOTED, SILENT, USED_UP, ASKED_FOR), 0)
        self._session_life = 0  # when the present session began
        self._foreign_key = 0
        self._keyless_board = False
        self._round_trips_s: deque[float] = deque(maxlen=8)

    @property
    def link_counters(self) -> LinkCounters:
        """Bytes and frames as the ground saw them."""
        return self._line.counters

    @property
    def channel(self) -> Channel | None:
        """The session on the link; None: none is open yet."""
        return self._channel

    @property
    def datagrams(self) -> bool:
        """Whether each frame travels alone, so that its length does not matter for its loss."""
        return self._line.datagrams

    @property
    def clock(self) -> Clock:
        """The time that all waiting goes by."""
        return self._clock

    def open(self, timeout_s: float) -> None:
        """Opens the link. Raises LinkUnavailable, LinkOccupied, UsageError."""
        self._line.open(timeout_s)

    @property
    def is_open(self) -> bool:
        """Whether the link is open, as far as is known."""
        return self._line.is_open

    @property
    def losses(self) -> int:
        """Times that the link was lost."""
        return self._line.losses

    def close(self) -> None:
        """Gives the link back; may be called twice."""
        self._line.close()

    # ---- sessions

    def establish(self, timeout_s: float, anew: bool = False) -> None:
        """Opens a session if there is none that can go on; anew: in any case. Nothing to do without
        keys. Raises AuthenticationError, NoAnswer, VersionMismatch, LinkUnavailable."""
        if not self._keys or (self._channel and not self._channel.used_up and not anew):
            return
        deadline = self._clock.now() + timeout_s
        is_used_up = self._channel is not None and self._channel.used_up
        before, self._opening = self._channel, _Opening(USED_UP if is_used_up else ASKED_FOR)
        while self._channel is before:
            now = self._clock.now()
            if now >= self._opening.next_hello:
                self._greet(self._opening, deadline)
            self._take_in(min(deadline, self._opening.next_hello) - now, deadline)
            if self._channel is before and (self._keyless_board or self._clock.now() >= deadline):
                self._opening = None
                raise self._not_admitted(timeout_s)

    def _greet(self, opening: _Opening, deadline: float) -> None:
        """Sends a Hello; a repeated one as it was, so that the board offers the same session."""
        now = self._clock.now()
        if self._credit.left(now) < HELLO_BYTES:
            opening.next_hello = now + CREDIT_PAUSE_S
            return
        number = opening.hellos // HELLOS_PER_KEY % len(self._keys)
        if number == len(opening.greetings):
            opening.greetings.append(Greeting(self._keys[number], self.take_id()))
        frame = opening.greetings[number].frame(PROTOCOL_MINOR)
        wait = self._retry_s() * RETRY_GROWTH ** min(opening.hellos, MAX_SENDS)
        opening.next_hello = now + wait
        opening.hellos += 1
        self._write(frame, deadline)
        if opening.hellos == HELLOS_PER_KEY and not opening.beside:
            # Nobody answers: is it because the board has no keys?
            opening.probe_id = self.take_id()
            probe = pb.Request(id=opening.probe_id, ping=pb.Ping())
            self._write(Channel().seal(FrameType.COMMAND, probe.SerializeToString()), deadline)

    def _begin(self, channel: Channel, reply: Message) -> None:
        """The board has answered a Hello: from now on its session is the one."""
        now = self._clock.now()
        before, cause = self._channel, self._opening.cause if self._opening else ASKED_FOR
        self._channel, self._opening, self.greeting = channel, None, reply
        self.counters.sessions += 1
        self._last_heard = now
        self._credit.state(reply.hello_ack.credit, now)
        self._see_boot(reply.boot_id)
        self._see_new_session(reply)
        if before:
            self.ends[REBOOTED if self.life != self._session_life else cause] += 1
        self._session_life = self.life
        self._observer.on_note(f"session {channel.session:#010x} open, key id {channel.key_id}")
        for exchange in self._active.values():
            if exchange.max_sends > 1:
                exchange.sends = min(exchange.sends, exchange.max_sends - 1)
                exchange.next_send = now

    @property
    def _is_unanswered(self) -> bool:
        """Whether nothing was heard since something was asked in a session."""
        return bool(self._keys and self._active) and self._asked_at > self._last_heard

    @property
    def _silent_at(self) -> float:
        """When the board is to be called silent, if nothing is heard until then."""
        return self._asked_at + SILENT_RETRIES * self._retry_s()

    def _tend(self, deadline: float) -> None:
        """Opens a new session beside the present one when the board does not answer in that; the
        board keeps the present one until the new one is used, so nothing is lost by asking."""
        now = self._clock.now()
        if not self._is_unanswered or now < self._silent_at:
            return
        if self._opening is None:
            self._opening = _Opening(SILENT, beside=True)
            self._observer.on_note("the board is silent: asking it for a new session")
        if now >= self._opening.next_hello:
            self._greet(self._opening, deadline)

    # ---- requests

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
        self.establish(timeout_s)
        exchange = self.begin(
            request, safe=safe, repeat=repeat, on_reply=on_reply, on_chunk=on_chunk, enough=enough
        )
        deadline = self._clock.now() + timeout_s
        try:
            while exchange.final is None:
                stage_before = exchange.last_stage
                self.run(deadline - self._clock.now(), deadline)
                if exchange.final is None and exchange.rebooted_to and not safe:
                    raise BoardRebooted(
                        "the board rebooted while the command was under way: run "
                        f"`xmg cmd status {exchange.request_id:#x}` before sending it again",
                        exchange.request_id,
                        exchange.boot_id,
                    )
                if stage_before == pb.STAGE_NONE and exchange.last_stage != pb.STAGE_NONE:
                    deadline = self._clock.now() + (completion_s or timeout_s)
                if exchange.final is None and self._clock.now() >= deadline:
                    raise self._timed_out(exchange, timeout_s)
        finally:
            self.end(exchange)
        return exchange.final

    def begin(
        self,
        request: Message,
        *,
        safe: bool = True,
        repeat: bool = True,
        is_bulk: bool = False,
        on_reply: Callable[[Message], None] = lambda reply: None,
        on_chunk: Callable[[Message], None] = lambda chunk: None,
        enough: Callable[[Message], bool] = lambda reply: False,
    ) -> Exchange:
        """Puts a request under way beside others; run() moves all of them. A request that has an
        id keeps it. is_bulk: its answer says nothing about the round trip."""
        request.id = request.id or self.take_id()
        exchange = Exchange(
            request.id,
            request.SerializeToString(),
            safe,
            MAX_SENDS if repeat else 1,
            self.boot_id,
            self._heard_us,
            self._heard_at,
            self._heard_in,
            on_reply,
            on_chunk,
            enough,
            self._clock.now(),
            is_bulk,
        )
        if not self._active:
            # A new attempt does not inherit the silence of an earlier one, nor the long pauses
            # between Hellos at which that had arrived.
            self._opening, self._asked_at = None, 0.0
        self._active[exchange.request_id] = exchange
        self.counters.requests += 1
        return exchange

    def end(self, exchange: Exchange) -> None:
        """Forgets a request; answers to it that still come are late ones."""
        self._active.pop(exchange.request_id, None)

    def run(self, wait_s: float, deadline: float) -> None:
        """Sends what is due and takes in what arrives first within the time. The deadline is that
        of opening a lost link again. Raises LinkUnavailable."""
        end = self._clock.now() + wait_s
        self._tend(deadline)
        for exchange in list(self._active.values()):
            self._send_if_due(exchange, deadline)
        wakes = [end, *(exchange.next_send for exchange in self._active.values())]
        if self._opening:
            wakes.append(self._opening.next_hello)
        elif self._is_unanswered:
            wakes.append(self._silent_at)
        reconnects = self._line.reconnects
        self._take_in(max(0.0, min(wakes) - self._clock.now()), deadline)
        if self._line.reconnects != reconnects:
            self.counters.reconnects = self._line.reconnects
            for exchange in self._active.values():
                if exchange.sends < exchange.max_sends:
                    exchange.next_send = self._clock.now()

    def listen(self, timeout_s: float, on_frame: OnFrame, request: Message | None = None) -> None:
        """Tells what crosses the link until something has arrived or the time has passed; for
        `link sniff`. request: sent first, its answer is not waited for. Raises LinkUnavailable, and
        with a request what establish() raises."""
        self._listener = on_frame
        try:
            if request is not None:
                self.send_only(request)
            before = self.link_counters.rx_bytes
            self._take_in(timeout_s, self._clock.now() + timeout_s)
            if self.link_counters.rx_bytes == before:  # quiet: what waits is text, not half a frame
                self._line.flush()
        finally:
            self._listener = lambda direction, frame: None

    def send_only(self, request: Message) -> None:
        """Sends a request without waiting for its answer. Raises LinkUnavailable, and what
        establish() raises."""
        self.establish(FIRST_RETRY_S * MAX_SENDS)
        request.id = self.take_id()
        assert self._channel is not None
        frame = self._channel.seal(FrameType.COMMAND, request.SerializeToString())
        self._write(frame, self._clock.now() + 1.0)

    # ---- sending

    def take_id(self) -> int:
        """A new id for a request."""
        self._next_id = self._next_id % 0xFFFFFFFF + 1
        return self._next_id

    def _send_if_due(self, exchange: Exchange, deadline: float) -> None:
        now = self._clock.now()
        if now < exchange.next_send or exchange.final is not None or self._channel is None:
            return
        if exchange.rebooted_to and not exchange.safe:
            return
        needed = len(exchange.payload) + self._channel.overhead_bytes
        needed += HELLO_BYTES if self._opening else 0  # which goes first
        if self._credit.left(now) < needed:
            exchange.next_send = now + CREDIT_PAUSE_S
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
        self._write(self._channel.seal(FrameType.COMMAND, exchange.payload), deadline)
        exchange.first_frame = exchange.first_frame or self._frame_number
        if self._asked_at <= self._last_heard:
            self._asked_at = now

    def _retry_s(self) -> float:
        """Twice the longest of the last round trips, which includes the wait for the supervisor's
        slot; the first guess is the upper bound, because a repetition costs little."""
        if not self._round_trips_s:
            return self._first_retry_s
        least_s = self._first_retry_s / 5
        return min(self._first_retry_s, max(least_s, 2 * max(self._round_trips_s)))

    @property
    def patience_s(self) -> float:
        """After so long a silence what was asked for will not come any more."""
        return max(self._first_retry_s, 2 * max(self._round_trips_s, default=0.0))

    def _write(self, frame: Frame, deadline: float) -> None:
        size = self._line.send(frame, deadline)
        self._frame_number += 1
        self._credit.note_sent(self._frame_number, size, self._clock.now())

    # ---- receiving

    def _saw_frame(self, direction: str, frame: Frame | Noise) -> None:
        self._observer.on_frame(direction, frame)
        self._listener(direction, frame)

    def _take_in(self, wait_s: float, deadline: float) -> None:
        items = self._line.receive(max(0.0, wait_s), deadline)
        for item in items:
            if isinstance(item, Frame) and self._admit(item):
                try:
                    self._dispatch(item)
                except DecodeError:
                    self.counters.undecodable += 1

    def _admit(self, frame: Frame) -> bool:
        """Whether a frame comes from the board, and for the first time; counts why not."""
        for greeting in self._opening.greetings if self._opening else ():
            accepted = greeting.accept(frame)
            if accepted:
                self._begin(*accepted)
                return False
        why = self._channel.refusal(frame) if self._channel else "session"
        if not why:
            if not self._keys and not self._last_heard:
                self._observer.on_null_key()
            self._last_heard = self._clock.now()
            if self._opening and self._opening.beside:
                self._opening = None
            return True
        name = f"{why}_errors"
        setattr(self.link_counters, name, getattr(self.link_counters, name) + 1)
        if frame.key_id not in {key.id for key in self._keys}:
            self._foreign_key = frame.key_id
        if frame.key_id == 0 and frame.type == FrameType.REPLY and self._opening:
            self._see_keyless(frame, self._opening)
        return False

    def _see_keyless(self, frame: Frame, opening: _Opening) -> None:
        try:
            reply = pb.Reply.FromString(frame.payload)
        except DecodeError:
            return
        self._keyless_board |= bool(opening.probe_id) and reply.id == opening.probe_id

    def _dispatch(self, frame: Frame) -> None:
        if frame.type == FrameType.REPLY:
            self._reply(pb.Reply.FromString(frame.payload))
        elif frame.type == FrameType.BULK:
            chunk = pb.Chunk.FromString(frame.payload)
            exchange = self._active.get(chunk.id)
            if exchange:
                self._credit.note_read(exchange.first_frame)
                exchange.on_chunk(chunk)
            else:
                self.counters.late += 1
        elif frame.type == FrameType.EVENT:
            event = pb.Event.FromString(frame.payload)
            self._see_boot(event.boot_id)
            self._observer.on_event(event)
        elif frame.type == FrameType.BEACON:
            self.beacon = pb.Beacon.FromString(frame.payload)
            self._see_boot(self.beacon.boot_id)
            self._credit.state(self.beacon.credit, self._clock.now())

    def _see_boot(self, boot_id: int) -> None:
        for exchange in self._active.values():
            if exchange.boot_id and boot_id != exchange.boot_id:
                exchange.rebooted_to = boot_id
        if self.boot_id and boot_id != self.boot_id:
            self.life += 1
        self.boot_id = boot_id

    def _clock_hint(
        self, board_time_us: int, heard_us: int, heard_at: float, heard_in: Channel | None
    ) -> str:
        """Whether the board's clock hints at a new start under the old boot id: "life" if it ran
        back, "doubt" if it shows less than the time for which nothing was heard; empty: neither.
        The latter may be a clock slower than this one. In the session that was heard before, no
        clock matters: a session does not outlive a start."""
        if not heard_at or (self._keys and heard_in is self._channel):
            return ""
        if board_time_us < heard_us:
            return "life"
        silence_us = (self._clock.now() - heard_at - REPLY_DELAY_S) * 1e6
        return "doubt" if board_time_us < silence_us else ""

    def _note_hint(self, hint: str) -> None:
        self.life += hint == "life"
        self.doubts += hint == "doubt"

    def _see_new_session(self, reply: Message) -> None:
        """Of the old session nobody knows how it ended. Before what is under way is sent again, it
        is looked whether the board has started anew and forgotten it."""
        hint = self._clock_hint(reply.board_time_us, self._heard_us, self._heard_at, self._heard_in)
        if self._heard_at:
            self._note_hint(hint or "doubt")
        if hint:
            for exchange in self._active.values():
                exchange.rebooted_to = exchange.rebooted_to or reply.boot_id
        self._heard(reply)

    def _heard(self, reply: Message) -> None:
        self._heard_us, self._heard_at = reply.board_time_us, self._clock.now()
        self._heard_in = self._channel

    def _see_time(self, reply: Message, exchange: Exchange) -> None:
        """Finds out a new start under the old boot id. Beacons do not count: they may overtake
        replies."""
        hint = self._clock_hint(
            reply.board_time_us, exchange.heard_us, exchange.heard_at, exchange.heard_in
        )
        if hint and not exchange.rebooted_to:
            exchange.rebooted_to = reply.boot_id
            self._note_hint(hint)
        self._heard(reply)

    def _reply(self, reply: Message) -> None:
        exchange = self._active.get(reply.id)
        if exchange is None:
            self.counters.late += 1
            return
        self._credit.note_read(exchange.first_frame)
        self._see_boot(reply.boot_id)
        self._see_time(reply, exchange)
        if exchange.final is not None or reply.stage <= exchange.last_stage:
            self.counters.duplicates += 1
            return
        if exchange.rebooted_to and not exchange.safe:
            return
        is_first = exchange.last_stage == pb.STAGE_NONE
        if is_first and exchange.sends == 1 and not exchange.is_bulk:
            # Of a repeated request nobody knows which transmission was answered.
            self._round_trips_s.append(self._clock.now() - exchange.sent_at)
            self._observer.on_round_trip(self._round_trips_s[-1])
        exchange.last_stage = reply.stage
        exchange.on_reply(reply)
        if reply.stage in FINAL_STAGES or exchange.enough(reply):
            exchange.final = reply

    # ---- failures

    def _timed_out(self, exchange: Exchange, timeout_s: float) -> Exception:
        if exchange.last_stage != pb.STAGE_NONE:
            stage = pb.Stage.Name(exchange.last_stage).removeprefix("STAGE_").lower()
            remedy = (
                "ask again"
                if exchange.safe
                else f"run `xmg cmd status {exchange.request_id:#x}` before sending it again"
            )
            return OutcomeUnknown(
                f"the board told '{stage}' and then nothing more in time: {remedy}"
            )
        return self.silence(timeout_s)

    def silence(self, timeout_s: float) -> Exception:
        """Why the board has not answered a question for so long, as far as can be told: another key,
        another version, or nothing known but the silence."""
        if not self._keys and self._foreign_key:
            return AuthenticationError(
                f"the board authenticates its frames (key id {self._foreign_key}) and this "
                "console has no key: name the key file of its system with --key or XMG_KEY"
            )
        return self._silent(timeout_s)

    def _not_admitted(self, timeout_s: float) -> Exception:
        """Why no session could be opened. A board says nothing to who has not its key."""
        key = self._keys[0]
        name = f"key id {key.id} (fingerprint {key.fingerprint})"
        if self._keyless_board:
            return AuthenticationError(
                "the board has no keys, anybody on the line may command it: build its system with "
                "a key file (make KEY=FILE), or go on without a key by --key none"
            )
        if self._is_other_version():
            return self._silent(timeout_s)
        if self.link_counters.frames_good:
            return AuthenticationError(
                f"the target is heard but does not take {name}: name the key file that its system "
                "was built with (--key or XMG_KEY), and check that a supervisor runs on this link"
            )
        # Text, or noise of another baud rate, says nothing about keys.
        heard, baud_rate = "nothing", ""
        if self.link_counters.rx_bytes:
            heard, baud_rate = "bytes but no frame", "the baud rate, "
        return NoAnswer(
            f"no answer within {timeout_s:g} s ({heard} received): check {baud_rate}that the target "
            f"runs a supervisor on this link, and that its system was built with {name}"
        )

    def _is_other_version(self) -> bool:
        return bool(self.link_counters.version_errors) and not self.link_counters.frames_good

    def _silent(self, timeout_s: float) -> Exception:
        if self._is_other_version():
            return VersionMismatch(
                "the board speaks another major version of the protocol: use the console of its "
                "release"
            )
        heard = "text but no frame" if self.link_counters.text_bytes else "nothing"
        if self.link_counters.frames_good:
            heard = "frames, but not the answer"
        keyless = "" if self._keys else "; a board with keys answers only to --key FILE"
        return NoAnswer(
            f"no answer within {timeout_s:g} s ({heard} received): check that the target runs a "
            f"supervisor on this link, or raise --timeout{keyless}"
        )
