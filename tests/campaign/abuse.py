"""C16: abuse of the console. Whatever is done to it while it reads, serves and commands, nothing is
lost, doubled or told wrong.

The consoles are real processes, the board is the simulated one (`xmg sim`), the archive is SQLite
at two stations of three and PostgreSQL at the third. Each station is abused in all ways of
tests/campaign/abuse/scenes.py, one after the other, in an order of its own; after each, what is
filed must be what the board's memory holds, byte for byte. The seed chooses what is done and when;
what the processes are doing just then depends on the machine.

  HANG       something did not end within its time
  LOSS       what the board wrote, or what an operator was told to be filed, is not in the archive
  DUPLICATE  it is there twice, or a command was executed twice
  LIE        an operator was told something that is not so: an exit status, a byte, a time
  DAMAGE     the database or a raw capture is not intact
  LEFTOVER   something is left behind that should not be, or keeps the next console from working
  BROKEN     the campaign itself did
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlparse

import machine
from report import Verdicts

BAD = ("HANG", "LOSS", "DUPLICATE", "LIE", "DAMAGE", "LEFTOVER", "BROKEN")
STATIONS = {"small": 5, "full": 100}  # of ten abuses each
WORKER = machine.ROOT / "tests" / "campaign" / "abuse" / "worker.py"
SILENT_S = 300  # a worker says something after each abuse


def namespace() -> list[str]:
    """What to put before a command so that it may mount a small disk of its own; [] where nobody
    lets it."""
    probe = ["sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
    for before in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        if (
            shutil.which("unshare")
            and subprocess.run(before + probe, capture_output=True).returncode == 0
        ):
            return before
    return []


def run_workers(
    build_dir: str, size: str, seed: int, database: str, before: list[str], verdicts: Verdicts
) -> Counter[str]:
    """Abuses all stations; gives how many abuses there were of each kind."""
    count = 2 * (os.cpu_count() or 1)  # they wait most of the time
    counts: Counter[str] = Counter()
    program = machine.ROOT / build_dir / "bin" / "xm-sim"
    selector = selectors.DefaultSelector()
    for first in range(min(count, STATIONS[size])):
        options = {
            "--board": program,
            "--seed": seed,
            "--first": first,
            "--step": count,
            "--end": STATIONS[size],
            "--postgres": database,
        }
        command = [*before, sys.executable, str(WORKER)]
        command += [str(word) for option in options.items() for word in option]
        worker = subprocess.Popen(
            command + (["--mounts"] if before else []),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert worker.stdout
        selector.register(worker.stdout, selectors.EVENT_READ, (worker, [time.monotonic()]))
    while selector.get_map():
        for ready, _ in selector.select(1.0):
            worker, heard = ready.data
            line = worker.stdout.readline()  # each is written at once
            heard[0] = time.monotonic()
            if line:
                take(json.loads(line), verdicts, counts)
            else:
                selector.unregister(worker.stdout)
                if worker.wait() != 0:
                    verdicts.add("BROKEN", f"a worker ended with status {worker.returncode}")
        for key in list(selector.get_map().values()):
            worker, heard = key.data
            if time.monotonic() - heard[0] > SILENT_S:
                verdicts.add("HANG", f"a worker said nothing for {SILENT_S} s")
                worker.kill()
                heard[0] = time.monotonic()
    return counts


def take(told: dict[str, Any], verdicts: Verdicts, counts: Counter[str]) -> None:
    """An abuse and what came of it."""
    counts[told["kind"]] += 1
    counts[told["archive"]] += 1
    if not told["wrong"]:
        verdicts.add("recovered")
        return
    words = "; ".join(f"{kind}: {text}" for kind, text in told["wrong"])
    verdicts.add(
        told["wrong"][0][0], f"station {told['station']}, {told['kind']}, {told['done']}: {words}"
    )


def campaign(build_dir: str, size: str, seed: int) -> int:
    """Run all abuses; returns how many went wrong."""
    sys.path.insert(0, str(machine.ROOT / "tests" / "ground"))
    from postgres import server

    verdicts = Verdicts("abuse", seed, size, BAD)
    before = namespace()
    with server() as url:
        folder = parse_qs(urlparse(url).query)["host"][0]
        counts = run_workers(build_dir, size, seed, folder, before, verdicts)
    verdicts.facts["full disk by"] = (
        "tmpfs" if before else "RLIMIT_FSIZE: no mount is permitted here"
    )
    verdicts.facts["kinds"] = dict(counts)
    return verdicts.finish(machine.ROOT / build_dir / "campaign")
