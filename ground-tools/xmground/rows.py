"""The one form of log data above the records: a row, a dictionary of plain values.

Commands show rows, the archive stores them, the daemon sends them and the web page draws them; so
all of them tell the same. All log rows have the values of common(); each book adds its own. Times
are microseconds: time_us of the board's clock in the boot boot_id, utc_us and received_us since
1970 (UTC). utc_us is an estimate, at most utc_error_us away from the truth; both are None where
nothing is known about it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from .model import Book, CommandState, Gap, Knowledge, Stage, StageReport
from .records import (
    HmRecord,
    Item,
    TraceRecord,
    decode_hm,
    decode_trace,
    journal_words,
    kernel_words,
    supervisor_name,
)

Row = dict[str, object]
# Longest piece of console text in one row: a partition may print for ever without a line end.
LINE_BYTES = 4096
UNIT_NAMES = {Book.HM: "record", Book.TRACE: "record", Book.CONSOLE: "byte"}


class Severity(IntEnum):
    """How much a row matters to whoever watches; ordered."""

    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """As rows and filters spell it."""
        return self.name.lower()


# An HM record is as severe as the worst of what was done about it and what it says by itself.
ACTION_SEVERITY = {
    "IGNORE": Severity.INFO,  # whoever wrote the configuration expected it
    "PROPAGATE": Severity.WARN,  # the partition deals with it, which nobody has seen yet
    "SHUTDOWN": Severity.ERROR,  # from here on a partition does not do its work, or lost its state
    "SUSPEND": Severity.ERROR,
    "PARTITION_HALT": Severity.ERROR,
    "PARTITION_COLD_RESET": Severity.ERROR,
    "PARTITION_WARM_RESET": Severity.ERROR,
    "HYPERVISOR_COLD_RESET": Severity.CRITICAL,  # from here on all partitions are concerned
    "HYPERVISOR_WARM_RESET": Severity.CRITICAL,
    "HYPERVISOR_HALT": Severity.CRITICAL,
    "SWITCH_TO_MAINTENANCE": Severity.CRITICAL,
}
# Events that matter also where the configuration ignores them.
EVENT_SEVERITY = {
    "INTERNAL_ERROR": Severity.CRITICAL,  # the hypervisor contradicts itself
    "SCHED_ERROR": Severity.ERROR,  # time was lost for all partitions
    "PARTITION_INTEGRITY": Severity.ERROR,  # the stored image is not what was built
    "INCOMPATIBLE_INTERFACE": Severity.ERROR,
    "SPARC_REGISTER_HARDWARE_ERROR": Severity.ERROR,  # the hardware is failing
    "SPARC_UNCORRECTABLE_EDAC_ERROR": Severity.ERROR,
    "APP_HARDWARE_FAULT": Severity.ERROR,
    "APP_POWER_FAIL": Severity.ERROR,
    "SYSTEM_ERROR": Severity.WARN,
    "PARTITION_ERROR": Severity.WARN,
    "WATCHDOG_TIMER": Severity.WARN,
    "MEM_PROTECTION": Severity.WARN,  # somebody reached where they must not
    "UNEXPECTED_TRAP": Severity.WARN,
    "OVERRUN": Severity.WARN,  # ignored by default, and yet a neighbour started late
    "EXTSYNC_ERROR": Severity.WARN,
    "APP_DEADLINE_MISSED": Severity.WARN,
    "APP_STACK_OVERFLOW": Severity.WARN,
    "APP_MEMORY_VIOLATION": Severity.WARN,
}
CRITICALITY_SEVERITY = {
    "NOTIFY": Severity.INFO,
    "DEBUG": Severity.DEBUG,
    "WARNING": Severity.WARN,
    "UNRECOVERABLE": Severity.ERROR,  # the kernel answers it with PARTITION_ERROR
}
STAGE_SEVERITY = {Stage.REJECTED: Severity.WARN, Stage.FAILED: Severity.ERROR}
KNOWLEDGE_SEVERITY = {
    Knowledge.NEVER_RECEIVED: Severity.WARN,
    Knowledge.STARTED_NOT_CONFIRMED: Severity.ERROR,  # whether it was carried out is not known
}


def hm_severity(record: HmRecord) -> Severity:
    """Severity of an HM record. What cannot be trusted, and what a newer board calls by numbers
    unknown here, is never mild."""
    if record.damaged:
        return Severity.ERROR
    by_action = ACTION_SEVERITY.get(record.action_name, Severity.WARN)
    by_event = EVENT_SEVERITY.get(record.event_name, Severity.INFO)
    if record.event_name.startswith("event "):
        by_event = Severity.WARN
    return max(by_action, by_event)


def trace_severity(record: TraceRecord) -> Severity:
    """Severity of a trace record: the criticality that its writer gave it."""
    if record.damaged:
        return Severity.ERROR
    return CRITICALITY_SEVERITY.get(record.criticality_name, Severity.WARN)


def no_estimate(boot_id: int, time_us: int) -> tuple[int | None, int | None]:
    """UTC of a board time while nothing is known: (None, None)."""
    return None, None


@dataclass(frozen=True)
class Labels:
    """What rows tell beyond the items of a log: the target's name, those of its partitions, how
    board time becomes (UTC, error bound), and which are system partitions, as the supervisor is."""

    target: str = ""
    names: Mapping[int, str] = field(default_factory=dict)
    utc: Callable[[int, int], tuple[int | None, int | None]] = no_estimate
    system: Collection[int] = ()

    def partition(self, number: int) -> str:
        """Name of a partition, else its number."""
        return self.names.get(number) or str(number)


def spelt_out(text: str) -> str:
    """Text in which control characters are visible and harmless."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def harmless(data: bytes) -> str:
    """Console bytes as text: line ends and tabs stay, everything else that could act on a terminal
    is escaped."""
    text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)


