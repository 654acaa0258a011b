"""xmg archive: golden transcripts in every format, and what collecting leaves behind."""

import csv
import itertools
import json
import re
import socket
import zlib
import secrets
import shlex
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import Result, compare, loop_client, same_every_time
from fake_board import HYPERVISOR, FakeBoard, Served

from xmground._generated import supervisor_pb2 as pb
from xmground import requester
from xmground.archive import Archive
from xmground.archive.collect import Collector
from xmground.capture import RECORD, TO_BOARD, TO_GROUND
from xmground.client import Client
from xmground.framing import Frame, FrameType, encode_uart
from xmground.model import Book, Gap, GapKind, Stage, StageReport
from xmground.records import Item
from xmground.rows import Labels
from xmground.status import Status
from xmground.times import Sample

Xmg = Callable[..., Result]
NOW = 1_767_225_600_000_000
LABELS = Labels("demo", {0: "supervisor", 1: "P1", HYPERVISOR: "hypervisor"})


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where archive and captures of a test are."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    sample = Sample(NOW, 2_000_000, 3000)
    monkeypatch.setattr(Client, "clock_samples", lambda self, boot_id: [sample])
    return tmp_path


def content(board: FakeBoard) -> None:
    """A board with something in all its books."""
    board.fill_hm(2)
    board.fill_hm(1, event=6, partition=HYPERVISOR, flags=3, action=4)
    board.fill_trace(1, 1, crit=1)
    board.print(1, b"P1: start\nP1: \x1b[31mred\n")


@pytest.fixture
def filed(board: FakeBoard, place: Path) -> Path:
    """An archive with one gap and one conflict, filed at fixed times."""
    content(board)
    path = place / "xmg" / "archive.db"
    with Archive.open(str(path)) as archive:
        client = loop_client(board)
        client._clock_us = lambda: NOW
        archive.add_clock("demo", board.boot_id, NOW, 2_000_000, 3000)
        collector = Collector(client, archive, "demo", LABELS)
        collector.sample_clock = lambda: []  # type: ignore[method-assign]
        collector.turn()
        gap = Gap(GapKind.LOST, 4, 5, board.boot_id)
        archive.add_items("demo", Book.HM, 0, [gap], LABELS, NOW)
        first = board.logs[1, 0].items[0]
        board.fill_hm(1)
        other = first[:8] + bytes(8) + first[16:]
        archive.add_items("demo", Book.HM, 0, [Item(1, other, board.boot_id)], LABELS, NOW)
        for number, last in ((7, Stage.COMPLETED), (8, Stage.REJECTED), (9, Stage.SENT)):
            for stage in dict.fromkeys((Stage.SENT, last)):
                board_us = None if stage is Stage.SENT else 9_000_000 + number
                told = StageReport(stage, NOW + number, board_us, 36, board.boot_id)
                archive.add_stage("demo", number, "partition control", "alice@ops", told)
    return path


