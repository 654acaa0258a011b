"""When slots ran, from the hypervisor's trace, laid over when they are planned.

A plan is a grid: its slots begin at fixed offsets into frames of fixed length. The trace tells when
a slot began, by the board's clock, but not where the grid lies. No slot begins early, so the grid
is where the least late of the slots that were seen began: lateness here is against that one, and the
truth is larger by the lateness of that one, some tens of microseconds.

A slot of which there is no record, between others of which there are, has not begun: it is missing.
Where records of the trace are lost nothing is known, and nothing is said.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..board import HYPERVISOR_ID
from ..model import Plan, Slot
from ..rows import Row

SWITCH, IDLE = "SCHED CONTEXT_SWITCH", "SCHED IDLE"
STOPS, GOES_ON, RESETS = ("SCHED HALT", "SCHED SUSPEND"), "SCHED RESUME", "SCHED RESET"
TOLD_OF_SLOTS = (SWITCH, IDLE, *STOPS, GOES_ON, RESETS)
# Later than this is an OVERRUN for the hypervisor (OVERRUN_US in hypervisor/core/sched.c).
LATE_US = 200
# The grid is found from the slots of so long a time at least.
GRID_US = 30_000_000


@dataclass(frozen=True)
class PlannedPlan:
    """A plan and its slots."""

    plan: Plan
    slots: list[Slot]


@dataclass(frozen=True)
class ObservedSlot:
    """A slot that began or should have; times of the board's clock. The last ones are None for a slot
    that is missing. idle_us: when the partition first gave up the rest of it, which an interrupt may
    have ended, or stopped; None: neither. stopped: whether the partition was halted or suspended when
    the slot began, and so did not run in it; None: the records do not tell."""

    slot: int
    partition: int
    planned_us: int
    planned_end_us: int
    state: str  # "seen", "late" (by more than LATE_US), "missing"
    start_us: int | None = None
    end_us: int | None = None
    late_us: int | None = None
    idle_us: int | None = None
    stopped: bool | None = None


@dataclass(frozen=True)
class ObservedFrame:
    """A frame, or what is known of it; slots in the order of the plan. start_us: as planned."""

    plan: int
    start_us: int
    slots: list[ObservedSlot]


@dataclass(frozen=True)
class Timeline:
    """frames are those of the boot boot_id. traced: whether the hypervisor has recorded any slot at
    all: its trace mask may leave them out. late_us: what counts as late."""

    planned: list[PlannedPlan]
    frames: list[ObservedFrame]
    traced: bool
    boot_id: int = 0
    late_us: int = LATE_US


@dataclass
class Beginning:
    """A record of a slot that began."""

    slot: Slot
    start_us: int
    end_us: int | None = None  # when the next one began
    idle_us: int | None = None
    stopped: bool | None = None

    def saw(self, name: object) -> None:
        """A record of its partition's state that came later, and tells the one before."""
        if self.stopped is None and name != RESETS:
            self.stopped = name == GOES_ON


@dataclass
class Run:
    """Slots of one plan, of which no record is lost. is_first, is_last: whether what was before and
    after it is not known, so that slots may have begun there."""

    planned: PlannedPlan
    is_first: bool
    is_last: bool = True
    slots: list[Beginning] = field(default_factory=list)

    numbers: list[int] = field(default_factory=list)  # of the frames that the slots are in
    origin_us: int = 0  # where frame 0 begins, at the latest

    @property
    def length_us(self) -> int:
        """Of a frame."""
        return self.planned.plan.major_frame_us

    @property
    def span_us(self) -> int:
        """From frame 0 to the end of the last one."""
        return (self.numbers[-1] + 1) * self.length_us

    def lay_on_grid(self) -> None:
        """Finds the grid from its own slots."""
        reference = self.slots[0].start_us - self.slots[0].slot.start_us
        offsets = [begun.start_us - begun.slot.start_us - reference for begun in self.slots]
        # To the nearest frame: a slot does not begin half a frame late.
        self.numbers = [round(offset / self.length_us) for offset in offsets]
        residues = (o - n * self.length_us for o, n in zip(offsets, self.numbers))
        self.origin_us = reference + min(residues)

    def frames(self) -> Iterator[ObservedFrame]:
        """Its frames."""
        found = {(n, begun.slot.id): begun for n, begun in zip(self.numbers, self.slots)}
        first = self.numbers[0], self.slots[0].slot.start_us
        last = self.numbers[-1], self.slots[-1].slot.start_us
        for number in range(first[0], last[0] + 1):
            start_us = self.origin_us + number * self.length_us
            known = [
                slot
                for slot in self.planned.slots
                if not (self.is_first and (number, slot.start_us) < first)
                and not (self.is_last and (number, slot.start_us) > last)
            ]
            slots = [_observed(slot, start_us, found.get((number, slot.id))) for slot in known]
            yield ObservedFrame(self.planned.plan.id, start_us, slots)


