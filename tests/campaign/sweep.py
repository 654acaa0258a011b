"""C13: what a partition can read, write and execute, page by page over the 4 GiB, and every word of the device pages.

The permitted set must be the configuration's, exactly; and every denial must be exactly one record of the health monitor's
log, in the order of the probes, with the address of the probe: the host reads the log in the RAM of QEMU.
"""

from __future__ import annotations

import concurrent.futures
import struct
from dataclasses import dataclass

import machine
import oracle
from report import Verdicts

CONTROL, MAP = 0x41000000, 0x41010000
ROLE, KIND, FIRST, END, NEXT, DONE, DENIED, RESTARTS, PCT, PCT_BYTES, READABLE, UNEXPECTED = (CONTROL + 4 * i for i in range(12))
READ_MAP = MAP + (128 << 10)
PAGES, DEVICE_WORDS = 1 << 20, 2048
RAM_MEGABYTES = 256
HM_LOG = 0x44000000
HYPERVISOR = range(0x40000000, 0x40080000)
READ, WRITE, EXECUTE, DEVICE_READ, DEVICE_WRITE, INPORT, OUTPORT = range(7)
NAMES = ["read", "write", "execute", "device read", "device write", "inport", "outport"]
EV_MEM_PROTECTION, EV_FETCH, EV_DATA = 5, 11, 23
AC_WARM_RESET, AC_PROPAGATE = 3, 9
RETL_NOP = struct.pack(">2I", 0x81C3E008, 0x01000000)


def page_word(page: int) -> int:
    """The word of a page that is touched: prober.c."""
    return page << 12 | (page * 0x9E4 & 0xFF8)


def device_word(n: int) -> int:
    return 0x80000000 + 4 * n if n < 1024 else 0x800FF000 + 4 * (n - 1024)


@dataclass
class Sweep:
    """One run: one partition, one way of access, a range of pages."""

    role: int
    kind: int
    first: int
    end: int


