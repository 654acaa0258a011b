"""From the board's logs into the archive: what is new, what was lost, each committed as it comes.

A log is read on where the archive ends. That its numbers still mean the same is proven first, by
reading the last item filed once more; where it differs, or is numbered higher than anything the
board has, a new era begins. Where the archive has holes and the board still has the items, they are
asked for again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ..board import Board
from ..clock import Clock
from ..logs import LogReader
from ..model import Book, BookState, Gap, GapKind
from ..records import Item
from ..rows import UNIT_NAMES, Labels, gap_text
from ..times import TOLD_STEP_US, RoundTrip
from .store import Added, Archive

# Items, or pieces of text, that one transaction holds.
BATCH_ITEMS = 128
# Pings for the clock's correlation at each turn.
CLOCK_PINGS = 4


@dataclass
class Report:
    """What a turn of collecting brought."""

    filed: Added = field(default_factory=Added)
    gaps: list[str] = field(default_factory=list)  # found in this turn, in words
    steps: list[str] = field(default_factory=list)  # of UTC since the last turn, in words


class Collector:
    """Collects all logs of one board. Calls may raise whatever the client or the archive raises;
    what was committed before stays, and the next turn goes on from there."""

    def __init__(self, client: Board, archive: Archive, target: str, labels: Labels) -> None:
        """target: what the board is filed under."""
        self._client, self._archive, self._target = client, archive, target
        self._clock = Clock()
        self._labels = replace(labels, target=target, utc=archive.utc(target))

    def turn(self, on_log: Callable[[BookState, Report], None] = lambda log, told: None) -> Report:
        """Reads all that is new; on_log is told of each log when it is through."""
        whole = Report()
        whole.steps += self.sample_clock()
        for state in self._client.books():
            part = Report()
            self.collect(state, part)
            on_log(state, part)
            whole.filed += part.filed
            whole.gaps += part.gaps
        return whole

    def sample_clock(self) -> list[str]:
        """Asks the board for its time; where that makes the estimates much better, the rows of this
        boot are given them. Gives the steps of UTC that it shows, in words."""
        steps = []
        for _ in range(CLOCK_PINGS):
            trip = RoundTrip(self._client.utc_us, self._clock.now)
            pong = self._client.ping()
            rtt_us = trip.end()
            if rtt_us is None:
                continue
            step_us = self._archive.add_clock(
                self._target, pong.boot_id, trip.sent_us, pong.board_time_us, rtt_us
            )
            if abs(step_us) >= TOLD_STEP_US:
                steps.append(step_text(step_us))
        self._archive.refit(self._target, pong.boot_id)
        return steps

    def collect(self, state: BookState, report: Report) -> None:
        """Reads what is new of one log."""
        for first, last in self._missing(state, report):
            for batch in _batches(self._read(state, first, last)):
                self._file(state, batch, report)

    def _file(self, state: BookState, batch: list[Item | Gap], report: Report) -> None:
        report.filed += self._archive.add_items(
            self._target, state.book, state.source, batch, self._labels, self._client.utc_us()
        )
        name = f"{state.book.name.lower()} of source {state.source}"
        report.gaps += [
            f"{name}: {gap_text(gap, UNIT_NAMES[state.book])}"
            for gap in batch
            if isinstance(gap, Gap)
        ]

    def _missing(self, state: BookState, report: Report) -> list[tuple[int, int | None]]:
        """Ranges to ask for; to None: whatever there is. A numbering that was not read before is
        read from its beginning: what the board has overwritten by then is a gap like any other."""
        filed = self._archive.log_state(self._target, state.book, state.source)
        whole: list[tuple[int, int | None]] = [(1, None)] if state.next > 1 else []
        if filed.last is None:
            return whole
        end = filed.last.seq + _units(state.book, filed.last)
        if not self._goes_on(state, filed.last, end):
            self._file(state, [Gap(GapKind.REBOOTED, end, None, filed.last.boot_id)], report)
            return whole
        holes: list[tuple[int, int | None]] = [
            hole
            for hole in self._archive.holes(
                self._target, state.book, state.source, filed.first_seq, end - 1
            )
            if hole[1] >= state.oldest
        ]
        return [*holes, (end, None)] if state.next > end else holes

    def _goes_on(self, state: BookState, last: Item, end: int) -> bool:
        """Whether the board's numbers are those of the archive."""
        if end > state.next:
            return False
        if last.seq < state.oldest:
            # Nothing is left to compare. A console's numbers begin anew with each boot.
            return state.book is not Book.CONSOLE or last.boot_id == self._client.boot_id
        units = _units(state.book, last)
        again = b"".join(
            item.data
            for item in LogReader(self._client, state.book, state.source, last.seq).read(units)
            if isinstance(item, Item)
        )
        same_boot = state.book is not Book.CONSOLE or last.boot_id == self._client.boot_id
        return same_boot and again == last.data

    def _read(self, state: BookState, first: int, last: int | None) -> Iterator[Item | Gap]:
        reader = LogReader(self._client, state.book, state.source, first)
        for item in reader.read():
            at = item.first if isinstance(item, Gap) else item.seq
            if last is not None and at > last:
                return
            if last is not None and isinstance(item, Item) and state.book is Book.CONSOLE:
                item = replace(item, data=item.data[: last - at + 1])
            yield item


def step_text(step_us: int) -> str:
    """A step of UTC, in words."""
    return (
        f"the ground's clock was stepped by {step_us / 1e6:+.1f} s against the board's: UTC goes by "
        "the new one; earlier rows keep what they were given"
    )


def _units(book: Book, item: Item) -> int:
    return len(item.data) if book is Book.CONSOLE else 1


def _batches(items: Iterator[Item | Gap]) -> Iterator[list[Item | Gap]]:
    batch: list[Item | Gap] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH_ITEMS:
            yield batch
            batch = []
    if batch:
        yield batch
