"""A PostgreSQL server of the tests' own: in a temporary folder, on a Unix socket alone, started and
stopped by whoever uses it. Debian's package `postgresql` has the programs."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

START_S = 60


def program(name: str) -> str:
    """Path of a program of the newest server installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    assert found, f"{name} is missing: run tools/install-deps.sh"
    return str(found[-1])


def run(user: str | None, *argv: str) -> None:
    """Runs a program of the server, as that user; its words are told when it fails."""
    done = subprocess.run(
        argv,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=2 * START_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()


@contextmanager
def server() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database. The server refuses to run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="xm-pg-", dir="/tmp"))  # a socket's path must be short
    try:
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        run(
            user,
            program("initdb"),
            "-D",
            str(data),
            "-U",
            "xm",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        control = (program("pg_ctl"), "-D", str(data), "-w", "-t", str(START_S))
        run(user, *control, "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://xm@/postgres?host={quote(str(folder))}"
        finally:
            run(user, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
