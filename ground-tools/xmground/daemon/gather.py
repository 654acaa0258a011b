"""What the daemon learns of the board by itself: all logs, its clock, the health of the link.

One thread asks, at lower priority than every client, and files into the archive; so a slow or locked
archive stops neither the link nor a command. What is read goes to those who follow first, then into
the archive: a follower needs none.
"""

import logging
import socket
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import Message

from ..archive import Added, Archive
from ..archive.collect import Collector, Report
from ..archive.store import LogState
from ..clock import Clock, StepWatch
from ..errors import ArchiveError, XmgError
from ..labels import labels_of
from ..model import Book, BookState, Gap, GapKind, Plan, Slot, StageReport
from ..records import Item
from ..rows import Labels, Row, Severity, common, item_rows, spelt_out
from ..times import Correlation, Sample, clock_step
from .background import Background
from .link import LinkThread, Stopped
from .timeline import is_of_slots

LOG = logging.getLogger("xmg.gather")
BOOKS = ("hm", "trace", "console", "event")
TURN_S = 1.0
CLOCK_S, HEALTH_S, ARCHIVE_RETRY_S = 30.0, 10.0, 5.0
FIRST_PINGS = 4  # turns in which the clock is sampled after each boot, whatever CLOCK_S
MOST_TOLD = 50_000
MOST_HEALTH = 4096  # 11 hours
MOST_OF_SLOTS = 20_000
MOST_WAITING = 10_000
OPERATIONS = {
    "control_partition": "partition control",
    "switch_plan": "plan switch",
    "control_system": "system control",
}


class Memory:
    """In place of an archive where there is none: only how far each log was read, and the clock."""

    where = ""

    def __init__(self) -> None:
        self._logs: dict[tuple[Book, int], LogState] = {}
        self._samples: dict[int, deque[Sample]] = {}

    def log_state(self, target: str, book: Book, source: int) -> LogState:
        """See Archive."""
        return self._logs.get((book, source), LogState(0, 0, None))

    def holes(
        self, target: str, book: Book, source: int, first: int, last: int
    ) -> list[tuple[int, int]]:
        """See Archive: what was lost once is not asked for again."""
        return []

    def add_items(
        self,
        target: str,
        book: Book,
        source: int,
        items: Iterable[Item | Gap],
        labels: Labels,
        received_us: int,
        era: int | None = None,
    ) -> Added:
        """See Archive."""
        todo = [item for item in items if isinstance(item, Item)]
        if todo:
            state = self.log_state(target, book, source)
            self._logs[book, source] = replace(
                state, first_seq=todo[0].seq, last=todo[-1], received_us=received_us
            )
        return Added(added=len(todo))

    def add_clock(
        self, target: str, boot_id: int, sent_us: int, board_time_us: int, rtt_us: int
    ) -> int:
        """See Archive."""
        samples = self._samples.setdefault(boot_id, deque(maxlen=256))
        sample = Sample(sent_us, board_time_us, rtt_us)
        step_us = clock_step(samples[-1], sample) if samples else 0
        samples.append(sample)
        return step_us

    def refit(self, target: str, boot_id: int) -> int:
        """See Archive."""
        return 0

    def correlation(self, target: str, boot_id: int) -> Correlation:
        """See Archive."""
        return Correlation(self._samples.get(boot_id, ()))

    def utc(self, target: str) -> Callable[[int, int], tuple[int | None, int | None]]:
        """See Archive."""
        return lambda boot_id, time_us: self.correlation(target, boot_id).utc(time_us)

    def close(self) -> None:
        """See Archive."""


