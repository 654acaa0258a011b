"""Boards to test on: a system on QEMU or the simulated board, started and ended here, or a board
that somebody else runs.

What is started runs below timeout(1), so that it ends even when this program is killed.
"""

import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from .errors import LinkUnavailable, UsageError, XmgError

QEMU = "qemu-system-sparc"
SIMULATOR = "xm-sim"
# The longest that a board runs, seconds; a longer run needs a link to a board of its own.
MOST_RUN_S = 3600
START_S = 30.0
BUILD_S = 900
STOP_S = 5.0
POLL_S = 0.05
COMPILER = "xmcparser"
COMPILE_S = 60
# First bytes of a compiled configuration (hypervisor/abi/config.h).
CONFIG_MAGIC = b"$XMC"
MISSION = "mission.sim"
# Lines of a board's output that a message quotes.
TOLD_LINES = 20


class LaunchError(XmgError):
    """A board could not be built or started, or has ended by itself."""


def checkout() -> Path:
    """The top folder of the checkout. Raises UsageError outside of one."""
    top = Path(__file__).resolve().parents[2]
    if not (top / "configs").is_dir():
        raise UsageError(
            "building a system needs the checkout of xm: run its ground-tools/xmground"
        )
    return top


def build_folder() -> Path:
    """Where make puts its products: XM_BUILD, else build in the checkout."""
    named = os.environ.get("XM_BUILD")
    return Path(named).resolve() if named else Path(__file__).resolve().parents[2] / "build"


def find_simulator() -> str:
    """The simulator's program: of the build, else on the PATH. Raises UsageError."""
    path = build_folder() / "bin" / SIMULATOR
    found = str(path) if os.access(path, os.X_OK) else shutil.which(SIMULATOR)
    if not found:
        raise UsageError(
            f"there is no program {SIMULATOR}: build it with `make sim`, or set XM_BUILD"
        )
    return found


def sim_system(name: str) -> Path:
    """A system that `make sim` compiles for the simulator: demo, or plain, in which nothing goes
    wrong by itself. Raises UsageError."""
    path = build_folder() / "sim" / name / "system.xmc"
    if not path.is_file():
        raise UsageError(f"there is no {path}: make it with `make sim`, or give --config FILE")
    return path


def sim_mission(config: Path) -> Path | None:
    """What the partitions of a configuration do: the file beside it, if there is one."""
    path = config.parent / MISSION
    return path if path.is_file() else None


def sim_control(port: str) -> Path:
    """The control socket of this user's simulated board on a port."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    top = Path(runtime if os.path.isdir(runtime) else tempfile.gettempdir())
    folder = top / f"xmg-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"sim-{port}.sock"


def sim_config(path: Path) -> bytes:
    """A configuration as the simulator reads it: compiled already, or XML, which is compiled here.
    Raises UsageError with what the compiler says."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    if text.startswith(CONFIG_MAGIC):
        return text
    built = build_folder() / "bin" / COMPILER
    compiler = str(built) if os.access(built, os.X_OK) else shutil.which(COMPILER)
    if not compiler:
        raise UsageError(
            f"{path} must be compiled, and there is no {COMPILER}: `make sim` makes it"
        )
    with tempfile.TemporaryDirectory(prefix="xm-") as folder:
        out = Path(folder) / "system.xmc"
        done = finished([compiler, "-o", str(out), str(path)], COMPILE_S)
        if done.returncode or not out.is_file():
            raise UsageError(f"{path} is no configuration: {COMPILER} said\n{_end(done.stdout)}")
        return out.read_bytes()


def build_system(name: str, key_file: Path) -> Path:
    """Builds a system by make, with the key file in it; gives its ELF file.

    name: a folder of configs/, or a path to one, as make's SYSTEM. Raises LaunchError, UsageError.
    """
    top, build = checkout(), build_folder()
    command = ["make", "-s", f"BUILD={os.path.relpath(build, top)}", f"SYSTEM={name}"]
    command += [f"KEY={key_file.resolve()}", "system"]
    # A make that runs this program must not hand its job server on.
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    try:
        done = finished(command, BUILD_S, cwd=top, env=environment)
    except OSError as error:
        raise LaunchError(f"cannot run make: {error.strerror}: install it") from error
    except subprocess.TimeoutExpired as error:
        raise LaunchError(
            f"building {name} took more than {BUILD_S} s: build it with make"
        ) from error
    if done.returncode:
        raise LaunchError(f"{name} does not build: {' '.join(command)} said\n{_end(done.stdout)}")
    return build / Path(name).name / "system.elf"


