"""xmg doctor: each thing that stands in the way is found, and named with a remedy."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Result, ServedDaemon
from fake_board import FakeBoard, Served

from xmground.status import Status


def findings(result: Result) -> dict[str, dict[str, str]]:
    """By the question."""
    return {row["check"]: row for row in json.loads(result.out)}


def test_doctor_counts_errors_of_the_line(board: FakeBoard, xmg: Callable[..., Result]) -> None:
    board.health = {"frames_good": 50, "crc_errors": 40, "rx_dropped": 0}
    line = findings(xmg("doctor", "--json"))["line"]
    assert line["result"] == "warn" and "40 damaged" in line["detail"] and "cable" in line["remedy"]


def test_doctor_tells_frames_that_the_board_did_not_believe(
    board: FakeBoard, xmg: Callable[..., Result]
) -> None:
    board.health = {"mac_errors": 3}
    assert "3 frames" in findings(xmg("doctor", "--json"))["intruders"]["detail"]


def test_doctor_hears_text_but_no_frame(
    board: FakeBoard, served: Served, xmg: Callable[..., Result]
) -> None:
    board.faults.silent = True
    served.greeting = b"\xf0\x0f\xf0\x0f garbage of another baud rate\r\n"
    result = xmg("doctor", "--timeout", "0.5", "--json")
    assert result.status == Status.NO_LINK
    assert "baud rate" in findings(result)["board"]["remedy"]


def test_noise_is_not_taken_for_a_board_with_another_key(
    board: FakeBoard, served: Served, xmg: Callable[..., Result], tmp_path: Path
) -> None:
    """Who is told to look for keys does not look at the baud rate."""
    board.faults.silent = True
    served.greeting = b"\xf0\x0f\xf0\x0f garbage of another baud rate\r\n"
    key = tmp_path / "key"
    assert xmg("key", "new", str(key)).status == Status.DONE
    ping = xmg("ping", "--timeout", "0.5", "--key", str(key))
    assert ping.status == Status.NO_LINK and "baud rate" in ping.err
    result = xmg("doctor", "--timeout", "0.5", "--json", "--key", str(key))
    assert result.status == Status.NO_LINK
    assert "none of them a frame" in findings(result)["board"]["detail"]
    assert "baud rate" in findings(result)["board"]["remedy"]


def test_doctor_through_the_daemon(
    served: Served, tmp_path: Path, xmg: Callable[..., Result]
) -> None:
    with ServedDaemon(served.url, tmp_path / "socket") as daemon:
        result = xmg("doctor", "--json", link=daemon.link)
    found = findings(result)
    assert result.status == Status.DONE
    assert found["key"]["result"] == "skip" and found["board"]["result"] == "ok"
    assert "clock" in found and "line" in found


def test_doctor_device_of_somebody_else(
    tmp_path: Path, xmg: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = tmp_path / "tty"
    device.touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the tests may run as root
    result = xmg("doctor", "--link", f"serial:{device}", "--json")
    assert result.status == Status.NO_LINK
    found = findings(result)
    assert "usermod" in found["device"]["remedy"]
    assert found["link"]["result"] == "skip"


def test_doctor_archive_of_another_schema(
    tmp_path: Path, xmg: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    from xmground.archive import Archive

    path = tmp_path / "a.db"
    monkeypatch.setenv("XMG_ARCHIVE", str(path))
    Archive.open(str(path)).close()
    assert findings(xmg("doctor", "--json"))["archive"]["result"] == "ok"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
    archive = findings(xmg("doctor", "--json"))["archive"]
    assert archive["result"] == "fail" and archive["remedy"] == "run `xmg archive migrate`"


def test_doctor_archive_that_is_none(
    tmp_path: Path, xmg: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    path.write_text("no database at all, but long enough to look like one of them" * 20)
    monkeypatch.setenv("XMG_ARCHIVE", str(path))
    archive = findings(xmg("doctor", "--json"))["archive"]
    assert archive["result"] == "fail" and archive["remedy"]
