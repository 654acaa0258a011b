"""C11: reset storms. Partitions are reset warm and cold by themselves and by another, the system by a partition, and QEMU is
killed at random, its RAM kept; every life of a partition must begin as the kind of reset that announced it says.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

import machine
from report import Verdicts

RAM_MEGABYTES = 64
CONTROL = 0x41000000
(PARTITION_RESETS, SYSTEM_RESETS, PARTITION_WANTED, SYSTEM_WANTED, HOLD, DONE, SEED, BOOTS, LOG_NEXT, _, LOG_READ, LOG_GAPS, LOG_WRONG,
 BOOT_ID, KERNEL_BYTES, BYTES_DIFFER, BOOT_ID_JUMPS, CONFIG_DIFFERS, WRONG_REFUSALS, REFUSALS) = (CONTROL + 4 * i for i in range(20))
SAID = CONTROL + 0x78  # struct announcement, by partition
HISTORIES = {1: 0x41400000, 2: 0x41800000}
LIFE = struct.Struct(">8I2i6I")
HM_LOG, HM_LOG_SIZE = 0x41200000, 64 << 10
RETAINED, RETAINED_MAGIC = 0x4007F000, 0x584D5254  # struct xm_retained: the last page of the hypervisor
NONE, SELF, OTHER, SYSTEM, POWER = range(5)
CAUSES = ["nobody", "itself", "another partition", "a system reset", "a power cut"]
COLD, WARM = 0, 1
FIRST_DATA = 1000
ET_PIL_15 = 0xF20
APP_DEADLINE_MISSED = 31


@dataclass
class Life:
    cause: int
    mode: int
    status: int
    reset_counter: int
    reset_status: int
    hash: int
    data: int
    bss: int
    sampling: int
    queuing: int
    hw_mask: int
    ext_mask: int
    ext_pend: int
    flags: int
    timers: int
    complete: int


class Storm:
    def __init__(self, build_dir: str, size: str, seed: int) -> None:
        self.folder = machine.build("resets", build_dir)
        self.out = machine.ROOT / build_dir / "campaign"
        self.rng = random.Random(seed)
        self.verdicts = Verdicts("resets", seed, size)
        self.ram = machine.Ram(self.folder / "ram", RAM_MEGABYTES)
        self.hypervisor = self.folder / "xm.elf"
        self.symbols = machine.symbols(self.hypervisor)
        self.kills, self.boots = 0, 0
        self.last_seq = 0
        self.tables: dict[int, bytes] | None = None

    def power_on(self) -> None:
        """A kill lost whatever was announced: the host announces the start from power-on in its place. Except that a warm reset
        of the system may have been under way: its note to the loader is in the memory that the kill has kept, and holds."""
        magic, _, _, mode = self.ram.words(RETAINED, 4)
        if magic == RETAINED_MAGIC and mode == WARM:
            return
        for partition in HISTORIES:
            self.ram.write(SAID + 16 * partition, struct.pack(">4I", POWER, COLD, 0, 0))

    def run(self, partition_resets: int, system_resets: int, kills: int) -> None:
        ram = self.ram
        ram.write(SEED, struct.pack(">I", 1))
        self.look(machine.boot(self.folder / "system.elf", ram, 60, 60), killed=False)  # nothing wanted: it ends at once
        self.boots, self.last_seq = 0, 0
        ram.clear()
        ram.write(PARTITION_WANTED, struct.pack(">3I", partition_resets, system_resets, 1))
        ram.write(SEED, struct.pack(">I", self.rng.getrandbits(32) | 1))
        ram.write(LOG_NEXT, struct.pack(">Q", 1))
        while not ram.word(DONE):
            last = self.kills >= kills
            if last:
                ram.write(HOLD, struct.pack(">I", 0))
            self.power_on()
            run = machine.boot(self.folder / "system.elf", ram, 60, 1200, None if not last else lambda: ram.word(PARTITION_RESETS),
                               None if last else self.rng.uniform(0.15, 1.0))
            self.look(run, killed=not last)
            if last:
                break
            self.kills += 1
        if not ram.word(DONE):
            self.verdicts.add("HANG", f"stands at {ram.word(PARTITION_RESETS)} partition and {ram.word(SYSTEM_RESETS)} system resets")

    def look(self, run: machine.Run, killed: bool) -> None:
        """After every run of QEMU: the log can be read and goes on, the hypervisor is what it was."""
        boots = len(machine.KERNEL_BOOT.findall(run.output))
        self.boots += boots
        for text in machine.KERNEL_TROUBLE.findall(run.output):
            self.verdicts.add("ESCAPE", f"the hypervisor says: {text}")
        if not killed and run.status != 0:
            self.verdicts.add("HANG", f"QEMU {'stood still' if run.status is None else f'ended with {run.status}'}:\n{run.output[-300:]}")
        log = machine.hm_log(self.ram, HM_LOG, HM_LOG_SIZE)
        numbers = [record.seq for record in log if record.valid]
        broken = [record for record in log if not record.valid]
        # The one record that was being written may be half there; a place that was overwritten is then neither old nor new.
        if len(broken) > (1 if killed else 0):
            self.verdicts.add("SILENT", f"{len(broken)} damaged records in the log after {'a kill' if killed else 'the end'}")
        if numbers != sorted(set(numbers)) or numbers and numbers[-1] < self.last_seq:
            self.verdicts.add("SILENT", f"numbers of the log repeat or go back: {numbers[:3]}..{numbers[-3:]}, {self.last_seq} was reached")
        gaps = sum(b != a + 1 for a, b in zip(numbers, numbers[1:]))
        # Every kill so far may have cost the number of one record that was half written.
        if gaps > self.kills + 1:
            self.verdicts.add("SILENT", f"{gaps} holes in the numbers of the log after {self.kills} kills")
        self.last_seq = max(numbers, default=self.last_seq)
        if boots == 0:
            return  # killed before the hypervisor came up
        start, text = machine.segments(self.hypervisor)[0]
        text = text[:self.symbols["kernel_text_end"] - start]
        if self.ram.read(start, len(text)) != text and not self.loading():
            self.verdicts.add("ESCAPE", "the hypervisor's text changed")
        if not killed:
            tables = machine.page_tables(self.ram, self.symbols["contexts"], 5)
            self.tables = self.tables or tables
            if tables != self.tables:
                self.verdicts.add("ESCAPE", "page tables differ from those of a run without resets")
        self.verdicts.add("recovered")

    def loading(self) -> bool:
        """Was it killed while the loader copied the hypervisor? Its trap table comes first, the configuration last."""
        conf = (self.folder / "conf.xmc").read_bytes()
        return self.ram.read(self.symbols["kernel_config"], len(conf)) != conf

    def judge_lives(self) -> None:
        hashes: dict[int, set[int]] = {}
        for partition, history in HISTORIES.items():
            count = self.ram.word(history)
            lives = [Life(*LIFE.unpack(self.ram.read(history + 64 + LIFE.size * i, LIFE.size))) for i in range(count)]
            for i, life in enumerate(lives):
                if life.complete:
                    hashes.setdefault(partition, set()).add(life.hash)
                wrong = self.wrong_start(life, lives[i - 1] if i else None, lives[i + 1] if i + 1 < count else None)
                self.verdicts.add("SILENT" if wrong else "recovered",
                                  f"partition {partition}, life {i}, started by {CAUSES[min(life.cause, 4)]}"
                                  f" ({'warm' if life.mode else 'cold'}): {wrong}")
        for partition, seen in hashes.items():
            if len(seen) != 1:
                self.verdicts.add("SILENT", f"text of partition {partition} had {len(seen)} different hashes")

    def wrong_start(self, life: Life, before: Life | None, after: Life | None) -> str:
        """What is not as this kind of start leaves it; "": nothing."""
        if life.cause == NONE:
            return "nobody asked for it"
        wrong = []
        power = life.cause in (SYSTEM, POWER)
        if life.reset_status != (0 if power else life.status):
            wrong.append(f"reset status {life.reset_status:#x}, announced {life.status:#x}")
        if power or life.mode == COLD:
            if life.reset_counter != 0:
                wrong.append(f"reset counter {life.reset_counter}")
        elif life.reset_counter == 0:
            wrong.append("reset counter 0")
        if life.mode == COLD and life.data != FIRST_DATA:
            wrong.append(f"data {life.data} after a cold start, {FIRST_DATA} in the image")
        if life.mode == WARM and before is not None and life.data not in {before.data, before.data + before.complete}:
            wrong.append(f"data {life.data} after a warm start, {before.data} found by the life before it")
        if life.bss != 0:
            wrong.append(f"bss {life.bss}")
        if (life.hw_mask, life.ext_mask) != (0xFFFFFFFF, 0xFFFFFFFF) or life.flags != ET_PIL_15:
            wrong.append(f"masks {life.hw_mask:#x} {life.ext_mask:#x}, flags {life.flags:#x}")
        if life.ext_pend & ~0x100:  # only the start of its slot
            wrong.append(f"pending interrupts {life.ext_pend:#x}")
        if not life.complete:
            if after is not None and after.cause not in (OTHER, SYSTEM, POWER):
                wrong.append("cut off by nobody")
            return "; ".join(wrong)
        if life.sampling != 0 or life.queuing != 1:
            wrong.append(f"ports not closed: {life.sampling}, {life.queuing}")
        if life.timers:
            wrong.append(f"{life.timers} timer interrupts without a timer")
        return "; ".join(wrong)

    def judge_counters(self) -> None:
        ram = self.ram
        for address, what in ((LOG_GAPS, "holes in the log that the controller read"), (LOG_WRONG, "records of the log that nobody caused"),
                              (BYTES_DIFFER, "boots with another amount of hypervisor memory"), (BOOT_ID_JUMPS, "boot ids out of order"),
                              (WRONG_REFUSALS, "resets refused without reason"), (CONFIG_DIFFERS, "boots with another configuration")):
            allowed = self.kills if address in (LOG_GAPS, BOOT_ID_JUMPS) else 0  # a kill may cost a half-written record, or hit a boot
            if ram.word(address) > allowed:
                self.verdicts.add("SILENT", f"{ram.word(address)} {what}")
        asked = ram.word(SYSTEM_RESETS)
        starts = self.kills + 1
        # A kill may fall between the announcement of a system reset and its boot, or before the hypervisor's first line.
        if not asked - self.kills <= self.boots - starts + self.kills or self.boots > asked + starts:
            self.verdicts.add("ESCAPE", f"{self.boots} boots for {asked} system resets and {starts} starts of QEMU")


def campaign(build_dir: str, size: str, seed: int) -> int:
    """Run it; returns how many lives and looks went wrong."""
    storm = Storm(build_dir, size, seed)
    try:
        if size == "full":
            storm.run(10000, 1000, 100)
        else:
            storm.run(1000, 100, 20)
        storm.judge_lives()
        storm.judge_counters()
        storm.verdicts.facts = {"partition resets": storm.ram.word(PARTITION_RESETS), "system resets": storm.ram.word(SYSTEM_RESETS),
                                "kills": storm.kills, "boots": storm.boots, "refused while loading": storm.ram.word(REFUSALS), "log records read": storm.ram.word(LOG_READ),
                                "last number": storm.last_seq}
    finally:
        storm.ram.close()
    return storm.verdicts.finish(storm.out)
