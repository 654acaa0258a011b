"""Memory of a partition: read over a link that loses frames, and proven by the board's own CRC-32C.

The bytes come as those of a log do (pull.py), numbered by address, so nothing is lost unseen. They
do not come at one moment: when all are there, the board makes the CRC-32C of the whole, and where
that is another than the one of the bytes read, memory has changed in between.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from .board import Board
from .errors import LinkUnavailable, NoAnswer
from .model import Book, MemorySum

# Between two questions for a sum in the making: at first, and at most. Each one costs the board a
# reply, and the last one may come so much later than the sum, in parts of the time before.
PAUSE_S, LONGEST_PAUSE_S, PAUSE_GROWTH = 0.1, 2.0, 1.3
MOST_SILENCES = 2  # questions in a row without an answer
MOST_STALLS = 20  # questions in a row that find it no further

OnProgress = Callable[[int], None]


def unseen(done: int) -> None:
    """For callers that show no progress."""


@dataclass(frozen=True)
class Image:
    """What was read of size bytes from address on: pieces (address, bytes) in order, and the ranges
    (first address, bytes) that are missing. rebooted: the board has started anew meanwhile."""

    address: int
    size: int
    boot_id: int
    pieces: tuple[tuple[int, bytes], ...]
    missing: tuple[tuple[int, int], ...]
    rebooted: bool

    @property
    def data(self) -> bytes:
        """All bytes; those missing are 0."""
        whole = bytearray(self.size)
        for at, data in self.pieces:
            whole[at - self.address : at - self.address + len(data)] = data
        return bytes(whole)


def read_memory(
    client: Board, partition: int, address: int, size: int, on_progress: OnProgress = unseen
) -> Image:
    """Reads a range, which must lie in one area. on_progress is told the bytes that are settled.

    Raises NoAnswer or LinkUnavailable when nothing at all was read, Rejected by the board. A link
    that fails later leaves bytes missing."""
    first = address + 1  # items are numbered from 1
    with client.pull(Book.MEMORY, partition, 1, first, size) as pull:
        head = pull.survey()
        seq = first
        try:
            while seq < pull.stop and not pull.is_new_life:
                pull.settle(seq)
                seq = pull.settled_until(seq)
                on_progress(seq - first)
        except (NoAnswer, LinkUnavailable):
            pass  # what is missing is told
        have = {n: pull.have[n] for n in range(first, first + size) if n in pull.have}
        runs = tuple(
            (n - 1, b"".join(have[seq] for seq in range(n, end))) for n, end in _runs(have)
        )
        gaps = _runs(set(range(first, first + size)) - have.keys())
        missing = tuple((n - 1, end - n) for n, end in gaps)
        return Image(address, size, head.boot_id, runs, missing, pull.is_new_life)


def _runs(numbers: "set[int] | dict[int, bytes]") -> list[tuple[int, int]]:
    """Ranges (first, behind the last) of adjacent numbers."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return runs


def sum_memory(
    client: Board, partition: int, address: int, size: int, on_progress: OnProgress = unseen
) -> MemorySum:
    """The board's CRC-32C of a range, which it makes piece by piece. Raises NoAnswer when it gets no
    further."""

    def ask(check_id: int) -> MemorySum:
        """A question of which nothing is known any more is asked again: a bad line loses some, and the
        board goes on meanwhile."""
        for _ in range(MOST_SILENCES):
            with suppress(NoAnswer):
                return client.memory_check(partition, address, size, check_id)
        return client.memory_check(partition, address, size, check_id)

    now = ask(0)
    stalls, pause_s = 0, PAUSE_S
    while now.bytes < size:
        on_progress(now.bytes)
        time.sleep(pause_s)
        pause_s = min(LONGEST_PAUSE_S, pause_s * PAUSE_GROWTH)
        last, now = now, ask(now.check_id)
        is_further = now.bytes > last.bytes and now.begun_us == last.begun_us
        stalls = 0 if is_further else stalls + 1
        if stalls >= MOST_STALLS:
            raise NoAnswer(
                "the board's check sum gets no further: another console may be asking for one on "
                "this link; ask again"
            )
    return now
