#!/usr/bin/python3
"""Run every suite of the project and count honestly; the last line is "N passed, N failed[, N skipped]".

Each suite is one command with its own time-out. What counts is the summary it prints (pytest, cmocka, TAP, or a line
"N passed, N failed"), checked against its exit status: a suite that crashes, hangs, prints no summary or runs no test
counts as one failure, so that a broken suite can never look like a passing one.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Suite:
    name: str
    targets: str  # of make, or "" with a command
    timeout_s: int


# In the order of their cost: what fails quickly is seen first.
SUITES = [
    Suite("docs current", "docs-check", 60),
    Suite("tests named", "covered", 60),
    Suite("layers", "lint-c", 120),
    Suite("console's Python", "lint-python", 300),
    Suite("runner", "runner-test", 120),
    Suite("core (host)", "unit", 600),
    Suite("configuration", "config-test", 600),
    Suite("image tools", "tools-test", 600),
    Suite("libxm", "libxm-test", 600),
    Suite("supervisor", "supervisor-test", 900),
    Suite("Ethernet", "qemu-test ethernet-test ethernet-network-test", 2700),  # builds that QEMU; more suites use it
    Suite("fuzzing", "fuzz-test", 600),
    Suite("ground", "ground-test", 1500),
    Suite("examples", "examples-test", 300),
    Suite("link under noise", "link-test", 600),
    Suite("demos", "demo-test", 600),
    Suite("web page", "web-test", 900),
    Suite("3.x projects", "compat-test", 900),
    Suite("system (QEMU)", "check", 1800),
    Suite("campaigns (small)", "campaign-small", 900),
]


@dataclass
class Result:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: list[str] = field(default_factory=list)  # why tests were skipped
    remark: str = ""  # what is wrong with the suite itself


# The summaries of one run are added up: a make target may run several programs.
PYTEST = re.compile(r"^(?:=+ )?((?:\d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?)(?:, )?)+) in [\d.:()hms ]+s?.*$")
PLAIN = re.compile(r"^(?:[\w./-]+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped(?:: (.*))?)?$")
CMOCKA = re.compile(r"^\[  (PASSED|FAILED|SKIPPED)  \] .*?(\d+) test\(s\)")
TAP = re.compile(r"^(not )?ok \d+(?:.*# SKIP *(.*))?", re.IGNORECASE)
SKIP_REASON = re.compile(r"^SKIPPED \[\d+\] (.*)$")


def parse(output: str) -> Result:
    """Add up all summaries in the output of a suite."""
    result = Result()
    for line in output.splitlines():
        line = re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip()
        if match := PLAIN.match(line):
            result.passed += int(match.group(1))
            result.failed += int(match.group(2))
            result.skipped += int(match.group(3) or 0)
            if match.group(4):
                result.reasons.append(match.group(4))
        elif match := PYTEST.match(line):
            for number, kind in re.findall(r"(\d+) (\w+)", match.group(1)):
                if kind in ("passed", "xfailed"):
                    result.passed += int(number)
                elif kind in ("failed", "error", "errors", "xpassed"):
                    result.failed += int(number)
                elif kind == "skipped":
                    result.skipped += int(number)
        elif match := CMOCKA.match(line):
            kind = {"PASSED": "passed", "FAILED": "failed", "SKIPPED": "skipped"}[match.group(1)]
            setattr(result, kind, getattr(result, kind) + int(match.group(2)))
        elif match := TAP.match(line):
            if match.group(2) is not None:
                result.skipped += 1
                result.reasons.append(match.group(2))
            elif match.group(1):
                result.failed += 1
            else:
                result.passed += 1
        elif match := SKIP_REASON.match(line):
            result.reasons.append(match.group(1))
    return result


def judge(result: Result, status: int | None, timeout_s: int) -> Result:
    """Correct the counts by what the exit status says; None: killed at its time-out."""
    if status is None:
        result.remark = f"stopped after {timeout_s} s"
        result.failed = max(result.failed, 1)
    elif result.passed + result.failed + result.skipped == 0:
        result.remark = f"no test summary (exit status {status})"
        result.failed = 1
    elif status != 0 and result.failed == 0:
        result.remark = f"exit status {status} although no test failed"
        result.failed = 1
    elif status == 0 and result.failed > 0:
        result.remark = "exit status 0 although tests failed"
    elif result.passed + result.failed == 0:
        result.remark = "every test was skipped"
        result.failed = 1
    return result


def run_command(command: list[str], timeout_s: int, cwd: Path = ROOT) -> tuple[str, int | None]:
    """Output and exit status of a command in its own process group, which is ended as a whole when time is up."""
    process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=timeout_s)
        status: int | None = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        status = None
    return output.decode("utf-8", "replace"), status


def run_suite(suite: Suite, build_dir: str) -> Result:
    command = ["make", "-s", "--no-print-directory", f"BUILD={build_dir}", *suite.targets.split()]
    start = time.monotonic()
    output, status = run_command(command, suite.timeout_s)
    result = judge(parse(output), status, suite.timeout_s)
    verdict = "ok" if result.failed == 0 else "FAILED"
    print(f"--- {suite.name}: {verdict}, {result.passed} passed, {result.failed} failed, {result.skipped} skipped"
          f" ({time.monotonic() - start:.0f} s){': ' + result.remark if result.remark else ''}", flush=True)
    if result.failed:
        print(output.rstrip()[-20000:], flush=True)
    return result


def total_line(results: list[Result]) -> str:
    passed, failed, skipped = (sum(getattr(r, kind) for r in results) for kind in ("passed", "failed", "skipped"))
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def main() -> int:
    parser = argparse.ArgumentParser(description="Run all suites.")
    parser.add_argument("suites", nargs="*", help="only suites whose name starts with one of these")
    parser.add_argument("--build", default="build", help="build directory, relative to the tree")
    options = parser.parse_args()
    chosen = [s for s in SUITES if not options.suites or any(s.name.startswith(name) for name in options.suites)]
    if not chosen:
        print("no such suite; there are: " + ", ".join(suite.name for suite in SUITES), file=sys.stderr)
        return 2

    results = [run_suite(suite, options.build) for suite in chosen]
    print(f"\n{'suite':16} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for suite, result in zip(chosen, results):
        print(f"{suite.name:16} {result.passed:7} {result.failed:7} {result.skipped:8}  {result.remark}")
    for suite, result in zip(chosen, results):
        for reason in result.reasons if result.skipped else []:
            print(f"skipped in {suite.name}: {reason}")
    print(total_line(results))
    return 1 if any(result.failed for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
