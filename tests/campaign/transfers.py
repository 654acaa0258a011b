"""C6: 64 KiB of logbook over bad lines, in virtual time: the real supervisor and the real console (tests/link/virtual.py).

Whatever the line does, every byte arrives and none is wrong. A transfer that ends with something missing is a HANG here (the
console gave up), one with wrong bytes is SILENT.
"""

from __future__ import annotations

import statistics
import sys
from typing import Any

import machine
from report import Verdicts

sys.path.insert(0, str(machine.ROOT / "tests" / "link"))

RUNS = {"small": 3, "full": 100}  # of each point
BERS = (0.0, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3)
OTHER = {
    "bursts": {"burst_rate": 1e-4, "burst_bytes": 100},
    "long bursts": {"burst_rate": 1e-5, "burst_bytes": 2000},
    "drops": {"drop": 0.1},
    "duplicates": {"duplicate": 0.2},
    "overtaking": {"reorder": 0.1, "reorder_s": 0.4},
    "stalls": {"stall_rate": 2e-5, "stall_s": 1.0},
    "black-out": {"black_out_s": 10.0},
    "everything": {"ber": 1e-4, "burst_rate": 5e-5, "drop": 0.03, "duplicate": 0.05, "reorder": 0.03, "stall_rate": 1e-5},
}


def points() -> dict[str, dict[str, Any]]:
    """The lines, by name."""
    return {f"BER {ber:g}": {"ber": ber} for ber in BERS} | OTHER


def campaign(build_dir: str, size: str, seed: int) -> int:
    """Run all points; returns how many transfers went wrong."""
    from noise import Knobs
    from transfer import key_file, transfer
    from virtual import BAUD

    program = machine.ROOT / build_dir / "supervisor" / "host" / "line_board"
    key = key_file()
    verdicts = Verdicts("transfers", seed, size)
    rates: dict[str, float] = {}
    for name, knobs in points().items():
        found = []
        for number in range(RUNS[size]):
            begins = {"black_out_at_s": 1.0 + number % 9} if "black_out_s" in knobs else {}
            line = Knobs(baud=BAUD, **knobs, **begins)
            run = transfer(program, key, f"{seed} {name} {number}", line, line)
            found.append(run)
            what = f"{name}, run {number}: {run.gaps} gaps after {run.seconds:.1f} s"
            if run.gaps:
                verdicts.add("HANG", what)
            elif not run.exact:
                verdicts.add("SILENT", what)
            else:
                verdicts.add("recovered" if run.bits_flipped or name in OTHER else "masked")
        rates[name] = round(100 * statistics.median(run.of_line_rate for run in found), 1)
    key.unlink()
    key.parent.rmdir()
    verdicts.facts["median % of line rate"] = rates
    verdicts.facts["at 1e-4 %"] = rates["BER 0.0001"]
    return verdicts.finish(machine.ROOT / build_dir / "campaign")