CASES = [
    ("list", "archive list"),
    ("list-json", "archive list --json"),
    ("list-jsonl", "archive list --format jsonl"),
    ("list-csv", "archive list --format csv"),
    ("list-no-such-target", "archive list --target other"),
    ("show", "archive show"),
    ("show-json", "archive show --json"),
    ("show-csv", "archive show --format csv"),
    ("query", "archive query"),
    ("query-json", "archive query --book hm --count 1 --json"),
    ("query-jsonl", "archive query --format jsonl"),
    ("query-csv", "archive query --format csv"),
    ("query-filter", "archive query --filter sev>=critical"),
    ("query-last", "archive query --last 2"),
    ("query-number", "archive query --order number --book console --book hm"),
    ("query-since", "archive query --since 10s --until now"),
    ("query-since-future", "archive query --since 2027-01-01"),
    ("query-since-after-until", "archive query --since 1h --until 2h"),
    ("query-both-ends", "archive query --last 1 --count 1"),
    ("query-bad-filter", "archive query --filter sev"),
    ("query-other-target", "archive query --target other"),
    ("gaps", "archive gaps"),
    ("gaps-json", "archive gaps --json"),
    ("gaps-csv", "archive gaps --format csv"),
    ("gaps-none", "archive gaps --book trace"),
    ("check", "archive check"),
    ("check-json", "archive check --json"),
    ("check-faulty", "archive check --archive FAULTY"),
    ("migrate", "archive migrate"),
    ("prune-nobody-to-ask", "archive prune --before 1d"),
    ("prune", "archive prune --before now --yes"),
    ("prune-board-time", "archive prune --before boot+1s --yes"),
    ("export-suffix", "archive export rows.xls"),
    ("export-no-captures", "archive export x.pcapng"),
    ("help-query", "archive query --help"),
    ("help-collect", "archive collect --help"),
    ("help", "archive --help"),
    ("hm-read", "hm read --from archive"),
    ("hm-read-csv", "hm read --from archive --format csv"),
    ("hm-read-jsonl", "hm read --from archive --format jsonl"),
    ("trace-read", "trace read P1 --from archive"),
    ("console-read", "console read P1 --from archive"),
    ("console-read-jsonl", "console read 1 --from archive --format jsonl"),
    ("cmd-list", "cmd list --from archive"),
    ("collect", "archive collect --capture CAPTURES"),
    ("collect-follow", "archive collect --follow --count 2 --every 1 --capture="),
    ("replay-no-file", "replay nowhere.xmcap"),
    ("capture-replay", "replay CAPTURE"),
    ("capture-replay-tx", "replay CAPTURE --way tx"),
    ("capture-replay-count", "replay CAPTURE --count 3"),
    ("capture-replay-damaged", "replay DAMAGED"),
    ("capture-replay-rows", "replay ROWS"),
    ("capture-hm-read", "hm read --from CAPTURE"),
    ("capture-hm-read-filter", "hm read --from CAPTURE --filter 'sev>=critical'"),
    ("capture-hm-read-damaged", "hm read --from DAMAGED"),
    ("capture-trace-read", "trace read P1 --from CAPTURE"),
    ("capture-trace-read-none", "trace read P9 --from CAPTURE"),
    ("capture-console-read", "console read P1 --from CAPTURE"),
    ("capture-cmd-list", "cmd list --from CAPTURE"),
    ("rows-hm-read", "hm read --from ROWS"),
    ("rows-hm-read-last", "hm read --from ROWS --last 1"),
    ("rows-trace-read", "trace read P1 --from ROWS"),
    ("rows-console-read", "console read P1 --from ROWS"),
    ("file-follow", "hm read --from CAPTURE --follow"),
    ("file-no-such", "hm read --from nowhere"),
    ("file-no-log", "hm read --from BINARY"),
    ("hm-read-since", "hm read --from archive --since 2025-12-31T23:59:58.4Z"),
    ("hm-read-until", "hm read --from archive --until boot+0.5s"),
    ("hm-read-since-relative", "hm read --from archive --since '10m ago'"),
    ("hm-read-since-later", "hm read --from archive --since '2026-01-01T12:00+01:00'"),
    ("hm-read-since-bad", "hm read --from archive --since yesteryear"),
    ("hm-read-filter", "hm read --from archive --filter 'event~unexp and part=hypervisor'"),
    ("hm-read-other-target", "hm read --from archive --target EM2"),
    ("hm-read-first-and-last", "hm read --from archive --first 1 --last 1"),
    ("console-read-since-board", "console read P1 --from archive --since boot+1s"),
    ("console-read-unknown", "console read P7 --from archive"),
    ("trace-read-since", "trace read P1 --from archive --since 2026-01-01T00:00:00Z"),
    ("report", "report"),
    ("report-html", "report --to html"),
    ("report-csv", "report --format csv"),
    ("report-board-time", "report --since boot+1s"),
    ("report-since-after-until", "report --since today --until yesterday"),
    ("report-no-such-board", "report --target EM2"),
    ("gaps-since", "archive gaps --since 1h"),
    ("gaps-bad-time", "archive gaps --since 1fortnight"),
    ("gaps-since-future", "archive gaps --since 2027-01-01"),
    ("query-order-bad", "archive query --order size"),
    ("check-none", "archive check --archive NOWHERE"),
    ("list-none", "archive list --archive NOWHERE"),
    ("query-no-database", "archive query --archive BINARY"),
    ("query-bad-url", "archive query --archive nosuch://host/name"),
    ("export-csv", "archive export OUT.csv --filter book=hm"),
    ("export-pcapng", "archive export OUT.pcapng CAPTURE"),
    ("help-replay", "replay --help"),
    ("captures-none", "archive captures"),
    ("help-captures", "archive captures --help"),
    *(
        (f"{name}{form and '-' + form}", f"{line} --format {form}" if form else line)
        for name, line in (
            ("captures", "archive captures"),
            ("replay", "replay"),
            ("sniff", "link sniff --from archive"),
        )
        for form in ("", "json", "jsonl", "csv")
    ),
    ("captures-later", "replay --since 2026-01-01T00:00:02Z"),
    ("captures-board-time", "replay --since boot+1s"),
    ("captures-since-after-until", "replay --since 1h --until 2h"),
    ("sniff-file", "link sniff --from DATA/xmg/capture/1.xmcap --way rx --count 1"),
    ("sniff-file-and-live", "link sniff --from DATA/xmg/capture/1.xmcap --ping"),
    ("sniff-live-and-times", "link sniff --since 1h"),
]
EVERY_FORMAT = """
capture-cmd-list capture-console-read capture-hm-read capture-trace-read
check check-faulty cmd-list collect console-read gaps gaps-none hm-read hm-read-filter hm-read-since hm-read-until
list query query-last query-number capture-replay capture-replay-damaged report rows-console-read rows-hm-read
rows-trace-read show trace-read trace-read-since
""".split()
PLACES = ("CAPTURE", "CAPTURES", "DAMAGED", "ROWS", "BINARY", "FAULTY", "OUT")
ALL_CASES = CASES + [
    (f"{name}-{fmt}", f"{dict(CASES)[name]} --format {fmt}")
    for name in EVERY_FORMAT
    for fmt in ("json", "jsonl", "csv")
    if f"{name}-{fmt}" not in dict(CASES)
    if name != "report" or fmt == "json"
]