class Campaign:
    def __init__(self, build_dir: str, size: str, seed: int) -> None:
        self.folder = machine.build("sweep", build_dir)
        self.out = machine.ROOT / build_dir / "campaign"
        self.system = oracle.System(machine.ROOT / "tests/campaign/sweep/system.xml")
        self.verdicts = Verdicts("sweep", seed, size)
        self.denials = 0

    def permitted(self, sweep: Sweep, n: int, pct: range) -> bool:
        """What the configuration says about probe n."""
        partition = self.system.partitions[sweep.role]
        if sweep.kind in (INPORT, OUTPORT):
            return any(a <= device_word(n) < a + 4 * words for a, words, _ in partition.ranges)
        address = page_word(n) if sweep.kind <= EXECUTE else device_word(n)
        if address in pct:  # its control table: for reading only
            return sweep.kind == READ
        return any(area.virtual(address, 4) and (area.writable or sweep.kind not in (WRITE, DEVICE_WRITE))
                   for area in partition.areas)

    def load(self, ram: machine.Ram, sweep: Sweep) -> None:
        ram.write(ROLE, struct.pack(">12I", sweep.role, sweep.kind, sweep.first, sweep.end, 0, 0, 0, 0, 0, 0, READ_MAP, 0))
        partition = self.system.partitions[sweep.role]
        bits = bytearray(PAGES // 8)
        for area in partition.areas:
            if "unmapped" in area.flags:
                continue
            for page in range(area.mapped >> 12, (area.mapped + area.size) >> 12):
                bits[page // 8] |= 0x80 >> page % 8
                if not area.writable:
                    ram.write(area.start + (page_word(page) - area.mapped), RETL_NOP)
        ram.write(READ_MAP, bytes(bits))

    def run(self, sweep: Sweep) -> list[tuple[str, str, int]]:
        """Make the probes of a sweep; returns verdicts with their texts and counts."""
        text = f"{NAMES[sweep.kind]} by {self.system.partitions[sweep.role].name}"
        ram = machine.Ram(self.folder / f"ram.{sweep.role}.{sweep.kind}", RAM_MEGABYTES)
        try:
            self.load(ram, sweep)
            run = machine.boot(self.folder / "system.elf", ram, 30, 1800, lambda: ram.word(NEXT))
            if run.status != 0 or not ram.word(DONE):
                at = ram.word(NEXT)
                return [("HANG", f"{text}: QEMU {'stood still' if run.status is None else f'ended with {run.status}'} at probe "
                                 f"{at - 1:#x} after {run.seconds:.0f} s:\n{run.output[-500:]}", 1)]
            return self.judge(ram, sweep, run, text)
        finally:
            ram.close()

    def judge(self, ram: machine.Ram, sweep: Sweep, run: machine.Run, text: str) -> list[tuple[str, str, int]]:
        found: list[tuple[str, str, int]] = [("ESCAPE", f"{text}: the hypervisor says: {t}", 1)
                                             for t in machine.KERNEL_TROUBLE.findall(run.output)]
        if len(machine.KERNEL_BOOT.findall(run.output)) != 1:
            found.append(("ESCAPE", f"{text}: the system started again", 1))
        if ram.word(UNEXPECTED):
            found.append(("WRONG_CODE", f"{text}: {ram.word(UNEXPECTED)} traps that no probe explains", 1))
        pct_start = ram.word(PCT)
        pct = range(pct_start, pct_start + (ram.word(PCT_BYTES) + 4095 & ~4095))
        bits = ram.read(MAP, PAGES // 8)
        allowed = {n for n in range(sweep.first, sweep.end) if self.permitted(sweep, n, pct)}
        seen = {8 * i + k for i, byte in enumerate(bits) if byte for k in range(8) if byte & 0x80 >> k}
        for n in sorted(seen - allowed)[:20]:
            found.append(("ESCAPE", f"{text}: {self.address(sweep, n):#x} was permitted", 1))
        for n in sorted(allowed - seen)[:20]:
            found.append(("WRONG_CODE", f"{text}: {self.address(sweep, n):#x} was denied", 1))
        found.append(("masked", "", len(seen & allowed)))
        denied = [n for n in range(sweep.first, sweep.end) if n not in seen]
        if sweep.kind >= INPORT:
            found.append(("rejected", "", len(denied)))
            denied = []
        return found + self.judge_log(ram, sweep, denied, pct, text)

    @staticmethod
    def address(sweep: Sweep, n: int) -> int:
        return page_word(n) if sweep.kind <= EXECUTE else device_word(n)

    def judge_log(self, ram: machine.Ram, sweep: Sweep, denied: list[int], pct: range, text: str) -> list[tuple[str, str, int]]:
        """The log must hold one record for each denial, in order, and nothing else."""
        _, _, _, _, next_seq = struct.unpack(">4IQ", ram.read(HM_LOG, 24))
        found = []
        if next_seq - 1 != len(denied):
            found.append(("SILENT" if next_seq - 1 < len(denied) else "WRONG_CODE",
                          f"{text}: {len(denied)} denials, {next_seq - 1} records in the log", 1))
        good = 0
        record = struct.Struct(">QqIHBBBBHIIIII3II")
        for i, n in enumerate(denied):
            data = ram.read(HM_LOG + 32 + 64 * i, 64)
            seq, _, _, event, partition, _, flags, action, _, pc, _, _, address, *_ = record.unpack(data)
            wanted_address = self.address(sweep, n)
            hypervisor = wanted_address in HYPERVISOR
            wanted = (i + 1, sweep.role, EV_MEM_PROTECTION if hypervisor else EV_FETCH if sweep.kind == EXECUTE else EV_DATA,
                      AC_WARM_RESET if hypervisor else AC_PROPAGATE, wanted_address)
            if (seq, partition, event, action, address) == wanted and flags & 4 and \
                    (i % 1024 or machine.seal(data) == struct.unpack_from(">I", data, 60)[0]):
                good += 1
            elif len(found) < 20:
                found.append(("SILENT", f"{text}: record {i + 1} is (number, partition, event, action, address) "
                                        f"{(seq, partition, event, action, hex(address))}, expected {wanted}", 1))
        self.denials += good
        return found + [("contained", "", good)]


def sweeps(size: str) -> list[Sweep]:
    roles = (1, 2, 0) if size == "full" else (1,)
    pages = [Sweep(role, kind, 0, PAGES) for role in roles for kind in (READ, WRITE, EXECUTE)]
    return pages + [Sweep(role, kind, 0, DEVICE_WORDS) for role in (1, 2, 0) for kind in (DEVICE_READ, DEVICE_WRITE, INPORT, OUTPORT)]


def campaign(build_dir: str, size: str, seed: int) -> int:
    """Run it; returns how many probes went wrong."""
    c = Campaign(build_dir, size, seed)
    todo = sweeps(size)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for sweep, verdicts in zip(todo, pool.map(c.run, todo)):
            for kind, text, count in verdicts:
                c.verdicts.add(kind, text, count)
    c.verdicts.facts = {"sweeps": len(todo), "denials with one record each": c.denials}
    return c.verdicts.finish(c.out)
