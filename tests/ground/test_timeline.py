"""Slots that ran, laid over the plan: what is late, missing, or not known."""

import re
from collections.abc import Iterable
from pathlib import Path

from xmground.board import HYPERVISOR_ID
from xmground.daemon.timeline import (
    IDLE,
    LATE_US,
    SWITCH,
    ObservedSlot,
    Timeline,
    is_of_slots,
    timeline,
)
from xmground.model import Plan, Slot
from xmground.rows import Row

ROOT = Path(__file__).resolve().parents[2]
PLANNED = [
    (
        Plan(0, "nominal", 100_000, 3, True),
        [Slot(0, 0, 0, 20_000), Slot(1, 1, 20_000, 30_000), Slot(2, 2, 60_000, 30_000)],
    ),
    (Plan(1, "maintenance", 50_000, 1, True), [Slot(0, 0, 0, 40_000)]),
]
GRID = 10_000  # where the first frame begins
ON_TIME = 40  # what a slot begins late on a good day


def record(seq: int, time_us: int, slot: int, plan: int = 0, name: str = SWITCH) -> Row:
    partition = PLANNED[plan][1][slot].partition
    payload = [partition, slot, plan, 0] if name == SWITCH else [partition, 0, 0, 0]
    return {
        "kind": "record",
        "book": "trace",
        "source": HYPERVISOR_ID,
        "boot_id": 7,
        "seq": seq,
        "time_us": time_us,
        "event_name": name,
        "payload": payload,
        "damaged": False,
    }


def frames(
    count: int, start_us: int = GRID, plan: int = 0, first_seq: int = 1, late_us: int = ON_TIME
) -> list[Row]:
    """Records of so many frames that ran as planned."""
    made: list[Row] = []
    for number in range(count):
        for slot in PLANNED[plan][1]:
            at_us = start_us + number * PLANNED[plan][0].major_frame_us + slot.start_us + late_us
            made.append(record(first_seq + len(made), at_us, slot.id, plan))
    return made


def ask(rows: Iterable[Row], span_us: int = 10_000_000) -> Timeline:
    return timeline(list(rows), PLANNED, span_us)


def states(told: Timeline) -> list[list[str]]:
    return [[slot.state for slot in frame.slots] for frame in told.frames]


def test_slots_as_planned() -> None:
    told = ask(frames(3))
    assert told.traced and told.boot_id == 7
    assert states(told) == [["seen"] * 3] * 3
    # The grid is where the earliest began: nobody was later than anybody.
    assert [frame.start_us - ON_TIME for frame in told.frames] == [
        GRID,
        GRID + 100_000,
        GRID + 200_000,
    ]
    first, second, third = told.frames[0].slots
    assert (second.planned_us, second.start_us, second.late_us) == (30_040, 30_040, 0)
    assert (first.end_us, second.end_us) == (30_040, 60_040)
    assert second.planned_end_us == 60_040 and third.partition == 2


def test_no_record_is_not_traced() -> None:
    told = ask([])
    assert not told.traced and told.frames == [] and len(told.planned) == 2
    assert not ask([record(1, 5, 0, name=IDLE)]).traced


def test_late_slot() -> None:
    rows = frames(3)
    for number, by_us in ((4, LATE_US), (7, LATE_US + 1)):
        rows[number]["time_us"] = int(str(rows[number]["time_us"])) + by_us
    told = ask(rows)
    assert states(told) == [["seen"] * 3, ["seen"] * 3, ["seen", "late", "seen"]]
    assert told.frames[2].slots[1].late_us == LATE_US + 1
    assert told.frames[2].slots[1].end_us == told.frames[2].slots[1].planned_end_us


def test_late_is_what_the_hypervisor_calls_an_overrun() -> None:
    source = (ROOT / "hypervisor" / "core" / "sched.c").read_text()
    assert re.search(r"#define OVERRUN_US (\d+)u", source).group(1) == str(LATE_US)  # type: ignore


def test_first_slot_of_all_late_does_not_move_the_grid() -> None:
    rows = frames(3)
    rows[0]["time_us"] = int(str(rows[0]["time_us"])) + 5000
    told = ask(rows)
    assert told.frames[0].slots[0].late_us == 5000
    assert states(told)[1:] == [["seen"] * 3] * 2


def test_missing_slot() -> None:
    rows = frames(3)
    del rows[4]
    told = ask(rows)
    assert states(told) == [["seen"] * 3, ["seen", "missing", "seen"], ["seen"] * 3]
    missing = told.frames[1].slots[1]
    assert missing == ObservedSlot(1, 1, 130_040, 160_040, "missing")