@pytest.fixture
def kept(files: dict[str, str], place: Path) -> None:
    """Raw captures: two of this station, of which one misses something and ends torn, one that is
    gone, one of another station."""
    folder = place / "xmg" / "capture"
    folder.mkdir()
    reply = pb.Reply(id=7, stage=pb.STAGE_COMPLETED, boot_id=1, board_time_us=5, pong=pb.Pong())
    wire = encode_uart(Frame(FrameType.REPLY, reply.SerializeToString()))
    ping = pb.Request(id=7, ping=pb.Ping())
    asked = encode_uart(Frame(FrameType.COMMAND, ping.SerializeToString()))
    write_capture(folder / "1.xmcap", NOW, (TO_BOARD, asked), (TO_GROUND, b"hi" + wire[:9]))
    write_capture(folder / "2.xmcap", NOW + 2 * 10**6, (TO_GROUND, wire[9:]), missed_bytes=99)
    torn = folder / "2.xmcap"
    torn.write_bytes(torn.read_bytes() + b"XC torn")
    with Archive.open(str(place / "xmg" / "archive.db")) as archive:
        for name, station in (("0", "here"), ("1", "here"), ("2", "here"), ("1", "elsewhere")):
            where = socket.gethostname() if station == "here" else "ant2"
            path = folder / f"{name}.xmcap"
            archive.add_capture(str(path), where, "tcp:board:5500", NOW + int(name) * 10**6)