def share_grid(found: Sequence[Run]) -> None:
    """A plan begins where the last frame of the one before it ends; so the grid of both is known as
    well as the better known of the two."""
    pairs = [(before, run) for before, run in zip(found, found[1:]) if not run.is_first]
    for before, run in pairs:
        run.origin_us = min(run.origin_us, before.origin_us + before.span_us)
    for before, run in reversed(pairs):
        before.origin_us = min(before.origin_us, run.origin_us - before.span_us)


def _observed(slot: Slot, frame_us: int, begun: Beginning | None) -> ObservedSlot:
    planned_us = frame_us + slot.start_us
    over_us = planned_us + slot.duration_us
    if begun is None:
        return ObservedSlot(slot.id, slot.partition, planned_us, over_us, "missing")
    late_us = begun.start_us - planned_us
    return ObservedSlot(
        slot.id,
        slot.partition,
        planned_us,
        over_us,
        "late" if late_us > LATE_US else "seen",
        begun.start_us,
        max(begun.start_us, over_us if begun.end_us is None else min(over_us, begun.end_us)),
        late_us,
        begun.idle_us,
        begun.stopped,
    )


class Reader:
    """Makes runs of records, one after the other."""

    def __init__(self, planned: Sequence[PlannedPlan]) -> None:
        self.runs: list[Run] = []
        self._slots = {(one.plan.id, slot.id): (one, slot) for one in planned for slot in one.slots}
        self._begun: Beginning | None = None  # the newest slot; None: not known
        self._stopped: dict[int, bool] = {}  # partitions whose state the records tell

    def lose(self) -> None:
        """Records are lost here."""
        self._begun = None
        self._stopped.clear()

    def begin(self, partition: int, slot_id: int, plan_id: int, at_us: int) -> None:
        """A slot began."""
        if self._begun:
            self._begun.end_us = at_us
        if (plan_id, slot_id) not in self._slots:  # of no plan that is known
            self.lose()
            return
        plan, slot = self._slots[plan_id, slot_id]
        if self._begun is None or self.runs[-1].planned is not plan:
            if self._begun:
                self.runs[-1].is_last = False
            self.runs.append(Run(plan, self._begun is None))
        self._begun = Beginning(slot, at_us, stopped=self._stopped.get(partition))
        self.runs[-1].slots.append(self._begun)

    def give_up(self, partition: int, at_us: int) -> None:
        """A partition idles or is stopped, maybe in its slot."""
        begun = self._begun
        if begun and begun.slot.partition == partition and begun.idle_us is None:
            begun.idle_us = at_us

    def change(self, name: object, partition: int) -> None:
        """A partition's state changes; that tells also what it was."""
        if partition not in self._stopped and self._begun:
            for begun in self.runs[-1].slots:
                if begun.slot.partition == partition:
                    begun.saw(name)
        self._stopped[partition] = name in STOPS


def runs(rows: Iterable[Row], planned: Sequence[PlannedPlan]) -> list[Run]:
    """What the records of one boot tell; rows are those that is_of_slots() takes."""
    reader = Reader(planned)
    for row in rows:
        payload, at_us, name = row.get("payload"), row["time_us"], row["event_name"]
        if not isinstance(payload, list) or not isinstance(at_us, int) or row["damaged"]:
            reader.lose()  # a gap, or as good as one
        elif name == SWITCH:
            partition, slot_id, plan_id = payload[:3]
            reader.begin(partition, slot_id, plan_id, at_us)
        else:
            if name == IDLE or name in STOPS:
                reader.give_up(payload[0], at_us)
            if name != IDLE:
                reader.change(name, payload[0])
    for run in reader.runs:
        run.lay_on_grid()
    share_grid(reader.runs)
    return reader.runs


def _number(row: Row) -> int:
    number = row["seq"]
    assert isinstance(number, int)
    return number


def timeline(
    rows: Sequence[Row], planned: Sequence[tuple[Plan, list[Slot]]], span_us: int
) -> Timeline:
    """The last span of it. rows: those that is_of_slots() takes, in their order."""
    plans = [PlannedPlan(plan, slots) for plan, slots in planned]
    begun = next((row for row in reversed(rows) if row["event_name"] == SWITCH), None)
    if begun is None:
        return Timeline(plans, [], False)
    boot_id, newest_us = begun["boot_id"], begun["time_us"]
    assert isinstance(boot_id, int) and isinstance(newest_us, int)
    recent: list[Row] = []
    for row in reversed(rows):
        time_us = row["time_us"]
        is_old = isinstance(time_us, int) and time_us < newest_us - max(span_us, GRID_US)
        if row["boot_id"] != boot_id or is_old:
            break
        recent.append(row)
    recent.sort(key=_number)  # what was read late stands where it belongs
    frames = [frame for run in runs(recent, plans) for frame in run.frames()]
    since_us = newest_us - span_us
    shown = [f for f in frames if f.slots and f.slots[-1].planned_end_us > since_us]
    return Timeline(plans, shown, True, boot_id)


def is_of_slots(row: Row) -> bool:
    """Whether a row tells of slots: one began, a partition idles, stops or goes on, or records are
    lost."""
    if row["source"] != HYPERVISOR_ID or row["book"] != "trace":
        return False
    return row["kind"] == "gap" or row["event_name"] in TOLD_OF_SLOTS
