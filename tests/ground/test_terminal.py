"""Golden transcripts of a terminal: colours, width, progress. Escape sequences are shown as \\e."""

import os
import pty
import re
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import GOLDEN, GROUND_TIME_US, HANG_S, compare, same_every_time
from fake_board import FakeBoard, Served
from golden_cases import Case, commanded, content, damaged, failing, lossy, unfair

from xmground import cli

XMG = Path(__file__).resolve().parents[2] / "ground-tools" / "xmg"
OnTerminal = Callable[..., str]
COLOURS = {"TERM": "xterm-256color", "COLORTERM": ""}


class Terminal:
    """A pseudo terminal whose output is read as it comes; what was written stands in text()."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        self._seen = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            while data := os.read(self.master, 4096):
                self._seen += data
        except OSError:  # the last writer has gone
            return

    def text(self) -> str:
        """Everything, once all writers have closed it."""
        self._reader.join(HANG_S)
        os.close(self.master)
        return self._seen.decode().replace("\r\n", "\n").replace("\x1b", "\\e")


@pytest.fixture
def on_terminal(served: Served, monkeypatch: pytest.MonkeyPatch) -> OnTerminal:
    """Calls xmg with stdout and stderr on a terminal, and more environment."""

    def call(line: str, **environ: str) -> str:
        terminal = Terminal()
        served.board.counter = 0
        monkeypatch.delenv("NO_COLOR", raising=False)
        for name, value in (COLOURS | {"XMG_LINK": served.url} | environ).items():
            monkeypatch.setenv(name, value)
        with open(terminal.slave, "w", encoding="utf-8") as out:
            monkeypatch.setattr("sys.stdout", out)
            monkeypatch.setattr("sys.stderr", out)
            status = cli.main(line.split(), clock_us=lambda: GROUND_TIME_US)
        seen = re.sub(r"tcp:127\.0\.0\.1:\d+", "LINK", terminal.text())
        seen = re.sub(r"(?<=command )0x[0-9a-f]{8}", "ID", seen)
        seen = re.sub(r"\bid: \d+", "id: N", seen)
        seen = re.sub(r"(?<=rtt_us\": )\d+", "RTT", seen)
        return f"$ xmg {line}\n{seen}--- status {int(status)}\n"

    return call


CASES: list[Case] = [
    ("part-list", None, "part list"),
    ("part-show", None, "part show payload"),
    ("part-reset", None, "part reset P1 --yes"),
    ("part-reset-failed", failing, "part reset P1 --yes"),
    ("plan-list", None, "plan list"),
    ("plan-check", unfair, "plan check safe"),
    ("plan-switch", unfair, "plan switch safe --yes"),
    ("plan-switch-lockout", None, "plan switch dark --yes"),
    ("hm-read", content, "hm read"),
    ("hm-read-lost", lossy, "hm read"),
    ("hm-read-damaged", damaged, "hm read"),
    ("hm-read-json", content, "hm read --last 1 --json"),
    ("hm-read-follow", content, "hm read --follow --count 3"),
    ("trace-read", content, "trace read hypervisor"),
    ("console-read", content, "console read P1"),
    ("link-status", None, "link status"),
    ("port-list", None, "port list"),
    ("cmd-list", commanded, "cmd list"),
    ("verbose", None, "ping -v --count 1 --json"),
    ("no-such-partition", None, "part show P9"),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_golden_on_a_terminal(
    case: Case, board: FakeBoard, on_terminal: OnTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, prepare, line = case
    if prepare:
        prepare(board)
    same_every_time(monkeypatch)
    compare(on_terminal(line), f"terminal/{name}")


def test_no_colours_where_none_are_wanted(
    board: FakeBoard, on_terminal: OnTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    same_every_time(monkeypatch)
    content(board)
    coloured = re.sub(r"\\e\[[0-9;]*m", "", on_terminal("hm read --last 2"))
    lines = [line.rstrip() for line in coloured.splitlines()]
    for line, more in (
        ("hm read --last 2", {"NO_COLOR": "1"}),
        ("hm read --last 2 --no-color", {}),
        ("hm read --last 2", {"TERM": "dumb"}),
    ):
        plain = on_terminal(line, **more)
        assert "\\e" not in plain and plain.splitlines()[1:] == lines[1:]


def test_width_changes_nothing(
    board: FakeBoard, on_terminal: OnTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row is a line, which a narrow terminal wraps and a pipe takes whole; nothing is cut."""
    same_every_time(monkeypatch)
    content(board)
    narrow = on_terminal("hm read", COLUMNS="40")
    assert narrow == on_terminal("hm read", COLUMNS="200")
    assert "trap 0x2b DATA_STORE_ERROR, hypervisor scope" in narrow


