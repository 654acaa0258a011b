#!/usr/bin/python3
"""Run unit test programs and add up their results; the last line is "N passed, N failed".

A program that crashes, hangs or runs no test counts as one failure: its remaining tests are unknown.
"""

import re
import subprocess
import sys

TIMEOUT_S = 120
PASSED = re.compile(r"^\[  PASSED  \] (\d+) test", re.MULTILINE)
FAILED = re.compile(r"^\[  FAILED  \] .*?(\d+) test\(s\)", re.MULTILINE)


def run(program: str) -> tuple[int, int]:
    """Tests passed and failed; the output is shown, indented, if anything failed."""
    try:
        process = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S,
                                 check=False, text=True, errors="replace")
        output, status = process.stdout, process.returncode
    except subprocess.TimeoutExpired as expired:
        output, status = str(expired.stdout), -1
    passed = sum(map(int, PASSED.findall(output)))
    failed = sum(map(int, FAILED.findall(output)))
    if failed == 0 and (status != 0 or passed == 0):
        failed = 1
        output += f"\n{program}: ended with status {status} without a result"
    if failed:
        print("\n".join("  | " + line for line in output.splitlines()))
    print(f"{program.rsplit('/', 1)[-1]:20} {passed:4} ok {failed:4} failed")
    return passed, failed


def main() -> int:
    results = [run(program) for program in sys.argv[1:]]
    passed, failed = (sum(column) for column in zip(*results)) if results else (0, 1)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
