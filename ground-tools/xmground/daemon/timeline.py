"""When slots ran, from the hypervisor's trace, beside when they are planned.

The trace tells when a slot began, not when it ended: it ends when the next one begins, or when its
planned time is over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..model import Plan, Slot
from ..rows import Row


@dataclass(frozen=True)
class PlannedPlan:
    """A plan and its slots."""

    plan: Plan
    slots: list[Slot]


@dataclass(frozen=True)
class ObservedSlot:
    """A slot that ran, in board time of the boot boot_id."""

    boot_id: int
    plan: int
    slot: int
    partition: int
    start_us: int
    end_us: int


@dataclass(frozen=True)
class Timeline:
    """traced: whether the hypervisor has recorded any slot at all: its trace mask may leave them
    out."""

    planned: list[PlannedPlan]
    observed: list[ObservedSlot]
    traced: bool


def observed_slots(
    rows: Iterable[Row], planned: Sequence[tuple[Plan, list[Slot]]]
) -> list[ObservedSlot]:
    """The slots that the records tell, in their order."""
    durations = {(plan.id, slot.id): slot.duration_us for plan, slots in planned for slot in slots}
    found: list[ObservedSlot] = []
    for row in rows:
        payload, start_us, boot_id = row["payload"], row["time_us"], row["boot_id"]
        assert isinstance(payload, list) and isinstance(start_us, int) and isinstance(boot_id, int)
        partition, slot, plan = payload[:3]
        if found and found[-1].boot_id == boot_id and found[-1].start_us <= start_us:
            found[-1] = _ended(found[-1], start_us)
        end_us = start_us + durations.get((plan, slot), 0)
        found.append(ObservedSlot(boot_id, plan, slot, partition, start_us, end_us))
    return found


def _ended(slot: ObservedSlot, at_us: int) -> ObservedSlot:
    if slot.end_us == slot.start_us:  # a slot of no known plan
        end_us = at_us
    else:
        end_us = min(slot.end_us, at_us)
    return ObservedSlot(slot.boot_id, slot.plan, slot.slot, slot.partition, slot.start_us, end_us)


def timeline(
    rows: Iterable[Row], planned: Sequence[tuple[Plan, list[Slot]]], span_us: int
) -> Timeline:
    """The last span of it."""
    observed = observed_slots(rows, planned)
    if observed:
        last = observed[-1]
        since_us = last.start_us - span_us
        recent = [s for s in observed if s.boot_id == last.boot_id and s.end_us >= since_us]
    else:
        recent = []
    return Timeline([PlannedPlan(plan, slots) for plan, slots in planned], recent, bool(observed))
