"""The board for the daemon's own questions: each is a job that comes after those of all clients."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ..client import Client
from ..board import LogPull
from ..model import Book, BookState, LogBatch, Partition, Plan, PlanState, Pong, Pulled, Slot
from ..remote import RemotePull
from ..times import Sample
from .link import Job, LinkThread, Priority, Stopped

T = TypeVar("T")
TIMEOUT_S = 5.0
# Less than what clients read at once: a command waits for that.
SLICE_BYTES = 4 * 1024
STOP_LOOK_S = 0.1


class Background:
    """The calls of Board that gathering needs, for one thread that may wait. All raise Stopped when
    the daemon ends."""

    timeout_s = TIMEOUT_S

    def __init__(self, link: LinkThread, stop: threading.Event) -> None:
        self._link, self._stop = link, stop

    def do(self, work: Callable[[Client], T]) -> T:
        """Has something done with the board. Not in the link's thread, which would wait for
        itself."""
        if threading.current_thread() is self._link:
            raise RuntimeError("the link's thread asks itself")
        ended = threading.Event()
        outcome: list[Any] = []

        def asked(client: Client) -> T:
            client.timeout_s = TIMEOUT_S
            return work(client)

        def done(result: Any, error: Exception | None) -> None:
            outcome.extend((result, error))
            ended.set()

        job = Job(Priority.BACKGROUND, asked, done)
        self._link.submit(job)
        while not ended.wait(STOP_LOOK_S):
            if self._stop.is_set():
                job.cancelled = True
                raise Stopped
        if outcome[1] is not None:
            raise outcome[1]
        return outcome[0]

    @property
    def boot_id(self) -> int:
        """See Client."""
        return self._link.client.boot_id

    def utc_us(self) -> int:
        """See Client."""
        return self._link.client.utc_us()

    def ping(self) -> Pong:
        """See Client. The round trip is measured in the link's thread, without the time in the
        queue."""
        return self.do(lambda client: client.ping())

    def clock_samples(self, boot_id: int) -> list[Sample]:
        """See Client."""
        return self.do(lambda client: client.clock_samples(boot_id))

    def target_name(self) -> str:
        """See Client."""
        return self.do(lambda client: client.target_name())

    def partitions(self) -> list[Partition]:
        """See Client."""
        return self.do(lambda client: client.partitions())

    def plans(self) -> tuple[list[Plan], PlanState]:
        """See Client."""
        return self.do(lambda client: client.plans())

    def slots(self, plan: int) -> list[Slot]:
        """See Client."""
        return self.do(lambda client: client.slots(plan))

    def link_state(self) -> dict[str, int | bool]:
        """See Client."""
        return self.do(lambda client: client.link_state())

    def books(self) -> list[BookState]:
        """See Client."""
        return self.do(lambda client: client.books())

    def log_read(self, book: Book, source: int, from_seq: int, max_items: int) -> LogBatch:
        """See Client."""
        return self.do(lambda client: client.log_read(book, source, from_seq, max_items))

    def pull_log(self, book: Book, source: int, first: int | None, most: int) -> Pulled:
        """See Client."""
        return self.do(lambda client: client.pull_log(book, source, first, most))

    def pull(
        self, book: Book, source: int, unit: int, first: int | None, most: int | None
    ) -> LogPull:
        """See Client."""
        return RemotePull(self, book, source, unit, first, most, SLICE_BYTES)  # type: ignore
