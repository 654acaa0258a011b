"""Range pull of the board's logs.

The board keeps no state of a transfer: it is asked for items from a number on, answers with chunks
and says which items it has sent. The reader puts the chunks together, asks again for what is
missing, and names what it cannot get:

  lost on link         the board still has the items, the link did not bring them in several tries
  overwritten on board the log was full and its oldest items made room; they are gone
  board rebooted       numbering began anew; how many items the old boot had left unread cannot be
  known
  unreadable on board  a record without its number: the board's memory was damaged. (A record that
                       has its number but a wrong CRC is given out, see records.py.)

An item is a record (HM, trace) or a byte (console).
"""

from collections.abc import Iterator
from dataclasses import replace

from .board import Board
from .errors import LinkUnavailable, NoAnswer
from .model import Book, Gap, GapKind, LogBatch
from .records import HM_RECORD, TRACE_RECORD, Item

ITEM_BYTES = {Book.HM: HM_RECORD.size, Book.TRACE: TRACE_RECORD.size, Book.CONSOLE: 1}
# Items asked for at once: about 2 KiB, half of the board's transmit ring; fewer after losses.
PAGE_ITEMS = {Book.HM: 32, Book.TRACE: 40, Book.CONSOLE: 2048}
# Below this, a smaller page does not make an answer more likely to arrive whole.
LEAST_ITEMS = {Book.HM: 1, Book.TRACE: 1, Book.CONSOLE: 32}
# Tries without any progress before the items asked for are given up: at a bit error rate of 1e-3 a
# frame with one record arrives with a probability of 0.4, so 12 tries fail once in 500 times.
REFETCH_TRIES = 12
SILENT_TRIES = 2


def missing_ranges(first: int, count: int, have: dict[int, bytes]) -> list[tuple[int, int]]:
    """The holes (first, last) in first..first + count - 1."""
    holes: list[tuple[int, int]] = []
    for seq in range(first, first + count):
        if seq in have:
            continue
        if holes and holes[-1][1] == seq - 1:
            holes[-1] = (holes[-1][0], seq)
        else:
            holes.append((seq, seq))
    return holes


