"""C10: plan switches at random moments. The host replays every request on a model of the specification and compares with it,
exactly, what the hypervisor announced and when each slot of each partition began.
"""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass

import machine
import oracle
from report import Verdicts

RAM_MEGABYTES = 256
HEADS = {0: 0x41000000, 1: 0x42000000, 2: 0x43000000}
ACTIONS = 0x44000000
INFO = struct.Struct(">11I3iqqQqQIIII")  # struct xm_kernel_info
ENTRY = struct.Struct(">qIIiI")
ENTRY_BYTES = 24 + 2 * INFO.size
HM_LOG, HM_LOG_SIZE = 0x4E000000, 2 << 20
REQUEST, MAINTENANCE = 1, 2
SLOT_START_BOUND_US = 100  # from the nominal start to the first clock reading of the partition
HM_SWITCH_BOUND_US = 100   # from the event's record to the start of the maintenance plan
PLAN_MAINTENANCE = 1
SWITCHER = 0
APP_POWER_FAIL = 38


@dataclass
class Slot:
    partition: int
    start: int
    duration: int
    position: int  # in the compiled plan, where a gap is a slot too


@dataclass
class Plan:
    frame_us: int
    slots: list[Slot]


@dataclass
class Frame:
    number: int
    start: int
    plan: int
    cut: int | None = None  # the health monitor ended it then


@dataclass
class Info:
    current: int
    requested: int
    previous: int
    now: int
    frame_start: int
    frame: int
    switch_time: int
    switch_frame: int
    lateness_max: int


@dataclass
class Action:
    time: int
    kind: int
    plan: int
    code: int
    current: int
    before: Info
    after: Info


def read_plans() -> list[Plan]:
    plans = []
    for element in ElementTree.parse(machine.ROOT / "tests/campaign/plans/system.xml").getroot().iter(oracle.NAMESPACE + "Plan"):
        slots: list[Slot] = []
        at, position = 0, 0
        for e in element:
            start, duration = oracle.number(e.get("start", "")), oracle.number(e.get("duration", ""))
            position += start > at  # the gap before it
            slots.append(Slot(int(e.get("partitionId", "")), start, duration, position))
            at, position = start + duration, position + 1
        plans.append(Plan(oracle.number(element.get("majorFrame", "")), slots))
    return plans


def read_info(data: bytes) -> Info:
    f = INFO.unpack_from(data)
    return Info(f[11], f[12], f[13], f[14], f[15], f[16], f[17], f[18], f[20])


def read_actions(ram: machine.Ram) -> list[Action]:
    actions = []
    for i in range(ram.word(HEADS[0] + 8)):
        data = ram.read(ACTIONS + ENTRY_BYTES * i, ENTRY_BYTES)
        time, kind, plan, code, current = ENTRY.unpack_from(data)
        actions.append(Action(time, kind, plan, code, current, read_info(data[24:]), read_info(data[24 + INFO.size:])))
    return actions


