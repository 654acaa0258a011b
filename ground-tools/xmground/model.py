"""What the client gives out: plain values, no protobuf. Times are microseconds of the board's clock
in the boot boot_id."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum


class Stage(Enum):
    """How far a command has come. SENT is known to the ground alone."""

    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    STARTED = "started"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"


class PartitionAction(IntEnum):
    """Numbers of the protocol."""

    SUSPEND = 1
    RESUME = 2
    HALT = 3
    SHUTDOWN = 4
    RESET_WARM = 5
    RESET_COLD = 6

    @property
    def is_reset(self) -> bool:
        """Whether the action begins a new life."""
        return self in (PartitionAction.RESET_WARM, PartitionAction.RESET_COLD)


class SystemAction(IntEnum):
    """Numbers of the protocol."""

    RESET_WARM = 1
    RESET_COLD = 2
    HALT = 3


class Book(IntEnum):
    """Logs that can be pulled; numbers of the protocol."""

    HM = 1
    TRACE = 2
    CONSOLE = 3
    MEMORY = 4  # of a partition; item n is the byte at physical address n - 1; in no list of logs


class Knowledge(Enum):
    """What the board knows of a command."""

    NEVER_RECEIVED = "never received"
    IN_PROGRESS = "in progress"
    FINISHED = "finished"
    STARTED_NOT_CONFIRMED = "started, not confirmed"


@dataclass(frozen=True)
class CommandState:
    """A command as the board's journal has it. stage and time are those of the last stage that it
    reached, in the boot boot_id; None and 0 for a command never received."""

    id: int
    operation: str
    knowledge: Knowledge
    stage: Stage | None
    board_time_us: int | None
    boot_id: int
    session: int
    detail: str = ""


@dataclass(frozen=True)
class StageReport:
    """One stage of a command; the board's times are None for SENT, which only the ground knows."""

    stage: Stage
    ground_time_us: int  # UTC, since 1970
    board_time_us: int | None = None
    frame: int | None = None
    boot_id: int | None = None
    detail: str = ""
    request_id: int = 0  # told with SENT, as is
    operation: str = ""  # what was asked for


OnStage = Callable[[StageReport], None]


@dataclass(frozen=True)
class Pong:
    """Answer to a ping; rtt_us is measured on the ground."""

    rtt_us: int
    board_time_us: int
    frame: int
    boot_id: int


@dataclass(frozen=True)
class Hello:
    """Who answers."""

    system: str
    xm_version: str
    protocol_minor: int
    boot_id: int
    config_crc32c: int
    mtu_bytes: int
    credit_bytes: int
    authenticated: bool


@dataclass(frozen=True)
class Partition:
    """State of a partition."""

    id: int
    name: str
    state: str
    system: bool
    reset_counter: int
    reset_status: int
    exec_clock_us: int
    op_mode: int
    messages_in: int
    messages_out: int


@dataclass(frozen=True)
class PlanState:
    """Which plan runs; previous is None before the first switch."""

    current: int
    requested: int
    previous: int | None
    switch_time_us: int
    switch_frame: int


@dataclass(frozen=True)
class Plan:
    """A scheduling plan."""

    id: int
    name: str
    major_frame_us: int
    slot_count: int
    supervisor_slot: bool


@dataclass(frozen=True)
class Slot:
    """A slot of a plan; gaps are not listed."""

    id: int
    partition: int
    start_us: int
    duration_us: int


@dataclass(frozen=True)
class BookState:
    """A log and the numbers of the items it holds: oldest up to next - 1."""

    book: Book
    source: int
    oldest: int
    next: int


@dataclass(frozen=True)
class Port:
    """A port of a partition, and its channel: all ports of a channel tell the same counts, since the
    hypervisor's start and modulo 2^32. None: of the other kind, or nothing to tell."""

    partition: int
    id: int  # its place in the partition's PortTable
    name: str
    kind: str  # sampling or queuing
    direction: str  # source or destination
    channel: int | None  # None: not connected
    message_bytes: int  # of the longest message
    depth: int  # messages that a queue holds
    valid_period_us: int | None  # 4294967295: for ever
    open: bool
    waiting: int
    state: str | None  # of the message, seen from this port: new or read; sampling
    valid: bool | None  # sampling: younger than the period
    written_us: int | None  # board time
    last_bytes: int | None  # of that message, or of the oldest in the queue
    sent: int
    received: int | None
    refused: int | None  # were to be sent while the queue was full


@dataclass(frozen=True)
class MemoryArea:
    """An area of a partition's memory, as configured."""

    id: int
    name: str
    start: int  # physical
    size: int
    mapped_at: int
    flags: tuple[str, ...]


@dataclass(frozen=True)
class MemorySum:
    """A CRC-32C over a part of memory, made by the board over several of its slots; of the first
    `bytes` so far."""

    check_id: int
    bytes: int
    crc32c: int
    slots: int  # 1: of one moment
    begun_us: int
    board_time_us: int
    boot_id: int


@dataclass(frozen=True)
class SystemState:
    """State of the whole system."""

    name: str
    xm_version: str
    boot_id: int
    board_time_us: int
    frame: int
    reset_counter: int
    hm_events: int
    hm_lost: int
    interrupts: int
    slot_lateness_last_us: int
    slot_lateness_max_us: int
    kernel_bytes_used: int
    kernel_bytes_total: int
    cpu_khz: int
    config_crc32c: int
    partition_count: int
    plan: PlanState


@dataclass(frozen=True)
class LogBatch:
    """Answer to one LogRead: which items the board says it sent, and the pieces that arrived."""

    oldest: int
    next: int
    first: int
    count: int
    boot_id: int
    life: int  # differs when the board has started anew since, also under the same boot id
    pieces: tuple[tuple[int, bytes], ...] = field(default=())  # number of the first item, items
    doubts: int = 0  # differs when it may have, but nothing shows that


@dataclass(frozen=True)
class Head:
    """Where a log stood when the board last told it. life, doubts: as in LogBatch."""

    oldest: int
    next: int
    boot_id: int
    life: int
    doubts: int = 0

    @property
    def start(self) -> tuple[int, int, int]:
        """Another one: the board has started anew since, or may have."""
        return self.boot_id, self.life, self.doubts


@dataclass(frozen=True)
class Pulled:
    """What became of the items first..stop - 1 of a log: pieces (number of the first item, items),
    those that the board cannot read, and those that the link did not bring. silent: the board has
    stopped answering, or has started anew, before all was settled."""

    head: Head
    first: int
    stop: int
    pieces: tuple[tuple[int, bytes], ...]
    unreadable: tuple[int, ...]
    given_up: tuple[int, ...]
    silent: bool


class GapKind(Enum):
    """Why items are missing."""

    LOST = "lost on link"
    OVERWRITTEN = "overwritten on board"
    REBOOTED = "board rebooted"
    DAMAGED = "unreadable on board"
    ABSENT = "not in this capture"


@dataclass(frozen=True)
class Gap:
    """Missing items first..last; last is None when nobody knows how many there were."""

    kind: GapKind
    first: int
    last: int | None
    boot_id: int

    @property
    def count(self) -> int | None:
        """Number of missing items."""
        return None if self.last is None else self.last - self.first + 1


@dataclass(frozen=True)
class PlanSwitched:
    """A completed plan switch."""

    state: PlanState
    board_time_us: int
    frame: int


BoardLink = dict[
    str, int | bool
]  # counters of the board's end of the link, by the field names of the protocol
