"""archive/: what is filed comes out again, once, on SQLite and on PostgreSQL; collecting from a board
resumes, finds holes and tells gaps."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from conftest import GROUND_TIME_US, loop_client
from fake_board import HYPERVISOR, FakeBoard, hm_record, trace_record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xmground import filter as filters
from xmground._generated import supervisor_pb2 as pb
from xmground.archive import Archive, schema
from xmground.archive.collect import Collector, Report
from xmground.archive.query import Question
from xmground.errors import ArchiveError, UsageError, VersionMismatch
from xmground.model import Book, Gap, GapKind, Stage, StageReport
from xmground.records import Item
from xmground.rows import Labels, Row, item_rows
from xmground.times import Moment

LABELS = Labels("demo", {1: "P1", 2: "P2", HYPERVISOR: "hypervisor"})
NOW = GROUND_TIME_US
BOOT = 0xB0070001


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    """An empty archive."""
    with Archive.open(database) as opened:
        yield opened


def hm(seq: int, boot_id: int = BOOT, **values: object) -> Item:
    """An HM record."""
    values = {"time_us": seq * 1000} | values
    return Item(seq, hm_record(seq, boot_id=boot_id, **values), boot_id)  # type: ignore[arg-type]


def text(seq: int, data: bytes, boot_id: int = BOOT) -> Item:
    """Console bytes."""
    return Item(seq, data, boot_id)


def add(archive: Archive, *items: Item | Gap, book: Book = Book.HM, source: int = 0):
    """Files items of the board `demo`."""
    return archive.add_items("demo", book, source, items, LABELS, NOW)


def seqs(archive: Archive, **question: object) -> list[int]:
    """Numbers of the rows found."""
    return [int(str(row["seq"])) for row in archive.query(**question)]  # type: ignore[arg-type]


def printed(archive: Archive, **question: object) -> str:
    """Console text found, gaps as their words."""
    rows = archive.query(["console"], order="number", **question)  # type: ignore[arg-type]
    return "".join(str(row.get("text", f"[{row['detail']}]")) for row in rows)


# ---- rows


def test_rows_come_out_as_they_were_shown(archive: Archive) -> None:
    items = {
        (Book.HM, 0): [hm(1), hm(2, event=6, partition=HYPERVISOR, flags=3, action=4)],
        (Book.TRACE, HYPERVISOR): [
            Item(5, trace_record(5, 77, BOOT, HYPERVISOR, 1, 0, 0x204, (2, 1, 5, 0)), BOOT)
        ],
        (Book.CONSOLE, 1): [text(1, b"one\ntwo \x1b[0m \xff\n")],
    }
    shown: list[Row] = []
    for (book, source), logged in items.items():
        add(archive, *logged, book=book, source=source)
        for item in logged:
            shown += item_rows(item, book, source, LABELS, NOW)
    found = {(row["book"], row["seq"]): row for row in archive.query()}
    assert len(found) == len(shown)
    for row in shown:
        assert found[row["book"], row["seq"]] == row | {"variant": 0}


def test_filing_again_changes_nothing(archive: Archive) -> None:
    items = [hm(1), hm(2), Gap(GapKind.LOST, 3, 4, BOOT), hm(5)]
    assert add(archive, *items).added == 3
    before = list(archive.query())
    again = add(archive, *items)
    assert (again.added, again.known, again.conflicts) == (0, 3, [])
    assert list(archive.query()) == before and len(before) == 4


def test_other_contents_under_a_taken_key_are_kept_beside_it_and_told(archive: Archive) -> None:
    add(archive, hm(1))
    other = hm(1, time_us=999)
    result = add(archive, other)
    assert result.added == 1 and "filed before with other contents" in result.conflicts[0]
    assert [(row["time_us"], row["variant"]) for row in archive.query()] == [(1000, 0), (999, 1)]
    assert add(archive, other, hm(1)).known == 2
    assert archive.contents()[0]["conflicts"] == 1 and archive.check() == []


def test_damaged_records_are_kept_as_they_are(archive: Archive) -> None:
    good = hm(1)
    add(archive, Item(1, good.data[:-1] + b"\0", BOOT))
    row = next(archive.query())
    assert row["damaged"] and row["severity"] == "error" and archive.check() == []


def test_a_number_that_no_board_can_have_is_refused(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="further than it can"):
        add(archive, hm(1), text((1 << 64) - 2, b"x"))
    assert seqs(archive) == []  # all or nothing


def test_targets_are_kept_apart(archive: Archive) -> None:
    add(archive, hm(1))
    archive.add_items("other", Book.HM, 0, [hm(1, time_us=9)], LABELS, NOW)
    assert archive.targets() == ["demo", "other"]
    assert [row["time_us"] for row in archive.query(target="other")] == [9]


# ---- console text


def test_text_is_filed_by_lines_whatever_pieces_it_came_in(archive: Archive) -> None:
    for item in (text(5, b"o\nwo"), text(1, b"hell"), text(9, b"rld\n")):
        add(archive, item, book=Book.CONSOLE, source=1)
    rows = list(archive.query())
    assert [row["text"] for row in rows] == ["hello\n", "world\n"]
    assert [row["seq"] for row in rows] == [1, 7] and archive.check() == []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(
    data=st.text(alphabet="ab\n", min_size=1, max_size=24).map(str.encode),
    cuts=st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=6),
)
def test_any_pieces_in_any_order_give_the_text_once(
    archive: Archive, data: bytes, cuts: list[tuple[int, int]]
) -> None:
    archive._database.write(lambda connection: connection.execute(sa.delete(schema.log)))
    have = set()
    for low, high in cuts:
        low, high = sorted((min(low, len(data)), min(high, len(data))))
        if low < high:
            add(archive, text(low + 1, data[low:high]), book=Book.CONSOLE, source=1)
            have.update(range(low, high))
    rows = list(archive.query(["console"], order="number"))
    covered = [
        seq for row in rows for seq in range(int(str(row["first"])), int(str(row["last"])) + 1)
    ]
    assert covered == [at + 1 for at in sorted(have)]
    assert "".join(str(row["text"]) for row in rows) == "".join(
        chr(data[at]) for at in sorted(have)
    )
    assert archive.check() == []
    assert archive.holes("demo", Book.CONSOLE, 1, 1, len(data)) == _runs(
        [at + 1 for at in range(len(data)) if at not in have]
    )


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def test_text_that_contradicts_what_is_filed_is_kept_beside_it(archive: Archive) -> None:
    add(archive, text(1, b"hello\n"), book=Book.CONSOLE, source=1)
    result = add(archive, text(1, b"HELLO\n"), book=Book.CONSOLE, source=1)
    assert len(result.conflicts) == 1
    assert sorted(str(row["text"]) for row in archive.query()) == ["HELLO\n", "hello\n"]
    assert add(archive, text(1, b"HELLO\n"), book=Book.CONSOLE, source=1).known == 1
    assert archive.check() == []


# ---- queries


def mixed(archive: Archive) -> None:
    """Rows of several books with known and unknown UTC."""
    utc = Labels("demo", LABELS.names, lambda boot, time: (NOW + time, 500))
    archive.add_items(
        "demo", Book.HM, 0, [hm(n, event=27, action=0) for n in range(1, 6)], utc, NOW
    )
    archive.add_items("demo", Book.HM, 0, [hm(6, partition=2)], utc, NOW)
    trace = Item(1, trace_record(1, 2500, BOOT), BOOT)
    archive.add_items("demo", Book.TRACE, 1, [trace], utc, NOW)
    archive.add_items("demo", Book.CONSOLE, 1, [text(1, b"a\nb\n")], utc, NOW + 3200)


def test_rows_come_in_the_order_of_time(archive: Archive) -> None:
    mixed(archive)
    found = [(row["book"], row["seq"]) for row in archive.query()]
    assert found == [
        *(("hm", 1), ("hm", 2), ("trace", 1), ("hm", 3), ("console", 1), ("console", 3)),
        *(("hm", 4), ("hm", 5), ("hm", 6)),
    ]


def test_since_and_until_take_what_may_lie_between(archive: Archive) -> None:
    mixed(archive)
    assert seqs(archive, books=["hm"], since=Moment(NOW + 4400)) == [4, 5, 6]
    assert seqs(archive, books=["hm"], since=Moment(NOW + 4501)) == [5, 6]
    assert seqs(archive, books=["hm"], until=Moment(NOW + 1500)) == [1, 2]
    assert seqs(archive, books=["hm"], since=Moment(5000, board=True)) == [5, 6]
    assert seqs(archive, books=["console"], since=Moment(NOW + 3201)) == []


def test_limit_gives_the_first_or_the_newest(archive: Archive) -> None:
    mixed(archive)
    assert seqs(archive, books=["hm"], limit=2) == [1, 2]
    assert seqs(archive, books=["hm"], limit=2, newest=True) == [5, 6]
    assert seqs(archive, books=["hm"], first=5, order="number") == [5, 6]


FILTERS = [
    "sev>=error and part=P2 and event~mem",
    "text~A",
    "time>=4ms",
    "not book=hm",
    "boot=1",
    f"utc>=2026-01-01T00:00:00.004Z",
    "event=27 and action=IGNORE",
    "addr=0x40000000",
]


@pytest.mark.parametrize("wanted", FILTERS)
def test_the_filter_finds_what_the_predicate_lets_through(archive: Archive, wanted: str) -> None:
    mixed(archive)
    read = filters.parse(wanted, NOW)
    assert list(archive.query(wanted=read)) == [
        row for row in archive.query() if read.predicate()(row)
    ]


def test_gaps_stand_in_their_places_whatever_the_filter(archive: Archive) -> None:
    add(archive, hm(1), Gap(GapKind.OVERWRITTEN, 2, 3, BOOT), hm(4))
    for order in ("time", "number"):
        rows = list(archive.query(order=order, wanted=filters.parse("seq>3", NOW)))
        assert [(row["kind"], row["seq"]) for row in rows] == [("gap", 2), ("record", 4)]
    assert rows[0]["gap"] == "overwritten on board"


def test_a_limit_leaves_out_the_gaps_beyond_its_rows(archive: Archive) -> None:
    """A gap of last year says nothing about the newest rows; one that may reach among them does."""
    utc = Labels("demo", {}, lambda boot, time: (NOW + time, 1))
    old = [hm(1), Gap(GapKind.LOST, 2, 2, BOOT), *(hm(n) for n in range(3, 6))]
    later = [Gap(GapKind.LOST, 6, 6, BOOT), hm(7, time_us=60_000), hm(8, time_us=70_000)]
    archive.add_items("demo", Book.HM, 0, old + later, utc, NOW + 100_000)
    trace = Item(1, trace_record(1, 50_000, BOOT, HYPERVISOR, 1, 0, 0x204, (2, 1, 5, 0)), BOOT)
    archive.add_items("demo", Book.TRACE, HYPERVISOR, [trace], utc, NOW + 100_000)

    def found(**question: object) -> list[tuple[object, object, object]]:
        rows = archive.query(**question)  # type: ignore[arg-type]
        return [(row["book"], row["kind"], row["seq"]) for row in rows]

    for order in ("time", "number"):
        newest = found(books=["hm"], limit=2, newest=True, order=order)
        assert newest == [("hm", "record", 7), ("hm", "record", 8)]
        assert [n for _, _, n in found(books=["hm"], limit=3, newest=True, order=order)] == [
            *(5, 6, 7, 8)
        ]
        first = found(books=["hm"], limit=2, order=order)
        assert [n for _, _, n in first] == [1, 2, 3]
    # 6 was written between 5 and 7, perhaps after the trace record.
    assert found(limit=3, newest=True) == [
        *(("hm", "gap", 6), ("trace", "record", 1), ("hm", "record", 7), ("hm", "record", 8)),
    ]
    # Where fewer rows are found than asked for, what is missing may be among the rest.
    none = filters.parse("part=nobody", NOW)
    assert found(wanted=none, limit=2, newest=True) == [("hm", "gap", 2), ("hm", "gap", 6)]
    later_only = Moment(NOW + 2 * 3_600_000_000)
    assert found(wanted=none, limit=2, newest=True, since=later_only) == []


def test_a_gap_that_was_filled_is_none(archive: Archive) -> None:
    add(archive, hm(1), Gap(GapKind.LOST, 2, 4, BOOT), hm(5))
    add(archive, hm(3))
    kinds = [(row["kind"], row["seq"]) for row in archive.query(order="number")]
    assert kinds == [("record", 1), ("gap", 2), ("record", 3), ("gap", 4), ("record", 5)]
    add(archive, hm(2), hm(4))
    assert seqs(archive, order="number") == [1, 2, 3, 4, 5]


def test_a_gap_outside_the_time_asked_for_is_not_told(archive: Archive) -> None:
    day = 86_400_000_000
    utc = Labels("demo", {}, lambda boot, time: (NOW + time, 1))
    archive.add_items(
        "demo",
        Book.HM,
        0,
        [hm(1), Gap(GapKind.LOST, 2, 2, BOOT), hm(3, time_us=day), hm(4, time_us=3 * day)],
        utc,
        NOW + 4 * day,
    )
    assert seqs(archive, since=Moment(NOW + 2 * day)) == [4]
    assert seqs(archive, since=Moment(NOW + day // 2)) == [2, 3, 4]
    assert seqs(archive, until=Moment(NOW + 1000)) == [1, 2]


def test_a_gap_is_older_than_the_reading_that_found_it(archive: Archive) -> None:
    """Else a reboot of months ago would be told for ever."""
    hour = 3_600_000_000
    add(archive, hm(1), Gap(GapKind.REBOOTED, 2, None, BOOT))
    assert seqs(archive, since=Moment(NOW)) == [1, 2]
    assert seqs(archive, since=Moment(NOW + 2 * hour)) == []


def test_a_gap_over_a_reset_may_lie_at_any_board_time(archive: Archive) -> None:
    """What is missing of the first boot may be later in it than the second one lasted."""
    second = hm(9, boot_id=BOOT + 1, time_us=5_000_000)
    add(archive, hm(1, time_us=1_000_000), Gap(GapKind.LOST, 2, 8, BOOT), second)
    assert seqs(archive, since=Moment(3_600_000_000, board=True)) == [2]
    add(archive, hm(10, boot_id=BOOT + 1, time_us=5_000_001))
    add(archive, Gap(GapKind.LOST, 11, 11, BOOT + 1), hm(12, boot_id=BOOT + 1, time_us=6_000_000))
    assert seqs(archive, since=Moment(3_600_000_000, board=True)) == [2]


def test_queries_use_the_indexes(archive: Archive) -> None:
    if not archive.where.endswith(".db"):
        pytest.skip("PostgreSQL reads small tables as a whole, rightly")
    mixed(archive)

    def plan(**question: object) -> str:
        return archive.explain(Question(**question))  # type: ignore[arg-type]

    assert "log_by_time" in plan(since=Moment(NOW))
    # Only rows of the same microsecond are sorted.
    assert "FOR ORDER BY" not in plan(limit=10) and "log_by_time" in plan(limit=10)
    by_number = plan(books=["hm"], source=0, target="demo", order="number", first=1)
    assert "log_by_number" in by_number


# ---- collecting


def collector(board: FakeBoard, archive: Archive) -> Collector:
    """On a loop link, filed under `demo`."""
    client = loop_client(board)
    return Collector(client, archive, "demo", LABELS)


def collect(board: FakeBoard, archive: Archive) -> Report:
    """One turn, on a new link."""
    return collector(board, archive).turn()


def test_a_board_is_collected_once(board: FakeBoard, archive: Archive) -> None:
    board.fill_hm(3)
    board.fill_trace(1, 4)
    board.print(1, b"one\ntwo\n")
    report = collect(board, archive)
    assert report.filed.added == 3 + 4 + 1 and report.gaps == []
    assert collect(board, archive).filed.added == 0
    board.fill_hm(2)
    board.print(1, b"three\n")
    assert collect(board, archive).filed.added == 3
    assert seqs(archive, books=["hm"]) == [1, 2, 3, 4, 5]
    assert printed(archive) == "one\ntwo\nthree\n" and archive.check() == []


def test_going_on_asks_only_for_what_is_new(board: FakeBoard, archive: Archive) -> None:
    board.fill_hm(40)
    collect(board, archive)
    board.fill_hm(1)
    asked: list[int] = []
    board.faults.tx = lambda kind, m: asked.append(m.count) or "" if kind == "chunk" else ""
    collect(board, archive)
    assert sum(asked) == 2  # the last one filed, as a proof, and the new one


def test_what_the_link_lost_is_asked_for_again(board: FakeBoard, archive: Archive) -> None:
    board.fill_hm(6)
    board.faults.chunk_items = 1
    board.faults.tx = lambda kind, m: "drop" if kind == "chunk" and m.first_seq in (2, 4) else ""
    report = collect(board, archive)
    assert len(report.gaps) == 2 and "lost on link" in report.gaps[0]
    board.faults.tx = lambda kind, m: ""
    assert collect(board, archive).filed.added == 2
    # By number: what is filed later is estimated later, by time it may stand a little beside.
    assert seqs(archive, books=["hm"], order="number") == [1, 2, 3, 4, 5, 6]


def test_what_the_board_has_overwritten_is_a_gap(board: FakeBoard, archive: Archive) -> None:
    board.logs[1, 0].capacity = 4
    board.fill_hm(3)
    collect(board, archive)
    board.fill_hm(6)
    report = collect(board, archive)
    assert report.gaps == ["hm of source 0: overwritten on board: 2 records, 4 to 5"]
    assert collect(board, archive).gaps == []
    kinds = [(row["kind"], row["seq"]) for row in archive.query(["hm"], order="number")]
    assert kinds[3] == ("gap", 4) and len(kinds) == 8


def test_a_reset_that_keeps_the_log_goes_on_in_it(board: FakeBoard, archive: Archive) -> None:
    board.fill_hm(2)
    collect(board, archive)
    board.reboot()
    board.fill_hm(2)
    collect(board, archive)
    assert seqs(archive, books=["hm"]) == [1, 2, 3, 4]
    assert {row["boot_id"] for row in archive.query(["hm"])} == {BOOT, BOOT + 1}


def test_what_was_overwritten_before_the_first_reading_is_a_gap(
    board: FakeBoard, archive: Archive
) -> None:
    """Of each numbering: also of the one that a reset began."""
    board.logs[pb.BOOK_HM, 0].capacity = 4
    board.fill_hm(6)
    assert collect(board, archive).gaps == [
        "hm of source 0: overwritten on board: 2 records, 1 to 2"
    ]
    assert collect(board, archive).gaps == []
    board.reboot(keep_logs=False)
    board.fill_hm(5)
    told = collect(board, archive).gaps
    assert [gap.split(": ")[1] for gap in told] == ["board rebooted", "overwritten on board"]
    assert "1 record, 1" in told[1]


def test_numbers_that_begin_anew_are_another_era(board: FakeBoard, archive: Archive) -> None:
    board.fill_hm(3)
    board.print(1, b"first\n")
    collect(board, archive)
    board.reboot(keep_logs=False)
    board.fill_hm(2)
    board.print(1, b"second\n")
    report = collect(board, archive)
    assert [gap.split(": ")[:2] for gap in report.gaps] == [
        ["hm of source 0", "board rebooted"],
        ["console of source 1", "board rebooted"],
    ]
    kinds = [(row["kind"], row["seq"]) for row in archive.query(["hm"], order="number")]
    assert kinds == [
        ("record", 1),
        ("record", 2),
        ("record", 3),
        ("gap", 4),
        ("record", 1),
        ("record", 2),
    ]
    assert printed(archive).startswith("first\n[board rebooted:")
    assert printed(archive).endswith("second\n") and archive.check() == []
    assert collect(board, archive).filed.added == 0


def test_utc_is_estimated_from_pings(board: FakeBoard, archive: Archive) -> None:
    board.fill_hm(2)
    collect(board, archive)
    for row in archive.query(["hm"]):
        assert row["utc_us"] is not None and int(str(row["utc_error_us"])) > 0


def test_estimates_are_written_anew_when_they_become_better(archive: Archive) -> None:
    add(archive, hm(1), hm(2))
    assert next(archive.query())["utc_us"] is None
    archive.add_clock("demo", BOOT, NOW, 5000, 400)
    assert archive.refit("demo", BOOT) == 2
    row = next(archive.query())
    assert (row["utc_us"], row["utc_error_us"]) == (NOW + 200 - 4000, 202)
    assert archive.refit("demo", BOOT) == 0
    archive.add_clock("demo", BOOT, NOW + 100, 5000, 40)
    assert archive.refit("demo", BOOT) == 2


def test_estimates_of_an_earlier_life_are_left_alone(archive: Archive) -> None:
    """A board that forgets its boot id has had this board time before, at another UTC."""
    hour = 3_600_000_000
    archive.add_clock("demo", BOOT, NOW, 5000, 400_000)
    add(archive, hm(1))
    archive.refit("demo", BOOT)
    first = next(archive.query())
    for number in range(4):
        at_us = number * 1_000_000
        archive.add_clock("demo", BOOT, NOW + hour + at_us, 1000 + at_us, 40)
    add_later = Labels("demo", {})
    archive.add_items("demo", Book.HM, 0, [hm(2)], add_later, NOW + hour + 5_000_000)
    assert archive.refit("demo", BOOT) == 1
    assert next(archive.query())["utc_us"] == first["utc_us"]


def test_rows_of_a_new_life_go_by_its_clock(board: FakeBoard, archive: Archive) -> None:
    """The restart is found in the middle of a turn; the boot id is the same again."""
    board.now_us = 7_200_000_000
    board.fill_hm(3)
    mine = collector(board, archive)
    mine.turn()
    board.power_cycle()
    board.fill_hm(1, event=31)
    told = Report()
    for state in loop_client(board).books():
        mine.collect(state, told)
    # 7200 s, but for what a busy machine took meanwhile
    assert any("+71" in step or "+70" in step for step in told.steps)
    row = list(archive.query(["hm"], order="number"))[-1]
    assert row["kind"] == "record" and row["seq"] == 1
    assert abs(row["utc_us"] - row["received_us"]) < 600_000_000


def test_text_of_a_new_life_is_filed_though_it_is_the_same(
    board: FakeBoard, archive: Archive
) -> None:
    """A board that forgets its boot id prints what it printed before, under the same keys."""
    board.print(1, b"starts\nruns\n")
    collect(board, archive)
    board.power_cycle()
    board.print(1, b"starts\n")
    assert collect(board, archive).filed.conflicts == []
    assert printed(archive).startswith("starts\nruns\n[board rebooted:")
    assert printed(archive).endswith("]starts\n")
    assert collect(board, archive).filed.added == 0
    board.print(1, b"ru")
    board.print(1, b"ns on\n")
    collect(board, archive)
    assert printed(archive).endswith("starts\nruns on\n") and archive.check() == []


def test_a_new_life_is_seen_though_its_logs_are_as_long(board: FakeBoard, archive: Archive) -> None:
    board.now_us = 7_200_000_000
    board.print(1, b"starts\n")
    collect(board, archive)
    board.power_cycle()
    board.print(1, b"starts\n")
    assert len(collect(board, archive).gaps) == 1
    assert printed(archive).count("starts\n") == 2
    assert collect(board, archive).gaps == []


def test_a_record_of_a_new_life_is_filed_though_it_is_the_same(
    board: FakeBoard, archive: Archive
) -> None:
    """An emulator, or a board without inputs, does the same at the same microsecond again."""
    board.now_us = 7_200_000_000
    board.fill_hm(2)
    collect(board, archive)
    board.power_cycle()
    board.fill_hm(1)
    assert collect(board, archive).filed.conflicts == []
    rows = list(archive.query(["hm"], order="number"))
    assert [row["seq"] for row in rows] == [1, 2, 3, 1]
    assert collect(board, archive).filed.added == 0


def test_a_step_of_utc_is_no_new_life(
    board: FakeBoard, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.print(1, b"starts\n")
    collect(board, archive)
    (row,) = archive.query(["console"])
    archive.add_clock("demo", board.boot_id, row["received_us"] + 3_600_000_000, board.now_us, 50)
    assert collect(board, archive).gaps == []


def test_round_trips_of_a_long_boot_stay_few(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xmground.archive.clocks.MOST_CLOCK_ROWS", 8)
    archive.correlation("demo", BOOT)
    for number in range(20):
        archive.add_clock("demo", BOOT, NOW + number * 1000, number * 1000, 100 + number % 2)
    assert archive.counts()["clock"] < 8
    utc_us, error_us = archive.correlation("demo", BOOT).utc(19_000)
    assert error_us is not None and abs(int(str(utc_us)) - (NOW + 19_050)) <= error_us <= 60


# ---- commands, link, captures


def test_stages_of_commands(archive: Archive) -> None:
    for stage, board_us in ((Stage.SENT, None), (Stage.COMPLETED, 5)):
        report = StageReport(stage, NOW + (board_us or 0), board_us, 1, BOOT, "why")
        for _ in range(2):
            archive.add_stage("demo", 7, "plan switch", "console", report)
    rows = list(archive.commands())
    assert [(row["stage"], row["seq"], row["event_name"]) for row in rows] == [
        ("sent", 7, "plan switch"),
        ("completed", 7, "plan switch"),
    ]


def test_link_health_and_captures(archive: Archive) -> None:
    archive.add_link_health("demo", NOW, "board", {"crc_errors": 3}, BOOT)
    archive.add_link_health("demo", NOW, "board", {"crc_errors": 3}, BOOT)
    assert archive.link_health("demo") == [(NOW, {"crc_errors": 3})]
    assert archive.link_health("demo", NOW + 1) == []
    archive.add_capture("/x", "here", "tcp:a:1", NOW)
    archive.add_capture("/x", "here", "tcp:a:1", NOW)
    assert [row["path"] for row in archive.captures()] == ["/x"]


def test_events(archive: Archive) -> None:
    row = next(item_rows(hm(1), Book.HM, 0, LABELS, NOW)) | {"book": "event", "event_name": "plan"}
    assert archive.add_event("demo", 4, BOOT, b"\1\2", row).added == 1
    assert archive.add_event("demo", 4, BOOT, b"\1\2", row).known == 1
    assert [(found["book"], found["event_name"]) for found in archive.query(["event"])] == [
        ("event", "plan")
    ]


@pytest.mark.parametrize("step_us", [3_600_000_000, -3_600_000_000])
def test_a_step_of_the_ground_clock_is_told(
    archive: Archive, postgresql: str, step_us: int
) -> None:
    """UTC goes by the new clock, also when the archive is opened anew."""
    assert archive.add_clock("demo", BOOT, NOW, 0, 400) == 0
    assert archive.add_clock("demo", BOOT, NOW + 1_000_000, 1_000_000, 400) == 0
    sent_us = NOW + 2_000_000 + step_us
    assert archive.add_clock("demo", BOOT, sent_us, 2_000_000, 400) == step_us
    url = archive.where if archive.where.endswith(".db") else postgresql
    with Archive.open(url) as again:
        for one in (archive, again):
            utc_us, error_us = one.utc("demo")(BOOT, 2_000_000)
            assert utc_us is not None and error_us is not None
            assert abs(utc_us - sent_us) <= error_us < 1000
            assert one.clock_steps() == [
                {
                    "target": "demo",
                    "boot_id": BOOT,
                    "time_us": 2_000_000,
                    "utc_us": sent_us,
                    "step_us": step_us,
                }
            ]


def test_a_step_outlives_the_thinning_of_round_trips(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xmground.archive.clocks.MOST_CLOCK_ROWS", 8)
    archive.correlation("demo", BOOT)  # from now on samples are kept in memory too
    for number in range(40):
        sent_us = NOW + number * 1_000_000 - (3_600_000_000 if number >= 5 else 0)
        archive.add_clock("demo", BOOT, sent_us, number * 1_000_000, 100)
    (step,) = archive.clock_steps()
    assert abs(int(str(step["step_us"])) + 3_600_000_000) < 1000
    assert archive.utc("demo")(BOOT, 39_000_000)[0] == sent_us + 50


# ---- schema and upkeep


def test_round_trips_of_an_older_archive_keep_their_order(tmp_path: Path) -> None:
    """Schema 0001 had no order but that of UTC."""
    path = tmp_path / "old.db"
    with Archive.open(str(path)) as archive:
        for number in range(3):
            archive.add_clock("demo", BOOT, NOW + number * 1_000_000, number * 1_000_000, 400)
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE clock DROP COLUMN number")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    with Archive.open(str(path)) as archive:
        assert archive.revision() == schema.REVISION
        archive.add_clock("demo", BOOT, NOW - 3_600_000_000, 3_000_000, 400)
        assert archive.utc("demo")(BOOT, 3_000_000)[0] == NOW - 3_600_000_000 + 200


def test_the_migrations_lead_to_the_schema(archive: Archive) -> None:
    assert archive.revision() == schema.REVISION
    with archive._database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []


def test_a_newer_archive_is_refused(archive: Archive, postgresql: str) -> None:
    archive._database.write(
        lambda connection: connection.execute(
            sa.text("UPDATE alembic_version SET version_num = '9999'")
        )
    )
    url = archive.where if archive.where.endswith(".db") else postgresql
    with pytest.raises(VersionMismatch, match="newer console"):
        Archive.open(url)


def test_prune_removes_what_is_older(archive: Archive) -> None:
    mixed(archive)
    assert archive.prune(NOW + 3000) == 2  # of three: one is the last of its log
    assert seqs(archive, books=["hm"]) == [3, 4, 5, 6]


def test_what_was_pruned_is_neither_read_again_nor_forgotten(
    board: FakeBoard, archive: Archive
) -> None:
    """The last item of a log stays, as the place where reading goes on; and the archive knows that
    it has nothing older because somebody removed it."""
    board.logs[pb.BOOK_HM, 0].capacity = 2
    board.fill_hm(2)
    collect(board, archive)
    board.fill_hm(2)
    collect(board, archive)
    assert archive.pruned_before("demo") is None
    later_us = next(archive.query(["hm"], newest=True, limit=1))["received_us"] + 1
    assert archive.prune(later_us) == 3
    assert seqs(archive, books=["hm"]) == [4]
    again = collect(board, archive)
    assert again.gaps == [] and again.filed.added == 0
    archive.prune(later_us - 1000)
    assert archive.pruned_before("demo") == archive.pruned_before(None) == later_us
    assert archive.pruned_before("other") is None


def test_check_finds_what_was_changed(archive: Archive) -> None:
    add(archive, hm(1), hm(2))
    assert archive.check() == []
    archive._database.write(
        lambda connection: connection.execute(
            sa.update(schema.log).where(schema.log.c.seq == 2).values(raw=b"x" * 64)
        )
    )
    (fault,) = archive.check()
    assert "hm 2" in fault and "changed" in fault


def test_two_stations_may_file_at_once(archive: Archive, postgresql: str) -> None:
    url = archive.where if archive.where.endswith(".db") else postgresql
    with Archive.open(url) as other:
        add(archive, hm(1), hm(2))
        result = other.add_items("demo", Book.HM, 0, [hm(2), hm(3)], LABELS, NOW)
        assert (result.added, result.known) == (1, 1)
        assert seqs(archive) == seqs(other) == [1, 2, 3]


# ---- errors


def test_no_archive_is_told_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="xmg archive collect"):
        Archive.open(str(tmp_path / "none.db"), create=False)


@pytest.mark.parametrize("url", ["nonsense://x", "mysql://x/y", "postgresql+nodriver://x/y"])
def test_urls_that_cannot_be_used(url: str) -> None:
    with pytest.raises((UsageError, ArchiveError), match="archive"):
        Archive.open(url)


def test_no_server_is_told_with_a_remedy() -> None:
    with pytest.raises(ArchiveError, match="database server running"):
        Archive.open("postgresql://xm@/postgres?host=/does/not/exist")


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ArchiveError, match="not a database"):
        Archive.open(str(tmp_path / "x.db"))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match="name another"):
        Archive.open(str(tmp_path / "file" / "x.db"))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("lock", ["LOCK TABLE log", "SELECT * FROM target FOR UPDATE"])
def test_an_archive_locked_on_the_server_says_so(
    archive: Archive, postgresql: str, monkeypatch: pytest.MonkeyPatch, lock: str
) -> None:
    """By whoever shares it; nobody waits for ever."""
    add(archive, hm(1))
    monkeypatch.setattr("xmground.archive.database.LOCK_WAIT_S", 0.05)
    with Archive.open(postgresql) as other:
        holder = sa.create_engine(postgresql, future=True)
        with holder.connect() as connection, connection.begin():
            connection.execute(sa.text(lock))
            with pytest.raises(ArchiveError, match="another program has kept it locked"):
                add(other, hm(2))
        holder.dispose()
        assert add(other, hm(2)).added == 1


def test_a_locked_archive_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xmground.archive.database.LOCK_WAIT_S", 0.05)
    with Archive.open(str(tmp_path / "a.db")) as archive:
        holder = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveError, match="another program has kept it locked"):
            add(archive, hm(1))
        assert seqs(archive) == []  # reading goes on
        holder.execute("ROLLBACK")
        holder.close()
        assert add(archive, hm(1)).added == 1
