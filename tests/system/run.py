#!/usr/bin/python3
"""Run the system tests: build each folder of tests/system as a system, boot it on QEMU, compare what the UART prints.

A test is a folder <area>_<outcome>/ whose name is the claim. It holds system.xml, the partition sources and

  expect      lines that must appear on the UART, whole and in this order; '~' starts a regular expression for a whole line,
              '!' a line (or '!~' an expression) that must not appear anywhere, '#' a comment
  check.py    optional: check(lines) raises AssertionError for claims that an ordered list cannot say
  drive.py    optional: drive(port) talks to the system, whose UART is then a TCP server on that port of 127.0.0.1, and
              returns the lines to compare; QEMU waits out idle time, and stops with the driver. It may import xmground
  qemu.xm     optional, a sentence: why it needs the QEMU that `make qemu` builds; without that one the test is skipped
  qemu.args   optional: further arguments for QEMU; @PORT@ in them is the driver's port, a number that is free for this run

Without drive.py QEMU counts instructions as time (-icount), so timing is the same on every machine and every run, and the
system must end by itself with XM_halt_system().
"""

from __future__ import annotations

import argparse
import concurrent.futures
import fnmatch
import importlib.util
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TESTS = Path(__file__).resolve().parent
QEMU = ["-M", "leon3_generic", "-display", "none", "-monitor", "none"]
QEMU_TIMEOUT_S = 150  # trap_interrupt_at_each_instruction takes 18 s of a processor, which seven may want
BUILD_TIMEOUT_S = 300
TAIL_LINES = 60


class Failed(Exception):
    """The claim does not hold, or the system could not be built or run; the text says why."""


class Skipped(Exception):
    """What the test needs is not there; the text says what."""


def qemu(name: str, build_dir: str) -> list[str]:
    """The QEMU that the test needs, with what it always gets."""
    if not (TESTS / name / "qemu.xm").exists():
        return ["qemu-system-sparc"] + QEMU
    program = ROOT / build_dir / "bin" / "qemu-system-sparc-xm"
    if not program.exists():
        raise Skipped("no QEMU with Ethernet (make qemu)")
    return [str(program)] + QEMU


def find_tests(patterns: list[str]) -> list[str]:
    """Names of the test folders that match any of the shell patterns."""
    names = sorted(path.parent.name for path in TESTS.glob("*/system.xml"))
    return [name for name in names if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]


def build(name: str, build_dir: str) -> Path:
    """Build the test's system; returns the bootable ELF."""
    out = f"{build_dir}/tests/system/{name}"
    command = ["make", "-s", "--no-print-directory", "-f", "tools/system.mk", f"BUILD={build_dir}",
               f"SYSTEM_DIR=tests/system/{name}", f"SYSTEM_OUT={out}"]
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=BUILD_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"the build took more than {BUILD_TIMEOUT_S} s") from error
    if done.returncode != 0:
        raise Failed("the system does not build:\n" + done.stdout)
    return ROOT / out / "system.elf"


def extra_arguments(name: str, port: int | None = None) -> list[str]:
    path = TESTS / name / "qemu.args"
    return shlex.split(path.read_text().replace("@PORT@", str(port))) if path.exists() else []


def split_lines(output: bytes) -> list[str]:
    return [line.rstrip() for line in output.decode("latin-1").replace("\r", "").split("\n")]


