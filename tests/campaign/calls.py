"""C1: every hypercall with good, edge and bad arguments, from a normal and a system partition, in several states.

Cases are made from hypervisor/abi/hypercalls.def; what is right comes from oracle.py; and whether anything else happened is
seen from outside the caller: by the medic and the victims of the system calls/, and by the host in the RAM of QEMU.
"""

from __future__ import annotations

import random
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import dictionary
import machine
import oracle
from oracle import Answer
from report import Verdicts

CONTROL, CASES, RESULTS = 0x40500000, 0x40600000, 0x40A00000
ROLE, TOTAL, NEXT, SYNC, DONE, CONTEXT, WINDOWS, CLEAN_HASH = (CONTROL + 4 * i for i in range(8))
INCIDENTS, INCIDENT_CASE, INCIDENT_STATES, TESTER_LIVES, MEDIC_LIVES, INTERRUPTS, PCT, LATENESS = (CONTROL + 4 * i for i in range(8, 16))
BOOT_ID, LATENESS_CASE = CONTROL + 68, CONTROL + 72
WINDOW_TABLE, PRISTINE = CONTROL + 128, CONTROL + 0x1000
CASE_ASM, CASE_SYNC, CASE_IRQ, CASE_TIMER, CASE_STARVE = 1, 2, 4, 8, 16
NOTED_STARVED = 2
STARTED, RETURNED, RESTARTED = 1, 2, 3
MAX_CASES = 131072
HANGS_TAKEN = 5  # each costs its time; then the rest of the run is given up
RAM_MEGABYTES = 32
HM_LOG, HM_LOG_SIZE = 0x41800000, 256 << 10
STATES = {0: "idle", 1: "ready", 2: "suspended", 3: "halted"}
# Declared: 2,500 instructions of 32 ns (docs/performance.md), and half as much again for what its short list of storms does not
# make: unrecoverable traces that are logged twice, resets, system starts.
LATENESS_BOUND_US = 120

# A link device may take its budget of 256 bytes from every slot (xmx:linkBudget), also at its start: 40 instructions a byte.
LINK_INTERFERENCE_US = 330

BASES = {1: 0x40200000, 2: 0x40300000}
VICTIMS = {0: (0x40400000, 0x40420000, 0x40430000), 3: (0x40440000, 0x40460000, 0x40470000)}  # image, vault, report
VAULT_BYTES, VICTIM_LIVES = 64 << 10, 32
SCRATCH = 0x40431000
MEDIC = 4
EXPECTED_EVENTS = {2, 3, *range(31, 39)}  # what a tester may raise about itself: traced error, watchdog, application events
UNKNOWN_NUMBERS = [256, 1000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0x8000000C, 0xFFFFFFFE, 0xFFFFFFFF]
RANDOM_PER_RUN, RANDOM_RUNS_FULL, RANDOM_RUNS_SMALL = 100000, 10, 1
RARE = {"halt_system": 0.002, "reset_system": 0.005, "halt_partition": 0.2, "suspend_partition": 0.2, "reset_partition": 0.2,
        "switch_sched_plan": 0.2, "idle_self": 0.1}
SOURCES = machine.ROOT / "tests/campaign/calls"
LINK_CALLS = ("link_read", "link_write", "link_status", "write_console", "console_fetch", "get_partition_status")
CONTEXTS = {"plain": 0, "handler": 1, "interrupts": 2}


@dataclass
class Setting:
    """One run: who calls, in which context, with which ports."""

    role: int
    context: str
    ports: str  # closed, open, full
    link: bool = False  # the system tester serves the UART as a link; only the calls that this changes are made

    def text(self) -> str:
        return f"{'system' if self.role == 1 else 'normal'}/{self.context}/{self.ports}{'/link' if self.link else ''}"


@dataclass
class Case:
    words: list[int]
    flags: int
    answer: Answer
    name: str

    def text(self) -> str:
        return f"{self.name}({', '.join(f'{w:#x}' for w in self.words[1:])})"


