"""The daemon's life and its sockets."""

import asyncio
import fcntl
import json
import logging
import os
import re
import select
import signal
import socket
import stat
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from google.protobuf.message import Message

from .. import filter as filters
from .._generated import supervisor_pb2 as pb
from ..archive import Archive
from ..archive.database import database_url
from ..board import COMPLETION_S
from ..capture import CaptureWriter, CapturingTransport, Keep
from ..clock import utc_us
from ..errors import LinkOccupied, UsageError
from ..keys import Key
from ..model import StageReport
from ..remote import is_served
from ..rows import Row
from ..times import parse_moment
from ..transport import Transport, open_link, parse_link
from .calls import Call, Peer, check_books, parsed
from .gather import TURN_S, Gatherer
from .lease import Lease
from .link import Job, LinkThread, Priority, Seen
from .timeline import Timeline, timeline

if TYPE_CHECKING:
    from .http import HttpServer

LOG = logging.getLogger("xmg.serve")
LONGEST_LINE_BYTES = 1 << 20
MOST_CLIENTS = 500  # files that a process may have open: 1024
FAREWELL_S = 1.0
Take = Callable[[Any], Awaitable[None]]
STOP_S, FLUSH_S = 0.4, 0.1
KINDS = {"filter": str, "target": str, "source": int, "first": int, "newest": bool}
MOST_ROBBED = 100
MOST_ROWS = 10_000  # of one query