class LogReader:
    """Reads one log from a number on; may be asked again later and goes on where it stopped."""

    def __init__(
        self, client: Board, book: Book, source: int = 0, from_seq: int | None = None
    ) -> None:
        """from_seq None: from the oldest item still stored, which is then no gap."""
        self._client, self._book, self._source = client, book, source
        self._unit = ITEM_BYTES[book]
        self._page = PAGE_ITEMS[book]
        self._cursor = from_seq
        self._boot_id = 0
        self._life = 0
        self._end = 0  # number of the next item, when the board was last asked
        self._unreadable: set[int] = set()
        self._last: Item | None = (
            None  # last record given out, to prove that numbering goes on after a reboot
        )
        self.oldest = 0
        self.next = 0

    @property
    def identity(self) -> tuple[Book, int]:
        """Which log is read, as the board lists it."""
        return self._book, self._source

    def tail(self, count: int) -> None:
        """Moves to the last `count` items stored."""
        batch = self._ask(0, 1)
        self._cursor = max(batch.oldest, batch.next - count)

    def seek_end(self) -> None:
        """Moves behind the last item stored."""
        self._cursor = self._ask(0, 1).next

    def tail_lines(self, count: int) -> None:
        """Moves to the first line of console text that begins in the last `count` bytes stored; to
        the first of these bytes if none does."""
        self.tail(count)
        start = self._cursor or 1
        if start == 1:
            return
        before = self._ask(start - 1, min(count, self._page))  # a line end there: start is a line
        have = self._units(before)
        ends = [seq for seq, byte in have.items() if byte == b"\n" and seq + 1 < before.next]
        if ends:
            self._cursor = min(ends) + 1

    def read(self, limit: int | None = None) -> Iterator[Item | Gap]:
        """Items and gaps in order, up to what the log holds now, at most `limit` items.

        Raises NoAnswer or LinkUnavailable when nothing at all could be read; a link that fails
        later is a gap.
        """
        end: int | None = None
        given = 0
        while limit is None or given < limit:
            want = self._page if limit is None else min(self._page, limit - given)
            if end is not None and self._cursor is not None:
                want = min(want, end - self._cursor)
            try:
                batch = self._ask(self._cursor or 0, want)
            except (NoAnswer, LinkUnavailable):
                if end is None:
                    raise
                yield Gap(GapKind.LOST, self._cursor or 0, end - 1, self._boot_id)
                return
            reboot = self._check_boot(batch)
            if reboot:
                yield reboot
                end = None
                continue
            yield from self._skip_missing(batch)
            end = batch.next if end is None else end
            for item in self._collect(batch):
                yield item
                if isinstance(item, Item):
                    given += len(item.data) // self._unit
            if self._cursor is None or self._cursor >= end:
                return
            if batch.count == 0:
                # The board counts what it sent: it has nothing readable there.
                yield Gap(GapKind.DAMAGED, self._cursor, end - 1, self._boot_id)
                self._cursor = end
                return

    def _ask(self, first: int, count: int) -> LogBatch:
        count = max(1, count)
        batch = self._client.log_read(self._book, self._source, first, count)
        self.oldest, self.next = batch.oldest, batch.next
        return replace(batch, count=min(batch.count, count))

    def _is_new_life(self, batch: LogBatch) -> bool:
        return bool(self._boot_id) and (
            (batch.boot_id, batch.life) != (self._boot_id, self._life) or batch.next < self._end
        )

    def _check_boot(self, batch: LogBatch) -> Gap | None:
        """A gap if the numbering began anew since the last answer; the cursor then stands at the
        new oldest item."""
        is_new, old_boot = self._is_new_life(batch), self._boot_id
        self._boot_id, self._life, self._end = batch.boot_id, batch.life, batch.next
        if not is_new or self._cursor is None:
            return None
        # As long as the log memory keeps its content, every start has another boot id.
        kept = batch.boot_id != old_boot and self._book is not Book.CONSOLE
        if kept and self._goes_on(batch):
            return None
        gap = Gap(GapKind.REBOOTED, self._cursor, None, old_boot)
        self._cursor, self._last = None, None
        return gap

    def _goes_on(self, batch: LogBatch) -> bool:
        """Whether the log kept its content over the reboot: the last record read is still there,
        byte for byte."""
        if self._last is None or batch.next < (self._cursor or 0):
            return False
        again = self._ask(self._last.seq, 1)
        return any(
            seq == self._last.seq and data[: self._unit] == self._last.data
            for seq, data in again.pieces
        )

    def _skip_missing(self, batch: LogBatch) -> Iterator[Gap]:
        """Items asked for that the board no longer has, or cannot read."""
        first = batch.oldest if self._cursor is None else max(self._cursor, 1)  # numbers begin at 1
        if first < batch.oldest:
            yield Gap(GapKind.OVERWRITTEN, first, batch.oldest - 1, batch.boot_id)
            first = batch.oldest
        self._cursor = first
        if batch.count and batch.first > first:
            yield Gap(GapKind.DAMAGED, first, batch.first - 1, batch.boot_id)

    def _collect(self, batch: LogBatch) -> Iterator[Item | Gap]:
        """Items of one batch; holes are asked for again. Moves the cursor behind the batch."""
        if batch.count == 0:
            return
        first, stop = max(batch.first, self._cursor or 0), batch.first + batch.count
        have = self._units(batch)
        gaps: list[Gap] = []
        holes = missing_ranges(first, stop - first, have)
        self._adapt_page(not holes)
        for hole in holes:
            gaps += self._refetch(*hole, have)
        self._cursor = stop
        yield from self._merge(first, stop, have, gaps)

    def _units(self, batch: LogBatch) -> dict[int, bytes]:
        """Received items by number. A piece that is no whole number of items is dropped, and so
        found missing."""
        have: dict[int, bytes] = {}
        for seq, data in batch.pieces:
            if len(data) % self._unit:
                continue
            for at in range(0, len(data), self._unit):
                have[seq + at // self._unit] = data[at : at + self._unit]
        return have

    def _adapt_page(self, good: bool) -> None:
        """Whole frames are lost: smaller pages lose less at once, and fill the board's ring less."""
        if good:
            self._page = min(self._page * 2, PAGE_ITEMS[self._book])
        else:
            self._page = max(LEAST_ITEMS[self._book], self._page // 2)

    def _refetch(self, first: int, last: int, have: dict[int, bytes]) -> list[Gap]:
        """Asks for the items of a hole until all are there or given up; gives what stays missing."""
        at, oldest, failures, silent = first, 0, 0, 0
        while silent < SILENT_TRIES:
            holes = missing_ranges(at, last - at + 1, have)
            if not holes:
                break
            start, end = holes[0]
            count = min(self._page, end - start + 1)
            try:
                batch = self._ask(start, count)
            except (NoAnswer, LinkUnavailable):
                silent += 1
                continue
            if self._is_new_life(batch):
                # Numbers of the new boot may mean other items; the next read finds out.
                return self._name_holes(first, last, have, 0, GapKind.REBOOTED)
            oldest, silent = batch.oldest, 0
            found = batch.first if batch.count else batch.next
            if found > start >= oldest:  # the board itself passes over these
                self._unreadable.update(range(start, min(found, end + 1)))
                at = min(found, end + 1)
            had = len(have)
            have.update(self._units(batch))
            self._adapt_page(len(have) > had)
            failures = 0 if len(have) > had else failures + 1
            if failures == REFETCH_TRIES:
                at, failures = start + count, 0
            at = max(at, oldest)
        return self._name_holes(first, last, have, oldest, GapKind.LOST)

    def _name_holes(
        self, first: int, last: int, have: dict[int, bytes], oldest: int, kind: GapKind
    ) -> list[Gap]:
        """The holes as gaps: overwritten below the oldest item, of the given kind above it."""
        gaps = []
        for low, high in missing_ranges(first, last - first + 1, have):
            if low < oldest:
                end = min(high, oldest - 1)
                gaps.append(Gap(GapKind.OVERWRITTEN, low, end, self._boot_id))
            gaps += self._split_unreadable(max(low, oldest), high, kind)
        return gaps

    def _split_unreadable(self, low: int, high: int, kind: GapKind) -> list[Gap]:
        """Gaps for low..high (none if low > high), those of unreadable items apart."""
        gaps: list[Gap] = []
        for seq in range(low, high + 1):
            why = GapKind.DAMAGED if seq in self._unreadable else kind
            if gaps and gaps[-1].kind is why:
                gaps[-1] = replace(gaps[-1], last=seq)
            else:
                gaps.append(Gap(why, seq, seq, self._boot_id))
        return gaps

    def _merge(
        self, first: int, stop: int, have: dict[int, bytes], gaps: list[Gap]
    ) -> Iterator[Item | Gap]:
        begins = {gap.first: gap for gap in gaps}
        text: Item | None = None
        for seq in range(first, stop):
            if seq in begins or seq not in have:
                if text:
                    yield text
                    text = None
                if seq in begins:
                    yield begins[seq]
                continue
            item = Item(seq, have[seq], self._boot_id)
            if self._book is Book.CONSOLE:
                text = replace(text, data=text.data + item.data) if text else item
                continue
            self._last = item
            yield item
        if text:
            yield text
