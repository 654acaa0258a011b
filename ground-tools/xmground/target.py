"""A board as test scripts see it: commands that are waited for, claims about logs and consoles.

    with Target(connect(link, key_file)) as target:
        target.restart("payload").await_done()
        with target.plan("degraded"):
            target.assert_no_hm()

Claims are about what happened since the Target was opened - in a test of the pytest plugin: since
the test began, or since the board's start when that was made for the test. Time is the board's, in
seconds, whatever the ground's clock does meanwhile; every wait ends, also when the board falls
silent or its clock stands still. A claim that does not hold raises AssertionError; what goes wrong
on the way is told by the classes of errors.py.
"""

import difflib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from . import filter as filters
from . import keys
from ._generated import names
from .board import HYPERVISOR_ID, Board, find_by_name
from .client import Client
from .errors import UsageError, XmgError
from .journal import Journal
from .labels import HYPERVISOR_NAME, system_partitions
from .model import (
    Book,
    OnStage,
    Partition,
    PartitionAction,
    PlanState,
    PlanSwitched,
    StageReport,
    SystemAction,
)
from .render import board_time
from .rows import Labels, Row, spelt_out
from .session import Session
from .transport import Transport, open_link

POLL_S = 0.1
# Seconds of ground time after which a board's clock that shows the same is taken to stand still.
STILL_S = 30.0
# A board's clock that runs slower than the ground's by more than this is not waited for any longer.
SLOWEST = 60.0
EVENT_PREFIX = "XM_HM_EV_"
FoundT = TypeVar("FoundT")
ResultT = TypeVar("ResultT")


def connect(
    link: str,
    key_file: Path | None = None,
    timeout_s: float = 5.0,
    wrap: Callable[[Transport], Transport] = lambda transport: transport,
) -> Client:
    """A client for the board behind a link; the link is opened by `with`, or by Target.

    key_file: None talks to a board without keys. wrap: put around the link, to watch its bytes.
    """
    known = keys.load(key_file).keys if key_file else ()
    return Client(Session(lambda limit_s: wrap(open_link(link, limit_s)), keys=known), timeout_s)


@dataclass
class Command(Generic[ResultT]):
    """A command that was sent and followed to its end. A test has to say what it expects of it: a
    command that failed and was not looked at fails the test."""

    what: str
    stages: list[StageReport] = field(default_factory=list)
    error: XmgError | None = None
    judged: bool = False
    _result: list[ResultT] = field(default_factory=list)

    def await_done(self) -> ResultT:
        """Demands that it was completed; gives its result. Raises what it ended with."""
        self.judged = True
        if self.error:
            raise self.error
        return self._result[0]

    def await_error(self, kind: type[XmgError]) -> str:
        """Demands that it ended with that error, such as errors.Rejected; gives its message."""
        __tracebackhide__ = True
        self.judged = True
        if not isinstance(self.error, kind):
            raise AssertionError(f"{self.what}: {kind.__name__} was expected, but {self.outcome}")
        return str(self.error)

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        return f"it ended with: {self.error}" if self.error else "it was completed"


class PlanChange:
    """A plan switch that was made. Used by `with`, it is undone at the end of the block."""

    def __init__(self, target: "Target", before: int, switched: PlanSwitched | None) -> None:
        """before: the plan to go back to; switched: None when the plan ran already."""
        self._target, self.before, self.switched = target, before, switched

    def __enter__(self) -> "PlanChange":
        return self

    def __exit__(self, *exc: object) -> None:
        self._target.plan(self.before)


class BoardTime:
    """How much of the board's time has passed since a moment, over its resets."""

    def __init__(self, board: Board) -> None:
        self._board = board
        pong = board.ping()
        self.boot_id, self.start_us = pong.boot_id, pong.board_time_us
        self._boot_id, self._last_us = self.boot_id, self.start_us
        self._passed_us = 0
        self._moved_at = time.monotonic()

    def passed_us(self) -> int:
        """Asks the board. Raises AssertionError when its clock has stood still for STILL_S."""
        pong = self._board.ping()
        goes_on = pong.boot_id == self._boot_id and pong.board_time_us >= self._last_us
        step_us = pong.board_time_us - (self._last_us if goes_on else 0)
        self._boot_id, self._last_us = pong.boot_id, pong.board_time_us
        self._passed_us += step_us
        if step_us:
            self._moved_at = time.monotonic()
        elif time.monotonic() - self._moved_at > STILL_S:
            raise AssertionError(f"the board's clock stands still at {board_time(self._last_us)}")
        return self._passed_us


