"""The switch, the hypercalls, and from a cause to its handler; and what keeps the kernel longest.

Figures of the paper are in its Tables 1 to 7.
"""

from __future__ import annotations

import statistics

import probe
from probe import ASM_CALL, HYPERCALL, IDLE_STEP, MARKED, Item, Run
from results import PAPER_CYCLES_PER_US, Results, Row

TIMER_VECTORS = (0x16, 0x17, 0x18)
UART_VECTOR = 0x13


# ---- 1: the switch -------------------------------------------------------------------------------

# Paper's Table 1, in microseconds, by the kernel symbols between which each step lies.
SWITCH_STEPS = (
    ("timer interrupt", "core_leave", 9),
    ("scheduler", "context_switch", 8),
    ("save the context", "context_load", 5),
    ("load the context", "", 5),
)


def switches(run: Run, items: list[Item]) -> list[Item]:
    """Timer interrupts that took the processor from one partition to another."""
    return [
        i
        for i in items
        if i.vector in TIMER_VECTORS
        and i.came_from is not None
        and not i.idle
        and run.image.partition_at(i.leave_pc) not in (None, i.came_from)
    ]


def measure_switch(build_dir: str, results: Results) -> None:
    run = probe.run(probe.build("bench-switch", build_dir), build_dir)
    by_plan: dict[int, list[Item]] = {}
    partitions = 2
    wanted = None
    for item in run.items:
        if item.name.startswith("plan_"):
            wanted = int(item.name[5:])
        # A plan asked for begins with the frame: when the first slot's owner is switched to.
        if (
            wanted is not None
            and item.vector in TIMER_VECTORS
            and run.image.partition_at(item.leave_pc) == 0
        ):
            partitions, wanted = wanted, None
        by_plan.setdefault(partitions, []).append(item)
    for count in sorted(by_plan):
        found = switches(run, by_plan[count])[1:-1]
        lengths = [item.length for item in found]
        results.rows.append(
            Row(
                1,
                f"partition switch, {count} partitions",
                statistics.median(lengths),
                target=450,
                paper=2160,
                note=f"{len(lengths)} switches, {min(lengths)} to {max(lengths)}",
            )
        )
        results.path("timer interrupt, partition switch", max(lengths))
    typical = sorted(switches(run, by_plan[8])[1:-1], key=lambda i: i.length)
    split_switch(typical[len(typical) // 2], results)


def split_switch(item: Item, results: Results) -> None:
    """The steps of the paper's Table 1, of one switch."""
    passed = dict(item.inside)
    at = item.count
    for name, symbol, paper_us in SWITCH_STEPS:
        end = passed.get(symbol, item.leave_count if symbol == "" else None)
        if end is None:
            results.rows.append(
                Row(
                    1,
                    f"  {name}",
                    None,
                    paper=paper_us * PAPER_CYCLES_PER_US,
                    note=f"in the next row: the kernel has no symbol {symbol}",
                )
            )
            continue
        results.rows.append(Row(1, f"  {name}", end - at, paper=paper_us * PAPER_CYCLES_PER_US))
        at = end


# ---- 2: hypercalls -------------------------------------------------------------------------------

# mark, row, target, paper's microseconds
CALLS = (
    ("get_time_hw", "get_time, hardware clock", 60, 5),
    ("get_time_exec", "get_time, execution clock", 90, 7),
    ("set_timer_hw", "set_timer, hardware clock", 200, 13),
    ("set_timer_hw_soon", "set_timer, hardware clock, before the slot ends", 200, 13),
    ("set_timer_exec", "set_timer, execution clock", 200, 13),
    ("irq_enable", "enable interrupts", 40, 5),
    ("irq_disable", "disable interrupts", 40, 5),
    ("irq_mask", "mask an interrupt", 40, None),
    ("irq_unmask", "unmask an interrupt", 40, 5),
    ("hm_status", "HM status", 150, 14),
    ("hm_read", "HM read", None, None),
    ("hm_raise_event", "HM event raised by the partition, logged", None, None),
    ("trace_open", "trace open", None, 66),
    ("trace_status", "trace status", 150, 5),
    ("trace_event", "trace event, stored", 250, 13),
    ("trace_read", "trace read", None, None),
    ("plan_status", "plan status", None, None),
    ("partition_status", "partition status", None, None),
    ("create_sampling_first", "create sampling port, first of 8", None, 65),
    ("create_sampling_fourth", "create sampling port, fourth of 8", None, 65),
    ("sampling_write_32", "sampling write 32 B", 300, 15),
    ("sampling_write_256", "sampling write 256 B", None, 17),
    ("sampling_write_1024", "sampling write 1024 B", None, 32),
    ("sampling_write_4096", "sampling write 4096 B", 1700, 87),
    ("sampling_read_32", "sampling read 32 B", 300, 16),
    ("sampling_read_256", "sampling read 256 B", None, 18),
    ("sampling_read_1024", "sampling read 1024 B", None, 30),
    ("sampling_read_4096", "sampling read 4096 B", 1700, 83),
    ("create_queuing_eighth", "create queuing port, eighth of 8", None, 68),
    ("queuing_send_32", "queuing send 32 B", None, 15),
    ("queuing_send_256", "queuing send 256 B", None, 20),
    ("queuing_send_1024", "queuing send 1024 B", None, 30),
    ("queuing_send_4096", "queuing send 4096 B", 1700, 81),
    ("queuing_receive_32", "queuing receive 32 B", None, 15),
    ("queuing_receive_256", "queuing receive 256 B", None, 19),
    ("queuing_receive_1024", "queuing receive 1024 B", None, 32),
    ("queuing_receive_4096", "queuing receive 4096 B", 1700, 92),
    ("plan_switch", "plan switch, the call", None, None),
    ("partition_reset", "warm reset of another partition, the call", None, None),
)


def calls(run: Run) -> dict[str, list[tuple[int, int]]]:
    """By mark, for each call that follows such a mark: instructions from call to return, and the
    longest piece of the stay in the kernel."""
    found: dict[str, list[tuple[int, int]]] = {}
    label = ""
    stub: Item | None = None
    for item in run.items:
        if item.vector == MARKED:
            if item.name.startswith("XM_"):
                stub = item
            else:
                label, stub = item.name, None
        elif item.vector in (HYPERCALL, ASM_CALL) and label:
            begin = item.count - 1  # the trap instruction of an inline call
            back = item.leave_count
            if stub is not None:
                symbols = run.image.partitions[run.image.partition_at(item.leave_pc) or 0]
                begin = stub.count - 2  # CALL and its delay slot
                back += (
                    symbols.end[stub.name] - item.leave_pc
                ) // 4  # what is left of the stub, to its last instruction
            found.setdefault(label, []).append((back - begin, item.piece))
            label, stub = "", None
    return found


def measure_calls(build_dir: str, results: Results) -> None:
    run = probe.run(probe.build("bench-hypercalls", build_dir), build_dir)
    if "bench: done" not in run.console or "refuses" in run.console:
        raise probe.BenchError(f"bench-hypercalls did not do its work:\n{run.console}")
    found = calls(run)
    for mark, name, target, paper_us in CALLS:
        if mark not in found:
            results.rows.append(Row(2, name, None, target=target, note="the call was not seen"))
            continue
        lengths = [call for call, _ in found[mark]]
        spread = f"{min(lengths)} to {max(lengths)}" if min(lengths) != max(lengths) else ""
        results.rows.append(
            Row(
                2,
                name,
                statistics.median(lengths),
                target=target,
                paper=paper_us * PAPER_CYCLES_PER_US if paper_us else None,
                note=spread,
            )
        )
        results.path(name, max(kernel for _, kernel in found[mark]))


# ---- the longest stays in the kernel -------------------------------------------------------------

WINDOW_VECTORS = (0x05, 0x06)


def measure_paths(build_dir: str, results: Results) -> None:
    """Worst arguments. What stands in the table of longest stays comes mostly from here."""
    run = probe.run(probe.build("bench-paths", build_dir), build_dir)
    label = ""
    for item in run.items:
        if item.vector == MARKED:
            if item.name.startswith("w_"):
                label = item.name[2:].replace("_", " ")
        elif item.vector == IDLE_STEP:
            results.path("idle loop, longest step (partition being reloaded)", item.piece)
        elif item.vector in TIMER_VECTORS:
            results.path("timer interrupt, all traces on, end of a frame", item.piece)
        elif item.vector not in WINDOW_VECTORS and label:
            results.path(f"worst: {label}", item.piece)
            label = ""


# ---- 5: from cause to handler --------------------------------------------------------------------


def measure_latency(build_dir: str, results: Results) -> None:
    run = probe.run(probe.build("bench-latency", build_dir), build_dir)
    causes = (
        ("timer", TIMER_VECTORS, 2, "virtual timer interrupt"),
        ("device", (0x13,), 5, "interrupt of a line the partition owns"),
        ("division", (0x2A,), 2, "trap propagated by the health monitor"),
    )
    for name, vectors, section, title in causes:
        pairs = []
        for item, following in zip(run.items, run.items[1:]):
            if item.vector in vectors and following.name == f"in_{name}_handler":
                pairs.append((item.length, following.count - item.count))
        if not pairs:
            results.rows.append(Row(section, title, None, note="was not seen"))
            continue
        results.rows.append(
            Row(
                section,
                f"{title}: to the partition's trap table",
                statistics.median(p[0] for p in pairs),
            )
        )
        results.rows.append(
            Row(section, f"{title}: to its C handler", statistics.median(p[1] for p in pairs))
        )
        results.path(title, max(p[0] for p in pairs))