class Replay:
    """The specification's frames, plan by plan, driven by the requests that were made."""

    def __init__(self, plans: list[Plan], first: Info, raised: Iterator[int], verdicts: Verdicts) -> None:
        """raised: times of the forcing events, as the health monitor recorded them."""
        self.plans, self.raised, self.verdicts = plans, raised, verdicts
        self.frames = [Frame(first.frame, first.frame_start, first.current)]
        self.pending = first.current
        self.previous = -1
        self.switch_time, self.switch_frame = 0, 0
        self.switches, self.forced, self.at_boundary = 0, 0, 0

    def now(self) -> Frame:
        return self.frames[-1]

    def next_frame(self) -> None:
        """What the end of a major frame does."""
        last = self.now()
        start = last.start + self.plans[last.plan].frame_us
        self.frames.append(Frame(last.number + 1, start, self.pending))
        if self.pending != last.plan:
            self.switched(last.plan, start)

    def switched(self, previous: int, time: int) -> None:
        self.previous, self.switch_time, self.switch_frame = previous, time, self.now().number
        self.switches += 1

    def advance(self, number: int) -> None:
        while self.now().number < number:
            self.next_frame()

    def compare(self, info: Info, what: str) -> None:
        """The hypervisor's own record against the model: nominal times to the microsecond."""
        frame = self.now()
        wanted = (frame.number, frame.start, frame.plan, self.pending, self.previous, self.switch_time, self.switch_frame)
        seen = (info.frame, info.frame_start, info.current, info.requested, info.previous, info.switch_time, info.switch_frame)
        if wanted == seen:
            self.verdicts.add("masked")
        else:
            self.verdicts.add("SILENT", f"{what}: frame, start, plan, requested, previous, switch time, switch frame are {seen}, "
                                        f"expected {wanted}")

    def act(self, i: int, action: Action) -> None:
        self.advance(action.before.frame)
        self.compare(action.before, f"before action {i}")
        if action.kind == MAINTENANCE:
            self.maintenance(i, action)
        else:
            self.request(i, action)

    def request(self, i: int, action: Action) -> None:
        # A request within a few microseconds of the frame's end falls before or after it: what it reported tells.
        if action.after.frame != action.before.frame and action.plan < len(self.plans):
            self.at_boundary += 1
            if self.settles_after(action):
                self.next_frame()
        plan = self.now().plan
        if action.plan >= len(self.plans):
            wanted = oracle.PARAM
        else:
            wanted = oracle.NO_ACTION if action.plan == plan else oracle.OK
            self.pending = action.plan
            if action.current != plan:
                self.verdicts.add("SILENT", f"action {i}: plan {plan} was in force, reported {action.current}")
        if action.code == wanted:
            self.verdicts.add("rejected" if wanted < 0 else "masked")
        else:
            self.verdicts.add("WRONG_CODE", f"action {i}: request of plan {action.plan} in plan {plan}: {action.code}, expected {wanted}")
        self.advance(action.after.frame)
        self.compare(action.after, f"after action {i}")

    def settles_after(self, action: Action) -> bool:
        """Did the call come after the end of the frame in which `before` was taken?"""
        plan = self.now().plan
        if self.pending != plan:
            return action.current == self.pending
        return action.plan != plan and action.after.current == plan

    def maintenance(self, i: int, action: Action) -> None:
        """The health monitor's switch: at once, the frame cut short; nothing if the maintenance plan is in force."""
        before, after = self.now(), action.after
        raised = next(self.raised)  # the call may come later than its action: a slot can end in between
        end = before.start + self.plans[before.plan].frame_us
        # An event within a few microseconds of the frame's end falls before it or after it: what came of it tells.
        if before.plan == PLAN_MAINTENANCE:
            first = after.switch_time == self.switch_time
        else:
            first = (after.switch_frame, after.previous) == (before.number + 1, before.plan) and \
                not (self.pending == PLAN_MAINTENANCE and after.switch_time == end)
        if not first and raised >= end - HM_SWITCH_BOUND_US:
            self.next_frame()
            self.at_boundary += 1
            before = self.now()
        if before.plan == PLAN_MAINTENANCE:
            self.pending = PLAN_MAINTENANCE
        else:
            at = action.after.switch_time
            if not raised <= at <= raised + HM_SWITCH_BOUND_US:
                self.verdicts.add("WRONG_CODE", f"action {i}: forced at {raised} us, the maintenance plan began at {at} us")
            before.cut = at
            self.pending = PLAN_MAINTENANCE
            self.frames.append(Frame(before.number + 1, at, PLAN_MAINTENANCE))
            self.switched(before.plan, at)
            self.forced += 1
        self.verdicts.add("contained" if action.code == oracle.OK else "WRONG_CODE", f"action {i}: event refused: {action.code}")
        self.advance(action.after.frame)
        self.compare(action.after, f"after action {i}")


def began_as(slot: Slot, late_us: int, position: int, duration: int) -> bool:
    return 0 <= late_us <= SLOT_START_BOUND_US and (position, duration) == (slot.position, slot.duration)


