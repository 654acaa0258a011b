"""keys.py, xmg key: who may read a key file, what is one, and that a key is never shown."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Result

from xmground import keys
from xmground.errors import AuthenticationError, UsageError
from xmground.status import Status

DIGITS = "0123456789abcdef" * 4


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_new_key_is_for_its_owner_alone_and_can_be_read_back(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        made = keys.create(tmp_path / "k", 9)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert keys.load(tmp_path / "k").keys == (made,) and made.id == 9 and len(made.secret) == 32
    assert keys.create(tmp_path / "l", 9).secret != made.secret


def test_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "k", "precious")
    with pytest.raises(UsageError, match="exists"):
        keys.create(path, 1)
    assert path.read_text() == "precious"


def test_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot make"):
        keys.create(tmp_path / "no" / "k", 1)


def test_several_keys_in_order(tmp_path: Path) -> None:
    text = f"# new\nxm-key 2 {DIGITS}\n\n#old\n \txm-key  1\t{DIGITS.upper()} \r\n"
    found = keys.load(write(tmp_path / "k", text))
    assert [key.id for key in found.keys] == [2, 1] and found.first.id == 2
    assert found.first.secret == bytes.fromhex(DIGITS)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o777])
def test_file_that_others_can_open_is_refused(mode: int, tmp_path: Path) -> None:
    path = write(tmp_path / "k", f"xm-key 1 {DIGITS}\n", mode)
    with pytest.raises(AuthenticationError, match="chmod 600"):
        keys.load(path)


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "holds 0 keys"),
        ("# nothing\n", "holds 0 keys"),
        (f"xm-key 0 {DIGITS}\n", "line 1"),
        (f"xm-key 256 {DIGITS}\n", "line 1"),
        (f"# x\nxm-key 1 {DIGITS[:-1]}\n", "line 2"),
        (f"xm-key 1 {DIGITS}0\n", "line 1"),
        (f"xm-key 1 {DIGITS[:-1]}g\n", "line 1"),
        (f"xm-key 1 {DIGITS} more\n", "line 1"),
        (f"key 1 {DIGITS}\n", "line 1"),
        (f"xm-key 1 {DIGITS}\nxm-key 1 {DIGITS}\n", "id 1 a second time"),
        ("".join(f"xm-key {n} {DIGITS}\n" for n in range(1, 10)), "holds 9 keys"),
        ("#" * 1025, "longer than 1024"),
    ],
)
def test_what_is_no_key_file(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match=words) as caught:
        keys.load(write(tmp_path / "k", text))
    assert DIGITS[:16] not in str(caught.value)


def test_key_is_in_no_printed_form(tmp_path: Path) -> None:
    key = keys.create(tmp_path / "k", 1)
    assert repr(key.secret) not in repr(key) and key.secret.hex() not in repr(key)
    assert key.secret.hex() not in repr(keys.load(tmp_path / "k"))
    assert len(key.fingerprint) == 8 and key.fingerprint not in key.secret.hex()


def test_where_the_key_is_looked_for(tmp_path: Path) -> None:
    usual = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert keys.find(None, usual) is None
    (tmp_path / "xmg").mkdir()
    (tmp_path / "xmg" / "key").touch()
    assert keys.find(None, usual) == tmp_path / "xmg" / "key"
    assert keys.find(None, usual | {"XMG_KEY": "/e"}) == Path("/e")
    assert keys.find("/o", usual | {"XMG_KEY": "/e"}) == Path("/o")
    assert keys.find("none", usual | {"XMG_KEY": "/e"}) is None
    (tmp_path / ".config" / "xmg").mkdir(parents=True)
    (tmp_path / ".config" / "xmg" / "key").touch()
    assert keys.find(None, {"HOME": str(tmp_path)}) == tmp_path / ".config" / "xmg" / "key"


def test_refused_key_file_is_exit_status_5_and_nothing_is_sent(
    tmp_path: Path, xmg: Callable[..., Result], board
) -> None:
    path = write(tmp_path / "k", f"xm-key 1 {DIGITS}\n", 0o644)
    result = xmg("ping", "--key", str(path))
    assert result.status == Status.AUTHENTICATION and "chmod 600" in result.err
    assert result.err.count("\n") == 1 and board.requests == [] and DIGITS not in result.err


def test_shown_is_the_fingerprint_never_the_key(tmp_path: Path, xmg: Callable[..., Result]) -> None:
    for fmt in ("table", "json", "jsonl", "csv"):
        made = xmg("key", "new", str(tmp_path / fmt), "--format", fmt)
        shown = xmg("key", "show", str(tmp_path / fmt), "--format", fmt)
        key = keys.load(tmp_path / fmt).first
        assert made.status == shown.status == 0
        assert key.fingerprint in shown.out and key.fingerprint in made.out
        assert key.secret.hex() not in made.out + made.err + shown.out + shown.err