def write_capture(path: Path, at_us: int, *records: tuple[int, bytes], **about: int) -> None:
    """A raw capture with a record for each second."""
    head = json.dumps({"link": "tcp:board:5500", "begin_us": at_us, **about})
    data = b"xmcapture 1\n" + head.encode() + b"\n"
    for second, (direction, content) in enumerate(records):
        record = RECORD.pack(b"XC", direction, 0, at_us + second * 10**6, len(content)) + content
        data += record + zlib.crc32(record).to_bytes(4, "big")
    path.write_bytes(data)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What make_files() has made, for the next test."""
    return tmp_path_factory.mktemp("kept")


def make_files(place: Path, xmg: Xmg, board: FakeBoard) -> None:
    """Files that cases name: a raw capture, a damaged one, exported rows, and what is neither."""
    folder = place / "captures"
    with pytest.MonkeyPatch.context() as only_here:
        only_here.setenv("XMG_CAPTURE", str(folder))
        only_here.setenv("XMG_ARCHIVE", str(place / "none.db"))
        numbers = itertools.count(0x1000_0000, 0x100)  # each command is one of its own
        only_here.setattr(secrets, "randbelow", lambda limit: next(numbers))
        for line in ("hm read", "trace read P1", "console read P1", "part reset P1 --yes"):
            assert xmg(*line.split()).status == Status.DONE
        board.faults.refuse = (pb.STAGE_REJECTED, pb.DOMAIN_HYPERVISOR, -4, "")
        assert xmg("part", "resume", "P1", "--yes").status == Status.REJECTED
        board.faults.refuse = None
        with pytest.MonkeyPatch.context() as deaf:
            deaf.setattr(requester, "COMPLETION_S", 0.2)
            board.faults.no_commands = True
            line = "part suspend payload --yes --timeout 0.2"
            assert xmg(*line.split()).status == Status.UNKNOWN
            board.faults.no_commands = False
        assert xmg("sys", "reset", "--warm", "--yes").status == Status.DONE
    parts = [path.read_bytes() for path in sorted(folder.glob("*.xmcap"))]
    shutil.rmtree(folder)
    begins = [part.index(b"}\n") + 2 for part in parts]
    data = parts[0][: begins[0]] + b"".join(part[at:] for part, at in zip(parts, begins))
    (place / "CAPTURE").write_bytes(data)
    (place / "DAMAGED").write_bytes(data[: len(data) // 3] + b"\xee" + data[len(data) // 3 + 1 :])
    xmg("archive", "export", str(place / "ROWS.jsonl"))
    (place / "ROWS.jsonl").rename(place / "ROWS")
    shutil.copy(place / "xmg" / "archive.db", place / "FAULTY")
    with sqlite3.connect(place / "FAULTY") as database:
        database.execute("UPDATE log SET raw = zeroblob(64) WHERE book = 'hm' AND seq = 2")
    (place / "BINARY").write_bytes(bytes(range(256)) * 40)


@pytest.fixture
def files(
    made: Path,
    place: Path,
    board: FakeBoard,
    xmg: Xmg,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> dict[str, str]:
    """An archive where it is looked for, and the paths of those files; made once."""
    same_every_time(monkeypatch)
    if not any(made.iterdir()):
        request.getfixturevalue("filed")
        board.fill_hm(1)
        make_files(place, xmg, board)
        shutil.copytree(place, made, dirs_exist_ok=True)
    else:
        content(board)
        board.fill_hm(2)
        shutil.copytree(made, place, dirs_exist_ok=True)
    names = {name: str(place / name) for name in PLACES}
    return names | {"NOWHERE": str(place / "none.db")}


@pytest.mark.parametrize("name, line", ALL_CASES, ids=[case[0] for case in ALL_CASES])
def test_golden(
    name: str,
    line: str,
    files: dict[str, str],
    xmg: Xmg,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if name.startswith(("captures", "replay", "sniff")) and name != "captures-none":
        request.getfixturevalue("kept")
    monkeypatch.setattr("xmground.commands.archive.time", SimpleNamespace(sleep=lambda s: None))
    words = [
        re.sub(r"^[A-Z]{3,}", lambda m: files.get(m[0], m[0]), word)
        for word in shlex.split(line.replace("DATA", str(place)))
    ]
    link = {} if "collect" in line else {"link": "tcp:127.0.0.1:1"}
    seen = xmg(*words, **link).transcript(line)
    for name_of, path in files.items():
        seen = seen.replace(path, name_of)
    seen = seen.replace(str(place), "DATA").replace(socket.gethostname(), "STATION")
    seen = re.sub(
        r"(?<=size          )\d+|(?<=\"bytes\": )\d+|(?<=,)\d{5,6}$", "SIZE", seen, flags=re.M
    )
    compare(seen, f"archive/{name}")


@pytest.mark.parametrize(
    "line",
    ["archive " + verb for verb in ("list", "show", "query", "gaps", "captures")],
)
def test_csv_tells_what_json_tells(line: str, filed: Path, kept: None, xmg: Xmg) -> None:
    known = json.loads(xmg(*line.split(), "--json").out)
    keys = set(known) if isinstance(known, dict) else set().union(*known)
    table = list(csv.reader(xmg(*line.split(), "--format", "csv").out.splitlines()))
    assert keys <= set(table[0])


# ---- collecting


def test_collect_files_all_logs_and_keeps_the_bytes(
    board: FakeBoard, xmg: Xmg, place: Path
) -> None:
    content(board)
    rows = {
        (row["book"], row["source"]): row
        for row in json.loads(xmg("archive", "collect", "--json").out)
    }
    assert (rows["hm", 0]["added"], rows["hm", 0]["source_name"]) == (3, "hypervisor")
    assert rows["trace", 1]["added"] == 1 and rows["console", 1]["source_name"] == "P1"
    again = xmg("archive", "collect")
    assert again.status == 0
    (first, second) = sorted((place / "xmg" / "capture").glob("*.xmcap"))
    assert xmg("replay", str(first)).status == 0
    assert "raw captures    2" in xmg("archive", "show").out
    assert xmg("archive", "export", str(place / "x.pcapng")).status == 0
    first.unlink()
    assert "1 raw captures are gone" in xmg("archive", "export", str(place / "x.pcapng")).err


def test_collect_tells_what_is_missing_with_status_7(board: FakeBoard, xmg: Xmg) -> None:
    board.logs[1, 0].capacity = 3
    board.fill_hm(2)
    assert xmg("archive", "collect").status == Status.DONE
    board.fill_hm(6)
    result = xmg("archive", "collect")
    assert result.status == Status.INCOMPLETE
    assert "hm of source 0: overwritten on board: 3 records, 3 to 5" in result.err
    assert xmg("archive", "gaps").status == Status.INCOMPLETE


def test_collect_tells_conflicts(board: FakeBoard, xmg: Xmg) -> None:
    board.fill_hm(3)
    xmg("archive", "collect")
    board.power_cycle()
    board.fill_hm(2, event=6)
    result = xmg("archive", "collect")
    assert result.status == Status.INCOMPLETE and "filed before with other contents" in result.err
    assert xmg("archive", "check").status == Status.INCOMPLETE
    rows = json.loads(xmg("hm", "read", "--from", "archive", "--json").out)
    assert [row["event"] for row in rows if row["kind"] == "record"] == [5, 5, 5, 6, 6]
    assert xmg("archive", "collect").status == Status.DONE


def test_collect_again_and_again(
    board: FakeBoard, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pass_time(seconds: float) -> None:
        if seconds == 10:
            board.fill_hm(1)
            board.faults.silent = not board.faults.silent

    monkeypatch.setattr("xmground.commands.archive.time.sleep", pass_time)
    board.fill_hm(1)
    result = xmg("archive", "collect", "--follow", "--count", "3", "--timeout", "0.3")
    assert result.err.count("still trying") == 1 and result.status == Status.DONE
    rows = json.loads(xmg("hm", "read", "--from", "archive", "--json").out)
    assert [row["seq"] for row in rows] == [1, 2, 3]


def test_collect_without_capture(board: FakeBoard, xmg: Xmg, place: Path) -> None:
    board.fill_hm(1)
    assert xmg("archive", "collect", "--capture", "").status == Status.DONE
    assert not (place / "xmg" / "capture").exists()


def test_collect_under_another_name(board: FakeBoard, xmg: Xmg) -> None:
    board.fill_hm(1)
    xmg("archive", "collect", "--target", "EM2")
    assert json.loads(xmg("archive", "list", "--json").out)[0]["target"] == "EM2"


@pytest.mark.parametrize("boots", [0, 8])
def test_two_boards_of_one_name_are_told_apart_by_target(
    boots: int, board: FakeBoard, xmg: Xmg, place: Path
) -> None:
    """boots: how many more the other board has had. A boot that nobody has seen yet may be the
    same board's; one that was filed before is not, or it has forgotten it."""
    other = FakeBoard()
    other.boot_id += boots
    served = Served(other)
    board.fill_hm(3)
    other.fill_hm(5, event=6)
    words = ("two boards", "--target", "'demo'")
    assert xmg("archive", "collect", "--capture=").status == Status.DONE
    second = xmg("archive", "collect", "--capture=", link=served.url)
    assert second.status == Status.INCOMPLETE and "board rebooted" in second.err
    assert ("two boards" in second.err) == (boots == 0)
    board.fill_hm(1)
    third = xmg("archive", "collect", "--capture=")
    assert all(third.err.count(word) == 1 for word in words), third.err
    if boots == 0:
        for line in ("archive query", f"archive export {place / 'all.csv'}"):
            assert "have the numbers of others, filed before" in xmg(*line.split()).err
        assert "two boards" in xmg("archive", "check").err
    for _ in range(2):
        for name, link in (("A", None), ("B", served.url)):
            told = xmg("archive", "collect", "--capture=", "--target", name, link=link)
            assert told.status == Status.DONE and "two boards" not in told.err
    served.close()


