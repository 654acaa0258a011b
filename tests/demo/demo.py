#!/usr/bin/python3
"""Boot the demo system on QEMU and drive it with the console xmg through an operator's session.

With --ethernet it is demo-eth on the QEMU that `make qemu` builds, and the session goes over UDP and QEMU's user network.

Each command is printed with its answer as an operator sees it; what it claims is then checked on the machine-readable form of
the same data. Exit status 0 only if every step did what it says. The emulator is stopped whatever happens: it runs under
its own time limit, too, in case this program is killed.

While the target idles its time is the host's. A host that stands still for longer than a slot makes the board miss it, which
is an event of the health monitor and ends in the maintenance plan: no fault of the board's, so the session begins anew, once.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
XMG = ROOT / "ground-tools" / "xmg"
QEMU = "qemu-system-sparc"
SESSIONS = 2  # at most
SESSION_LIMIT_S = 150
STEP_LIMIT_S = 45
COMMAND_LIMIT_S = 40
POLL_S = 0.3

SUM_SLOT_BYTES = 8192  # supervisor/memory.h
FOREIGN_ADDRESS = 0x40300000  # configs/demo/payload.c writes there: the consumer's memory


class StepFailed(Exception):
    """A step did not do what it says."""


def say(text: str) -> None:
    print(text, flush=True)


class Interrupted(StepFailed):
    """Somebody wants an end."""


class Console:
    """Runs xmg as an operator would."""

    def __init__(self, link: str, build_dir: Path) -> None:
        self._environment = os.environ | {"XMG_LINK": link, "XM_BUILD": str(build_dir), "NO_COLOR": "1"}

    def _run(self, arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run([str(XMG), *shlex.split(arguments)], env=self._environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=COMMAND_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            raise StepFailed(f"xmg {arguments} did not end within {COMMAND_LIMIT_S} s") from error

    def show(self, arguments: str) -> str:
        """Run a command, print it and its answer, demand exit status 0; returns the answer."""
        say(f"\n$ xmg {arguments}")
        done = self._run(arguments)
        answer = done.stdout + done.stderr
        say("\n".join(line.rstrip() for line in answer.rstrip().splitlines()))
        if done.returncode != 0:
            raise StepFailed(f"xmg {arguments} ended with status {done.returncode}")
        return answer

    def refuse(self, arguments: str, status: int, claim: str) -> None:
        """Run a command that must end with that exit status."""
        say(f"\n$ xmg {arguments}")
        done = self._run(arguments)
        say(done.stderr.rstrip())
        demand(done.returncode == status, f"{claim}: status {status}")

    def ask(self, arguments: str) -> Any:
        """The same data in JSON, unseen; None when the command fails (polling goes on)."""
        done = self._run(arguments + " --format json")
        if done.returncode != 0:
            return None
        return json.loads(done.stdout)


def wait_until(what: str, probe: Callable[[], Any]) -> Any:
    """Poll until the probe gives something true; returns it."""
    end = time.monotonic() + STEP_LIMIT_S
    while time.monotonic() < end:
        found = probe()
        if found:
            return found
        time.sleep(POLL_S)
    raise StepFailed(f"waited {STEP_LIMIT_S} s in vain: {what}")


def demand(condition: object, claim: str) -> None:
    if not condition:
        raise StepFailed(f"this does not hold: {claim}")
    say(f"  [holds] {claim}")


def rows_by(rows: list[dict[str, Any]] | None, key: str) -> dict[Any, dict[str, Any]]:
    return {row[key]: row for row in rows or []}


# ---- the session ------------------------------------------------------------------------------------------------------


def list_partitions_and_plans(console: Console) -> None:
    console.show("part list")
    partitions = rows_by(console.ask("part list"), "name")
    demand(list(partitions) == ["supervisor", "sensor", "consumer", "payload"], "four partitions, in the order of system.xml")
    demand([name for name, row in partitions.items() if row["system"]] == ["supervisor"], "only the supervisor is a system partition")
    console.show("plan list")
    plans = console.ask("plan list") or []
    demand([plan["name"] for plan in plans] == ["nominal", "maintenance", "degraded"], "three plans")
    demand(plans[0]["running"] == "now", "plan nominal is running")


def read_the_crash(console: Console) -> None:
    say("\n(the payload crashes on purpose: after two seconds it writes into the consumer's memory)")
    wait_until("the payload is halted", lambda: (console.ask("part show payload") or {}).get("state") == "halted")
    console.show("console read payload")
    console.show("hm read")
    records = [row for row in console.ask("hm read") or [] if row["kind"] == "record" and row["partition_name"] == "payload"]
    demand(len(records) == 1, "the logbook has one record about the payload")
    record = records[0]
    demand("DATA_ACCESS_EXCEPTION" in record["event_name"], f"the event is an access violation: {record['event_name']}")
    demand(record["fault_address"] == FOREIGN_ADDRESS, f"the address is {FOREIGN_ADDRESS:#x}")
    demand(record["time_us"] > 1_000_000, f"it happened {record['time_us'] / 1e6:.6f} s after boot")
    demand("HALT" in record["action_name"].upper(), f"the configured action was taken: {record['action_name']}")
    console.show("part list")
    states = {name: row["state"] for name, row in rows_by(console.ask("part list"), "name").items()}
    demand(states.pop("payload", None) == "halted" and set(states.values()) == {"ready"}, "the payload is halted, all others run on")


def look_into_channels_and_memory(console: Console) -> None:
    console.show("port list")
    ports = {(row["partition_name"], row["name"]): row for row in console.ask("port list") or []}
    sampling, queue = ports["sensor", "attitude"], ports["consumer", "measurements"]
    demand(sampling["sent"] > 0 and sampling["valid"] and sampling["peers"] == ["consumer.attitude"], "the sensor's attitude is valid")
    demand(queue["received"] > 0 and queue["refused"] == 0, "no measurement was refused by a full queue")
    start = (console.ask("mem list payload") or [])[0]["start"]
    console.show(f"mem dump payload {start:#x} 64")
    answer = console.show(f"mem check payload {start:#x} {16 * SUM_SLOT_BYTES}")
    demand("16 slots" in answer, "the CRC-32C of 128 KiB was made over 16 slots")
    dumped = console.ask(f"mem dump payload {start:#x} 8192") or {}
    summed = console.ask(f"mem check payload {start:#x} 8192") or {}
    demand(dumped.get("complete") and dumped.get("crc32c") == summed.get("crc32c"),
           "the halted payload's memory was read whole, and its CRC-32C is the board's")
    console.refuse("mem dump payload 0x40000000 16", 2, "the hypervisor's memory cannot be read")
    console.refuse("mem dump supervisor 0x40100000 16", 4, "nor the supervisor's, which has the keys")


def restart_the_payload(console: Console) -> None:
    console.show("part reset payload --warm --yes")
    state = console.ask("part show payload") or {}
    demand(state.get("state") == "ready" and state.get("reset_counter") == 1, "the payload runs again, restarted exactly once")
    wait_until("the payload's console shows its second life", lambda: "payload: life 2, frame" in console_text(console, "payload"))
    text = console.show("console read payload --last 120")
    demand("life 2" in text, "its console shows its second life")


def console_text(console: Console, partition: str) -> str:
    return "".join(row.get("text", "") for row in console.ask(f"console read {partition}") or [])


def printed_bytes(console: Console, partition: str) -> int | None:
    """Number of bytes a partition has printed since boot."""
    rows = [row for row in console.ask("book list") or [] if row["book"] == "console" and row["source_name"] == partition]
    return rows[0]["next"] if rows else None


def advanced(console: Console, partition: str, since: int, by: int) -> bool:
    now = printed_bytes(console, partition)
    return now is not None and now >= since + by


def switch(console: Console, name: str, number: int) -> None:
    """Switch plans; the confirmation must name the frame that the hypervisor recorded."""
    answer = console.show(f"plan switch {name} --yes")
    match = re.search(r"from frame (\d+)", answer)
    plan = (console.ask("sys status") or {}).get("plan", {})
    demand(plan.get("current") == number, f"plan {name} is running")
    demand(match and int(match.group(1)) == plan.get("switch_frame"), f"the switch is confirmed for frame {plan.get('switch_frame')}")


def fly_degraded(console: Console) -> None:
    switch(console, "degraded", 2)
    before = printed_bytes(console, "payload")
    sensor = printed_bytes(console, "sensor")
    demand(before is not None and sensor is not None, "the consoles of payload and sensor are listed")
    assert before is not None and sensor is not None
    wait_until("the sensor prints two reports more", lambda: advanced(console, "sensor", sensor, 100))
    console.show("book list")
    demand(printed_bytes(console, "payload") == before, "the payload is silent while the sensor goes on printing")


def fly_nominal_again(console: Console) -> None:
    before = printed_bytes(console, "payload") or 0
    switch(console, "nominal", 0)
    wait_until("the payload prints again", lambda: advanced(console, "payload", before, 40))
    console.show("console read payload --last 60")
    demand((console.ask("part show payload") or {}).get("reset_counter") == 1, "the payload went on in the same life")


def check_the_consumer(console: Console) -> None:
    text = console.show("console read consumer --last 400")
    reports = re.findall(r"(\d+) attitudes .*?, (\d+) measurements, (\d+) lost, (\d+) corrupt", text)
    demand(reports, "the consumer reports what it received")
    attitudes, measurements, lost, corrupt = (int(number) for number in reports[-1])
    demand(attitudes > 0 and measurements > 0 and lost == 0 and corrupt == 0, "no message was lost or damaged meanwhile")


STEPS: list[tuple[str, Callable[[Console], None]]] = [
    ("list partitions and plans", list_partitions_and_plans),
    ("a partition crashes; read the logbook", read_the_crash),
    ("look into its channels and memory", look_into_channels_and_memory),
    ("restart it and see its new life", restart_the_payload),
    ("switch to the degraded plan: the payload falls silent", fly_degraded),
    ("switch back", fly_nominal_again),
    ("the others flew on undisturbed", check_the_consumer),
]


# ---- the target -------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_target(qemu: str, arguments: list[str], elf: Path) -> subprocess.Popen[bytes]:
    command = [qemu, "-M", "leon3_generic", "-display", "none", "-monitor", "none",
               # time in instructions: a busy host slows the system down instead of making its slots late
               "-icount", "shift=5,sleep=on",
               *arguments, "-kernel", os.path.relpath(elf, ROOT)]
    say("$ " + " ".join(command) + " &")
    return subprocess.Popen(["timeout", str(SESSION_LIMIT_S + 15), *command], cwd=ROOT, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def stop_target(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # `timeout` passes it on to QEMU
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def target_answers(console: Console, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        assert process.stdout is not None
        raise StepFailed("the target ended by itself: " + process.stdout.read().decode("utf-8", "replace").strip())
    return console.ask("hello --timeout 2") is not None


def session(console: Console, process: subprocess.Popen[bytes]) -> None:
    wait_until("the supervisor answers", lambda: target_answers(console, process))
    console.show("hello")
    for number, (title, step) in enumerate(STEPS, 1):
        say(f"\n=== {number}. {title}")
        step(console)


def slot_missed(console: Console) -> bool:
    """Does the logbook say so?"""
    return any(row.get("event_name") == "SCHED_ERROR" for row in console.ask("hm read") or [])


def fly(options: argparse.Namespace, build_dir: Path) -> bool:
    """One session. False: the host stood still, so that it failed. Raises StepFailed."""
    qemu, system = (str(build_dir / "bin" / "qemu-system-sparc-xm"), "demo-eth") if options.ethernet else (QEMU, "demo")
    if options.ethernet and not os.access(qemu, os.X_OK):
        raise StepFailed(f"there is no {options.build}/bin/qemu-system-sparc-xm, and the stock QEMU has no Ethernet MAC: `make qemu` "
                         "builds it")
    port = free_port()
    arguments = ["-serial", f"tcp:127.0.0.1:{port},server=on,wait=off"]
    link = f"tcp:127.0.0.1:{port}"
    if options.ethernet:
        arguments += ["-nic", f"user,model=grlib-greth,hostfwd=udp:127.0.0.1:{port}-:5501"]
        link = f"udp:127.0.0.1:{port}"
    process = start_target(qemu, arguments, build_dir / system / "system.elf")
    console = Console(link, build_dir)
    signal.alarm(SESSION_LIMIT_S)
    try:
        session(console, process)
    except Interrupted:
        raise
    except StepFailed as failure:
        signal.alarm(0)
        if not slot_missed(console):
            raise
        say(f"\ndemo: {failure}\ndemo: the logbook has a SCHED_ERROR: this host stood still for longer than a slot")
        return False
    finally:
        signal.alarm(0)
        stop_target(process)
    return True


def on_signal(number: int, _frame: object) -> None:
    if number == signal.SIGALRM:
        raise StepFailed(f"the session took more than {SESSION_LIMIT_S} s")
    raise Interrupted("interrupted")


def main() -> int:
    parser = argparse.ArgumentParser(description="The demo: an operator's session with the demo system on QEMU.")
    parser.add_argument("--build", default="build", help="build directory, relative to the tree")
    parser.add_argument("--ethernet", action="store_true", help="demo-eth, over UDP")
    options = parser.parse_args()
    build_dir = ROOT / options.build
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, on_signal)
    start = time.monotonic()
    try:
        if not any(fly(options, build_dir) for _ in range(SESSIONS)):
            raise StepFailed(f"that happened in {SESSIONS} sessions one after the other")
    except StepFailed as failure:
        say(f"\ndemo: FAILED: {failure}")
        return 1
    say(f"\ndemo: all {len(STEPS)} steps did what they say, in {time.monotonic() - start:.0f} s; the emulator is stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