class Tee:
    """An archive whose new items are told as rows before they are filed."""

    def __init__(
        self,
        archive: Any,
        watch: StepWatch,
        on_rows: Callable[[list[Row]], None],
        on_added: Callable[[str, Added], None],
        life: Callable[[], int] = lambda: 0,
    ) -> None:
        """watch: of the ground's clock. on_added: told of each book what was filed. life: counts
        the board's starts."""
        self._archive, self._watch = archive, watch
        self._on_rows, self._on_added = on_rows, on_added
        self._life = life
        # What was told is not told again when filing failed and the items are read again.
        self._told: OrderedDict[tuple[object, ...], None] = OrderedDict()

    def use(self, archive: Any) -> None:
        """From now on another archive."""
        self._archive = archive

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)

    def utc(self, target: str) -> Callable[[int, int], tuple[int | None, int | None]]:
        """See Archive. Nothing from a step of the ground's clock until the board's was compared
        with it again: what is known is of the clock of before."""
        utc = self._archive.utc(target)
        return lambda boot_id, time_us: (
            (None, None) if self._watch.has_stepped else utc(boot_id, time_us)
        )

    def add_items(
        self,
        target: str,
        book: Book,
        source: int,
        items: Iterable[Item | Gap],
        labels: Labels,
        received_us: int,
        era: int | None = None,
    ) -> Added:
        """See Archive."""
        todo = list(items)
        rows = [
            row
            for item in todo
            for row in item_rows(item, book, source, labels, received_us)
            if self._is_new(row)
        ]
        if rows:
            self._on_rows(rows)
        added = self._archive.add_items(target, book, source, todo, labels, received_us, era)
        self._on_added(book.name.lower(), added)
        return added

    def _is_new(self, row: Row) -> bool:
        # A board that forgets its boot id uses the same numbers again, for other things.
        log = (self._life(), row["boot_id"], row["book"], row["source"])
        key = (*log, row["seq"], row["kind"], row.get("last"))
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)
        return True


@dataclass(frozen=True)
class ClockState:
    """The board's clock as of the last round trip of a boot."""

    boot_id: int
    offset_us: int  # UTC minus the board's time
    error_us: int  # bound
    drift_ppm: float  # how much faster UTC goes


@dataclass(frozen=True)
class GatherState:
    """How gathering goes; for `xmg serve status` and the metrics."""

    archive: str | None  # its address; None: none
    archive_error: str | None = None
    target: str = ""
    rows: int = 0
    gaps: int = 0
    conflicts: int = 0
    turn_us: int = 0  # when the last turn ended; 0: none yet
    rows_by_book: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BOOKS, 0))
    filed_by_book: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BOOKS, 0))
    gaps_by_kind: dict[str, int] = field(
        default_factory=lambda: {kind.value: 0 for kind in GapKind if kind is not GapKind.ABSENT}
    )
    waiting: int = 0  # stages and events to be filed
    clock: ClockState | None = None


