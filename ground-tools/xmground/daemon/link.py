"""The link and its owner: one thread, one session, jobs in order of priority.

While there is no job, the thread takes in what the board says by itself, and opens a lost link
again for ever. A job that finds the link lost opens it too, within its own time.
"""

import itertools
import logging
import queue
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import accumulate
from typing import Any

from ..client import Client
from ..clock import utc_us
from ..errors import LinkOccupied, LinkUnavailable, XmgError
from ..framing import Frame, Noise
from ..keys import Key
from ..session import Observer, Session
from ..transport import Transport, open_link

LOG = logging.getLogger("xmg.link")
# What arrives while nobody asks is taken in so often.
IDLE_S = 0.01
# A waiting thread looks so often whether it is to end.
STOP_LOOK_S = 0.1
OPEN_S = 1.0  # for one try to open the link, while no job waits
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 2.0
# Of the histogram of round trips. The supervisor answers once in a major frame, mostly.
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Stopped(Exception):
    """The daemon ends; whatever waits for the board is given up."""


class Priority(IntEnum):
    """Which job is done first; those of one kind in their order."""

    COMMAND = 0
    READ = 1
    BACKGROUND = 2


@dataclass
class Job:
    """Something to do with the board. done gets the result or the error, in the link's thread."""

    priority: Priority
    work: Callable[[Client], Any]
    done: Callable[[Any, Exception | None], None]
    observer: Observer = field(default_factory=Observer)
    cancelled: bool = False


@dataclass(frozen=True)
class LinkState:
    """How the link is; times are UTC microseconds, 0: never."""

    url: str
    open: bool = False
    since_us: int = 0
    opened: int = 0  # times
    lost: int = 0  # times
    why: str = "not opened yet"  # why it is not open
    heard_us: int = 0  # last good frame or text
    boot_id: int = 0
    boots: int = 0  # boots seen
    keyless: bool = False  # the board takes commands from anybody


@dataclass(frozen=True)
class Seen:
    """A frame that crossed the link, when and which way."""

    utc_us: int
    direction: str
    frame: Frame | Noise


class RoundTrips:
    """How long the board's answers took, as a cumulative histogram. Written by one thread; others
    may read."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Counts a round trip."""
        self._counts[bisect_left(BOUNDS_S, seconds)] += 1
        self._sum_s += seconds

    def told(self) -> dict[str, Any]:
        """Buckets as (upper bound, how many took at most that), and the sum of all; the last bound is
        None: clients are told in JSON, which has no infinity."""
        bounds = (*BOUNDS_S, None)
        return {"buckets": list(zip(bounds, accumulate(self._counts))), "sum_s": self._sum_s}


class Watched:
    """A transport whose waits end when the daemon does."""

    def __init__(self, inner: Transport, stop: threading.Event) -> None:
        self._inner, self._stop = inner, stop
        self.datagrams = inner.datagrams

    def read(self, timeout_s: float) -> bytes:
        """See Transport."""
        end = time.monotonic() + timeout_s
        while True:
            if self._stop.is_set():
                raise Stopped
            left = end - time.monotonic()
            data = self._inner.read(max(0.0, min(left, STOP_LOOK_S)))
            if data or left <= STOP_LOOK_S:
                return data

    def write(self, data: bytes) -> None:
        """See Transport."""
        self._inner.write(data)

    def close(self) -> None:
        """See Transport."""
        self._inner.close()