def test_missing_frame() -> None:
    rows = frames(3)
    assert states(ask(rows[:3] + rows[6:]))[1] == ["missing"] * 3


def test_slots_that_are_still_to_come_are_not_missing() -> None:
    assert states(ask(frames(2)[1:4])) == [["seen", "seen"], ["seen"]]


def test_lost_records_say_nothing() -> None:
    rows = frames(3)
    gap = record(4, 0, 0) | {"kind": "gap", "payload": None, "time_us": None}
    assert states(ask(rows[:3] + [gap] + rows[6:])) == [["seen"] * 3, ["seen"] * 3]
    rows[4]["damaged"] = True
    assert states(ask(rows)) == [["seen"] * 3, ["seen"], ["seen"], ["seen"] * 3]


def test_plan_switch_ends_the_frame() -> None:
    rows = frames(2) + frames(3, GRID + 200_000, 1, first_seq=7)
    told = ask(rows)
    assert [frame.plan for frame in told.frames] == [0, 0, 1, 1, 1]
    assert told.frames[2].start_us == told.frames[1].start_us + 100_000
    # Without a record of it the last slot of the old plan did not begin.
    assert states(ask(rows[:5] + rows[6:]))[1] == ["seen", "seen", "missing"]


def test_stopped_partitions_do_not_run_in_their_slots() -> None:
    rows = [row | {"seq": 10 * number} for number, row in enumerate(frames(5))]

    def of_slot(told: Timeline, slot: int) -> list[bool | None]:
        return [frame.slots[slot].stopped for frame in told.frames]

    assert of_slot(ask(rows), 1) == [None] * 5  # nothing tells
    halt = record(45, 135_000, 1, name="SCHED HALT")  # in its slot of the second frame
    reset = record(105, 335_000, 1, name="SCHED RESET")  # in that of the fourth
    told = ask([*rows, halt, reset])
    assert of_slot(told, 1) == [False, False, True, True, False]
    assert told.frames[1].slots[1].idle_us == 135_000
    assert of_slot(told, 0) == [None] * 5
    assert of_slot(ask([*rows, reset]), 1) == [None] * 4 + [False]
    resume = record(105, 335_000, 1, name="SCHED RESUME")
    assert of_slot(ask([*rows, resume]), 1) == [True] * 4 + [False]


def test_plans_share_the_grid() -> None:
    for first_late, second_late in ((900, ON_TIME), (ON_TIME, 900)):
        rows = frames(2, late_us=first_late)
        rows += frames(2, GRID + 200_000, 1, first_seq=7, late_us=second_late)
        told = ask(rows)
        assert [frame.start_us - ON_TIME - GRID for frame in told.frames] == [
            0,
            100_000,
            200_000,
            250_000,
        ]
        assert sorted({f.slots[0].late_us for f in told.frames}) == [0, 900 - ON_TIME]


def test_idle_slot() -> None:
    rows = [row | {"seq": 10 * number} for number, row in enumerate(frames(1))]
    rows += [record(1, 12_000, 0, name=IDLE), record(2, 13_000, 0, name=IDLE)]
    first, second, _ = ask(rows).frames[0].slots
    assert first.idle_us == 12_000 and second.idle_us is None


def test_only_the_newest_boot_and_span() -> None:
    old = [row | {"boot_id": 6} for row in frames(2)]
    assert len(ask(old + frames(3)).frames) == 3
    assert len(ask(frames(1000), 250_000).frames) == 3
    assert len(ask(frames(1000), 3_600_000_000).frames) == 1000


def test_records_read_late_stand_in_their_place() -> None:
    rows = frames(2)
    assert states(ask(rows[3:] + rows[:3])) == states(ask(rows))


def test_slots_of_a_plan_that_is_not_known() -> None:
    rows = frames(2)
    rows[3]["payload"] = [0, 0, 9, 0]
    assert states(ask(rows)) == [["seen"] * 3, ["seen", "seen"]]


def test_which_rows_tell_of_slots() -> None:
    row = record(1, 5, 0)
    assert is_of_slots(row) and is_of_slots(row | {"kind": "gap", "event_name": "GAP"})
    assert not is_of_slots(row | {"source": 1}) and not is_of_slots(
        row | {"event_name": "HM EVENT"}
    )
    assert not is_of_slots(row | {"book": "console"})
