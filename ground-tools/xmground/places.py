"""Where the console keeps files of the user's, unless somebody says otherwise."""

from collections.abc import Mapping
from pathlib import Path


def data_folder(environ: Mapping[str, str]) -> Path:
    """The folder for data of xmg: below XDG_DATA_HOME, else in the user's home."""
    data = environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path("~/.local/share").expanduser()) / "xmg"


def default_archive(environ: Mapping[str, str]) -> str:
    """URL or path of the archive: XMG_ARCHIVE, else a file of the user's."""
    return environ.get("XMG_ARCHIVE") or str(data_folder(environ) / "archive.db")


def default_captures(environ: Mapping[str, str]) -> Path:
    """The folder for raw captures: XMG_CAPTURE, else one of the user's."""
    named = environ.get("XMG_CAPTURE")
    return Path(named) if named else data_folder(environ) / "capture"
