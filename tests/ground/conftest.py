"""Fixtures: a simulated board, a link to it, and xmg called in this process."""

import asyncio
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ground-tools"))

import postgres  # noqa: E402
from fake_board import FakeBoard, Served  # noqa: E402

from xmground import cli, keys, labels, session  # noqa: E402
from xmground._generated import supervisor_pb2 as pb  # noqa: E402
from xmground.client import Client  # noqa: E402
from xmground.clock import StepWatch  # noqa: E402
from xmground.daemon.link import LinkState  # noqa: E402
from xmground.daemon.server import Server  # noqa: E402
from xmground.keys import Key  # noqa: E402
from xmground.session import Session  # noqa: E402
from xmground.times import Sample  # noqa: E402

GROUND_TIME_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
QUICK_RETRY_S = 0.004
HANG_S = 60.0  # a test that waits so long for something waits in vain, however busy the machine
GOLDEN = Path(__file__).parent / "golden"
GOLDEN_KEY = bytes(range(32))


def until(holds: Callable[[], object]) -> None:
    """Waits for what must come."""
    for _ in range(round(HANG_S / 0.005)):
        if holds():
            return
        time.sleep(0.005)
    raise AssertionError("it does not come")


class LoopTransport:
    """A link to a board in the same thread; no bytes means that the time really passes."""

    datagrams = False

    def __init__(self, board: FakeBoard) -> None:
        self.board = board
        self.pending = b""

    def read(self, timeout_s: float) -> bytes:
        """See Transport."""
        if not self.pending:
            time.sleep(min(timeout_s, 0.05))
        data, self.pending = self.pending, b""
        return data

    def write(self, data: bytes) -> None:
        """See Transport."""
        self.pending += self.board.receive(data)

    def close(self) -> None:
        """See Transport."""


def loop_client(board: FakeBoard, timeout_s: float = 1.0, keys: Sequence[Key] = ()) -> Client:
    """A client on a loop link whose retries take milliseconds."""
    session = Session(lambda _: LoopTransport(board), first_retry_s=QUICK_RETRY_S, keys=keys)
    client = Client(session, timeout_s)
    client.completion_s = timeout_s
    client.session.open(1.0)
    return client


def sequence(*fates: str, kind: str) -> Callable[[str, object], str]:
    """A fault rule: the fates of the first frames of that kind."""
    left = list(fates)
    return lambda frame_kind, _: left.pop(0) if frame_kind == kind and left else ""


@dataclass
class Result:
    """How a call of xmg ended."""

    status: int
    out: str
    err: str

    def transcript(self, title: str) -> str:
        """Everything an operator sees, with what differs from run to run replaced."""
        text = f"$ xmg {title}\n{self.out}"
        if self.err:
            text += f"--- stderr\n{self.err}"
        text += f"--- status {self.status}\n"
        text = re.sub(r"tcp:127\.0\.0\.1:\d+", "LINK", text)
        text = re.sub(r"\bid: \d+", "id: N", text)
        text = re.sub(r"0x[0-9a-f]{8}(?= before sending)|(?<=command )0x[0-9a-f]{8}", "ID", text)
        text = re.sub(r"board time \S+: started at \S+Z", "board time NOW: started at TIME", text)
        if "number,rtt_us," in text:
            text = re.sub(r"^(\d+),\d+,", r"\1,RTT,", text, flags=re.M)
        # --help lists the commands; one place is enough to change with each new one.
        text = re.sub(r"(?<=there are )part, [^:]*", "COMMANDS", text)
        # A round trip of 10 ms and more is one digit longer and has one blank less before it.
        text = re.sub(r" *\d+\.\d ms", lambda m: " " * (len(m[0]) - len("0.0 ms")) + "RTT", text)
        return re.sub(r"(?<=rtt_us\": )\d+", "RTT", text)


