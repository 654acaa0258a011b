"""One client: its calls, and what it is told."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from .. import errors
from .. import filter as filters
from ..board import CALLS, COMMANDS
from ..client import Client
from ..clock import utc_us
from ..describe import frame_line, frame_row
from ..errors import LinkOccupied, LinkUnavailable, OutcomeUnknown, UsageError, XmgError
from ..model import StageReport
from ..rows import Row
from ..session import Observer
from ..status import Status
from ..wire import CALLBACK, arguments_from_wire, to_wire
from .link import Job, Priority, Seen, Stopped
from .outbox import MOST_QUEUED, Outbox

if TYPE_CHECKING:
    from .server import Server

LOG = logging.getLogger("xmg.serve")
MOST_OPEN_CALLS = 32
NOBODY: dict[str, Any] = {"holder": None, "left_s": None}
# Answers that wait until the client reads them.
MOST_WAITING, MOST_WAITING_BYTES = MOST_QUEUED, 4 << 20
MOST_TAPPED = 1000
LONGEST_TIMEOUT_S = 86400.0


class Forbidden(UsageError):
    """Not from here."""

    status = Status.AUTHENTICATION


@dataclass
class Call:
    """A call that came in."""

    id: int
    name: str
    args: dict[str, Any]
    timeout_s: float
    verbose: bool
    holder: str


@dataclass
class Tap:
    """Frames that arrived for a client that listens."""

    lines: deque[dict[str, object]] = field(default_factory=deque)
    dropped: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)


def parsed(text: str | bytes) -> Any:
    """The object that a client sent; None for what is no JSON, or nested too deeply."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def call_of(told: Any) -> Call:
    """The call that an object says. Raises UsageError."""
    if not isinstance(told, dict) or not isinstance(told.get("id"), int):
        raise UsageError('a call is an object with a number "id", a "call" and its "args"')
    timeout_s = told.get("timeout_s", 5.0)
    if not isinstance(timeout_s, float | int) or not 0 < timeout_s <= LONGEST_TIMEOUT_S:
        raise UsageError(f"timeout_s is a number of seconds up to {LONGEST_TIMEOUT_S:g}")
    args = told.get("args", {})
    if not isinstance(told.get("call"), str) or not isinstance(args, dict):
        raise UsageError('"call" is a name, "args" an object')
    return Call(
        told["id"],
        told["call"],
        args,
        float(timeout_s),
        bool(told.get("verbose")),
        str(told.get("holder", "")),
    )


def check_books(books: object) -> None:
    """Raises UsageError unless it is a list of books."""
    if not isinstance(books, list) or any(book not in filters.BOOKS for book in books):
        raise UsageError(f"books is a list of {', '.join(filters.BOOKS)}; none: all")


def error_object(error: Exception, name: str, command: str) -> dict[str, Any]:
    """An error as clients are told it. command: the words for a command that was sent, or none."""
    if isinstance(error, Stopped):
        if command:
            error = OutcomeUnknown(
                f"the daemon was ended while {command} was under way: run `xmg cmd status` with "
                "its number before sending it again"
            )
        else:
            error = LinkUnavailable("the daemon was ended: start `xmg serve` again")
    if not isinstance(error, XmgError):
        error = errors.CommandFailed(f"{name} failed in the daemon itself: look at its log")
    kind = type(error).__name__
    if isinstance(error, errors.BoardRebooted):  # known by its class only where it is settled
        kind = errors.OutcomeUnknown.__name__
    return {"status": int(error.status), "kind": kind, "message": str(error)}