class Script:
    """The cases of one run in their order, with the model that follows them."""

    def __init__(self, model: oracle.Model, setting: Setting, places: dictionary.Places, by_name: dict[str, dictionary.Call]) -> None:
        self.model, self.setting, self.places, self.by_name = model, setting, places, by_name
        self.cases: list[Case] = []
        self.starts = 1            # of the system
        self.lives = 1             # of the tester
        self.copied = False        # into the victim's scratch page
        self.prepare()

    def call(self, name: str, *words: int) -> None:
        self.add(self.by_name[name].number, list(words))

    def prepare(self) -> None:
        """Bring the caller's ports into the state that the setting asks for."""
        if self.setting.ports == "closed":
            return
        names = self.places.names
        for name in ("s_out", "s_in", "lone_s"):
            self.call("create_sampling_port", names[name], 1024, 1 if name == "s_in" else 2, 0, 10000)
        for name in ("q_out", "q_in", "lone_q"):
            self.call("create_queuing_port", names[name], 3, 32, 2 if name == "q_out" else 1)
        if self.setting.ports == "full":
            self.call("write_sampling_message", 0, self.places.play + 0x100, 48)
            self.refill()

    def refill(self) -> None:
        """Bring the queue back to full, or to empty."""
        wanted = 3 if self.setting.ports == "full" else 0
        channel = next(c for i, c in enumerate(self.model.system.channels)
                       if i == self.model.me.ports[2].channel)
        while len(channel.waiting) < wanted:
            self.call("send_queuing_message", 2, self.places.play + 0x100, 20)
        while len(channel.waiting) > wanted:
            self.call("receive_queuing_message", 3, self.places.play + 0x100, 32)

    def add(self, number: int, arguments: list[int], asm: bool = False) -> None:
        a = (arguments + [0x0BAD0BAD] * 5)[:5]
        answer = self.model.answer_asm(number, a) if asm else self.model.answer(number, a)
        name = f"asm call {number:#x}" if asm else self.model.rows.get(number, (f"call {number:#x}", ""))[0]
        flags = CASE_ASM | CASE_IRQ if asm else 0
        if answer.effect is not None and answer.effect[0] != "copy":
            flags |= CASE_SYNC
        if name == "set_timer":
            flags |= CASE_TIMER
        if name in ("set_irqmask", "clear_irqmask", "set_irqpend", "clear_irqpend", "route_irq", "sparc_write_tbr", "shutdown_partition"):
            flags |= CASE_IRQ
        self.cases.append(Case([number] + a, flags, answer, name))
        self.copied = self.copied or answer.effect == ("copy", 0)
        if not answer.returns:
            assert answer.effect is not None
            system = answer.effect[0] in ("halt_system", "reset_system")
            self.starts += system
            self.lives += 1
            self.prepare()
        elif name in ("send_queuing_message", "receive_queuing_message") and answer.accepted and self.setting.ports != "closed" \
                and not (len(self.cases) > 1 and self._refilling):
            self._refilling = True
            self.refill()
            self._refilling = False

    _refilling = False


def read_layout(path: Path, config: Path) -> dict[str, tuple[int, int]]:
    """Sizes and alignments that the target's compiler gave; the configuration's length as a type of its own."""
    sizes = {}
    for line in path.read_text().splitlines():
        match = re.match(r"\s*->(.+?) (\d+) (\d+)$", line)
        if match:
            sizes[match.group(1)] = (int(match.group(2)), int(match.group(3)))
    sizes["conf.xmc"] = (len(config.read_bytes()), 1)
    return sizes


