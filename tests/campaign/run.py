#!/usr/bin/python3
"""Run the robustness campaigns: run.py [--small] [--seed N] [names]; the last line counts campaigns: "N passed, N failed[, N
skipped: why]".

A campaign passes when none of its cases is a HANG, an ESCAPE (an effect outside of the caller), SILENT (wrong data without
a word) or a WRONG_CODE; of console abuse: none of the classes that tests/campaign/abuse.py names. Each leaves <build>/campaign/<name>.json.
"""

from __future__ import annotations

import argparse
import fcntl
import importlib
import os
import sys
from pathlib import Path
from typing import TextIO

import machine

CAMPAIGNS = ["matrix", "calls", "sweep", "plans", "resets", "hostile", "transfers", "commands", "daemon", "abuse"]
DEFAULT_SEED = 20090529


def lock(folder: Path) -> TextIO:
    """Two runs in one folder would write each other's RAM files and call the result a hang; kept until the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    held = open(folder / ".lock", "w", encoding="ascii")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"campaign: another run uses {folder}: wait for it, or give another --build")
    return held


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the robustness campaigns.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(CAMPAIGNS)}; default: all")
    parser.add_argument("--small", action="store_true", help="the size that runs with every test")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=f"default {DEFAULT_SEED}")
    parser.add_argument("--build", default="build", help="build directory, relative to the tree")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in CAMPAIGNS]
    if unknown:
        parser.error(f"no campaign {unknown[0]}; there are: {', '.join(CAMPAIGNS)}")
    build_dir = os.path.relpath(options.build, machine.ROOT) if os.path.isabs(options.build) else options.build
    held = lock(Path(machine.ROOT) / build_dir / "campaign")
    failed, skipped = [], []
    for name in options.names or CAMPAIGNS:
        (Path(machine.ROOT) / build_dir / "campaign" / f"{name}.json").unlink(missing_ok=True)
        try:
            wrong = importlib.import_module(name).campaign(build_dir, "small" if options.small else "full", options.seed)
        except machine.CampaignSkipped as reason:
            print(f"skip {name}: {reason}", flush=True)
            skipped.append(f"{name}: {reason}")
            continue
        except machine.CampaignError as error:
            print(f"{name}: {error}")
            wrong = 1
        if wrong:
            failed.append(name)
        print(f"{'FAIL' if wrong else 'ok  '} {name}", flush=True)
    held.close()
    count = len(options.names or CAMPAIGNS)
    print(f"{count - len(failed) - len(skipped)} passed, {len(failed)} failed" +
          (f", {len(skipped)} skipped: {'; '.join(skipped)}" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