def common(
    labels: Labels,
    book: str,
    source: int,
    seq: int,
    boot_id: int | None,
    time_us: int | None,
    received_us: int | None,
    kind: str = "record",
) -> Row:
    """The values that all log rows have, in the order in which json shows them; the last five are
    to be filled in. boot_id None: of a command of which no board has told anything; only there."""
    utc_us, error_us = (None, None)
    if boot_id is not None and time_us is not None:
        utc_us, error_us = labels.utc(boot_id, time_us)
    return {
        "kind": kind,
        "target": labels.target,
        "boot_id": boot_id,
        "book": book,
        "source": source,
        "seq": seq,
        "time_us": time_us,
        "utc_us": utc_us,
        "utc_error_us": error_us,
        "received_us": received_us,
        "severity": Severity.INFO.word,
        "partition": None,
        "partition_name": None,
        "event_name": None,
        "detail": "",
    }


COMMON_KEYS = frozenset(common(Labels(), "", 0, 0, 0, None, None))


def hm_row(record: HmRecord, labels: Labels, received_us: int | None) -> Row:
    """An HM record."""
    row = common(labels, "hm", 0, record.seq, record.boot_id, record.time_us, received_us)
    return row | {
        "severity": hm_severity(record).word,
        "partition": record.partition,
        "partition_name": labels.partition(record.partition),
        "event_name": record.event_name,
        "detail": record.detail,
        "vcpu": record.vcpu,
        "event": record.event,
        "action": record.action,
        "action_name": record.action_name,
        "fault_address": record.fault_address,
        "pc": record.pc,
        "npc": record.npc,
        "psr": record.psr,
        "fault_status": record.fault_status,
        "payload": list(record.payload),
        "system": record.system,
        "damaged": record.damaged,
    }


def trace_row(record: TraceRecord, source: int, labels: Labels, received_us: int | None) -> Row:
    """A trace record; the event is its code, by name where it has one."""
    damage = ["DAMAGED (CRC-32C)"] if record.damaged else []
    name = supervisor_name(record) if source in labels.system else None
    words = journal_words(record) if name else kernel_words(record, labels.names)
    row = common(labels, "trace", source, record.seq, record.boot_id, record.time_us, received_us)
    return row | {
        "severity": trace_severity(record).word,
        "partition": record.partition,
        "partition_name": labels.partition(record.partition),
        "event_name": name or record.code_name,
        "detail": spelt_out(", ".join(damage + words)),
        "vcpu": record.vcpu,
        "system": record.system,
        "criticality": record.criticality,
        "criticality_name": record.criticality_name,
        "code": record.code,
        "payload": list(record.payload),
        "damaged": record.damaged,
    }


def console_row(piece: Item, source: int, labels: Labels, received_us: int | None) -> Row:
    """A line of console text, or what there is of it; the board does not say when it was printed."""
    row = common(labels, "console", source, piece.seq, piece.boot_id, None, received_us, "text")
    return row | {
        "partition": source,
        "partition_name": labels.partition(source),
        "first": piece.seq,
        "last": piece.seq + len(piece.data) - 1,
        "text": harmless(piece.data),
    }


def split_lines(item: Item) -> Iterator[Item]:
    """Console bytes by lines, of LINE_BYTES at most; each line keeps its end."""
    at = 0
    while at < len(item.data):
        end = item.data.find(b"\n", at, at + LINE_BYTES) + 1 or at + LINE_BYTES
        yield replace(item, seq=item.seq + at, data=item.data[at:end])
        at = end


def gap_text(gap: Gap, what: str) -> str:
    """A gap in words; what: record or byte."""
    if gap.count is None:
        what_is_missing = f"{what}s from {gap.first} of boot {gap.boot_id:#010x} on, number unknown"
    else:
        plural = "s" if gap.count > 1 else ""
        what_is_missing = f"{gap.count} {what}{plural}, {gap.first} to {gap.last}"
    return f"{gap.kind.value}: {what_is_missing}"


def gap_row(gap: Gap, book: Book, source: int, labels: Labels, received_us: int | None) -> Row:
    """Missing items; its kind says so, and no filter leaves it out."""
    row = common(
        labels, book.name.lower(), source, gap.first, gap.boot_id, None, received_us, "gap"
    )
    return row | {
        "severity": Severity.WARN.word,
        "event_name": "GAP",
        "detail": gap_text(gap, UNIT_NAMES[book]),
        "gap": gap.kind.value,
        "first": gap.first,
        "last": gap.last,
    }


def item_rows(
    item: Item | Gap, book: Book, source: int, labels: Labels, received_us: int | None
) -> Iterator[Row]:
    """What a LogReader gives, as rows: one per record, line of text, or gap."""
    if isinstance(item, Gap):
        yield gap_row(item, book, source, labels, received_us)
    elif book is Book.HM:
        yield hm_row(decode_hm(item), labels, received_us)
    elif book is Book.TRACE:
        yield trace_row(decode_trace(item), source, labels, received_us)
    else:
        for piece in split_lines(item):
            yield console_row(piece, source, labels, received_us)


def command_stage_row(
    target: str, request_id: int, operation: str, sender: str | None, report: StageReport
) -> Row:
    """A stage of a command, as the ground saw it. sender: who commanded; None: not known."""
    row = common(
        Labels(target),
        "command",
        0,
        request_id,
        report.boot_id,
        report.board_time_us,
        report.ground_time_us,
        "stage",
    )
    return row | {
        "severity": STAGE_SEVERITY.get(report.stage, Severity.INFO).word,
        "event_name": operation,
        "detail": spelt_out(report.detail),
        "stage": report.stage.value,
        "frame": report.frame,
        "sender": sender,
    }


def command_row(state: CommandState, labels: Labels, received_us: int | None) -> Row:
    """A command in the board's journal; its sequence number is its id. One that never came there has
    no boot and no session."""
    is_known = state.knowledge is not Knowledge.NEVER_RECEIVED
    boot_id = state.boot_id if is_known else None
    severity = KNOWLEDGE_SEVERITY.get(state.knowledge, Severity.INFO)
    if state.stage is not None:
        severity = max(severity, STAGE_SEVERITY.get(state.stage, Severity.INFO))
    row = common(
        labels, "command", 0, state.id, boot_id, state.board_time_us, received_us, "command"
    )
    return row | {
        "severity": severity.word,
        "event_name": state.operation,
        "detail": spelt_out(state.detail),
        "id": state.id,
        "operation": state.operation,
        "knowledge": state.knowledge.value,
        "stage": state.stage.value if state.stage else None,
        "board_time_us": state.board_time_us,
        "session": state.session if is_known else None,
    }
