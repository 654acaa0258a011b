"""What partitions lose to switches, and how late slots start."""

from __future__ import annotations

import bisect
import re
import statistics

import probe
from measures import TIMER_VECTORS
from probe import IDLE_STEP, MARKED, Item, Run
from results import Results, Row


# ---- 3: loss -------------------------------------------------------------------------------------

COUNTS = re.compile(r"^counts: plan (\d+) slot (\d+) us:([ \d]+)\r?$", re.MULTILINE)
# Slots with a loss in the paper: case 3 (5 slots of 0.2 s a second) and case 2 (10 of 0.1 s). Its
# text and its Table 2 name them the other way round; twice the switches lose twice the counts, so
# this is the order that holds.
PAPER_LOSS_PERCENT = {200000: 0.01, 100000: 0.03}
INSTRUCTIONS_PER_US = 31.25  # QEMU at -icount shift=5
CPU_INSTRUCTIONS_PER_US = 40.0


def slot_name(us: int) -> str:
    return f"{us // 1000} ms" if us >= 1000 else f"{us} µs"


def measure_loss(build_dir: str, results: Results) -> None:
    series: dict[str, list[tuple[float, float]]] = {}
    averages: dict[tuple[int, int], float] = {}
    for partitions in (3, 8):
        console = probe.run_plain(probe.build(f"bench-loss-{partitions}", build_dir))
        found = [
            (int(plan), int(us), [int(n) for n in counts.split()])
            for plan, us, counts in COUNTS.findall(console)
        ]
        if not found:
            raise probe.BenchError(f"bench-loss-{partitions} printed no counts:\n{console[-2000:]}")
        whole = statistics.mean(found[0][2])
        seen: set[int] = set()
        for _, us, counts in found:
            gaps = us in seen
            seen.add(us)
            mean = statistics.mean(counts)
            if not gaps:
                averages[partitions, us] = mean
            lost = (whole - mean) / whole
            kind = f"{partitions} partitions" + (", gaps" if gaps else "")
            if us == 1000000:
                results.rows.append(
                    Row(
                        3,
                        f"{kind}: count of one second, undivided",
                        mean,
                        unit="counts",
                        note=f"{min(counts)} to {max(counts)}",
                    )
                )
                continue
            series.setdefault(kind, []).append((us, lost * 100))
            per_slot = lost * us * INSTRUCTIONS_PER_US
            results.rows.append(
                Row(
                    3,
                    f"{kind}: loss at slots of {slot_name(us)}",
                    round(lost * 100, 4),
                    unit="%",
                    note=f"{per_slot:.0f} instructions a slot; counts {min(counts)} to {max(counts)}"
                    + (
                        f"; paper {PAPER_LOSS_PERCENT[us]} %"
                        if us in PAPER_LOSS_PERCENT and not gaps
                        else ""
                    ),
                )
            )
            if us == 1000 and not gaps:
                share = per_slot / (us * CPU_INSTRUCTIONS_PER_US) * 100
                results.rows.append(
                    Row(
                        3,
                        f"{kind}: the same, of a 40 MHz processor's instructions",
                        round(share, 3),
                        unit="%",
                        target=1.2,
                        note="paper: below 3 % claimed",
                    )
                )
    difference = averages[3, 100000] - averages[8, 100000]
    results.rows.append(
        Row(
            3,
            "3 against 8 partitions at 100 ms: difference of the averages",
            round(difference, 1),
            unit="counts",
            note=f"of {averages[3, 100000]:.0f}; paper 4 to 7 of 1,142,484",
        )
    )
    results.loss = series


# ---- 4: lateness ---------------------------------------------------------------------------------

# The longest stay in the kernel that any partition can cause, and with it the latest start of a
# slot: docs/performance.md.
DECLARED_BOUND = 2500
MICROSECOND = 32  # instructions, rounded up
STORM_SLOT = int(500 * INSTRUCTIONS_PER_US)
STORM_OWNERS = (1, 0, 2, 3, 4, 5)
WATCH, PHOENIX = 1, 5


