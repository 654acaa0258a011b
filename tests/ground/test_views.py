"""--from archive and --from FILE: every view, with the same options, filters and times."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import GROUND_TIME_US, Result, loop_client
from fake_board import HYPERVISOR, FakeBoard

from xmground.archive import Archive
from xmground.archive.collect import Collector
from xmground.model import Book, Gap, GapKind, Stage, StageReport
from xmground.rows import Labels, common

Xmg = Callable[..., Result]
LABELS = Labels("demo", {0: "supervisor", 1: "P1", HYPERVISOR: "hypervisor"})


@pytest.fixture
def filed(board: FakeBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with the logs of a board, named by XMG_ARCHIVE."""
    board.fill_hm(3)
    board.fill_hm(1, event=6, partition=HYPERVISOR, flags=3, action=4)
    board.fill_trace(1, 2, crit=1)
    board.fill_trace(HYPERVISOR, 2, system=1, code=0x204, partition=HYPERVISOR)
    board.print(1, b"P1: start\nP1: \x1b[31mred\x1b[0m\n")
    path = tmp_path / "archive.db"
    with Archive.open(str(path)) as archive:
        Collector(loop_client(board), archive, "demo", LABELS).turn()
    monkeypatch.setenv("XMG_ARCHIVE", str(path))
    return path


def rows(result: Result) -> list[dict[str, object]]:
    """What --json showed."""
    return json.loads(result.out)


VIEWS = ["hm read", "trace read P1", "trace read hypervisor", "console read P1"]


@pytest.mark.parametrize("view", VIEWS)
def test_the_archive_shows_what_the_board_shows(view: str, filed: Path, xmg: Xmg) -> None:
    live = rows(xmg(*view.split(), "--json"))
    archived = rows(xmg(*view.split(), "--from", "archive", "--json", link="tcp:127.0.0.1:1"))
    assert len(live) == len(archived) > 0
    unlike = ("utc_us", "utc_error_us", "received_us", "variant")
    for row in (*live, *archived):
        for key in unlike:
            row.pop(key, None)
    assert live == archived


