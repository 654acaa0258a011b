"""The simulated board against the real hypervisor on QEMU, both flying configs/demo: the same requests
are answered alike, but for what a simulator cannot have."""

import contextlib
import io
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xmground import cli, keys, launch

DEMO = launch.checkout() / "configs" / "demo" / "system.xml"
TRIES = 400
PAUSE_S = 0.02

# What may differ, by its name in the JSON that xmg prints, and why.
DIFFERS = {
    "each board has a clock of its own, and neither waits for the other": (
        "time_us utc_us utc_error_us received_us board_time_us ground_time_us frame "
        "switch_time_us switch_frame written_us"
    ),
    "how long a partition has run: the simulated ones have no instructions to count": (
        "exec_clock_us"
    ),
    "counts that grow with time: messages, bytes, records of a running system": (
        "messages_in messages_out sent received next stored oldest"
    ),
    "the ground chooses it at random; so are seq and id of a command": "session",
    "the program counter and the status at the fault: there is no program": "pc npc psr",
    "the simulated kernel has no interrupts, no code and no memory of its own": (
        "interrupts kernel_bytes_used slot_lateness_last_us slot_lateness_max_us"
    ),
    "the state of the flow on a line that is not the same": "credit_bytes",
}
EXCLUDED = {name for names in DIFFERS.values() for name in names.split()}
SEEN: set[str] = set()
# Within texts: times, identifiers and what is counted.
IN_TEXTS = re.compile(r"0x[0-9a-f]{8}|\d\d:\d\d:\d\d\.\d+|\d+\.\d+ m?s|frame \d+|\b\d{4,}\b")

# What is waited for stands in brackets: the payload's crash, two seconds after each boot.
REQUESTS = """
[payload halted]
hello
part list
part show supervisor
part show sensor
part show payload
plan list
plan show 0
plan show 1
plan show degraded
plan check maintenance
sys status
book list
port list
port show consumer attitude
mem list
hm read
hm read --from 1 --count 1
trace read hypervisor
trace read sensor
trace read consumer
console read payload --from 1
console read supervisor --from 1
part reset payload --warm --yes
part reset payload --warm --status 7 --yes
part show payload
part suspend sensor --yes
part suspend sensor --yes
part resume sensor --yes
part resume sensor --yes
part shutdown consumer --yes
part reset sensor --cold --yes
part show sensor
part halt nobody --yes
plan switch 7 --yes
plan switch degraded --yes
plan switch degraded --yes
part reset payload --warm --yes
plan switch nominal --yes
part halt payload --yes
part halt payload --yes
part suspend payload --yes
part reset supervisor --warm --yes
part show supervisor
cmd list
sys reset --warm --yes
[payload halted]
hello
part list
sys status
hm read
trace read hypervisor
console read payload --from 1
plan switch maintenance --yes
part reset sensor --warm --yes
cmd list
"""


def normal(value: Any) -> Any:
    """Without what may differ."""
    if isinstance(value, dict):
        SEEN.update(EXCLUDED & value.keys())
        commands = {"seq", "id"} if value.get("book") == "command" else set()
        return {k: normal(v) for k, v in value.items() if k not in EXCLUDED | commands}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return IN_TEXTS.sub("...", value) if isinstance(value, str) else value


class Side:
    """One of the two boards, and what it answers."""

    def __init__(self, board: launch.LocalBoard, key_file: Path) -> None:
        self.board, self.key = board, str(key_file)
        board.start()

    def ask(self, line: str) -> tuple[int, Any, str]:
        """Status, answer and messages of one command."""
        out, err = io.StringIO(), io.StringIO()
        words = [*line.split(), "--link", self.board.link, "--key", self.key, "--format", "json"]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main([*words, "--timeout", "20"])
        text = out.getvalue()
        return status, json.loads(text) if text else None, err.getvalue()

    def wait(self, name: str, state: str) -> None:
        """Until a partition is in that state."""
        for _ in range(TRIES):
            status, answer, err = self.ask(f"part show {name}")
            if status == 0 and answer["state"] == state:
                return
            time.sleep(PAUSE_S)
        raise AssertionError(f"{name} does not become {state}: {answer} {err}")


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    if not shutil.which(launch.QEMU):
        pytest.skip(f"there is no {launch.QEMU}")
    key_file = launch.build_folder() / "demo.key"
    if not key_file.exists():
        keys.create(key_file, 1)
    qemu = launch.QemuBoard(launch.build_system("demo", key_file), key_file)
    simulated = launch.SimulatedBoard(key_file, DEMO, "--speed", "20")
    both = (Side(qemu, key_file), Side(simulated, key_file))
    yield both
    for side in both:
        side.board.stop()


def test_simulated_board_answers_as_the_hypervisor_does(sides: tuple[Side, Side]) -> None:
    qemu, simulated = sides
    differences = []
    for line in REQUESTS.strip().splitlines():
        if line.startswith("["):
            for side in sides:
                side.wait(*line.strip("[]").split())
            continue
        real, said = qemu.ask(line), simulated.ask(line)
        if normal(list(real)) != normal(list(said)):
            differences.append(
                f"{line}\n  QEMU: {normal(list(real))}\n  sim:  {normal(list(said))}"
            )
    assert not differences, "\n".join(differences)
    assert EXCLUDED == SEEN, f"in vain above: {EXCLUDED - SEEN}"