def finished(
    command: list[str], limit_s: float, cwd: Path | None = None, env: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """A program that has run to its end, with what it said on both streams. Raises OSError,
    subprocess.TimeoutExpired."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=limit_s,
    )


def _end(text: str) -> str:
    """The last lines of an output."""
    return "\n".join(text.rstrip().splitlines()[-TOLD_LINES:])


class Board:
    """A board that somebody else runs, behind a link."""

    def __init__(self, link: str, key_file: Path | None) -> None:
        """key_file: None talks to a board without keys."""
        self.link, self.key_file = link, key_file

    @property
    def about(self) -> str:
        """What it is, in one line."""
        return f"the board on {self.link}"

    @property
    def output(self) -> str:
        """What its program has said; nothing for a board that was not started here."""
        return ""

    @property
    def can_start_anew(self) -> bool:
        """Whether stop() and start() make a fresh one."""
        return False

    def start(self) -> None:
        """Makes it run; afterwards link is where it answers. Raises LaunchError."""

    @property
    def has_ended(self) -> bool:
        """Whether it has ended by itself, which a board elsewhere does not tell."""
        return False

    def check(self) -> None:
        """Raises LaunchError when it has ended by itself."""

    def type(self, line: str) -> None:
        """What shall go wrong, in the words of `xmg sim`. Raises UsageError for a board that cannot
        be told."""
        raise UsageError(f"{self.about} takes no faults: use the simulated board (--xm-sim)")

    def stop(self) -> None:
        """Ends it, if it was started here; may be called twice."""


class LocalBoard(Board):
    """A board that is a process of this machine, in a folder of its own."""

    def __init__(self, key_file: Path | None) -> None:
        super().__init__("", key_file)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._said = ""

    @property
    def can_start_anew(self) -> bool:
        """See Board."""
        return True

    @property
    def output(self) -> str:
        """See Board; of the last run also when that has ended."""
        if self._folder and (self._folder / "output").exists():
            self._said = (self._folder / "output").read_text(errors="replace")
        return self._said

    @property
    def has_ended(self) -> bool:
        """See Board."""
        return self._process is not None and self._process.poll() is not None

    def check(self) -> None:
        """See Board."""
        status = self._process.poll() if self._process else None
        if status is not None:
            said = _end(self.output) or "nothing"
            raise LaunchError(f"{self.about} has ended with status {status}; it said: {said}")

    def stop(self) -> None:
        """See Board."""
        if self._process:
            self._process.terminate()  # timeout(1) passes it on
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    pipe.close()
            self._process = None
        if self._folder:
            self._said = self.output
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _new_folder(self) -> Path:
        self.stop()
        self._folder = Path(tempfile.mkdtemp(prefix="xm-"))
        return self._folder

    def _run(
        self, command: Sequence[str], stdin: int, stdout: int | None = None
    ) -> "subprocess.Popen[bytes]":
        """Starts the process; what it says goes to a file, its standard output to stdout if that is
        given."""
        assert self._folder
        limited = ["timeout", f"--kill-after={STOP_S:g}", str(MOST_RUN_S), *command]
        with (self._folder / "output").open("wb") as output:
            out: int | IO[bytes] = output if stdout is None else stdout
            try:
                self._process = subprocess.Popen(limited, stdin=stdin, stdout=out, stderr=output)
            except OSError as error:
                raise LaunchError(f"cannot run timeout(1): {error.strerror}") from error
        return self._process


def qemu_command(elf: Path, serial: str, real_time: bool = False) -> list[str]:
    """The words that start a system on QEMU. serial: where its UART goes, as QEMU calls it.
    real_time: see QemuBoard."""
    command = [QEMU, "-M", "leon3_generic", "-display", "none", "-monitor", "none"]
    command += ["-icount", f"shift=5,sleep={'on' if real_time else 'off'}"]
    return command + ["-serial", serial, "-kernel", str(elf)]


class QemuBoard(LocalBoard):
    """A system on QEMU. Its time is that of its instructions, and idle time is skipped: it runs as
    fast as the machine can, and what happens at which board time does not depend on the machine."""

    def __init__(self, elf: Path, key_file: Path | None, real_time: bool = False) -> None:
        """elf: a system's system.elf. real_time: idle time is waited out; then a busy machine, when
        it wakes QEMU too late, makes the board's clock jump, which is a SCHED_ERROR there."""
        super().__init__(key_file)
        self._elf, self._real_time = elf, real_time

    @property
    def about(self) -> str:
        """See Board."""
        return f"{self._elf} on {QEMU}"

    def start(self) -> None:
        """See Board."""
        if not self._elf.is_file():
            raise LaunchError(f"there is no {self._elf}: build it with `make system SYSTEM=NAME`")
        uart = self._new_folder() / "uart"
        serial = f"unix:{uart},server=on,wait=off"
        self._run(qemu_command(self._elf, serial, self._real_time), subprocess.DEVNULL)
        end = time.monotonic() + START_S
        while not uart.is_socket():
            self.check()
            if time.monotonic() >= end:
                raise LaunchError(f"{self.about} did not open its serial line in {START_S:g} s")
            time.sleep(POLL_S)
        self.link = f"unix:{uart}"


class SimulatedBoard(LocalBoard):
    """The board of `xmg sim`."""

    def __init__(self, key_file: Path | None, config: Path | None = None, *options: str) -> None:
        """config: its system, XML or compiled; None: one in which nothing goes wrong by itself.
        options: further ones of the simulator (tools/sim/sim.c)."""
        super().__init__(key_file)
        self._config, self._options = config, options

    @property
    def about(self) -> str:
        """See Board."""
        return "the simulated board"

    def start(self) -> None:
        """See Board."""
        folder = self._new_folder()
        named = self._config or sim_system("plain")
        (folder / "system.xmc").write_bytes(sim_config(named))
        command = [find_simulator(), "--port", "0", "--config", str(folder / "system.xmc")]
        command += [*self._options]
        if mission := sim_mission(named):
            command += ["--mission", str(mission)]
        if self.key_file:
            command += ["--key", str(self.key_file)]
        process = self._run(command, subprocess.PIPE, subprocess.PIPE)
        assert process.stdout
        # The simulator says where it listens before anything else, or ends.
        if not select.select([process.stdout], [], [], START_S)[0]:
            raise LaunchError(f"{self.about} did not say in {START_S:g} s where it listens")
        self.link = process.stdout.readline().decode().strip()
        if not self.link:
            process.wait(START_S)
            self.check()

    def type(self, line: str) -> None:
        """See Board. It acts at the start of the next slot."""
        if not self._process or not self._process.stdin:
            raise LinkUnavailable(f"{self.about} does not run: start it")
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