class Target:
    """A board under test; opened and closed by `with`."""

    def __init__(
        self,
        board: Board,
        fault: Callable[[str], None] | None = None,
        from_start: bool = False,
    ) -> None:
        """fault: tells a simulated board what shall go wrong. from_start: claims are about all that
        has happened since the board's first start, not only since now."""
        self.board = board
        self.commands: list[Command] = []
        self._fault = fault
        self._from_start = from_start
        self._claimed: set[tuple[object, object]] = set()

    def __enter__(self) -> "Target":
        self.board.__enter__()
        try:
            self._partitions = self.board.partitions()
            self.labels = Labels(
                spelt_out(self.board.target_name()),
                {p.id: spelt_out(p.name) for p in self._partitions}
                | {HYPERVISOR_ID: HYPERVISOR_NAME},
                system=system_partitions(self._partitions),
            )
            self.first_plan = self._plan_state().current
            self.journal = Journal(self.board, self.labels, self._from_start)
            self.began_us = self.board.utc_us()
        except BaseException:
            self.board.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the link back; may be called twice."""
        self.board.close()

    def settle(self) -> None:
        """Goes back to the plan that ran at first, and demands that every command which failed was
        looked at. Raises AssertionError, or what the switch ends with."""
        __tracebackhide__ = True
        self.plan(self.first_plan)
        left = [f"{c.what}: {c.outcome}" for c in self.commands if c.error and not c.judged]
        if left:
            raise AssertionError("; ".join(left) + " (nothing demanded await_done() of it)")

    # ---- partitions and plans

    def partition(self, name: str | int) -> Partition:
        """A partition's present state, by name or id. Raises UsageError that lists what exists."""
        return find_by_name(self.board.partitions(), str(name), "partition")

    def restart(
        self, name: str | int, cold: bool = False, status: int = 0
    ) -> Command[Partition | None]:
        """Resets a partition, exactly once however often the link fails. cold: its image is loaded
        again. status: the reset status that it reads. Result: its state, once it has run again;
        None for a supervisor that cannot tell."""
        action = PartitionAction.RESET_COLD if cold else PartitionAction.RESET_WARM
        return self._control("restart", name, action, status)

    def halt(self, name: str | int) -> Command[Partition | None]:
        """Stops a partition until it is restarted."""
        return self._control("halt", name, PartitionAction.HALT)

    def suspend(self, name: str | int) -> Command[Partition | None]:
        """Keeps a partition from running until it is resumed."""
        return self._control("suspend", name, PartitionAction.SUSPEND)

    def resume(self, name: str | int) -> Command[Partition | None]:
        """Lets a suspended partition run again."""
        return self._control("resume", name, PartitionAction.RESUME)

    def shutdown(self, name: str | int) -> Command[Partition | None]:
        """Asks a partition to finish by itself; done when it is halted."""
        return self._control("shutdown", name, PartitionAction.SHUTDOWN)

    def restart_system(self, cold: bool = False) -> Command[int]:
        """Resets the whole system. cold: all of its state is lost. Result: the new boot id."""
        action = SystemAction.RESET_COLD if cold else SystemAction.RESET_WARM
        what = f"restart system {'cold' if cold else 'warm'}"
        return self._run(what, lambda on_stage: self.board.control_system(action, None, on_stage))

    def switch(self, plan: str | int) -> Command[PlanSwitched | None]:
        """Switches to a plan, by name or id, and waits until it runs."""
        plans = self.board.plans()[0]
        wanted = find_by_name(plans, str(plan), "plan")
        # The switch waits for the end of a frame, which may be longer than any other command.
        limit_s = max(self.board.completion_s, 3e-6 * max(p.major_frame_us for p in plans))
        return self._run(
            f"plan {wanted.id} {wanted.name}".rstrip(),
            lambda on_stage: self.board.switch_plan(wanted.id, True, limit_s, on_stage),
        )

    def plan(self, plan: str | int) -> PlanChange:
        """Switches to a plan, by name or id, and waits until it runs; nothing is sent when it runs
        already. Used by `with`, switches back at the end. Raises what the command ends with."""
        plans, state = self.board.plans()
        wanted = find_by_name(plans, str(plan), "plan").id
        runs = wanted == state.current == state.requested
        switched = None if runs else self.switch(wanted).await_done()
        return PlanChange(self, state.current, switched)

    def _plan_state(self) -> PlanState:
        return self.board.plans()[1]

    def _control(
        self, word: str, name: str | int, action: PartitionAction, status: int = 0
    ) -> Command[Partition | None]:
        before = self.partition(name)
        return self._run(
            f"{word} {before.name or before.id}",
            lambda on_stage: self.board.control_partition(before, action, status, on_stage),
        )

    def _run(self, what: str, call: Callable[[OnStage], ResultT]) -> Command[ResultT]:
        command: Command[ResultT] = Command(what)
        self.commands.append(command)
        try:
            command._result.append(call(command.stages.append))
        except XmgError as error:
            command.error = error
        return command

    def fault(self, line: str) -> None:
        """Tells a simulated board what shall go wrong, in the words of `xmg sim`: crash 2. Raises
        UsageError for every other board."""
        if self._fault is None:
            raise UsageError("this board takes no faults: use the simulated board")
        self._fault(line)

    # ---- waiting

    def run_for(self, seconds: float) -> None:
        """Lets so much of the board's time pass."""
        self._wait(seconds, lambda: None)

    def await_state(self, name: str | int, state: str, within: float) -> Partition:
        """Waits until a partition is in that state: ready, idle, suspended or halted."""
        __tracebackhide__ = True
        now = self._wait(within, lambda: _if(self.partition(name), lambda p: p.state == state))
        if now is None:
            seen = self.partition(name).state
            raise AssertionError(f"partition {name} is {seen}, not {state}, after {within:g} s")
        return now

    def _wait(self, within_s: float, probe: Callable[[], FoundT | None]) -> FoundT | None:
        """What the probe gives at last; None when it still gives nothing after so much board time.
        The last look is later than that, so that nothing of this time is missed."""
        watch = BoardTime(self.board)
        end = time.monotonic() + STILL_S + SLOWEST * within_s
        while True:
            passed_us = watch.passed_us()
            found = probe()
            if found is not None or passed_us >= within_s * 1e6:
                return found
            if time.monotonic() >= end:
                raise AssertionError(
                    f"the board's clock is too slow: {passed_us / 1e6:g} s of {within_s:g} s passed"
                )
            time.sleep(POLL_S)

    # ---- health monitor

    def hm(self, where: str = "") -> list[Row]:
        """The health-monitor records since the beginning, and gaps; where: a filter, such as
        'sev>=warn and part=P2'."""
        rows = self.journal.rows(Book.HM)
        if not where:
            return list(rows)
        return list(filter(filters.parse(where, self.board.utc_us()).predicate(), rows))

    def assert_event(
        self, event: str, part: str | int | None = None, within: float = 0.0, where: str = ""
    ) -> Row:
        """Demands a health-monitor event, which may have happened since the beginning or happens
        within so many seconds of board time; gives its record.

        event: its name, with or without XM_HM_EV_. part: the partition it is about. where: a filter
        for the rest. Each record answers one call only: two crashes are two calls.
        """
        __tracebackhide__ = True
        name = _event_name(event)
        about = None if part is None else self._known(part).id
        start = self.board.ping()
        limit_us = start.board_time_us + round(within * 1e6)

        def matches(row: Row) -> bool:
            late = row["boot_id"] == start.boot_id and int(str(row["time_us"])) > limit_us
            is_about = about is None or row["partition"] == about
            return row["event_name"] == name and is_about and not late

        def find() -> Row | None:
            for row in self.hm(where):
                if row["kind"] != "gap" and _key(row) not in self._claimed and matches(row):
                    return row
            return None

        found = self._wait(within, find)
        if found is None:
            what = name + ("" if part is None else f" of {part}") + (where and f" with {where}")
            raise AssertionError(f"no event {what} within {within:g} s; {_seen(self.hm())}")
        self._claimed.add(_key(found))
        return found

    def assert_no_hm(self, where: str = "") -> None:
        """Demands that the health monitor has recorded nothing since the beginning but what
        assert_event() has found. where: a filter, to demand it of some records only. A gap in the
        log is no proof, and fails."""
        __tracebackhide__ = True
        left = [row for row in self.hm(where) if _key(row) not in self._claimed]
        if left:
            raise AssertionError(f"the health monitor is not silent; {_seen(left)}")

    def _known(self, name: str | int) -> Partition:
        return find_by_name(self._partitions, str(name), "partition")

    # ---- consoles

    def console(self, name: str | int) -> str:
        """What a partition has printed since the beginning. Bytes that were lost stand in it as a
        line [in brackets]."""
        return self.journal.text(self._known(name).id)

    def assert_console(self, name: str | int, text: str, within: float = 0.0) -> str:
        """Demands a piece of text on a partition's console, printed since the beginning or within
        so many seconds of board time; gives the line that it begins in."""
        __tracebackhide__ = True
        printed = self._wait(within, lambda: _if(self.console(name), lambda said: text in said))
        if printed is None:
            end = "".join(f"\n  | {line}" for line in self.console(name).splitlines()[-10:])
            raise AssertionError(
                f"{text!r} is not on the console of {name} after {within:g} s; "
                f"it printed{end or ' nothing'}"
            )
        at = printed.index(text)
        begin = printed.rfind("\n", 0, at) + 1
        return printed[begin : printed.find("\n", at) if "\n" in printed[at:] else None]


def _if(value: FoundT, holds: Callable[[FoundT], bool]) -> FoundT | None:
    return value if holds(value) else None


def _key(row: Row) -> tuple[object, object]:
    return row["boot_id"], row["seq"]


def _event_name(event: str) -> str:
    """Its name as rows have it. Raises UsageError for one that does not exist, since waiting for it
    would be in vain."""
    name = event.removeprefix(EVENT_PREFIX)
    if name in names.EVENTS.values():
        return name
    near = difflib.get_close_matches(name, names.EVENTS.values(), 1)
    hint = f", perhaps {near[0]}" if near else ""
    raise UsageError(f"there is no health-monitor event {event!r}{hint}; see docs/hm-events.md")


def line_of(row: Row) -> str:
    """A row in one line."""
    told = (
        board_time(row["time_us"]),
        str(row["severity"]).upper(),
        row["partition_name"],
        row["event_name"],
        row.get("action_name"),
        row["detail"],
    )
    return "  ".join(str(part) for part in told if part)


def _seen(rows: list[Row]) -> str:
    lines = "".join(f"\n  | {line_of(row)}" for row in rows)
    return "the health-monitor log has" + (lines or " nothing")
