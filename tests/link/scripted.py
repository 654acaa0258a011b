"""A line that does to each frame what a script says, and a world whose board suffers what is planned.

virtual.World draws damage from probabilities. Here a test chooses it, frame by frame and slot by
slot, so that a state machine (rules.py) can look for the shortest row of events that breaks a claim.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import virtual
from noise import Knobs, Stream

from xmground.framing import Deframer, Frame, encode_uart

MOST_REMEMBERED = 256  # frames that somebody on the line has recorded


class Fate(Enum):
    """What happens to a frame on its way."""

    PASS = "pass"
    LOSE = "lose"
    DOUBLE = "double"
    DAMAGE = "damage"  # a byte differs
    CUT = "cut"  # its second half is missing
    HOLD = "hold"  # so long that others overtake it
    HOLD_LONG = "hold long"  # so long that it has been sent again
    FORGE = "forge"  # other content under a good check sum, by somebody who has not the key


HOLD_S, HOLD_LONG_S = 0.3, 4.0


def damaged(wire: bytes, fate: Fate, ahead: int = 0) -> bytes:
    """A frame with its closing zero, after that fate; a forged one has a counter so far ahead."""
    if fate is Fate.CUT:
        return wire[: len(wire) // 2] + b"\0"
    if fate is Fate.DAMAGE:
        middle = len(wire) // 2
        return wire[:middle] + bytes([wire[middle] ^ 0x10 or 1]) + wire[middle + 1 :]
    frames = [frame for frame in Deframer().feed(b"\0" + wire) if isinstance(frame, Frame)]
    return b"".join(encode_uart(forged(frame, ahead)) for frame in frames)


def forged(frame: Frame, ahead: int) -> Frame:
    """The frame with other content, its code copied; encoded again it gets a good check sum."""
    payload = frame.payload[:-1] + bytes([frame.payload[-1] ^ 1])
    return replace(frame, payload=payload, counter=frame.counter + ahead)


class ScriptedStream(Stream):
    """Bytes of a UART whose frames meet their fates in order; without a script all pass."""

    def __init__(self) -> None:
        super().__init__("scripted", Knobs(baud=virtual.BAUD))
        self.script: deque[Fate] = deque()
        self.dead_until = 0.0  # what is sent before is lost
        self.recorded: deque[bytes] = deque(maxlen=MOST_REMEMBERED)
        self.passed: deque[bytes] = deque(maxlen=MOST_REMEMBERED)  # of these, who arrived
        self.sent: list[Frame] = []  # all that was truly sent, for who checks it
        self._witness = Deframer()

    def push(self, data: bytes, now: float) -> None:
        """See Way."""
        self.statistics.bytes_in += len(data)
        self.sent += [item for item in self._witness.feed(data) if isinstance(item, Frame)]
        *closed, rest = data.split(b"\0")
        for run in closed:
            wire = bytes(self._open) + run + b"\0"
            self._open.clear()
            self._meet(wire, now)
        self._open += rest

    def _meet(self, wire: bytes, now: float) -> None:
        """A frame, or a zero between two, enters the line."""
        if now < self.dead_until:
            return
        if len(wire) == 1:
            self._enter(wire, now, now)
            return
        self.recorded.append(wire)
        fate = self.script.popleft() if self.script else Fate.PASS
        hold = {Fate.HOLD: HOLD_S, Fate.HOLD_LONG: HOLD_LONG_S}.get(fate, 0.0)
        if fate in (Fate.DAMAGE, Fate.CUT, Fate.FORGE):
            wire = damaged(wire, fate)
        elif fate is not Fate.LOSE:
            self.passed.append(wire)
        for _ in range({Fate.LOSE: 0, Fate.DOUBLE: 2}.get(fate, 1)):
            # a zero before it, for the one that preceded it may have been cut
            self._enter(b"\0" + wire, now + hold, now)

    def replay(self, number: int, now: float) -> None:
        """Somebody sends a recorded frame again."""
        if self.recorded:
            self.inject(self.recorded[number % len(self.recorded)], now)

    def inject(self, wire: bytes, now: float) -> None:
        """Somebody sends a frame of his own."""
        self._enter(b"\0" + wire, now, now)

    def heal(self) -> None:
        """From now on everything passes; what is held back still comes."""
        self.script.clear()
        self.dead_until = 0.0


class Killed(BaseException):
    """The console's process ends here, whatever it does."""


@dataclass
class Plan:
    """Something that happens to the board or the console after so many slots."""

    slots: int
    happen: Callable[[], None]


class ScriptedWorld(virtual.World):
    """A world on scripted streams, with plans for its next slots."""

    def __init__(self, board: virtual.Board) -> None:
        super().__init__(board, "scripted", Knobs(), Knobs())
        self.down, self.up = ScriptedStream(), ScriptedStream()
        self.stalled_until = 0.0  # the supervisor gets no slot before
        self._plans: list[Plan] = []
        self._is_killed = False
        self._power_on: Callable[[], None] | None = None  # the board is off until this
        self.boots = 1  # starts of the whole board
        self.before_slot = self._carry_out

    def plan(self, slots: int, happen: Callable[[], None]) -> None:
        """Before the that-many-th slot from now it happens."""
        self._plans.append(Plan(slots, happen))

    def forget_plans(self) -> None:
        """What was planned and has not happened will not."""
        self._plans.clear()

    def _carry_out(self) -> None:
        for plan in self._plans:
            plan.slots -= 1
        due = [plan for plan in self._plans if plan.slots <= 0]
        self._plans = [plan for plan in self._plans if plan.slots > 0]
        for plan in due:
            plan.happen()
        if self._is_killed:
            self._is_killed = False
            raise Killed

    def _slot(self) -> None:
        if self._now >= self.stalled_until and not self._power_on:
            super()._slot()

    def reset(self, whole: bool) -> None:
        """See World; a board that is off stays so."""
        if not self._power_on:
            self.boots += whole
            super().reset(whole)

    def power_off(self, slots: int, power_on: Callable[[], None]) -> None:
        """Nothing leaves the board for so long, and nothing that comes is heard; then it is on."""
        self.down.cut(self._now)
        self._in_ring = 0
        if not self._power_on:
            self._power_on = power_on
            self.plan(slots, self.switch_on)

    def switch_on(self) -> None:
        """If the board is off, it starts."""
        if self._power_on:
            self.up.due(self._now)
            self._last_slot = self._now  # its clock begins
            self.boots += 1
            self._power_on()
            self._power_on = None

    def kill(self) -> None:
        """For a plan: whatever the console does then, it does not come back from it."""
        self._is_killed = True
