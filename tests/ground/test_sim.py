"""xmg sim: the simulated board, driven as an operator in training drives it, by xmg itself: every
knob is shown by what the console makes of it."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from xmground import cli, keys, session
from xmground.status import Status

ROOT = Path(__file__).resolve().parents[2]
XMG = ROOT / "ground-tools" / "xmg"
DEMO = ROOT / "configs" / "demo" / "system.xml"
PLAIN = ROOT / "tools" / "sim" / "plain.xml"
LIMIT_S = 60
TRIES = 500
PAUSE_S = 0.02
# Times faster than real time: answers come soon, and a test that waits for board time is short.
SPEED = 5


class Sim:
    """A running `xmg sim` and a console for it."""

    def __init__(self, folder: Path, key_file: Path | None, *options: str) -> None:
        self.key = str(key_file) if key_file else "none"
        self.log = folder / "sim.log"
        self.environment = os.environ | {"XMG_KEY": self.key, "XDG_RUNTIME_DIR": str(folder)}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(XMG), "sim", "--port", "0", "--speed", str(SPEED), *options],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout
        self.link = self.process.stdout.readline().strip()
        assert self.link, self.log.read_text()
        self.port = self.link.rpartition(":")[2]

    def type(self, line: str) -> None:
        """What shall go wrong, on its terminal."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def fault(self, line: str) -> None:
        """The same from elsewhere; it has happened when this returns."""
        status, err = self.refused(line)
        assert status == Status.DONE, err

    def refused(self, line: str) -> tuple[int, str]:
        """How `xmg sim fault` ends, and what it tells."""
        status, _, err = self.main("sim", "fault", "--port", self.port, *line.split())
        return status, err

    def main(self, *words: str) -> tuple[int, str, str]:
        """xmg in this process: its status, what it printed, what it told."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", self.environment["XDG_RUNTIME_DIR"])
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = cli.main(words)
        return status, out.getvalue(), err.getvalue()

    def process_of(self, *words: str) -> subprocess.CompletedProcess[str]:
        """xmg as a process of its own."""
        return subprocess.run(
            [sys.executable, str(XMG), *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )

    def run(self, line: str) -> tuple[int, str, str]:
        """One command of the console: its status, what it printed, what it told."""
        words = ["--link", self.link, "--key", self.key, "--format", "json"]
        return self.main(*line.split(), *words)

    def ask(self, line: str) -> Any:
        """The answer; the command must succeed."""
        status, out, err = self.run(line)
        assert status == Status.DONE, f"{line}: {status} {err}"
        return json.loads(out)

    def state(self, name: str) -> str:
        return next(row["state"] for row in self.ask("part list") if row["name"] == name)

    def records(self, book: str = "hm read") -> list[dict[str, Any]]:
        return [row for row in self.ask(book) if row["kind"] == "record"]

    def printed(self, name: str) -> int:
        """Number of the next byte on a partition's console."""
        rows = self.ask("book list")
        return next(r["next"] for r in rows if r["book"] == "console" and r["source_name"] == name)

    def text(self, name: str, options: str = "--from 1") -> str:
        """What a partition has printed, as far as it is still stored."""
        rows = self.ask(f"console read {name} {options}")
        return "".join(row["text"] for row in rows if row["kind"] == "text")

    def board_us(self) -> int:
        time_us = self.ask("sys status")["board_time_us"]
        assert isinstance(time_us, int)
        return time_us

    def close(self) -> int:
        """Ends it; its exit status."""
        self.type("quit")
        return self.process.wait(LIMIT_S)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Sim]]:
    """Starts boards with options of `xmg sim`; key: whether they have one."""
    started: list[Sim] = []
    # The board answers within milliseconds, or what it was asked is lost.
    monkeypatch.setattr(session, "FIRST_RETRY_S", 0.2)

    def start(*options: str, key: bool = False, config: Path = PLAIN) -> Sim:
        key_file = tmp_path / "key" if key else None
        if key_file and not key_file.exists():
            keys.create(key_file, 3)
        started.append(Sim(tmp_path, key_file, "--config", str(config), *options))
        return started[-1]

    yield start
    for sim in started:
        assert sim.process.poll() is not None or sim.close() == 0


