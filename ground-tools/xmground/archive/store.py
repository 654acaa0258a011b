"""The archive: rows in, rows out, nothing overwritten.

An item's key is (target, boot_id, book, source, seq), so that what is read again is filed once. The
same key with other contents is a conflict: it is filed beside the first as another variant, never
over it, and counted, so that whoever collects can say so.

Console text is filed by lines, whatever pieces it was read in: a piece that continues a line that
is filed already completes it.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .. import filter as filters
from ..clock import TOLD_STEP_US
from ..errors import ArchiveError, UsageError, VersionMismatch
from ..model import Book, Gap, GapKind, StageReport
from ..records import Item
from ..rows import Labels, Row, Severity, console_row, item_rows, split_lines
from ..times import Correlation, Moment, Sample, clock_step, is_new_life
from . import schema
from .check import faults, prune, pruned_before
from .query import Question, command_rows, contents, explain_query, gap_rows, holes, run_query
from .schema import log

LOCK_WAIT_S = 5.0
WRITE_TRIES = 5
SEVERITY_OF = {severity.word: severity for severity in Severity}
# The largest number that a database column holds. A board that counts further is wrong.
LARGEST_SEQ = (1 << 63) - 1
# Round trips kept of one boot.
MOST_CLOCK_ROWS = 4096
# An estimate is written anew when its error bound has become so much smaller.
WORTHWHILE = 2


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


@dataclass(frozen=True)
class LogState:
    """What is filed of one log in its present era; last is None when nothing is."""

    era: int
    first_seq: int
    last: Item | None
    received_us: int = 0  # when the last was (UTC)


def database_url(url: str) -> sa.engine.URL:
    """A SQLAlchemy URL from such a text, or from the path of an SQLite file. Raises UsageError."""
    if "://" not in url:
        return sa.engine.URL.create("sqlite", database=str(Path(url).expanduser().absolute()))
    try:
        made = sa.engine.make_url(url)
        name = made.get_backend_name()
    except SQLAlchemyError as error:
        raise UsageError(f"archive {url!r} is no SQLAlchemy URL and no path: {error}") from error
    if name not in ("sqlite", "postgresql"):
        raise UsageError(f"archive {url!r}: {name} is not supported: use sqlite or postgresql")
    return made


def _tell(error: DBAPIError, where: str) -> ArchiveError:
    """A database's error as one sentence with a remedy."""
    why = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else str(error)
    low = why.lower()
    if "locked" in low or "lock timeout" in low:
        remedy = f"another program has kept it locked for {LOCK_WAIT_S:g} s: end that, try again"
    elif "full" in low or "disk i/o" in low or "no space" in low or "too large" in low:
        remedy = "free some space, or name another archive with --archive; what was filed is kept"
    elif "readonly" in low or "unable to open" in low or "permission" in low:
        remedy = "check the path and its permissions, or name another archive with --archive"
    elif "malformed" in low or "not a database" in low:
        remedy = "run `xmg archive check`, restore a copy, or name another archive with --archive"
    elif "connect" in low:
        remedy = "is the database server running, and the URL right?"
    else:
        remedy = "run `xmg archive check`"
    return ArchiveError(f"archive {where}: {why}: {remedy}")