def same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes chance and clocks out of what is shown."""
    monkeypatch.setattr(secrets, "token_bytes", lambda count: GOLDEN_KEY)
    monkeypatch.setattr(secrets, "token_urlsafe", lambda count: "TOKEN")
    # So that UTC does not depend on how many requests a command makes.
    sample = Sample(GROUND_TIME_US, 2_000_000, 3000)
    monkeypatch.setattr(Client, "clock_samples", lambda self, boot_id: [sample])
    # A busy machine's round trip has more digits, which move the columns beside it.
    ping = Client.ping
    monkeypatch.setattr(Client, "ping", lambda self: replace(ping(self), rtt_us=2000))
    monkeypatch.setattr(secrets, "randbits", lambda count: 0x1234)  # so the session is always one
    # A request's id is a varint: frames are as long as its value says.
    monkeypatch.setattr(secrets, "randbelow", lambda limit: limit // 2)


def compare(seen: str, name: str) -> None:
    """With the transcript of that name, which is written first where that is wanted."""
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("XMG_UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(seen, encoding="utf-8")
    assert seen == file.read_text(encoding="utf-8")


class ServedDaemon:
    """A daemon in this process, its event loop in a thread; for `with`."""

    def __init__(self, url: str, path: Path, keys: Sequence[Key] = (), **more) -> None:
        self.link = f"daemon:{path}"
        self.path = path
        self.server = Server(
            url, path, keys, **{"clock_us": lambda: GROUND_TIME_US, "turn_s": None} | more
        )
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.run(self.server.run(self._ready.set))

    def __enter__(self) -> "ServedDaemon":
        self._thread.start()
        assert self._ready.wait(HANG_S)
        self.await_state(lambda state: state.opened > 0 or state.why != "not opened yet")
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.stop()
        self._thread.join(HANG_S)
        assert not self._thread.is_alive()

    def await_state(self, holds: Callable[[LinkState], bool]) -> LinkState:
        """Waits until the link is as wanted."""
        found: list[LinkState] = []

        def seen() -> bool:
            found[:] = [self.server.link.state]
            return holds(found[0])

        until(seen)
        return found[0]


class Unstepped(StepWatch):
    """Of tests whose clock stands still, which would look like a step of UTC."""

    has_stepped = False  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for everybody: no colours, 80 columns, no link from outside, and no repetition on a
    busy machine, which transcripts would show."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("XMG_LINK", raising=False)
    monkeypatch.delenv("XMG_KEY", raising=False)
    monkeypatch.delenv("XMG_HOLDER", raising=False)
    monkeypatch.setenv("XMG_SOCKET", "/does/not/exist")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/does/not/exist")
    monkeypatch.setenv("XDG_DATA_HOME", "/does/not/exist")
    monkeypatch.delenv("XMG_ARCHIVE", raising=False)
    monkeypatch.delenv("XMG_CAPTURE", raising=False)
    monkeypatch.setattr(session, "FIRST_RETRY_S", 2.0)
    monkeypatch.setattr(labels, "StepWatch", Unstepped)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real PostgreSQL."""
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty archive, on each of the two."""
    if request.param == "sqlite":
        return str(tmp_path / "archive.db")
    url = request.getfixturevalue("postgresql")
    engine = sa.create_engine(url, future=True)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return str(url)


@pytest.fixture
def board() -> FakeBoard:
    """A board with nothing in its logs."""
    return FakeBoard()


@pytest.fixture
def served(board: FakeBoard) -> Iterator[Served]:
    """The board on a TCP port."""
    served = Served(board)
    yield served
    served.close()


@pytest.fixture
def xmg(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Calls xmg on the served board: xmg("part", "list")."""

    def call(*argv: str, link: str | None = None, named: bool = True) -> Result:
        if named:
            monkeypatch.setenv("XMG_LINK", served.url if link is None else link)
        else:  # as if nobody had named a link
            monkeypatch.delenv("XMG_LINK", raising=False)
        try:
            status = cli.main(argv, clock_us=lambda: GROUND_TIME_US)
        except SystemExit as stop:  # argparse
            status = int(stop.code or 0)
        captured = capsys.readouterr()
        return Result(int(status), captured.out, captured.err)

    return call


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A key file with the key 7."""
    path = tmp_path / "key"
    keys.create(path, 7)
    return path


def refuse_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards have no log that could be read, and say so."""
    monkeypatch.setattr(
        FakeBoard,
        "_op_log_read",
        lambda self, request, read: self._reply(
            request, pb.STAGE_REJECTED, pb.DOMAIN_HYPERVISOR, -3, "there is no such log"
        ),
    )


def use_key(board: FakeBoard, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds the board's image with a key file, and gives that to xmg."""
    board.keys = {key.id: key.secret for key in keys.load(path).keys}
    monkeypatch.setenv("XMG_KEY", str(path))


@pytest.fixture
def environ() -> dict[str, str]:
    """Environment for xmg as a process of its own."""
    return os.environ | {"NO_COLOR": "1"}
