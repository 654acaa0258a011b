"""What may go wrong between console and board, as rules for Hypothesis state machines.

The machines that build on this (test_machine_*.py) add what an operator does, and say what must hold
whatever happens. Real are the supervisor's sources (tests/supervisor/line_board.c) and the console's
(xmground); modelled are the line, time and the hypervisor (scripted.py, virtual.py).

An operation takes the console many exchanges, and its faults must fall into their midst. So the
rules of faults only write scripts and plans; the rules of operations then live through them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import virtual
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from scripted import Fate, Killed, ScriptedWorld

from xmground import auth, keys, session
from xmground._generated import supervisor_pb2 as pb
from xmground.client import Client
from xmground.framing import Frame, FrameType
from xmground.session import Session

PROGRAM = virtual.ROOT / os.environ.get("XM_BUILD", "build") / "supervisor/host/line_board"
RING_RECORDS = 64  # of this board's health-monitor log
FIRST_RECORDS = 20  # in it at the beginning
TIMEOUT_S, COMPLETION_S = 6.0, 12.0
# A frame held back arrives by then, and a command in progress on the board has ended.
QUIET_S = 40.0
OFF_SLOTS = 20  # so long a board is off
KEYS = tuple(keys.Key(number, bytes(range(number, number + 32))) for number in (1, 2))
KEY_TEXTS = tuple(f"xm-key {key.id} {key.secret.hex()}\n" for key in KEYS)

# How hard the machines look: a little with every test, always the same; as long as wanted by
# XM_EXAMPLES=N, each time elsewhere (docs/tests.md).
COMMON = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}
settings.register_profile(
    "with every test", derandomize=True, max_examples=200, stateful_step_count=15, **COMMON
)
settings.register_profile(
    "deep",
    max_examples=int(os.environ.get("XM_EXAMPLES", "1")),
    stateful_step_count=40,
    **COMMON,
)
settings.load_profile("deep" if "XM_EXAMPLES" in os.environ else "with every test")

FATES = st.lists(st.sampled_from(Fate), min_size=1, max_size=10)
SLOTS = st.integers(1, 30)
Result = TypeVar("Result")


class Shared:
    """One process of the board for all runs: starting it costs more than a run."""

    board: virtual.Board | None = None

    @classmethod
    def get(cls) -> virtual.Board:
        """The board, switched off."""
        if cls.board is None:
            cls.board = virtual.Board(PROGRAM, 0, None)
        return cls.board


class CheckedSession(Session):
    """A session that lets the model see what it believes."""

    def __init__(self, world: ScriptedWorld, known: tuple[keys.Key, ...]) -> None:
        super().__init__(lambda _: virtual.Wire(world), keys=known, clock=world)
        self.believed: list[Frame] = []

    def _dispatch(self, frame: Frame) -> None:
        self.believed.append(frame)
        super()._dispatch(frame)


class RoughLine(RuleBasedStateMachine):
    """A console, a board, and a line between them on which anything may happen."""

    with_keys = True

    def __init__(self) -> None:
        super().__init__()
        self.board = Shared.get()
        self.key_at = 0
        self.board.set_ring(4096)
        self._use_key(0)
        self.board.power_on(FIRST_RECORDS, RING_RECORDS)
        self.board.stop_in(0)
        self.world = ScriptedWorld(self.board)
        self.clock_ran_back = 0  # so often
        self.consoles = 0
        self.believed: list[Frame] = []  # by consoles that are gone
        self.start_console()

    def _use_key(self, number: int) -> None:
        self.key_at = number
        self.board.set_keys(KEY_TEXTS[number].encode() if self.with_keys else b"")

    # ---- the console

    def start_console(self) -> None:
        """A new process of the console; it knows both keys, the board has one of them."""
        self.consoles += 1
        seeded = virtual.SeededSecrets(f"console {self.consoles}")
        session.secrets = auth.secrets = seeded  # type: ignore[assignment]
        known = KEYS
        self.link = CheckedSession(self.world, known if self.with_keys else ())
        self.client = Client(self.link, TIMEOUT_S, lambda: round(self.world.now() * 1e6))
        self.client.completion_s = COMPLETION_S
        self.link.open(1.0)

    def console_died(self) -> None:
        """The console was killed; what it had in memory is gone."""
        self.believed += self.link.believed
        self.start_console()

    def live(self, happen: Callable[[], Result]) -> Result | None:
        """Something that takes time; None if the console was killed in it."""
        try:
            return happen()
        except Killed:
            self.console_died()
            return None

    # ---- what goes wrong

    @rule(fates=FATES)
    def next_frames_down(self, fates: list[Fate]) -> None:
        """To the ground."""
        self.world.down.script.extend(self._possible(fates))

    @rule(fates=FATES)
    def next_frames_up(self, fates: list[Fate]) -> None:
        """To the board."""
        self.world.up.script.extend(self._possible(fates))

    def _possible(self, fates: list[Fate]) -> list[Fate]:
        """Without a key nothing tells a forged frame from a true one, and the protocol says so."""
        return [Fate.LOSE if f is Fate.FORGE and not self.with_keys else f for f in fates]

    @rule(seconds=st.sampled_from([1.0, 5.0, 30.0]), down=st.booleans(), up=st.booleans())
    def line_goes_dead(self, seconds: float, down: bool, up: bool) -> None:
        """In one direction or both."""
        until = self.world.now() + seconds
        if down:
            self.world.down.dead_until = until
        if up:
            self.world.up.dead_until = until

    @precondition(lambda self: self.with_keys)
    @rule(number=st.integers(0, 255), slots=SLOTS, up=st.booleans())
    def somebody_replays_a_frame(self, number: int, slots: int, up: bool) -> None:
        """One that he has recorded; of any session, to either side."""
        way = self.world.up if up else self.world.down
        self.world.plan(slots, lambda: way.replay(number, self.world.now()))

    @rule(slots=SLOTS, records=st.integers(1, 2 * RING_RECORDS))
    def records_are_logged(self, slots: int, records: int) -> None:
        """Two rings full at most."""
        self.world.plan(slots, lambda: self.append(records))

    def append(self, records: int) -> None:
        """For a plan."""
        self.board.append(records)

    @rule(slots=SLOTS, whole=st.booleans())
    def reset(self, slots: int, whole: bool) -> None:
        """Of the board, which keeps its logs and counts its boot; or of the supervisor alone."""
        self.world.plan(slots, lambda: self.world.reset(whole))

    @rule(calls=st.integers(1, 10))
    def reset_in_the_midst_of_a_command(self, calls: int) -> None:
        """Of the board, around a call that could be its last."""
        self.board.stop_in(calls)

    @rule(slots=SLOTS, records=st.integers(0, 2 * RING_RECORDS), counts=st.booleans())
    def power_cycle(self, slots: int, records: int, counts: bool) -> None:
        """The board loses its memory, and as many records are made; it has counted its boot
        elsewhere, or begins with boot 1 again."""
        self.world.plan(slots, lambda: self.power_off(records, counts))

    def power_off(self, records: int, counts: bool) -> None:
        """For a plan."""
        boot = self.board.numbers()[0] + 1 if counts else 1
        self.world.power_off(OFF_SLOTS, lambda: self.power_on(records, boot))

    def power_on(self, records: int, boot: int) -> None:
        """The end of power_off()."""
        self.board.power_on(records, RING_RECORDS, boot)

    @precondition(lambda self: self.with_keys)
    @rule(slots=SLOTS)
    def board_gets_the_other_key(self, slots: int) -> None:
        """With a reset: keys are in the image."""
        self.world.plan(slots, self.change_key)

    def change_key(self) -> None:
        """For a plan."""
        self._use_key(1 - self.key_at)
        self.world.reset(True)

    @rule(rate=st.sampled_from([0.1, 0.5, 1.0]))
    def clock_of_the_board_changes_pace(self, rate: float) -> None:
        """As that of an emulator on a loaded machine does."""
        self.world.clock_rate = rate

    @rule(slots=SLOTS, seconds=st.sampled_from([0.5, 3.0, 30.0]))
    def clock_of_the_board_runs_back(self, slots: int, seconds: float) -> None:
        """And nothing else happens."""
        self.world.plan(slots, lambda: self.run_clock_back(seconds))

    def run_clock_back(self, seconds: float) -> None:
        """For a plan."""
        self.clock_ran_back += 1
        self.board.jump_clock(-round(seconds * 1e6))

    @rule(seconds=st.sampled_from([1.0, 5.0, 20.0]))
    def supervisor_gets_no_slot(self, seconds: float) -> None:
        """Its partition is kept from running."""
        self.world.stalled_until = self.world.now() + seconds

    @rule(size=st.sampled_from([256, 512, 1024, 4096]))
    def credit_changes(self, size: int) -> None:
        """What the board says that it can take."""
        self.board.set_ring(size)

    @rule(slots=SLOTS)
    def console_is_killed(self, slots: int) -> None:
        """And started again."""
        self.world.plan(slots, self.world.kill)

    @rule(seconds=st.sampled_from([0.5, 5.0, 30.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        """Nobody does anything."""
        self.live(lambda: self.world.sleep(seconds))

    def all_is_well(self) -> None:
        """From now on nothing goes wrong any more, and what was under way has arrived."""
        self.world.switch_on()
        self.world.forget_plans()
        self.board.stop_in(0)
        self.board.set_ring(4096)
        self.world.down.heal()
        self.world.up.heal()
        self.world.stalled_until = 0.0
        self.world.clock_rate = 1.0
        self.world.sleep(QUIET_S)

    # ---- what holds in any case

    def check_what_was_believed(self) -> None:
        """The console took nothing that the board has not sent, and nothing twice."""
        true = {(frame.session, frame.counter): frame for frame in self.world.down.sent}
        seen: set[tuple[int, int]] = set()
        for frame in (*self.believed, *self.link.believed):
            name = frame.session, frame.counter
            assert true.get(name) == frame, f"believed, and the board never sent it: {frame}"
            assert name not in seen, f"believed twice: {frame}"
            seen.add(name)

    def check_counters(self) -> None:
        """No number of a session was given to two frames, in either direction."""
        for way in (self.world.down, self.world.up):
            seen: set[tuple[int, int]] = set()
            for frame in way.sent:
                if frame.session == 0 or frame.counter == 0:  # Hello, HelloAck
                    continue
                name = frame.session, frame.counter
                assert name not in seen, f"counter used twice: {frame}"
                seen.add(name)

    def commands_sent(self) -> dict[int, int]:
        """How often each request that changes something was sent, by id."""
        sent: dict[int, int] = {}
        for frame in self.world.up.sent:
            if frame.type == FrameType.COMMAND:
                request = pb.Request.FromString(frame.payload)
                if request.WhichOneof("op") in ("partition_control", "plan_switch"):
                    sent[request.id] = sent.get(request.id, 0) + 1
        return sent

    def teardown(self) -> None:
        """At the end all is well again; then the machine's own claims are looked at."""
        self.all_is_well()
        self.at_the_end()
        if self.with_keys:
            self.check_what_was_believed()
            self.check_counters()

    def at_the_end(self) -> None:
        """What must hold once all is well."""
