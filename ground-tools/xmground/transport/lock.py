"""One client at a time on a link: QEMU's serial port and a UART have a single other end, a second
console only starves.

All programs of a user must find the same lock: a cron job, a service, a login of today and one of
yesterday. Therefore it lies neither in $XDG_RUNTIME_DIR nor in $TMPDIR, which some of them have and
some have not, nor in /run/user, which comes and goes with the logins; but in /tmp/xmg-UID, or where
XMG_LOCKS says: on stations where a service has a /tmp of its own, for all programs alike.
"""

import fcntl
import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

from ..errors import LinkOccupied, LinkUnavailable

REMEDY = "make room there, or name another folder in XMG_LOCKS, the same for all consoles"


def locks_folder() -> Path:
    """Where the locks of this user's programs are."""
    return Path(os.environ.get("XMG_LOCKS") or f"/tmp/xmg-{os.getuid()}")


class LinkLock:
    """An advisory lock per link URL and user; the kernel drops it when the process ends, however it
    ends."""

    def __init__(self, url: str, served_at: Path | None = None) -> None:
        """Takes the lock. served_at: socket where this process serves the link to others. Raises
        LinkOccupied naming the process that has it, and the socket if it serves; LinkUnavailable
        when there is no place for the lock."""
        folder = locks_folder()
        name = hashlib.sha256(url.encode()).hexdigest()[:16] + ".lock"
        self._files: list[int] = []
        try:
            self._open(folder, name)
        except OSError as error:
            self.release()
            raise LinkUnavailable(
                f"cannot lock {url} in {folder}: {error.strerror}: {REMEDY}"
            ) from error
        file = self._files[-1]
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            told = os.pread(file, 4096, 0).decode(errors="replace")
            self.release()
            holder, _, served = told.strip().partition(" ")
            process = f"process {holder or 'unknown'}"
            raise LinkOccupied(
                f"{url} is held by `xmg serve` ({process}) for all consoles: take it by "
                f"--link daemon:{served}"
                if served
                else f"{url} is held by another console ({process}): end that one first"
            ) from None
        with suppress(OSError):  # a full disk: then others are not told who has it
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()} {served_at or ''}".encode(), 0)

    def _open(self, folder: Path, name: str) -> None:
        """Opens the folder and the lock in it. Everybody may write /tmp: a folder that another user
        has put there is not used, and no link is followed. Raises OSError."""
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        self._files.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW))
        about = os.fstat(self._files[0])
        if about.st_uid != os.getuid() or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(0, "it is not this user's alone")
        # So that what removes old files from /tmp (systemd-tmpfiles) passes by this folder.
        with suppress(OSError):
            fcntl.flock(self._files[0], fcntl.LOCK_SH | fcntl.LOCK_NB)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        self._files.append(os.open(name, flags, 0o600, dir_fd=self._files[0]))

    def release(self) -> None:
        """Gives the lock back; may be called twice."""
        while self._files:
            os.close(self._files.pop())