def test_progress_is_shown_on_a_terminal_only(
    board: FakeBoard, served: Served, on_terminal: OnTerminal, environ: dict[str, str]
) -> None:
    board.fill_hm(200)
    seen = on_terminal("hm read --last 150 --json")
    assert "reading hm" in seen and "150/150" in seen and seen.count('"seq"') == 150
    assert "reading" not in on_terminal("hm read --last 20")  # it would only flicker
    piped = subprocess.run(
        [XMG, "--link", served.url, "hm", "read", "--last", "150", "--format", "csv"],
        capture_output=True,
        env=environ,
        text=True,
        timeout=60,
    )
    assert piped.stdout.count("\n") == 151 and "reading" not in piped.stderr


def test_progress_of_collecting(
    board: FakeBoard,
    served: Served,
    on_terminal: OnTerminal,
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    """In bytes of all logs together; the second time there is nothing to wait for."""
    board.fill_hm(150)
    board.print(1, b"P1: still alive\n" * 300)
    line = f"archive collect --capture= --archive {tmp_path / 'one.db'}"
    seen = on_terminal(line)
    assert "collecting" in seen and "14.1/14.1 KiB" in seen
    assert "KiB" not in on_terminal(line)
    piped = subprocess.run(
        [XMG, "--link", served.url, *line.replace("one.db", "two.db").split()],
        capture_output=True,
        env=environ,
        text=True,
        timeout=60,
    )
    assert piped.returncode == 0 and "KiB" not in piped.stderr


@pytest.mark.parametrize("out", ["rows.csv", "rows.jsonl", "frames.pcapng"])
def test_progress_of_exporting(
    out: str, board: FakeBoard, on_terminal: OnTerminal, environ: dict[str, str], tmp_path: Path
) -> None:
    board.fill_hm(150)
    archive = f"--archive {tmp_path / 'archive.db'}"
    on_terminal(f"archive collect {archive} --capture {tmp_path}")
    seen = on_terminal(f"archive export {tmp_path / out} {archive}")
    piped = subprocess.run(
        [XMG, *f"archive export {tmp_path / 'again'}{Path(out).suffix} {archive}".split()],
        capture_output=True,
        env=environ,
        text=True,
        timeout=60,
    )
    assert (
        piped.returncode == 0
        and "exporting rows" not in piped.stderr
        and "exporting frames" not in piped.stderr
    )
    if out == "frames.pcapng":
        assert "exporting frames" in seen and " KiB" in seen
    else:
        assert "exporting rows" in seen and "150/150" in seen
    assert (tmp_path / out).read_bytes() == (tmp_path / f"again{Path(out).suffix}").read_bytes()


def test_progress_goes_to_stderr(board: FakeBoard, served: Served, environ: dict[str, str]) -> None:
    """stdout is a file: the bar stands on the terminal, the file has rows only."""
    board.fill_hm(200)
    terminal = Terminal()
    done = subprocess.run(
        [XMG, "--link", served.url, "hm", "read", "--format", "jsonl"],
        stdout=subprocess.PIPE,
        stderr=terminal.slave,
        env=environ,
        text=True,
        timeout=60,
    )
    os.close(terminal.slave)
    assert "reading hm" in terminal.text()
    assert [line[:1] for line in done.stdout.splitlines()] == ["{"] * 200


def test_golden_no_transcript_of_a_terminal_is_left_over() -> None:
    assert {file.stem for file in (GOLDEN / "terminal").glob("*.txt")} == {c[0] for c in CASES}