@pytest.mark.parametrize("view", VIEWS)
def test_exported_rows_are_shown_as_they_were(
    view: str, filed: Path, xmg: Xmg, tmp_path: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(xmg(*view.split(), "--from", "archive", "--format", "jsonl").out)
    again = xmg(*view.split(), "--from", str(file), "--format", "jsonl", link="tcp:127.0.0.1:1")
    assert again.status == 0 and again.out == file.read_text()


OPTIONS = ["--first 3", "--last 2", "--count 2", "--filter sev=critical", "--first 2 --count 1"]


@pytest.mark.parametrize("options", OPTIONS)
def test_options_mean_the_same_everywhere(
    options: str, filed: Path, xmg: Xmg, tmp_path: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(xmg("hm", "read", "--from", "archive", "--format", "jsonl").out)
    seqs = {
        tuple(row["seq"] for row in rows(xmg("hm", "read", *options.split(), *where, "--json")))
        for where in ((), ("--from", "archive"), ("--from", str(file)))
    }
    assert len(seqs) == 1 and seqs.pop() not in ((), (1, 2, 3, 4))


def test_last_of_a_console_counts_bytes(filed: Path, xmg: Xmg) -> None:
    assert xmg("console", "read", "P1", "--from", "archive", "--last", "3").out.startswith(
        "P1: \\x1b"
    )


def test_a_number_after_from_is_the_first_one(filed: Path, xmg: Xmg) -> None:
    assert [row["seq"] for row in rows(xmg("hm", "read", "--from", "4", "--json"))] == [4]
    assert xmg("hm", "read", "--from", "4", "--first", "4").status == 2


def test_gaps_of_the_archive_end_with_status_7(filed: Path, xmg: Xmg) -> None:
    with Archive.open(str(filed)) as archive:
        gap = Gap(GapKind.LOST, 5, 6, 0xB0070001)
        archive.add_items("demo", Book.HM, 0, [gap], LABELS, GROUND_TIME_US)
    result = xmg("hm", "read", "--from", "archive", "--filter", "seq=1")
    assert result.status == 7 and "lost on link: 2 records, 5 to 6" in result.err


def test_since_and_until(filed: Path, xmg: Xmg) -> None:
    for where in ((), ("--from", "archive")):
        found = rows(
            xmg("hm", "read", "--since", "boot+750ms", "--until", "boot+900ms", "--json", *where)
        )
        assert [row["seq"] for row in found] == [3]
        assert rows(xmg("hm", "read", "--until", "yesterday", "--json", *where)) == []
        assert len(rows(xmg("hm", "read", "--since", "1h", "--json", *where))) == 4


def test_rows_of_an_earlier_boot_that_until_leaves_out_are_told(board: FakeBoard, xmg: Xmg) -> None:
    """Their UTC is unknown, and they are received now, long after they were made."""
    board.fill_hm(2)
    board.reboot()
    board.fill_hm(1)
    result = xmg("hm", "read", "--until", "1h")
    assert "2 of them have no UTC estimate and came after --until: they may be older" in result.err
    assert "UTC estimate" not in xmg("hm", "read", "--until", "1h", "--filter", "seq=3").err


def test_rows_without_utc_go_by_reception_and_that_is_told(
    board: FakeBoard, filed: Path, xmg: Xmg
) -> None:
    result = xmg("console", "read", "P1", "--since", "1h", "--from", "archive")
    assert "2 rows have no UTC estimate: chosen by the time of reception" in result.err
    result = xmg("console", "read", "P1", "--since", "boot+1s")
    assert result.status == 2 and "no board time" in result.err


def test_following_the_archive(filed: Path, xmg: Xmg, monkeypatch: pytest.MonkeyPatch) -> None:
    def file_more(seconds: float) -> None:
        with Archive.open(str(filed)) as archive:
            board = FakeBoard()
            board.fill_hm(6)
            items = [item for item in _items(board)][4:]
            archive.add_items("demo", Book.HM, 0, items, LABELS, GROUND_TIME_US)

    monkeypatch.setattr("xmground.commands.reading.time.sleep", file_more)
    result = xmg("hm", "read", "--from", "archive", "--follow", "--count", "6", "--format", "jsonl")
    assert [json.loads(line)["seq"] for line in result.out.splitlines()] == [1, 2, 3, 4, 5, 6]


def _items(board: FakeBoard):
    from xmground.logs import LogReader

    return LogReader(loop_client(board), Book.HM).read()


def test_several_boards_must_be_told_apart(filed: Path, xmg: Xmg) -> None:
    with Archive.open(str(filed)) as archive:
        archive.add_items("other", Book.HM, 0, [], LABELS, 0)
        archive.add_clock("other", 1, 0, 0, 1)
    assert "demo, other" in xmg("hm", "read", "--from", "archive").err
    assert xmg("hm", "read", "--from", "archive", "--target", "demo").status == 0
    assert "it has: demo" in xmg("hm", "read", "--from", "archive", "--target", "x").err


@pytest.mark.parametrize(
    "argv, words",
    [
        (["hm", "read", "--from", "nowhere"], "live, archive, a file, or a number"),
        (["hm", "read", "--from", "JUNK"], "neither a raw capture nor rows"),
        (["hm", "read", "--from", "BROKEN"], "line 2: not JSON"),
        (["hm", "read", "--from", "OTHER"], "line 1: not a row"),
        (["hm", "read", "--from", "OTHER", "--follow"], "does not grow"),
        (["hm", "read", "--from", "archive", "--archive", "/none/x.db"], "xmg archive collect"),
        (["trace", "read", "P9", "--from", "archive"], "there is no partition 'P9'"),
        (["hm", "read", "--since", "lately"], "is not a time such as"),
        (["hm", "read", "--first", "1", "--last", "1"], "exclude each other"),
    ],
)
def test_2_wrong_sources(
    argv: list[str], words: str, filed: Path, xmg: Xmg, tmp_path: Path
) -> None:
    row = json.dumps(common(LABELS, "hm", 0, 1, 1, None, 1)) + "\n"
    for name, text in (("JUNK", "junk"), ("BROKEN", row + "{"), ("OTHER", '{"a": 1}\n')):
        (tmp_path / name).write_text(text)
    argv = [str(tmp_path / word) if (tmp_path / word).is_file() else word for word in argv]
    result = xmg(*argv)
    assert result.status == 2 and words in result.err and result.out == ""


def test_commands_of_the_archive(filed: Path, xmg: Xmg) -> None:
    with Archive.open(str(filed)) as archive:
        for stage, detail in ((Stage.SENT, ""), (Stage.FAILED, "TIMEOUT")):
            report = StageReport(stage, GROUND_TIME_US, 5, 1, 1, detail)
            archive.add_stage("demo", 7, "plan switch", "here", report)
        archive.add_stage("demo", 8, "partition control", "here", StageReport(Stage.SENT, 1))
    (first, second) = rows(xmg("cmd", "list", "--from", "archive", "--json"))
    assert (first["id"], first["stage"], first["knowledge"]) == (7, "failed", "finished")
    assert (second["id"], second["stage"], second["knowledge"]) == (8, "sent", "no end seen")
