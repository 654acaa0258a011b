#!/usr/bin/python3
"""Run the targets of libFuzzer for a number of executions in all; the last line is "N passed, N failed[, N skipped: why]".

A target starts from its kept corpus (tests/fuzz/corpus/TARGET) and from what earlier runs found; what it finds new goes to
PROGRAMS/corpus/TARGET. An input that fails is kept in PROGRAMS, and its reason shown. With --repeatable it starts from the
kept corpus alone; the seed is fixed, so every run then executes the same inputs.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

KEPT = Path(__file__).resolve().parent / "corpus"
SEED = 1
INPUT_LIMIT_S = 20  # no input may take longer
SHOWN_LINES = 40


class Target(NamedTuple):
    longest: int  # bytes of an input
    share: int  # of all executions, percent


# Shares by what a target costs: decoder and ip take about 10 us for an input, frame 50, gate 100, dispatcher 500.
TARGETS = {  # those that take longest first
    "dispatcher": Target(512, 3),
    "frame": Target(1024, 12),
    "gate": Target(192, 3),
    "decoder": Target(1024, 45),
    "ip": Target(1600, 37),
}


def missing() -> str:
    """What keeps the targets from being built; empty: nothing."""
    if shutil.which("clang") is None:
        return "no clang"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "try.c"
        source.write_text("int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size)\n"
                          "{\n    return size > 1 && data[0] == data[1] ? 0 : 0;\n}\n")
        done = subprocess.run(["clang", "-fsanitize=fuzzer,address,undefined", source, "-o", Path(folder) / "try"],
                              capture_output=True)
    return "" if done.returncode == 0 else "clang without libFuzzer (libclang-rt-dev)"


def fuzz(programs: Path, name: str, runs: int, repeatable: bool) -> bool:
    """One target; prints what it did. True: nothing was found."""
    target = TARGETS[name]
    kept, found = KEPT / name, programs / ("once" if repeatable else "corpus") / name
    if repeatable:
        shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True, exist_ok=True)
    log = programs / f"{name}.log"
    command = [str(programs / name), f"-runs={runs}", f"-max_len={target.longest}", f"-seed={SEED}", f"-timeout={INPUT_LIMIT_S}",
               "-print_final_stats=1", f"-artifact_prefix={programs}/{name}-", str(found), str(kept)]
    start = time.monotonic()
    with log.open("wb") as output:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT).returncode
    text = log.read_text(errors="replace")
    executed = re.findall(r"^stat::number_of_executed_units: (\d+)", text, re.M)
    edges = re.findall(r" cov: (\d+)", text)
    of = re.findall(r"\((\d+) inline 8-bit counters\)", text)
    good = status == 0 and bool(executed) and int(executed[0]) >= runs
    print(f"{'ok  ' if good else 'FAIL'} {name}: {executed[0] if executed else '?'} executions in {time.monotonic() - start:.0f} s, "
          f"{edges[-1] if edges else '?'} of {of[0] if of else '?'} edges reached, {len(list(kept.iterdir()))} inputs kept", flush=True)
    if not good:
        print("\n".join(text.splitlines()[-SHOWN_LINES:]))
        print(f"exit status {status}; all of it is in {log}")
    return good


def minimise(programs: Path, name: str) -> None:
    """Kept and found inputs to the fewest that reach the same edges."""
    kept, found = KEPT / name, programs / "corpus" / name
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=programs) as fewest:
        subprocess.run([programs / name, "-set_cover_merge=1", "-use_counters=0", f"-max_len={TARGETS[name].longest}",
                        f"-artifact_prefix={programs}/{name}-", fewest, kept, found],
                       check=True, stdin=subprocess.DEVNULL, capture_output=True)
        shutil.rmtree(kept)
        shutil.copytree(fewest, kept)
    print(f"{name}: {len(list(kept.iterdir()))} inputs, {sum(path.stat().st_size for path in kept.iterdir())} bytes")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--programs", type=Path, default=Path("build/fuzz"), help="folder of the targets")
    parser.add_argument("--runs", type=int, default=1000000, help="executions, shared out among the targets")
    parser.add_argument("--repeatable", action="store_true", help="start from the kept inputs alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at a time")
    parser.add_argument("--missing", action="store_true", help="only say what is missing; exit status 1: something is")
    parser.add_argument("--minimise", action="store_true", help="only bring the kept corpora up to date")
    parser.add_argument("targets", nargs="*", help="default: all")
    options = parser.parse_args()
    why = missing()
    if options.missing:
        print(why, end="\n" if why else "")
        return 1 if why else 0
    names = options.targets or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"no target {unknown[0]}; there are: {' '.join(TARGETS)}")
    if why:
        print(f"0 passed, 0 failed, {len(names)} skipped: {why}")
        return 0
    if options.minimise:
        for name in names:
            minimise(options.programs, name)
        return 0
    whole = sum(TARGETS[name].share for name in names)
    print(f"seed {SEED}")
    with ThreadPoolExecutor(options.jobs) as pool:
        runs = {name: -(-options.runs * TARGETS[name].share // whole) for name in names}
        good = list(pool.map(lambda name: fuzz(options.programs, name, runs[name], options.repeatable), names))
    print(f"{good.count(True)} passed, {good.count(False)} failed")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
