"""From the board's logs into the archive: what is new, what was lost, each committed as it comes.

A log is read on where the archive ends. That its numbers still mean the same is proven first, by
reading the last item filed once more; where it differs, or is numbered higher than anything the
board has, a new era begins. Where the archive has holes and the board still has the items, they are
asked for again.

Other stations may collect the same board into the same archive at the same time. What was read is
filed in the era in which it was read, whatever another station has begun meanwhile.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from ..board import Board
from ..clock import TOLD_STEP_US, Clock, RoundTrip
from ..logs import LogReader
from ..model import Book, BookState, Gap, GapKind
from ..records import ITEM_BYTES, Item
from ..rows import UNIT_NAMES, Labels, gap_text
from .filing import Added
from .store import Archive, LogState

# Is told how much is done, and of how much.
OnProgress = Callable[[int, int], None]
# Items, or pieces of text, that one transaction holds.
BATCH_ITEMS = 128
# Pings for the clock's correlation at each turn.
CLOCK_PINGS = 4


class Proof(Enum):
    """That the numbers of a log mean what they meant before could not be proven."""

    DIFFERENT = "the board has other items under them"
    LOST = "the link lost the answer"


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
        self._read_bytes = self._new_bytes = 0
        self._tell: OnProgress = lambda done, total: None

    def turn(
        self,
        on_log: Callable[[BookState, Report], None] = lambda log, told: None,
        tell: OnProgress = lambda done, total: None,
    ) -> Report:
        """Reads all that is new; on_log is told of each log when it is through, and tell how many
        bytes of how many were read."""
        whole = Report()
        whole.steps += self.sample_clock()
        states = self._client.books()
        self._read_bytes, self._new_bytes = 0, sum(map(self._bytes_ahead, states))
        self._tell = tell
        for state in states:
            part = Report()
            self.collect(state, part)
            on_log(state, part)
            whole.filed += part.filed
            whole.gaps += part.gaps
            whole.steps += part.steps
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
        """Reads what is new of one log. A numbering that was not read before is read from its
        beginning: what the board has overwritten by then is a gap like any other."""
        filed = self._archive.log_state(self._target, state.book, state.source)
        era, begin = filed.era, 1
        reader = self._reader(state, begin)
        if filed.last is not None:
            end = _end(state.book, filed.last)
            proof = self._proof(state, filed)
            if proof is Proof.DIFFERENT:
                # Perhaps another station has filed more than the board had when it told its state.
                state = self._state_now(state)
                proof = self._proof(state, filed)
            if proof is Proof.LOST:
                report.gaps.append(
                    f"{_name(state)}: not read on: the link lost what proves its numbering"
                )
                return
            if proof is Proof.DIFFERENT:
                gap = Gap(GapKind.REBOOTED, end, None, filed.last.boot_id)
                era = self._file(state, [gap], report, era)
            else:
                reader, begin = proof, end
                if not self._fill_holes(state, filed, reader, report):
                    return
        if max(state.next, reader.next) > begin:
            for batch in _batches(self._counted(reader.read())):
                era = self._file(state, batch, report, era)

    def _bytes_ahead(self, state: BookState) -> int:
        """How much there is to read of a log, unless its numbers have begun anew unnoticed."""
        last = self._archive.log_state(self._target, state.book, state.source).last
        end = _end(state.book, last) if last else 1
        first = max(state.oldest, end if end <= state.next else 1)
        return max(0, state.next - first) * ITEM_BYTES[state.book]

    def _counted(self, pieces: Iterator[Item | Gap]) -> Iterator[Item | Gap]:
        for piece in pieces:
            if isinstance(piece, Item):
                self._read_bytes += len(piece.data)
                self._tell(self._read_bytes, max(self._read_bytes, self._new_bytes))
            yield piece

    def _reader(self, state: BookState, first: int) -> LogReader:
        return LogReader(self._client, state.book, state.source, first)

    def _state_now(self, state: BookState) -> BookState:
        """The log as the board tells it now."""
        for now in self._client.books():
            if (now.book, now.source) == (state.book, state.source):
                return now
        return state

    def _file(self, state: BookState, batch: list[Item | Gap], report: Report, era: int) -> int:
        """Files what was read in an era; gives the era at its end."""
        if _is_reboot(batch[0]):
            # What follows is of a new life, whose clock began anew.
            report.steps += self.sample_clock()
        added = self._archive.add_items(
            self._target, state.book, state.source, batch, self._labels, self._client.utc_us(), era
        )
        report.filed += added
        report.gaps += [
            f"{_name(state)}: {gap_text(gap, UNIT_NAMES[state.book])}"
            for gap in batch
            if isinstance(gap, Gap)
        ]
        return added.era

    def _proof(self, state: BookState, filed: LogState) -> "LogReader | Proof":
        """Whether the board's numbers are those of the archive: then a reader that stands behind
        the last item filed, and will see when they begin anew."""
        last = filed.last
        assert last is not None
        if self._is_of_an_earlier_life(filed.received_us, last.boot_id):
            return Proof.DIFFERENT
        end = _end(state.book, last)
        same_boot = state.book is not Book.CONSOLE or last.boot_id == self._client.boot_id
        if end > state.next:
            return Proof.DIFFERENT
        if last.seq < state.oldest:
            # Nothing is left to compare. A console's numbers begin anew with each boot.
            return self._reader(state, end) if same_boot else Proof.DIFFERENT
        reader = self._reader(state, last.seq)
        again = list(reader.read(end - last.seq))
        if any(isinstance(piece, Gap) and piece.kind is GapKind.LOST for piece in again):
            return Proof.LOST
        data = b"".join(piece.data for piece in again if isinstance(piece, Item))
        same_boot = state.book is not Book.CONSOLE or last.boot_id == self._client.boot_id
        return reader if same_boot and data == last.data else Proof.DIFFERENT

    def _is_of_an_earlier_life(self, received_us: int, boot_id: int) -> bool:
        """Whether the board has started anew since, under the same boot id. Such a board has lost
        its logs, and prints what it printed before."""
        begun_us = self._archive.correlation(self._target, boot_id).life_since_us
        return boot_id == self._client.boot_id and received_us < begun_us

    def _fill_holes(
        self, state: BookState, filed: LogState, proven: LogReader, report: Report
    ) -> bool:
        """Asks for what the archive lacks and the board still has. False: the board has started
        anew since its numbers were proven, so that they may mean something else."""
        assert filed.last is not None
        holes = self._archive.holes(
            self._target, state.book, state.source, filed.first_seq, filed.last.seq
        )
        for first, last in holes:
            if last < state.oldest:
                continue
            reader = self._reader(state, first)
            for batch in _batches(_up_to(reader.read(), last, state.book)):
                if reader.life != proven.life:
                    return False
                self._file(state, batch, report, filed.era)
        return True


def _up_to(pieces: Iterator[Item | Gap], last: int, book: Book) -> Iterator[Item | Gap]:
    """What is read as far as an item, that included."""
    for piece in pieces:
        at = piece.first if isinstance(piece, Gap) else piece.seq
        if at > last:
            return
        if isinstance(piece, Item) and book is Book.CONSOLE:
            piece = replace(piece, data=piece.data[: last - at + 1])
        yield piece


def _name(state: BookState) -> str:
    return f"{state.book.name.lower()} of source {state.source}"


def step_text(step_us: int) -> str:
    """A step of UTC, in words."""
    return (
        f"the ground's clock was stepped by {step_us / 1e6:+.1f} s against the board's, or the board "
        "started anew under its old boot id: UTC goes by what holds now; earlier rows keep what they "
        "were given"
    )


def _end(book: Book, item: Item) -> int:
    """The number after an item's."""
    return item.seq + (len(item.data) if book is Book.CONSOLE else 1)


def _is_reboot(item: Item | Gap) -> bool:
    return isinstance(item, Gap) and item.kind is GapKind.REBOOTED


def _batches(items: Iterator[Item | Gap]) -> Iterator[list[Item | Gap]]:
    """A reboot stands at the beginning of its own one."""
    batch: list[Item | Gap] = []
    for item in items:
        if batch and (len(batch) == BATCH_ITEMS or _is_reboot(item)):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch
