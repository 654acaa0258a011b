"""The records of the board's logs: 64 or 48 bytes, laid out in abi/records.h, into named values."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ._generated import names
from .framing import crc32c
from .model import Book

HM_RECORD = struct.Struct(">QqIHBBBBHIIIII3II")
TRACE_RECORD = struct.Struct(">QqIII4II")
assert HM_RECORD.size == 64 and TRACE_RECORD.size == 48  # abi/records.h

ITEM_BYTES = {
    Book.HM: HM_RECORD.size,
    Book.TRACE: TRACE_RECORD.size,
    Book.CONSOLE: 1,
    Book.MEMORY: 1,
}

FLAG_SYSTEM, FLAG_CONTEXT, FLAG_ADDRESS = 1, 2, 4


@dataclass(frozen=True)
class Item:
    """Items as they lie on the board: one record, or consecutive bytes of console output."""

    seq: int
    data: bytes
    boot_id: int


@dataclass(frozen=True)
class HmRecord:
    """A health-monitor record. damaged: its CRC-32C or number is wrong, the values cannot be
    trusted."""

    seq: int
    boot_id: int
    time_us: int
    partition: int
    vcpu: int
    event: int
    action: int
    system: bool
    pc: int | None
    npc: int | None
    psr: int | None
    fault_address: int | None
    fault_status: int
    payload: tuple[int, ...]  # 3 words
    damaged: bool

    @property
    def event_name(self) -> str:
        """Name without its prefix."""
        return names.EVENTS.get(self.event, f"event {self.event}")

    @property
    def action_name(self) -> str:
        """Name without its prefix."""
        return names.ACTIONS.get(self.action, f"action {self.action}")

    @property
    def detail(self) -> str:
        """What else the record holds, in words."""
        parts = ["DAMAGED (CRC-32C)"] if self.damaged else []
        trap = names.TRAPS.get(self.payload[0])
        if trap and self.event_name.startswith(
            ("SPARC_", "UNEXPECTED_TRAP", "MEM_PROTECTION", "FP_ERROR")
        ):
            parts.append(f"trap {self.payload[0]:#04x} {trap}")
        elif any(self.payload):
            parts.append("payload " + " ".join(f"{word:#x}" for word in self.payload))
        if self.fault_status:
            parts.append(f"fsr {self.fault_status:#x}")
        if self.system:
            parts.append("hypervisor scope")
        return ", ".join(parts)


@dataclass(frozen=True)
class TraceRecord:
    """A trace record. damaged as in HmRecord."""

    seq: int
    boot_id: int
    time_us: int
    partition: int
    vcpu: int
    system: bool
    criticality: int
    code: int
    payload: tuple[int, ...]  # 4 words
    damaged: bool

    CRITICALITIES = ("NOTIFY", "DEBUG", "WARNING", "UNRECOVERABLE")

    @property
    def criticality_name(self) -> str:
        """Name of the criticality, or its number."""
        known = self.criticality < len(self.CRITICALITIES)
        return self.CRITICALITIES[self.criticality] if known else str(self.criticality)

    @property
    def code_name(self) -> str:
        """A record of the hypervisor is named; the codes of a partition are its own affair."""
        if not self.system:
            return f"{self.code:#x}"
        module = names.TRACE_MODULES.get(self.code >> 8, f"module {self.code >> 8}")
        event = self.code & 0xFF
        if module == "HCALLS":
            return f"HCALLS {names.HYPERCALLS.get(event, event)}"
        return f"{module} {names.TRACE_EVENTS.get((module, event), event)}"


# What the words of the hypervisor's own trace records mean: the arguments of trace_kernel() in
# hypervisor/core.
_PARTITION_ONLY = ("partition",)
KERNEL_WORDS: dict[str, tuple[str, ...]] = {
    "HM EVENT": ("event", "partition", "action"),
    "HM HYPERVISOR_ACTION": ("action", "partition", "event"),
    "HM PARTITION_ACTION": ("action", "partition", "event"),
    "SCHED SUSPEND": _PARTITION_ONLY,
    "SCHED RESUME": _PARTITION_ONLY,
    "SCHED HALT": _PARTITION_ONLY,
    "SCHED SHUTDOWN": _PARTITION_ONLY,
    "SCHED IDLE": _PARTITION_ONLY,
    "SCHED RESET": ("partition", "mode", "status"),
    "SCHED HYP_HALT": (),
    "SCHED HYP_RESET": ("mode", "status"),
    "SCHED PLAN_REQUEST": ("plan", "instead of plan"),
    "SCHED PLAN_DONE": ("plan", "after plan", "from frame"),
    "SCHED CONTEXT_SWITCH": ("partition", "slot", "plan"),
}
RESET_MODES = {0: "cold", 1: "warm"}


def kernel_words(record: TraceRecord, partitions: Mapping[int, str]) -> list[str]:
    """The payload of a record of the hypervisor in words, with the names that `hm read` uses; none
    for a record of a partition, whose words are its own affair, or of an unknown kind."""

    def say(meaning: str, value: int) -> str:
        if meaning == "event":
            return names.EVENTS.get(value, f"event {value}")
        if meaning == "action":
            return names.ACTIONS.get(value, f"action {value}")
        if meaning == "partition":
            return partitions.get(value) or f"partition {value}"
        if meaning == "mode":
            return RESET_MODES.get(value, f"mode {value}")
        return f"{meaning} {value}"

    if not record.system:
        return []
    meanings = KERNEL_WORDS.get(record.code_name, ())
    return [say(meaning, value) for meaning, value in zip(meanings, record.payload)]


def supervisor_name(record: TraceRecord) -> str | None:
    """Name of a record in the supervisor's own trace stream, None: it has none. The same code in
    the stream of another partition is that one's own affair."""
    return None if record.system else names.SUPERVISOR_CODES.get(record.code)


