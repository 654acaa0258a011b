"""Commands at most once, and their outcome told truly, whatever happens: a Hypothesis state machine.

Claims:

  - the board executes no command twice;
  - `done` is told only of what was executed, `not executed` only of what never will be; else the
    outcome is unknown, and `cmd status` tells it truly once the board can be asked;
  - over a good line a command ends, and is executed.

A command is a reset of a partition with a status word of its own, which the board's kernel notes
when it carries it out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

from hypothesis import strategies as st
from hypothesis.stateful import rule
from rules import RoughLine

from xmground.errors import (
    AuthenticationError,
    CommandFailed,
    LinkUnavailable,
    NoAnswer,
    OutcomeUnknown,
    Rejected,
    XmgError,
)
from xmground.model import Knowledge, Partition, PartitionAction, Stage, StageReport

SUPERVISOR = 0
# How often a command may have been executed, by what the operator was told.
ONCE, NEVER, PERHAPS = {1}, {0}, {0, 1}


def partition(number: int) -> Partition:
    """One of which the console knows no more than its number."""
    usual = {"int": 0, "str": "", "bool": number == SUPERVISOR}
    return Partition(
        **{f.name: usual.get(str(f.type), 0) for f in fields(Partition)} | {"id": number}
    )


class Commands(RoughLine):
    """An operator gives commands, and asks for those of which he was not told enough."""

    def __init__(self) -> None:
        super().__init__()
        self.before = len(self.board.resets())
        self.number = 0
        self.told: dict[int, set[int]] = {}
        self.unknown: dict[int, int] = {}  # number of the command: id of its request
        self.memories: dict[int, int] = {}  # number: how often the memory had been lost
        self.lost_memories = 0
        self.stages: list[StageReport] = []

    def power_on(self, records: int, boot: int) -> None:
        """See RoughLine."""
        super().power_on(records, boot)
        self.lost_memories += 1

    # ---- the operator

    @rule(number=st.integers(1, 3))
    def reset_a_partition(self, number: int) -> None:
        """And note what is told."""
        self.command(number)

    def command(self, target: int) -> None:
        """Gives a command; what the console told last is what counts if it was killed."""
        self.number += 1
        number, self.stages = self.number, []
        self.memories[number] = self.lost_memories
        self.told[number] = PERHAPS
        self.live(lambda: self.give(number, target))
        if self.told[number] == PERHAPS:
            self.remember(number)

    def remember(self, number: int) -> None:
        """The id of a command is on the screen before the command is sent."""
        sent = [report for report in self.stages if report.stage is Stage.SENT]
        if sent:
            self.unknown[number] = sent[0].request_id
        else:
            self.told[number] = NEVER

    def give(self, number: int, target: int) -> None:
        """The command, and the exit code."""
        try:
            self.client.control_partition(
                partition(target), PartitionAction.RESET_WARM, number, self.stages.append
            )
            self.told[number] = ONCE
        except CommandFailed:
            self.told[number] = ONCE
        except Rejected:
            self.told[number] = NEVER
        except (NoAnswer, AuthenticationError):
            self.told[number] = NEVER
        except (OutcomeUnknown, LinkUnavailable):
            pass

    @rule()
    def ask_what_became_of_it(self) -> None:
        """`cmd status` for the oldest command of unknown outcome."""
        if self.unknown:
            number = min(self.unknown)
            self.live(lambda: self.ask(number))

    def ask(self, number: int) -> bool:
        """Whether it was answered, and finally."""
        try:
            state = self.client.command_state(self.unknown[number])
        except XmgError:
            return False
        if state.knowledge is Knowledge.IN_PROGRESS:
            return True
        if state.knowledge is Knowledge.FINISHED:
            self.told[number] = NEVER if state.stage is Stage.REJECTED else ONCE
        elif state.knowledge is Knowledge.NEVER_RECEIVED:
            # A board that has lost its memory says this of everything, and `cmd list` is empty.
            is_kept = self.memories[number] == self.lost_memories
            self.told[number] = NEVER if is_kept else PERHAPS
        del self.unknown[number]
        return True

    # ---- once all is well

    def at_the_end(self) -> None:
        """Everything unknown can be asked for, a new command is done, and nothing was a lie."""
        for number in sorted(self.unknown):
            assert self.ask(number) or self.ask(number), "the board cannot be asked"
        self.client.ping()  # a command to a board that was reset unheard may be told as unknown
        self.command(1)
        assert self.told[self.number] == ONCE, "no progress"
        done = Counter(self.board.resets()[self.before :])
        for number, allowed in self.told.items():
            assert done[number] <= 1, f"command {number} was executed {done[number]} times"
            assert (
                done[number] in allowed
            ), f"command {number}: told {allowed}, {done[number]} times"


class CommandsWithoutKey(Commands):
    """The same on a board without keys, which keeps its memory: a repetition that meets a board
    without memory and without sessions is a new command to it."""

    with_keys = False

    def power_off(self, records: int, counts: bool) -> None:
        """See RoughLine; here a reset, which keeps the journal."""
        self.world.reset(True)


TestCommands = Commands.TestCase
TestCommandsWithoutKey = CommandsWithoutKey.TestCase
