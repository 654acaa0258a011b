"""The archive's database: how it is opened, read and written, on SQLite and on PostgreSQL.

Work is done in transactions, errors come out as one sentence with a remedy, and the two keys that
all tables begin with, board and boot, are filed here.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ..errors import ArchiveError, UsageError, VersionMismatch
from . import schema

LOCK_WAIT_S = 5.0
WRITE_TRIES = 5


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


class Database:
    """An open database whose schema is this console's. Not for several threads."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine, self.where = engine, where
        self._targets: dict[str, int] = {}

    # ---- opening

    @classmethod
    def open(cls, url: str, create: bool, migrate: bool) -> "Database":
        """As Archive.open."""
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
        database = cls(engine, where)
        try:
            database._check_schema(migrate)
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Lets go of it."""
        self._engine.dispose()

    def revision(self) -> str | None:
        """The schema's revision; None for an empty database."""
        with self.reading() as connection:
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

        self.write(upgrade)

    # ---- transactions

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that changes nothing. Raises ArchiveError."""
        try:
            with self._engine.connect() as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise _tell(error, self.where) from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that keeps other writers out."""
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

    def write(self, work: Callable[[Connection], Any]) -> Any:
        """Runs work in a transaction that holds all of its changes or none; again when another
        station's came between. Raises ArchiveError, and what work raises."""
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

    # ---- boards and boots

    def target_id(self, connection: Connection, name: str) -> int:
        """The number of a board in the tables; files its name first if it is new."""
        if name not in self._targets:
            table = schema.target
            insert_new(connection, table, [{"name": name}], ["name"])
            found = connection.execute(sa.select(table.c.id).where(table.c.name == name))
            self._targets[name] = found.scalar_one()
        return self._targets[name]

    def see_boot(self, connection: Connection, target_id: int, boot_id: int, now_us: int) -> None:
        """Files that the ground read a boot of a board at now_us (UTC)."""
        key = {"target_id": target_id, "boot_id": boot_id}
        table = schema.boot
        insert_new(
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


def insert_new(
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
