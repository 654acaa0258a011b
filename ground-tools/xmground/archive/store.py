"""The archive: rows in, rows out, nothing overwritten.

Archive is the one door to it. What lies behind: database.py opens the database and runs its
transactions, filing.py files items of logs, clocks.py tells UTC from round trips, query.py asks, and
check.py looks for faults and removes what is old.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .. import filter as filters
from ..model import Book, Gap, StageReport
from ..records import Item
from ..rows import Labels, Row
from ..times import Correlation, Moment, Sample
from . import schema
from .check import faults, prune, pruned_before
from .clocks import Clocks
from .database import Database, insert_new
from .filing import Added, Filing
from .query import (
    Question,
    command_rows,
    contents,
    count_rows,
    explain_query,
    gap_rows,
    holes,
    run_query,
)
from .schema import log


@dataclass(frozen=True)
class LogState:
    """What is filed of one log in its present era; last is None when nothing is."""

    era: int
    first_seq: int
    last: Item | None
    received_us: int = 0  # when the last was (UTC)


class Archive:
    """An open archive. Not for several threads; use as a context manager, or call close()."""

    def __init__(self, database: Database) -> None:
        self._database, self.where = database, database.where
        self._clocks = Clocks(database)
        self._names: dict[tuple[str, int], str] = {}

    # ---- opening

    @classmethod
    def open(cls, url: str, create: bool = True, migrate: bool = True) -> "Archive":
        """Opens an archive, makes an empty one first if there is none (create), and brings an older
        one up to date (migrate). Raises UsageError, ArchiveError, VersionMismatch."""
        return cls(Database.open(url, create, migrate))

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the database."""
        self._database.close()

    def revision(self) -> str | None:
        """The schema's revision."""
        return self._database.revision()

    # ---- targets, boots, clocks

    def targets(self) -> list[str]:
        """Names of all boards filed."""
        with self._database.reading() as connection:
            return list(
                connection.execute(sa.select(schema.target.c.name).order_by("name")).scalars()
            )

    def read_between(self, name: str) -> tuple[int, int] | None:
        """When the ground read a board for the first and for the last time, in UTC; None: never."""
        boot = schema.boot.c
        with self._database.reading() as connection:
            first, last = connection.execute(
                sa.select(sa.func.min(boot.first_seen_us), sa.func.max(boot.last_seen_us))
                .join(schema.target, schema.target.c.id == boot.target_id)
                .where(schema.target.c.name == name)
            ).one()
        return None if first is None else (first, last)

    def add_clock(
        self, target: str, boot_id: int, sent_us: int, board_time_us: int, rtt_us: int
    ) -> int:
        """Files that the board's clock was at board_time_us at some moment of the round trip that
        began at sent_us (UTC) and took rtt_us. Gives by how many microseconds UTC was stepped since
        the round trip before it; 0: not."""
        return self._clocks.add(target, boot_id, Sample(sent_us, board_time_us, rtt_us))

    def clock_steps(self) -> list[Row]:
        """Steps of UTC by TOLD_STEP_US and more, as the board's clocks have witnessed them: where
        in UTC and in the board's time the first round trip after it was."""
        return self._clocks.steps()

    def correlation(self, target: str, boot_id: int) -> Correlation:
        """What is known about a boot's clock."""
        return self._clocks.correlation(target, boot_id)

    def utc(self, target: str) -> Callable[[int, int], tuple[int | None, int | None]]:
        """For Labels.utc: UTC and its error bound of a board time of that target."""
        return lambda boot_id, time_us: self.correlation(target, boot_id).utc(time_us)

    def refit(self, target: str, boot_id: int) -> int:
        """Writes the UTC estimates of a boot's rows anew where they have become much better. Gives
        how many. Looks at all rows of the boot, so only when there are twice as many round trips as
        the last time."""
        return self._clocks.refit(target, boot_id)

    # ---- items

    def add_items(
        self,
        target: str,
        book: Book,
        source: int,
        items: Iterable[Item | Gap],
        labels: Labels,
        received_us: int,
        era: int | None = None,
    ) -> Added:
        """Files what a LogReader gave of one log, all of it or, when an error is raised, nothing.

        A gap "board rebooted" begins a new era: what follows it is numbered anew. era: in which the
        items were read; None: the present one. When another station has begun a later one, they
        are filed in theirs all the same, and a gap "board rebooted" is what that station has seen.
        """
        todo = list(items)
        self._add_names(target, labels.names)
        lives = {
            boot_id: self.correlation(target, boot_id).life_since_us
            for boot_id in {item.boot_id for item in todo}
        }
        return self._database.write(
            lambda connection: Filing(
                connection,
                self._database.target_id(connection, target),
                book,
                source,
                labels,
                received_us,
                era,
                lives,
            ).run(
                todo,
                lambda boot_id: self._database.see_boot(
                    connection, self._database.target_id(connection, target), boot_id, received_us
                ),
            )
        )

    def _add_names(self, target: str, names: Mapping[int, str]) -> None:
        new = {
            number: name
            for number, name in names.items()
            if name and self._names.get((target, number)) != name
        }
        if not new:
            return
        table = schema.partition

        def work(connection: Connection) -> None:
            target_id = self._database.target_id(connection, target)
            for number, name in new.items():
                here = sa.and_(table.c.target_id == target_id, table.c.number == number)
                row = {"target_id": target_id, "number": number, "name": name}
                insert_new(connection, table, [row], ["target_id", "number"])
                connection.execute(sa.update(table).where(here).values(name=name))

        self._database.write(work)
        self._names |= {(target, number): name for number, name in new.items()}

    def partition_names(self, target: str | None) -> dict[int, str]:
        """Names of a board's partitions by number, as they were last; of all boards for None."""
        table = schema.partition
        query = sa.select(table.c.number, table.c.name)
        if target is not None:
            query = query.join(schema.target, schema.target.c.id == table.c.target_id)
            query = query.where(schema.target.c.name == target)
        with self._database.reading() as connection:
            return {number: name for number, name in connection.execute(query)}

    def add_event(self, target: str, seq: int, boot_id: int, raw: bytes, row: Row) -> Added:
        """Files an event that the board sent by itself: its protobuf bytes, and its row."""

        def work(connection: Connection) -> Added:
            filing = Filing(
                connection,
                self._database.target_id(connection, target),
                "event",
                0,
                Labels(),
                int(str(row["received_us"])),
            )
            return filing.records([(row | {"seq": seq, "boot_id": boot_id}, raw)])

        return self._database.write(work)

    def new_era(self, target: str, book: Book, source: int) -> int:
        """Says that a log's numbers have begun anew; gives the new era."""

        def work(connection: Connection) -> int:
            filing = Filing(
                connection, self._database.target_id(connection, target), book, source, Labels(), 0
            )
            return filing.begin_era()

        return self._database.write(work)

    def log_state(self, target: str, book: Book, source: int) -> LogState:
        """How far a log is filed in its present era, for going on there."""
        with self._database.reading() as connection:
            here = sa.and_(
                schema.target.c.name == target,
                log.c.target_id == schema.target.c.id,
                log.c.book == book.name.lower(),
                log.c.source == source,
            )
            numbering = schema.numbering
            era = connection.execute(
                sa.select(numbering.c.era)
                .join(schema.target, schema.target.c.id == numbering.c.target_id)
                .where(
                    schema.target.c.name == target,
                    numbering.c.book == book.name.lower(),
                    numbering.c.source == source,
                )
            ).scalar()
            era = era or 0
            rows = (
                sa.select(log.c.seq, log.c.raw, log.c.boot_id, log.c.received_us)
                .where(here, log.c.era == era)
                .limit(1)
            )
            first: Any = connection.execute(rows.order_by(log.c.seq)).first()
            last: Any = connection.execute(rows.order_by(log.c.seq.desc())).first()
        if first is None or last is None:
            return LogState(era, 0, None)
        item = Item(last.seq, bytes(last.raw), last.boot_id)
        return LogState(era, first.seq, item, last.received_us)

    def holes(
        self, target: str, book: Book, source: int, first: int, last: int
    ) -> list[tuple[int, int]]:
        """The ranges of first..last that are not filed in the log's present era."""
        state = self.log_state(target, book, source)
        with self._database.reading() as connection:
            target_id = (
                self._database.target_id(connection, target) if target in self.targets() else 0
            )
            return holes(connection, target_id, book.name.lower(), source, state.era, first, last)

    # ---- commands and the link

    def add_stage(
        self, target: str, request_id: int, operation: str, sender: str, report: StageReport
    ) -> None:
        """Files a stage of a command that was sent to the board."""

        def work(connection: Connection) -> None:
            target_id = self._database.target_id(connection, target)
            key = {"target_id": target_id, "request_id": request_id}
            sent = {"operation": operation, "sent_us": report.ground_time_us, "sender": sender}
            insert_new(connection, schema.command, [key | sent], ["target_id", "request_id"])
            row = key | {
                "stage": report.stage.value,
                "ground_time_us": report.ground_time_us,
                "board_time_us": report.board_time_us,
                "frame": report.frame,
                "boot_id": report.boot_id,
                "detail": report.detail,
            }
            insert_new(
                connection,
                schema.stage,
                [row],
                ["target_id", "request_id", "stage", "ground_time_us"],
            )

        self._database.write(work)

    def add_link_health(
        self,
        target: str,
        received_us: int,
        end: str,
        counters: Mapping[str, object],
        boot_id: int | None = None,
    ) -> None:
        """Files the counters of one end of the link: "board" or "ground"."""

        def work(connection: Connection) -> None:
            row = {
                "target_id": self._database.target_id(connection, target),
                "received_us": received_us,
                "end": end,
                "boot_id": boot_id,
                "counters": json.dumps(dict(counters)),
            }
            key = ["target_id", "received_us", "end"]
            insert_new(connection, schema.link_health, [row], key)

        self._database.write(work)

    def link_health(
        self, target: str, since_us: int = 0, end: str = "board"
    ) -> list[tuple[int, dict[str, Any]]]:
        """Counters since a moment: (received_us, counters), in order."""
        table = schema.link_health
        with self._database.reading() as connection:
            found = connection.execute(
                sa.select(table.c.received_us, table.c.counters)
                .join(schema.target, schema.target.c.id == table.c.target_id)
                .where(
                    schema.target.c.name == target,
                    table.c.received_us >= since_us,
                    table.c.end == end,
                )
                .order_by(table.c.received_us)
            )
            return [(row.received_us, json.loads(row.counters)) for row in found]

    def add_capture(self, path: str, station: str, link: str, begin_us: int) -> None:
        """Files where a capture file lies, on which station."""
        row = {"path": path, "station": station, "link": link, "begin_us": begin_us}
        self._database.write(
            lambda connection: insert_new(connection, schema.capture, [row], ["path", "station"])
        )

    def captures(self) -> list[Row]:
        """All capture files that were filed."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(schema.capture).order_by("begin_us", "path"))
            return [dict(row._mapping) for row in found]

    # ---- queries

    def query(
        self,
        books: Sequence[str] = (),
        wanted: filters.Filter | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        order: str = "time",
        limit: int | None = None,
        target: str | None = None,
        source: int | None = None,
        first: int | None = None,
        newest: bool = False,
        after: tuple[int, int] | None = None,
    ) -> Iterator[Row]:
        """Rows of the archive, as rows.py makes them, gaps in their places.

        books: of hm, trace, console, event; none: all. order: "time", or "number" (by log, era and
        number). limit: at most so many rows that are no gaps, the first ones, or with `newest` the
        last; gaps that lie wholly beyond these are left out, unless fewer rows were found: then
        everything was searched. since, until: of UTC, or of the board's clock; a row that may lie in between, as far
        as its error bound says, is given. first: numbers from there on. after: of one log, what comes
        after an era and number. Raises ArchiveError.
        """
        asked = Question(
            books, wanted, since, until, order, limit, target, source, first, newest, after
        )
        return self.ask(asked)

    def ask(self, asked: Question) -> Iterator[Row]:
        """The same, the question as one thing."""
        return run_query(self._database.reading, asked)

    def gaps(self, asked: Question) -> list[Row]:
        """The gaps that a query would show, alone."""
        with self._database.reading() as connection:
            return list(gap_rows(connection, asked))

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self._database.reading() as connection:
            return {
                name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for name, table in schema.metadata.tables.items()
            }

    def count(self, asked: Question) -> int:
        """How many rows a query would show beside the gaps."""
        with self._database.reading() as connection:
            return count_rows(connection, asked)

    def explain(self, asked: Question) -> str:
        """How the database would run a query."""
        with self._database.reading() as connection:
            return explain_query(connection, asked)

    def commands(self, target: str | None = None) -> Iterator[Row]:
        """Stages of the commands filed, oldest first."""
        with self._database.reading() as connection:
            yield from command_rows(connection, target)

    def contents(self) -> list[Row]:
        """What is filed of each log: how many, which numbers, how many conflicts."""
        with self._database.reading() as connection:
            return contents(connection)

    # ---- upkeep

    def check(self) -> list[str]:
        """Faults of the database itself and of what is filed; empty when it is intact."""
        with self._database.reading() as connection:
            return faults(connection)

    def prune(self, before_us: int, target: str | None = None) -> int:
        """Removes rows older than a moment, their gaps, and what is told of the link then, but of
        each log the last row. Gives how many rows of logs went."""
        return self._database.write(lambda connection: prune(connection, before_us, target))

    def pruned_before(self, target: str | None = None) -> int | None:
        """The latest moment (UTC) before which a board's rows, or any board's, were removed on
        purpose; None: nothing was."""
        with self._database.reading() as connection:
            return pruned_before(connection, target)