class Peer:
    """A client's connection."""

    def __init__(
        self, server: "Server", name: str, is_token: Callable[[str], bool] | None = None
    ) -> None:
        """is_token: it may command only once it has given such a token."""
        self._server, self.name, self._is_token = server, name, is_token
        self.may_command = is_token is None
        self.has_asked = False  # else it only looks whether a daemon is there
        self.outbox = Outbox()
        self.outbox.on_sent = lambda: server.has_room(self)
        self._open: dict[int, Job | None] = {}
        self._ended = asyncio.Event()  # a call has
        self._holder = ""  # who took the lease over this connection
        self._tap: Tap | None = None
        self._stops: dict[int, asyncio.Event] = {}  # of calls that go on until they are stopped
        self._tasks: set[asyncio.Task] = set()
        self._own_calls: dict[str, Callable[[Call], Awaitable[Any]]] = {
            "status": self._status,
            "auth": self._auth,
            "listen": self._listen,
            "stop": self._stop,
            "follow": self._follow,
            "archive.query": self._query,
            "health": self._health,
            "timeline": self._timeline,
            "lease.show": self._lease_show,
            "lease.take": self._lease_take,
            "lease.release": self._lease_release,
        }

    @property
    def is_full(self) -> bool:
        """Whether it has as many calls open, or answers waiting to be read, as it may: nothing is
        read from it until there are fewer."""
        waiting = len(self.outbox) > MOST_WAITING or self.outbox.size > MOST_WAITING_BYTES
        return waiting or len(self._open) >= MOST_OPEN_CALLS

    async def finish(self) -> None:
        """It will not call any more, but still reads: streams end, and what it asked is answered."""
        for stop in list(self._stops.values()):
            stop.set()
        while self._open:
            self._ended.clear()
            await self._ended.wait()
        await self.outbox.written()

    def refuse(self, error: XmgError) -> None:
        """Tells an error that no call has."""
        self.outbox.send({"id": None, "error": error_object(error, "the call", "")})

    def close(self) -> None:
        """The client has gone. Its commands go on, what it only wanted to know is given up."""
        for job in self._open.values():
            if job is not None and job.priority is not Priority.COMMAND:
                job.cancelled = True
        for task in self._tasks:
            task.cancel()
        self._server.taps.discard(self._saw_frame)

    def take(self, told: Any) -> None:
        """Begins what a client asks for."""
        self.has_asked = True
        number = told.get("id") if isinstance(told, dict) else None
        try:
            call = call_of(told)
            if call.id in self._open:
                raise UsageError(f"call {call.id} is still open")
            self._begin(call)
        except XmgError as error:
            self.outbox.send({"id": number, "error": error_object(error, "the call", "")})

    def _begin(self, call: Call) -> None:
        if call.name in self._own_calls:
            self._open[call.id] = None
            task = asyncio.ensure_future(self._run_own(call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif call.name in CALLS:
            self._board_call(call)
        else:
            raise UsageError(f"there is no call {call.name!r}: docs/daemon.md lists them")

    async def _run_own(self, call: Call) -> None:
        try:
            result = await self._own_calls[call.name](call)
            self._end(call, {"result": to_wire(result)})
        except XmgError as error:
            self._end(call, {"error": error_object(error, call.name, "")})
        except Exception as error:  # the others are not concerned
            LOG.exception("call %s of %s failed", call.name, self.name)
            self._end(call, {"error": error_object(error, call.name, "")})

    def _end(self, call: Call, told: dict[str, Any]) -> None:
        self._open.pop(call.id, None)
        self._ended.set()
        self.outbox.end_stream(call.id)
        self.outbox.send({"id": call.id, **told})
        self._server.call_ended(self)

    # ---- calls that the board answers

    def _board_call(self, call: Call) -> None:
        args = arguments_from_wire(CALLS[call.name], call.args)
        command = call.name in COMMANDS
        if command:
            self._claim(call)
        sent: list[StageReport] = []  # stages told so far

        def later(function: Callable[..., None], *values: Any) -> None:
            self._server.call_soon(function, *values)

        def on_stage(report: StageReport) -> None:
            sent.append(report)
            self._server.saw_stage(call, sent[0], report)
            later(self.outbox.send, {"id": call.id, "stage": to_wire(report)})

        def work(client: Client) -> Any:
            client.timeout_s = call.timeout_s
            client.completion_s = max(self._server.completion_s, call.timeout_s)
            more = {CALLBACK: on_stage} if command else {}
            try:
                return to_wire(getattr(client, call.name)(**args, **more))
            except ValueError as error:
                if "out of range" not in str(error):
                    raise
                raise UsageError(f"{call.name}: {error}") from error  # says protobuf

        def done(result: Any, error: Exception | None) -> None:
            later(self._done, call, result, error, sent[0].detail if sent else "")

        job = Job(
            Priority.COMMAND if command else Priority.READ, work, done, self._observer(call, later)
        )
        self._open[call.id] = job
        self._server.link.submit(job)

    def _done(self, call: Call, result: Any, error: Exception | None, sent: str) -> None:
        if call.name in COMMANDS:
            self._server.lease.end_command()
            outcome = "done" if error is None else str(error)
            LOG.info("%s by %s: %s", call.name, call.holder, outcome)
        if error is None:
            self._end(call, {"result": result})
        else:
            self._end(call, {"error": error_object(error, call.name, sent)})

    def _observer(self, call: Call, later: Callable[..., None]) -> Observer:
        """Looks on for the client, in the link's thread."""

        def note(text: str) -> None:
            later(self.outbox.stream, {"id": call.id, "note": text})

        observer = Observer(on_null_key=lambda: later(self._tell_null_key, call))
        if call.verbose:
            observer.on_note = note
            observer.on_frame = lambda direction, frame: note(f"{direction} {frame_line(frame)}")
        return observer

    _null_key_told = False

    def _tell_null_key(self, call: Call) -> None:
        if not self._null_key_told:
            self._null_key_told = True
            self.outbox.send({"id": call.id, "null_key": True})

    # ---- the lease

    def _claim(self, call: Call) -> None:
        """A command needs the lease; whose it is, its client says, or took it before."""
        self._need_permission()
        call.holder = call.holder or self._holder
        if not call.holder:
            raise LinkOccupied("read-only: take the lease before commanding (lease.take)")
        self._warn_former(call, call.holder)
        self._server.lease.begin_command(call.holder)
        LOG.info("%s by %s: %s", call.name, call.holder, call.args)

    def _need_permission(self) -> None:
        if not self.may_command:
            raise Forbidden(
                "this connection may only read: commands over HTTP need the daemon's token, which "
                "`xmg web` puts into the page's address"
            )

    async def _auth(self, call: Call) -> Any:
        token = call.args.get("token")
        if self._is_token and not (isinstance(token, str) and self._is_token(token)):
            LOG.warning("%s gave a wrong token", self.name)
            raise Forbidden("wrong token: open the page anew with `xmg web`")
        self.may_command = True
        return {"may_command": True}

    async def _lease_show(self, call: Call) -> Any:
        return self._server.lease.held()

    async def _lease_take(self, call: Call) -> Any:
        self._need_permission()
        holder, seconds = call.args.get("holder"), call.args.get("seconds")
        if not isinstance(holder, str) or not isinstance(seconds, float | int):
            raise UsageError('lease.take needs a "holder" and "seconds"')
        self._warn_former(call, holder)
        held = self._server.lease.take(holder, float(seconds))
        self._holder = holder
        LOG.info("%s takes the lease for %g s", holder, seconds)
        return held

    async def _lease_release(self, call: Call) -> Any:
        self._need_permission()
        holder = str(call.args.get("holder", self._holder))
        force = call.args.get("force") is True
        if force and not holder.strip():
            raise UsageError('to take a lease away needs a "holder": who does it')
        if not force:
            self._warn_former(call, holder)
        former = self._server.lease.release(holder, force)
        if former:
            self._server.lease_was_taken_away(former, holder)
        else:
            LOG.info("%s releases the lease", holder)
        held = self._server.lease.held()
        if not force:
            return held
        return {**(asdict(held) if held else NOBODY), "taken_from": former or None}

    def lose_lease(self, former: str, by: str) -> None:
        """Another has taken its lease away: the connection has none any more, and is told."""
        if self._holder == former:
            self._holder = ""
            self.outbox.send({"lease_lost": {"by": by}})

    def _warn_former(self, call: Call, holder: str) -> None:
        """Who lost the lease is told once, with the next that he asks."""
        by = self._server.robbed.pop(holder, None)
        if by is not None:
            text = f"the lease of {holder} was taken away by {by}"
            self.outbox.send({"id": call.id, "warning": text})

    # ---- what the daemon itself knows

    async def _status(self, call: Call) -> Any:
        return self._server.status()

    async def _stop(self, call: Call) -> Any:
        """Ends another call of this client that has not begun, or would go on for ever."""
        number = call.args.get("call")
        if not isinstance(number, int):
            raise UsageError('stop needs the number of a "call"')
        if number in self._stops:
            self._stops[number].set()
        job = self._open.get(number)
        if job is not None and job.priority is not Priority.COMMAND:
            job.cancelled = True
        return None

    async def _follow(self, call: Call) -> Any:
        """Rows as they are gathered, until `stop`."""
        books, text = call.args.get("books", []), call.args.get("filter")
        check_books(books)
        wanted = filters.of_argument(None if text is None else str(text), utc_us())
        is_wanted = wanted.predicate() if wanted else lambda row: True
        source = call.args.get("source")

        def tell(row: Row) -> None:
            here = (not books or row["book"] in books) and source in (None, row["source"])
            if here and is_wanted(row):
                self.outbox.stream({"id": call.id, "row": row})

        ended = self._stops[call.id] = asyncio.Event()
        self._server.followers.add(tell)
        self.outbox.send({"id": call.id, "following": True})
        try:
            await ended.wait()
        finally:
            self._server.followers.discard(tell)
            del self._stops[call.id]
        return None

    async def _query(self, call: Call) -> Any:
        return await self._server.query(call.args)

    async def _health(self, call: Call) -> Any:
        after = call.args.get("after", 0)
        if not isinstance(after, int):
            raise UsageError("after is a number: UTC in microseconds")
        return await self._server.health(call.args.get("since"), after)

    async def _timeline(self, call: Call) -> Any:
        seconds = call.args.get("seconds", 2.0)
        if not isinstance(seconds, float | int) or not 0 < seconds <= 3600:
            raise UsageError("seconds is a number up to 3600")
        return self._server.timeline(float(seconds))

    async def _listen(self, call: Call) -> Any:
        wait_s = call.args.get("wait_s", 0.0)
        if not isinstance(wait_s, float | int) or not 0 <= wait_s <= LONGEST_TIMEOUT_S:
            raise UsageError(f"wait_s is a number of seconds up to {LONGEST_TIMEOUT_S:g}")
        if self._tap is None:
            self._tap = Tap()
            self._server.taps.add(self._saw_frame)
        if call.args.get("ping"):
            await self._server.send_ping(call.timeout_s)
        if not self._tap.lines:
            try:
                await asyncio.wait_for(self._tap.news.wait(), min(float(wait_s), 60.0))
            except asyncio.TimeoutError:
                return []
        if self._server.link.state.keyless:
            self._tell_null_key(call)
        lines, dropped = list(self._tap.lines), self._tap.dropped
        self._tap.lines.clear()
        self._tap.news.clear()
        self._tap.dropped = 0
        if dropped:
            text = f"{dropped} frames left out: they came faster than they were taken"
            lines.append(
                {
                    "ground_time_us": self._server.link.client.utc_us(),
                    "direction": "-",
                    "type": "gap",
                    "bytes": 0,
                    "content": text,
                    "line": text,
                }
            )
        return lines

    def _saw_frame(self, seen: Seen) -> None:
        """In the event loop's thread."""
        assert self._tap is not None
        if len(self._tap.lines) >= MOST_TAPPED:
            self._tap.dropped += 1
            return
        self._tap.lines.append(frame_row(seen.utc_us, seen.direction, seen.frame))
        self._tap.news.set()
