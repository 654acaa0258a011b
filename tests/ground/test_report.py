"""xmg report: tells what is filed and what is not, as Markdown, HTML and json."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import GROUND_TIME_US, Result
from fake_board import HYPERVISOR, FakeBoard, hm_record

from xmground.archive import Archive
from xmground.model import Book, Gap, GapKind, Stage, StageReport
from xmground.records import Item
from xmground.rows import Labels
from xmground.status import Status

BOOT = 0xB0070001
HOSTILE = "P1|<script>alert(1)</script>"
LABELS = Labels("demo", {1: HOSTILE, 2: "payload", HYPERVISOR: "hypervisor"})
HALT, COLD_RESET, IGNORE = 7, 2, 0


def hm(seq: int, **values: object) -> Item:
    return Item(seq, hm_record(seq, boot_id=BOOT, **values), BOOT)  # type: ignore[arg-type]


@pytest.fixture
def archive_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An archive in which something happened, read two hours before now."""
    url = str(tmp_path / "archive.db")
    monkeypatch.setenv("XMG_ARCHIVE", url)
    received_us = GROUND_TIME_US - 2 * 3_600_000_000
    items: list[Item | Gap] = [
        hm(1, event=31, action=IGNORE, partition=1),
        hm(2, event=23, action=HALT, partition=2),
        Gap(GapKind.OVERWRITTEN, 3, 9, BOOT),
        hm(10, event=23, action=COLD_RESET, partition=1),
        hm(11, event=31, action=IGNORE, partition=1),
    ]
    with Archive.open(url) as archive:
        archive.add_items("demo", Book.HM, 0, items, LABELS, received_us)
        for stage in (Stage.SENT, Stage.COMPLETED):
            sent = StageReport(stage, received_us + 1000, 5, 1, BOOT)
            archive.add_stage("demo", 0x1234, "partition control", "me@ground", sent)
    return url


def test_report_tells_events_resets_commands_and_gaps(
    archive_url: str, xmg: Callable[..., Result]
) -> None:
    result = xmg("report", "--since", "1d")
    assert result.status == Status.DONE
    lines = result.out.splitlines()
    assert "| errors and critical events | 2 |" in lines
    assert "| resets and changes to maintenance by the health monitor | 1 |" in lines
    assert "| gaps in what is filed | 1 |" in lines
    assert "| commands sent | 1 |" in lines
    assert any("0x00001234" in line and "completed" in line for line in lines)
    assert any("| 3 | 9 |" in line for line in lines)
    counted = [line for line in lines if "APP_DEADLINE_MISSED" in line and "| 2 |" in line]
    assert counted and counted[0].startswith("| W")


def test_report_period_without_anything_says_that_nothing_is_known(
    archive_url: str, xmg: Callable[..., Result]
) -> None:
    result = xmg("report", "--since", "2020-01-01", "--until", "2020-01-02")
    assert "That says nothing about the board" in result.out


def test_report_says_from_when_on_nothing_is_known(
    archive_url: str, xmg: Callable[..., Result]
) -> None:
    """The board was read once, two hours ago: no errors since then means nothing."""
    for kind in ("md", "html"):
        result = xmg("report", "--since", "1d", "--to", kind)
        assert "Nothing is known of the time after 2025-12-31T22:00:00.000Z" in result.out
        assert "first read at 2025-12-31T22:00:00.000Z" in result.out
        # What was read later tells of an earlier period, too.
        past = xmg("report", "--since", "3h", "--until", "2h30m", "--to", kind)
        assert "Nothing is known of the time after" not in past.out
        quiet = xmg("report", "--since", "1h", "--to", kind)
        assert "Nothing of this period is filed" in quiet.out


def test_report_of_a_board_that_was_read_and_logged_nothing(
    archive_url: str, xmg: Callable[..., Result]
) -> None:
    with Archive.open(archive_url) as archive:
        archive.add_clock("demo", BOOT, GROUND_TIME_US - 1_000_000, 5, 3)
    result = xmg("report", "--since", "1h")
    assert "The board was read and has logged nothing in this period." in result.out
    assert "Nothing" not in result.out


def test_report_json_has_the_numbers(archive_url: str, xmg: Callable[..., Result]) -> None:
    document = json.loads(xmg("report", "--since", "1d", "--json").out)
    board = document["boards"][0]
    assert (board["target"], board["severe_total"], board["books"]) == ("demo", 2, {"hm": 4})
    two_hours_ago = GROUND_TIME_US - 2 * 3_600_000_000
    assert board["first_read_us"] == board["last_read_us"] == board["known_until_us"]
    assert board["known_until_us"] == two_hours_ago


class Page(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_report_html_obeys_nothing_that_a_board_says(
    archive_url: str, xmg: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    assert xmg("report", "--since", "1d", "-o", str(file)).status == Status.DONE
    page = Page()
    page.feed(file.read_text(encoding="utf-8"))
    assert "script" not in page.tags and HOSTILE in page.text
    assert "<script" not in xmg("report", "--since", "1d").out


def test_report_asks_the_board_for_what_no_log_says(
    archive_url: str, board: FakeBoard, xmg: Callable[..., Result]
) -> None:
    result = xmg("report", "--since", "1d", "--board")
    assert result.status == Status.DONE and "worst slot lateness since its start" in result.out
    board.faults.silent = True
    result = xmg("report", "--since", "1d", "--board", "--timeout", "0.3")
    assert result.status == Status.NO_LINK and "not asked" in result.out


def test_report_file_that_cannot_be_written_stays_as_it_was(
    archive_url: str, xmg: Callable[..., Result], tmp_path: Path
) -> None:
    result = xmg("report", "-o", str(tmp_path / "no" / "such" / "folder.md"))
    assert result.status == Status.USAGE and "name another" in result.err
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "words",
    [("--since", "boot+1s"), ("--since", "soon"), ("--target", "nobody"), ("--until", "x")],
)
def test_report_wrong_usage(
    words: tuple[str, str], archive_url: str, xmg: Callable[..., Result]
) -> None:
    assert xmg("report", *words).status == Status.USAGE
