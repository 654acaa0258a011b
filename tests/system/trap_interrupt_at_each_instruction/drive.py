"""Lets an interrupt come at each instruction that a segment of round.S executes, in the partition and in the hypervisor.

First each segment is run once and single-stepped: that is the list of places. Then, for each place and each kind of interrupt,
one round: the processor is stopped at the place, the interrupt becomes pending, and the partition runs to its next round, in
which it compares all registers with those of a round without. Making an interrupt pending touches nothing but device
registers: the line is forced in the interrupt controller; for what the slot timer stands for, the clock jumps to its end.

Each instruction of the partition and of the hypervisor's assembler has a kind that comes to the partition and one that takes
the processor from it. What differs within those two is C code; it cannot be interrupted, and some of its instructions have one
kind.
"""

from __future__ import annotations

import os
import re
import struct
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from debugger import HYPERVISOR, Debugger, symbol  # noqa: E402

TEST = "tests/system/trap_interrupt_at_each_instruction"
STEPPED, OTHER = f"{TEST}/p0.elf", f"{TEST}/p1.elf"
NONE, LINE, TIMER, SLOT, SLOT_AND_LINE, FINISH = range(6)  # enum kind of stepped.c
KINDS = {LINE: "line", TIMER: "own timer", SLOT: "end of slot", SLOT_AND_LINE: "end of slot and line"}
STAY, SWITCH = (LINE, TIMER), (SLOT, SLOT_AND_LINE)
SEGMENTS = ("plain", "windows", "areas", "calls", "asm_calls", "trap", "float", "interrupt")
PLAIN, WINDOWS, AREAS, CALLS, ASM_CALLS, TRAP, FLOAT, INTERRUPT = range(8)
DEPTHS = 7
HYPERVISOR_END = 0x40100000
LINE_NUMBER, TIMER_LINE = 10, 7
IRQMP_FORCE = 0x80000280
CLOCK_COUNTER, SLOT_COUNTER = 0x80000310, 0x80000320
PC = 68  # in the stub's register block
START_WORDS = 5  # of stepped_start: with them a segment begins
# Rounds in which the own timer may come, 10 s each, before a slot of 600 s is ended.
FRESH_SLOT_EVERY = 32
C_CODE_EVERY = 12
SSTEP_ENABLE, SSTEP_NO_TIMER = 1, 4  # and not NO_IRQ: the segment `interrupt` is stepped through one