def boot(name: str, elf: Path, build_dir: str) -> list[str]:
    """Run a system that ends by itself; returns what its UART printed."""
    command = qemu(name, build_dir) + ["-serial", "stdio", "-icount", "shift=5,sleep=off", "-kernel", str(elf)] + extra_arguments(name)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output, _ = process.communicate(timeout=QEMU_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        raise Failed(f"it hangs: not finished after {QEMU_TIMEOUT_S} s\n" + tail(split_lines(output))) from None
    lines = split_lines(output)
    if process.returncode == -signal.SIGABRT:
        raise Failed("the processor went to error mode\n" + tail(lines))
    if process.returncode != 0:
        raise Failed(f"QEMU ended with status {process.returncode}\n" + tail(lines))
    return lines


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until QEMU listens; the probe's connection is closed again before the driver connects."""
    end = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Failed("QEMU does not listen on its serial port")


def drive(name: str, elf: Path, build_dir: str) -> list[str]:
    """Run a system with the test's own driver on its UART; returns the driver's lines."""
    os.environ["XM_BUILD"] = str(ROOT / build_dir)
    if str(ROOT / "ground-tools") not in sys.path:
        sys.path.insert(0, str(ROOT / "ground-tools"))
    port = free_port()
    command = ["timeout", str(QEMU_TIMEOUT_S)] + qemu(name, build_dir) + [
        # still counting instructions: a busy host must not make slots late, which is an event of the health monitor
        "-icount", "shift=5,sleep=on",
        "-serial", f"tcp:127.0.0.1:{port},server=on,wait=off", "-kernel", str(elf)] + extra_arguments(name, port)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for_port(port, process)
        return list(load(TESTS / name / "drive.py").drive(port))
    except AssertionError as error:
        raise Failed(f"drive.py: {error}") from error
    finally:
        process.terminate()
        process.wait(timeout=10)


def tail(lines: list[str]) -> str:
    cut = [f"  ... {len(lines) - TAIL_LINES} lines before"] if len(lines) > TAIL_LINES else []
    return "\n".join(cut + ["  | " + line for line in lines[-TAIL_LINES:]])


def matches(wanted: str, line: str) -> bool:
    if wanted.startswith("~"):
        return re.fullmatch(wanted[1:], line) is not None
    return wanted == line


def compare(name: str, lines: list[str]) -> None:
    """Raise Failed with the first difference between expect and the lines."""
    wanted = [line.rstrip() for line in (TESTS / name / "expect").read_text().splitlines()]
    wanted = [line for line in wanted if line and not line.startswith("#")]
    if not any(not line.startswith("!") for line in wanted):
        raise Failed("its expect file demands nothing")
    position = 0
    for want in wanted:
        if want.startswith("!"):
            hit = next((line for line in lines if matches(want[1:], line)), None)
            if hit is not None:
                raise Failed(f"forbidden line: {hit}\n" + tail(lines))
            continue
        found = next((i for i in range(position, len(lines)) if matches(want, lines[i])), None)
        if found is None:
            where = "in its place" if any(matches(want, line) for line in lines) else "at all"
            raise Failed(f"line not found {where}: {want}\n" + tail(lines))
        position = found + 1
    check = TESTS / name / "check.py"
    if check.exists():
        try:
            load(check).check(lines)
        except AssertionError as error:
            raise Failed(f"check.py: {error}\n" + tail(lines)) from error


class Outcome(NamedTuple):
    word: str  # ok, FAIL or skip
    reason: str = ""


def run(name: str, build_dir: str) -> Outcome:
    """Run one test; says why, unless its claim holds."""
    try:
        elf = build(name, build_dir)
        driven = (TESTS / name / "drive.py").exists()
        lines = drive(name, elf, build_dir) if driven else boot(name, elf, build_dir)
        compare(name, lines)
    except Skipped as skipped:
        return Outcome("skip", str(skipped))
    except Failed as failure:
        return Outcome("FAIL", str(failure))
    except Exception as error:  # a broken test must be counted as one that failed, and the others must go on
        return Outcome("FAIL", f"{type(error).__name__}: {error}")
    return Outcome("ok")


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the system tests on QEMU.")
    parser.add_argument("patterns", nargs="*", default=["*"], help="shell patterns of test names (default: all)")
    parser.add_argument("--build", default="build", help="build directory, relative to the tree")
    parser.add_argument("--jobs", type=int, default=2, help="tests at a time (default 2)")
    options = parser.parse_args()

    names = find_tests(options.patterns)
    if not names:
        print(f"no test of tests/system matches {' '.join(options.patterns)}", file=sys.stderr)
        print("0 passed, 1 failed")
        return 1
    build_dir = os.path.relpath(options.build, ROOT) if os.path.isabs(options.build) else options.build
    # What all systems share is built by the first one alone: parallel runs of make would write the same files.
    first = run(names[0], build_dir)
    with concurrent.futures.ThreadPoolExecutor(max_workers=options.jobs) as pool:
        results = [(names[0], first)] + list(zip(names[1:], pool.map(lambda n: run(n, build_dir), names[1:])))
        outcomes = []
        for name, outcome in results:
            outcomes.append(outcome)
            print(f"{outcome.word:4} {name}" + (f": {outcome.reason}" if outcome.reason else ""), flush=True)
    words = [outcome.word for outcome in outcomes]
    reasons = sorted({outcome.reason for outcome in outcomes if outcome.word == "skip"})
    print(f"{words.count('ok')} passed, {words.count('FAIL')} failed"
          + (f", {words.count('skip')} skipped: {'; '.join(reasons)}" if reasons else ""))
    return 1 if "FAIL" in words else 0


if __name__ == "__main__":
    sys.exit(main())
