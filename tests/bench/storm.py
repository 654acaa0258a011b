"""How late slots start while every partition does its worst."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

import probe
from loss import INSTRUCTIONS_PER_US
from measures import TIMER_VECTORS, UART_VECTOR
from probe import IDLE_STEP, MARKED, Item, Run
from results import Results, Row

# The latest start of a slot that any partition can cause: docs/performance.md.
DECLARED_BOUND = 2500
MICROSECOND = 32  # instructions, rounded up
SLOT = int(500 * INSTRUCTIONS_PER_US)
OWNERS = (1, 0, 2, 3, 4, 5)
WATCH, PHOENIX = 1, 5


@dataclass
class Start:
    """The start of one slot, in instructions."""

    slot: int
    nominal: int
    late: int
    link: int  # part of the lateness that the link's interrupts are to blame for

    @property
    def after(self) -> int:
        """Partition of the slot before."""
        return OWNERS[(self.slot - 1) % len(OWNERS)]


def grid_origin(run: Run) -> tuple[int, int]:
    """Nominal start of a slot of `watch`, and the count at which the last of them ended.

    The processor is never idle, so time is instructions. The slots of `watch` end while it
    computes: most of their interrupts come as soon as the timer fires, less than a microsecond
    after the nominal time; the earliest of these defines the grid. (Not one that found the kernel
    busy with a device: it began with the interrupt before.)"""
    frame = SLOT * len(OWNERS)
    ends = [
        item.count
        for item in run.items
        if item.vector in TIMER_VECTORS
        and item.came_from == WATCH
        and run.image.partition_at(item.leave_pc) != WATCH
        and [name for name, _ in item.inside].count("core_irq") == 1
    ]
    if not ends:
        raise probe.BenchError(f"{run.image.name}: no slot of the partition that computes ended")
    phases = sorted(count % frame for count in ends)
    usual = max(
        phases,
        key=lambda phase: bisect.bisect(phases, phase + MICROSECOND)
        - bisect.bisect_left(phases, phase),
    )
    earliest = min(phase for phase in phases if usual - SLOT // 2 < phase <= usual)
    return ends[0] - (ends[0] - earliest) % frame - SLOT, ends[-1]


def starts(run: Run) -> list[Start]:
    """Of every slot. One that did not start at all is late by its whole length."""
    origin, last = grid_origin(run)
    stays = [item for item in run.items if item.vector != MARKED]
    found = []
    at = 0
    for slot in range(1, (last - origin) // SLOT):
        nominal = origin + slot * SLOT
        while at < len(stays) and stays[at].leave_count <= nominal:
            at += 1
        start = start_of(run, stays, at, nominal, OWNERS[slot % len(OWNERS)])
        if start is not None:
            found.append(Start(slot, nominal, *start))
    return found


def start_of(
    run: Run, stays: list[Item], at: int, nominal: int, owner: int
) -> tuple[int, int] | None:
    """Lateness of a slot, and the link's part of it.

    When an interrupt of a device comes before the owner's first instruction the slot has not
    started yet; the owner's own timers are its own doing. None: the slot went into reloading its
    owner."""
    switched = False
    link = 0
    while at < len(stays) and stays[at].leave_count < nominal + SLOT:
        stay = stays[at]
        if stay.vector == IDLE_STEP and owner == PHOENIX:
            return None
        if stay.vector == UART_VECTOR:
            link += stay.leave_count - max(stay.count, nominal)
        switched = switched or switched_after(stay, nominal)
        arrived = run.image.partition_at(stay.leave_pc) == owner
        if stay.leave_pc == 0 and not stay.idle and stays[at + 1].vector in TIMER_VECTORS:
            arrived = switched
        if arrived:
            return stay.leave_count - nominal, link
        at += 1
    return SLOT, link


def switched_after(stay: Item, nominal: int) -> bool:
    """Did a stay switch partitions because of what it saw of the clock after that time?"""
    passed = dict(stay.inside)
    return "context_load" in passed and passed.get("core_leave", passed["context_load"]) >= nominal


def measure_storm(build_dir: str, results: Results) -> None:
    flood = bytes(range(256)) * 4096
    for system, feed, title in (
        ("bench-storm", b"", "storms"),
        ("bench-storm-console", b"", "storms, flood of a console UART"),
        ("bench-storm", flood, "storms, flood from the host (not repeatable)"),
    ):
        run = probe.run(probe.build(system, build_dir), build_dir, feed=feed)
        found = starts(run)
        if len(found) < 5000:
            raise probe.BenchError(
                f"{system}: only {len(found)} slots were seen to start:\n{run.console[-1000:]}"
            )
        add_rows(title, run, found, results)
        results.lateness[title] = sorted(start.late for start in found)
        note_paths(run, "flood from the host" if feed else "storm", results)


def add_rows(title: str, run: Run, found: list[Start], results: Results) -> None:
    values = sorted(start.late for start in found)
    worst = max(found, key=lambda start: start.late)
    unstarted = sum(1 for start in found if start.late == SLOT)
    remark = f"{len(values)} slots" + (f", {unstarted} never started" if unstarted else "")
    remark += f"; the latest waited for {causes(run, worst)}"
    results.rows += [
        Row(4, f"{title}: minimum", values[0]),
        Row(4, f"{title}: median", values[len(values) // 2]),
        Row(4, f"{title}: p99.9", values[len(values) * 999 // 1000]),
        Row(4, f"{title}: maximum", values[-1], target=DECLARED_BOUND, note=remark),
    ]
    alone = max(start.late - start.link for start in found)
    if alone != values[-1]:
        note = "the link's interference is declared by itself, in section 5"
        results.rows.append(Row(4, f"{title}: maximum less link interrupts", alone, note=note))
    calm = max(start.late for start in found if start.after == WATCH)
    results.rows.append(Row(4, f"{title}: maximum after a partition that only computes", calm))


def causes(run: Run, start: Start) -> str:
    """The stays in the kernel between the nominal start of a slot and its first instruction."""
    begin, end = start.nominal, start.nominal + start.late
    stays = [
        item
        for item in run.items
        if item.vector != MARKED and item.count < end and item.leave_count > begin
    ]
    parts = [f"{item.name} {item.leave_count - max(item.count, begin)}" for item in stays[:5]]
    return ", ".join(parts) + (" ..." if len(stays) > 5 else "")


def note_paths(run: Run, when: str, results: Results) -> None:
    """What the stays in the kernel were for, during a storm. Those that a partition causes by
    breaking a rule or by its own traps count as well."""
    for item in run.items:
        if item.vector == IDLE_STEP:
            results.path(f"{when}: idle loop, a step", item.piece)
        elif item.vector > 0:  # 0: boot
            results.path(f"{when}: {item.name}", item.piece)
