#!/usr/bin/python3
"""Run the supervisor's test programs and wire tests; the last line is "N passed, N failed".

A program prints TAP (cmocka's, or its own). One that crashes or runs out of time counts as one more
failure.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM_TIMEOUT_S = 600


def run(command, environment):
    """Output and exit status; status None: out of time."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PROGRAM_TIMEOUT_S,
        )
        return done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").decode("utf-8", "replace"), None


def run_program(program):
    """(passed, failed) of one TAP program."""
    output, status = run([program], {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
    passed = len(re.findall(r"^ok ", output, re.M))
    failed = len(re.findall(r"^not ok ", output, re.M))
    if failed == 0 and (status != 0 or passed == 0):
        failed = 1
    if failed:
        print(re.sub(r"^", "    ", output, flags=re.M))
        print(f"{program}: exit status {status}")
    return passed, failed


def run_wire(python_path, board):
    """(passed, failed) of test_wire.py."""
    environment = {
        **os.environ,
        "PYTHONPATH": python_path,
        "XM_BOARD": board,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    output, status = run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(HERE / "test_wire.py"),
        ],
        environment,
    )
    counts = dict(
        (kind, int(number)) for number, kind in re.findall(r"(\d+) (passed|failed|error)", output)
    )
    passed, failed = counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)
    if failed == 0 and (status != 0 or passed == 0):
        failed = 1
    if failed:
        print(re.sub(r"^", "    ", output, flags=re.M))
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python-path", required=True, help="folder of supervisor_pb2.py")
    parser.add_argument(
        "--board", required=True, help="program that is the board on standard input and output"
    )
    parser.add_argument("programs", nargs="+", help="TAP programs")
    options = parser.parse_args()
    results = [run_program(program) for program in options.programs]
    results.append(run_wire(options.python_path, options.board))
    passed, failed = (sum(result[n] for result in results) for n in (0, 1))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
