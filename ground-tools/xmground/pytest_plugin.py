"""pytest plugin: tests of a system on QEMU, on the simulated board, or behind a link.

    PYTHONPATH=ground-tools pytest -p xmground.pytest_plugin --xm-system=demo tests/

    def test_the_payload_restarts(target):
        target.assert_event("SPARC_DATA_ACCESS_EXCEPTION", part="payload", within=5)
        assert target.restart("payload").await_done().reset_counter == 1
        with target.plan("degraded"):
            target.run_for(1)
        target.assert_no_hm()

The fixture `target` is a target.Target, `plan` its method of that name. All tests of a run share
one board, unless they are marked xm_fresh or --xm-fresh is given; the plan is put back after each.
What is kept of a test that fails is named in its report (evidence.py).
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # imported where they are used: pytest loads this file also where no board is
    from .launch import Board
    from .target import PlanChange, Target

FRESH_MARK = "xm_fresh"
EVIDENCE_FOLDER = "xm-evidence"
SECTION = "xm evidence"
# From its start, a board answers within so many seconds of ground time.
ANSWER_S = 30.0
PAUSE_S = 0.2


class _Run:
    """What the hooks know of a test that uses the board."""

    def __init__(self, folder: Path, capture: Path, board: "Board") -> None:
        self.folder, self.capture, self.board = folder, capture, board
        self.target: "Target | None" = None
        self.failed = False

    def keep(self, failure: str) -> str:
        """Keeps evidence; gives what the report says about it."""
        from . import evidence

        text = f"board: {self.board.about}\nlink: {self.board.link}\n\n{failure}"
        try:
            evidence.keep(self.folder, text, self.target, self.capture, self.board.output)
        except OSError as error:
            return f"evidence could not be kept in {self.folder}: {error}"
        return f"kept in {self.folder}"


RUN = pytest.StashKey[_Run]()
EVIDENCE = pytest.StashKey[Path]()
KEPT = pytest.StashKey[str]()  # of a test whose end failed: what was kept then
USED = pytest.StashKey[bool]()  # whether a test has had the board
LOST = pytest.StashKey[bool]()  # whether a test left it in a state that no other can begin with


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("xm", "boards of the xm hypervisor")
    group.addoption(
        "--xm-system",
        metavar="NAME",
        help="build this system (a folder of configs/, or a path to one) and boot it on QEMU; "
        "a path of a system.elf is booted as it is",
    )
    group.addoption("--xm-sim", action="store_true", help="use the simulated board of `xmg sim`")
    group.addoption(
        "--xm-link", metavar="URL", help="use the board behind this link, as --link of xmg"
    )
    group.addoption(
        "--xm-key",
        metavar="FILE",
        help="key file of the board (default: XMG_KEY; a system that is built gets a new key)",
    )
    group.addoption(
        "--xm-real-time",
        action="store_true",
        help="QEMU waits out idle time (default: it skips it, and runs as fast as it can)",
    )
    group.addoption(
        "--xm-evidence",
        metavar="DIR",
        help=f"where to keep what tests that fail leave (default: {EVIDENCE_FOLDER} in rootdir)",
    )
    group.addoption(
        "--xm-fresh",
        action="store_true",
        help=f"start the board anew before each test ({FRESH_MARK})",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Checks the options, before anything is built or booted."""
    config.addinivalue_line("markers", f"{FRESH_MARK}: start the board anew before this test")
    named = [name for name in ("xm_system", "xm_sim", "xm_link") if config.getoption(name)]
    if len(named) > 1:
        options = " and ".join("--" + name.replace("_", "-") for name in named)
        raise pytest.UsageError(f"{options} name two boards: give one of them")
    folder = config.getoption("xm_evidence") or config.rootpath / EVIDENCE_FOLDER
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S")
    config.stash[EVIDENCE] = Path(folder).absolute() / f"{stamp}-{os.getpid()}"


