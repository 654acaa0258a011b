"""What can be asked of a board, whoever asks: the calls of client.Client, which speaks to the board
itself, and of remote.RemoteClient, which has the daemon ask. Nothing here needs protobuf, so that a
command through the daemon starts quickly."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from .errors import UsageError
from .model import (
    BoardLink,
    Book,
    BookState,
    CommandState,
    Head,
    Hello,
    LogBatch,
    MemoryArea,
    MemorySum,
    OnStage,
    Partition,
    PartitionAction,
    Plan,
    PlanState,
    PlanSwitched,
    Pong,
    Port,
    Pulled,
    Slot,
    StageReport,
    SystemAction,
    SystemState,
)
from .times import Sample

HYPERVISOR_ID = 255
# A command may have to wait for the end of a major frame; the board itself gives up earlier and
# says so.
COMPLETION_S = 15.0
# The calls that change something: they need the lease of a daemon.
COMMANDS = frozenset({"control_partition", "switch_plan", "control_system"})

NamedT = TypeVar("NamedT", bound="Named")


class Named(Protocol):
    """A thing with a number and a name."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def name(self) -> str:
        """Its name; may be empty."""


def ignore(report: StageReport) -> None:
    """For callers that do not follow the stages of a command."""


class LogPull(Protocol):
    """A range of a log being read; see pull.Pull. Use as a context manager."""

    have: dict[int, bytes]
    unreadable: set[int]
    first: int

    def __enter__(self) -> "LogPull":
        """Begins."""

    def __exit__(self, *exc: object) -> None:
        """Gives up what is under way."""

    @property
    def head(self) -> Head | None:
        """Where the log stands, once that is known."""

    @property
    def stop(self) -> int:
        """The number behind the last item wanted."""

    @property
    def is_new_life(self) -> bool:
        """Whether the board has started anew meanwhile."""

    def survey(self) -> Head:
        """Waits until it is known where the log stands."""

    def settle(self, seq: int) -> None:
        """Waits until the item has come or will not."""

    def settled_until(self, seq: int) -> int:
        """The first item from there on of which that is not known."""


class Board(Protocol):
    """The calls; what each means is told in client.Client. timeout_s bounds the wait for an answer,
    completion_s that for the end of a command."""

    timeout_s: float
    completion_s: float

    def __enter__(self) -> "Board":
        """Opens the way to the board."""

    def __exit__(self, *exc: object) -> None:
        """Gives it back."""

    def close(self) -> None:
        """Gives the way to the board back."""

    @property
    def boot_id(self) -> int:
        """The boot that was heard last."""

    def utc_us(self) -> int:
        """The ground's time."""

    def ping(self) -> Pong:
        """Round trip to the supervisor."""

    def hello(self) -> Hello:
        """What the board is."""

    def target_name(self) -> str:
        """The system's name."""

    def link_state(self) -> BoardLink:
        """Counters of the board's end of the link."""

    def ground_link(self) -> dict[str, int]:
        """Counters of the ground's end of the link."""

    def listen(self, wait_s: float, ping: bool = False) -> list[dict[str, object]]:
        """What has crossed the link, as describe.frame_row."""

    def command_state(self, request_id: int) -> CommandState:
        """What became of a command."""

    def command_states(self) -> list[CommandState]:
        """The commands that the board remembers."""

    def partitions(self) -> list[Partition]:
        """All partitions."""

    def control_partition(
        self,
        before: Partition,
        action: PartitionAction,
        status: int = 0,
        on_stage: OnStage = ignore,
    ) -> Partition | None:
        """Suspends, resumes, halts, shuts down or resets a partition."""

    def plans(self) -> tuple[list[Plan], PlanState]:
        """All plans, and which one runs."""

    def slots(self, plan: int) -> list[Slot]:
        """The slots of a plan."""

    def switch_plan(
        self,
        plan: int,
        wait: bool = True,
        completion_s: float | None = None,
        on_stage: OnStage = ignore,
    ) -> PlanSwitched | None:
        """Changes the plan."""

    def ports(self) -> list[Port]:
        """The ports of all partitions."""

    def memory_areas(self, partition: int) -> list[MemoryArea]:
        """The memory areas of a partition."""

    def memory_check(self, partition: int, address: int, size: int, check_id: int = 0) -> MemorySum:
        """The CRC-32C of a part of memory, as far as the board has it."""

    def system_state(self) -> SystemState:
        """State and counters of the hypervisor."""

    def control_system(
        self,
        action: SystemAction,
        completion_s: float | None = None,
        on_stage: OnStage = ignore,
    ) -> int:
        """Resets or halts the whole system."""

    def books(self) -> list[BookState]:
        """The logs that the board keeps."""

    def clock_samples(self, boot_id: int) -> list[Sample]:
        """What is known of the board's clock in a boot, without asking."""

    def log_read(self, book: Book, source: int, from_seq: int, max_items: int) -> LogBatch:
        """One range of a log."""

    def pull(
        self, book: Book, source: int, unit: int, first: int | None, most: int | None
    ) -> LogPull:
        """Reads items of `unit` bytes over a link that loses some."""

    def pull_log(self, book: Book, source: int, first: int | None, most: int) -> Pulled:
        """The same in one call."""


# Those that a daemon carries out, by name. The others are each client's own affair.
OWN = ("close", "listen", "pull", "utc_us")
CALLS: dict[str, Callable] = {
    name: function
    for name, function in vars(Board).items()
    if callable(function) and not name.startswith("_") and name not in OWN
}


def find_by_name(things: list[NamedT], key: str, kind: str) -> NamedT:
    """The thing with that id (a number) or name. Raises UsageError that lists what exists."""
    for thing in things:
        if key.isdecimal() and thing.id == int(key):
            return thing
    for thing in things:
        if thing.name == key:
            return thing
    known = ", ".join(f"{t.id} {t.name}".strip() for t in things)
    raise UsageError(f"there is no {kind} {key!r}; the board has: {known or 'none'}")