def lateness(run: Run) -> tuple[list[tuple[int, int]], int]:
    """(slot number, lateness) of every slot, in instructions. A slot that did not start at all
    is late by its whole length.

    The processor is never idle, so time is instructions. The slots of `watch` end while it
    computes: most of their interrupts come as soon as the timer fires, less than a microsecond
    after the nominal time; the earliest of these defines the grid, whose start
    is also returned.
    """
    frame = STORM_SLOT * len(STORM_OWNERS)
    ends = [
        item.count
        for item in run.items
        if item.vector in TIMER_VECTORS
        and item.came_from == WATCH
        and run.image.partition_at(item.leave_pc) != WATCH
    ]
    if not ends:
        raise probe.BenchError(
            f"{run.image.name}: no slot of the partition that computes was seen to end"
        )
    phases = sorted(count % frame for count in ends)
    usual = max(
        phases,
        key=lambda phase: bisect.bisect(phases, phase + MICROSECOND)
        - bisect.bisect_left(phases, phase),
    )
    earliest = min(phase for phase in phases if usual - STORM_SLOT // 2 < phase <= usual)
    origin = ends[0] - (ends[0] - earliest) % frame - STORM_SLOT
    stays = [item for item in run.items if item.vector != MARKED]
    found = []
    at = 0
    for slot in range(1, (ends[-1] - origin) // STORM_SLOT):
        nominal = origin + slot * STORM_SLOT
        while at < len(stays) and stays[at].leave_count < nominal:
            at += 1
        start = slot_start(
            run, stays, at, nominal + STORM_SLOT, STORM_OWNERS[slot % len(STORM_OWNERS)]
        )
        if start is not None:
            found.append((slot, min(start - nominal, STORM_SLOT)))
    return found, origin


def slot_start(run: Run, stays: list[Item], at: int, end: int, owner: int) -> int | None:
    """Count at which the owner of a slot gets the processor; beyond `end` when it never does.

    When an interrupt of a device comes before its first instruction it has not got it yet; its own
    timers are its own doing. None: the slot went into reloading its owner."""
    switched = False
    while at < len(stays) and stays[at].leave_count < end:
        stay = stays[at]
        if stay.vector == IDLE_STEP and owner == PHOENIX:
            return None
        switched = switched or any(name == "context_load" for name, _ in stay.inside)
        arrived = run.image.partition_at(stay.leave_pc) == owner
        if stay.leave_pc == 0 and not stay.idle and stays[at + 1].vector in TIMER_VECTORS:
            arrived = switched
        if arrived:
            return stay.leave_count
        at += 1
    return end


def measure_storm(build_dir: str, results: Results) -> None:
    flood = bytes(range(256)) * 4096
    for system, feed, title in (
        ("bench-storm", b"", "storms"),
        ("bench-storm-console", b"", "storms, flood of a console UART"),
        ("bench-storm", flood, "storms, flood from the host (not repeatable)"),
    ):
        run = probe.run(probe.build(system, build_dir), build_dir, feed=feed)
        found, origin = lateness(run)
        values = sorted(late for _, late in found)
        if len(values) < 5000:
            raise probe.BenchError(
                f"{system}: only {len(values)} slots were seen to start:\n{run.console[-1000:]}"
            )
        rows = [
            ("minimum", values[0]),
            ("median", values[len(values) // 2]),
            ("p99.9", values[len(values) * 999 // 1000]),
            ("maximum", values[-1]),
        ]
        unstarted = sum(1 for late in values if late == STORM_SLOT)
        slot, worst = max(found, key=lambda pair: pair[1])
        remark = f"{len(values)} slots" + (f", {unstarted} never started" if unstarted else "")
        remark += f"; the latest waited for {causes(run, origin + slot * STORM_SLOT, worst)}"
        for name, value in rows:
            results.rows.append(
                Row(
                    4,
                    f"{title}: {name}",
                    value,
                    target=DECLARED_BOUND if name == "maximum" else None,
                    note=remark if name == "maximum" else "",
                )
            )
        calm = [
            late for slot, late in found if STORM_OWNERS[(slot - 1) % len(STORM_OWNERS)] == WATCH
        ]
        results.rows.append(
            Row(4, f"{title}: maximum after a partition that only computes", max(calm))
        )
        results.lateness[title] = values
        note_storm_paths(run, "flood from the host" if feed else "storm", results)


def causes(run: Run, nominal: int, late: int) -> str:
    """The stays in the kernel between the nominal start of a slot and its first instruction."""
    stays = [
        item
        for item in run.items
        if item.vector != MARKED and item.count < nominal + late and item.leave_count > nominal
    ]
    parts = [f"{item.name} {item.leave_count - max(item.count, nominal)}" for item in stays[:5]]
    return ", ".join(parts) + (" ..." if len(stays) > 5 else "")


def note_storm_paths(run: Run, when: str, results: Results) -> None:
    """What the stays in the kernel were for, during a storm. Those that a partition causes by
    breaking a rule or by its own traps count as well."""
    for item in run.items:
        if item.vector == IDLE_STEP:
            results.path(f"{when}: idle loop, a step", item.piece)
        elif item.vector > 0:  # 0: boot
            results.path(f"{when}: {item.name}", item.piece)
