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

PROOF_BYTES = 64  # of what was read last, at most, by which a log is known again
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
        self._seen: Head | None = None  # where the log stood when it was last asked for
        # The last record given out, or end of text, to show that the log goes on.
        self._last: Item | None = None
        self.oldest = 0
        self.next = 0

    @property
    def identity(self) -> tuple[Book, int]:
        """Which log is read, as the board lists it."""
        return self._book, self._source

    @property
    def life(self) -> tuple[int, int]:
        """Boot id and count of starts (LogBatch.life) as of the last answer."""
        return (self._seen.boot_id, self._seen.life) if self._seen else (0, 0)

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
                is_suspect = self._may_be_new_life(head)
                if not is_suspect:
                    self._seen = head
                    for piece in join_gaps(self._in_order(pull)):
                        if isinstance(piece, Item) and left is not None:
                            left -= len(piece.data) // self._unit
                        yield piece
                    is_through = pull.stop >= head.next or (self._cursor or 0) < pull.stop
                    if is_through and not pull.is_new_life:
                        return
            if is_suspect:
                gap = self._end_of_life(head)
                self._seen = head
                if gap:
                    yield gap

    def _pull(self, most: int | None) -> LogPull:
        first = None if self._cursor is None else max(self._cursor, 1)  # numbers begin at 1
        return self._client.pull(self._book, self._source, self._unit, first, most)

    def _in_order(self, pull: LogPull) -> Iterator[Item | Gap]:
        """What a surveyed pull brings, in order; the cursor follows. Ends early when the board
        starts anew, and when it falls silent: then all that came is given out, and the cursor stays
        before what may yet come."""
        seq = pull.first
        if self._cursor is not None and max(self._cursor, 1) < seq:
            first, self._cursor = max(self._cursor, 1), seq
            yield Gap(GapKind.OVERWRITTEN, first, seq - 1, self._boot_id)
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
            if isinstance(piece, Item):
                end = piece.data[-PROOF_BYTES:]
                self._last = replace(piece, seq=seq - len(end) // self._unit, data=end)
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
        self._seen = self._seen or Head(
            batch.oldest, batch.next, batch.boot_id, batch.life, batch.doubts
        )
        return replace(batch, count=min(batch.count, count))

    @property
    def _boot_id(self) -> int:
        return self._seen.boot_id if self._seen else 0

    def _may_be_new_life(self, head: Head) -> bool:
        seen = self._seen
        return seen is not None and (head.start != seen.start or head.next < seen.next)

    def _end_of_life(self, head: Head) -> Gap | None:
        """A gap, unless the log is shown to go on over what made it suspect; the cursor then stands
        at the new beginning, so that what was overwritten since is a gap too. Raises as read()."""
        if self._cursor is None or self._goes_on(head):
            return None
        gap = Gap(GapKind.REBOOTED, self._cursor, None, self._boot_id)
        self._cursor, self._last = 1, None
        return gap

    def _goes_on(self, head: Head) -> bool:
        """Whether the log kept its content: what was read last is still there, byte for byte. That
        proves nothing if the board has lost the count of its boots with its memory: its first
        records may be the same each time, and so may text after any start."""
        assert self._seen is not None
        is_same_boot = head.boot_id == self._seen.boot_id
        is_seen_start = head.life != self._seen.life
        if head.next < self._seen.next:
            return False
        if is_seen_start and (is_same_boot or self._book is Book.CONSOLE):
            return False
        if self._last is None or self._last.seq < head.oldest:
            return not is_seen_start  # nothing to compare: then the boot id is believed
        return self._is_stored(self._last)

    def _is_stored(self, item: Item) -> bool:
        """Whether the board has exactly this at that place."""
        count = len(item.data) // self._unit
        while True:
            with self._client.pull(self._book, self._source, self._unit, item.seq, count) as pull:
                pull.survey()
                numbers = range(item.seq, item.seq + count)
                for seq in numbers:
                    if seq < pull.stop:
                        pull.settle(seq)
                if pull.is_new_life:
                    continue
                data = [pull.have.get(seq) for seq in numbers]
                if None not in data:
                    return b"".join(data) == item.data  # type: ignore[arg-type]
                if pull.first > item.seq or pull.stop < numbers.stop or pull.unreadable:
                    return False
                raise NoAnswer(
                    "the line did not bring what shows whether the log goes on: ask again"
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
