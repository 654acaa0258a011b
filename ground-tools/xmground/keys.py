"""Key files: who may command a board.

A key file is text for the owner alone (mode 0600): comments that begin with #, and lines
`xm-key ID DIGITS`, the same file that the build puts into the board's image. The first key is the
one of new sessions, the others are known too, so that keys can be changed one end after the other.
A key itself is never shown, logged or put into a message; its fingerprint is.
"""

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import AuthenticationError, UsageError

KEY_BYTES = 32
# Limits of the board's reader, supervisor/keyfile.h: a file that the ground takes, the board takes.
MOST_KEYS = 8
MOST_FILE_BYTES = 1024
NO_KEY = "none"  # --key none: talk to a board without keys although a key is at hand

_LINE = re.compile(r"xm-key[ \t]+(\d{1,3})[ \t]+([0-9A-Fa-f]{64})[ \t\r]*")


@dataclass(frozen=True)
class Key:
    """One key. `secret` stays out of its printed form."""

    id: int
    secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Tells keys apart without giving them away: 8 hexadecimal digits of the key's SHA-256."""
        return hashlib.sha256(self.secret).hexdigest()[:8]


@dataclass(frozen=True)
class KeyFile:
    """The keys of a file, at least one; the first is the one of new sessions."""

    path: Path
    keys: tuple[Key, ...]

    @property
    def first(self) -> Key:
        """The key in force."""
        return self.keys[0]


def create(path: Path, key_id: int) -> Key:
    """Makes a file with one new key, readable by its owner alone. Raises UsageError if there is
    such a file already (a key in use is never overwritten), or if it cannot be written."""
    key = Key(key_id, secrets.token_bytes(KEY_BYTES))
    text = (
        f"# Key of an xm board: whoever reads this file can command it. Fingerprint "
        f"{key.fingerprint}.\nxm-key {key.id} {key.secret.hex()}\n"
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(
            f"{path} exists: name another file; to change keys, put the new line above the old one"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot make {path}: {error.strerror}: name another file") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(descriptor, 0o600)  # also under an umask that takes the owner's rights away
        file.write(text)
    return key


def load(path: Path) -> KeyFile:
    """Reads a key file. Raises AuthenticationError when it is missing, open to others, or no key
    file."""
    try:
        # One descriptor for the check and the reading: what was checked is what is read.
        descriptor = os.open(path, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            data = b"" if _is_open(mode) else file.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise AuthenticationError(
            f"key file {path}: {error.strerror}: name another with --key or XMG_KEY, "
            "or make one with xmg key new"
        ) from error
    if _is_open(mode):
        raise AuthenticationError(
            f"key file {path} can be read by others (mode {stat.S_IMODE(mode):04o}): "
            f"run `chmod 600 {path}`, and make a new key if others may have read it"
        )
    return KeyFile(path, _parse(path, data))


def find(option: str | None, environment: Mapping[str, str]) -> Path | None:
    """The key file to use: --key, else XMG_KEY, else the one in the user's configuration folder if
    it exists; None: no key."""
    named = option or environment.get("XMG_KEY")
    if named:
        return None if named == NO_KEY else Path(named)
    config = environment.get("XDG_CONFIG_HOME") or os.path.join(
        environment.get("HOME", ""), ".config"
    )
    usual = Path(config) / "xmg" / "key"
    return usual if usual.exists() else None


def _is_open(mode: int) -> bool:
    return bool(mode & (stat.S_IRWXG | stat.S_IRWXO))


def _parse(path: Path, data: bytes) -> tuple[Key, ...]:
    def refuse(why: str) -> AuthenticationError:
        return AuthenticationError(f"key file {path}: {why}: make one with `xmg key new FILE`")

    if len(data) > MOST_FILE_BYTES:
        raise refuse(f"longer than {MOST_FILE_BYTES} bytes")
    keys: dict[int, Key] = {}
    for number, line in enumerate(data.decode("latin-1").split("\n"), 1):
        text = line.strip(" \t\r")
        if not text or text.startswith("#"):
            continue
        # The line itself is not quoted: it may hold most of a key.
        match = _LINE.fullmatch(text)
        if not match or not 1 <= int(match[1]) <= 255:
            raise refuse(f"line {number} is not `xm-key ID DIGITS`, id 1 to 255, 64 digits")
        if int(match[1]) in keys:
            raise refuse(f"line {number} gives id {match[1]} a second time")
        keys[int(match[1])] = Key(int(match[1]), bytes.fromhex(match[2]))
    if not 1 <= len(keys) <= MOST_KEYS:
        raise refuse(f"holds {len(keys)} keys, not 1 to {MOST_KEYS}")
    return tuple(keys.values())
