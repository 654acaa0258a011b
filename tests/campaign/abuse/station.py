"""A ground station with its board, link and archive, which the abuses happen to."""

import ctypes
import os
import random
import shutil
import signal
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from cable import Cable
from processes import POLL_S, Child, Hang, SteppedClock, console
from truth import Board, Filed

LIMIT_S = 30.0  # what takes longer hangs
DISK_BYTES = 6 << 20
BLOCK_BYTES = 4096
_libc = ctypes.CDLL(None, use_errno=True)


class Locked:
    """A process of somebody else's that keeps the archive locked."""

    def __init__(self, station: "Station", writers_only: bool) -> None:
        """writers_only: readers are let through."""
        ready, told = os.pipe()

        def run() -> int:
            if station.postgres:
                connection = psycopg2.connect(**station.postgres)
                row = "SELECT * FROM target FOR UPDATE"
                connection.cursor().execute(row if writers_only else "LOCK TABLE log")
            else:
                lock_sqlite(station.archive, writers_only)
            os.write(told, b"!")
            signal.pause()
            return 0

        self._child = Child("locker", run, station.folder / "locker")
        os.close(told)
        os.read(ready, 1)
        os.close(ready)

    def release(self) -> None:
        """Ends it, which gives its locks back."""
        self._child.kill()


def lock_sqlite(path: Path, writers_only: bool) -> None:
    """Locks the database until this process ends."""
    for mode, wait_s in (
        [("NORMAL", LIMIT_S)] if writers_only else [("EXCLUSIVE", 0.2), ("NORMAL", LIMIT_S)]
    ):
        connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
        try:
            connection.execute(f"PRAGMA locking_mode = {mode}")
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError:  # somebody has it open: then only against writers
            connection.close()
    raise Hang(f"{path} could not be locked")