class Stepper(Debugger):
    """Stopped at the start of a segment, between rounds, with a breakpoint there."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.start = symbol("stepped_start", STEPPED)
        self.done = symbol("stepped_done", STEPPED)
        self.command = symbol("command", STEPPED)
        assert self.ask(f"Qqemu.sstep={SSTEP_ENABLE | SSTEP_NO_TIMER:x}") == "OK", "QEMU cannot single-step into interrupts"
        self.break_at(self.start)
        self.run_on()

    def word(self, address: int) -> int:
        return int(self.ask(f"m{address:x},4"), 16)

    def pc(self) -> int:
        return self.registers()[PC]

    def step(self) -> None:
        """One instruction, or the trap that it causes or that is pending."""
        assert self.ask("s").startswith("T05")

    def set_round(self, kind: int, segment: int, depth: int) -> None:
        """What comes after the present round."""
        self.write(self.command, struct.pack(">3I", kind, segment, depth))

    def next_round(self) -> None:
        self.unbreak(self.start)
        self.run_to(self.done)
        self.run_to(self.start)
        self.break_at(self.start)

    def trace(self) -> list[int]:
        """Every pc of the segment, in order; then on to the next round."""
        places = []
        for _ in range(START_WORDS):
            self.step()
        while (pc := self.pc()) != self.done:
            places.append(pc)
            self.step()
        self.run_on()
        return places

    def interrupt_at(self, place: int, kind: int) -> bool:
        """In the present round, at the end of the segment if it does not come to the place; then on to the next round."""
        self.unbreak(self.start)
        self.break_at(self.done)
        self.run_to(place)
        self.unbreak(self.done)
        reached = self.pc() == place
        self.interrupt(kind)
        self.run_to(self.start)
        self.break_at(self.start)
        return reached

    def interrupt(self, kind: int) -> None:
        lines = 0
        if kind in (LINE, SLOT_AND_LINE):
            lines |= 1 << LINE_NUMBER
        if kind in (TIMER, SLOT, SLOT_AND_LINE):
            lines |= 1 << TIMER_LINE
            left_us = self.word(SLOT_COUNTER) + 1
            self.write(CLOCK_COUNTER, (self.word(CLOCK_COUNTER) - left_us & 0xFFFFFFFF).to_bytes(4, "big"))
        self.write(IRQMP_FORCE, lines.to_bytes(4, "big"))


# ---- what a round must leave behind ----------------------------------------------------------------

BOTTOM, FAR_STACK = 0x50000000, 0x40190000 - 96  # of stepped.h
G, O, L = 0, 8, 16
Y, ICC, FSR, F, WORDS = 32, 33, 34, 36, 68
ZVC, NV = 7, 10
XM_INVALID_PARAM, XM_UNKNOWN_HYPERCALL = -3 & 0xFFFFFFFF, -2 & 0xFFFFFFFF


def expected(segment: int) -> dict[int, int]:
    """Word by word, but for the stack pointers: computed from what the segment does, with no processor in between."""
    words = {n: BOTTOM + n for n in range(1, 32) if n not in (O + 6, 30)}
    words[G + 7] = symbol(f"segment_{SEGMENTS[segment]}", STEPPED)
    words |= {Y: 0x12345678, ICC: ZVC, FSR: 0x40000000}
    words |= {F + n: 0x3F800000 + (n << 16) for n in range(32)}
    l = {n: BOTTOM + L + n for n in range(8)}
    if segment == PLAIN:
        product = l[4] * l[5]
        step = (1 << 31 | l[6] >> 1) + l[7]  # multiply step behind a negative difference, lowest bit of %y set
        words |= {O + 0: l[1] + l[2] + 4 & 0xFFFFFFFF, O + 1: l[3], O + 2: 0x12345678}
        words |= {O + 3: (step & 0xFFFFFFFF) - (step >> 32), O + 4: (l[6] & 1) << 31 | 5 >> 1, O + 5: 0}
        words |= {L + 4: l[6], L + 5: l[7], G + 1: -l[3] >> 24 & 0xFF, G + 2: 0xFFFFFFFF, G + 3: 0, G + 4: BOTTOM + 5, ICC: NV}
        assert product // l[4] == l[5]
    elif segment == WINDOWS:
        words[O + 0] += sum(range(1, 10)) * 4
    elif segment == AREAS:
        words[O + 0] += sum(range(1, 10)) * 4
        words |= {G + 1: FAR_STACK - 6 * 96}
        del words[G + 2]  # as the stack pointers
    elif segment == CALLS:
        words |= {O + 0: XM_UNKNOWN_HYPERCALL, O + 1: 9, O + 2: symbol("room", STEPPED), O + 3: 0, O + 4: 0, O + 5: 0}
        words |= {L + 0: 0, L + 1: XM_INVALID_PARAM, L + 2: XM_UNKNOWN_HYPERCALL}
    elif segment == ASM_CALLS:
        psr = ZVC << 20 | 0x1000 | 0x20  # FPU on, virtual traps on
        words |= {O + 0: XM_UNKNOWN_HYPERCALL, O + 1: psr}
        words |= {L + 0: psr, L + 1: psr | 0xF00, L + 2: 0, L + 3: XM_UNKNOWN_HYPERCALL}
    elif segment == INTERRUPT:
        words |= {O + 0: 0, O + 1: 1 << 11, O + 2: 0}
    elif segment == FLOAT:
        total = struct.unpack(">I", struct.pack(">f", 1.0 + 1.0078125))[0]
        scaled = struct.unpack(">I", struct.pack(">f", 2.0078125 * 1.0078125))[0]
        words |= {F + 2: total, F + 4: scaled, F + 6: scaled, F + 7: total, F + 8: words[F + 0], F + 9: 0xBF800000}
    return words


def check_reference(stepper: Stepper, segment: int, depth: int) -> None:
    address = symbol("reference", STEPPED) + 4 * WORDS * (segment * DEPTHS + depth)
    found = struct.unpack(f">{WORDS}I", stepper.read(address, 4 * WORDS))
    for word, wanted in expected(segment).items():
        value = found[word] & (0xC0000FFF if word == FSR else 0xFFFFFFFF)
        assert value == wanted, f"{SEGMENTS[segment]} at depth {depth}: word {word} is {value:#x}, should be {wanted:#x}"


# ---- the rounds --------------------------------------------------------------------------------------


class Assembler:
    """Where the hypervisor's assembler lies."""

    def __init__(self) -> None:
        link_map = (Path(os.environ["XM_BUILD"]) / HYPERVISOR).with_name("xm.map").read_text()
        objects = "|".join(path.stem for path in (Path(__file__).parents[3] / "hypervisor/arch/sparc").glob("*.S") if path.stem != "memcpy")
        section = re.compile(rf"^ \.text\S*\s+0x(\w+)\s+0x(\w+) \S*/arch/sparc/(?:{objects})\.o$", re.M)
        found = ((int(start, 16), int(size, 16)) for start, size in section.findall(link_map))
        self.ranges = [range(start, start + size) for start, size in found if start != 0]
        assert self.ranges, "xm.map names no assembler"

    def __contains__(self, place: int) -> bool:
        return any(place in area for area in self.ranges)


