"""One client at a time on a link: QEMU's serial port and a UART have a single other end, a second
console only starves."""

import fcntl
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from ..errors import LinkOccupied, LinkUnavailable


class LinkLock:
    """An advisory lock per link URL and user; the kernel drops it when the process ends, however it
    ends."""

    def __init__(self, url: str, served_at: Path | None = None) -> None:
        """Takes the lock. served_at: socket where this process serves the link to others. Raises
        LinkOccupied naming the process that has it, and the socket if it serves; LinkUnavailable
        when there is no place for the lock."""
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        folder = (
            Path(runtime if os.path.isdir(runtime) else tempfile.gettempdir())
            / f"xmg-{os.getuid()}"
        )
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._file = open(folder / f"{name}.lock", "a+b", buffering=0)
        except OSError as error:
            raise LinkUnavailable(
                f"cannot lock {url} in {folder}: {error.strerror}: make room there, or name another "
                "folder in XDG_RUNTIME_DIR"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder, _, served = self._file.read().decode(errors="replace").strip().partition(" ")
            self._file.close()
            process = f"process {holder or 'unknown'}"
            raise LinkOccupied(
                f"{url} is held by `xmg serve` ({process}) for all consoles: take it by "
                f"--link daemon:{served}"
                if served
                else f"{url} is held by another console ({process}): end that one first"
            ) from None
        with suppress(OSError):  # a full disk: then others are not told who has it
            self._file.truncate(0)
            self._file.write(f"{os.getpid()} {served_at or ''}".encode())

    def release(self) -> None:
        """Gives the lock back; may be called twice."""
        self._file.close()