class Station:
    """One board, its line, one archive. Everything is made by its number and the seed."""

    def __init__(
        self,
        program: Path,
        clock: SteppedClock,
        is_mount_allowed: bool,
        is_pty: bool,
        key: bool,
        postgres: dict[str, str] | None,
    ) -> None:
        """postgres: how psycopg2 connects to an empty database; None: SQLite."""
        self.folder = Path(tempfile.mkdtemp(prefix="xma-"))
        self.clock, self.postgres = clock, postgres
        self.disk = self.folder / "d"
        self.disk.mkdir()
        self.is_small_disk = is_mount_allowed
        if is_mount_allowed:
            mount_tmpfs(self.disk)
        self.runtime = self.disk / "run"
        self.runtime.mkdir(mode=0o700)
        self.socket = self.runtime / "xmg.sock"
        self.archive = self.disk / "archive.db"
        self.captures = self.disk / "capture"
        self.key: Path | None = None
        if key:
            from xmground import keys

            self.key = self.folder / "key"
            keys.create(self.key, 7)
        self.board = Board(program, self.folder, self.key)
        self.cable: Cable | None = None
        self.link = self.board.link
        if is_pty:
            name = self.folder / "tty"
            self.cable = Cable(name, self.board.port, self.folder / "cable.out")
            self.link = f"pty:{name}"
        self._number = 0
        self.limit_bytes = 0

    def own_children(self) -> set[int]:
        """Processes that last as long as the station."""
        return {self.board.pid} | ({self.cable.pid} if self.cable else set())

    def close(self) -> None:
        """Ends everything; what was on its disk is gone."""
        if self.cable:
            self.cable.close()
        self.board.close()
        if self.is_small_disk:
            _libc.umount2(os.fsencode(self.disk), 2)  # MNT_DETACH
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- consoles

    @property
    def archive_url(self) -> str:
        """As --archive takes it."""
        if self.postgres is None:
            return str(self.archive)
        place = quote(self.postgres["host"])
        return f"postgresql://{self.postgres['user']}@/{self.postgres['dbname']}?host={place}"

    def environ(self, holder: str, by_daemon: bool) -> dict[str, str]:
        """Of a console."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.disk),
            "TMPDIR": str(self.disk),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XMG_LOCKS": str(self.runtime / "locks"),
            "NO_COLOR": "1",
            "XMG_KEY": str(self.key) if self.key else "none",
            "XMG_LINK": f"daemon:{self.socket}" if by_daemon else self.link,
            "XMG_ARCHIVE": self.archive_url,
            "XMG_HOLDER": holder,
        }

    def start(self, *argv: str, holder: str = "campaign", by_daemon: bool = False) -> Child:
        """Starts a console."""
        self._number += 1
        name = " ".join(argv)
        out = self.folder / f"{self._number}.out"
        environ = self.environ(holder, by_daemon)
        return console(name, list(argv), environ, self.clock, out, self.limit_bytes)

    def collect(self) -> Child:
        """Starts `xmg archive collect`."""
        captures = ("--capture", str(self.captures))
        return self.start("archive", "collect", *captures, "--timeout", "3", "--format", "jsonl")

    def serve(self) -> Child:
        """Starts `xmg serve`."""
        return self.start("serve", "--socket", str(self.socket), "--http", "none")

    def is_served(self) -> bool:
        """Whether somebody listens on the socket."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
            return True

    def await_served(self, daemons: list[Child]) -> bool:
        """Waits until a daemon serves, or all have ended. Raises Hang."""
        until(
            lambda: self.is_served() or all(daemon.poll() for daemon in daemons),
            f"{daemons[0].name} to serve",
            self.board.keep_up,
        )
        return self.is_served()

    # ---- what happens to it

    def write(self, dice: random.Random) -> None:
        """The board has something to tell."""
        self.board.type(f"hm {dice.randrange(1, 60)}")
        self.board.type(f"trace {dice.choice((1, 3))} {dice.randrange(1, 60)}")
        for _ in range(dice.randrange(1, 8)):
            text = "".join(dice.choice("abcdefgh ") for _ in range(dice.randrange(1, 120)))
            self.board.type(f"say {dice.randrange(1, 4)} {text}")

    def fill_disk(self, room_bytes: int) -> None:
        """Leaves so many bytes of the disk free."""
        if not self.is_small_disk:
            size = self.archive.stat().st_size if self.archive.exists() else 0
            self.limit_bytes = size + room_bytes
            return
        with (self.disk / "ballast").open("ab") as file:
            while True:
                free = os.statvfs(self.disk)
                count = free.f_bavail * free.f_frsize - room_bytes
                if count <= 0:
                    return
                with suppress(OSError):  # somebody was quicker
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, count)
                    return

    def free_disk(self) -> None:
        """Makes room again."""
        self.limit_bytes = 0
        (self.disk / "ballast").unlink(missing_ok=True)

    def pull(self) -> None:
        """The line breaks at the console's end."""
        if self.cable:
            self.cable.pull()
        else:
            self.board.type("cut")

    def plug(self) -> None:
        """It is there again."""
        if self.cable:
            self.cable.plug()

    # ---- what is filed, by the database alone

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the archive; none while it has no tables."""
        if self.postgres:
            connection: Any = psycopg2.connect(**self.postgres)
        elif self.archive.exists():
            connection = sqlite3.connect(self.archive, timeout=LIMIT_S)
        else:
            return []
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return cursor.fetchall()
        except (sqlite3.OperationalError, psycopg2.errors.UndefinedTable) as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                return []
            raise
        finally:
            connection.close()

    def filed(self) -> list[Filed]:
        """All rows of logs."""
        found = self.query("SELECT boot_id, book, source, seq, variant, raw FROM log")
        return [Filed(*row[:5], bytes(row[5])) for row in found]

    def gaps(self) -> str:
        """What the archive says is missing. Gaps that were filled later are filed still. Raises
        Hang."""
        asked = self.start("archive", "gaps", "--format", "jsonl")
        return asked.out if asked.wait(LIMIT_S) == 0 else f"{asked.status}: {asked.out} {asked.err}"


def mount_tmpfs(folder: Path) -> None:
    """A disk of its own in this process's mount namespace. Raises OSError."""
    options = f"size={DISK_BYTES},mode=700".encode()
    if _libc.mount(b"none", os.fsencode(folder), b"tmpfs", 0, options) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def until(
    holds: Callable[[], bool], what: str, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Waits for something; meanwhile is called again and again. Raises Hang."""
    end = time.monotonic() + LIMIT_S
    while not holds():
        meanwhile()
        if time.monotonic() > end:
            raise Hang(f"waited {LIMIT_S:g} s for {what}")
        time.sleep(POLL_S)


def end_daemon(daemon: Child) -> int:
    """SIGTERM, and its exit status."""
    daemon.send(signal.SIGTERM)
    return daemon.wait(LIMIT_S)