def places_of(stepper: Stepper) -> dict[tuple[int, int], set[int]]:
    """Places by segment and depth."""
    places = {}
    for segment in range(len(SEGMENTS)):
        for depth in range(DEPTHS) if segment == WINDOWS else (0, DEPTHS - 1):
            stepper.set_round(NONE, segment, depth)
            stepper.next_round()
            places[segment, depth] = set(stepper.trace())
            check_reference(stepper, segment, depth)
    return places


def kinds_of(place: int, n: int, assembler: Assembler, had: set[int]) -> list[int]:
    """Kinds for the n-th place of a segment. Depths go by turns of n, so kinds go by turns of n / 2."""
    if place in had:
        return [list(KINDS)[n // 2 % len(KINDS)]]  # once more on another way
    if place >= HYPERVISOR_END or place in assembler:
        return [STAY[n // 2 % 2], SWITCH[n // 4 % 2]]
    return [list(KINDS)[n // C_CODE_EVERY % len(KINDS)]] if n % C_CODE_EVERY == 0 else []


def plan_rounds(places: dict[tuple[int, int], set[int]], assembler: Assembler) -> list[tuple[int, int, int, int]]:
    """(kind, segment, depth, place)."""
    rounds: list[tuple[int, int, int, int]] = []
    had: set[int] = set()
    for segment in range(len(SEGMENTS)):
        at = {depth: places_at for (s, depth), places_at in places.items() if s == segment}
        for n, place in enumerate(sorted(set.union(*at.values()))):
            depths = [depth for depth in at if place in at[depth]]
            depth = depths[n % len(depths)]
            for kind in kinds_of(place, n, assembler, had):
                rounds.append((kind, segment, depth, place))
                if len(rounds) % FRESH_SLOT_EVERY == 0:
                    rounds.append((SLOT, segment, depth, symbol(f"segment_{SEGMENTS[segment]}", STEPPED)))
        had |= {place for _, _, _, place in rounds}
    return rounds


class Coverage:
    def __init__(self, assembler: Assembler) -> None:
        self.assembler = assembler
        self.hit: dict[int, set[int]] = defaultdict(set)
        self.missed: dict[int, set[int]] = defaultdict(set)

    def count(self, kind: int, place: int, reached: bool) -> None:
        (self.hit if reached else self.missed)[kind].add(place)

    def report(self, stepper: Stepper) -> list[str]:
        """Each word of the segments must have had its interrupts, but those that are never executed; and each round must have
        come to its place, but in C code."""
        start, end = symbol("segment_plain", STEPPED), symbol("segments_end", STEPPED)
        words = struct.unpack(f">{(end - start) // 4}I", stepper.read(start, end - start))
        executed = {start + 4 * i for i, word in enumerate(words) if word != 0}
        lines = []
        for first, second in STAY, SWITCH:
            missed = executed - self.hit[first] - self.hit[second]
            missed |= {place for place in self.missed[first] | self.missed[second] if place in self.assembler}
            assert not missed, f"no interrupt ({KINDS[first]}) at {', '.join(hex(place) for place in sorted(missed))}"
        for kind, name in KINDS.items():
            own = sum(place >= HYPERVISOR_END for place in self.hit[kind])
            assembler = sum(place in self.assembler for place in self.hit[kind])
            lines.append(f"{name}: at {own} instructions of the partition, {assembler} of the hypervisor's assembler, "
                         f"{len(self.hit[kind]) - own - assembler} of its C code")
        missed_c = sum(len(missed) for missed in self.missed.values())
        # Some branches hang on the time of day.
        assert missed_c < sum(len(hit) for hit in self.hit.values()) // 20, f"{missed_c} places of C code were not reached"
        return lines


def drive(port: int) -> list[str]:
    stepper = Stepper(port)
    assembler = Assembler()
    coverage = Coverage(assembler)
    rounds = plan_rounds(places_of(stepper), assembler)
    stepper.set_round(*rounds[0][:3])
    stepper.next_round()
    following = [round_[:3] for round_ in rounds[1:]] + [(NONE, 0, 0)]
    for (kind, _, _, place), after in zip(rounds, following):
        stepper.set_round(*after)
        coverage.count(kind, place, stepper.interrupt_at(place, kind))
    lines = coverage.report(stepper)
    other_rounds = stepper.word(symbol("other_rounds", OTHER))
    assert other_rounds >= sum(kind in SWITCH for kind, *_ in rounds), f"the other partition did {other_rounds} rounds"
    lines.append(f"other: {stepper.word(symbol('other_wrong', OTHER)):#x} wrong")
    stepper.set_round(FINISH, 0, 0)
    stepper.unbreak(stepper.start)
    return lines + stepper.run_to_end()
