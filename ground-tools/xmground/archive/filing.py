"""How items of a log go into the archive's table `log`.

An item's key is (target, boot_id, book, source, seq), so that what is read again is filed once. The
same key with other contents is a conflict: it is filed beside the first as another variant, never
over it, and counted, so that whoever collects can say so.

Console text is filed by lines, whatever pieces it was read in: a piece that continues a line that
is filed already completes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..errors import ArchiveError
from ..model import Book, Gap, GapKind
from ..records import Item
from ..rows import Labels, Row, Severity, console_row, item_rows, split_lines
from . import schema
from .database import insert_new
from .schema import log

SEVERITY_OF = {severity.word: severity for severity in Severity}
# The largest number that a database column holds. A board that counts further is wrong.
LARGEST_SEQ = (1 << 63) - 1


@dataclass
class Added:
    """What became of items that were filed."""

    added: int = 0
    known: int = 0
    conflicts: list[str] = field(default_factory=list)
    era: int = 0  # at the end

    def __iadd__(self, other: "Added") -> "Added":
        self.added += other.added
        self.known += other.known
        self.conflicts += other.conflicts
        return self


class Filing:
    """Items of one log going into the archive, within one transaction."""

    def __init__(
        self,
        connection: Connection,
        target_id: int,
        book: Book | str,
        source: int,
        labels: Labels,
        received_us: int,
        era: int | None = None,
        lives: Mapping[int, int] | None = None,
    ) -> None:
        """lives: since when (UTC) a boot is a later one with an old boot id; 0: it is not."""
        self._lives = lives or {}
        self._connection, self._target_id = connection, target_id
        self._book = book if isinstance(book, str) else book.name.lower()
        self._kind, self._source = book, source
        self._labels, self._received_us = labels, received_us
        self._done = Added()
        table = schema.numbering
        self._log_key = {"target_id": target_id, "book": self._book, "source": source}
        insert_new(connection, table, [self._log_key | {"era": 0}], list(self._log_key))
        self._numbering = sa.and_(
            table.c.target_id == target_id,
            table.c.book == self._book,
            table.c.source == source,
        )
        present = connection.execute(sa.select(table.c.era).where(self._numbering)).scalar_one()
        self._present = present
        self._era = present if era is None else min(era, present)

    def begin_era(self) -> int:
        """Numbers begin anew."""
        self._era = self._present = self._present + 1
        self._connection.execute(
            sa.update(schema.numbering).where(self._numbering).values(era=self._era)
        )
        return self._era

    def run(self, items: list[Item | Gap], see_boot: Callable[[int], None]) -> Added:
        """Files them all."""
        for boot_id in {item.boot_id for item in items}:
            see_boot(boot_id)
        batch: list[Item] = []
        for item in items:
            if isinstance(item, Item):
                if not 0 <= item.seq <= LARGEST_SEQ - len(item.data):
                    raise ArchiveError(
                        f"item {item.seq} of a log: the board counts further than it can have "
                        "printed: nothing of this answer was filed; look at `xmg book list`"
                    )
                batch.append(item)
                continue
            self._file(batch)
            batch = []
            self._gap(item)
        self._file(batch)
        self._done.era = self._era
        if self._era < self._present:
            self._move_end(max((self._end(i) for i in items if isinstance(i, Item)), default=0))
        return self._done

    def _end(self, item: Item) -> int:
        return item.seq + (len(item.data) if self._kind is Book.CONSOLE else 1)

    def _move_end(self, end: int) -> None:
        """What was read before the board lost its log, and is filed after another station has said
        so, comes before that gap."""
        table = schema.gap
        here = sa.and_(*(table.c[key] == value for key, value in self._log_key.items()))
        self._connection.execute(
            sa.update(table)
            .where(here, table.c.era == self._era, table.c.kind == GapKind.REBOOTED.value)
            .where(table.c.first < end)
            .values(first=end)
        )

    def _file(self, items: list[Item]) -> None:
        if not items:
            return
        if self._kind is Book.CONSOLE:
            for item in items:
                self._text(item)
            return
        made = []
        for item in items:
            row = next(
                item_rows(item, self._kind, self._source, self._labels, self._received_us)  # type: ignore[arg-type]
            )
            made.append((row, item.data))
        self.records(made)

    def _gap(self, gap: Gap) -> None:
        if gap.kind is GapKind.REBOOTED and self._era < self._present:
            self._era = self._present  # another station has begun it
            return
        last = None if gap.last is None else min(gap.last, LARGEST_SEQ)
        row = {
            **self._log_key,
            "boot_id": gap.boot_id,
            "era": self._era,
            "first": min(gap.first, LARGEST_SEQ),
            "last": last,
            "kind": gap.kind.value,
            "received_us": self._received_us,
        }
        table = schema.gap
        here = sa.and_(
            *(
                table.c[key] == row[key]
                for key in ("target_id", "boot_id", "book", "source", "era", "first")
            )
        )
        if (
            self._connection.execute(
                sa.update(table).where(here).values(last=last, kind=gap.kind.value)
            ).rowcount
            == 0
        ):
            self._connection.execute(sa.insert(table), row)
        if gap.kind is GapKind.REBOOTED:
            self.begin_era()

    # ---- records

    def records(self, made: list[tuple[Row, bytes]]) -> Added:
        """Files rows with their bytes; what is there already is left alone."""
        boots = {int(str(row["boot_id"])) for row, _ in made}
        # None for a row of an earlier life: the same bytes are another record there.
        there: dict[tuple[int, int], list[bytes | None]] = {}
        was: dict[tuple[int, int], set[bytes]] = {}
        old = False
        for boot_id in boots:
            numbers = [int(str(row["seq"])) for row, _ in made if row["boot_id"] == boot_id]
            found = self._connection.execute(
                sa.select(log.c.seq, log.c.raw, log.c.era, log.c.received_us)
                .where(self._key(boot_id), log.c.seq.between(min(numbers), max(numbers)))
                .order_by(log.c.variant)
            )
            for seq, raw, era, received_us in found:
                is_earlier = era < self._era and received_us < self._lives.get(boot_id, 0)
                there.setdefault((boot_id, seq), []).append(None if is_earlier else bytes(raw))
                was.setdefault((boot_id, seq), set()).add(bytes(raw))
                old = old or era < self._era
        new = []
        for row, raw in made:
            key = (int(str(row["boot_id"])), int(str(row["seq"])))
            same_key = there.setdefault(key, [])
            if raw in same_key:
                self._done.known += 1
                if old:
                    self._renew(key, same_key.index(raw))
                continue
            if was.get(key, set()) - {raw}:
                self._conflict(key)
            new.append(self._columns(row, raw, len(same_key), 1))
            same_key.append(raw)
            was.setdefault(key, set()).add(raw)
        self._insert(new)
        self._done.added += len(new)
        return self._done

    def _key(self, boot_id: int) -> Any:
        """Rows of this log in a boot."""
        return sa.and_(
            log.c.target_id == self._target_id,
            log.c.boot_id == boot_id,
            log.c.book == self._book,
            log.c.source == self._source,
        )

    def _renew(self, key: tuple[int, int], variant: int) -> None:
        """A row that the board still has belongs to the present era."""
        self._connection.execute(
            sa.update(log)
            .where(self._key(key[0]), log.c.seq == key[1], log.c.variant == variant)
            .values(era=self._era)
        )

    def _conflict(self, key: tuple[int, int]) -> None:
        boot_id, seq = key
        self._done.conflicts.append(
            f"{self._book} {seq} of source {self._source}, boot {boot_id:#010x}, was filed before "
            "with other contents: both are kept"
        )

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(sa.insert(log), rows)

    def _columns(self, row: Row, raw: bytes, variant: int, count: int) -> dict[str, Any]:
        """A row as the table has it."""
        received = row["received_us"]
        received_us = self._received_us if received is None else received
        utc_us = row["utc_us"]
        return {
            "target_id": self._target_id,
            "boot_id": row["boot_id"],
            "book": self._book,
            "source": self._source,
            "seq": row["seq"],
            "variant": variant,
            "count": count,
            "era": self._era,
            "severity": int(SEVERITY_OF[str(row["severity"])]),
            "at_us": received_us if utc_us is None else utc_us,
            "time_us": row["time_us"],
            "utc_us": utc_us,
            "utc_error_us": row["utc_error_us"],
            "received_us": received_us,
            "partition": row["partition"],
            "partition_name": row["partition_name"],
            "event": row.get("event"),
            "event_name": row["event_name"],
            "action": row.get("action"),
            "action_name": row.get("action_name"),
            "code": row.get("code"),
            "fault_address": row.get("fault_address"),
            "pc": row.get("pc"),
            "damaged": bool(row.get("damaged")),
            "text": row["text"] if "text" in row else row["detail"],
            "raw": raw,
        }

    # ---- console text

    def _text(self, item: Item) -> None:
        """Files console bytes: joined with the rows of this boot and era that they touch, and split
        by lines again. What another era has under these keys - a board that forgets its boot id
        prints its first lines under them once more - stays as it is, beside them."""
        end = item.seq + len(item.data)
        key = self._key(item.boot_id)
        found: list[Any] = self._connection.execute(
            sa.select(log.c.seq, log.c.raw, log.c.variant, log.c.received_us, log.c.era)
            .where(key, log.c.seq <= end, log.c.seq + log.c.count >= item.seq)
            .order_by(log.c.seq, log.c.variant)
        ).all()
        touched = [row for row in found if row.era == self._era]
        contradicts = any(_differs(row.seq, bytes(row.raw), item) for row in touched)
        if contradicts or _overlap_each_other(touched):
            self._text_beside(key, item)
            return
        have = sum(_overlap(row.seq, len(row.raw), item) for row in touched)
        if have == len(item.data):
            self._done.known += 1
            return
        if any(_differs(row.seq, bytes(row.raw), item) for row in found if row.era != self._era):
            self._conflict((item.boot_id, item.seq))
        first = min([item.seq, *(row.seq for row in touched)])
        stop = max([end, *(row.seq + len(row.raw) for row in touched)])
        joined = bytearray(stop - first)
        for row in touched:
            joined[row.seq - first : row.seq - first + len(row.raw)] = row.raw
        joined[item.seq - first : end - first] = item.data
        if touched:
            self._connection.execute(
                sa.delete(log).where(
                    key,
                    log.c.era == self._era,
                    log.c.seq.between(touched[0].seq, touched[-1].seq),
                )
            )
        received = {row.seq: row.received_us for row in touched}
        for piece in split_lines(Item(first, bytes(joined), item.boot_id)):
            came_us = received.get(piece.seq, self._received_us)
            line = console_row(piece, self._source, self._labels, came_us)
            variant = self._free_variant(key, piece.seq)
            self._insert([self._columns(line, piece.data, variant, len(piece.data))])
        self._done.added += 1

    def _free_variant(self, key: Any, seq: int) -> int:
        highest = self._connection.execute(
            sa.select(sa.func.max(log.c.variant)).where(key, log.c.seq == seq)
        ).scalar()
        return 0 if highest is None else int(highest) + 1

    def _text_beside(self, key: Any, item: Item) -> None:
        """Other contents than what this era has under these keys: kept as they are, beside it."""
        for piece in split_lines(item):
            there = self._connection.execute(
                sa.select(log.c.raw).where(key, log.c.seq == piece.seq, log.c.era == self._era)
            ).scalars()
            if piece.data in (bytes(raw) for raw in there):
                self._done.known += 1
                continue
            line = console_row(piece, self._source, self._labels, self._received_us)
            variant = self._free_variant(key, piece.seq)
            self._insert([self._columns(line, piece.data, variant, len(piece.data))])
            if variant:
                self._conflict((item.boot_id, piece.seq))
            self._done.added += 1


def _overlap(seq: int, size: int, item: Item) -> int:
    return max(0, min(seq + size, item.seq + len(item.data)) - max(seq, item.seq))


def _overlap_each_other(rows: list[Any]) -> bool:
    """Whether rows, ordered by number, contradict each other."""
    return any(after.seq < before.seq + len(before.raw) for before, after in zip(rows, rows[1:]))


def _differs(seq: int, raw: bytes, item: Item) -> bool:
    """Whether two pieces of a text disagree where they overlap."""
    low = max(seq, item.seq)
    high = min(seq + len(raw), item.seq + len(item.data))
    return low < high and raw[low - seq : high - seq] != item.data[low - item.seq : high - item.seq]
