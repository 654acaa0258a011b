"""Plays an FPU that defers exceptions, as that of the LEON3 does and QEMU's does not: what a failed, and was not told, traps when
the hypervisor stores %fsr to give the FPU to b. From then on the queue holds the failed operation until it is taken out."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from debugger import Debugger, symbol  # noqa: E402

L1, L2, PSR, TBR, PC, NPC, FSR = 17, 18, 65, 67, 68, 69, 70  # in the stub's register block
CWP, ET, PS, S = 0x1F, 0x20, 0x40, 0x80
WINDOWS = 8
FTT, FTT_IEEE, QNE = 7 << 14, 1 << 14, 1 << 13
VECTOR_BYTES, FP_EXCEPTION = 16, 0x08


def trap(debugger: Debugger) -> None:
    """What the processor does at the place where it stands."""
    registers = debugger.registers()
    pc, npc, psr = registers[PC], registers[NPC], registers[PSR]
    registers[PSR] = psr & ~(CWP | ET) | PS | S | (psr - 1) % WINDOWS
    registers[FSR] |= FTT_IEEE | QNE
    debugger.set_registers(registers)
    registers = debugger.registers()  # of the trap's window
    registers[L1], registers[L2] = pc, npc
    registers[PC] = registers[TBR] = symbol("kernel_trap_table") + VECTOR_BYTES * FP_EXCEPTION
    registers[NPC] = registers[PC] + 4
    debugger.set_registers(registers)


def take_from_queue(debugger: Debugger) -> None:
    """What the FPU does at a store of the queue."""
    registers = debugger.registers()
    assert registers[FSR] & QNE, "the queue is stored, but empty: that traps as well"
    registers[FSR] &= ~(FTT | QNE)
    registers[PC], registers[NPC] = registers[NPC], registers[NPC] + 4
    debugger.set_registers(registers)


def drive(port: int) -> list[str]:
    debugger = Debugger(port)
    debugger.run_to(symbol("fpu_settle_access"))
    trap(debugger)
    debugger.run_to(symbol("fpu_settle_access"))
    debugger.run_to(symbol("fpu_settle_queue"))
    take_from_queue(debugger)
    return debugger.run_to_end()
