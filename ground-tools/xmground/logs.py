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

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .board import Board, LogPull
from .errors import LinkUnavailable, NoAnswer
from .model import Book, Gap, GapKind, Head, LogBatch
from .records import ITEM_BYTES, Item

MOST_ITEMS = 2048  # asked for at once to find where a line of text begins


def join_gaps(pieces: Iterable[Item | Gap]) -> Iterator[Item | Gap]:
    """The same, with adjacent gaps of one kind in one."""
    held: Gap | None = None
    for piece in pieces:
        if isinstance(piece, Item):
            if held:
                yield held
            held = None
            yield piece
        elif held and (piece.kind, piece.first) == (held.kind, (held.last or 0) + 1):
            held = replace(held, last=piece.last)
        else:
            if held:
                yield held
            held = piece
    if held:
        yield held


class LogReader:
    """Reads one log from a number on; may be asked again later and goes on where it stopped."""

    def __init__(
        self, client: Board, book: Book, source: int = 0, from_seq: int | None = None
    ) -> None:
        """from_seq None: from the oldest item still stored, which is then no gap."""
        self._client, self._book, self._source = client, book, source
        self._unit = ITEM_BYTES[book]
        self._cursor = from_seq
        self._boot_id = 0
        self._life = 0
        self._end = 0  # number of the next item, when the board was last asked
        self._last: Item | None = (
            None  # last record given out, to prove that numbering goes on after a reboot
        )
        self.oldest = 0
        self.next = 0

    @property
    def identity(self) -> tuple[Book, int]:
        """Which log is read, as the board lists it."""
        return self._book, self._source

    @property
    def life(self) -> tuple[int, int]:
        """Boot id and count of starts (LogBatch.life) as of the last answer."""
        return self._boot_id, self._life

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
        before = self._ask(start - 1, min(count, MOST_ITEMS))  # a line end there: start is a line
        have = self._units(before)
        ends = [seq for seq, byte in have.items() if byte == b"\n" and seq + 1 < before.next]
        if ends:
            self._cursor = min(ends) + 1

    def read(self, limit: int | None = None) -> Iterator[Item | Gap]:
        """Items and gaps in order, up to what the log holds now, at most `limit` items.

        Raises NoAnswer or LinkUnavailable when nothing at all could be read; a link that fails
        later is a gap.
        """
        left = limit
        while left is None or left > 0:
            with self._pull(left) as pull:
                head = pull.survey()
                self.oldest, self.next = head.oldest, head.next
                reboot = self._check_boot(head)
                if reboot:
                    yield reboot
                    continue
                for piece in join_gaps(self._in_order(pull)):
                    if isinstance(piece, Item) and left is not None:
                        left -= len(piece.data) // self._unit
                    yield piece
                is_through = pull.stop >= head.next or (self._cursor or 0) < pull.stop
                if is_through and not pull.is_new_life:
                    return

    def _pull(self, most: int | None) -> LogPull:
        first = None if self._cursor is None else max(self._cursor, 1)  # numbers begin at 1
        return self._client.pull(self._book, self._source, self._unit, first, most)

    def _in_order(self, pull: LogPull) -> Iterator[Item | Gap]:
        """What a surveyed pull brings, in order; the cursor follows. Ends early when the board
        starts anew, and when it falls silent: then all that came is given out, and the cursor stays
        before what may yet come."""
        seq = pull.first
        if self._cursor is not None and max(self._cursor, 1) < seq:
            yield Gap(GapKind.OVERWRITTEN, max(self._cursor, 1), seq - 1, self._boot_id)
        while seq < pull.stop:
            try:
                pull.settle(seq)
            except (NoAnswer, LinkUnavailable):
                end = max((n for n in pull.have if n >= seq), default=seq - 1) + 1
                yield from self._give(pull, seq, end)
                yield Gap(GapKind.LOST, end, pull.stop - 1, self._boot_id)
                return
            end = pull.settled_until(seq)
            if end == seq:
                return
            yield from self._give(pull, seq, end)
            seq = end
        self._cursor = max(seq, self._cursor or 0)

    def _give(self, pull: LogPull, first: int, stop: int) -> Iterator[Item | Gap]:
        """Items and gaps of a range; text in pieces as long as they can be."""
        seq = first
        while seq < stop:
            piece = self._piece(pull, seq, stop)
            seq += (piece.count or 0) if isinstance(piece, Gap) else len(piece.data) // self._unit
            self._cursor = seq
            if isinstance(piece, Item) and self._book is not Book.CONSOLE:
                self._last = piece
            yield piece

    def _piece(self, pull: LogPull, seq: int, stop: int) -> Item | Gap:
        if seq not in pull.have:
            return Gap(self._why_missing(pull, seq), seq, seq, self._boot_id)
        end = seq + 1
        while self._book is Book.CONSOLE and end < stop and end in pull.have:
            end += 1
        return Item(seq, b"".join(pull.have[n] for n in range(seq, end)), self._boot_id)

    def _why_missing(self, pull: LogPull, seq: int) -> GapKind:
        if pull.head and seq < pull.head.oldest:
            return GapKind.OVERWRITTEN
        return GapKind.DAMAGED if seq in pull.unreadable else GapKind.LOST

    def _ask(self, first: int, count: int) -> LogBatch:
        count = max(1, count)
        batch = self._client.log_read(self._book, self._source, first, count)
        self.oldest, self.next = batch.oldest, batch.next
        return replace(batch, count=min(batch.count, count))

    def _is_new_life(self, batch: Head) -> bool:
        return bool(self._boot_id) and (
            (batch.boot_id, batch.life) != (self._boot_id, self._life) or batch.next < self._end
        )

    def _check_boot(self, batch: Head) -> Gap | None:
        """A gap if the numbering began anew since the last answer; the cursor then stands at its
        beginning, so that what the board has overwritten meanwhile is a gap too."""
        is_new, old_boot = self._is_new_life(batch), self._boot_id
        self._boot_id, self._life, self._end = batch.boot_id, batch.life, batch.next
        if not is_new or self._cursor is None:
            return None
        # As long as the log memory keeps its content, every start has another boot id.
        kept = batch.boot_id != old_boot and self._book is not Book.CONSOLE
        if kept and self._goes_on(batch):
            return None
        gap = Gap(GapKind.REBOOTED, self._cursor, None, old_boot)
        self._cursor, self._last = 1, None
        return gap

    def _goes_on(self, batch: Head) -> bool:
        """Whether the log kept its content over the reboot: the last record read is still there,
        byte for byte."""
        if self._last is None or batch.next < (self._cursor or 0):
            return False
        again = self._ask(self._last.seq, 1)
        return any(
            seq == self._last.seq and data[: self._unit] == self._last.data
            for seq, data in again.pieces
        )

    def _units(self, batch: LogBatch) -> dict[int, bytes]:
        """Received items by number. A piece that is no whole number of items is dropped."""
        have: dict[int, bytes] = {}
        for seq, data in batch.pieces:
            if len(data) % self._unit:
                continue
            for at in range(0, len(data), self._unit):
                have[seq + at // self._unit] = data[at : at + self._unit]
        return have