@pytest.fixture(params=["open", "keyed"])
def sim(request: pytest.FixtureRequest, make: Callable[..., Sim]) -> Sim:
    return make(key=request.param == "keyed")


@pytest.fixture
def open_sim(make: Callable[..., Sim]) -> Sim:
    return make()


@pytest.fixture
def keyed_sim(make: Callable[..., Sim]) -> Sim:
    return make(key=True)


def until(probe: Callable[[], object]) -> None:
    """Asks again until what was typed shows."""
    for _ in range(TRIES):
        if probe():
            return
        time.sleep(PAUSE_S)
    raise AssertionError("what was typed had no effect")


def sniffed(sim: Sim) -> list[dict[str, Any]]:
    """Frames of a dialogue."""
    line = "link sniff --ping --count 12 --format jsonl --link"
    done = sim.process_of(*line.split(), sim.link, "--key", sim.key)
    assert done.returncode == Status.DONE, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


# ---- partitions -----------------------------------------------------------------------------------


def test_sim_crash_is_logged_and_repaired_by_a_reset(sim: Sim) -> None:
    assert sim.state("P2") == "ready"
    sim.type("crash 2")
    until(lambda: sim.state("P2") == "halted")
    events = sim.records()
    assert [(row["partition_name"], row["event_name"]) for row in events] == [
        ("P2", "SPARC_DATA_ACCESS_EXCEPTION")
    ]
    assert not events[0]["damaged"] and events[0]["fault_address"] == 0x40300000
    assert sim.ask("part reset P2 --warm --yes")["completed"]
    assert sim.state("P2") == "ready"
    until(lambda: "P2: life 2" in sim.text("P2"))


def test_sim_crash_at_a_time_of_the_board(make: Callable[..., Sim]) -> None:
    sim = make("--do", "at 2.5: crash P1 0x1234")
    until(lambda: sim.state("P1") == "halted")
    (event,) = sim.records()
    assert event["time_us"] >= 2_500_000 and event["fault_address"] == 0x1234
    # The same in the next boot.
    assert sim.ask("sys reset --warm --yes")["completed"]
    until(lambda: len(sim.records()) == 2)
    assert sim.records()[1]["time_us"] >= 2_500_000


def test_sim_crash_of_the_supervisor_is_survived(open_sim: Sim) -> None:
    sim = open_sim
    sim.fault("slot P1 5: say P1 still here")
    sim.fault("hm supervisor PARTITION_ERROR")  # halts it: plain.xml says nothing of it
    assert sim.run("ping --timeout 0.3")[0] == Status.NO_LINK
    sim.fault("restart warm")
    until(lambda: sim.run("ping --timeout 0.3")[0] == Status.DONE)
    assert [row["action_name"] for row in sim.records()] == ["PARTITION_HALT"]


def test_sim_reset_status_of_the_health_monitor_is_told(make: Callable[..., Sim]) -> None:
    """By its event and record; the same number from the ground is only a number."""
    sim = make(f"--config={DEMO}")
    sim.fault("hm sensor SPARC_DATA_ACCESS_EXCEPTION")  # the demo resets it warm
    found = sim.ask("part show sensor")
    assert found["reset_event"] == "SPARC_DATA_ACCESS_EXCEPTION"
    (record,) = [row for row in sim.records() if row["seq"] == found["reset_record"]]
    assert record["event"] == found["reset_status"] and record["partition_name"] == "sensor"
    assert sim.ask("part reset consumer --status 23 --yes")["completed"]
    found = sim.ask("part show consumer")
    assert (found["reset_status"], found["reset_event"]) == (23, None)


