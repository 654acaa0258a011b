"""Files that a command writes as a whole."""

import os
import tempfile
from pathlib import Path

from .errors import UsageError


def replace_file(path: Path, data: bytes) -> None:
    """Writes the file, or leaves the old one as it was: a full disk does no harm. A link leads to
    its file, and what is no file - a pipe, /dev/null - stays what it is. Raises UsageError."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}: name another file") from error


def _replace(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as part:
        try:
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
            os.chmod(part.name, mode)
            os.replace(part.name, path)
        except OSError:
            os.unlink(part.name)
            raise


def _umask() -> int:
    """Which rights new files do not get, as this user wants it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
