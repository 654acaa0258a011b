"""render.py and describe.py: how values look, and that nothing from the board can act on a terminal
or a spreadsheet."""

import csv
import io
import json

import pytest

from xmground import cli, manual, describe, render
from xmground.rows import harmless
from xmground.framing import Frame, Noise
from xmground.render import Column, Output


@pytest.mark.parametrize(
    "us, text",
    [
        (0, "00:00:00.000000"),
        (3_723_000_001, "01:02:03.000001"),
        (86_400_000_000, "1d 00:00:00.000000"),
        (None, "-"),
    ],
)
def test_board_time(us: int | None, text: str) -> None:
    assert render.board_time(us) == text


def test_ground_time_is_utc() -> None:
    assert render.ground_time(1_767_225_600_123_456) == "2026-01-01T00:00:00.123Z"


def output(fmt: str) -> tuple[Output, io.StringIO]:
    out = io.StringIO()
    return Output(fmt, False, False, out, io.StringIO()), out


class Tty(io.StringIO):
    """What looks like a terminal."""

    def isatty(self) -> bool:
        """See io."""
        return True


ROWS = [{"a": 1, "b": "=cmd", "style": "bad"}, {"a": None, "b": "x\x1b[0m"}]
COLUMNS = [Column("a", "A"), Column("b", "B")]


def test_formats_hold_the_same_values() -> None:
    out, text = output("json")
    out.rows(COLUMNS, ROWS)
    rows = json.loads(text.getvalue())
    out, text = output("jsonl")
    out.rows(COLUMNS, ROWS)
    assert (
        [json.loads(line) for line in text.getvalue().splitlines()]
        == rows
        == [{"a": 1, "b": "=cmd"}, {"a": None, "b": "x\x1b[0m"}]
    )


def test_csv_can_be_read_back_and_holds_no_formula() -> None:
    out, text = output("csv")
    out.rows(COLUMNS, ROWS)
    assert list(csv.reader(io.StringIO(text.getvalue()))) == [
        ["a", "b"],
        ["1", "'=cmd"],
        ["", "x\\x1b[0m"],
    ]


@pytest.mark.parametrize("width", ["40", "80"])
def test_a_narrow_terminal_hides_nothing(monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    """An event cut to "SPARC_DIV..." and a severity of no width tell nothing: lines are as long as
    what they say, whatever the screen."""
    monkeypatch.setenv("COLUMNS", width)
    out, text = Tty(), "word " * 1500
    row = {"a": "SPARC_DATA_ACCESS_EXCEPTION", "b": "2026-01-01T00:00:00.123Z", "c": text + "end"}
    columns = [Column(key, key.upper()) for key in row]
    Output("table", False, False, out, io.StringIO()).rows(columns, [row])
    lines = out.getvalue().splitlines()
    assert len(lines) == 2 and all(value in lines[1] for value in row.values())


def test_table_escapes_control_characters() -> None:
    out, text = output("table")
    out.rows(COLUMNS, ROWS)
    assert "\x1b" not in text.getvalue() and "x\\x1b[0m" in text.getvalue()


def test_colour_is_used_only_when_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for no_color, color, expected in (("", True, True), ("1", True, False), ("", False, False)):
        monkeypatch.setenv("NO_COLOR", no_color)
        text = Tty()
        if not no_color:
            monkeypatch.delenv("NO_COLOR")
        Output("table", color, False, text, Tty()).text("halted", "bad")
        assert ("\x1b[31m" in text.getvalue()) is expected


def test_console_text_is_harmless() -> None:
    assert harmless(b"a\tb\r\nc\x1b]0;t\x07\xff\n") == "a\tb\nc\\x1b]0;t\\x07\\xff\n"


def test_frames_that_are_no_message_are_described() -> None:
    assert "not a message: ff" in describe.frame_line(Frame(2, b"\xff"))
    assert describe.frame_line(Frame(77, b"hi")).startswith("77")
    assert describe.frame_line(Noise("crc", b"\x00\x1b\\")) == "bad crc     3 B  \\x00\\x1b\\\\"


def test_markdown_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help-markdown"]) == 0
    text = capsys.readouterr().out
    for prog, _ in manual.subparsers(cli.build_parser()):
        assert f"\n## {prog}\n" in text
