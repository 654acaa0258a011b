"""Lets an interrupt come at each instruction that a segment of round.S executes, in the partition and in the hypervisor.

First each segment is run once and single-stepped: that is the list of places. Then, for each place and each kind of interrupt,
one round: the processor is stopped at the place, the interrupt becomes pending, and the partition runs to its next round, in
which it compares all registers with those of a round without. Making an interrupt pending touches nothing but device
registers: the line is forced in the interrupt controller; for what the slot timer stands for, the clock jumps to its end.

Each instruction of the partition and of the hypervisor's assembler has each kind; of its C code, which cannot be interrupted,
some have one of them, in turn.
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
NONE, LINE, TIMER, SLOT, NONE_TIMER, FINISH = range(6)  # enum kind of stepped.c
KINDS = {LINE: "line", TIMER: "own timer", SLOT: "end of slot"}
SEGMENTS = ("plain", "windows", "calls", "asm_calls", "trap", "float")
PLAIN, WINDOWS, CALLS, ASM_CALLS, TRAP, FLOAT = range(6)
DEPTHS = 7
HYPERVISOR_END = 0x40100000
LINE_NUMBER, TIMER_LINE = 10, 7
IRQMP_FORCE = 0x80000280
CLOCK_COUNTER, SLOT_COUNTER = 0x80000310, 0x80000320
PC = 68  # words of the stub's register block before it
START_WORDS = 5  # of stepped_start: with them a segment begins
# Rounds in which the own timer comes, 100 ms each, before a slot of 9 s is ended.
FRESH_SLOT_EVERY = 32
C_CODE_EVERY = 4


class Stepper(Debugger):
    """Stopped at the start of a segment, between rounds, with a breakpoint there."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.start = symbol("stepped_start", STEPPED)
        self.done = symbol("stepped_done", STEPPED)
        self.command = symbol("command", STEPPED)
        self.break_at(self.start)
        self.run_on()

    def break_at(self, address: int) -> None:
        assert self.ask(f"Z1,{address:x},4") == "OK"

    def unbreak(self, address: int) -> None:
        assert self.ask(f"z1,{address:x},4") == "OK"

    def word(self, address: int) -> int:
        return int(self.ask(f"m{address:x},4"), 16)

    def pc(self) -> int:
        return int(self.ask("g")[8 * PC:8 * PC + 8], 16)

    def step(self) -> None:
        """One instruction, or the trap it causes; no interrupt."""
        assert self.ask("s").startswith("T05")

    def run_on(self) -> None:
        stopped = self.ask("c")
        assert stopped.startswith("T05"), f"the system did not stop at a place: {stopped}"

    def set_round(self, kind: int, segment: int, depth: int) -> None:
        """What comes after the present round."""
        self.write(self.command, struct.pack(">3I", kind, segment, depth))

    def next_round(self) -> None:
        self.unbreak(self.start)
        self.run_to(self.done)
        self.run_to(self.start)
        self.break_at(self.start)

    def run_to(self, place: int) -> None:
        """Not by single steps, which make QEMU translate everything anew."""
        self.break_at(place)
        self.run_on()
        self.unbreak(place)

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
        if kind == LINE:
            self.write(IRQMP_FORCE, (1 << LINE_NUMBER).to_bytes(4, "big"))
            return
        left_us = self.word(SLOT_COUNTER) + 1
        self.write(CLOCK_COUNTER, (self.word(CLOCK_COUNTER) - left_us & 0xFFFFFFFF).to_bytes(4, "big"))
        self.write(IRQMP_FORCE, (1 << TIMER_LINE).to_bytes(4, "big"))


# ---- what a round must leave behind ----------------------------------------------------------------

BOTTOM = 0x50000000
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
    elif segment == CALLS:
        words |= {O + 0: XM_UNKNOWN_HYPERCALL, O + 1: 9, O + 2: symbol("room", STEPPED), O + 3: 0, O + 4: 0, O + 5: 0}
        words |= {L + 0: 0, L + 1: XM_INVALID_PARAM, L + 2: XM_UNKNOWN_HYPERCALL}
    elif segment == ASM_CALLS:
        psr = ZVC << 20 | 0x1000 | 0x20  # FPU on, virtual traps on
        words |= {O + 0: XM_UNKNOWN_HYPERCALL, O + 1: psr}
        words |= {L + 0: psr, L + 1: psr | 0xF00, L + 2: 0, L + 3: XM_UNKNOWN_HYPERCALL}
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


def places_of(stepper: Stepper) -> dict[tuple[int, int, int], set[int]]:
    """Places by kind of round (own timer armed or not), segment and depth."""
    places = {}
    for kind in (NONE, NONE_TIMER):
        for segment in range(len(SEGMENTS)):
            for depth in range(DEPTHS) if segment == WINDOWS else (0, DEPTHS - 1):
                stepper.set_round(kind, segment, depth)
                stepper.next_round()
                places[kind, segment, depth] = set(stepper.trace())
                check_reference(stepper, segment, depth)
    return places


def kinds_of(place: int, n: int, depth: int, segment: int, assembler: Assembler, had: set[int]) -> list[int]:
    """Kinds for the n-th place of a segment at a depth: all, if they are not had anyhow."""
    turn = LINE + (n + depth) % len(KINDS)
    if segment == WINDOWS or place in had:
        return [turn]  # of seven depths, or once more on another way
    if place in assembler or place >= HYPERVISOR_END:
        return list(KINDS)
    return [turn] if n % C_CODE_EVERY == 0 else []


def plan_rounds(places: dict[tuple[int, int, int], set[int]], assembler: Assembler) -> list[tuple[int, int, int, int]]:
    """(kind, segment, depth, place)."""
    rounds: list[tuple[int, int, int, int]] = []
    had: set[int] = set()
    for segment in range(len(SEGMENTS)):
        depths = sorted({d for _, s, d in places if s == segment})
        for n, place in enumerate(sorted(set.union(*(at for (_, s, _), at in places.items() if s == segment)))):
            for depth in depths if segment == WINDOWS else [depths[n % len(depths)]]:
                for kind in kinds_of(place, n, depth, segment, assembler, had):
                    if place in places[NONE_TIMER if kind == TIMER else NONE, segment, depth]:
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
        """Each word of the segments must have had each kind, but those that are never executed."""
        start, end = symbol("segment_plain", STEPPED), symbol("segments_end", STEPPED)
        words = struct.unpack(f">{(end - start) // 4}I", stepper.read(start, end - start))
        executed = {start + 4 * i for i, word in enumerate(words) if word != 0}
        lines = []
        for kind, name in KINDS.items():
            missed = executed - self.hit[kind] | {place for place in self.missed[kind] if place in self.assembler}
            assert not missed, f"no interrupt ({name}) at {', '.join(hex(place) for place in sorted(missed))}"
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
    assert other_rounds >= sum(kind == SLOT for kind, *_ in rounds), f"the other partition did {other_rounds} rounds"
    lines.append(f"other: {stepper.word(symbol('other_wrong', OTHER)):#x} wrong")
    stepper.set_round(FINISH, 0, 0)
    stepper.unbreak(stepper.start)
    return lines + stepper.run_to_end()