class LinkThread(threading.Thread):
    """Owns the link."""

    def __init__(
        self,
        url: str,
        keys: Sequence[Key] = (),
        on_frame: Callable[[Seen], None] = lambda seen: None,
        on_event: Callable[[Any], None] = lambda event: None,
        on_state: Callable[[LinkState], None] = lambda state: None,
        connect: Callable[[str, float], Transport] = open_link,
        clock_us: Callable[[], int] = utc_us,
    ) -> None:
        """on_frame, on_event, on_state are called in this thread; they must not wait."""
        super().__init__(name="link", daemon=True)
        self._stop_now = threading.Event()
        self._jobs: queue.PriorityQueue[tuple[int, int, Job]] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._job: Job | None = None
        self._on_frame, self._on_state = on_frame, on_state
        # Told when the session has made of it what it does: the first frame of a board tells also
        # whether it is authenticated, and that must not be known later than the frame.
        self._held: Seen | None = None
        self._pause_s, self._next_try = FIRST_PAUSE_S, 0.0
        self.state = LinkState(url)
        self.round_trips = RoundTrips()
        self._clock_us = clock_us
        observer = Observer(
            self._saw_frame,
            on_event,
            self._saw_note,
            self._saw_null_key,
            self.round_trips.add,
        )
        session = Session(
            lambda timeout_s: Watched(connect(url, timeout_s), self._stop_now), observer, keys=keys
        )
        self.client = Client(session, clock_us=clock_us)

    def submit(self, job: Job) -> None:
        """Queues a job; any thread may."""
        self._jobs.put((job.priority, next(self._numbers), job))

    @property
    def waiting(self) -> int:
        """Jobs queued."""
        return self._jobs.qsize()

    def stop(self) -> None:
        """Ends the thread soon; what is under way is given up."""
        self._stop_now.set()

    # ---- the thread

    def run(self) -> None:
        """See threading.Thread."""
        try:
            while not self._stop_now.is_set():
                self._step()
        finally:
            self._refuse_rest()
            self.client.close()

    def _step(self) -> None:
        try:
            job = self._jobs.get(timeout=IDLE_S)[2]
        except queue.Empty:
            self._idle()
            return
        if not job.cancelled:
            self._do(job)

    def _do(self, job: Job) -> None:
        self._job = job
        result: Any = None
        error: Exception | None = None
        try:
            if self.state.keyless:
                job.observer.on_null_key()
            result = job.work(self.client)
        except (XmgError, Stopped) as caught:
            error = caught
        except Exception as caught:  # a fault of the daemon must not take the link from all others
            LOG.exception("a call has failed in the daemon itself")
            error = caught
        finally:
            self._job = None
        self._look(error)
        job.done(result, error)

    def _refuse_rest(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()[2]
            except queue.Empty:
                return
            job.done(None, Stopped())

    def _idle(self) -> None:
        now = time.monotonic()
        if not self.state.open and now < self._next_try:
            return
        error: XmgError | None = None
        try:
            if self.state.opened == 0:
                self.client.session.open(OPEN_S)
            self.client.session.run(0.0, now + (0.0 if self.state.open else OPEN_S))
        except Stopped:
            return
        except (LinkUnavailable, LinkOccupied) as caught:
            error = caught
        except XmgError as caught:
            LOG.warning("%s", caught)
        self._look(error)

    def _tell_held(self) -> None:
        if self._held:
            self._on_frame(self._held)
            self._held = None

    def _look(self, error: BaseException | None) -> None:
        """Learns from how it went whether the link is open."""
        self._tell_held()
        session = self.client.session
        # A call opens a lost link itself: what is open now may have been lost in between.
        lost = session.losses
        if session.is_open and (not self.state.open or lost > self.state.lost):
            if lost > self.state.lost:
                LOG.warning("link %s was lost", self.state.url)
            self._pause_s = FIRST_PAUSE_S
            now_us = self._clock_us()
            self._change(open=True, since_us=now_us, opened=lost + 1, lost=lost, why="")
            LOG.info("link %s is open", self.state.url)
        elif not session.is_open:
            self._closed(str(error) if isinstance(error, XmgError) else "")
        if session.boot_id and session.boot_id != self.state.boot_id:
            self._change(boot_id=session.boot_id, boots=self.state.boots + 1)
            LOG.info("boot %#010x answers", session.boot_id)

    def _closed(self, why: str) -> None:
        lost = self.client.session.losses
        if self.state.open or lost > self.state.lost:
            now_us = self._clock_us()
            self._change(open=False, since_us=now_us, opened=lost, lost=lost, why=why or "lost")
            LOG.warning("link %s is lost%s", self.state.url, f": {why}" if why else "")
        elif why and why != self.state.why:
            self._change(why=why)
            LOG.warning("%s; still trying", why)
        self._next_try = time.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _change(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._on_state(self.state)

    # ---- the session's observer

    def _saw_frame(self, direction: str, frame: Frame | Noise) -> None:
        if direction == "rx":
            self.state = replace(self.state, heard_us=self._clock_us())
        self._tell_held()
        self._held = Seen(self.client.utc_us(), direction, frame)
        if self._job:
            self._job.observer.on_frame(direction, frame)

    def _saw_note(self, text: str) -> None:
        LOG.debug("%s", text)
        if self._job:
            self._job.observer.on_note(text)

    def _saw_null_key(self) -> None:
        LOG.warning("NOT AUTHENTICATED: null key, anybody on the line may command the board")
        self._change(keyless=True)
        if self._job:
            self._job.observer.on_null_key()
