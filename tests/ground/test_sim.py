"""xmg sim: the simulated board, driven as an operator in training drives it, by xmg itself."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from xmground import keys
from xmground.status import Status

XMG = Path(__file__).resolve().parents[2] / "ground-tools" / "xmg"
LIMIT_S = 60
TRIES = 50


class Sim:
    """A running `xmg sim` and a console for it."""

    def __init__(self, key_file: Path | None, *options: str) -> None:
        self.key = str(key_file) if key_file else "none"
        self.process = subprocess.Popen(
            [sys.executable, str(XMG), "sim", "--port", "0", "--frame-ms", "20", *options],
            env=os.environ | {"XMG_KEY": self.key},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout
        self.link = self.process.stdout.readline().strip()

    def type(self, line: str) -> None:
        """What shall go wrong."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """One command of the console, as a user runs it."""
        return subprocess.run(
            [sys.executable, str(XMG), "--link", self.link, *line.split(), "--format", "json"],
            env=os.environ | {"XMG_KEY": self.key},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )

    def ask(self, line: str) -> Any:
        """The answer; the command must succeed."""
        done = self.run(line)
        assert done.returncode == Status.DONE, f"{line}: {done.returncode} {done.stderr}"
        return json.loads(done.stdout)

    def close(self) -> int:
        """Ends it; its exit status."""
        self.type("quit")
        return self.process.wait(LIMIT_S)


@pytest.fixture(params=["open", "keyed"])
def sim(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sim]:
    key_file = None
    if request.param == "keyed":
        key_file = tmp_path / "key"
        keys.create(key_file, 3)
    sim = Sim(key_file)
    yield sim
    assert sim.close() == 0


def until(probe: Callable[[], bool]) -> None:
    """Asks again until what was typed shows; each question takes a frame or more."""
    assert any(probe() for _ in range(TRIES)), "what was typed had no effect"


def state(sim: Sim, name: str) -> str:
    return next(row["state"] for row in sim.ask("part list") if row["name"] == name)


def test_sim_crash_is_logged_and_repaired_by_a_reset(sim: Sim) -> None:
    assert state(sim, "P2") == "ready"
    sim.type("crash 2")
    until(lambda: state(sim, "P2") == "halted")
    events = [row for row in sim.ask("hm read") if row["kind"] == "record"]
    assert [(row["partition_name"], row["event_name"]) for row in events] == [
        ("P2", "SPARC_DATA_ACCESS_EXCEPTION")
    ]
    assert not events[0]["damaged"]
    assert sim.ask("part reset P2 --warm --yes")["completed"]
    assert state(sim, "P2") == "ready"


def test_sim_switches_plans_and_starts_again(sim: Sim) -> None:
    assert sim.ask("plan switch maintenance --yes")["completed"]
    assert sim.ask("sys status")["plan"]["current"] == 1
    boot = sim.ask("sys status")["boot_id"]
    assert sim.ask("sys reset --warm --yes")["completed"]
    assert sim.ask("sys status")["boot_id"] == boot + 1


def test_sim_lost_power_begins_the_logs_anew(sim: Sim) -> None:
    sim.type("hm 3")
    until(lambda: len(sim.ask("hm read")) == 3)
    sim.type("restart power")
    until(lambda: not sim.ask("hm read"))


def test_sim_line_that_loses_and_damages_costs_only_time(sim: Sim) -> None:
    sim.type("drop 0.3")
    sim.type("ber 1e-4")
    for _ in range(4):
        assert len(sim.ask("part list --timeout 30")) == 4


def test_sim_silent_line_is_told(sim: Sim) -> None:
    sim.type("mute 3600")
    assert sim.run("ping --timeout 0.5").returncode in (Status.NO_LINK, Status.DONE)
    assert sim.run("ping --timeout 0.5").returncode == Status.NO_LINK
    sim.type("mute 0")


def test_sim_what_is_not_understood_changes_nothing(sim: Sim) -> None:
    for line in ("crash 0", "crash 9", "ber 2", "frob", "restart", "say", "x" * 2000, "late -1"):
        sim.type(line)
    assert [row["state"] for row in sim.ask("part list")] == ["ready"] * 4


@pytest.mark.parametrize("option", ["--port=70000", "--frame-ms=1", "--baud=x", "--seed=-1"])
def test_sim_wrong_option(option: str) -> None:
    done = subprocess.run(
        [sys.executable, str(XMG), "sim", option], capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == Status.USAGE and option.split("=")[0] in done.stderr


def test_sim_dumps_what_its_memory_holds(sim: Sim, tmp_path: Path) -> None:
    """Without its supervisor: what the console reads can be compared with it."""
    sim.type("trace 1 3")
    sim.type("trace 2 3")  # P2 has no trace
    sim.type("hm 2")
    sim.type("dump /does/not/exist/dump")
    sim.type(f"dump {tmp_path / 'dump'}")
    until(lambda: bool(sim.ask("part list")) and (tmp_path / "dump").exists())
    head, *logs = (tmp_path / "dump").read_text().splitlines()
    assert head.split()[:2] == ["board", str(sim.ask("sys status")["boot_id"])]
    found = {tuple(line.split()[:2]): line.split() for line in logs}
    assert found["hm", "0"][2:5] == ["1", "3", "64"]
    assert len(found["hm", "0"][5]) == 2 * 2 * 64
    assert int(found["trace", "1"][3]) >= 4 and ("trace", "2") not in found
    text = bytes.fromhex(found["console", "1"][5])
    rows = sim.ask("console read 1")
    assert "".join(row["text"] for row in rows).encode().startswith(text)