def _board_of(config: pytest.Config) -> "Board":
    """The board that the options name, built if need be. Raises UsageError, XmgError."""
    from . import keys, launch

    key_file = keys.find(config.getoption("xm_key"), os.environ)
    if config.getoption("xm_sim"):
        return launch.SimulatedBoard(key_file)
    if config.getoption("xm_link"):
        return launch.Board(config.getoption("xm_link"), key_file)
    system = config.getoption("xm_system")
    real_time = config.getoption("xm_real_time")
    if not system:
        raise pytest.UsageError("there is no board: give --xm-system, --xm-sim or --xm-link")
    if Path(system).suffix == ".elf":
        return launch.QemuBoard(Path(system).absolute(), key_file, real_time)
    if key_file is None:
        key_file = launch.build_folder() / f"{Path(system).name}.key"
        if not key_file.exists():
            keys.create(key_file, 1)
    return launch.QemuBoard(launch.build_system(system, key_file), key_file, real_time)


@pytest.fixture(scope="session")
def xm_board(pytestconfig: pytest.Config) -> "Iterator[Board]":
    """The board that the options name, running; the fixture `target` talks to it."""
    board = _board_of(pytestconfig)
    try:
        board.start()
        yield board
    finally:
        board.stop()


@pytest.fixture
def target(request: pytest.FixtureRequest, xm_board: "Board", tmp_path: Path) -> "Iterator[Target]":
    """The board under test, over a link of its own: a target.Target."""
    from .evidence import folder_name

    is_fresh = request.node.get_closest_marker(FRESH_MARK) or request.config.getoption("xm_fresh")
    if is_fresh and not xm_board.can_start_anew:
        raise pytest.UsageError(f"{xm_board.about} cannot be started anew, as {FRESH_MARK} demands")
    stash = request.config.stash
    is_new = xm_board.can_start_anew and not stash.get(USED, False)
    if xm_board.has_ended or stash.get(LOST, False) or (is_fresh and not is_new):
        xm_board.start()
        is_new = True
    stash[USED], stash[LOST] = True, False
    folder = request.config.stash[EVIDENCE] / folder_name(request.node.nodeid)
    run = request.node.stash[RUN] = _Run(folder, tmp_path / "capture", xm_board)
    opened = _open(run, is_new)
    run.target = opened
    yield opened
    try:
        _settle(opened, run, stash)
    except Exception as error:
        request.node.stash[KEPT] = run.keep(f"after the test: {error}")
        raise
    finally:
        opened.close()


def _settle(opened: "Target", run: _Run, stash: pytest.Stash) -> None:
    """Makes the board ready for the next test. After a failure no more is demanded than that."""
    from .errors import XmgError

    if not run.failed:
        opened.settle()
        return
    try:
        opened.plan(opened.first_plan)
    except XmgError:
        if not run.board.can_start_anew:
            raise
        stash[LOST] = True


def _open(run: _Run, is_new: bool) -> "Target":
    """Opens the link; a board of this machine gets some time to answer. is_new: it was started for
    this test, to which its start belongs. Raises XmgError."""
    from .capture import CaptureWriter, CapturingTransport
    from .clock import utc_us
    from .errors import LinkUnavailable, NoAnswer
    from .target import Target, connect

    board = run.board
    writer = CaptureWriter(run.capture, board.link, utc_us)
    client = connect(
        board.link, board.key_file, wrap=lambda transport: CapturingTransport(transport, writer)
    )
    fault = board.type if board.can_start_anew else None
    end = time.monotonic() + ANSWER_S
    while True:
        try:
            return Target(client, fault, is_new).__enter__()
        except (LinkUnavailable, NoAnswer):
            board.check()
            if not board.can_start_anew or time.monotonic() >= end:
                raise
            time.sleep(PAUSE_S)


@pytest.fixture
def plan(target: "Target") -> "Callable[[str | int], PlanChange]":
    """`with plan(2):` runs its block under that plan; see target.Target.plan."""
    return target.plan


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Iterator[None]:
    """Keeps evidence of a test that failed, while the board is still as the test left it."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()  # type: ignore[attr-defined]
    run = item.stash.get(RUN, None)
    if run is None or not report.failed:
        return
    run.failed = True
    kept = item.stash.get(KEPT, "") if report.when == "teardown" else run.keep(report.longreprtext)
    if kept:
        report.sections.append((SECTION, kept))
