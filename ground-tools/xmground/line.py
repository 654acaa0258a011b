"""Frames over a transport that may break: opened again, counted, watched."""

from collections.abc import Callable

from .clock import Clock
from .errors import LinkUnavailable
from .framing import Deframer, Frame, LinkCounters, Noise, encode_uart, pack_frame
from .transport import Transport

RECONNECT_PAUSE_S = 0.2


class Line:
    """One link, open or to be opened again."""

    def __init__(
        self,
        connect: Callable[[float], Transport],
        clock: Clock,
        on_frame: Callable[[str, Frame | Noise], None],
        on_note: Callable[[str], None],
    ) -> None:
        """`connect` opens the link within the given seconds; it is called again when the link was
        lost."""
        self._connect, self._clock = connect, clock
        self._on_frame, self._on_note = on_frame, on_note
        self._transport: Transport | None = None
        self._deframer = Deframer()
        self.reconnects = 0
        self.losses = 0
        self.datagrams = False

    @property
    def counters(self) -> LinkCounters:
        """Bytes and frames as the ground saw them."""
        return self._deframer.counters

    @property
    def is_open(self) -> bool:
        """Whether the link is open, as far as is known."""
        return self._transport is not None

    def open(self, timeout_s: float) -> None:
        """Opens the link. Raises LinkUnavailable, LinkOccupied, UsageError."""
        self._transport = self._connect(timeout_s)
        self.datagrams = self._transport.datagrams

    def close(self) -> None:
        """Gives the link back; may be called twice."""
        if self._transport:
            self._transport.close()
            self._transport = None

    def send(self, frame: Frame, deadline: float) -> int:
        """Sends a frame; gives its bytes on the line. Raises LinkUnavailable."""
        self._on_frame("tx", frame)
        wire = b""
        for attempt in (1, 2):
            try:
                transport = self._opened(deadline)
                wire = pack_frame(frame) if self.datagrams else encode_uart(frame)
                transport.write(wire)
                break
            except LinkUnavailable:
                self._lose()
                if attempt == 2:
                    raise
        self.counters.tx_bytes += len(wire)
        self.counters.frames_sent += 1
        return len(wire)

    def receive(self, wait_s: float, deadline: float) -> list[Frame | Noise]:
        """What arrives within the time, nothing included. Opens a lost link again until the
        deadline; raises LinkUnavailable then."""
        try:
            data = self._opened(deadline).read(wait_s)
        except LinkUnavailable:
            self._lose()
            if deadline - self._clock.now() <= RECONNECT_PAUSE_S:
                raise
            self._clock.sleep(RECONNECT_PAUSE_S)
            self._opened(deadline)
            return []
        return self._show(
            self._deframer.feed_datagram(data) if self.datagrams else self._deframer.feed(data)
        )

    def flush(self) -> list[Frame | Noise]:
        """Text that waits for the next frame."""
        return self._show(self._deframer.flush())

    def _show(self, items: list[Frame | Noise]) -> list[Frame | Noise]:
        for item in items:
            self._on_frame("rx", item)
        return items

    def _opened(self, deadline: float) -> Transport:
        while self._transport is None:
            left = deadline - self._clock.now()
            try:
                self.open(max(0.05, left))
                self.reconnects += 1
                self._on_note("link opened again")
            except LinkUnavailable:
                if left <= RECONNECT_PAUSE_S:
                    raise
                self._clock.sleep(RECONNECT_PAUSE_S)
        assert self._transport is not None
        return self._transport

    def _lose(self) -> None:
        if self._transport:
            self.losses += 1
            self._on_note("link lost")
        self.close()
