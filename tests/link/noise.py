"""What a bad line does to bytes and datagrams, from a seed: the same seed, the same damage.

Two ways over which something travels, both in one direction and under the clock of the caller:

  Stream     bytes of a UART. Bit errors, bursts, pacing and stalls work on bytes. Losses, copies
             and overtaking work on what is between zeros: the frames of this project's link.
  Datagrams  messages that arrive whole or not at all. All knobs work on datagrams; one with a bit
             error arrives only if `deliver_damaged`, for a network drops what fails its check sum.

Each kind of damage has a random sequence of its own, drawn in the order of bytes or pieces. So the
damage does not depend on how the bytes were cut into reads, and one knob does not move what
another one does.
"""

from __future__ import annotations

import heapq
import math
import random
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import asdict, dataclass

BITS_PER_BYTE = 8  # data bits, which errors hit
LINE_BITS_PER_BYTE = 10  # start bit, 8 data bits, stop bit


@dataclass(frozen=True)
class Knobs:
    """How bad a line is; the default is perfect and without limit."""

    ber: float = 0.0  # probability that a data bit is turned round
    burst_rate: float = 0.0  # bursts begun per byte
    burst_bytes: float = 20.0  # mean length of a burst, in which every byte is random; also of what
    # a paced line could have carried meanwhile, so that a burst ends by itself
    drop: float = 0.0  # probability that a frame or datagram is lost
    duplicate: float = 0.0  # that it arrives twice
    reorder: float = 0.0  # that it is overtaken by what comes later
    reorder_s: float = 0.05  # how long it is then held back
    stall_rate: float = 0.0  # stalls begun per byte (stream) or datagram
    stall_s: float = 1.0  # how long nothing arrives then
    black_out_s: float = 0.0  # nothing gets through for so long ...
    black_out_at_s: float = 0.0  # ... from this moment on
    baud: int = 0  # 0: not paced
    delay_s: float = 0.0  # travelling time
    deliver_damaged: bool = False  # datagrams with bit errors arrive

    def __post_init__(self) -> None:
        for name in ("ber", "burst_rate", "drop", "duplicate", "reorder", "stall_rate"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a probability: 0 to 1")
        for name in ("burst_bytes", "reorder_s", "stall_s", "black_out_s", "delay_s", "baud"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is not negative")
        if self.burst_rate and self.burst_bytes < 1:
            raise ValueError("burst_bytes is at least 1")


@dataclass
class Statistics:
    """What was done so far, in one direction."""

    bytes_in: int = 0
    bytes_out: int = 0
    pieces: int = 0  # frames or datagrams; of a stream only counted if a knob works on them
    bits_flipped: int = 0
    bursts: int = 0
    burst_bytes: int = 0
    dropped: int = 0
    duplicated: int = 0
    reordered: int = 0
    stalls: int = 0
    blacked_out_bytes: int = 0

    def as_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)


class Events:
    """Positions of rare events in a row of trials, each with the same probability."""

    def __init__(self, seed: str, probability: float) -> None:
        self._random = random.Random(seed)
        self._probability = probability
        self._next = self._gap()  # trials before the next event

    def _gap(self) -> float:
        if self._probability <= 0:
            return math.inf
        if self._probability >= 1:
            return 0
        return math.log(1.0 - self._random.random()) // math.log1p(-self._probability)

    def among(self, trials: int) -> list[int]:
        """Which of the next so many trials are events, from 0."""
        found = []
        while self._next < trials:
            found.append(int(self._next))
            self._next += 1 + self._gap()
        self._next -= trials
        return found

    def happens(self) -> bool:
        """Whether the next trial is an event."""
        return bool(self.among(1))


class Damage:
    """Turns bits and bytes; cuts and times nothing."""

    def __init__(self, seed: str, knobs: Knobs, statistics: Statistics) -> None:
        self._statistics = statistics
        self._bits = Events(f"{seed} bits", knobs.ber)
        self._bursts = Events(f"{seed} bursts", knobs.burst_rate)
        self._lengths = random.Random(f"{seed} burst lengths")
        self._content = random.Random(f"{seed} burst content")
        self._mean = knobs.burst_bytes
        self._burst_left = 0

    def hit(self, data: bytes) -> bytes:
        """The bytes as they arrive, as many as were sent."""
        out = bytearray(data)
        for bit in self._bits.among(BITS_PER_BYTE * len(data)):
            out[bit // BITS_PER_BYTE] ^= 1 << bit % BITS_PER_BYTE
            self._statistics.bits_flipped += 1
        starts = self._bursts.among(len(data))
        at = 0
        while at < len(out) and (self._burst_left or starts):
            if not self._burst_left:
                at = max(at, starts.pop(0))
                self._burst_left = self._length()
                self._statistics.bursts += 1
            end = min(len(out), at + self._burst_left)
            out[at:end] = self._content.randbytes(end - at)
            self._burst_left -= end - at
            self._statistics.burst_bytes += end - at
            at = end
            while starts and starts[0] < at:  # a burst in a burst is the same burst
                starts.pop(0)
        return bytes(out)

    def rest(self, count: int) -> None:
        """The line could have carried so many bytes, and carried nothing."""
        self._burst_left = max(0, self._burst_left - count)

    def _length(self) -> int:
        if self._mean <= 1:
            return 1
        return 1 + int(math.log(1.0 - self._lengths.random()) / math.log1p(-1 / self._mean))


class Fates:
    """Losses, copies and delays of whole frames or datagrams."""

    def __init__(self, seed: str, knobs: Knobs, statistics: Statistics) -> None:
        self._statistics, self._hold_s = statistics, knobs.reorder_s
        self._drop = Events(f"{seed} drop", knobs.drop)
        self._duplicate = Events(f"{seed} duplicate", knobs.duplicate)
        self._reorder = Events(f"{seed} reorder", knobs.reorder)

    def draw(self) -> list[float]:
        """When the copies of the next one leave, counted from when they should."""
        self._statistics.pieces += 1
        drop, duplicate, reorder = (
            events.happens() for events in (self._drop, self._duplicate, self._reorder)
        )
        if drop:
            self._statistics.dropped += 1
            return []
        self._statistics.duplicated += duplicate
        self._statistics.reordered += reorder
        first = self._hold_s if reorder else 0.0
        return [first, 0.0] if duplicate else [first]


class Way(ABC):
    """One direction of a line: what goes in at some moment comes out at others. Moments are
    seconds of the caller's clock, which never runs back."""

    def __init__(self, seed: str, knobs: Knobs) -> None:
        self.statistics = Statistics()
        self._knobs = knobs
        self._damage = Damage(seed, knobs, self.statistics)
        self._fates = Fates(seed, knobs, self.statistics)
        self._stalls = Events(f"{seed} stalls", knobs.stall_rate)
        self._byte_s = LINE_BITS_PER_BYTE / knobs.baud if knobs.baud else 0.0
        self._free_at = 0.0  # when the line has carried all that it was given
        self._number = 0
        self._held: list[tuple[float, int, bytes]] = []  # when it enters the line, order, what
        self._line: deque[tuple[float, bytes]] = deque()  # when its first byte arrives, what

    @abstractmethod
    def push(self, data: bytes, now: float) -> None:
        """Something enters the line, behind what is on it."""

    @abstractmethod
    def flush(self, now: float) -> None:
        """Nothing more is expected soon: what was held back because its end is missing goes on."""

    def next_due(self) -> float | None:
        """When the next thing happens on the line; None: nothing is under way."""
        heads = [entry[0] for entry in self._held[:1]]
        heads += [self._line[0][0]] if self._line else []
        return min(heads, default=None)

    def waiting_bytes(self, now: float) -> int:
        """Bytes of a paced line that it has been given and not carried yet."""
        left = self._free_at - now
        return max(0, math.ceil(left / self._byte_s - 1e-6)) if self._byte_s else 0

    def due(self, now: float) -> list[bytes]:
        """What has arrived since the last call, in the order of arrival."""
        while self._held and self._held[0][0] <= now:
            leaves, _, data = heapq.heappop(self._held)
            self._carry(data, leaves)
        out = []
        while self._line and self._line[0][0] <= now:
            arrived = self._take(now)
            if arrived:
                out.append(arrived)
                self.statistics.bytes_out += len(arrived)
        return out

    def _take(self, now: float) -> bytes:
        """What has arrived of the first entry of the line; the rest stays."""
        begin, data = self._line.popleft()
        return data if self._passes(begin, len(data)) else b""

    def _passes(self, arrival: float, count: int) -> bool:
        """Whether what arrives then gets through."""
        start = self._knobs.black_out_at_s
        if start <= arrival < start + self._knobs.black_out_s:
            self.statistics.blacked_out_bytes += count
            return False
        return True

    def _enter(self, data: bytes, leaves: float, now: float) -> None:
        """Puts data on the line, or holds it back until later things have gone before it."""
        if leaves <= now:
            self._carry(data, leaves)
            return
        self._number += 1
        heapq.heappush(self._held, (leaves, self._number, data))

    def _carry(self, data: bytes, leaves: float) -> None:
        """The line carries data as soon as it is free. A byte arrives when its stop bit has."""
        if not data:
            return
        start = max(leaves, self._free_at)
        self._free_at = start + len(data) * self._byte_s
        self._line.append((start + self._first_s(data) + self._knobs.delay_s, data))

    def _first_s(self, data: bytes) -> float:
        """How long the line carries what arrives first of the data: all of a datagram."""
        return len(data) * self._byte_s

    def _stall(self, now: float) -> None:
        self.statistics.stalls += 1
        self._free_at = max(now, self._free_at) + self._knobs.stall_s


class Stream(Way):
    """Bytes of a UART; each arrives by itself if the line is paced."""

    def __init__(self, seed: str, knobs: Knobs) -> None:
        super().__init__(seed, knobs)
        self._by_frame = bool(knobs.drop or knobs.duplicate or knobs.reorder)
        self._open = bytearray()  # of the frame that has not ended

    def push(self, data: bytes, now: float) -> None:
        """See Way."""
        self.statistics.bytes_in += len(data)
        if not self._by_frame:
            self._send(data, now, now)
            return
        *closed, rest = data.split(b"\0")
        for run in closed:
            frame = bytes(self._open) + run + b"\0"
            self._open.clear()
            for wait in self._fates.draw() if len(frame) > 1 else (0.0,):
                self._send(frame, now + wait, now)
        self._open += rest

    def flush(self, now: float) -> None:
        """See Way: text, which no zero has ended."""
        held = bytes(self._open)
        self._open.clear()
        self._send(held, now, now)

    def cut(self, now: float) -> None:
        """Whoever sends has been reset: what the line has not carried yet never leaves."""
        kept: deque[tuple[float, bytes]] = deque()
        for begin, data in self._line:
            last = now + self._knobs.delay_s
            if self._byte_s and begin <= last:
                data = data[: 1 + int((last - begin) / self._byte_s + 1e-6)]
            if begin <= last:
                kept.append((begin, data))
        self._line, self._free_at = kept, min(self._free_at, now)
        self._held.clear()
        self._open.clear()

    def _send(self, data: bytes, leaves: float, now: float) -> None:
        if self._byte_s:
            self._damage.rest(int(max(0.0, leaves - self._free_at) / self._byte_s))
        hit = self._damage.hit(data)
        begin = 0
        for stall in self._stalls.among(len(data)):
            self._enter(hit[begin:stall], leaves, now)
            self._stall(leaves)
            begin = stall
        self._enter(hit[begin:], leaves, now)

    def _first_s(self, data: bytes) -> float:
        return self._byte_s

    def _take(self, now: float) -> bytes:
        begin, data = self._line.popleft()
        if not self._byte_s:
            return data if self._passes(begin, len(data)) else b""
        count = min(len(data), 1 + int((now - begin) / self._byte_s + 1e-6))
        if count < len(data):
            self._line.appendleft((begin + count * self._byte_s, data[count:]))
        if not self._knobs.black_out_s:
            return data[:count]
        return b"".join(
            data[i : i + 1] for i in range(count) if self._passes(begin + i * self._byte_s, 1)
        )


class Datagrams(Way):
    """Messages that arrive whole or not at all."""

    def push(self, data: bytes, now: float) -> None:
        """See Way: one datagram."""
        self.statistics.bytes_in += len(data)
        if self._stalls.happens():
            self._stall(now)
        for wait in self._fates.draw():
            hit = self._damage.hit(data)
            if hit == data or self._knobs.deliver_damaged:
                self._enter(hit, now + wait, now)

    def flush(self, now: float) -> None:
        """See Way: nothing is ever held back."""