class Server:
    """One daemon."""

    completion_s = COMPLETION_S

    def __init__(
        self,
        url: str,
        socket_path: Path,
        keys: Sequence[Key] = (),
        connect: Callable[[str, float], Transport] | None = None,
        clock_us: Callable[[], int] = utc_us,
        http: str | None = None,
        archive: str | None = None,
        turn_s: float | None = TURN_S,
        capture: Path | None = None,
        keep: Keep | None = None,
        target: str = "",
    ) -> None:
        """url: of the board's link; http: HOST:PORT, or None for no HTTP; archive: its address, or
        None for none; turn_s: how often the board is asked for what is new, None: never; capture:
        folder for the raw bytes of the link, of which as much is kept as `keep` says, None: they
        are not kept; target: what the board is filed under, empty: the name of its system. Raises
        UsageError."""
        parse_link(url)
        self._socket_path = socket_path
        self.lease = Lease(time.monotonic)
        self.taps: set[Callable[[Seen], None]] = set()
        self.peers: set[Peer] = set()
        self.robbed: dict[str, str] = {}  # whose lease was taken away, and by whom, until told
        self.calls = 0
        self._left_out = 0  # rows, of clients that have gone
        self._began_us = clock_us()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        if archive is not None:
            database_url(archive)
        self._archive_url, self._turn_s = archive, turn_s
        self.followers: set[Callable[[Row], None]] = set()
        self._archive: Archive | None = None  # for queries, in the thread of the next
        self._queries = ThreadPoolExecutor(1, "query")
        self._http: HttpServer | None = None
        if http:
            from .http import HttpServer, parse_address, token_path

            self._http = HttpServer(self, *parse_address(http), token_path(socket_path))
        self._room: dict[Peer, asyncio.Event] = {}
        self._clock_us = clock_us
        self._writer: CaptureWriter | None = None
        connect = connect or partial(open_link, served_at=socket_path)
        if capture is not None:
            self._writer = CaptureWriter(
                capture,
                url,
                clock_us,
                LOG.warning,
                lambda file: self.gatherer.saw_capture(file),
                keep,
                on_mended=LOG.warning,
            )
            connect = capturing(connect, self._writer)
        self.link = LinkThread(
            url,
            keys,
            self._saw_frame,
            self._saw_event,
            connect=connect,
            clock_us=clock_us,
        )
        self.gatherer = Gatherer(self.link, archive, self._saw_rows, turn_s or TURN_S, target)

    # ---- life

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serves until stop() or a signal. Raises UsageError, LinkOccupied."""
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        listener = listen_at(self._socket_path)
        server = await asyncio.start_unix_server(
            self._serve_socket, sock=listener.socket, limit=LONGEST_LINE_BYTES, backlog=MOST_CLIENTS
        )
        try:
            if self._http:
                await self._http.start()
        except UsageError:
            if self._http:
                await self._http.stop()
            server.close()
            listener.remove()
            listener.release()
            raise
        LOG.info("serving %s on %s", self.link.state.url, self._socket_path)
        self.link.start()
        if self._turn_s is not None:
            self.gatherer.start()
        on_ready()
        try:
            await self._ended.wait()
        finally:
            LOG.info("ending")
            server.close()
            listener.remove()
            self.gatherer.stop()
            self.link.stop()
            if self._turn_s is not None:
                await self._loop.run_in_executor(None, self.gatherer.join, STOP_S)
            self._queries.shutdown(wait=False, cancel_futures=True)
            await self._loop.run_in_executor(None, self.link.join, STOP_S)
            if self._writer:
                self._writer.close()
            await self._flush()
            for peer in list(self.peers):
                peer.close()
            if self._http:
                await self._http.stop()
            listener.release()

    @property
    def url(self) -> str:
        """Of the web page; empty without HTTP."""
        return self._http.url if self._http else ""

    async def _flush(self) -> None:
        """What the link's thread has said last is told to those who read."""
        assert self._loop is not None
        end = self._loop.time() + FLUSH_S
        await asyncio.sleep(0.01)
        while any(len(peer.outbox) for peer in self.peers) and self._loop.time() < end:
            await asyncio.sleep(0.01)

    def handle_signals(self) -> None:
        """SIGTERM and SIGINT end the daemon; in the main thread, once it runs."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    def stop(self) -> None:
        """Ends run(); any thread may."""
        if self._ended:
            self.call_soon(self._ended.set)

    def call_soon(self, function: Callable[..., None], *values: Any) -> None:
        """Calls in the event loop's thread; any thread may."""
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(function, *values)
        except RuntimeError:  # the loop has ended before the link's thread
            LOG.debug("too late for %r", function)

    # ---- what the link's thread tells

    def _saw_frame(self, seen: Seen) -> None:
        if self.taps:
            self.call_soon(self._tell_taps, seen)

    def _tell_taps(self, seen: Seen) -> None:
        for tap in list(self.taps):
            tap(seen)

    def _saw_event(self, event: Message) -> None:
        LOG.info("event of the board: %s", str(event).replace("\n", " "))
        self.gatherer.saw_event(event)

    def saw_stage(self, call: Call, sent: StageReport, report: StageReport) -> None:
        """A command has come further; in the link's thread. sent: its first stage."""
        LOG.info("%s: %s %s", call.name, report.stage.value, report.detail)
        number = re.search(r"0x[0-9a-f]+", sent.detail)
        if number:
            self.gatherer.saw_stage(call.name, int(number[0], 16), call.holder, report)

    def _saw_rows(self, rows: list[Row]) -> None:
        """In the gatherer's thread, or the link's."""
        if self.followers:
            self.call_soon(self._tell_followers, rows)

    def _tell_followers(self, rows: list[Row]) -> None:
        for row in rows:
            for follower in list(self.followers):
                follower(row)

    # ---- for clients

    async def send_ping(self, timeout_s: float) -> None:
        """Sends a ping whose answer only those who listen see. Raises what sending raises."""
        assert self._loop is not None
        sent = self._loop.create_future()

        def done(result: Any, error: Exception | None) -> None:
            if not sent.done():
                sent.set_exception(error) if error else sent.set_result(None)

        self.link.submit(
            Job(
                Priority.READ,
                lambda client: client.session.send_only(pb.Request(ping=pb.Ping())),
                lambda result, error: self.call_soon(done, result, error),
            )
        )
        await sent

    async def query(self, args: dict[str, Any]) -> list[Row]:
        """Rows of the archive. Raises UsageError, ArchiveError."""
        assert self._loop is not None
        question = question_of(args, self._clock_us())
        return await self._loop.run_in_executor(
            self._queries, lambda: list(self._opened_archive().query(**question))
        )

    def _opened_archive(self) -> Archive:
        """In the thread of the queries."""
        if self._archive_url is None:
            raise UsageError("this daemon has no archive: start it with --archive")
        if self._archive is None:
            self._archive = Archive.open(self._archive_url, create=False)
        return self._archive

    async def health(
        self, since: object, after_us: int = 0
    ) -> dict[str, list[tuple[int, dict[str, Any]]]]:
        """Counters of both ends of the link over time: (UTC, counters). since: a moment, from the
        archive; None: those of this run that are newer than after_us. Raises UsageError,
        ArchiveError."""
        assert self._loop is not None
        target = self.gatherer.state.target
        if since is None or self._archive_url is None or not target:
            kept = list(self.gatherer.health)
            return {
                end: [(at, counters) for at, of, counters in kept if of == end and at > after_us]
                for end in ("board", "ground")
            }
        since_us = parse_moment(str(since), self._clock_us()).us

        def read() -> dict[str, list[tuple[int, dict[str, Any]]]]:
            archive = self._opened_archive()
            return {end: archive.link_health(target, since_us, end) for end in ("board", "ground")}

        return await self._loop.run_in_executor(self._queries, read)

    def timeline(self, seconds: float) -> Timeline:
        """The last seconds of the schedule, planned and observed."""
        gatherer = self.gatherer
        return timeline(list(gatherer.slots), gatherer.planned, round(seconds * 1e6))

    def status(self) -> dict[str, Any]:
        """What `xmg serve status` shows."""
        held = self.lease.held()
        state = asdict(self.link.state)
        told = self.gatherer.board_counters
        return {
            "pid": os.getpid(),
            "began_us": self._began_us,
            "clients": sum(peer.has_asked for peer in self.peers),
            "jobs_waiting": self.link.waiting,
            "calls": self.calls,
            "rows_left_out": self._left_out + sum(peer.outbox.dropped_total for peer in self.peers),
            "holder": held.holder if held else None,
            "lease_left_s": held.left_s if held else None,
            "http": self.url or None,
            "link": state,
            "gather": asdict(self.gatherer.state),
            "capture": asdict(self._writer.state) if self._writer else None,
            "link_counters": {"ground": self.link.client.ground_link(), "board": told[1]},
            "board_told_us": told[0],
            "session_ends": dict(self.link.client.session.ends),
            "round_trips": self.link.round_trips.told(),
        }

    def lease_was_taken_away(self, former: str, by: str) -> None:
        """Told to all connections of the former holder, or with the next that he asks; filed."""
        LOG.warning("%s has taken away the lease of %s", by, former)
        if len(self.robbed) < MOST_ROBBED:
            self.robbed[former] = by
        for peer in list(self.peers):
            peer.lose_lease(former, by)
        self.gatherer.saw_ground_event("LEASE_TAKEN_AWAY", f"{by} has taken the lease of {former}")

    def call_ended(self, peer: Peer) -> None:
        """A call of a client is answered."""
        self.calls += 1
        self.has_room(peer)

    def has_room(self, peer: Peer) -> None:
        """A client may have room for another call."""
        if peer in self._room:
            self._room[peer].set()

    # ---- clients

    async def _serve_socket(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """A client of the Unix socket, which only this user reaches: it may command."""

        async def write(line: str) -> None:
            writer.write(line.encode() + b"\n")
            await writer.drain()

        async def read(take: Take) -> None:
            while True:
                try:
                    line = await reader.readline()
                except ValueError:
                    await take(TooLong())
                    return
                if not line:
                    break
                await take(parsed(line))
            if not has_hung_up(writer.get_extra_info("socket")):
                await take(SaysNoMore())

        await self.serve_peer("socket", write, read)
        writer.close()

    async def serve_peer(
        self,
        name: str,
        write: Callable[[str], Awaitable[None]],
        read: Callable[[Take], Awaitable[None]],
        is_token: Callable[[str], bool] | None = None,
    ) -> None:
        """Serves a client until it has gone. read gives what arrives to the function it gets, and
        waits for that. is_token: the client may command only once it has given such a token."""
        peer = Peer(self, name, is_token)
        if len(self.peers) >= MOST_CLIENTS:
            LOG.warning("%s is refused: there are %d clients", name, len(self.peers))
            peer.refuse(LinkOccupied(f"the daemon has {len(self.peers)} clients: end one of them"))
            await farewell(peer, write)
            return
        self.peers.add(peer)
        room = self._room[peer] = asyncio.Event()

        async def take(told: Any) -> None:
            if isinstance(told, TooLong):
                LOG.warning("%s sends a line without end", name)
                peer.refuse(UsageError(f"a call has at most {LONGEST_LINE_BYTES} bytes"))
                await asyncio.wait_for(peer.outbox.written(), FAREWELL_S)
                return
            if isinstance(told, SaysNoMore):
                await peer.finish()
                return
            peer.take(told)
            while peer.is_full:
                room.clear()
                await room.wait()

        tasks = [asyncio.ensure_future(peer.outbox.pump(write)), asyncio.ensure_future(read(take))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.peers.discard(peer)
            self._left_out += peer.outbox.dropped_total
            del self._room[peer]
            peer.close()


class TooLong:
    """In place of a call: a line that does not end."""


class SaysNoMore:
    """In place of a call: the client has ended its side of the connection."""


async def farewell(peer: Peer, write: Callable[[str], Awaitable[None]]) -> None:
    """Writes what there is for a client that is not served."""
    pump = asyncio.ensure_future(peer.outbox.pump(write))
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(peer.outbox.written(), FAREWELL_S)
    pump.cancel()
    await asyncio.gather(pump, return_exceptions=True)


def has_hung_up(sock: Any) -> bool:
    """Whether the other side has closed the connection, and not only its direction of it."""
    poll = select.poll()
    poll.register(sock.fileno(), 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


def capturing(
    connect: Callable[[str, float], Transport], writer: CaptureWriter
) -> Callable[[str, float], Transport]:
    """Opens links as `connect`, and keeps their bytes."""
    return lambda url, timeout_s: CapturingTransport(connect(url, timeout_s), writer)


def question_of(args: dict[str, Any], now_us: int) -> dict[str, Any]:
    """The arguments of Archive.query from those of a call; moments and filter as operators type
    them. Raises UsageError."""
    known = (*KINDS, "books", "since", "until", "order", "limit")
    for name in args:
        if name not in known:
            raise UsageError(f"args.{name} is unknown: archive.query takes {', '.join(known)}")
    question = {name: value for name, value in args.items() if value is not None}
    limit = question.get("limit", MOST_ROWS)
    if not isinstance(limit, int) or not 0 < limit <= MOST_ROWS:
        raise UsageError(f"limit is a number up to {MOST_ROWS}")
    question["limit"] = limit
    check_books(question.get("books", []))
    if question.get("order", "time") not in ("time", "number"):
        raise UsageError('order is "time" or "number"')
    for name, kind in KINDS.items():
        if name in question and (type(question[name]) is not kind):
            raise UsageError(f"{name} is of the wrong type")
    for name in ("source", "first"):
        if not 0 <= question.get(name, 0) < 1 << 62:
            raise UsageError(f"{name} is a number from 0 on")
    wanted = filters.of_argument(question.pop("filter", None), now_us)
    for name in ("since", "until"):
        if name in question:
            question[name] = parse_moment(str(question[name]), now_us)
    return question | {"wanted": wanted}


class Listener:
    """The socket of one daemon; see listen_at."""

    def __init__(self, path: Path, lock: IO[bytes], sock: socket.socket) -> None:
        self.socket = sock
        self._path, self._lock = path, lock

    def remove(self) -> None:
        """Nobody finds it any more."""
        self._path.unlink(missing_ok=True)

    def release(self) -> None:
        """Another daemon may listen here."""
        self._lock.close()


def listen_at(path: Path) -> Listener:
    """A socket that only this user reaches; one that a killed daemon has left is taken over. A lock
    beside it, which the kernel drops when the process ends, keeps daemons that start at the same
    moment from taking it from each other. Raises LinkOccupied, UsageError."""
    occupied = LinkOccupied(f"another daemon serves {path}: end it, or name another --socket")
    if is_served(path):
        raise occupied
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.parent.stat().st_uid not in (os.getuid(), 0):
            raise UsageError(f"{path.parent} belongs to another user: name another --socket")
        lock = path.with_name(path.name + ".lock").open("ab")
    except OSError as error:
        raise _cannot_listen(path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return Listener(path, lock, _bind(path))
    except BlockingIOError as error:
        lock.close()
        raise occupied from error
    except OSError as error:
        lock.close()
        raise _cannot_listen(path, error) from error


def _bind(path: Path) -> socket.socket:
    """Makes the socket, in place of one that nobody listens on. Raises OSError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
            path.unlink()
        mask = os.umask(0o177)
        try:
            sock.bind(str(path))
        finally:
            os.umask(mask)
    except OSError:
        sock.close()
        raise
    return sock


def _cannot_listen(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot listen at {path}: {error.strerror or error}: name another --socket")
