"""Values for the arguments of hypercalls: what is right, what is at the edge, what is bad; and how they are combined.

Everything is chosen by the kind of the argument and its name as hypercalls.def has them, so a new row needs nothing here.
"""

from __future__ import annotations

import random
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import abigen  # noqa: E402  (the one parser of the .def files)

Value = tuple[int, ...]  # one word, or two for a 64-bit argument


@dataclass
class Parameter:
    kind: str
    type: str
    name: str


@dataclass
class Call:
    number: int
    name: str
    who: str
    parameters: list[Parameter]


def calls() -> list[Call]:
    """All rows of hypercalls.def."""
    found = []
    for row in abigen.read_def(abigen.ABI / "hypercalls.def"):
        if row.macro is None:
            continue
        number, name, who, arguments, _ = abigen.demand(row, 5)
        parameters = []
        for item in abigen.split_arguments(arguments[1:-1], row.where):
            match = re.fullmatch(r"(\w+)\((.*)\)", item)
            if item == "NONE":
                continue
            if match is None:
                raise abigen.BadTable(f"{row.where}: unknown kind of argument: {item}")
            inner = abigen.split_arguments(match.group(2), row.where)
            parameters.append(Parameter(match.group(1), inner[0] if len(inner) == 2 else "", inner[-1]))
        found.append(Call(int(number), name, who, parameters))
    return found


class Places:
    """Addresses in the memory of a tester, and the content that the host puts there."""

    def __init__(self, base: int, own_id: int) -> None:
        self.own_id = own_id
        self.play, self.end = base + 0x80000, base + 0x86000  # two areas that touch at play + 0x4000
        self.joint = self.play + 0x4000
        self.read_only, self.unmapped = base + 0x88000, base + 0x8A000
        self.mapped_from, self.mapped = base + 0x8C000, 0x60000000
        self.names: dict[str, int] = {}
        self.content = {self.play: bytearray(self.fill(0x6000, 1)), self.read_only: bytearray(self.fill(0x1000, 2)),
                        self.mapped: bytearray(self.fill(0x1000, 3))}
        texts = [b"s_out\0", b"s_in\0", b"q_out\0", b"q_in\0", b"lone_s\0", b"lone_q\0", b"ear\0", b"\0", b"sixteen_chars_xx!!",
                 b"fifteen_chars_x\0", b"victim_a\0", b"tester_s\0", b"tester_n\0", b"medic\0", b"plan0\0", b"plan2\0",
                 b"plan9\0", b"S_OUT\0", b"s_ou\0", b"s_outt\0"]
        for i, text in enumerate(texts):
            self.put(self.play + 0x1000 + 32 * i, text)
            self.names[text.rstrip(b"\0").decode()] = self.play + 0x1000 + 32 * i
        self.put(self.end - 6, b"s_out\0")
        self.put(self.read_only + 0xFFC, b"q_in")
        self.names["s_out at the end"] = self.end - 6

    @staticmethod
    def fill(size: int, salt: int) -> bytes:
        """No zero byte: a string begins and ends only where one was put."""
        return bytes(1 + (i * 7 + (i >> 8) * 13 + salt * 31) % 255 for i in range(size))

    def put(self, address: int, data: bytes) -> None:
        for start, content in self.content.items():
            if start <= address < start + len(content):
                content[address - start:address - start + len(data)] = data
                return
        raise ValueError(hex(address))

    def windows(self) -> list[tuple[int, int, bool]]:
        """(address, bytes, writable): what is looked at after every call. Covers whatever a pointer below can reach."""
        return [(self.play + 0xE0, 0x1A0, True), (self.play + 0x1000, 640, True), (self.joint - 0x20, 0x40, True),
                (self.end - 0x100, 0x100, True), (self.mapped, 0x80, True), (self.mapped + 0xF80, 0x80, True),
                (self.read_only + 0x40, 0x80, False), (self.read_only + 0xF80, 0x80, False)]


OTHERS = [0x40400000, 0x40420000, 0x40431000, 0x40480000,             # other partitions, a foreign scratch page
          0x40000000, 0x40001000, 0x40012000, 0x4007F000, 0x41800000,  # hypervisor: text, header, data, retained page, log
          0x41FE0000, 0x80000000, 0x80000100, 0x80000200, 0x80000300,  # loader, memory controller, UART, interrupts, timers
          0x00000000, 0x00000001, 0x00000004, 0x00001000, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF, 0xFFFFFFFC, 0xFFFFFFF8, 0xFFFFFFF0]


