"""An installed xm, as `make install DESTDIR=...` leaves it, and the programs to build and boot projects against it."""
import os
import re
import selectors
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = os.environ.get("BUILD", "build")
QEMU = ["qemu-system-sparc", "-M", "leon3_generic", "-display", "none", "-monitor", "none", "-serial", "stdio",
        "-icount", "shift=5,sleep=off"]
QEMU_TIMEOUT_S = 60
COMMAND_TIMEOUT_S = 300
# What belongs to the make that runs the tests must not reach the make of a project.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "CROSS")}


def run(*words, check=True, **options) -> subprocess.CompletedProcess:
    """One program; its output as text. Fails the test when it fails, unless check is False."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=COMMAND_TIMEOUT_S, env=ENVIRONMENT, check=False, **options)
    assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done


@dataclass
class Installed:
    prefix: Path

    @property
    def xal(self) -> Path:
        return self.prefix / "xal"

    def tool(self, name: str, *words, check=True, **options):
        return run(self.prefix / "bin" / name, *words, check=check, **options)


@pytest.fixture(scope="session")
def installed(tmp_path_factory) -> Installed:
    """The tree is moved after the installation: nothing in it may remember where it was."""
    staging = tmp_path_factory.mktemp("staging")
    run("make", "-s", "-C", ROOT, "install", f"DESTDIR={staging}", f"BUILD={BUILD}")
    moved = tmp_path_factory.mktemp("moved") / "xm"
    shutil.move(staging / "opt/xm", moved)
    return Installed(moved)


def matches(wanted: str, line: str) -> bool:
    return re.fullmatch(wanted[1:], line) is not None if wanted.startswith("~") else wanted == line


def boot(image: Path, wanted: list[str]) -> list[str]:
    """Lines on the UART until all wanted ones came in their order, QEMU ended, or time is up."""
    process = subprocess.Popen(QEMU + ["-kernel", str(image)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    assert process.stdout is not None
    lines, found, rest, end = [], 0, b"", time.monotonic() + QEMU_TIMEOUT_S
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while found < len(wanted) and selector.select(max(0.0, end - time.monotonic())):
            data = os.read(process.stdout.fileno(), 4096)
            *complete, rest = (rest + data.replace(b"\r", b"")).split(b"\n")
            for line in complete:
                lines.append(line.decode("latin-1"))
                found += found < len(wanted) and matches(wanted[found], lines[-1])
            if not data:
                break
    process.kill()
    process.wait()
    process.stdout.close()
    text = "\n".join(lines)
    assert found == len(wanted), f"no line '{wanted[found]}' in its place in:\n{text}"
    return lines
