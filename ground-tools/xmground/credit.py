"""How much the board can take. It says so in beacons and HelloAcks: bytes free in its receive ring.

Bytes sent count until the board is known to have read them, or so long after that the line has
surely brought and the board read them. The board may have counted them too when it made its
statement; then this errs to the safe side, and never sends more than the board said.
"""

from collections import deque

# Before the board has said anything, and after it has been silent for long: any ring has room for
# one or two requests.
LEAST_BYTES = 256


class Credit:
    """Bytes that may be sent."""

    def __init__(self, stale_s: float) -> None:
        """stale_s: a request has been on the line, in the ring and read by then, or is lost; and
        what the board said so long ago says nothing any more. Longer than any major frame."""
        self._stale_s = stale_s
        self._stated, self._stated_at = LEAST_BYTES, float("-inf")
        self._flight: deque[tuple[int, int, float]] = deque()  # number, bytes, time of sending

    @property
    def in_flight(self) -> int:
        """Bytes sent that the board is not known to have read."""
        return sum(size for _, size, _ in self._flight)

    def left(self, now: float) -> int:
        """Bytes that may be sent now."""
        while self._flight and now - self._flight[0][2] > self._stale_s:
            self._flight.popleft()
        is_fresh = now - self._stated_at <= self._stale_s
        return (self._stated if is_fresh else LEAST_BYTES) - self.in_flight

    def state(self, credit: int, now: float) -> None:
        """The board has said how much it can take."""
        self._stated, self._stated_at = credit, now

    def note_sent(self, number: int, size: int, now: float) -> None:
        """A frame was sent; numbers rise."""
        self._flight.append((number, size, now))

    def note_read(self, number: int) -> None:
        """The board has read that frame, so also all before it."""
        while self._flight and self._flight[0][0] <= number:
            self._flight.popleft()
