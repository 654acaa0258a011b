"""A link to the simulated board that tests pull and put in again."""

import time
from collections.abc import Callable

from conftest import LoopTransport
from fake_board import FakeBoard

from xmground.errors import LinkUnavailable

# The daemon's and the session's waits, in milliseconds where the real ones are tenths of seconds.
QUICK = {
    "xmground.session.FIRST_RETRY_S": 0.02,
    "xmground.line.RECONNECT_PAUSE_S": 0.002,
    "xmground.daemon.link.FIRST_PAUSE_S": 0.002,
    "xmground.daemon.link.LONGEST_PAUSE_S": 0.01,
    "xmground.daemon.link.OPEN_S": 0.002,
}


class Cable:
    """connect() as open_link, at a board that may be absent."""

    def __init__(self, board: FakeBoard) -> None:
        self.board, self.plugged = board, True
        self.break_in: int | None = None  # reads and writes until it breaks
        self.on_open: Callable[[], None] = lambda: None

    def connect(self, url: str, timeout_s: float) -> "CableTransport":
        """See open_link."""
        if not self.plugged:
            raise LinkUnavailable("cannot open loop: no such device: check the cable")
        self.on_open()
        return CableTransport(self)


class CableTransport(LoopTransport):
    """See Transport."""

    def __init__(self, cable: Cable) -> None:
        super().__init__(cable.board)
        self._cable = cable

    def _check(self) -> None:
        cable = self._cable
        if cable.break_in is not None:
            cable.break_in -= 1
            if cable.break_in <= 0:
                cable.plugged, cable.break_in = False, None
        if not cable.plugged:
            raise LinkUnavailable("loop broke: cable pulled")

    def read(self, timeout_s: float) -> bytes:
        """See Transport."""
        self._check()
        if not self.pending:
            time.sleep(min(timeout_s, 0.002))
        data, self.pending = self.pending, b""
        return data

    def write(self, data: bytes) -> None:
        """See Transport."""
        self._check()
        super().write(data)