def pointers(p: Places, pct: int) -> list[int]:
    """Good ones first (GOOD_POINTERS of them)."""
    own = [p.play + 0x100, p.mapped + 0x10, p.end - 0x80]
    edge = [p.play + 0x101, p.play + 0x102, p.play + 0x104, p.play + 0x107, p.joint - 16, p.joint - 8, p.joint - 4, p.joint,
            p.end - 0x40, p.end - 36, p.end - 32, p.end - 16, p.end - 8, p.end - 4, p.end - 2, p.end - 1, p.end,
            p.read_only + 0x40, p.read_only + 0xFFC, p.unmapped + 0x10, p.mapped + 0xFF8, p.mapped + 0x1000, p.mapped_from + 0x10,
            pct, pct + 0x1000, pct - 0x1000]
    return own + edge + OTHERS


GOOD_POINTERS = 3

# By (part of) the name of an argument: good values first, how many are good.
WORDS: list[tuple[str, list[int], int]] = [
    (r"^(partitionId|partition_id|id|destId|srcId)$",
     [0, 1, 2, 3, 5, 6, 7, 0xFE, 0xFF, 0x100, 0x101, 0x102, 0x103, 0x10001, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF], 4),
    (r"^resetMode$", [0, 1, 2, 3, 0x100, 0x101, 0x80000000, 0xFFFFFFFF], 2),
    (r"^entity$", [0, 1, 2, 0x100, 0x80000000, 0xFFFFFFFF], 2),
    (r"^clockId$", [0, 1, 2, 3, 4, 0x100, 0x80000000, 0xFFFFFFFF], 3),
    (r"^opMode$", [3, 0, 1, 2, 4, 5, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF], 1),
    (r"^newPlanId$", [0, 1, 2, 3, 0xFF, 0x80000000, 0x80000001, 0xFFFFFFFF], 3),
    (r"^direction$", [1, 2, 0, 3, 4, 0x80000001, 0xFFFFFFFF], 2),
    (r"^portId$", [0, 1, 2, 3, 4, 5, 6, 0x40, 0x10000, 0x10001, 0x01000000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF], 6),
    (r"^traceStream$", [0x02000400, 0x02000800, 0x02000000, 0x0203FC00, 0, 1, 0x02000401, 0x02001400, 0x02001800, 0x03000400, 0x82000400,
                        0x020FFC00, 0x02100400, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000], 4),
    (r"^whence$", [1, 0, 2, 3, 0x100, 0x80000000, 0xFFFFFFFF], 3),
    (r"^offset$", [0, 1, 0xFFFFFFFF, 2, 100, 0x1000, 0xFFFFFFFE, 0x7FFFFFFF, 0x80000000, 0x80000001, 0x40000000], 1),
    (r"^event$", [31, 38, 30, 39, 0, 5, 255, 0x11F, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF], 2),
    (r"^noIpvi$", [24, 25, 31, 23, 32, 0, 7, 0x118, 0x80000018, 0xFFFFFFFF], 2),
    (r"^type$", [2, 1, 0, 3, 0x100, 0x80000000, 0xFFFFFFFF], 3),
    (r"^irq$", [8, 0, 1, 15, 16, 19, 20, 31, 32, 255, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF], 2),
    (r"^vector$", [0xE8, 0x18, 0x80, 255, 256, 0x1E8, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF], 2),
    (r"^port$", [0x800FF040, 0x800FF044, 0x800FF050, 0x800FF080, 0x800FF084, 0x800FF090, 0x800FF041, 0x800FF042, 0x800FF048, 0x800FF03C,
                 0x80000000, 0x80000100, 0x80000104, 0x80000204, 0x80000300, 0x40000000, 0, 4, 0xFFFFFFFC, 0xFFFFFFFF], 3),
    (r"^msgSize$", [32, 16, 0, 1, 31, 33, 600, 1023, 1024, 1025, 4096, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF], 2),
    (r"^maxMsgSize$", [1024, 32, 0, 1, 31, 33, 1023, 1025, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF], 2),
    (r"^maxNoMsgs$", [3, 0, 1, 2, 4, 0x80000003, 0xFFFFFFFF], 1),
    (r"(?i)size|length", [0x60, 0, 1, 4, 31, 32, 33, 64, 96, 4092, 4096, 4097, 0x4000, 0x6000, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFE0,
                          0xFFFFFFFC, 0xFFFFFFFF], 1),
    (r"(?i)mask", [0, 1, 0x100, 0x200, 0x400, 0x800, 0xFFFE, 0x00010000, 0x01000000, 0xFFFF0000, 0x80000000, 0x7FFFFFFF, 0xFFFFFFFF], 2),
]
ANY_WORD = ([0, 1, 2, 0xFF, 0x100, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF], 2)
# validPeriod of the channels is 10 ms; one microsecond beside it, and halves exchanged.
LONG_TIMES = [(0, 10000), (0, 0), (0, 1), (0, 49), (0, 50), (0, 51), (0, 1000000), (0, 0xFFFFFFFF), (1, 0), (10000, 0), (0x10000, 0),
              (0x7FFFFFFF, 0xFFFFFFFF), (0x80000000, 0), (0x80000000, 10000), (0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0), (0, 0x7FFFFFFF),
              (0, 0x80000000)]