def journal_words(record: TraceRecord) -> list[str]:
    """The payload of a record of the command journal in words (docs/protocol.md, at most once)."""
    request_id, what, _digest, _session = record.payload
    if request_id == 0:
        return ["the supervisor begins"]
    command = f"command {request_id:#010x}"
    stage, operation, code = what >> 24, what >> 16 & 0xFF, what & 0xFFFF
    if not stage:
        return [command, "void: the ground was told that it was never received"]
    words = names.STAGES.get(stage, f"stage {stage}")
    if code >> 15:
        words += f": {names.ERRORS.get(code - 0x10000, f'hypervisor error {code - 0x10000}')}"
    elif code:
        words += f": {names.STATUSES.get(code, f'status {code}')}"
    operation_name = names.OPERATIONS.get(operation, f"operation {operation}")
    return [command, operation_name, words]


# Upper half of a reset status (abi/guest.h, XM_HM_RESET_STATUS_*); the lower one is the event.
MODULE_RESTART = 2


def reset_record(
    status: int, partition: int, boot_id: int, records: Iterable[HmRecord]
) -> HmRecord | None:
    """The record, of these in order, of the reset by which the health monitor gave a partition the
    reset status that it has in a boot. None: they do not show that it did. Whoever else resets the
    partition later, and gives it the very same number, is not told apart."""
    of_all = status >> 16 == MODULE_RESTART
    event = status & 0xFFFF if of_all else status
    scope = "HYPERVISOR" if of_all else "PARTITION"
    last = None
    for record in records:
        if record.action_name in (f"{scope}_COLD_RESET", f"{scope}_WARM_RESET") and (
            of_all or record.partition == partition
        ):
            last = record
    if status == 0 or last is None or last.damaged or last.event != event:
        return None
    # What resets all ends a boot; another reset of a partition does not outlive one.
    return last if (last.boot_id != boot_id) == of_all else None


def _is_damaged(item: Item) -> bool:
    right = crc32c(item.data[:-4]) == int.from_bytes(item.data[-4:], "big")
    return not right or int.from_bytes(item.data[:8], "big") != item.seq


def decode_hm(item: Item) -> HmRecord:
    """An HM record from its 64 bytes; the number is the one the log gave it, even when the record
    is damaged."""
    (
        _,
        time_us,
        boot_id,
        event,
        partition,
        vcpu,
        flags,
        action,
        _,
        pc,
        npc,
        psr,
        address,
        fsr,
        *payload,
        _,
    ) = HM_RECORD.unpack(item.data)
    context = bool(flags & FLAG_CONTEXT)
    return HmRecord(
        item.seq,
        boot_id,
        time_us,
        partition,
        vcpu,
        event,
        action,
        bool(flags & FLAG_SYSTEM),
        pc if context else None,
        npc if context else None,
        psr if context else None,
        address if flags & FLAG_ADDRESS else None,
        fsr,
        tuple(payload),
        _is_damaged(item),
    )


def decode_trace(item: Item) -> TraceRecord:
    """A trace record from its 48 bytes; opcode words as in xmTraceEvent_t."""
    _, time_us, boot_id, high, low, *payload, _ = TRACE_RECORD.unpack(item.data)
    return TraceRecord(
        item.seq,
        boot_id,
        time_us,
        low & 0xFF,
        low >> 8 & 0xFF,
        bool(high & 1),
        high >> 1 & 7,
        low >> 16,
        tuple(payload),
        _is_damaged(item),
    )
