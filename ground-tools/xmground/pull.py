"""Selective repeat: items of a log over a link that loses frames.

The board keeps no state of a transfer and serves reads in the order in which they arrive. So the
ground keeps enough of them under way that the line never falls silent, and knows what was lost as
soon as something comes that was asked for later; that alone is asked for again. A read is terse:
the board closes it with a LogEnd only if it could not send all. The first one is not, because its
LogEnd tells where the log stands; nor is the last one under way, so that the end of the transfer is
seen.

Frames are made as long as the line bears: the loss seen so far gives a bit error rate, and that the
length for which most gets through.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import Message

from ._generated import supervisor_pb2 as pb
from .convert import status_text
from .errors import NoAnswer, Rejected
from .model import Book, Head
from .session import Exchange, Session

# Bytes on a UART, of a chunk's frame beyond its items: header, MAC, CRC, COBS, two zeros, and the
# numbers of a Chunk; with the MAC.
FRAME_OVERHEAD = 60
# What the board reserves for the numbers of a Chunk when it divides max_payload.
CHUNK_OVERHEAD = 38
LONGEST_PAYLOAD = 512
# Bytes under way: at first about what a line of 115,200 baud carries in half a second, then more,
# as with TCP, up to 32 of the longest frames: more than it carries in a second.
FIRST_WINDOW, LONGEST_WINDOW = 6 * 1024, 16 * 1024
READ_FRAMES = 8  # of one read
MOST_READS = 12  # under way: the board takes 16
# When so little is missing, the line would be idle: what was lost is asked for several times.
TAIL_BYTES, TAIL_COPIES = 2048, 3
# An item is given up when it did not come although it should have with this probability.
DESPAIR = 1e-7
LEAST_TRIES = 12
SHORTER_AFTER = 3  # lost so often: asked for in frames of half the items
SILENCE_GROWTH, MOST_GROWTHS = 1.5, 4
DROUGHT = 3


class LineQuality:
    """What is known of a line: how many frames of which length it loses."""

    def __init__(self) -> None:
        self._bits = self._sent = self._arrived = 0.0

    def note(self, arrived: int, lost: int, frame_bytes: int) -> None:
        """Of frames of so many bytes so many came and so many did not."""
        if self._sent > 256:  # what was long ago counts less
            self._bits, self._sent, self._arrived = (
                value / 2 for value in (self._bits, self._sent, self._arrived)
            )
        self._bits += 8.0 * frame_bytes * (arrived + lost)
        self._sent += arrived + lost
        self._arrived += arrived

    @property
    def ber(self) -> float:
        """Probability that a bit is wrong, as far as that explains the losses."""
        if self._arrived >= self._sent:
            return 0.0
        return -math.log(max(self._arrived, 0.5) / self._sent) * self._sent / self._bits

    def chance(self, frame_bytes: int) -> float:
        """That a frame of so many bytes arrives."""
        return math.exp(-8 * frame_bytes * self.ber)

    def frame_items(self, unit: int, most_bytes: int) -> int:
        """How many items of `unit` bytes a frame should hold, that the most get through; those of
        most_bytes if none is lost."""
        most = max(1, most_bytes // unit)
        if not self.ber:
            return most
        step = max(1, 16 // unit)
        return max(range(step, most + 1, step), key=lambda n: self._yield_of(n * unit), default=1)

    def _yield_of(self, item_bytes: int) -> float:
        frame = item_bytes + FRAME_OVERHEAD
        return item_bytes / frame * self.chance(frame)


@dataclass
class _Read:
    """A LogRead under way: items first..stop - 1, of which those before `at` have come, or were
    found lost."""

    exchange: Exchange
    first: int
    stop: int
    at: int
    per_frame: int
    frames: int = 0  # that came
    is_open: bool = True


class Pull:
    """Reads items of one log from a number on. Use as a context manager."""

    def __init__(
        self,
        session: Session,
        book: Book,
        source: int,
        unit: int,
        first: int | None,
        most: int | None,
        quality: LineQuality,
        timeout_s: float,
    ) -> None:
        """unit: bytes of an item. first None: from the oldest on. most: items wanted, None: all
        that the log holds. timeout_s: after so long without an answer NoAnswer is raised; in the
        middle of a transfer, after DROUGHT times that."""
        self._session, self._clock = session, session.clock
        self._book, self._source, self._unit = book, source, unit
        self._quality, self._timeout_s = quality, timeout_s
        self.first, self._most = first or 0, most
        self._frontier = first or 0  # the first item that was never asked for
        self._stop = None if most is None or first is None else first + most
        self._holes: set[int] = set()
        self._tries: dict[int, int] = {}
        self._reads: deque[_Read] = deque()  # open, in the order in which they were sent
        self._late: deque[_Read] = deque(maxlen=4 * MOST_READS)  # closed; something may yet come
        self._window = float(FIRST_WINDOW)
        self._heard_at = self._progress_at = self._clock.now()
        self._silences = 0
        self._sessions = session.counters.sessions
        self._refusal: Message | None = None
        self._is_busy = False  # the board has no room for reads, and nothing has come since
        self._is_held = False  # nor has it served one
        self.head: Head | None = None
        self.have: dict[int, bytes] = {}
        self.unreadable: set[int] = set()
        self.given_up: set[int] = set()
        self._boot_id = 0  # of what has come
        self._seen = session.life, session.doubts

    def __enter__(self) -> "Pull":
        return self

    def __exit__(self, *exc: object) -> None:
        for read in (*self._reads, *self._late):
            self._session.end(read.exchange)

    @property
    def is_new_life(self) -> bool:
        """Whether the board has started anew since its first answer, or may have."""
        session = self._session
        now = session.boot_id, session.life, session.doubts
        return self.head is not None and self.head.start != now

    @property
    def stop(self) -> int:
        """The number behind the last item wanted; the log has been surveyed, also for `first`."""
        return self._stop or 0

    def is_settled(self, seq: int) -> bool:
        """Whether nothing more will come for that item."""
        head = self.head
        return (
            seq in self.have
            or seq in self.unreadable
            or seq in self.given_up
            or (head is not None and seq < head.oldest)
        )

    def survey(self) -> Head:
        """Waits until the board has told where the log stands. Raises NoAnswer, LinkUnavailable,
        Rejected, AuthenticationError, VersionMismatch."""
        while self.head is None:
            self._step()
        return self.head

    def settle(self, seq: int) -> None:
        """Waits until the item has come or will not; the log has been surveyed. Returns early when
        the board starts anew. Raises as survey()."""
        while not self.is_settled(seq) and not self.is_new_life:
            self._step()

    def settled_until(self, seq: int) -> int:
        """The first item from there on that is not settled, or the end."""
        while seq < self.stop and self.is_settled(seq):
            seq += 1
        return seq

    # ---- asking

    def _step(self) -> None:
        """Asks for what may be asked for, and takes in what comes first."""
        self._session.establish(self._timeout_s)
        self._fill()
        # The first question is asked alone, so that pauses need not grow for the line's sake.
        growths = min(self._silences, MOST_GROWTHS if self.head else 1)
        wait = self._session.patience_s * SILENCE_GROWTH**growths
        silent_at = self._heard_at + wait
        limit_s = self._timeout_s * (DROUGHT if self.head else 1)
        end = self._progress_at + limit_s
        self._session.run(max(0.0, min(silent_at, end) - self._clock.now()), end)
        if self._refusal:
            raise Rejected(
                f"rejected by the board: {status_text(self._refusal.status, self._refusal.stage)}"
            )
        now = self._clock.now()
        if now >= max(end, self._progress_at + limit_s):  # not if a busy host took it in late
            if self._is_busy:
                raise NoAnswer(
                    f"the board has been busy with other log reads for {limit_s:g} s: ask again"
                )
            if self.head is None:
                raise self._session.silence(limit_s)
            raise NoAnswer(f"the board has not answered for {limit_s:g} s")
        is_new_session = self._session.counters.sessions != self._sessions
        self._sessions = self._session.counters.sessions
        if now >= silent_at:
            self._silences += 1
            self._is_held = False
        if now >= silent_at or is_new_session:  # what the old one carried will not be answered
            self._heard_at = now
            while self._reads:  # who hears nothing at all learns nothing about single items
                self._close(self._reads.popleft(), counts=False)

    def _frame_bytes(self, items: int) -> int:
        return items * self._unit + FRAME_OVERHEAD

    def _under_way(self) -> int:
        """Bytes that the board still has to send."""
        return sum(
            self._frame_bytes(read.per_frame) * -(-(read.stop - read.at) // read.per_frame)
            for read in self._reads
        )

    def _per_frame(self) -> int:
        """Items of a frame now."""
        if self._session.datagrams:
            return max(1, (2 * LONGEST_PAYLOAD - CHUNK_OVERHEAD) // self._unit)
        return self._quality.frame_items(self._unit, LONGEST_PAYLOAD - CHUNK_OVERHEAD)

    def _fill(self) -> None:
        # A line that was silent from the beginning is asked one thing: more would not be heard, and
        # use up the credit that a new session needs.
        most = 1 if self._silences and self.head is None else MOST_READS
        while len(self._reads) < most and not self._is_held:
            piece = (
                self._next_hole() or self._next_piece() or self._next_copy() or self._next_survey()
            )
            if not piece:
                return
            self._ask(*piece)

    def _is_all_asked(self) -> bool:
        return not self._holes and self._stop is not None and self._frontier >= self._stop

    def _next_hole(self) -> tuple[int, int, int] | None:
        """The first items that were lost: from, behind the last, items of a frame."""
        if not self._holes or self._under_way() > self._window:
            return None
        first = min(self._holes)
        halvings = self._tries.get(first, 0) // SHORTER_AFTER
        per_frame = max(1, self._per_frame() >> halvings)
        stop = first
        while stop in self._holes and stop - first < READ_FRAMES * per_frame:
            self._holes.remove(stop)
            stop += 1
        return first, stop, per_frame

    def _next_piece(self) -> tuple[int, int, int] | None:
        """Items that were never asked for."""
        per_frame = self._per_frame()
        count = READ_FRAMES * per_frame
        if self._stop is not None:
            count = min(count, self._stop - self._frontier)
        elif self._most is not None:  # from the oldest item on
            count = min(count, self._most)
        size = -(-count // per_frame) * self._frame_bytes(per_frame)
        if self._reads and self._under_way() + size > self._window:
            return None
        if count <= 0 or (self.head is None and not self._is_sure()):
            return None
        first = self._frontier
        self._frontier += count
        return first, self._frontier, per_frame

    def _next_copy(self) -> tuple[int, int, int] | None:
        """At the end of a transfer over a bad line: items under way that least is under way of."""
        if not self._is_all_asked() or not self._quality.ber or self._under_way() > TAIL_BYTES:
            return None
        copies = {
            seq: 0
            for read in self._reads
            for seq in range(read.at, min(read.stop, self.stop))
            if not self.is_settled(seq)
        }
        for read in self._reads:
            for seq in range(read.at, read.stop):
                if seq in copies:
                    copies[seq] += 1
        fewest = min(copies.values(), default=TAIL_COPIES)
        if fewest >= TAIL_COPIES:
            return None
        first = stop = min(seq for seq in copies if copies[seq] == fewest)
        per_frame = self._per_frame()
        while copies.get(stop) == fewest and stop - first < per_frame:
            stop += 1
        return first, stop, per_frame

    def _next_survey(self) -> tuple[int, int, int] | None:
        """All items have come, but no LogEnd, which tells where the log stands: the last ones once
        more, for that."""
        if self.head or self._reads or not self._is_all_asked():
            return None
        per_frame = self._per_frame()
        return max(self.first, self._frontier - per_frame, 1), self._frontier, per_frame

    def _is_sure(self) -> bool:
        """Before the board has told where the log stands: one read, and more once that brings
        something, for then it is known where it began."""
        return not self._reads or (self._frontier > 0 and bool(self.have))

    def _ask(self, first: int, stop: int, per_frame: int) -> None:
        default = self._session.datagrams or not self._quality.ber
        request = pb.LogRead(
            book=int(self._book),
            source=self._source,
            from_seq=first,
            max_items=stop - first,
            max_payload=0 if default else per_frame * self._unit + CHUNK_OVERHEAD,
            terse=self.head is not None and not self._is_all_asked(),
        )
        places: list[_Read] = []
        exchange = self._session.begin(
            pb.Request(log_read=request),
            repeat=False,
            is_bulk=True,
            on_reply=lambda reply: self._on_reply(places[0], reply),
            on_chunk=lambda chunk: self._on_chunk(places[0], chunk),
        )
        read = _Read(exchange, first, stop, first, per_frame)
        places.append(read)
        if not self._reads:
            self._heard_at = self._clock.now()
        self._reads.append(read)

    # ---- taking in

    def _hear(self) -> None:
        self._heard_at = self._clock.now()
        self._silences = 0

    def _on_chunk(self, read: _Read, chunk: Message) -> None:
        if len(chunk.items) % self._unit:
            return
        self._hear()
        self._boot_id = self._boot_id or chunk.boot_id
        if chunk.boot_id != self._boot_id:
            return
        count = len(chunk.items) // self._unit
        for n in range(count):
            if chunk.first_seq + n not in self.have:
                self._progress_at, self._is_busy = self._heard_at, False
                self._holes.discard(chunk.first_seq + n)
                self.have[chunk.first_seq + n] = chunk.items[n * self._unit : (n + 1) * self._unit]
        self._window = min(LONGEST_WINDOW, self._window + len(chunk.items))
        if not read.is_open:
            return
        self._close_before(read)
        if read.first == 0:  # from the oldest item on: now it is known which that is
            self._anchor(read, chunk.first_seq)
        read.frames += 1
        expected, read.at = read.at, max(read.at, chunk.first_seq + count)
        self._miss(expected, chunk.first_seq)
        if read.at >= read.stop and self.head:  # else its LogEnd is still wanted
            self._reads.remove(read)
            self._close(read)

    def _anchor(self, read: _Read, first: int) -> None:
        """A read from the oldest item on, which has that number."""
        read.stop += first
        read.first = read.at = first
        self._frontier = max(self._frontier, read.stop)
        if self._stop is None and self._most is not None:
            self._stop = first + self._most

    def _on_reply(self, read: _Read, reply: Message) -> None:
        self._hear()
        if not reply.HasField("log_end"):
            is_busy = reply.status == pb.Status(code=pb.STATUS_BUSY, detail=reply.status.detail)
            if is_busy:
                self._put_off(read)
            elif reply.stage in (pb.STAGE_REJECTED, pb.STAGE_FAILED):
                self._refusal = reply
            return
        end = reply.log_end
        if self.is_new_life:
            return
        self._progress_at, self._is_busy = self._heard_at, False
        begun = self.head is not None
        session = self._session
        self.head = Head(end.oldest, end.next, reply.boot_id, session.life, session.doubts)
        if not begun:
            if (self._boot_id or reply.boot_id, *self._seen) != self.head.start:
                self.have.clear()  # it may be of a life before
            self._boot_id = reply.boot_id
            self._begin(end)
        if not read.is_open:
            return
        self._close_before(read)
        if read.first == 0:
            self._anchor(read, end.oldest)
        found = end.first if end.count else end.next
        if found > read.first:  # the board passes over these
            low, high = max(read.first, end.oldest), min(found, read.stop)
            self.unreadable.update(seq for seq in range(low, high) if seq not in self.have)
            read.at = max(read.at, high)
        self._reads.remove(read)
        self._close(read, sent=end.chunks)

    def _put_off(self, read: _Read) -> None:
        """The board has no room for the read: its items are asked for again once it has served
        another, or after a silence. Asked for at once they would be refused again, and the refusals
        would take up the line that what it has to serve waits for."""
        self._is_busy = self._is_held = True
        if read.is_open:
            self._reads.remove(read)
            self._give_back(read, counts=False)

    def _begin(self, end: Message) -> None:
        """The board has told for the first time where the log stands."""
        first = max(self.first, end.oldest)
        stop = end.next if self._most is None else min(end.next, first + self._most)
        self.first, self._stop = first, max(first, stop)
        self._frontier = min(max(self._frontier, first), self._stop)
        self._miss(first, self._frontier, counts=False)

    def _close_before(self, read: _Read) -> None:
        """The board serves reads in order: what was asked for before is done, or lost."""
        while self._reads[0] is not read:
            self._close(self._reads.popleft())

    def _close(self, read: _Read, counts: bool = True, sent: int | None = None) -> None:
        """Nothing more is expected of a read that is out of the row. counts: what is missing of it
        was tried in vain. sent: frames that the board says it has sent; None: it says nothing."""
        self._give_back(read, counts)
        self._is_held = False
        stop = read.stop if self._stop is None else min(read.stop, self._stop)
        frames = -(-(stop - read.first) // read.per_frame) if sent is None else sent
        if frames > 2:  # of short ones a lost request would count too much
            came = min(read.frames, frames)
            self._quality.note(came, frames - came, self._frame_bytes(read.per_frame))

    def _give_back(self, read: _Read, counts: bool) -> None:
        """What did not come of a read may be asked for again."""
        read.is_open = False
        if len(self._late) == self._late.maxlen:
            self._session.end(self._late[0].exchange)
        self._late.append(read)
        if read.first == 0:  # nobody knows which items these were
            self._frontier = 0
        else:
            self._miss(read.at, read.stop, counts)

    def _miss(self, first: int, stop: int, counts: bool = True) -> None:
        """Items that did not come when they should have; asked for again, unless that is hopeless
        or under way."""
        if self._stop is not None:
            stop = min(stop, self._stop)
        for seq in range(max(first, 1), stop):
            if self.is_settled(seq):
                continue
            self._tries[seq] = self._tries.get(seq, 0) + counts
            if any(read.at <= seq < read.stop for read in self._reads if read.first):
                continue
            if self._tries[seq] >= self._most_tries():
                self.given_up.add(seq)
            else:
                self._holes.add(seq)

    def _most_tries(self) -> int:
        """So often an item is asked for: request and answer are lost now and then."""
        chance = self._quality.chance(self._frame_bytes(1)) * self._quality.chance(FRAME_OVERHEAD)
        if chance >= 0.9:
            return LEAST_TRIES
        return max(LEAST_TRIES, math.ceil(math.log(DESPAIR) / math.log1p(-max(chance, 0.01))))