def build_link_variant(build_dir: str) -> Path:
    """The same system, but UART 0 is the link device of the system tester, which keeps its console output for the ground."""
    folder = machine.ROOT / build_dir / "campaign" / "calls_link"
    folder.mkdir(parents=True, exist_ok=True)
    for source in SOURCES.iterdir():
        text = source.read_text()
        if source.name == "system.xml":
            for old, new in (('<SystemDescription ', '<SystemDescription xmlns:xmx="urn:xm:config-extensions:1" '),
                             ('name="Uart"/>', 'name="Uart" xmx:linkPartition="1"/>'), ('<XMHypervisor console="Uart" ', '<XMHypervisor '),
                             ('name="tester_s" ', 'name="tester_s" console="Uart" '),
                             ('name="medic" flags="system" console="Uart"', 'name="medic" flags="system"')):
                assert text.count(old) == 1, old
                text = text.replace(old, new)
        if not (folder / source.name).exists() or (folder / source.name).read_text() != text:
            (folder / source.name).write_text(text)
    return machine.build("calls_link", build_dir, f"{build_dir}/campaign/calls_link")


class Campaign:
    def __init__(self, build_dir: str, size: str, seed: int) -> None:
        self.size, self.seed = size, seed
        self.rng = random.Random(seed)
        self.out = machine.ROOT / build_dir / "campaign"
        self.folders = {False: machine.build("calls", build_dir), True: build_link_variant(build_dir)}
        self.folder, self.sources = self.folders[False], SOURCES
        self.hypervisor = self.folder / "xm.elf"
        self.symbols = machine.symbols(self.hypervisor)
        self.sizes = read_layout(self.out / "layout.s", self.folder / "conf.xmc")
        self.calls = dictionary.calls()
        self.by_name = {call.name: call for call in self.calls}
        self.rows = {call.number: (call.name, call.who) for call in self.calls}
        self.ram = machine.Ram(self.folder / "ram", RAM_MEGABYTES)
        self.verdicts = Verdicts("calls", seed, size)
        self.generic: set[str] = set()
        self.covered: set[str] = set()
        self.lateness_us = 0
        self.around: list[str] = []
        self.frames = 0
        self.tables: dict[int, bytes] = {}
        self.pcts: dict[int, int] = {}

    def system(self) -> oracle.System:
        system = oracle.System(self.sources / "system.xml")
        system.partitions[5].has_image = False
        return system

    def use(self, link: bool) -> None:
        """Go on with this variant of the system."""
        self.folder, self.sources = self.folders[link], self.out / "calls_link" if link else SOURCES
        self.sizes = read_layout(self.out / "layout.s", self.folder / "conf.xmc")
        self.reference()

    # ---- making cases

    def script(self, setting: Setting, chosen: list[tuple[dictionary.Call, list[tuple[dictionary.Value, ...]]]]) -> Script:
        places = dictionary.Places(BASES[setting.role], setting.role)
        model = oracle.Model(self.system(), setting.role, self.rows, self.sizes,
                             {start: bytes(content) for start, content in places.content.items()})
        script = Script(model, setting, places, self.by_name)
        for call, rows in chosen:
            if setting.link and call.name not in LINK_CALLS:
                continue
            if setting.context == "interrupts" and call.name in ("route_irq", "sparc_write_tbr"):
                continue  # the tester's own interrupts would then lead anywhere: that is its right, and tells nothing
            for row in rows:
                words = [word for value in row for word in value]
                if setting.context == "interrupts" and call.name == "set_timer" and 0 < (words[3] << 32 | words[4]) < 100:
                    continue  # see below
                # Junk in the registers that are no arguments: a service must not look at them.
                script.add(call.number, words + [self.rng.getrandbits(32) for _ in range(5 - len(words))])
        for number in UNKNOWN_NUMBERS + [len(self.rows), len(self.rows) + 1] + [self.rng.getrandbits(32) | 64 for _ in range(20)]:
            if number not in self.rows:
                script.add(number, [self.rng.getrandbits(32) for _ in range(5)])
        for number in [1, 2, 3, 4, 5, 6, 7, 255] + UNKNOWN_NUMBERS:
            for argument in (0, 0xF00, 0xF20, 0x00F00080, 0xFFFFFFFF):
                script.add(number, [argument], asm=True)
        if setting.context == "interrupts":
            # A watchdog every 50 us, each a health-monitor event that is ignored: the tester may come to nothing,
            # in its own slots, and nobody else may feel it. The last case, because the tester is reset if need be.
            script.call("set_timer", 2, 0, 50, 0, 50)
            script.cases[-1].flags |= CASE_STARVE
        self.generic |= model.without_oracle
        return script

    def combinations(self, role: int, full: bool) -> list[tuple[dictionary.Call, list[tuple[dictionary.Value, ...]]]]:
        """For every call: around right ones, and all pairs of values (only when full: of some values) of any two arguments."""
        places = dictionary.Places(BASES[role], role)
        chosen = []
        for call in self.calls:
            columns, good = [], []
            for parameter in call.parameters:
                column, count = dictionary.values(parameter, places, self.pcts[role])
                columns.append(column)
                good.append(count)
            rows = dictionary.around_good(columns, good, 40)
            if len(columns) > 1:
                if not full:
                    columns = [self.rng.sample(column, min(len(column), 9)) for column in columns]
                rows += dictionary.pairwise(columns, self.rng)
            # halt_system and reset_system start the system again: enough of them to see, not one for every value.
            rows = list(dict.fromkeys(rows))
            self.rng.shuffle(rows)
            chosen.append((call, rows))
        # Whatever opens ports comes last, so that the others find them closed in a run that begins so.
        return sorted(chosen, key=lambda item: item[0].name.startswith("create_"))

    def random_calls(self, role: int, count: int) -> list[tuple[dictionary.Call, list[tuple[dictionary.Value, ...]]]]:
        """Calls in any order with any values: of the dictionaries, now and then any word at all."""
        places = dictionary.Places(BASES[role], role)
        columns = {call.name: [dictionary.values(p, places, self.pcts[role])[0] for p in call.parameters] for call in self.calls}
        # Those that start the system or a partition again take their time: fewer of them.
        weights = [RARE.get(call.name, 1.0) for call in self.calls]
        chosen = []
        for call in self.rng.choices(self.calls, weights, k=count):
            row = []
            for k, column in enumerate(columns[call.name]):
                value = self.rng.choice(column)
                # A random name would have to be read from memory that the host does not know: names stay those of the dictionary.
                if call.parameters[k].kind in ("U32", "S32", "TIME", "U64") and self.rng.random() < 0.2:
                    value = tuple(self.rng.getrandbits(self.rng.choice((4, 8, 16, 32))) for _ in value)
                row.append(value)
            if call.name in ("halt_partition", "suspend_partition", "memory_copy") and row[0] == (MEDIC,):
                continue  # nobody would be left to put things right
            chosen.append((call, [tuple(row)]))
        return chosen

    # ---- running

    def load(self, setting: Setting, script: Script | None) -> None:
        """Power-cycled memory with everything that the partitions expect in it."""
        ram = self.ram
        ram.clear()
        cases = script.cases if script is not None else []
        if len(cases) > MAX_CASES:
            raise machine.CampaignError(f"{len(cases)} cases do not fit the memory of the target: use more runs")
        for role, base in BASES.items():
            places = dictionary.Places(base, role)
            for start, content in places.content.items():
                ram.write(places.mapped_from if start == places.mapped else start, bytes(content))
        for _, vault, _ in VICTIMS.values():
            ram.write(vault, vault_content())
        ram.write(SCRATCH, dictionary.Places.fill(4096, 5))
        places = dictionary.Places(BASES[setting.role], setting.role)
        windows = places.windows()
        at = PRISTINE
        for i, (address, size, restored) in enumerate(windows):
            start, content = next((s, c) for s, c in places.content.items() if s <= address < s + len(c))
            piece = bytes(content[address - start:address - start + size])
            ram.write(WINDOW_TABLE + 16 * i, struct.pack(">4I", address, size // 4, at if restored else 0, 0))
            ram.write(at, piece)
            at += size
        ram.write(ROLE, struct.pack(">7I", setting.role, len(cases), 0, 0, 0, CONTEXTS[setting.context], len(windows)))
        ram.write(CASES, b"".join(struct.pack(">8I", *case.words, case.flags, 0) for case in cases))

    def reference(self) -> None:
        """A run of each tester without cases: where the control tables and page tables are, and what they hold."""
        for role in BASES:
            setting = Setting(role, "plain", "closed")
            self.load(setting, None)
            run = machine.boot(self.folder / "system.elf", self.ram, 20, 60, lambda: self.ram.word(DONE))
            if run.status != 0:
                raise machine.CampaignError(f"calls: the system without cases does not end by itself:\n{run.output[-2000:]}")
            self.pcts[role] = self.ram.word(PCT)
        self.tables = machine.page_tables(self.ram, self.symbols["contexts"], 7)

    def run(self, setting: Setting, script: Script) -> None:
        """Make all cases of a script, over as many starts of QEMU as calls end it, and judge them."""
        self.load(setting, script)
        cases, ram = script.cases, self.ram
        starts, boots, hangs, output = 0, 0, 0, ""
        while ram.word(DONE) == 0 and starts < len(cases) + 2 and hangs < HANGS_TAKEN:
            before = ram.word(NEXT)
            run = machine.boot(self.folder / "system.elf", ram, 20, 900, lambda: ram.word(NEXT))
            starts += 1
            boots += len(machine.KERNEL_BOOT.findall(run.output))
            output += run.output
            reached = ram.word(NEXT)
            if run.status == 0 and (ram.word(DONE) or self._ends_system(cases, reached)):
                continue
            # It hung or ended unasked. The case that did it is the last one begun; go on behind it.
            what = cases[reached - 1].text() if reached else "the start"
            self.verdicts.add("HANG" if run.status is None else "ESCAPE",
                              f"{setting.text()}: QEMU {'stood still' if run.status is None else f'ended with {run.status}'} in {what}")
            hangs += 1
            if reached == before:
                break
        self.judge(setting, script, boots, output)

    @staticmethod
    def _ends_system(cases: list[Case], reached: int) -> bool:
        return reached > 0 and cases[reached - 1].answer.effect == ("halt_system", 0)

    # ---- judging

    def judge(self, setting: Setting, script: Script, boots: int, output: str) -> None:
        results = struct.unpack(f">{8 * len(script.cases)}I", self.ram.read(RESULTS, 32 * len(script.cases)))
        clean = self.ram.word(CLEAN_HASH)
        for i, case in enumerate(script.cases):
            kind, text = self.judge_case(case, list(results[8 * i:8 * i + 8]), clean)
            self.covered.add(case.name)
            self.verdicts.add(kind, f"{setting.text()}: case {i}: {case.text()}: {text}")
        for text in self.outside(setting, script, boots, output):
            self.verdicts.add("ESCAPE", f"{setting.text()}: {text}")

    def judge_case(self, case: Case, result: list[int], clean: int) -> tuple[str, str]:
        state, code, hash_, noted, states, status, counter, plan = result
        answer = case.answer
        if state not in (RETURNED, RESTARTED):
            return "HANG", "never came back" if state == STARTED else "was never made"
        if not answer.returns:
            if state != RESTARTED:
                return "WRONG_CODE", f"returned {oracle.signed(code)}, but must not return"
            wrong = self.wrong_effect(case, noted, states, status, counter, plan)
            return ("WRONG_CODE", wrong) if wrong else ("recovered", "")
        if state == RESTARTED and case.flags & CASE_STARVE and noted == NOTED_STARVED:
            return "contained", ""
        if state == RESTARTED:
            return "WRONG_CODE", f"did not return, expected {answer.text()}"
        if not answer.allows(oracle.signed(code)):
            return "WRONG_CODE", f"returned {oracle.signed(code)}, expected {answer.text()}"
        if hash_ != clean and (oracle.signed(code) < 0 and case.name != "switch_sched_plan" or not answer.writes):
            return "SILENT", f"returned {oracle.signed(code)} but changed the caller's memory"
        if answer.effect is not None and answer.effect[0] != "copy":
            wrong = self.wrong_effect(case, noted, states, status, counter, plan)
            return ("WRONG_CODE", wrong) if wrong else ("contained", "")
        return ("rejected" if oracle.signed(code) < 0 else "masked"), ""

    def wrong_effect(self, case: Case, noted: int, states: int, status: int, counter: int, plan: int) -> str:
        """What the medic saw after a call that changes somebody's state, against what it must change. "": as it must be."""
        assert case.answer.effect is not None
        effect, subject = case.answer.effect
        if not noted:
            return "the medic never saw its effect"
        wanted = {i: 3 if i == 5 else 1 for i in range(6)}
        if effect in ("halt", "suspend"):
            wanted[subject] = 3 if effect == "halt" else 2
        for i in range(6):
            if states >> 4 * i & 15 != wanted[i]:
                return f"{effect} of {subject}: partition {i} is {STATES[states >> 4 * i & 15]}, expected {STATES[wanted[i]]}"
        if effect == "plan" and subject not in (plan & 0xFFFF, plan >> 16) or effect != "plan" and plan != 0:
            return f"{effect} {subject}: current plan {plan >> 16}, requested {plan & 0xFFFF}"
        if effect in ("warm", "cold") and (status != case.words[3] or (counter == 0) != (effect == "cold")):
            return f"{effect} reset of {subject}: status {status:#x}, counter {counter}"
        return ""

    def outside(self, setting: Setting, script: Script, boots: int, output: str) -> list[str]:
        """Everything that happened beside the answers: one text for each thing that must not be."""
        ram, found = self.ram, []
        found += [f"the hypervisor says: {text}" for text in machine.KERNEL_TROUBLE.findall(output)]
        boots = ram.word(BOOT_ID) if setting.link else boots  # its kernel has no console
        if boots != script.starts:
            found.append(f"{boots} starts of the system, {script.starts} were asked for")
        starved = sum(self.ram.word(RESULTS + 32 * i + 12) == NOTED_STARVED for i, case in enumerate(script.cases)
                      if case.flags & CASE_STARVE)
        if ram.word(TESTER_LIVES) != script.lives + starved:
            found.append(f"the tester began {ram.word(TESTER_LIVES)} times, expected {script.lives}")
        if ram.word(INCIDENTS):
            case = script.cases[ram.word(INCIDENT_CASE)].text()
            found.append(f"{ram.word(INCIDENTS)} unannounced changes of state, the last by {case}: {ram.word(INCIDENT_STATES):#x}")
        start, text = machine.segments(self.hypervisor)[0]
        text = text[:self.symbols["kernel_text_end"] - start]
        found += differences(ram, "the hypervisor's text", start, text)
        found += differences(ram, "the configuration", self.symbols["kernel_config"], (self.folder / "conf.xmc").read_bytes())
        tables = machine.page_tables(ram, self.symbols["contexts"], 7)
        if tables != self.tables:
            changed = sorted(set(tables.items()) ^ set(self.tables.items()))
            found.append(f"page tables differ, first at {changed[0][0]:#x}")
        for id_, (_, vault, report) in VICTIMS.items():
            found += differences(ram, f"memory of victim {id_}", vault, vault_content())
            for address, data in machine.segments(self.folder / f"p{id_}.elf")[:1]:
                found += differences(ram, f"image of victim {id_}", address, data[:8192])
            found += self.victim_says(id_, report, LATENESS_BOUND_US + setting.link * LINK_INTERFERENCE_US)
        if not script.copied:
            found += differences(ram, "scratch page of victim 0", SCRATCH, dictionary.Places.fill(4096, 5))
        for role, base in BASES.items():
            places = dictionary.Places(base, role)
            if role != setting.role:
                found += differences(ram, "memory of the other tester", places.play, bytes(places.content[places.play]))
            found += differences(ram, f"read-only memory of tester {role}", places.read_only, bytes(places.content[places.read_only]))
        for record in machine.hm_log(ram, HM_LOG, HM_LOG_SIZE):
            if not record.valid or record.event not in EXPECTED_EVENTS or record.partition != setting.role or record.action != 0:
                found.append(f"unexpected health-monitor record {record}")
                break
        if ram.word(LATENESS) > self.lateness_us:
            self.lateness_us = ram.word(LATENESS)
            around = script.cases[max(0, ram.word(LATENESS_CASE) - 6):ram.word(LATENESS_CASE)]
            self.around = [f"{setting.text()}: {case.text()}" for case in around]
        if ram.word(LATENESS) > LATENESS_BOUND_US:
            found.append(f"a slot began {ram.word(LATENESS)} us late, bound {LATENESS_BOUND_US} us")
        return found

    def victim_says(self, id_: int, report: int, bound_us: int) -> list[str]:
        lives, slots, damaged, damaged_at = self.ram.words(report, 4)
        found = []
        if damaged:
            found.append(f"victim {id_} saw its memory changed {damaged} times, the last at word {damaged_at}")
        if slots == 0:
            found.append(f"victim {id_} never ran")
        self.frames += slots
        for life in range(min(lives, VICTIM_LIVES - 1)):  # the last entry may collect several lives
            early, late, _, _ = struct.unpack(">iiII", self.ram.read(report + 16 + 16 * life, 16))
            if late - early > bound_us:
                found.append(f"slots of victim {id_} began between {early} and {late} us of their time, bound {bound_us} us")
        return found


def vault_content() -> bytes:
    return b"".join(struct.pack(">I", (i * 2654435761 & 0xFFFFFFFF) ^ 0x5CA1AB1E) for i in range(VAULT_BYTES // 4))


def differences(ram: machine.Ram, what: str, address: int, expected: bytes) -> list[str]:
    now = ram.read(address, len(expected))
    if now == expected:
        return []
    first = next(i for i in range(len(expected)) if now[i] != expected[i])
    return [f"{what} changed, first at {address + first:#x}"]


FULL = [Setting(role, context, ports) for role in (1, 2) for context, ports in
        (("plain", "closed"), ("plain", "open"), ("plain", "full"), ("handler", "full"), ("interrupts", "open"))]
FULL += [Setting(1, "plain", "closed", link=True), Setting(1, "interrupts", "closed", link=True)]
SMALL = [Setting(1, "plain", "closed"), Setting(1, "handler", "full"), Setting(2, "plain", "full"), Setting(2, "interrupts", "open"),
         Setting(1, "plain", "closed", link=True)]


def campaign(build_dir: str, size: str, seed: int) -> int:
    """Run it; returns how many cases went wrong."""
    c = Campaign(build_dir, size, seed)
    full = size == "full"
    settings = FULL if full else SMALL
    plain = [setting for setting in settings if not setting.link]
    runs = [(setting, 0) for setting in plain]
    runs += [(plain[i % len(plain)], RANDOM_PER_RUN) for i in range(RANDOM_RUNS_FULL if full else RANDOM_RUNS_SMALL)]
    runs += [(setting, 0) for setting in settings if setting.link]
    try:
        c.use(False)
        for setting, random_cases in runs:
            if setting.link:
                c.use(True)
            chosen = c.random_calls(setting.role, random_cases) if random_cases else c.combinations(setting.role, full)
            script = c.script(setting, chosen)
            c.run(setting, script)
            print(f"  calls: {setting.text()}: {len(script.cases)} {'random' if random_cases else 'enumerated'} cases", flush=True)
    finally:
        c.ram.close()
    missing = set(c.by_name) - c.covered
    for name in sorted(missing):
        c.verdicts.add("WRONG_CODE", f"{name} was never called")
    if c.generic:
        print(f"  calls: without an own answer in oracle.py: {', '.join(sorted(c.generic))}")
    c.verdicts.facts = {"calls": len(c.by_name), "unspecified": len(c.generic), "slots watched": c.frames,
                        "latest slot start us": c.lateness_us, "before it": c.around,
                        "settings": [s.text() for s in settings], "random": sum(n for _, n in runs)}
    return c.verdicts.finish(c.out)