class Gatherer(threading.Thread):
    """Asks, files, tells."""

    def __init__(
        self,
        link: LinkThread,
        archive_url: str | None,
        on_rows: Callable[[list[Row]], None],
        turn_s: float = TURN_S,
        target: str = "",
    ) -> None:
        """on_rows is called in this thread, and must not wait. target: what the board is filed
        under; empty: the name of its system."""
        super().__init__(name="gather", daemon=True)
        self._link, self._url, self._on_rows, self._turn_s = link, archive_url, on_rows, turn_s
        self._target = target
        self._stop_now, self._news = threading.Event(), threading.Event()
        self._board = Background(link, self._stop_now)
        self._clock = Clock()
        self._watch = StepWatch(link.client.utc_us, self._clock.now)
        self._archive = Tee(
            Memory(), self._watch, self._tell, self._count_filed, lambda: link.client.session.life
        )
        self._is_filing = False  # into the archive, and not into memory
        self._labels = Labels()
        self._boot: tuple[int, int] = (0, 0)  # boot id and life that the names are of
        self._pings_left = 0
        self._next_clock = self._next_health = self._next_open = 0.0
        self._read: dict[tuple[Book, int], tuple[int, int, int]] = {}
        self._events: deque[tuple[Message, int]] = deque(maxlen=MOST_WAITING)
        self._waiting: deque[Callable[[Tee], None]] = deque(maxlen=MOST_WAITING)
        self._captures: deque[tuple[Path, int]] = deque(maxlen=MOST_WAITING)
        self._why = ""
        self.state = GatherState(archive_url)
        self.health: deque[tuple[int, str, dict[str, Any]]] = deque(maxlen=MOST_HEALTH)
        self.slots: deque[Row] = deque(maxlen=MOST_OF_SLOTS)  # the trace's records of them
        self.planned: list[tuple[Plan, list[Slot]]] = []
        self.board_counters: tuple[int | None, dict[str, Any]] = (None, {})  # when told, and what

    def stop(self) -> None:
        """Ends the thread soon; what waits is filed first."""
        self._stop_now.set()
        self._news.set()

    # ---- from other threads

    def saw_stage(self, call: str, request_id: int, holder: str, report: StageReport) -> None:
        """Files a stage of a command."""
        operation = OPERATIONS.get(call, call)
        self._file_soon(
            lambda archive: archive.add_stage(
                self._labels.target, request_id, operation, holder, report
            )
        )

    def saw_event(self, event: Message) -> None:
        """Tells an event that the board sent by itself, and files it."""
        self._events.append((event, self._link.client.utc_us()))
        self._news.set()

    def saw_ground_event(self, name: str, detail: str) -> None:
        """Tells something that the board has no part in, and files it with the board's events; its
        number is the time, which those of the board are far below."""
        now_us = self._link.client.utc_us()
        boot_id = self._link.state.boot_id
        row = common(self._labels, "event", 0, now_us, boot_id, None, now_us)
        row |= {"event_name": name, "severity": Severity.WARN.word, "detail": spelt_out(detail)}
        self._on_rows([row])
        self._file_soon(
            lambda archive: archive.add_event(self._labels.target, now_us, boot_id, b"", row)
        )

    def saw_capture(self, file: tuple[Path, int]) -> None:
        """Files where a raw capture lies, and when it began."""
        if self._url is not None:
            self._captures.append(file)
            self._news.set()

    def _file_soon(self, work: Callable[[Tee], None]) -> None:
        if self._url is not None:
            self._waiting.append(work)
            self._news.set()

    # ---- the thread

    def run(self) -> None:
        """See threading.Thread."""
        try:
            while not self._stop_now.is_set():
                self._step()
                self._news.wait(self._turn_s)
                self._news.clear()
        except Stopped:
            pass
        finally:
            with suppress(ArchiveError):
                self._file_waiting()
            self._archive.close()

    def _step(self) -> None:
        try:
            self._open()
            self._file_waiting()
            if self._link.state.open:
                self._turn()
            self._say("")
        except ArchiveError as error:
            self._fail(error)
        except XmgError as error:  # the board's silence, mostly: the link's state tells it
            self._say(str(error))

    def _say(self, why: str) -> None:
        """A trouble is logged once."""
        if why and why != self._why:
            LOG.warning("gathering waits: %s", why)
        self._why = why

    def _open(self) -> None:
        if self._url is None or self._is_filing or self._clock.now() < self._next_open:
            return
        archive = Archive.open(self._url)
        self._archive.use(archive)
        self._is_filing = True
        self._read.clear()  # the archive may lack what was read before
        self.state = replace(self.state, archive_error=None)
        LOG.info("filing into %s", archive.where)

    def _fail(self, error: ArchiveError) -> None:
        """Without the archive everything goes on; it is tried again, and then what it lacks is read
        once more."""
        if str(error) != self.state.archive_error:
            LOG.warning("not filing: %s", error)
        self.state = replace(self.state, archive_error=str(error))
        if self._is_filing:
            self._archive.close()
            self._archive.use(Memory())
            self._is_filing = False
            self._read.clear()
        self._next_open = self._clock.now() + ARCHIVE_RETRY_S

    def _file_waiting(self) -> None:
        """What waits is kept until it is filed."""
        while self._captures and self._is_filing:
            path, begin_us = self._captures[0]
            station = socket.gethostname()
            self._archive.add_capture(str(path.absolute()), station, self._link.state.url, begin_us)
            self._captures.popleft()
        while self._waiting and self._is_filing and self._labels.target:
            self._waiting[0](self._archive)
            self._waiting.popleft()
        self.state = replace(self.state, waiting=len(self._waiting))

    def _tell_events(self) -> None:
        while self._events:
            event, received_us = self._events.popleft()
            row = event_row(event, self._labels, received_us)
            self._tell([row])
            self._file_soon(partial(self._file_event, event, row))

    def _file_event(self, event: Message, row: Row, archive: Tee) -> None:
        raw = event.SerializeToString()
        added = archive.add_event(self._labels.target, event.seq, event.boot_id, raw, row)
        self._count_filed("event", added)

    def _count_filed(self, book: str, added: Added) -> None:
        if self._is_filing:
            filed = self.state.filed_by_book
            filed = filed | {book: filed[book] + added.added}
            self.state = replace(self.state, filed_by_book=filed)

    def _tell(self, rows: list[Row]) -> None:
        self.slots.extend(row for row in rows if is_of_slots(row))
        state = self.state
        by_book, by_kind = Counter(state.rows_by_book), Counter(state.gaps_by_kind)
        for row in rows:
            if row["kind"] == "gap":
                by_kind[str(row["gap"])] += 1
            else:
                by_book[str(row["book"])] += 1
        self.state = replace(
            state,
            rows=sum(by_book.values()),
            gaps=sum(by_kind.values()),
            rows_by_book=dict(by_book),
            gaps_by_kind=dict(by_kind),
        )
        self._on_rows(rows)

    def _turn(self) -> None:
        archive = self._archive
        if self._who() != self._boot or not self._boot[0]:
            self._meet()
        self._tell_events()
        self._file_waiting()
        collector = Collector(self._board, archive, self._labels.target, self._labels)  # type: ignore
        now = self._clock.now()
        has_begun = bool(self._pings_left)  # plots of the link need not wait for HEALTH_S
        if self._pings_left or now >= self._next_clock or self._watch.has_stepped:
            self._watch.reset()
            for step in collector.sample_clock():
                LOG.warning("%s", step)
            self._see_clock()
            self._pings_left = max(0, self._pings_left - 1)
            self._next_clock = now + CLOCK_S
        if has_begun or now >= self._next_health:
            self._sample_health(archive)
            self._next_health = now + HEALTH_S
        for state in self._board.books():
            if self._who() != self._boot:
                self._news.set()  # the next turn is now, and asks the new life for its clock first
                return
            self._collect(collector, state)
        self.state = replace(self.state, turn_us=self._board.utc_us())

    def _who(self) -> tuple[int, int]:
        """The boot that answers, and its life."""
        return self._board.boot_id, self._link.client.session.life

    def _see_clock(self) -> None:
        boot_id = self._board.boot_id
        fit = self._archive.correlation(self._labels.target, boot_id)
        utc_us, error_us = fit.utc(fit.last_us)
        clock = None
        if utc_us is not None and error_us is not None:
            clock = ClockState(boot_id, utc_us - fit.last_us, error_us, fit.drift_ppm)
        self.state = replace(self.state, clock=clock)

    def _meet(self) -> None:
        """Learns the names and plans of the board that answers now."""
        self._labels = labels_of(self._board)  # type: ignore[arg-type]
        if self._target:
            self._labels = replace(self._labels, target=self._target)
        elif not self._labels.target:
            self._labels = replace(self._labels, target=spelt(self._board.target_name()))
        # Not by questions to the board, which the collector asks anyway.
        self._labels = replace(self._labels, utc=self._utc)
        plans, _ = self._board.plans()
        self.planned = [(plan, self._board.slots(plan.id)) for plan in plans]
        self._boot = self._who()
        self._read.clear()
        self._pings_left = FIRST_PINGS
        self.state = replace(self.state, target=self._labels.target)

    def _utc(self, boot_id: int, time_us: int) -> tuple[int | None, int | None]:
        return self._archive.utc(self._labels.target)(boot_id, time_us)

    def _collect(self, collector: Collector, state: BookState) -> None:
        """A log in which nothing is new since it was read to its end is not asked for again."""
        mark = (*self._boot, state.next)
        if self._read.get((state.book, state.source)) == mark:
            return
        report = Report()
        try:
            collector.collect(state, report)
        finally:
            for step in report.steps:
                LOG.warning("%s", step)
            conflicts = len(report.filed.conflicts)
            for conflict in report.filed.conflicts:
                LOG.warning("%s", conflict)
            self.state = replace(self.state, conflicts=self.state.conflicts + conflicts)
        self._read[state.book, state.source] = mark

    def _sample_health(self, archive: Tee) -> None:
        received_us = self._board.utc_us()
        round_trip = {"round_trip_us": self._board.ping().rtt_us}
        for end, counters in (
            ("board", self._board.link_state()),
            ("ground", self._link.client.ground_link() | round_trip),
        ):
            self.health.append((received_us, end, dict(counters)))
            if end == "board":
                self.board_counters = (received_us, dict(counters))
            if self._is_filing:
                archive.add_link_health(
                    self._labels.target, received_us, end, counters, self._board.boot_id
                )


def event_row(event: Message, labels: Labels, received_us: int) -> Row:
    """An event that the board sent by itself."""
    row = common(labels, "event", 0, event.seq, event.boot_id, event.board_time_us, received_us)
    kind = event.WhichOneof("body")
    if kind is None:  # of a newer board
        return row | {"event_name": "EVENT"}
    text = text_format.MessageToString(getattr(event, kind), as_one_line=True)
    return row | {"event_name": kind.upper(), "detail": spelt_out(text)}


def spelt(text: str) -> str:
    """A name for a target that has none."""
    return text or "unnamed"
