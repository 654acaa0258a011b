"""What partitions lose to switches: the paper's Cases 1 to 6."""

from __future__ import annotations

import re
import statistics

import probe
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
