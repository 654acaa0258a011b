#!/usr/bin/python3
"""Check the console's Python: types by mypy, form by black (both configured in ground-tools/pyproject.toml).

Each is counted as one test; what they find is printed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CONSOLE = Path(__file__).resolve().parents[1] / "ground-tools"
CHECKS = {"types": ["mypy", "."], "form": ["black", "--check", "--quiet", "--diff", "."]}


def main() -> int:
    failed = 0
    for name, words in CHECKS.items():
        done = subprocess.run([sys.executable, "-m", *words], cwd=CONSOLE, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        failed += done.returncode != 0
        print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}")
        if done.returncode:
            print(done.stdout + done.stderr, end="")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
