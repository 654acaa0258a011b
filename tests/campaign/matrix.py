"""Every state of a partition x every management call (xtratum 1.3, codes as libxm-interface 3.2): the code, the state at once,
what becomes of the partition, and that it can be brought back.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import machine
from oracle import CONFIG, NO_ACTION, OK, PARAM, PERM
from report import Verdicts

CONTROL = 0x41000000
CELL = struct.Struct(">4I i 7I i 3I")
CELLS = CONTROL + 64
HM_LOG, HM_LOG_SIZE = 0x41800000, 64 << 10
BUSY, IDLE, SUSPENDED, HALTED, LOADING, LOADING_SUSPENDED, LOADING_HALTED, SHUTDOWN_PENDING = range(8)
SETUPS = ["running", "idle", "suspended", "halted", "loading", "loading and suspended", "loading and halted",
          "suspended with shutdown pending"]
MANAGER, SELF, STRANGER = range(3)
CALLERS = ["manager", "subject", "stranger"]
SUSPEND, RESUME, HALT, SHUTDOWN, WARM, COLD, BAD_MODE, STATUS, IDLE_SELF = range(9)
CALLS = ["suspend", "resume", "halt", "shutdown", "warm reset", "cold reset", "reset with bad mode", "get status", "idle self"]
SUBJECT_ID, ABSENT_ID = 1, 2
S_READY, S_SUSPENDED, S_HALTED = 1, 2, 3
NOT_RETURNED = 0x7FFFFFFF
STATUS_GIVEN = 0x57A7


@dataclass
class Want:
    """What a cell must bring: code, state at once, state later, new lives, shutdown interrupts, does it run."""

    code: int
    state: int
    lives: int = 0
    shutdowns: int = 0
    back_code: int = OK
    back_shutdowns: int = 0
    reset: int | None = None  # WARM, COLD

    @property
    def runs(self) -> bool:
        return self.state == S_READY


# State of the subject before the call: what it reports, lives that begin by themselves later, interrupts waiting for it.
BEFORE = {BUSY: (S_READY, 0, 0), IDLE: (S_READY, 0, 0), SUSPENDED: (S_SUSPENDED, 0, 0), HALTED: (S_HALTED, 0, 0),
          LOADING: (S_READY, 1, 0), LOADING_SUSPENDED: (S_SUSPENDED, 0, 0), LOADING_HALTED: (S_HALTED, 0, 0),
          SHUTDOWN_PENDING: (S_SUSPENDED, 0, 1)}


def wanted(setup: int, call: int) -> Want:
    """The table, for a caller that may make the call."""
    state, lives, waiting = BEFORE[setup]
    incomplete = setup in (LOADING, LOADING_SUSPENDED, LOADING_HALTED)
    want = Want(OK, state, lives, back_shutdowns=waiting)
    if call == SUSPEND:
        want.code = OK if state == S_READY else NO_ACTION
        want.state = S_SUSPENDED if state == S_READY else state
        want.lives = 0
    elif call == RESUME:
        want.code = OK if state == S_SUSPENDED else NO_ACTION
        if state == S_SUSPENDED:
            want.state, want.lives, want.shutdowns, want.back_shutdowns = S_READY, int(incomplete), waiting, 0
    elif call == HALT:
        want.code = NO_ACTION if state == S_HALTED else OK
        want.state, want.lives, want.back_shutdowns = S_HALTED, 0, 0
    elif call == SHUTDOWN:
        want.code = NO_ACTION if state == S_HALTED else OK
        if state == S_READY:
            want.shutdowns = 1
        elif state == S_SUSPENDED:
            want.back_shutdowns = 1
    elif call == BAD_MODE:
        want.code = PARAM
    elif call == WARM and incomplete:
        want.code = CONFIG  # half an image cannot be started
    elif call in (WARM, COLD):
        want = Want(OK, S_READY, 1, reset=call)
    # A stopped subject whose image is not whole: resuming goes on loading, a warm reset is refused.
    if want.state == S_HALTED and incomplete:
        want.back_code = CONFIG
    return want


@dataclass
class Cell:
    setup: int
    caller: int
    call: int
    target: int
    want: Want

    def text(self) -> str:
        who = "a partition without image" if self.target == ABSENT_ID else f"the {SETUPS[self.setup]} subject"
        return f"{CALLS[self.call]} of {who} by the {CALLERS[self.caller]}"


def cells() -> list[Cell]:
    made = [Cell(setup, MANAGER, call, SUBJECT_ID, wanted(setup, call)) for setup in BEFORE for call in range(IDLE_SELF)]
    # Without the right: refused in every state, and nothing happens.
    for setup in BEFORE:
        for call in range(IDLE_SELF):
            state, lives, waiting = BEFORE[setup]
            refused = Want(PERM, state, lives, back_shutdowns=waiting,
                           back_code=CONFIG if setup == LOADING_HALTED else OK)
            made.append(Cell(setup, STRANGER, call, SUBJECT_ID, refused))
    # About itself, which only one that runs can ask.
    for setup in (BUSY, IDLE):
        for call in range(IDLE_SELF + 1):
            want = wanted(setup, call)
            if call == RESUME:
                want = Want(PERM, S_READY)
            if call in (HALT, WARM, COLD):
                want.code = NOT_RETURNED
            made.append(Cell(setup, SELF, call, SUBJECT_ID, want))
    # One that was never loaded stays halted.
    for call in range(IDLE_SELF):
        code = {WARM: CONFIG, COLD: CONFIG, BAD_MODE: PARAM, STATUS: OK}.get(call, NO_ACTION)
        made.append(Cell(BUSY, MANAGER, call, ABSENT_ID, Want(code, S_HALTED)))
    return made


def wrong(cell: Cell, data: bytes) -> str:
    """What is not as wanted; "": nothing."""
    (_, _, _, _, code, state, counter, status, later, lives, shutdowns, ran, back_code, back_state, back_ran,
     back_shutdowns) = CELL.unpack(data)
    want = cell.want
    if cell.target == ABSENT_ID:
        seen: tuple[object, ...] = (code, state, later)
        return "" if seen == (want.code, S_HALTED, S_HALTED) else f"code and states {seen}"
    found = []
    for what, value, right in (("code", code, want.code), ("state", state, want.state), ("later state", later, want.state),
                               ("new lives", lives, want.lives), ("shutdown interrupts", shutdowns, want.shutdowns),
                               ("runs", bool(ran), want.runs)):
        if value != right:
            found.append(f"{what} {value}, expected {right}")
    if want.reset is not None and (status != STATUS_GIVEN or (counter == 0) != (want.reset == COLD)):
        found.append(f"reset counter {counter}, status {status:#x}")
    if want.state != S_READY:
        for what, value, right in (("bringing back", back_code, want.back_code),
                                   ("state then", back_state, S_READY if want.back_code == OK else S_HALTED),
                                   ("runs then", bool(back_ran), want.back_code == OK),
                                   ("shutdown interrupts then", back_shutdowns, want.back_shutdowns)):
            if value != right:
                found.append(f"{what} {value}, expected {right}")
    return "; ".join(found)


def campaign(build_dir: str, size: str, seed: int) -> int:
    """Run it; returns how many cells went wrong."""
    folder = machine.build("matrix", build_dir)
    verdicts = Verdicts("matrix", seed, size)
    todo = cells()
    ram = machine.Ram(folder / "ram", 32)
    try:
        ram.write(CONTROL, struct.pack(">I", len(todo)))
        for i, cell in enumerate(todo):
            ram.write(CELLS + CELL.size * i, struct.pack(">4I", cell.setup, cell.caller, cell.call, cell.target))
        run = machine.boot(folder / "system.elf", ram, 30, 300, lambda: ram.word(CONTROL + 4))
        if run.status != 0 or not ram.word(CONTROL + 8):
            at = ram.word(CONTROL + 4)
            verdicts.add("HANG", f"{todo[min(at, len(todo) - 1)].text()}: QEMU ended with {run.status}:\n{run.output[-300:]}")
        for i, cell in enumerate(todo[:ram.word(CONTROL + 4)]):
            text = wrong(cell, ram.read(CELLS + CELL.size * i, CELL.size))
            verdicts.add("WRONG_CODE" if text else "rejected" if cell.want.code < 0 else "masked", f"{cell.text()}: {text}")
        for text in machine.KERNEL_TROUBLE.findall(run.output):
            verdicts.add("ESCAPE", f"the hypervisor says: {text}")
        for record in machine.hm_log(ram, HM_LOG, HM_LOG_SIZE)[:5]:
            verdicts.add("ESCAPE", f"unexpected health-monitor record {record}")
        verdicts.facts = {"states": len(BEFORE) + 1, "calls": len(CALLS)}
    finally:
        ram.close()
    return verdicts.finish(machine.ROOT / build_dir / "campaign")