def test_sim_reset_status_after_a_reset_of_all_by_the_health_monitor(
    make: Callable[..., Sim],
) -> None:
    """As the hypervisor gives it (docs/compatibility.md), for the life that it begins."""
    sim = make(f"--config={DEMO}")
    sim.fault("hm hypervisor INTERNAL_ERROR")  # the demo is reset warm
    found = sim.ask("part show consumer")
    assert (found["reset_status"], found["reset_event"]) == (2 << 16, "INTERNAL_ERROR")
    assert sim.ask("sys reset --warm --yes")["completed"]
    assert sim.ask("part show consumer")["reset_status"] == 0


def test_sim_records_of_the_command_journal_are_named(
    open_sim: Sim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those that the real supervisor writes; live, archived, captured, and to a filter."""
    monkeypatch.setenv("XMG_ARCHIVE", str(tmp_path / "archive.db"))
    monkeypatch.setenv("XMG_CAPTURE", str(tmp_path / "captures"))
    sim = open_sim
    assert sim.ask("part reset P1 --yes")["completed"]
    rows = sim.ask("trace read supervisor")
    assert {row["event_name"] for row in rows} == {"command journal"}
    told = [row["detail"] for row in rows]
    assert told[0] == "the supervisor begins"
    assert told[1].endswith(", partition control, accepted")
    assert told[-1].endswith(", partition control, completed")
    assert sim.run("archive collect")[0] == Status.DONE
    capture = max((tmp_path / "captures").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    monkeypatch.delenv("XMG_CAPTURE")
    for origin in ("", " --from archive", f" --from {capture}"):
        found = sim.ask(f"trace read supervisor --filter event~journal{origin}")
        assert [row["detail"] for row in found] == told
        assert {row["event_name"] for row in found} == {"command journal"}


def test_sim_flood_of_events_overwrites_the_log_and_is_told(open_sim: Sim) -> None:
    sim = open_sim
    sim.fault("book hm 40")
    sim.fault("flood P1 APP_DEADLINE_MISSED 1000 1")
    until(lambda: sim.ask("sys status")["hm_events"] == 1000)
    first = sim.ask("hm read")
    assert [row["seq"] for row in first if row["kind"] == "record"] == list(range(961, 1001))
    status, out, _ = sim.run("hm read --from 1")
    gaps = [row for row in json.loads(out) if row["kind"] == "gap"]
    assert status == Status.INCOMPLETE
    assert [(g["first"], g["last"], g["gap"]) for g in gaps] == [(1, 960, "overwritten on board")]


def test_sim_overrun_and_late_slots(open_sim: Sim) -> None:
    sim = open_sim
    sim.fault("overrun P3 800")
    assert [(r["event_name"], r["partition_name"], r["payload"][0]) for r in sim.records()] == [
        ("OVERRUN", "P3", 800)
    ]
    assert sim.ask("sys status")["slot_lateness_max_us"] == 800
    sim.fault("late 1500")
    assert sim.ask("sys status")["slot_lateness_max_us"] == 1500


def test_sim_hanging_partition_is_ready_and_silent(open_sim: Sim) -> None:
    sim = open_sim
    sim.fault("hang P1")
    silent = sim.printed("P1")
    others = sim.printed("P2")
    until(lambda: sim.printed("P2") > others + 20)
    assert sim.printed("P1") == silent and sim.state("P1") == "ready"
    sim.ask("part reset P1 --cold --yes")
    until(lambda: sim.printed("P1") > silent + 20)


def test_sim_shutdown_is_obeyed_by_an_obedient_partition(open_sim: Sim) -> None:
    assert open_sim.run("part shutdown P1 --yes")[0] == Status.FAILED
    open_sim.fault("obedient P1")
    assert open_sim.ask("part shutdown P1 --yes")["completed"]


def test_sim_says_and_traces(open_sim: Sim) -> None:
    sim = open_sim
    sim.fault("say P3 a word: {life}")
    until(lambda: "a word: 1\n" in sim.text("P3"))
    sim.fault("mark P3 77 1 0xff")
    assert [(r["code"], r["payload"][:2]) for r in sim.records("trace read P3")][-1] == (
        77,
        [1, 255],
    )


# ---- the board ------------------------------------------------------------------------------------


def test_sim_switches_plans_and_starts_again(sim: Sim) -> None:
    answer = sim.ask("plan switch maintenance --yes")
    assert answer["completed"]
    assert sim.ask("sys status")["plan"]["current"] == 1
    boot = sim.ask("sys status")["boot_id"]
    assert sim.ask("sys reset --warm --yes")["completed"]
    status = sim.ask("sys status")
    assert status["boot_id"] == boot + 1 and status["plan"]["current"] == 0


def test_sim_plan_switch_waits_for_the_end_of_the_frame(make: Callable[..., Sim]) -> None:
    sim = make(config=DEMO)
    sim.ask("plan switch degraded --yes")
    plan = sim.ask("sys status")["plan"]
    assert (plan["current"], plan["previous"]) == (2, 0)
    # Frames of 100 ms until then, all of them whole; 10 ms is when frame 0 began.
    assert plan["switch_time_us"] == 10_000 + 100_000 * plan["switch_frame"]


def test_sim_schedule_error_switches_to_maintenance(make: Callable[..., Sim]) -> None:
    sim = make(config=DEMO)
    sim.fault("hm hypervisor SCHED_ERROR")
    assert sim.ask("sys status")["plan"]["current"] == 1
    assert sim.records()[-1]["action_name"] == "SWITCH_TO_MAINTENANCE"


def test_sim_slots_stay_on_the_grid_of_a_plan_that_began_at_once(make: Callable[..., Sim]) -> None:
    sim = make("--do", "at 3.0123: hm hypervisor SCHED_ERROR", config=DEMO)
    until(lambda: sim.ask("sys status")["plan"]["current"] == 1)
    status = sim.ask("sys status")
    # The supervisor answers at the start of its slot, which is that of the frame.
    assert (status["board_time_us"] - status["plan"]["switch_time_us"]) % 50_000 == 0


@pytest.mark.parametrize("mode, resets", [("warm", 1), ("cold", 0)])
def test_sim_reset_keeps_the_logs_and_loses_the_consoles(
    open_sim: Sim, mode: str, resets: int
) -> None:
    sim = open_sim
    sim.fault("hm P1 APP_DEADLINE_MISSED 3")
    until(lambda: sim.printed("P1") > 60)
    sim.fault(f"restart {mode}")
    until(lambda: sim.run("ping --timeout 0.3")[0] == Status.DONE)
    status = sim.ask("sys status")
    assert (status["boot_id"], status["reset_counter"]) == (2, resets)
    assert [row["boot_id"] for row in sim.records()] == [1, 1, 1]
    assert sim.text("P1").startswith("P1: life 1")


def test_sim_lost_power_begins_the_logs_anew(sim: Sim) -> None:
    sim.fault("hm P1 APP_DEADLINE_MISSED 3")
    assert len(sim.ask("hm read")) == 3
    sim.fault("restart power")
    assert not sim.ask("hm read")


def test_sim_halted_board_is_silent_until_it_is_restarted(open_sim: Sim) -> None:
    open_sim.fault("halt")
    assert open_sim.run("ping --timeout 0.3")[0] == Status.NO_LINK
    open_sim.fault("restart cold")
    until(lambda: open_sim.run("ping --timeout 0.3")[0] == Status.DONE)


def test_sim_clock_drift_is_seen_by_pings(make: Callable[..., Sim]) -> None:
    sim = make("--speed", "1")
    sim.fault("drift -90000")

    rows = [row for row in sniffed(sim) if row["type"] == "reply"]
    board = [int(re.findall(r"board_time_us: (\d+)", row["content"])[0]) for row in rows]
    ground = rows[-1]["ground_time_us"] - rows[0]["ground_time_us"]
    # The board may be late by what a busy machine takes from it, but never early.
    assert (board[-1] - board[0]) / ground < 0.95


def test_sim_board_with_another_key_takes_no_command(keyed_sim: Sim) -> None:
    sim = keyed_sim
    sim.fault("key other")
    assert sim.run("part halt P1 --yes --timeout 0.5")[0] != Status.DONE
    sim.fault("key own")
    link = sim.ask("link status")
    assert sim.state("P1") == "ready" and link["board"]["key_errors"] == 0


def test_sim_small_credit_is_told_and_kept(open_sim: Sim) -> None:
    open_sim.fault("credit 128")
    link = open_sim.ask("link status")["board"]
    assert link["rx_ring_bytes"] == 128 and link["credit"] <= 128
    assert open_sim.ask("part reset P1 --warm --yes")["completed"]
    assert open_sim.ask("link status")["board"]["rx_dropped"] == 0


# ---- the line -------------------------------------------------------------------------------------


def test_sim_line_that_loses_and_damages_costs_only_time(sim: Sim) -> None:
    for line in ("drop 0.1", "ber 2e-5", "dup 0.1", "reorder 0.1", "burst 0.02"):
        sim.fault(line)
    for _ in range(4):
        assert len(sim.ask("part list --timeout 30")) == 4
    assert sim.ask("part reset P1 --warm --yes --timeout 30")["completed"]
    assert sim.ask("part show P1 --timeout 30")["reset_counter"] == 1


@pytest.mark.parametrize(
    "fault, counters",
    [
        ("ber 4e-4", ("crc_errors", "length_errors", "console_bytes")),
        ("burst 0.2", ("crc_errors", "length_errors", "console_bytes")),
        ("dup 1", ("replay_errors",)),
    ],
)
def test_sim_line_fault_is_counted_by_the_board(
    keyed_sim: Sim, fault: str, counters: tuple[str, ...]
) -> None:
    sim = keyed_sim
    sim.fault(fault)

    def counted() -> bool:
        sim.run("ping --count 5 --timeout 5")
        status, out, _ = sim.run("link status --timeout 10")
        return status == Status.DONE and any(json.loads(out)["board"][key] for key in counters)

    until(counted)
    sim.fault("clear")
    before = sim.ask("link status")["board"]
    sim.ask("ping --count 5")
    assert all(sim.ask("link status")["board"][key] == before[key] for key in counters)


def counters(sim: Sim) -> list[int]:
    """Of the frames from the board in a session, as they come."""
    return [row["counter"] for row in sniffed(sim) if row["direction"] == "rx" and row["session"]]


def test_sim_frames_overtake_each_other(keyed_sim: Sim) -> None:
    seen = counters(keyed_sim)
    assert seen and seen == sorted(seen)
    keyed_sim.fault("reorder 0.5")
    until(lambda: (seen := counters(keyed_sim)) != sorted(seen))


def test_sim_dropped_frames_do_not_come(open_sim: Sim) -> None:
    open_sim.fault("drop 1")
    assert open_sim.run("ping --timeout 0.3")[0] == Status.NO_LINK
    open_sim.fault("drop 0")
    open_sim.ask("ping")


def test_sim_mute_line_loses_and_stalled_line_keeps(open_sim: Sim) -> None:
    sim = open_sim

    def good() -> int:
        count = sim.ask("link status")["board"]["frames_good"]
        assert isinstance(count, int)
        return count

    before = good()
    alone = good() - before  # what looking costs
    for fault, kept in (("mute", False), ("stall", True)):
        before = good()
        sim.fault(f"{fault} 3600")
        assert sim.run("ping --timeout 0.3")[0] == Status.NO_LINK
        sim.fault(f"{fault} 0")
        assert (good() - before > alone) == kept, fault


def test_sim_slow_line_takes_its_time(make: Callable[..., Sim]) -> None:
    sim = make("--baud", "2400", "--speed", "20")
    for _ in range(8):
        sim.fault("say P1 " + 60 * "x")
    before = sim.board_us()
    text = sim.text("P1", "--timeout 60")
    assert sim.board_us() - before >= len(text) * 10 * 1_000_000 / 2400


def test_sim_cut_connection_is_opened_again(open_sim: Sim, tmp_path: Path) -> None:
    sim = open_sim
    told = tmp_path / "told"
    line = "hm read --follow --from 1 --count 2 --format jsonl --link"
    with told.open("w") as out:
        follower = subprocess.Popen(
            [sys.executable, str(XMG), *line.split(), sim.link],
            env=sim.environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
    try:
        sim.fault("hm P1 APP_DEADLINE_MISSED")
        until(lambda: told.read_text().count("\n") == 1)
        sim.fault("cut")
        sim.fault("hm P1 APP_DEADLINE_MISSED")
        assert follower.wait(LIMIT_S) == Status.DONE
    finally:
        follower.kill()
    assert [json.loads(line)["seq"] for line in told.read_text().splitlines()] == [1, 2]
    assert sim.log.read_text().count("a console is there") == 2


def test_sim_dumps_what_its_memory_holds(sim: Sim, tmp_path: Path) -> None:
    """Without its supervisor: what the console reads can be compared with it."""
    until(lambda: sim.text("P1"))
    sim.type("trace 1 3")
    sim.type("trace 2 3")  # P2 has no trace
    sim.type("hm 2")
    sim.type("dump /dev/null/nowhere/dump")
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


# ---- what it is given -----------------------------------------------------------------------------


def test_sim_takes_any_configuration_with_its_logs_sizes(make: Callable[..., Sim]) -> None:
    sim = make(config=ROOT / "configs" / "bench-storm" / "system.xml")
    assert sim.ask("hello")["system"] == "bench_storm"


def test_sim_what_is_not_understood_changes_nothing(open_sim: Sim) -> None:
    lines = ["crash nobody", "crash 9", "ber 2", "frob", "restart", "say", "late -1", "hm P1 FROB"]
    lines += ["book hm 0", "book hm 100000", "key mine", "at soon: crash P1", "slot P1 0: hang P1"]
    lines += ["every P9 1: hang P1", "start P1: frob", "send P1 nowhere", "x" * 400]
    for line in lines:
        status, said = open_sim.refused(line)
        assert status == Status.USAGE and said.startswith("xmg: "), line
    open_sim.type("x" * 2000)
    assert [row["state"] for row in open_sim.ask("part list")] == ["ready"] * 4


def test_sim_fault_without_a_board(open_sim: Sim) -> None:
    assert open_sim.close() == 0
    status, said = open_sim.refused("state")
    assert status == Status.NO_LINK and "start `xmg sim`" in said


@pytest.mark.parametrize(
    "options, said",
    [
        (["--port=70000"], "--port"),
        (["--speed=0"], "--speed"),
        (["--baud=x"], "--baud"),
        (["--seed=-1"], "--seed"),
        (["--do=frob"], "frob"),
        (["--config=/dev/null/nowhere"], "cannot read /dev/null/nowhere"),
        ([f"--config={__file__}"], "is no configuration: xmcparser said"),
        ([f"--config={PLAIN}", "--mission=/dev/null/nowhere"], "/dev/null/nowhere"),
        ([f"--config={PLAIN}", f"--mission={PLAIN}"], "line 1"),
    ],
)
def test_sim_wrong_option(options: list[str], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(XMG), "sim", "--port=0", *options],
        env=os.environ | {"XMG_KEY": "none", "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == Status.USAGE and said in done.stderr


def test_sim_runs_for_hours_in_the_same_memory(make: Callable[..., Sim]) -> None:
    sim = make("--speed", "2000", config=DEMO)

    def resident() -> int:
        text = Path(f"/proc/{sim.process.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1])

    until(lambda: sim.board_us() > 600_000_000)
    early = resident()
    until(lambda: sim.board_us() > 3 * 3_600_000_000)
    assert resident() <= early + 64
    assert sim.ask("book list")