class Archive:
    """An open archive. Not for several threads; use as a context manager, or call close()."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine, self.where = engine, where
        self._targets: dict[str, int] = {}
        self._samples: dict[tuple[str, int], list[Sample]] = {}
        self._fits: dict[tuple[str, int], Correlation] = {}
        self._refitted: dict[tuple[str, int], int] = {}
        self._names: dict[tuple[str, int], str] = {}

    # ---- opening

    @classmethod
    def open(cls, url: str, create: bool = True, migrate: bool = True) -> "Archive":
        """Opens an archive, makes an empty one first if there is none (create), and brings an older
        one up to date (migrate). Raises UsageError, ArchiveError, VersionMismatch."""
        made = database_url(url)
        where = made.render_as_string(hide_password=True)
        sqlite = made.get_backend_name() == "sqlite"
        if sqlite and made.database and made.database != ":memory:":
            where = made.database
            if not create and not Path(made.database).exists():
                raise UsageError(
                    f"there is no archive {where}: run `xmg archive collect`, or name another with "
                    "--archive"
                )
            try:
                Path(made.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ArchiveError(f"archive {where}: {error.strerror}: name another") from error
        try:
            engine = sa.create_engine(made, future=True)
        except ImportError as error:
            raise ArchiveError(f"archive {where}: {error}: install python3-psycopg2") from error
        except SQLAlchemyError as error:
            raise UsageError(f"archive {where}: {error}: use sqlite or postgresql") from error
        if sqlite:
            _prepare_sqlite(engine)
        else:
            _prepare_postgresql(engine)
        archive = cls(engine, where)
        try:
            archive._check_schema(migrate)
        except BaseException:
            archive.close()
            raise
        return archive

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the database."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise _tell(error, self.where) from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that holds all of its changes or none."""
        try:
            with self._engine.connect() as connection:
                options = {"xm_write": True}
                if connection.dialect.name == "postgresql":
                    options["isolation_level"] = "SERIALIZABLE"  # type: ignore[assignment]
                connection = connection.execution_options(**options)
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            raise _tell(error, self.where) from error

    def _write(self, work: Callable[[Connection], Any]) -> Any:
        """Runs work in a transaction; again when another station's came between."""
        for left in reversed(range(WRITE_TRIES)):
            known = dict(self._targets)
            try:
                with self._writing() as connection:
                    return work(connection)
            except BaseException as error:
                self._targets = known  # those that were undone are not there
                state = getattr(getattr(error.__cause__, "orig", None), "pgcode", None)
                if left == 0 or state not in ("40001", "40P01", "23505"):
                    raise
        raise AssertionError("unreachable")

    def revision(self) -> str | None:
        """The schema's revision; None for an empty database."""
        with self._reading() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    def _check_schema(self, migrate: bool) -> None:
        present = self.revision()
        if present == schema.REVISION:
            return
        if present is not None and present > schema.REVISION:
            raise VersionMismatch(
                f"archive {self.where} has schema {present}, this console knows {schema.REVISION}: "
                "use a newer console"
            )
        if not migrate:
            raise VersionMismatch(
                f"archive {self.where} has schema {present}, not {schema.REVISION}: "
                "run `xmg archive migrate`"
            )
        from .migrations import upgrade

        self._write(upgrade)

    # ---- targets, boots, clocks

    def targets(self) -> list[str]:
        """Names of all boards filed."""
        with self._reading() as connection:
            return list(
                connection.execute(sa.select(schema.target.c.name).order_by("name")).scalars()
            )

    def read_between(self, name: str) -> tuple[int, int] | None:
        """When the ground read a board for the first and for the last time, in UTC; None: never."""
        boot = schema.boot.c
        with self._reading() as connection:
            first, last = connection.execute(
                sa.select(sa.func.min(boot.first_seen_us), sa.func.max(boot.last_seen_us))
                .join(schema.target, schema.target.c.id == boot.target_id)
                .where(schema.target.c.name == name)
            ).one()
        return None if first is None else (first, last)

    def _target_id(self, connection: Connection, name: str) -> int:
        if name not in self._targets:
            table = schema.target
            _insert_new(connection, table, [{"name": name}], ["name"])
            found = connection.execute(sa.select(table.c.id).where(table.c.name == name))
            self._targets[name] = found.scalar_one()
        return self._targets[name]

    def _see_boot(self, connection: Connection, target_id: int, boot_id: int, now_us: int) -> None:
        key = {"target_id": target_id, "boot_id": boot_id}
        table = schema.boot
        _insert_new(
            connection,
            table,
            [key | {"first_seen_us": now_us, "last_seen_us": now_us}],
            ["target_id", "boot_id"],
        )
        connection.execute(
            sa.update(table)
            .where(table.c.target_id == target_id, table.c.boot_id == boot_id)
            .where(table.c.last_seen_us < now_us)
            .values(last_seen_us=now_us)
        )

    def add_clock(
        self, target: str, boot_id: int, sent_us: int, board_time_us: int, rtt_us: int
    ) -> int:
        """Files that the board's clock was at board_time_us at some moment of the round trip that
        began at sent_us (UTC) and took rtt_us. Gives by how many microseconds UTC was stepped since
        the round trip before it; 0: not."""
        sample = Sample(sent_us, board_time_us, rtt_us)
        table = schema.clock

        def work(connection: Connection) -> int:
            target_id = self._target_id(connection, target)
            self._see_boot(connection, target_id, boot_id, sent_us)
            last: Any = connection.execute(
                sa.select(table)
                .where(table.c.target_id == target_id, table.c.boot_id == boot_id)
                .order_by(table.c.number.desc(), table.c.sent_us.desc())
                .limit(1)
            ).first()
            row = {
                "target_id": target_id,
                "boot_id": boot_id,
                "sent_us": sent_us,
                "board_time_us": board_time_us,
                "rtt_us": rtt_us,
                "number": last.number + 1 if last else 1,
            }
            _insert_new(connection, table, [row], ["target_id", "boot_id", "sent_us"])
            return clock_step(_sample(last), sample) if last else 0

        step_us = int(self._write(work))
        key = (target, boot_id)
        if key in self._samples:
            self._samples[key].append(sample)
            self._fits.pop(key, None)
            if len(self._samples[key]) >= MOST_CLOCK_ROWS:
                self._thin_clock(key)
        return step_us

    def clock_steps(self) -> list[Row]:
        """Steps of UTC by TOLD_STEP_US and more, as the board's clocks have witnessed them: where
        in UTC and in the board's time the first round trip after it was."""
        table = schema.clock
        query = (
            sa.select(table, schema.target.c.name)
            .join(schema.target, schema.target.c.id == table.c.target_id)
            .order_by(table.c.target_id, table.c.boot_id, table.c.number, table.c.sent_us)
        )
        steps: list[Row] = []
        before: Any = None
        with self._reading() as connection:
            for row in connection.execute(query):
                if before and (row.target_id, row.boot_id) == (before.target_id, before.boot_id):
                    step_us = clock_step(_sample(before), _sample(row))
                    if abs(step_us) >= TOLD_STEP_US:
                        steps.append(
                            {
                                "target": row.name,
                                "boot_id": row.boot_id,
                                "time_us": row.board_time_us,
                                "utc_us": row.sent_us,
                                "step_us": step_us,
                            }
                        )
                before = row
        return steps

    def _thin_clock(self, key: tuple[str, int]) -> None:
        """Of each two neighbouring round trips the longer one goes: a boot may last for months."""
        samples = self._samples[key]
        pairs = [samples[at : at + 2] for at in range(0, len(samples), 2)]
        kept = [min(pair, key=lambda sample: sample.rtt_us) for pair in pairs]
        begun = [after for before, after in zip(samples, samples[1:]) if is_new_life(before, after)]
        kept = [sample for sample in samples if sample in kept or sample in begun]
        gone = {sample.sent_us for sample in samples} - {sample.sent_us for sample in kept}
        table = schema.clock

        def work(connection: Connection) -> None:
            connection.execute(
                sa.delete(table).where(
                    table.c.target_id == self._target_id(connection, key[0]),
                    table.c.boot_id == key[1],
                    table.c.sent_us == sa.bindparam("gone"),
                ),
                [{"gone": sent_us} for sent_us in gone],
            )

        self._write(work)
        self._samples[key] = kept

    def correlation(self, target: str, boot_id: int) -> Correlation:
        """What is known about a boot's clock."""
        key = (target, boot_id)
        if key not in self._samples:
            table = schema.clock
            with self._reading() as connection:
                found = connection.execute(
                    sa.select(table.c.sent_us, table.c.board_time_us, table.c.rtt_us)
                    .join(schema.target, schema.target.c.id == table.c.target_id)
                    .where(schema.target.c.name == target, table.c.boot_id == boot_id)
                    .order_by(table.c.number, table.c.sent_us)
                )
                self._samples[key] = [Sample(*row) for row in found]
        if key not in self._fits:
            self._fits[key] = Correlation(self._samples[key])
        return self._fits[key]

    def utc(self, target: str) -> Callable[[int, int], tuple[int | None, int | None]]:
        """For Labels.utc: UTC and its error bound of a board time of that target."""
        return lambda boot_id, time_us: self.correlation(target, boot_id).utc(time_us)

    def refit(self, target: str, boot_id: int) -> int:
        """Writes the UTC estimates of a boot's rows anew where they have become much better. Gives
        how many. Looks at all rows of the boot, so only when there are twice as many round trips as
        the last time."""
        fit, key = self.correlation(target, boot_id), (target, boot_id)
        if len(self._samples[key]) < 2 * self._refitted.get(key, 0):
            return 0
        self._refitted[key] = len(self._samples[key])

        def work(connection: Connection) -> int:
            target_id = self._target_id(connection, target)
            here = sa.and_(
                log.c.target_id == target_id,
                log.c.boot_id == boot_id,
                # What came before a step may be of an earlier life with the same boot id.
                log.c.received_us >= fit.since_us,
            )
            found = connection.execute(
                sa.select(
                    log.c.book,
                    log.c.source,
                    log.c.seq,
                    log.c.variant,
                    log.c.time_us,
                    log.c.utc_error_us,
                ).where(here, log.c.time_us.is_not(None))
            ).all()
            better = []
            for book, source, seq, variant, time_us, error_us in found:
                utc_us, new_error_us = fit.utc(time_us)
                if utc_us is None or new_error_us is None:
                    continue
                if error_us is None or new_error_us * WORTHWHILE <= error_us:
                    key = {"b_book": book, "b_source": source, "b_seq": seq, "b_variant": variant}
                    better.append(key | {"b_utc": utc_us, "b_error": new_error_us})
            if better:
                connection.execute(
                    sa.update(log)
                    .where(
                        here,
                        log.c.book == sa.bindparam("b_book"),
                        log.c.source == sa.bindparam("b_source"),
                        log.c.seq == sa.bindparam("b_seq"),
                        log.c.variant == sa.bindparam("b_variant"),
                    )
                    .values(
                        utc_us=sa.bindparam("b_utc"),
                        utc_error_us=sa.bindparam("b_error"),
                        at_us=sa.bindparam("b_utc"),
                    ),
                    better,
                )
            return len(better)

        return self._write(work)

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
        return self._write(
            lambda connection: _Filing(
                connection,
                self._target_id(connection, target),
                book,
                source,
                labels,
                received_us,
                era,
                lives,
            ).run(
                todo,
                lambda boot_id: self._see_boot(
                    connection, self._target_id(connection, target), boot_id, received_us
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
            target_id = self._target_id(connection, target)
            for number, name in new.items():
                here = sa.and_(table.c.target_id == target_id, table.c.number == number)
                row = {"target_id": target_id, "number": number, "name": name}
                _insert_new(connection, table, [row], ["target_id", "number"])
                connection.execute(sa.update(table).where(here).values(name=name))

        self._write(work)
        self._names |= {(target, number): name for number, name in new.items()}

    def partition_names(self, target: str | None) -> dict[int, str]:
        """Names of a board's partitions by number, as they were last; of all boards for None."""
        table = schema.partition
        query = sa.select(table.c.number, table.c.name)
        if target is not None:
            query = query.join(schema.target, schema.target.c.id == table.c.target_id)
            query = query.where(schema.target.c.name == target)
        with self._reading() as connection:
            return {number: name for number, name in connection.execute(query)}

    def add_event(self, target: str, seq: int, boot_id: int, raw: bytes, row: Row) -> Added:
        """Files an event that the board sent by itself: its protobuf bytes, and its row."""

        def work(connection: Connection) -> Added:
            filing = _Filing(
                connection,
                self._target_id(connection, target),
                "event",
                0,
                Labels(),
                int(str(row["received_us"])),
            )
            return filing.records([(row | {"seq": seq, "boot_id": boot_id}, raw)])

        return self._write(work)

    def new_era(self, target: str, book: Book, source: int) -> int:
        """Says that a log's numbers have begun anew; gives the new era."""

        def work(connection: Connection) -> int:
            filing = _Filing(
                connection, self._target_id(connection, target), book, source, Labels(), 0
            )
            return filing.begin_era()

        return self._write(work)

    def log_state(self, target: str, book: Book, source: int) -> LogState:
        """How far a log is filed in its present era, for going on there."""
        with self._reading() as connection:
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
        with self._reading() as connection:
            target_id = self._target_id(connection, target) if target in self.targets() else 0
            return holes(connection, target_id, book.name.lower(), source, state.era, first, last)

    # ---- commands and the link

    def add_stage(
        self, target: str, request_id: int, operation: str, sender: str, report: StageReport
    ) -> None:
        """Files a stage of a command that was sent to the board."""

        def work(connection: Connection) -> None:
            target_id = self._target_id(connection, target)
            key = {"target_id": target_id, "request_id": request_id}
            sent = {"operation": operation, "sent_us": report.ground_time_us, "sender": sender}
            _insert_new(connection, schema.command, [key | sent], ["target_id", "request_id"])
            row = key | {
                "stage": report.stage.value,
                "ground_time_us": report.ground_time_us,
                "board_time_us": report.board_time_us,
                "frame": report.frame,
                "boot_id": report.boot_id,
                "detail": report.detail,
            }
            _insert_new(
                connection,
                schema.stage,
                [row],
                ["target_id", "request_id", "stage", "ground_time_us"],
            )

        self._write(work)

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
                "target_id": self._target_id(connection, target),
                "received_us": received_us,
                "end": end,
                "boot_id": boot_id,
                "counters": json.dumps(dict(counters)),
            }
            key = ["target_id", "received_us", "end"]
            _insert_new(connection, schema.link_health, [row], key)

        self._write(work)

    def link_health(
        self, target: str, since_us: int = 0, end: str = "board"
    ) -> list[tuple[int, dict[str, Any]]]:
        """Counters since a moment: (received_us, counters), in order."""
        table = schema.link_health
        with self._reading() as connection:
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
        self._write(
            lambda connection: _insert_new(connection, schema.capture, [row], ["path", "station"])
        )

    def captures(self) -> list[Row]:
        """All capture files that were filed."""
        with self._reading() as connection:
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
        last. since, until: of UTC, or of the board's clock; a row that may lie in between, as far
        as its error bound says, is given. first: numbers from there on. after: of one log, what comes
        after an era and number. Raises ArchiveError.
        """
        asked = Question(
            books, wanted, since, until, order, limit, target, source, first, newest, after
        )
        return run_query(self._reading, asked)

    def gaps(self, asked: Question) -> list[Row]:
        """The gaps that a query would show, alone."""
        with self._reading() as connection:
            return list(gap_rows(connection, asked))

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self._reading() as connection:
            return {
                name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for name, table in schema.metadata.tables.items()
            }

    def explain(self, asked: Question) -> str:
        """How the database would run a query."""
        with self._reading() as connection:
            return explain_query(connection, asked)

    def commands(self, target: str | None = None) -> Iterator[Row]:
        """Stages of the commands filed, oldest first."""
        with self._reading() as connection:
            yield from command_rows(connection, target)

    def contents(self) -> list[Row]:
        """What is filed of each log: how many, which numbers, how many conflicts."""
        with self._reading() as connection:
            return contents(connection)

    # ---- upkeep

    def check(self) -> list[str]:
        """Faults of the database itself and of what is filed; empty when it is intact."""
        with self._reading() as connection:
            return faults(connection)

    def prune(self, before_us: int, target: str | None = None) -> int:
        """Removes rows older than a moment, their gaps, and what is told of the link then, but of
        each log the last row. Gives how many rows of logs went."""
        return self._write(lambda connection: prune(connection, before_us, target))

    def pruned_before(self, target: str | None = None) -> int | None:
        """The latest moment (UTC) before which a board's rows, or any board's, were removed on
        purpose; None: nothing was."""
        with self._reading() as connection:
            return pruned_before(connection, target)


def _prepare_sqlite(engine: Engine) -> None:
    """Write-ahead log, so that readers and a writer do not wait for each other; a commit is on the
    disk when it returns; transactions begin when we say so and not when Python's module thinks."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {int(LOCK_WAIT_S * 1000)}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        write = connection.get_execution_options().get("xm_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _prepare_postgresql(engine: Engine) -> None:
    """Nobody waits longer for a lock than with SQLite; the server's own limit is for ever."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {int(LOCK_WAIT_S * 1000)}")
        connection.commit()


def _sample(row: Any) -> Sample:
    """A row of the table `clock`."""
    return Sample(row.sent_us, row.board_time_us, row.rtt_us)


def _insert_new(
    connection: Connection, table: sa.Table, rows: list[dict[str, Any]], key: list[str]
) -> None:
    """Inserts rows whose key is not there yet."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    connection.execute(insert(table).on_conflict_do_nothing(index_elements=key), rows)


class _Filing:
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
        _insert_new(connection, table, [self._log_key | {"era": 0}], list(self._log_key))
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
