"""C7: commands at most once over a bad line, with resets of the board in their middle; in virtual time, the real supervisor and
the real console (tests/link/virtual.py). The line loses, doubles, holds back and damages frames in both directions.

The console sends resets of partitions, each with a number that the board's kernel notes when it carries it out. What the
operator is told at the end, by the command or by `cmd status`, must be true: WRONG_CODE else. A number seen twice is an ESCAPE.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from typing import Any

import machine
from report import Verdicts

sys.path.insert(0, str(machine.ROOT / "tests" / "link"))

COMMANDS = {"small": 300, "full": 10_000}
EACH_BOARD = 500  # commands until a new board
STOPS = 0.1  # of the commands, with a reset of the board in their middle
CALLS = 10  # at one of the next so many calls that could be the board's last
TIMEOUT_S, COMPLETION_S = 6.0, 12.0
LINE = {"ber": 3e-5, "drop": 0.1, "duplicate": 0.1, "reorder": 0.1, "reorder_s": 0.6}
PARTITIONS = 3

# What an operator may be told: (executions that this allows)
ONCE, NEVER, PERHAPS = {1}, {0}, {0, 1}


class Operator:
    """Sends commands and believes what he is told."""

    def __init__(self, client: Any, world: Any, dice: random.Random) -> None:
        self._client, self._world, self._dice = client, world, dice
        self.told: dict[int, tuple[set[int], str]] = {}  # by number: executions, in what words

    def command(self, number: int) -> None:
        """Resets a partition, and finds out what became of it."""
        from xmground.errors import CommandFailed, LinkUnavailable, NoAnswer, OutcomeUnknown, Rejected
        from xmground.model import Partition, PartitionAction, Stage

        if self._dice.random() < STOPS:
            self._world.board.stop_in(1 + self._dice.randrange(CALLS))
        target = Partition(**self._fields(1 + self._dice.randrange(PARTITIONS)))
        stages: list[Any] = []
        try:
            self._client.control_partition(target, PartitionAction.RESET_WARM, number, stages.append)
            outcome = ONCE, "completed"
        except CommandFailed:
            outcome = ONCE, "failed"
        except Rejected:
            outcome = NEVER, "rejected"
        except NoAnswer as error:
            outcome = NEVER, f"never arrived: {error}"
        except (OutcomeUnknown, LinkUnavailable) as error:
            sent = next((report for report in stages if report.stage is Stage.SENT), None)
            outcome = self._ask(int(sent.detail.split()[-1], 16), str(error)) if sent else (NEVER, "not sent")
        self.told[number] = outcome

    @staticmethod
    def _fields(partition: int) -> dict[str, Any]:
        """What a Partition needs; only its number matters."""
        from dataclasses import fields

        from xmground.model import Partition

        usual = {"int": 0, "str": "", "bool": False}
        return {f.name: usual.get(str(f.type), 0) for f in fields(Partition)} | {"id": partition}

    def _ask(self, request_id: int, why: str) -> tuple[set[int], str]:
        """`cmd status`, until it is answered."""
        from xmground.errors import XmgError
        from xmground.model import Knowledge, Stage

        for _ in range(50):
            try:
                state = self._client.command_state(request_id)
            except XmgError:
                continue
            words = f"status {state.knowledge.name} {state.stage.name if state.stage else ''} after: {why}"
            if state.knowledge is Knowledge.NEVER_RECEIVED:
                return NEVER, words
            if state.knowledge is Knowledge.STARTED_NOT_CONFIRMED:
                return PERHAPS, words
            return (NEVER if state.stage is Stage.REJECTED else ONCE), words
        return PERHAPS, "nobody answered"


def one_board(build_dir: str, key: Any, seed: str, numbers: range, verdicts: Verdicts, counts: Counter[str]) -> None:
    """Commands to one board; then everything under way arrives, and what was told is compared."""
    import virtual
    from noise import Knobs

    line = Knobs(baud=virtual.BAUD, **LINE)
    board = virtual.Board(machine.ROOT / build_dir / "supervisor" / "host" / "line_board", 10, key)
    world = virtual.World(board, seed, line, line)
    client = virtual.connect(world, seed, key, TIMEOUT_S)
    client.completion_s = COMPLETION_S
    operator = Operator(client, world, random.Random(f"{seed} operator"))
    for number in numbers:
        operator.command(number)
    board.stop_in(0)
    world.advance(world.now() + 60.0)
    executed = Counter(board.resets())
    board.close()
    counts["resets of the board"] += world.resets
    for number in numbers:
        allowed, words = operator.told[number]
        if executed[number] > 1:
            verdicts.add("ESCAPE", f"command {number} of {seed!r} was executed {executed[number]} times")
        elif executed[number] not in allowed or words == "nobody answered":
            verdicts.add("WRONG_CODE", f"command {number} of {seed!r}: executed {executed[number]} times, told: {words}")
        else:
            verdicts.add("recovered" if words.startswith(("status", "never")) else "masked")
        counts[words.split(":")[0].split(" after")[0]] += 1


def campaign(build_dir: str, size: str, seed: int) -> int:
    """Run all commands; returns how many went wrong."""
    from transfer import key_file

    verdicts, counts, key = Verdicts("commands", seed, size), Counter[str](), key_file()
    for first in range(1, COMMANDS[size] + 1, EACH_BOARD):
        numbers = range(first, min(first + EACH_BOARD, COMMANDS[size] + 1))
        one_board(build_dir, key, f"{seed} {first}", numbers, verdicts, counts)
    key.unlink()
    key.parent.rmdir()
    verdicts.facts["told"] = dict(counts)
    verdicts.facts["resets"] = counts["resets of the board"]
    return verdicts.finish(machine.ROOT / build_dir / "campaign")
