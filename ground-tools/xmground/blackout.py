"""What a plan switch costs each partition, from the slots of the two plans.

The hypervisor changes plans between two major frames. So a partition is without its processor from
the end of its last slot in the old plan to the begin of its first slot in the new one. How late slots
begin (`xmg sys status`: slot lateness) is not in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .model import Plan, Slot


@dataclass(frozen=True)
class Blackout:
    """For how long a partition does not run, at most. None: it has no slot on that side; a partition
    that has none in the new plan stops until the next switch."""

    partition: int
    before_us: int | None  # in the old plan, between two of its slots
    switch_us: int | None  # while the plans change
    after_us: int | None  # in the new plan


def predict(
    old: Plan, old_slots: Sequence[Slot], new: Plan, new_slots: Sequence[Slot]
) -> list[Blackout]:
    """One for each partition that has a slot in either plan, by id."""
    found = []
    for number in sorted({slot.partition for slot in (*old_slots, *new_slots)}):
        mine = [slot for slot in old_slots if slot.partition == number]
        next_ones = [slot for slot in new_slots if slot.partition == number]
        switch_us = None
        if mine and next_ones:
            last_end = max(slot.start_us + slot.duration_us for slot in mine)
            first = min(slot.start_us for slot in next_ones)
            switch_us = old.major_frame_us - last_end + first
        found.append(Blackout(number, longest(old, mine), switch_us, longest(new, next_ones)))
    return found


def longest(plan: Plan, slots: Sequence[Slot]) -> int | None:
    """The longest time between two of these slots, frame after frame; None without slots."""
    if not slots:
        return None
    in_order = sorted(slots, key=lambda slot: slot.start_us)
    starts = [slot.start_us for slot in in_order[1:]]
    starts.append(in_order[0].start_us + plan.major_frame_us)
    return max(start - (slot.start_us + slot.duration_us) for slot, start in zip(in_order, starts))
