"""One transfer of 64 KiB of logbook in virtual time, checked byte by byte."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import virtual
from noise import Knobs

from xmground import keys
from xmground.logs import Gap, LogReader
from xmground.model import Book

RECORDS = 1024
LOG_BYTES = 64 * RECORDS
KEY_ID = 7


@dataclass(frozen=True)
class Transfer:
    """How it went. Rates are bytes of log, a whole transfer by its time."""

    seconds: float  # from the first request to the last item given out
    exact: bool  # all items, byte by byte
    gaps: int
    requests: int
    line_bytes: int  # that the board sent meanwhile
    bits_flipped: int  # of these

    @property
    def bytes_per_s(self) -> float:
        """Bytes of log in a second."""
        return LOG_BYTES / self.seconds

    @property
    def of_line_rate(self) -> float:
        """The same as a part of what the line carries."""
        return self.bytes_per_s / virtual.LINE_BYTES_PER_S


def key_file() -> Path:
    """A key file for this process's runs; its content does not matter to any figure."""
    folder = Path(tempfile.mkdtemp(prefix="xm-link-"))
    keys.create(folder / "key", KEY_ID)
    return folder / "key"


def transfer(
    program: Path, key: Path | None, seed: str, down: Knobs, up: Knobs, timeout_s: float = 20.0
) -> Transfer:
    """Reads the whole health-monitor log over a line of that kind."""
    board = virtual.Board(program, RECORDS, key)
    world = virtual.World(board, seed, down, up)
    client = virtual.connect(world, seed, key, timeout_s)
    begin, before = world.now(), client.session.counters.requests
    sent, flipped = world.down.statistics.bytes_in, world.down.statistics.bits_flipped
    found = list(LogReader(client, Book.HM).read())
    seconds = world.now() - begin
    data = b"".join(item.data for item in found if not isinstance(item, Gap))
    exact = data == board.log()
    board.close()
    return Transfer(
        seconds,
        exact,
        sum(isinstance(item, Gap) for item in found),
        client.session.counters.requests - before,
        world.down.statistics.bytes_in - sent,
        world.down.statistics.bits_flipped - flipped,
    )