def test_commands_are_filed_where_there_is_an_archive(board: FakeBoard, xmg: Xmg) -> None:
    assert xmg("part", "reset", "P1", "--yes").err.count("\n") == 1
    xmg("archive", "collect")
    xmg("part", "reset", "P1", "--yes")
    (row,) = json.loads(xmg("cmd", "list", "--from", "archive", "--json").out)
    assert (row["operation"], row["stage"]) == ("partition control", "completed")
    assert (row["knowledge"], row["severity"]) == ("finished", "info")
    assert row["target"] == "demo" and row["id"] > 0


def test_an_archive_that_fails_does_not_stop_a_command(
    board: FakeBoard, xmg: Xmg, place: Path
) -> None:
    (place / "xmg").mkdir()
    (place / "xmg" / "archive.db").write_bytes(b"not a database, and never was one" * 40)
    result = xmg("part", "reset", "P1", "--yes")
    assert result.status == Status.DONE and len(board.executed) == 1
    assert "the stages of this command were not filed: archive" in result.err


# ---- files


def test_export_rows(filed: Path, xmg: Xmg, place: Path) -> None:
    out = place / "rows.jsonl"
    result = xmg("archive", "export", str(out), "--filter", "book=hm")
    assert result.status == Status.DONE and "5 rows, of which 1 gaps" in result.err
    assert [json.loads(line)["book"] for line in out.read_text().splitlines()] == ["hm"] * 5
    assert xmg("hm", "read", "--from", str(out)).status == Status.INCOMPLETE
    table = place / "rows.csv"
    xmg("archive", "export", str(table))
    rows = list(csv.DictReader(table.open()))
    assert {row["book"] for row in rows} == {"hm", "trace", "console"}
    assert not list(place.glob("*.part"))