SEQUENCES = [(0, 1), (0, 0), (0, 2), (0, 0xFFFFFFFF), (1, 0), (0x7FFFFFFF, 0xFFFFFFFF), (0x80000000, 0), (0xFFFFFFFF, 0xFFFFFFFF)]


def addresses_for_copy(p: Places) -> list[int]:
    """Physical addresses: two that are the tester's, then the edges of its areas, a foreign scratch page, and bad ones."""
    return [p.play + 0x100, p.mapped_from + 0x10, 0x40431000, p.play + 0x101, p.play + 0x102, p.play + 0x103, p.joint - 4, p.end - 4, p.end - 0x60, p.end,
            p.read_only + 0x40, p.unmapped, p.mapped, p.play + 0x140, 0x40000000, 0x4007F000, 0x41800000, 0x40480000, 0x80000100,
            0, 4, 0xFFFFFFFC, 0xFFFFFFFF, 0x80000000]


def values(parameter: Parameter, p: Places, pct: int) -> tuple[list[Value], int]:
    """All values for an argument, good ones first, and how many are good."""
    if parameter.kind in ("IN", "OUT", "OUT_OPT", "INOUT", "BUF_IN", "BUF_OUT"):
        return [(v,) for v in pointers(p, pct)], GOOD_POINTERS
    if parameter.kind == "NAME":
        names = list(p.names.values())
        return [(v,) for v in names + pointers(p, pct)], 6
    if parameter.kind == "TIME":
        return list(LONG_TIMES), 2
    if parameter.kind == "U64":
        return list(SEQUENCES), 1
    if parameter.kind == "ADDR" and parameter.name in ("destAddr", "srcAddr"):
        return [(v,) for v in addresses_for_copy(p)], 3
    if parameter.kind == "ADDR" and parameter.name == "address":
        return [(v,) for v in [p.play, p.play + 0x1000, p.read_only] + pointers(p, pct)], 2
    for pattern, words, good in WORDS:
        if re.search(pattern, parameter.name):
            # Calls that are right are mostly about the caller itself.
            words = [w for w in words if w == p.own_id] + [w for w in words if w != p.own_id] if "destId" in pattern else words
            return [(v,) for v in words], good
    return [(v,) for v in ANY_WORD[0]], ANY_WORD[1]


def pairwise(columns: list[list[Value]], rng: random.Random) -> list[tuple[Value, ...]]:
    """Rows in which every two values of two columns meet at least once: extended column by column (IPO)."""
    if len(columns) < 2:
        return [(value,) for value in columns[0]] if columns else [()]
    rows: list[list[Value]] = [[a, b] for a in columns[0] for b in columns[1]]
    for k in range(2, len(columns)):
        missing = {(j, row_value, value) for j in range(k) for row_value in set(columns[j]) for value in set(columns[k])}
        for row in rows:
            best = max(columns[k], key=lambda value: sum((j, row[j], value) in missing for j in range(k)))
            row.append(best)
            missing -= {(j, row[j], best) for j in range(k)}
        left: dict[Value, list[tuple[int, Value]]] = {}
        for j, row_value, value in sorted(missing):
            left.setdefault(value, []).append((j, row_value))
        for value, pairs in left.items():
            while pairs:
                fresh: list[Value | None] = [None] * k
                for pair in list(pairs):
                    if fresh[pair[0]] is None:
                        fresh[pair[0]] = pair[1]
                        pairs.remove(pair)
                rows.append([rng.choice(columns[j]) if v is None else v for j, v in enumerate(fresh)] + [value])
    return [tuple(row) for row in rows]


def around_good(columns: list[list[Value]], good: list[int], limit: int) -> list[tuple[Value, ...]]:
    """Calls that are right, and each of the first ones with one argument exchanged for every value: what pairs of bad values
    hide behind one another is met here one at a time."""
    bases: list[tuple[Value, ...]] = [()]
    for column, count in zip(columns, good):
        bases = [base + (value,) for base in bases for value in column[:count]]
    rows = bases[:limit]
    for base in bases[:4]:
        for k, column in enumerate(columns):
            rows += [base[:k] + (value,) + base[k + 1:] for value in column]
    return rows
