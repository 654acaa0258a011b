"""xmg as processes that can be killed, without the second that loading it takes each time.

The campaign has the console loaded, in one thread; a process is a fork of it that runs
cli.main(). Its clock is the machine's and an offset, which the campaign may change at any moment.
"""

import ctypes
import gc
import mmap
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
HOUR_US = 3_600_000_000
POLL_S = 0.002
_libc = ctypes.CDLL(None, use_errno=True)


class Hang(Exception):
    """Something did not end in its time."""


def end_with_parent() -> None:
    """The calling process is killed when its parent ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def adopt_orphans() -> None:
    """Children of children that have ended become children of this process."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """Processes whose parent this one is, ended ones that nobody waited for among them."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(path.parent.name))
    return found


class SteppedClock:
    """An offset to the machine's UTC that all processes share."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)
        self._real_ns = time.time_ns

    @property
    def offset_us(self) -> int:
        """How far it is ahead of the machine's clock."""
        return int.from_bytes(self._memory[:8], "little", signed=True)

    def step(self, by_us: int) -> None:
        """Steps it, in every process at once."""
        self._memory[:8] = (self.offset_us + by_us).to_bytes(8, "little", signed=True)

    def now_us(self) -> int:
        """What the consoles take for UTC."""
        return self._real_ns() // 1000 + self.offset_us

    def install(self) -> None:
        """From now on this process goes by it. Time that never runs back is not touched."""
        time.time_ns = lambda: self._real_ns() + self.offset_us * 1000
        time.time = lambda: time.time_ns() / 1e9


class Child:
    """A child of the campaign."""

    def __init__(self, name: str, run: Callable[[], int], out: Path) -> None:
        """run: in the child; gives its exit status. What it says goes to files beside `out`."""
        self.name, self._out = name, out
        self.status: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(run)

    def _become(self, run: Callable[[], int]) -> None:
        status = 70
        try:
            end_with_parent()
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            for number, path in ((1, self._out), (2, self._out.with_suffix(".err"))):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
            status = run()
        except SystemExit as stop:  # argparse
            status = int(stop.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    @property
    def out(self) -> str:
        """What it said on standard output."""
        return self._out.read_text(errors="replace") if self._out.exists() else ""

    @property
    def err(self) -> str:
        """What it said on standard error."""
        path = self._out.with_suffix(".err")
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def was_killed(self) -> bool:
        """Whether the campaign has killed it."""
        return self.status == -signal.SIGKILL

    def poll(self) -> bool:
        """Whether it has ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def send(self, number: int) -> None:
        """A signal, if it still runs."""
        if not self.poll():
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9, if it still runs; afterwards it has ended."""
        if not self.poll():
            os.kill(self.pid, signal.SIGKILL)
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def wait(self, limit_s: float, meanwhile: Callable[[], None] = lambda: None) -> int:
        """Its exit status. Raises Hang, and kills it, when it does not end in time. meanwhile: is
        called again and again."""
        end = time.monotonic() + limit_s
        while not self.poll():
            meanwhile()
            if time.monotonic() > end:
                self.kill()
                raise Hang(f"{self.name} did not end in {limit_s:g} s; it said: {self.err[-500:]}")
            time.sleep(POLL_S)
        assert self.status is not None
        return self.status


def console(
    name: str,
    argv: list[str],
    environ: dict[str, str],
    clock: SteppedClock,
    out: Path,
    limit_bytes: int = 0,
) -> Child:
    """A process that runs xmg. limit_bytes: of each file that it writes; 0: no limit."""

    def run() -> int:
        from xmground import cli
        from xmground.archive import database
        from xmground.daemon import gather

        # A tenth of what an operator waits, so that a campaign of many abuses ends.
        database.LOCK_WAIT_S, gather.ARCHIVE_RETRY_S, gather.TURN_S = 0.5, 0.5, 0.1
        os.environ.clear()
        os.environ.update(environ)
        tempfile.tempdir = None
        clock.install()
        if limit_bytes:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
        return int(cli.main(argv))

    return Child(name, run, out)


def preload() -> None:
    """Loads all that a console needs, once."""
    import alembic.command  # noqa: F401
    import alembic.config  # noqa: F401
    import psycopg2  # noqa: F401
    import serial  # noqa: F401
    import sqlalchemy.dialects.postgresql  # noqa: F401
    import sqlalchemy.dialects.sqlite  # noqa: F401

    import xmground.archive.collect  # noqa: F401
    import xmground.archive.migrations  # noqa: F401
    import xmground.cli  # noqa: F401
    import xmground.daemon.server  # noqa: F401
    import xmground.transport.serial  # noqa: F401
    import xmground.transport.tcp  # noqa: F401

    gc.collect()
    gc.freeze()  # what collecting it touched, each process would copy
