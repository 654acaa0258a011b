"""rows.py: severity, the common values of all rows, console text by lines."""

import itertools

import pytest
from fake_board import hm_record, trace_record
from hypothesis import given
from hypothesis import strategies as st

from xmground import render, rows
from xmground._generated import names
from xmground.model import Book, CommandState, Gap, GapKind, Knowledge, Stage, StageReport
from xmground.records import Item
from xmground.rows import Labels, Severity

LABELS = Labels("demo", {1: "P1"}, lambda boot_id, time_us: (time_us + 7, 2))
COMMON = list(rows.common(LABELS, "hm", 0, 1, 1, 1, 1))


def hm(**values: object) -> rows.Row:
    """The row of an HM record."""
    item = Item(3, hm_record(3, time_us=5, **values), 1)  # type: ignore[arg-type]
    return next(rows.item_rows(item, Book.HM, 0, LABELS, 9))


EVENT = {name: number for number, name in names.EVENTS.items()}
ACTION = {name: number for number, name in names.ACTIONS.items()}


@pytest.mark.parametrize(
    "event, action, severity",
    [
        ("APP_NUMERIC_ERROR", "IGNORE", "info"),
        ("MEM_PROTECTION", "IGNORE", "warn"),
        ("SPARC_FP_EXCEPTION", "PROPAGATE", "warn"),
        ("OVERRUN", "IGNORE", "warn"),
        ("SCHED_ERROR", "IGNORE", "error"),
        ("MEM_PROTECTION", "PARTITION_HALT", "error"),
        ("APP_NUMERIC_ERROR", "PARTITION_WARM_RESET", "error"),
        ("INTERNAL_ERROR", "IGNORE", "critical"),
        ("OVERRUN", "HYPERVISOR_COLD_RESET", "critical"),
    ],
)
def test_severity_of_an_hm_record(event: str, action: str, severity: str) -> None:
    assert hm(event=EVENT[event], action=ACTION[action])["severity"] == severity


def test_every_action_has_a_severity_and_no_table_names_what_does_not_exist() -> None:
    assert set(rows.ACTION_SEVERITY) == set(names.ACTIONS.values())
    assert set(rows.EVENT_SEVERITY) <= set(names.EVENTS.values())


def test_unknown_events_and_actions_are_never_mild() -> None:
    assert hm(event=200, action=ACTION["IGNORE"])["severity"] == "warn"
    assert hm(event=EVENT["APP_NUMERIC_ERROR"], action=99)["severity"] == "warn"


def test_a_damaged_record_is_an_error_whatever_it_says() -> None:
    for book, data in ((Book.HM, hm_record(3, action=0)), (Book.TRACE, trace_record(3))):
        damaged = Item(3, data[:-1] + bytes([data[-1] ^ 1]), 1)
        assert next(rows.item_rows(damaged, book, 1, LABELS, 9))["severity"] == "error"


@pytest.mark.parametrize("criticality, severity", enumerate(("info", "debug", "warn", "error")))
def test_severity_of_a_trace_record(criticality: int, severity: str) -> None:
    item = Item(3, trace_record(3, crit=criticality), 1)
    assert next(rows.item_rows(item, Book.TRACE, 1, LABELS, 9))["severity"] == severity


def test_all_rows_have_the_common_values() -> None:
    state = CommandState(7, "plan switch", Knowledge.FINISHED, Stage.FAILED, 5, 1, 2, "why")
    found = [
        hm(),
        next(rows.item_rows(Item(3, trace_record(3), 1), Book.TRACE, 1, LABELS, 9)),
        next(rows.item_rows(Item(3, b"text", 1), Book.CONSOLE, 1, LABELS, 9)),
        rows.gap_row(Gap(GapKind.LOST, 3, 4, 1), Book.HM, 0, LABELS, 9),
        rows.command_row(state, LABELS, 9),
    ]
    for row in found:
        assert list(row)[: len(COMMON)] == COMMON
        assert row["target"] == "demo" and row["received_us"] == 9
        assert row["severity"] in {severity.word for severity in Severity}


def test_a_command_that_no_board_has_told_of_has_no_boot() -> None:
    unknown = CommandState(7, "", Knowledge.NEVER_RECEIVED, None, None, 0, 0)
    row = rows.command_row(unknown, LABELS, 9)
    assert row["boot_id"] is None and row["session"] is None
    sent = rows.command_stage_row("demo", 7, "plan switch", "me", StageReport(Stage.SENT, 9))
    assert sent["boot_id"] is None


def test_utc_stands_beside_board_time() -> None:
    assert (hm()["utc_us"], hm()["utc_error_us"]) == (12, 2)
    text = next(rows.item_rows(Item(3, b"text", 1), Book.CONSOLE, 1, LABELS, 9))
    assert text["time_us"] is None and text["utc_us"] is None


@given(st.binary(max_size=40), st.integers(1, 9))
def test_console_text_by_lines_loses_nothing(data: bytes, seq: int) -> None:
    pieces = list(rows.split_lines(Item(seq, data, 1)))
    assert b"".join(piece.data for piece in pieces) == data
    for piece, after in itertools.pairwise(pieces):
        assert piece.data.endswith(b"\n") and after.seq == piece.seq + len(piece.data)
    assert all(b"\n" not in piece.data[:-1] for piece in pieces)


def test_text_without_line_ends_is_split_all_the_same() -> None:
    pieces = list(rows.split_lines(Item(1, b"x" * (2 * rows.LINE_BYTES + 1), 1)))
    assert [len(piece.data) for piece in pieces] == [rows.LINE_BYTES, rows.LINE_BYTES, 1]


def test_severity_is_shown_by_letter_and_shape() -> None:
    marks = [render.severity_mark(severity.word) for severity in Severity]
    assert [mark[0] for mark in marks] == list("DIWEC")
    assert len({mark[-1] for mark in marks}) == len(Severity)
    assert set(render.SEVERITY_MARKS) == {severity.word for severity in Severity}


@pytest.mark.parametrize(
    "row, style",
    [
        ({"kind": "gap", "severity": "warn"}, "bold red"),
        ({"severity": "debug", "damaged": True}, "red"),
        ({"severity": "warn"}, "yellow"),
        ({"severity": "info"}, ""),
        ({"style": "good"}, "green"),
    ],
)
def test_style_of_a_row(row: dict[str, object], style: str) -> None:
    assert render.style_of(row) == style