def test_export_where_nothing_can_be_written(filed: Path, xmg: Xmg, place: Path) -> None:
    result = xmg("archive", "export", str(place / "no" / "x.csv"))
    assert result.status == Status.USAGE and "name another file" in result.err


def test_prune_asks(filed: Path, xmg: Xmg) -> None:
    pruned = xmg("archive", "prune", "--before", "now", "--yes")
    assert pruned.err.endswith("of logs removed; of each log the last one stays\n")
    note = "what is older than 2026-01-01T00:00:00.000Z was removed from this archive"
    for line in ("hm read --from archive", "archive query", "archive gaps"):
        assert note in xmg(*line.split()).err
    assert note not in xmg("archive", "query", "--since", "now").err
    assert "removed before" in xmg("archive", "show").out
    assert "was removed from this archive" in xmg("report", "--since", "1d").out


def test_the_daemon_collects_by_itself(xmg: Xmg) -> None:
    assert "collects by itself" in xmg("archive", "collect", link="daemon:/x").err


def test_a_step_of_the_clock_is_told(
    filed: Path, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the collection that sees it first, and from then on by `archive show`."""
    monkeypatch.setattr("conftest.GROUND_TIME_US", NOW + 3_600_000_000)
    told = xmg("archive", "collect", "--capture", "")
    assert told.err.count("stepped by +35") == 1
    monkeypatch.setattr("conftest.GROUND_TIME_US", NOW + 3_600_000_001)
    assert "stepped" not in xmg("archive", "collect", "--capture", "").err
    assert " s before 2026-01-01T01:00:00" in xmg("archive", "show").out
