"""What a plan switch costs: the prediction against a walk through the frames, microsecond by
microsecond."""

from hypothesis import given
from hypothesis import strategies as st

from xmground.blackout import Blackout, predict
from xmground.model import Plan, Slot


@st.composite
def plans(draw: st.DrawFn, number: int) -> tuple[Plan, list[Slot]]:
    """A plan of a few microseconds, with slots that do not overlap, in any order."""
    length = draw(st.integers(4, 24))
    cuts = sorted(draw(st.sets(st.integers(0, length), min_size=2, max_size=6)))
    pieces = [piece for piece in zip(cuts, cuts[1:]) if draw(st.booleans())]
    owners = [draw(st.integers(0, 2)) for _ in pieces]
    slots = [
        Slot(at, owner, start, end - start)
        for at, (owner, (start, end)) in enumerate(zip(owners, pieces))
    ]
    return Plan(number, "", length, len(slots), True), draw(st.permutations(slots))


def owners_of(plan: Plan, slots: list[Slot]) -> list[int]:
    """Who runs in each microsecond of a frame; -1: nobody."""
    frame = [-1] * plan.major_frame_us
    for slot in slots:
        frame[slot.start_us : slot.start_us + slot.duration_us] = [
            slot.partition
        ] * slot.duration_us
    return frame


def longest_pause(time: list[int], partition: int) -> int | None:
    """Between the first and the last microsecond in which it runs; None: it never does."""
    at = [us for us, owner in enumerate(time) if owner == partition]
    return max((b - a - 1 for a, b in zip(at, at[1:])), default=0) if at else None


@given(plans(0), plans(1))
def test_prediction_is_what_a_walk_through_the_frames_sees(
    old: tuple[Plan, list[Slot]], new: tuple[Plan, list[Slot]]
) -> None:
    before, after = owners_of(*old), owners_of(*new)
    for cost in predict(*old, *new):
        assert cost.before_us == longest_pause(before * 2, cost.partition)
        assert cost.after_us == longest_pause(after * 2, cost.partition)
        if cost.partition not in before or cost.partition not in after:
            assert cost.switch_us is None
            continue
        last = max(us for us, owner in enumerate(before) if owner == cost.partition)
        first = after.index(cost.partition) + len(before)
        assert cost.switch_us == first - last - 1


def test_partition_that_runs_over_the_switch_has_no_pause() -> None:
    slots = [Slot(0, 3, 0, 100)]
    plan = Plan(0, "all", 100, 1, True)
    assert predict(plan, slots, plan, slots) == [Blackout(3, 0, 0, 0)]
