"""A board behind the daemon: the calls of board.Board as JSON lines over the daemon's socket.

    {"id": 1, "call": "partitions", "args": {}}           to the daemon
    {"id": 1, "stage": {...}}                             from it, as often as there is one
    {"id": 1, "result": [...]}                            or
    {"id": 1, "error": {"status": 4, "kind": "Rejected", "message": "..."}}

docs/daemon.md has all objects and calls.
"""

import getpass
import json
import os
import socket
import stat
import tempfile
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from . import errors
from .board import CALLS, COMMANDS, COMPLETION_S, Board, LogPull, ignore
from .clock import utc_us
from .errors import (
    LinkUnavailable,
    NoAnswer,
    OutcomeUnknown,
    UsageError,
    VersionMismatch,
    XmgError,
)
from .model import Book, Head, OnStage, Pulled, StageReport
from .wire import CALLBACK, arguments_to_wire, from_wire, result_from_wire

SCHEME = "daemon:"
# Beyond the time that a call may take by itself: it may have to wait for a command of another.
QUEUE_S = 30.0
CONNECT_S = 5.0
# Of a log at once: about what a line of 115,200 baud carries in a second and a half; a command of
# another waits for so long.
SLICE_BYTES = 16 * 1024


def default_socket(environ: Mapping[str, str]) -> Path:
    """Where the daemon of this user listens unless somebody says otherwise: XMG_SOCKET, else in the
    folder of the session, else in one of the user's own below /tmp."""
    if environ.get("XMG_SOCKET"):
        return Path(environ["XMG_SOCKET"])
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isdir(runtime):
        return Path(runtime) / "xmg.sock"
    return Path(tempfile.gettempdir()) / f"xmg-{os.getuid()}" / "xmg.sock"


