"""The scripts of ground-tools/examples, run as users run them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "ground-tools"
EXAMPLES = TOOLS / "examples"
sys.path.insert(0, str(TOOLS))

from xmground import keys, launch  # noqa: E402
from xmground.status import Status  # noqa: E402
from xmground.target import Target, connect  # noqa: E402

LIMIT_S = 120
TRIES = 100  # of a question that is answered once in a frame
# QEMU's own start, on a busy machine.
BOOT_TIMEOUT_S = 30.0


def run(
    command: list[str], board: launch.Board | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """A program, told of the board as a user tells it; its output is shown when the test fails."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XMG_")} | more
    if board:
        environment |= {"XMG_LINK": board.link, "XMG_KEY": str(board.key_file)}
    done = subprocess.run(
        [sys.executable, *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    print(done.stdout, done.stderr)
    return done


def open_target(board: launch.Board, from_start: bool = False) -> Target:
    """The board's other side, for what a script does not do by itself."""
    fault = board.type if isinstance(board, launch.SimulatedBoard) else None
    return Target(connect(board.link, board.key_file, BOOT_TIMEOUT_S), fault, from_start)


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[launch.Board]:
    key_file = tmp_path / "key"
    keys.create(key_file, 1)
    board = launch.SimulatedBoard(key_file)
    board.start()
    yield board
    board.stop()


@pytest.fixture
def demo() -> Iterator[launch.Board]:
    key_file = launch.build_folder() / "demo.key"
    if not key_file.exists():
        keys.create(key_file, 1)
    board = launch.QemuBoard(launch.build_system("demo", key_file), key_file)
    board.start()
    yield board
    board.stop()


def test_nightly_collection_goes_on_where_it_ended(sim: launch.Board, tmp_path: Path) -> None:
    script = [str(EXAMPLES / "nightly_logbook.py"), "--archive", str(tmp_path / "archive.db")]
    with open_target(sim) as target:
        target.fault("crash 2")
        target.assert_event("SPARC_DATA_ACCESS_EXCEPTION", part="P2", within=5)
    first = run(script, sim)
    assert first.returncode == Status.DONE and not first.stderr
    assert first.stdout.count("SPARC_DATA_ACCESS_EXCEPTION") == 1
    assert "P2" in first.stdout and "APP_DEADLINE_MISSED" not in first.stdout
    with open_target(sim) as target:
        target.fault("hm 3")
        target.assert_event("APP_DEADLINE_MISSED", within=5)
    second = run(script, sim)
    assert second.returncode == Status.DONE and not second.stderr
    assert second.stdout.count("SPARC_DATA_ACCESS_EXCEPTION") == 1
    assert second.stdout.count("APP_DEADLINE_MISSED") == 3


def test_nightly_collection_tells_what_is_lost(sim: launch.Board, tmp_path: Path) -> None:
    script = [str(EXAMPLES / "nightly_logbook.py"), "--archive", str(tmp_path / "archive.db")]
    with open_target(sim) as target:
        target.fault("hm 3")
        target.assert_event("APP_DEADLINE_MISSED", within=5)
    assert run(script, sim).returncode == Status.DONE
    with open_target(sim) as target:
        target.fault("restart power")
        assert any(target.board.books()[0].next == 1 for _ in range(TRIES))  # the HM log is empty
    late = run(script, sim)
    assert late.returncode == Status.INCOMPLETE
    assert "hm of source 0: board rebooted" in late.stderr


def test_nightly_collection_without_a_board(sim: launch.Board, tmp_path: Path) -> None:
    sim.stop()
    done = run([str(EXAMPLES / "nightly_logbook.py"), "--archive", str(tmp_path / "a.db")], sim)
    assert done.returncode == Status.NO_LINK and "cannot open" in done.stderr


def test_rehearsal_on_the_demo(demo: launch.Board) -> None:
    with open_target(
        demo, from_start=True
    ) as target:  # the demo's payload crashes once, on purpose
        target.assert_event("SPARC_DATA_ACCESS_EXCEPTION", part="payload", within=10)
        target.restart("payload").await_done()
    rehearsal = run([str(EXAMPLES / "plan_rehearsal.py"), "--seconds", "1"], demo)
    assert rehearsal.returncode == Status.DONE and not rehearsal.stderr
    for plan in ("nominal", "maintenance", "degraded"):
        assert f" {plan}" in rehearsal.stdout
    assert rehearsal.stdout.count("payload        0.00% of  0.00%") == 2


def test_endurance_on_the_demo(tmp_path: Path) -> None:
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "xmground.pytest_plugin"]
    command += ["--xm-system=demo", f"--xm-evidence={tmp_path}", "-c", os.devnull]
    command += ["--rootdir", str(EXAMPLES), str(EXAMPLES)]
    more = {"RESTARTS": "5", "PARTITION": "sensor", "PYTHONPATH": str(TOOLS)}
    done = run(command, XM_BUILD=str(launch.build_folder()), **more)
    assert done.returncode == 0 and "2 passed" in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_test_in_the_readme_holds_on_the_demo(tmp_path: Path) -> None:
    text = (TOOLS / "README.md").read_text()
    begin = text.index("    def test_the_payload")
    (tmp_path / "test_readme.py").write_text(dedent(text[begin : text.index("\n\n", begin)]))
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "xmground.pytest_plugin"]
    command += ["--xm-system=demo", "--rootdir", str(tmp_path), str(tmp_path)]
    build = str(launch.build_folder())
    done = run(command, XM_BUILD=build, PYTHONPATH=str(TOOLS))
    assert done.returncode == 0 and "1 passed" in done.stdout