def judge_slots(ram: machine.Ram, partition: int, plans: list[Plan], frames: list[Frame], verdicts: Verdicts) -> tuple[int, int]:
    """Every slot that must have begun did, once, in its order and on time; returns the number and the latest start."""
    count = ram.word(HEADS[partition])
    # The third: the frame was cut short while the kernel was still busy with the event, so this slot need not have begun.
    expected = [(frame.start + slot.start, slot, frame.cut is not None and frame.start + slot.start >= frame.cut - HM_SWITCH_BOUND_US)
                for frame in frames for slot in plans[frame.plan].slots
                if slot.partition == partition and (frame.cut is None or frame.start + slot.start < frame.cut)]
    entries = [struct.unpack(">qII", ram.read(HEADS[partition] + 0x1000 + 16 * i, 16)) for i in range(count)]
    if not entries:
        verdicts.add("HANG", f"partition {partition} saw no slot")
        return 0, 0
    begin = next((i for i, (time, _, _) in enumerate(expected) if abs(time - entries[0][0]) <= SLOT_START_BOUND_US), 0)
    latest = 0
    at = begin
    for i, (time, position, duration) in enumerate(entries):
        # The switcher may still be busy with an action when its next slot begins: it then does not see that one begin.
        while at < len(expected) and (partition == SWITCHER and expected[at][0] < time - SLOT_START_BOUND_US or
                                      expected[at][2] and not began_as(expected[at][1], time - expected[at][0], position, duration)):
            at += 1
        if at >= len(expected):
            break  # after the last frame that the replay knows
        nominal, slot, _ = expected[at]
        at += 1
        if not began_as(slot, time - nominal, position, duration):
            verdicts.add("ESCAPE", f"partition {partition}, slot {i}: began at {time} us as {position} of {duration} us, expected at {nominal} us "
                                   f"as {slot.position} of {slot.duration} us")
            if verdicts.bad() > 50:
                break
            continue
        verdicts.add("masked")
        latest = max(latest, time - nominal)
    return count, latest


def campaign(build_dir: str, size: str, seed: int) -> int:
    """Run it; returns how many comparisons went wrong."""
    folder = machine.build("plans", build_dir)
    verdicts = Verdicts("plans", seed, size)
    plans = read_plans()
    ram = machine.Ram(folder / "ram", RAM_MEGABYTES)
    wanted = 230000 if size == "full" else 23000
    try:
        for head in HEADS.values():
            ram.write(head, struct.pack(">8I", 0, (16 << 20) // 16 - 512, 0, 0, wanted, seed & 0xFFFFFFFF, 0, 0))
        run = machine.boot(folder / "system.elf", ram, 30, 1500, lambda: ram.word(HEADS[0] + 8))
        if run.status != 0 or not ram.word(HEADS[0] + 24):
            verdicts.add("HANG", f"QEMU {'stood still' if run.status is None else f'ended with {run.status}'}:\n{run.output[-500:]}")
        for text in machine.KERNEL_TROUBLE.findall(run.output):
            verdicts.add("ESCAPE", f"the hypervisor says: {text}")
        actions = read_actions(ram)
        if not actions:
            raise machine.CampaignError("plans: no action was taken:\n" + run.output[-500:])
        log = machine.hm_log(ram, HM_LOG, HM_LOG_SIZE)
        asked = sum(action.kind == MAINTENANCE for action in actions)
        if [record.event for record in log] != [APP_POWER_FAIL] * asked or not all(record.valid for record in log):
            raise machine.CampaignError(f"plans: {asked} events were raised, the log holds {len(log)} records: "
                                        f"{sorted({record.event for record in log})}")
        replay = Replay(plans, actions[0].before, iter([record.time_us for record in log]), verdicts)
        for i, action in enumerate(actions):
            replay.act(i, action)
            if verdicts.bad() > 50:
                break
        slots = [judge_slots(ram, partition, plans, replay.frames, verdicts) for partition in HEADS]
        minimum = 100000 if size == "full" else 10000
        if replay.switches < minimum:
            verdicts.add("WRONG_CODE", f"only {replay.switches} switches were made, {minimum} are wanted")
        verdicts.facts = {"requests": len(actions), "switches": replay.switches, "forced": replay.forced, "events": asked,
                          "frames": len(replay.frames), "at the boundary": replay.at_boundary, "phase drift us": 0 if not verdicts.bad() else -1,
                          "slots": sum(n for n, _ in slots), "latest slot start us": max(late for _, late in slots)}
    finally:
        ram.close()
    return verdicts.finish(machine.ROOT / build_dir / "campaign")