def default_holder(environ: Mapping[str, str]) -> str:
    """Who commands, as others are told: XMG_HOLDER, else user@machine."""
    if environ.get("XMG_HOLDER"):
        return environ["XMG_HOLDER"]
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def connect(path: Path, timeout_s: float = CONNECT_S, or_else: str = "") -> socket.socket:
    """A connection to the daemon. or_else: what helps beside starting one. Raises LinkUnavailable."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout_s)
    try:
        # Who may write a folder that all share may put a socket there: commands go to this user's
        # daemon, or to one that the administrator runs.
        owner = os.stat(path)
        if not stat.S_ISSOCK(owner.st_mode) or owner.st_uid not in (os.getuid(), 0):
            raise LinkUnavailable(f"{SCHEME}{path} is not a socket of this user or of root")
        sock.connect(str(path))
    except OSError as error:
        sock.close()
        raise LinkUnavailable(
            f"cannot open {SCHEME}{path}: {error.strerror or error}: start `xmg serve`{or_else}"
        ) from error
    except LinkUnavailable:
        sock.close()
        raise
    return sock


def is_served(path: Path) -> bool:
    """Whether a daemon listens there."""
    try:
        connect(path, timeout_s=1.0).close()
    except LinkUnavailable:
        return False
    return True


class Connection:
    """JSON lines to the daemon and back, one call at a time."""

    def __init__(self, path: Path, or_else: str = "") -> None:
        """Connects. or_else: see connect(). Raises LinkUnavailable."""
        self._path = path
        self._socket = connect(path, or_else=or_else)
        self._file = self._socket.makefile("rb")
        self._last_id = 0

    def close(self) -> None:
        """May be called twice."""
        self._file.close()
        self._socket.close()

    def start(self, call: str, args: Mapping[str, object], **more: object) -> int:
        """Sends a call; gives its id. Raises LinkUnavailable."""
        self._last_id += 1
        text = json.dumps({"id": self._last_id, "call": call, "args": args, **more})
        try:
            self._socket.sendall(text.encode() + b"\n")
        except OSError as error:
            raise self._gone() from error
        return self._last_id

    def receive(self, timeout_s: float | None) -> dict[str, Any]:
        """The next object. Raises LinkUnavailable when the daemon is gone or silent so long."""
        self._socket.settimeout(timeout_s)
        try:
            line = self._file.readline()
        except TimeoutError as error:
            raise LinkUnavailable(
                f"the daemon does not answer on {SCHEME}{self._path}: look at its log"
            ) from error
        except OSError as error:
            raise self._gone() from error
        if not line.endswith(b"\n"):
            raise self._gone()
        return json.loads(line)

    def call(
        self,
        call: str,
        args: Mapping[str, object],
        limit_s: float,
        on_object: Callable[[dict[str, Any]], None] = lambda told: None,
        **more: object,
    ) -> Any:
        """Calls and waits for the result; on_object gets what comes before it. limit_s: longest
        silence. Raises what the daemon says, and LinkUnavailable."""
        number = self.start(call, args, **more)
        while True:
            told = self.receive(limit_s)
            if told.get("id") != number:
                continue
            if "error" in told:
                raise error_of(told["error"])
            if "result" in told:
                return told["result"]
            on_object(told)

    def _gone(self) -> LinkUnavailable:
        return LinkUnavailable(f"the daemon on {SCHEME}{self._path} has ended: start `xmg serve`")


def error_of(told: Mapping[str, Any]) -> XmgError:
    """The error that the daemon told, as the class that it has here."""
    kind = getattr(errors, str(told.get("kind")), None)
    if not (isinstance(kind, type) and issubclass(kind, XmgError)):
        kind = XmgError
    try:
        return kind(str(told.get("message")))
    except TypeError:  # it needs more than a message
        return XmgError(str(told.get("message")))


class Hearing:
    """What a client is told beside results; all optional."""

    def __init__(
        self,
        on_note: Callable[[str], None] = lambda text: None,
        on_null_key: Callable[[], None] = lambda: None,
        verbose: bool = False,
        on_warning: Callable[[str], None] = lambda text: None,
    ) -> None:
        """verbose: notes are wanted, and frames, each as one line of text."""
        self.on_note, self.on_null_key, self.verbose = on_note, on_null_key, verbose
        self.on_warning = on_warning

    def take(self, told: Mapping[str, Any]) -> None:
        """An object that is neither a stage nor a result."""
        if "note" in told:
            self.on_note(str(told["note"]))
        elif "warning" in told:
            self.on_warning(str(told["warning"]))
        elif "null_key" in told:
            self.on_null_key()


class RemotePull:
    """As pull.Pull, by the daemon."""

    def __init__(
        self,
        client: Board,
        book: Book,
        source: int,
        unit: int,
        first: int | None,
        most: int | None,
        slice_bytes: int = SLICE_BYTES,
    ) -> None:
        self._client, self._book, self._source = client, book, source
        self._slice = max(1, slice_bytes // unit)
        self._most = most
        self._from = first
        self.first, self.stop = first or 0, 0
        self.head: Head | None = None
        self.is_new_life = False
        self.have: dict[int, bytes] = {}
        self.unreadable: set[int] = set()
        self._given_up: set[int] = set()
        self._unit = unit

    def __enter__(self) -> "RemotePull":
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing is under way between two slices."""

    def survey(self) -> Head:
        """See pull.Pull."""
        if self.head is None:
            pulled = self._fetch(self._from)
            self.first, next_seq = pulled.first, pulled.head.next
            stop = next_seq if self._most is None else min(next_seq, self.first + self._most)
            self.stop = max(self.first, stop)
        assert self.head is not None
        return self.head

    def settle(self, seq: int) -> None:
        """See pull.Pull."""
        while not self._is_settled(seq) and not self.is_new_life:
            if self._is_silent:
                raise NoAnswer("the board has fallen silent in the middle of a transfer")
            self._fetch(seq)

    def settled_until(self, seq: int) -> int:
        """See pull.Pull."""
        while seq < self.stop and self._is_settled(seq):
            seq += 1
        return seq

    def _is_settled(self, seq: int) -> bool:
        return (
            seq in self.have
            or seq in self.unreadable
            or seq in self._given_up
            or (self.head is not None and seq < self.head.oldest)
        )

    _is_silent = False

    def _fetch(self, first: int | None) -> Pulled:
        left = self._slice if self._most is None else min(self._slice, self._most)
        if self.head is not None and first is not None:
            left = min(left, self.stop - first)
        pulled = self._client.pull_log(self._book, self._source, first, left)
        if self.head is not None and pulled.head.start != self.head.start:
            self.is_new_life = True
            return pulled
        self.head, self._is_silent = pulled.head, pulled.silent
        for seq, data in pulled.pieces:
            for at in range(0, len(data), self._unit):
                self.have[seq + at // self._unit] = data[at : at + self._unit]
        self.unreadable.update(pulled.unreadable)
        self._given_up.update(pulled.given_up)
        return pulled


class RemoteClient(Board):
    """The board that a daemon holds. Use as a context manager, or call close()."""

    def __init__(
        self,
        path: Path,
        timeout_s: float = 5.0,
        hearing: Hearing | None = None,
        holder: str | None = None,
        or_else: str = "",
    ) -> None:
        """holder: who commands, as others are told. or_else: see connect()."""
        self.timeout_s = timeout_s
        self.completion_s = max(COMPLETION_S, timeout_s)
        self._path, self._hearing = path, hearing or Hearing()
        self._holder = default_holder(os.environ) if holder is None else holder
        self._connection: Connection | None = None
        self._or_else = or_else

    def __enter__(self) -> "RemoteClient":
        self._opened()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(self._path, self._or_else)
        return self._connection

    def listen(self, wait_s: float, ping: bool = False) -> list[dict[str, object]]:
        """What has arrived since the last call, but at the first nothing of before."""
        return self.extra("listen", {"wait_s": wait_s, "ping": ping}, QUEUE_S + wait_s)

    @property
    def boot_id(self) -> int:
        """The boot that the daemon heard last."""
        return int(self.extra("status", {})["link"]["boot_id"])

    def utc_us(self) -> int:
        """The ground's time."""
        return utc_us()

    def pull(
        self, book: Book, source: int, unit: int, first: int | None, most: int | None
    ) -> LogPull:
        """Reads items of a log, in slices that leave room for others between them."""
        return RemotePull(self, book, source, unit, first, most)

    def extra(self, call: str, args: Mapping[str, object], timeout_s: float = QUEUE_S) -> Any:
        """A call that the daemon answers itself; its result as it came. Raises what the daemon
        says."""
        return self._opened().call(call, args, timeout_s, self._hearing.take)

    def ask(self, name: str, given: Mapping[str, object], on_stage: OnStage = ignore) -> Any:
        """A call of Board by name."""
        function = CALLS[name]
        completion_s = given.get("completion_s") or self.completion_s
        assert isinstance(completion_s, float | int)
        more: dict[str, object] = {"timeout_s": self.timeout_s, "verbose": self._hearing.verbose}
        if name in COMMANDS:
            more["holder"] = self._holder
        sent = ""

        def take(told: dict[str, Any]) -> None:
            nonlocal sent
            if "stage" not in told:
                self._hearing.take(told)
                return
            report = from_wire(StageReport, told["stage"], "stage")
            sent = sent or report.detail
            on_stage(report)

        args = arguments_to_wire(function, given)
        limit_s = self.timeout_s + 2 * float(completion_s) + QUEUE_S
        try:
            result = self._opened().call(name, args, limit_s, take, **more)
        except LinkUnavailable as error:
            if not sent or self._connection is None:
                raise
            raise OutcomeUnknown(
                f"{error}; {sent} was sent: run `xmg cmd status` with its number before sending it "
                "again"
            ) from error
        try:
            return result_from_wire(function, result)
        except UsageError as error:
            raise VersionMismatch(
                f"the daemon's answer to {name} is not understood ({error}): use the console of "
                "its release"
            ) from error


def _forwarded(name: str, function: Callable) -> Callable:
    """The call `name` of RemoteClient: it binds its arguments as the function of Board would."""
    form = signature(function)

    def call(self: RemoteClient, *args: object, **named: object) -> Any:
        given = dict(form.bind(self, *args, **named).arguments)
        on_stage = given.pop(CALLBACK, ignore)
        return self.ask(name, given, on_stage)  # type: ignore[arg-type]

    call.__name__, call.__doc__ = name, function.__doc__
    return call


for _name, _function in CALLS.items():
    setattr(RemoteClient, _name, _forwarded(_name, _function))
