"""Files that a command writes as a whole."""

import os
import tempfile
from pathlib import Path

from .errors import UsageError


def replace_file(path: Path, data: bytes) -> None:
    """Writes the file, or leaves the old one as it was: a full disk does no harm. Raises
    UsageError."""
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as part:
            try:
                part.write(data)
                part.flush()
                os.fsync(part.fileno())
                os.chmod(part.name, 0o644)
                os.replace(part.name, path)
            except OSError:
                os.unlink(part.name)
                raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}: name another file") from error
