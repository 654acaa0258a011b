"""The daemon: many clients, one commander, and a link that comes and goes."""

import asyncio
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cable import QUICK, Cable
from conftest import GROUND_TIME_US, HANG_S, LoopTransport, Result, ServedDaemon, until
from fake_board import FakeBoard, Served

from xmground._generated import supervisor_pb2 as pb
from xmground.archive import Archive
from xmground.board import CALLS
from xmground.capture import TO_BOARD, TO_GROUND, Captured, Missed, frames_of, read_capture
from xmground.clock import utc_us
from xmground.daemon.calls import Peer
from xmground.daemon.lease import Lease
from xmground.daemon.link import Job, Priority
from xmground.daemon.metrics import METRICS, table
from xmground.daemon.outbox import Outbox
from xmground.daemon.server import listen_at
from xmground.errors import LinkOccupied, LinkUnavailable, UsageError, XmgError
from xmground.framing import Frame, FrameType
from xmground.logs import LogReader
from xmground.model import Book, PartitionAction
from xmground.remote import Connection, RemoteClient, default_holder, default_socket
from xmground.status import Status

XMG = Path(__file__).resolve().parents[2] / "ground-tools" / "xmg"
Xmg = Callable[..., Result]


@pytest.fixture
def daemon(served: Served, tmp_path: Path) -> Iterator[ServedDaemon]:
    """A daemon on the served board."""
    with ServedDaemon(served.url, tmp_path / "socket") as daemon:
        yield daemon


def client(daemon: ServedDaemon, holder: str = "alice", timeout_s: float = 5.0) -> RemoteClient:
    return RemoteClient(daemon.path, timeout_s, holder=holder)


def connection(daemon: ServedDaemon) -> Connection:
    return Connection(daemon.path)


# ---- finding it


def test_daemon_is_found_by_its_socket(
    daemon: ServedDaemon, board: FakeBoard, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --link and XMG_LINK, where a daemon listens."""
    monkeypatch.setenv("XMG_SOCKET", str(daemon.path))
    call = xmg("ping")  # sets XMG_LINK to the board itself, which the daemon holds
    assert call.status == Status.OCCUPIED and "xmg serve" in call.err
    monkeypatch.setattr(
        "xmground.cli.os.environ",
        {key: value for key, value in os.environ.items() if key != "XMG_LINK"},
    )
    from xmground import cli

    assert cli.main(["ping"]) == Status.DONE


def test_daemon_socket_is_the_users_alone(daemon: ServedDaemon, tmp_path: Path) -> None:
    assert daemon.path.stat().st_mode & 0o777 == 0o600
    plain = tmp_path / "plain"
    plain.write_text("")
    with pytest.raises(LinkUnavailable, match="not a socket of this user"):
        Connection(plain)


def test_daemon_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert default_socket({"XMG_SOCKET": "/a/b"}) == Path("/a/b")
    assert default_socket({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path / "xmg.sock"
    assert default_socket({}).parent.name == f"xmg-{os.getuid()}"
    assert default_holder({"XMG_HOLDER": "bob"}) == "bob"
    assert default_holder({}).endswith(f"@{socket.gethostname()}")


def test_daemon_socket_of_a_killed_one_is_taken_over(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    with ServedDaemon(served.url, path) as daemon, client(daemon) as board:
        assert board.hello().system == "demo"
    assert not path.exists()


def test_second_daemon_is_refused(daemon: ServedDaemon, served: Served, xmg: Xmg) -> None:
    result = xmg("serve", "--socket", str(daemon.path))
    assert result.status == Status.OCCUPIED and "another daemon serves" in result.err


def test_second_daemon_of_the_same_moment_is_refused(
    daemon: ServedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked before one of them listened; the first must stay reachable."""
    monkeypatch.setattr("xmground.daemon.server.is_served", lambda path: False)
    with pytest.raises(LinkOccupied, match="another daemon"):
        listen_at(daemon.path)
    with client(daemon) as board:
        assert board.hello().system == "demo"


# ---- many clients


def test_many_clients_at_once(daemon: ServedDaemon, board: FakeBoard) -> None:
    board.fill_hm(100)
    errors: list[BaseException] = []
    seen: list[int] = []

    def read() -> None:
        try:
            with client(daemon) as mine:
                items = list(LogReader(mine, Book.HM).read())
                seen.append(len(items))
                assert [p.name for p in mine.partitions()] == board.names
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == [] and seen == [100] * 8


def test_objects_that_are_no_calls_are_told_and_do_no_harm(daemon: ServedDaemon) -> None:
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(daemon.path))
    file = sock.makefile("rwb")
    for line in (
        b"\xff\xfe\n",
        b"[]\n",
        b'{"id": 1}\n',
        b'{"id": "x", "call": "ping"}\n',
        b'{"id": 1, "call": "exit"}\n',
        b'{"id": 1, "call": "close"}\n',
        b'{"id": 1, "call": "__exit__"}\n',
        b'{"id": 1, "call": "ping", "args": 3}\n',
        b'{"id": 1, "call": "ping", "timeout_s": -1}\n',
        b'{"id": 1, "call": "ping", "args": {"x": 1}}\n',
        b'{"id": 1, "call": "listen", "args": {"wait_s": "x"}}\n',
        b'{"id": 1, "call": "lease.take"}\n',
    ):
        file.write(line)
        file.flush()
        told = json.loads(file.readline())
        assert told["error"]["status"] == Status.USAGE, line
    file.write(b'{"id": 1, "call": "hello"}\n')
    file.flush()
    objects = [json.loads(file.readline()) for _ in range(2)]
    assert objects[0] == {"id": 1, "null_key": True}
    assert objects[1]["result"]["system"] == "demo"
    sock.close()


def test_fault_of_the_daemon_is_told_and_the_link_stays(
    daemon: ServedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(daemon) as mine:
        monkeypatch.setattr(daemon.server.link.client, "plans", lambda: 1 / 0)
        with pytest.raises(XmgError, match="failed in the daemon itself"):
            mine.plans()
        monkeypatch.undo()
        assert len(mine.plans()[0]) == 3


def test_calls_wait_for_room(daemon: ServedDaemon, board: FakeBoard) -> None:
    """A client that sends without reading is not read from; all its calls are answered."""
    mine = connection(daemon)
    numbers = [mine.start("partitions", {}) for _ in range(200)]
    answered = []
    while len(answered) < 200:
        told = mine.receive(10)
        if "result" in told:
            answered.append(told["id"])
    assert answered == numbers
    mine.close()


def test_command_comes_before_reads_that_wait() -> None:
    """The order of jobs is by priority, then by age."""
    done: list[str] = []
    board = FakeBoard()
    from xmground.daemon.link import LinkThread

    link = LinkThread("loop:", connect=lambda url, timeout_s: LoopTransport(board))

    def job(priority: Priority, name: str) -> Job:
        return Job(priority, lambda mine: done.append(name), lambda result, error: None)

    link.submit(job(Priority.BACKGROUND, "collect"))
    link.submit(job(Priority.READ, "read 1"))
    link.submit(job(Priority.READ, "read 2"))
    link.submit(job(Priority.COMMAND, "command"))
    link.start()
    until(lambda: len(done) == 4)
    link.stop()
    link.join(HANG_S)
    assert done == ["command", "read 1", "read 2", "collect"]


# ---- the lease


def test_two_commanders(daemon: ServedDaemon, board: FakeBoard) -> None:
    """The second is refused with the name of the first, and nothing is sent for him."""
    with client(daemon, "alice") as alice, client(daemon, "bob") as bob:
        alice.extra("lease.take", {"holder": "alice", "seconds": 60})
        target = bob.partitions()[1]
        with pytest.raises(LinkOccupied, match="alice commands the board for 60 s more"):
            bob.control_partition(target, PartitionAction.HALT)
        assert board.executed == []
        alice.control_partition(target, PartitionAction.HALT)
        with pytest.raises(LinkOccupied, match="alice"):
            bob.extra("lease.take", {"holder": "bob", "seconds": 1})
        with pytest.raises(LinkOccupied, match="alice"):
            bob.extra("lease.release", {"holder": "bob"})
        alice.extra("lease.release", {"holder": "alice"})
        bob.control_partition(target, PartitionAction.RESET_WARM)
    assert [action for _, _, action in board.executed] == [3, 5]


def test_command_without_a_holder_is_refused(daemon: ServedDaemon, board: FakeBoard) -> None:
    mine = connection(daemon)
    args = {"plan": 1}
    with pytest.raises(LinkOccupied, match="read-only: take the lease"):
        mine.call("switch_plan", args, 10)
    mine.call("lease.take", {"holder": "web", "seconds": 5}, 10)
    mine.call("switch_plan", args, 10)
    mine.close()
    assert board.executed == [("plan_switch", 1, 0)]


def test_lease_in_the_console(
    daemon: ServedDaemon, xmg: Xmg, monkeypatch: pytest.MonkeyPatch, board: FakeBoard
) -> None:
    def by(holder: str, *argv: str) -> Result:
        monkeypatch.setenv("XMG_HOLDER", holder)
        return xmg(*argv, link=daemon.link)

    assert "nobody" in by("bob", "lease", "show").out
    taken = json.loads(by("alice", "lease", "take", "--seconds", "60", "--json").out)
    assert taken["holder"] == "alice" and 59 < taken["left_s"] <= 60
    refused = by("bob", "part", "halt", "P1", "--yes")
    assert refused.status == Status.OCCUPIED and "alice commands" in refused.err
    assert by("bob", "part", "list").status == Status.DONE  # anybody reads
    assert by("alice", "part", "halt", "P1", "--yes").status == Status.DONE
    assert "alice" in by("bob", "lease", "show").out
    assert by("bob", "lease", "release").status == Status.OCCUPIED
    assert "nobody" in by("alice", "lease", "release").out
    assert by("bob", "part", "reset", "P1", "--yes").status == Status.DONE
    assert "nobody" in by("bob", "lease", "show").out


def test_a_lease_is_taken_away(served: Served, tmp_path: Path) -> None:
    """He who had it is told at once where he is connected, else with his next command; filed."""
    url = str(tmp_path / "archive.db")
    with ServedDaemon(served.url, tmp_path / "socket", archive=url, turn_s=0.05) as daemon:
        mine = connection(daemon)
        mine.call("lease.take", {"holder": "alice", "seconds": 60}, 10)
        told = connection(daemon).call("lease.release", {"holder": "bob", "force": True}, 10)
        assert told == {"holder": None, "left_s": None, "taken_from": "alice"}
        assert mine.receive(10) == {"lease_lost": {"by": "bob"}}
        with pytest.raises(LinkOccupied, match="read-only"):
            mine.call("switch_plan", {"plan": 1}, 10)
        warnings: list[dict[str, Any]] = []
        mine.call("lease.take", {"holder": "alice", "seconds": 1}, 10, warnings.append)
        mine.call("lease.take", {"holder": "alice", "seconds": 1}, 10, warnings.append)
        texts = [told["warning"] for told in warnings]
        assert texts == ["the lease of alice was taken away by bob"]
        with pytest.raises(UsageError, match="who does it"):
            mine.call("lease.release", {"holder": "", "force": True}, 10)
        until(lambda: filed_events(url) == ["bob has taken the lease of alice"])


def filed_events(url: str) -> list[str]:
    """Details of the events in an archive."""
    if not Path(url).exists():
        return []
    with Archive.open(url) as archive:
        return [str(row["detail"]) for row in archive.query(["event"])]


def test_a_lease_taken_away_does_not_cut_a_command() -> None:
    lease = Lease(lambda: 0.0)
    lease.take("alice", 60)
    lease.begin_command("alice")
    assert lease.release("bob", force=True) == "alice"
    held = lease.held()
    assert held is not None and (held.holder, held.left_s) == ("alice", None)
    with pytest.raises(LinkOccupied, match="not cut"):
        lease.begin_command("bob")
    lease.end_command()
    assert lease.held() is None and lease.release("bob", force=True) == ""


def test_lease_rules() -> None:
    now = [100.0]
    lease = Lease(lambda: now[0])
    assert lease.held() is None
    lease.begin_command("alice")
    held = lease.held()
    assert held and held.left_s is None
    with pytest.raises(LinkOccupied, match="alice commands the board until its command ends"):
        lease.begin_command("bob")
    lease.release("alice")  # what she took; her command goes on
    with pytest.raises(LinkOccupied):
        lease.take("bob", 1)
    lease.take("alice", 10)
    lease.end_command()
    now[0] += 9
    lease.take("alice", 0.5)  # never shortens
    assert lease.held().left_s == 1.0
    now[0] += 1
    assert lease.held() is None and lease.take("bob", 3600).holder == "bob"
    for name, seconds in (("", 1), (" ", 1), ("a\n", 1), ("x" * 65, 1), ("bob", 0), ("bob", 3601)):
        with pytest.raises(UsageError):
            lease.take(name, seconds)


def test_command_of_a_client_that_has_gone_is_finished_and_its_lease_ends(
    daemon: ServedDaemon, board: FakeBoard
) -> None:
    gate = threading.Event()
    board.meanwhile = lambda: gate.wait(HANG_S) and None
    mine = connection(daemon)
    partition = mine.call("partitions", {}, 10)[1]
    mine.start(
        "control_partition", {"before": partition, "action": "halt"}, holder="alice", timeout_s=5
    )
    while "stage" not in mine.receive(10):
        pass
    mine.close()
    assert daemon.server.lease.held().holder == "alice"
    gate.set()
    until(lambda: daemon.server.lease.held() is None)
    assert board.executed == [("partition_control", 1, 3)]


# ---- clients that do not read


def test_outbox_leaves_out_rows_and_says_so() -> None:
    async def run() -> list[dict[str, Any]]:
        outbox = Outbox(most_queued=3)
        written: list[dict[str, Any]] = []
        for number in range(10):
            outbox.stream({"id": 2, "row": number})
        outbox.send({"id": 1, "result": "kept"})
        assert len(outbox) == 4 and outbox.dropped_total == 7

        async def write(line: str) -> None:
            written.append(json.loads(line))

        pump = asyncio.ensure_future(outbox.pump(write))
        await asyncio.sleep(0.01)
        outbox.stream({"id": 2, "row": 10})
        await asyncio.sleep(0.01)
        pump.cancel()
        return written

    told = asyncio.run(run())
    assert [item.get("row") for item in told[:3]] == [0, 1, 2]
    assert told[3:] == [
        {"id": 1, "result": "kept"},
        {"id": 2, "gap": {"dropped": 7}},
        {"id": 2, "row": 10},
    ]


def test_outbox_tells_what_was_left_out_when_the_stream_ends() -> None:
    async def run() -> int:
        outbox = Outbox(most_queued=1)
        for number in range(3):
            outbox.stream({"id": 2, "row": number})
        outbox.end_stream(2)
        return len(outbox)

    assert asyncio.run(run()) == 2


def test_rows_left_out_are_not_forgotten_with_the_client(
    daemon: ServedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A counter never runs back."""
    slow = connection(daemon)
    slow.call("status", {}, 10)
    (peer,) = daemon.server.peers
    peer.outbox.dropped_total = 7
    slow.close()
    until(lambda: peer not in daemon.server.peers)
    with client(daemon) as mine:
        assert mine.extra("status", {})["rows_left_out"] == 7


def test_slow_client_stops_nobody(daemon: ServedDaemon, board: FakeBoard) -> None:
    """One that asks for very much and reads nothing: the others are answered."""
    board.fill_hm(300)
    slow = connection(daemon)
    for _ in range(20):
        args = {"book": "hm", "source": 0, "from_seq": 1, "max_items": 40}
        slow.start("log_read", args, verbose=True)
    with client(daemon) as mine:
        for _ in range(20):
            assert len(mine.partitions()) == 3
    slow.close()


# ---- the link comes and goes


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Milliseconds where the real thing takes tenths of seconds."""
    for name, value in QUICK.items():
        monkeypatch.setattr(name, value)


def test_absent_device_is_awaited(board: FakeBoard, tmp_path: Path, quick: None) -> None:
    cable = Cable(board)
    cable.plugged = False
    with ServedDaemon("tcp:h:1", tmp_path / "socket", connect=cable.connect) as daemon:
        state = daemon.await_state(lambda state: "no such device" in state.why)
        assert not state.open and state.lost == 0
        with client(daemon, timeout_s=0.05) as mine:
            with pytest.raises(LinkUnavailable, match="no such device"):
                mine.partitions()
            cable.plugged = True
            daemon.await_state(lambda state: state.open)
            assert len(mine.partitions()) == 3


def test_state_of_the_link_is_told(board: FakeBoard, tmp_path: Path, quick: None, xmg: Xmg) -> None:
    cable = Cable(board)
    with ServedDaemon("tcp:h:1", tmp_path / "socket", connect=cable.connect) as daemon:
        daemon.await_state(lambda state: state.open)
        with client(daemon) as mine:
            mine.hello()
        told = json.loads(xmg("serve", "status", "--json", link=daemon.link).out)
        assert told["link"]["open"] and told["link"]["boot_id"] == board.boot_id
        assert told["link"]["keyless"] and told["link"]["heard_us"] > 0
        assert told["holder"] is None and told["clients"] >= 1
        cable.plugged = False
        daemon.await_state(lambda state: not state.open)
        text = xmg("serve", "status", link=daemon.link).out
        assert "NOT OPEN" in text and "lost 1 times" in text
        table = xmg("serve", "status", "--format", "csv", link=daemon.link).out
        assert "link.why" in table.splitlines()[0]


def test_tcp_link_that_is_dropped_is_opened_again(
    board: FakeBoard, served: Served, tmp_path: Path, quick: None
) -> None:
    with ServedDaemon(served.url, tmp_path / "socket") as daemon, client(daemon) as mine:
        for round in range(1, 6):
            assert mine.hello().system == "demo"
            closed: list[int] = []

            def lost(request: object) -> bool:
                if not closed:
                    closed.append(1)
                    raise OSError("cable pulled")
                return False

            board.faults.rx_lost = lost
            assert len(mine.partitions()) == 3 and closed
            daemon.await_state(lambda state: state.open)
        assert mine.ground_link()["reconnects"] == 5
        state = daemon.server.link.state  # also what was lost and found within a call
        assert (state.lost, state.opened) == (5, 6)


def test_pulled_pseudo_terminal_is_opened_again(
    board: FakeBoard, tmp_path: Path, quick: None
) -> None:
    """A device that goes away and comes back under the same name."""
    first = Served(board, pty_link=True)
    name = tmp_path / "tty"
    name.symlink_to(first.url.removeprefix("serial:"))
    with ServedDaemon(f"pty:{name}", tmp_path / "socket") as daemon, client(daemon) as mine:
        for _ in range(3):
            assert mine.hello().system == "demo"
            first.close()
            name.unlink()
            daemon.await_state(lambda state: not state.open)
            first = Served(board, pty_link=True)
            name.symlink_to(first.url.removeprefix("serial:"))
            daemon.await_state(lambda state: state.open)
        assert daemon.server.link.state.lost == 3
    first.close()


# ---- its end


def test_end_of_the_daemon_is_told_to_who_waits(
    board: FakeBoard, served: Served, tmp_path: Path
) -> None:
    board.faults.silent = True
    errors: list[Exception] = []
    with ServedDaemon(served.url, tmp_path / "socket") as daemon:

        def wait() -> None:
            with client(daemon, timeout_s=30.0) as mine:
                try:
                    mine.partitions()
                except LinkUnavailable as error:
                    errors.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        while not board.requests:
            time.sleep(0.005)
    thread.join(HANG_S)
    assert len(errors) == 1 and "start `xmg serve`" in str(errors[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_daemon(
    number: signal.Signals, served: Served, board: FakeBoard, tmp_path: Path, environ: dict
) -> None:
    path = tmp_path / "socket"
    build = str(Path(os.environ["XM_BUILD"]).resolve())
    process = subprocess.Popen(
        [
            sys.executable,
            XMG,
            "serve",
            "--link",
            served.url,
            "--socket",
            path,
            "--http",
            "none",
            "--archive",
            "none",
            "--capture",
            tmp_path / "capture",
        ],
        stderr=subprocess.PIPE,
        text=True,
        env=environ | {"XM_BUILD": build},
    )
    try:
        assert process.stderr
        line = process.stderr.readline()
        assert f"serving {served.url} on {path}" in line, line
        with RemoteClient(path, holder="alice") as mine:
            assert mine.hello().system == "demo"
        board.faults.silent = True
        waiting = Connection(path)
        waiting.start("partitions", {}, timeout_s=60)
        process.send_signal(number)
        assert process.wait(HANG_S) == 0
        assert not path.exists()
        rest = process.stderr.read()
        assert "Traceback" not in rest and "ending" in rest
        assert frames_kept(tmp_path / "capture")[0] == (TO_BOARD, "command")
        waiting.close()
    finally:
        process.kill()
        process.wait(HANG_S)


def test_command_under_way_at_the_end_is_unknown(
    board: FakeBoard, served: Served, tmp_path: Path
) -> None:
    board.faults.no_commands = True
    told: list[XmgError] = []
    with ServedDaemon(served.url, tmp_path / "socket") as daemon:

        def command() -> None:
            with client(daemon, timeout_s=30.0) as mine:
                try:
                    mine.switch_plan(1)
                except XmgError as error:
                    told.append(error)

        thread = threading.Thread(target=command)
        thread.start()
        while "plan_switch" not in board.requests:
            time.sleep(0.005)
    thread.join(HANG_S)
    assert told[0].status == Status.UNKNOWN and "xmg cmd status" in str(told[0])


# ---- quick to start


def test_part_list_through_the_daemon_loads_nothing_heavy(
    daemon: ServedDaemon, environ: dict[str, str]
) -> None:
    build = str(Path(os.environ["XM_BUILD"]).resolve())
    with client(daemon) as mine:
        mine.hello()
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from xmground import cli\n"
        "status = cli.main(['part', 'list', *sys.argv[2:]])\n"
        "heavy = ('google.protobuf', 'sqlalchemy', 'aiohttp', 'asyncio', 'serial', 'argcomplete')\n"
        "print(status, [name for name in heavy if name in sys.modules])\n"
    )
    for form in ("json", "table"):
        done = subprocess.run(
            [sys.executable, "-c", program, XMG.parent, "--link", daemon.link, "--format", form],
            capture_output=True,
            text=True,
            timeout=60,
            env=environ | {"XM_BUILD": build},
        )
        assert done.stdout.splitlines()[-1] == "0 []", done.stderr


# ---- raw capture


def frames_kept(folder: Path) -> list[tuple[int, str]]:
    """Direction and kind of every frame in the captures of a folder."""
    found = []
    for path in sorted(folder.glob("*.xmcap")):
        records = [r for r in read_capture(path)[1] if isinstance(r, Captured)]
        for record, frame in frames_of(records):
            assert isinstance(frame, Frame)
            found.append((record.direction, FrameType(frame.type).name.lower()))
    return found


def test_raw_bytes_are_kept_and_the_archive_knows_where(
    served: Served, board: FakeBoard, tmp_path: Path, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, url = tmp_path / "raw", str(tmp_path / "archive.db")
    with ServedDaemon(
        served.url, tmp_path / "socket", archive=url, turn_s=0.01, capture=folder
    ) as daemon:
        until(lambda: daemon.server.gatherer.state.turn_us > 0)
        with client(daemon) as mine:
            mine.switch_plan(1)
        state = json.loads(xmg("serve", "status", "--json", link=daemon.link).out)["capture"]
        assert state["bytes"] > 0 and state["error"] is None
        assert state["file"] in xmg("serve", "status", link=daemon.link).out
    kept = frames_kept(folder)
    assert kept.count((TO_BOARD, "command")) >= 5 and kept.count((TO_GROUND, "reply")) >= 5
    monkeypatch.setenv("XMG_ARCHIVE", url)
    (row,) = json.loads(xmg("archive", "captures", "--json").out)
    assert row["path"] == state["file"] and row["here"] and row["link"] == served.url
    for argv in (["replay"], ["link", "sniff", "--from", "archive"]):
        lines = xmg(*argv).out.splitlines()
        assert len(lines) == len(kept) and sum("plan_switch" in line for line in lines) >= 1


def test_raw_capture_outlives_kill_9(
    served: Served,
    board: FakeBoard,
    tmp_path: Path,
    environ: dict[str, str],
    xmg: Xmg,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the middle of what the daemon reads; the next one goes on in a file of its own."""
    board.fill_hm(200)
    url = str(tmp_path / "archive.db")
    environment = environ | {
        "XM_BUILD": str(Path(os.environ["XM_BUILD"]).resolve()),
        "XMG_ARCHIVE": url,
        "XMG_CAPTURE": str(tmp_path / "raw"),
        "XMG_SOCKET": str(tmp_path / "socket"),
    }
    left = [0]
    running: list[subprocess.Popen[bytes]] = []

    def kill_in_time(kind: str, message: object) -> str:
        left[0] -= kind == "chunk"
        if left[0] == 0:
            running[-1].kill()
        return ""

    board.faults.tx = kill_in_time
    for chunks in (3, 9):
        left[0] = chunks
        argv = [sys.executable, str(XMG), "serve", "--link", served.url, "--http", "none"]
        running.append(subprocess.Popen(argv, env=environment, stderr=subprocess.DEVNULL))
        assert running[-1].wait(HANG_S) == -signal.SIGKILL
    monkeypatch.setenv("XMG_ARCHIVE", url)
    paths = [row["path"] for row in json.loads(xmg("archive", "captures", "--json").out)]
    assert len(paths) == len(set(paths)) == 2
    for path in paths:
        found = read_capture(Path(path))[1]
        assert all(isinstance(record, Captured) for record in found[:-1])
        kinds = [kind for _, kind in frames_kept(Path(path).parent)]
        assert kinds.count("bulk") >= 1 and kinds[0] == "command"
    shown = xmg("replay")
    assert shown.status in (Status.DONE, Status.INCOMPLETE) and "log_read" in shown.out
    assert (shown.status == Status.INCOMPLETE) == ("warning" in shown.err)


def test_sniffing_shows_both_directions_of_all_clients(
    daemon: ServedDaemon, board: FakeBoard
) -> None:
    """Each frame with the time at which it crossed the link."""
    now = [GROUND_TIME_US]
    daemon.server.link.client.utc_us = lambda: now[0]  # type: ignore[method-assign]
    with client(daemon) as listener, client(daemon) as other:
        assert listener.listen(0.0) == []
        other.plans()
        now[0] += 10_000_000
        rows = listener.listen(5.0)
    assert [(row["direction"], row["type"]) for row in rows[:2]] == [
        ("tx", "command"),
        ("rx", "reply"),
    ]
    assert "plan_list" in str(rows[0]["line"])
    assert {row["ground_time_us"] for row in rows} == {GROUND_TIME_US}


def test_raw_capture_without_room_stops_nothing(
    served: Served,
    board: FakeBoard,
    tmp_path: Path,
    xmg: Xmg,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told, and goes on when there is room again, which is told as well; the captures say what
    is missing."""
    caplog.set_level("INFO", "xmg")
    monkeypatch.setattr("xmground.capture.RETRY_S", 0.0)
    folder = tmp_path / "raw"
    folder.write_text("in the way")
    with ServedDaemon(
        served.url, tmp_path / "socket", http="127.0.0.1:0", capture=folder
    ) as daemon:
        assert xmg("part", "halt", "P1", "--yes", link=daemon.link).status == Status.DONE
        told = xmg("serve", "status", link=daemon.link).out
        assert "NOT KEEPING" in told and "free some space" in told and "MISSED" in told
        values = metrics(daemon)
        assert values["xmg_capture_up"] == 0 and values["xmg_capture_errors_total"] >= 1
        assert values["xmg_capture_missed_bytes_total"] >= 20
        folder.unlink()
        assert xmg("part", "list", link=daemon.link).status == Status.DONE
        assert metrics(daemon)["xmg_capture_up"] == 1
        assert "NOT KEEPING" not in xmg("serve", "status", link=daemon.link).out
    assert [text.split(":")[1] for text in caplog.messages if text.startswith("raw capture")] == [
        " File exists",
        " the disk takes it again",
    ]
    (path,) = folder.glob("*.xmcap")
    assert isinstance(read_capture(path)[1][0], Missed)
    shown = xmg("replay", str(path))
    assert shown.status == Status.INCOMPLETE and "refused by the disk" in shown.err


# ---- HTTP


def metrics(daemon: ServedDaemon) -> dict[str | tuple[str, ...], float]:
    """Values by name, or by name and the values of the labels."""
    from prometheus_client.parser import text_string_to_metric_families

    _, text, _ = fetch(daemon.server.url + "metrics")
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return {(s.name, *s.labels.values()) if s.labels else s.name: s.value for s in samples}


@pytest.fixture
def web(served: Served, tmp_path: Path) -> Iterator[ServedDaemon]:
    """A daemon with HTTP at a free port."""
    with ServedDaemon(served.url, tmp_path / "socket", http="127.0.0.1:0") as daemon:
        yield daemon


def fetch(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=HANG_S) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def talk(url: str, *objects: object, origin: str | None = None) -> list[dict[str, Any]]:
    """Sends the objects over /ws one after the other; gives the end of each call."""
    import aiohttp

    async def run() -> list[dict[str, Any]]:
        ends = []
        headers = {"Origin": origin} if origin else {}
        async with aiohttp.ClientSession() as http:
            async with http.ws_connect(url + "ws", headers=headers) as socket:
                for told in objects:
                    await socket.send_json(told)
                    while True:
                        answer = await asyncio.wait_for(socket.receive_json(), 10)
                        if "result" in answer or "error" in answer:
                            ends.append(answer)
                            break
        return ends

    return asyncio.run(run())


def test_metrics_are_prometheus_text(web: ServedDaemon, board: FakeBoard) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    with client(web) as mine:
        mine.hello()
    status, text, headers = fetch(web.server.url + "metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["xmg_link_up"].samples[0].value == 1
    assert families["xmg_link_up"].samples[0].labels == {"link": web.server.link.state.url}
    assert families["xmg_board_boot_id"].samples[0].value == board.boot_id
    refused = {
        (s.labels["end"], s.labels["cause"]): s.value
        for s in families["xmg_link_refused_frames"].samples
    }
    assert refused["ground", "crc"] == 0


def test_metrics_follow_the_rules_of_their_names(served: Served, tmp_path: Path) -> None:
    """https://prometheus.io/docs/practices/naming: base units, _total for counters and for nothing
    else, HELP and TYPE before the samples, buckets that only grow."""
    from prometheus_client.parser import text_string_to_metric_families

    with ServedDaemon(
        served.url,
        tmp_path / "socket",
        http="127.0.0.1:0",
        archive=str(tmp_path / "archive.db"),
        capture=tmp_path / "capture",
        turn_s=0.01,
    ) as daemon:
        until(lambda: daemon.server.gatherer.state.turn_us > 0)
        _, text, _ = fetch(daemon.server.url + "metrics")
    families = list(text_string_to_metric_families(text))
    names = [measure.name for measure in METRICS]
    shown = [f.name + ("_total" if f.type == "counter" else "") for f in families]
    assert shown == [name for name in names if name != "xmg_board_ethernet_errors_total"]
    assert len(set(names)) == len(names)
    for measure in METRICS:
        assert re.fullmatch(r"xmg(_[a-z]+)+", measure.name)
        assert measure.name.endswith("_total") == (measure.kind == "counter")
        assert not re.search(r"_(us|ms|micro|milli|kib|mib|percent|ppm)(_|$)", measure.name)
    for family in families:
        assert family.documentation.endswith(".") and family.type != "unknown"
        series = [(s.name, tuple(sorted(s.labels.items()))) for s in family.samples]
        assert len(set(series)) == len(series)
        for sample in family.samples:
            assert sample.value >= 0 or family.name == "xmg_clock_drift_ratio"
        if family.type == "histogram":
            counts = [s.value for s in family.samples if s.name.endswith("_bucket")]
            total = [s.value for s in family.samples if s.name.endswith("_count")]
            assert counts == sorted(counts) and total == counts[-1:] and counts[-1] > 0


def test_metrics_tell_what_happened(served: Served, board: FakeBoard, tmp_path: Path) -> None:
    board.logs[pb.BOOK_HM, 0].capacity = 3
    board.fill_hm(5)
    board.fill_trace(1, 2)
    with ServedDaemon(
        served.url,
        tmp_path / "socket",
        http="127.0.0.1:0",
        archive=str(tmp_path / "archive.db"),
        turn_s=0.01,
    ) as daemon:
        until(lambda: daemon.server.gatherer.state.rows == 5)
        board.fill_hm(6)
        until(lambda: daemon.server.gatherer.state.gaps == 2)  # before the first reading, and now
        until(lambda: daemon.server.gatherer.state.filed_by_book["hm"] == 6)
        values = metrics(daemon)
        with client(daemon) as mine:
            mine.extra("lease.take", {"holder": "alice", "seconds": 60})
            assert values["xmg_lease_held"] == 0 and metrics(daemon)["xmg_lease_held"] == 1
    assert values["xmg_gathered_rows_total", "hm"] == values["xmg_archive_rows_total", "hm"] == 6
    assert values["xmg_archive_rows_total", "trace"] == 2
    assert values["xmg_gathered_gaps_total", "overwritten on board"] == 2
    assert values["xmg_gathered_gaps_total", "lost on link"] == 0
    assert values["xmg_link_refused_frames_total", "crc", "board"] == 2
    assert values["xmg_board_dropped_bytes_total"] == 0 and values["xmg_archive_waiting"] == 0
    assert values["xmg_capture_up"] == 0 and "xmg_capture_bytes_total" not in values
    # The ground's clock stands still in these tests: the board's is at 12 s and more.
    offset_s = GROUND_TIME_US / 1e6 - values["xmg_clock_offset_seconds"]
    assert 12 <= offset_s < 60 and 0 < values["xmg_clock_error_seconds"] < 10
    assert values["xmg_round_trip_seconds_count"] >= 5 and values["xmg_link_up", served.url] == 1


def test_documentation_has_the_table_of_metrics() -> None:
    """XMG_UPDATE_GOLDEN=1 writes it."""
    path = XMG.parents[1] / "docs" / "daemon.md"
    text = path.read_text()
    begin = text.index("| metric | type |")
    end = text.index("\n\n", begin) + 1
    if os.environ.get("XMG_UPDATE_GOLDEN"):
        path.write_text(text[:begin] + table() + text[end:])
        text = path.read_text()
    assert table() in text


def test_what_is_sent_is_json_for_others_than_python(web: ServedDaemon) -> None:
    """A page's JSON.parse takes no Infinity."""
    with socket.socket(socket.AF_UNIX) as mine:
        mine.connect(str(web.path))
        mine.sendall(b'{"id": 1, "call": "status"}\n')
        line = mine.makefile().readline()

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    assert json.loads(line, parse_constant=refuse)["result"]["round_trips"]["buckets"]


def test_websocket_has_the_same_calls(web: ServedDaemon, board: FakeBoard) -> None:
    (parts,) = talk(web.server.url, {"id": 1, "call": "partitions"})
    assert [part["name"] for part in parts["result"]] == board.names
    (bad,) = talk(web.server.url, {"id": 1, "call": "exit"})
    assert bad["error"]["status"] == Status.USAGE


def test_websocket_commands_need_the_token(web: ServedDaemon, board: FakeBoard) -> None:
    command = {"id": 3, "call": "switch_plan", "args": {"plan": 1}, "holder": "mallory"}
    lease = {"id": 2, "call": "lease.take", "args": {"holder": "mallory", "seconds": 9}}
    wrong = {"id": 1, "call": "auth", "args": {"token": "guess"}}
    ends = talk(web.server.url, command, lease, wrong, command | {"id": 4})
    assert [end["error"]["status"] for end in ends] == [Status.AUTHENTICATION] * 4
    assert board.executed == []
    file = web.path.with_name("socket.token")
    assert file.stat().st_mode & 0o777 == 0o600
    right = {"id": 1, "call": "auth", "args": {"token": file.read_text().strip()}}
    ends = talk(web.server.url, right, lease, command)
    assert all("result" in end for end in ends) and len(board.executed) == 1


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_pages_of_other_sites_get_nothing(origin: str, web: ServedDaemon) -> None:
    import aiohttp

    with pytest.raises(aiohttp.WSServerHandshakeError):
        talk(web.server.url, {"id": 1, "call": "partitions"}, origin=origin)
    assert fetch(web.server.url + "metrics", Origin=origin)[0] == 403
    own = web.server.url.rstrip("/")
    assert talk(web.server.url, {"id": 1, "call": "status"}, origin=own)[0]["result"]["http"]


def test_names_that_others_point_here_get_nothing(web: ServedDaemon) -> None:
    port = web.server.url.rstrip("/").rpartition(":")[2]
    for host in (f"evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:x", ""):
        assert fetch(web.server.url + "metrics", Host=host)[0] in (400, 403), host
    assert fetch(web.server.url, Host=f"localhost:{port}")[0] == 200


def test_page_may_load_nothing_from_elsewhere(web: ServedDaemon) -> None:
    status, _, headers = fetch(web.server.url)
    policy = headers["Content-Security-Policy"]
    assert status == 200 and "default-src 'self'" in policy
    assert "unsafe" not in policy and "ws:" not in policy and "*" not in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert fetch(web.server.url + "../daemon/http.py")[0] == 404


def test_library_of_the_plots_is_debians_or_named(
    web: ServedDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xmground.daemon import http

    monkeypatch.setattr(http, "CHART", tmp_path / "chart.js")
    status, text, _ = fetch(web.server.url + "chart.js")
    assert status == 404 and "Install libjs-chart.js" in text
    (tmp_path / "chart.js").write_text("the library")
    assert fetch(web.server.url + "chart.js")[:2] == (200, "the library")


def test_http_address_that_cannot_be_used(served: Served, xmg: Xmg, tmp_path: Path) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    for address in ("nonsense", "h:70000", f"127.0.0.1:{port}"):
        result = xmg("serve", "--socket", str(tmp_path / "s"), "--http", address)
        assert result.status == Status.USAGE and "--http" in result.err, result.err
    assert not (tmp_path / "s").exists()
    taken.close()


# ---- gathering


@pytest.fixture
def gathering(served: Served, tmp_path: Path) -> Iterator[ServedDaemon]:
    """A daemon with an archive, that asks for what is new all the time."""
    url = str(tmp_path / "archive.db")
    with ServedDaemon(served.url, tmp_path / "socket", archive=url, turn_s=0.01) as daemon:
        yield daemon


def test_logs_are_gathered_into_the_archive(gathering: ServedDaemon, board: FakeBoard) -> None:
    board.fill_hm(50)
    board.fill_trace(1, 20)
    board.print(1, b"P1: one\nP1: two\n")
    mine = connection(gathering)

    def numbers(book: str) -> list[int]:
        rows = mine.call("archive.query", {"books": [book], "order": "number"}, 10)
        return [row["seq"] for row in rows]

    until(lambda: gathering.server.gatherer.state.turn_us > 0)
    until(lambda: numbers("hm") == list(range(1, 51)))
    until(lambda: len(numbers("trace")) == 20 and len(numbers("console")) == 2)
    board.fill_hm(5)
    until(lambda: numbers("hm") == list(range(1, 56)))
    rows = mine.call("archive.query", {"filter": "seq=55 and book=hm"}, 10)
    assert len(rows) == 1 and rows[0]["target"] == "demo" and rows[0]["partition_name"] == "P1"
    health = mine.call("health", {}, 10)
    assert health["board"][0][1]["budget_bytes"] == 256 and health["ground"]
    stored = mine.call("health", {"since": "boot+0s"}, 10)
    assert stored["board"][0] == health["board"][0]  # of the same microsecond one is kept
    assert health["ground"][0][1]["round_trip_us"] > 0
    newest = health["board"][-1][0]
    assert all(at > newest for at, _ in mine.call("health", {"after": newest}, 10)["board"])
    with pytest.raises(UsageError, match="after is a number"):
        mine.call("health", {"after": "x"}, 10)
    state = mine.call("status", {}, 10)["gather"]
    assert state["gaps"] == state["conflicts"] == 0 and state["archive_error"] is None
    mine.close()


def test_boards_of_one_name_share_an_archive_under_targets_of_their_own(
    board: FakeBoard, served: Served, tmp_path: Path
) -> None:
    other = FakeBoard()
    board.fill_hm(3)
    other.fill_hm(5, event=6)
    second = Served(other)
    with ExitStack() as stack:
        for name, url in (("A", served.url), ("B", second.url)):
            daemon = ServedDaemon(
                url,
                tmp_path / name,
                archive=str(tmp_path / "archive.db"),
                turn_s=0.01,
                target=name,
            )
            mine = connection(stack.enter_context(daemon))
            until(lambda: daemon.server.gatherer.state.turn_us > 0)
            told = mine.call("status", {}, 10)["gather"]
            assert told["target"] == name and told["conflicts"] == told["gaps"] == 0
            mine.close()
        mine = connection(daemon)
        rows = mine.call("archive.query", {"books": ["hm"], "order": "number"}, 10)
        mine.close()
    second.close()
    assert [row["target"] for row in rows] == ["A"] * 3 + ["B"] * 5


def test_gathering_stops_asking_for_what_it_has(gathering: ServedDaemon, board: FakeBoard) -> None:
    board.fill_hm(10)
    until(lambda: gathering.server.gatherer.state.rows == 10)
    before = board.requests.count("log_read")
    seen = board.requests.count("book_list")
    until(lambda: board.requests.count("book_list") >= seen + 10)
    assert board.requests.count("log_read") <= before + 1


def test_following_with_a_filter(gathering: ServedDaemon, board: FakeBoard) -> None:
    mine = connection(gathering)
    number = mine.start("follow", {"books": ["hm", "trace"], "filter": "part=P1 and seq>=2"})
    assert mine.receive(10) == {"id": number, "following": True}
    board.fill_hm(3)
    board.fill_hm(1, partition=2)
    board.print(1, b"no\n")
    board.fill_trace(1, 2)
    rows = [mine.receive(10)["row"] for _ in range(3)]
    assert sorted((row["book"], row["seq"]) for row in rows) == [("hm", 2), ("hm", 3), ("trace", 2)]
    stop = mine.start("stop", {"call": number})
    ends = [mine.receive(10) for _ in range(2)]
    assert {end["id"] for end in ends} == {number, stop} and all("result" in end for end in ends)
    with pytest.raises(UsageError, match="sve"):
        mine.call("follow", {"filter": "sve=1"}, 10)
    with pytest.raises(UsageError, match="books is a list"):
        mine.call("follow", {"books": ["log"]}, 10)
    mine.close()


@pytest.mark.parametrize("step_us", [3_600_000_000, -3_600_000_000])
def test_step_of_the_clock_counts_from_the_next_row_on(
    served: Served, board: FakeBoard, tmp_path: Path, step_us: int
) -> None:
    """And not only when the board's clock is asked for the next time. A row that is filed just then
    may be without UTC, but has none of the clock of before."""
    began, now_us = time.monotonic(), [GROUND_TIME_US]

    def clock_us() -> int:
        return now_us[0] + round((time.monotonic() - began) * 1e6)

    with ServedDaemon(
        served.url,
        tmp_path / "socket",
        archive=str(tmp_path / "archive.db"),
        turn_s=0.01,
        clock_us=clock_us,
    ) as daemon:
        gatherer = daemon.server.gatherer
        until(lambda: bool(gatherer.state.turn_us) and not gatherer._pings_left)
        mine = connection(daemon)
        mine.start("follow", {"books": ["hm"]})
        mine.receive(10)
        now_us[0] += step_us
        for _ in range(2):
            board.fill_hm(1)
            row = mine.receive(10)["row"]
            assert abs(row["received_us"] - clock_us()) < 60_000_000
            assert row["utc_us"] is None or abs(row["utc_us"] - clock_us()) < 60_000_000
            turned_us = gatherer.state.turn_us
            until(lambda: gatherer.state.turn_us != turned_us)
        assert row["utc_us"] is not None
        mine.close()


def test_followers_see_gaps_whatever_the_filter(gathering: ServedDaemon, board: FakeBoard) -> None:
    board.logs[pb.BOOK_HM, 0].capacity = 3
    board.fill_hm(3)
    until(lambda: gathering.server.gatherer.state.rows == 3)
    mine = connection(gathering)
    mine.start("follow", {"filter": "part=nobody"})
    mine.receive(10)
    board.fill_hm(6)
    row = mine.receive(10)["row"]
    assert row["kind"] == "gap" and row["gap"] == "overwritten on board" and row["first"] == 4
    mine.close()


def test_followers_see_a_new_life_that_repeats_the_old_one(
    served: Served, board: FakeBoard, tmp_path: Path
) -> None:
    """A board that forgets its boot id uses the same numbers again."""
    board.now_us = 7_200_000_000
    url = str(tmp_path / "archive.db")
    with ServedDaemon(
        served.url, tmp_path / "socket", archive=url, turn_s=0.01, clock_us=utc_us
    ) as daemon:
        mine = connection(daemon)
        mine.start("follow", {"books": ["console"]})
        mine.receive(10)
        board.print(1, b"starts\n")
        assert mine.receive(10)["row"]["text"] == "starts\n"
        board.power_cycle()
        board.print(1, b"starts\n")
        assert mine.receive(10)["row"]["gap"] == "board rebooted"
        assert mine.receive(10)["row"]["text"] == "starts\n"
        mine.close()


def test_commands_and_their_stages_are_filed(gathering: ServedDaemon, board: FakeBoard) -> None:
    until(lambda: gathering.server.gatherer.state.turn_us > 0)
    with client(gathering, "alice") as mine:
        mine.switch_plan(1)
        url = gathering.server.gatherer.state.archive
    assert url

    def stages() -> set[str]:
        with Archive.open(url) as archive:
            rows = list(archive.commands())
        assert all(row["sender"] == "alice" for row in rows)
        return {str(row["stage"]) for row in rows}

    until(lambda: stages() == {"sent", "received", "accepted", "started", "completed"})


def test_commands_go_on_without_the_archive(
    served: Served, board: FakeBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked archive delays filing, not commands; and nothing is lost of what waits."""
    monkeypatch.setattr("xmground.daemon.gather.ARCHIVE_RETRY_S", 0.05)
    url = str(tmp_path / "archive.db")
    Archive.open(url).close()
    with ServedDaemon(served.url, tmp_path / "socket", archive=url, turn_s=0.01) as daemon:
        until(lambda: daemon.server.gatherer.state.turn_us > 0)
        lock = sqlite3.connect(url, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        board.fill_hm(2)
        with client(daemon) as mine:
            mine.switch_plan(1)
            assert mine.plans()[1].current == 1
        lock.execute("ROLLBACK")
        lock.close()
        until(lambda: daemon.server.gatherer.state.rows == 2)
    with Archive.open(url) as archive:
        assert [row["seq"] for row in archive.query(["hm"])] == [1, 2]
        assert "completed" in {row["stage"] for row in archive.commands()}


def test_broken_archive_is_told_and_followers_are_served(
    served: Served, board: FakeBoard, tmp_path: Path, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it can be used, what came meanwhile is filed."""
    monkeypatch.setattr("xmground.daemon.gather.ARCHIVE_RETRY_S", 0.05)
    path = tmp_path / "archive.db"
    path.write_bytes(b"this is no database" * 100)
    with ServedDaemon(served.url, tmp_path / "socket", archive=str(path), turn_s=0.01) as daemon:
        until(lambda: daemon.server.gatherer.state.archive_error is not None)
        told = xmg("serve", "status", link=daemon.link).out
        assert "NOT FILING" in told and "xmg archive check" in told
        mine = connection(daemon)
        mine.start("follow", {"books": ["hm"]})
        mine.receive(10)
        assert xmg("part", "halt", "P1", "--yes", link=daemon.link).status == Status.DONE
        board.fill_hm(2)
        assert [mine.receive(10)["row"]["seq"] for _ in range(2)] == [1, 2]
        path.unlink()
        until(lambda: daemon.server.gatherer.state.archive_error is None)
        board.fill_hm(1)
        assert mine.receive(10)["row"]["seq"] == 3  # and none of the others twice
        mine.close()
        mine = connection(daemon)
        until(lambda: len(mine.call("archive.query", {"books": ["hm"]}, 10)) == 3)
        mine.close()
    with Archive.open(str(path)) as archive:
        assert "completed" in {row["stage"] for row in archive.commands()}


def test_gathering_goes_on_after_resets(board: FakeBoard, tmp_path: Path, quick: None) -> None:
    cable = Cable(board)
    rng = random.Random(7)
    board.fill_hm(30)
    url = str(tmp_path / "archive.db")
    with ServedDaemon(
        "tcp:h:1", tmp_path / "socket", connect=cable.connect, archive=url, turn_s=0.002
    ) as daemon:
        for _ in range(20):
            if rng.random() < 0.5:
                cable.break_in = rng.randrange(1, 60)
                time.sleep(0.02)
                cable.plugged = True
            else:
                board.reboot()
            board.fill_hm(rng.randrange(1, 5))
        cable.break_in, cable.plugged = None, True
        wanted = board.logs[pb.BOOK_HM, 0].next - 1
        mine = connection(daemon)

        def numbers() -> list[int]:
            rows = mine.call("archive.query", {"books": ["hm"], "order": "number"}, 10)
            return [row["seq"] for row in rows if row["kind"] != "gap"]

        until(lambda: sorted(numbers()) == list(range(1, wanted + 1)))
        mine.close()


def test_timeline_of_slots(gathering: ServedDaemon, board: FakeBoard) -> None:
    mine = connection(gathering)
    until(lambda: len(gathering.server.gatherer.planned) == 3)
    empty = mine.call("timeline", {}, 10)
    assert empty["traced"] is False and empty["frames"] == []
    assert empty["planned"][0]["plan"]["name"] == "nominal" and len(empty["planned"]) == 3
    assert empty["planned"][0]["slots"][0]["duration_us"] == 200_000
    board.fill_trace(255, 1, system=1, code=0x20B, partition=255, payload=(0, 0, 0, 0))
    until(lambda: len(gathering.server.gatherer.slots) == 1)
    told = mine.call("timeline", {"seconds": 10}, 10)
    assert told["traced"] and len(told["frames"]) == 1
    (slot,) = told["frames"][0]["slots"]
    assert slot["state"] == "seen" and slot["end_us"] == slot["start_us"] + 200_000
    for seconds in (0, "x", 1e9):
        with pytest.raises(UsageError):
            mine.call("timeline", {"seconds": seconds}, 10)
    mine.close()


def test_events_of_the_board_are_told_and_filed(gathering: ServedDaemon, board: FakeBoard) -> None:
    """They come in the middle of anything that is asked."""
    mine = connection(gathering)
    mine.start("follow", {"books": ["event"]})
    mine.receive(10)
    sent = 0

    def send(operation: str) -> bool:
        nonlocal sent
        sent += 1
        event = pb.Event(
            seq=sent,
            board_time_us=board.now_us,
            boot_id=board.boot_id,
            plan_switched=pb.PlanState(current=1),
        )
        board.send("event", event)
        return False

    board.faults.reboot_at = send
    rows = [mine.receive(10)["row"] for _ in range(10)]
    board.faults.reboot_at = lambda operation: False
    assert [row["seq"] for row in rows] == list(range(rows[0]["seq"], rows[0]["seq"] + 10))
    assert {(row["event_name"], row["target"]) for row in rows} == {("PLAN_SWITCHED", "demo")}
    assert rows[-1]["utc_error_us"] is not None
    mine.close()
    mine = connection(gathering)
    until(lambda: len(mine.call("archive.query", {"books": ["event"]}, 10)) == sent)
    mine.close()


def test_nobody_in_the_links_thread_waits_for_it(gathering: ServedDaemon) -> None:
    """That would be for ever."""
    with client(gathering) as mine:
        board = gathering.server.gatherer._board
        gathering.server.link.client.plans = lambda: board.ping()  # type: ignore[method-assign]
        with pytest.raises(XmgError, match="failed in the daemon itself"):
            mine.plans()


@pytest.mark.parametrize(
    "args, words",
    [
        ({"limit": 0}, "limit"),
        ({"limit": 10**9}, "limit"),
        ({"since": "sometime"}, "sometime"),
        ({"filter": "x=1"}, "x"),
        ({"sql": "1"}, "args.sql is unknown"),
        ({"books": "hm"}, "books is a list"),
        ({"order": "random"}, "order"),
        ({"first": "x"}, "first"),
    ],
)
def test_questions_that_are_none(args: dict[str, Any], words: str, gathering: ServedDaemon) -> None:
    mine = connection(gathering)
    with pytest.raises(UsageError, match=words):
        mine.call("archive.query", args, 10)
    mine.close()


def test_daemon_without_an_archive_says_so(daemon: ServedDaemon) -> None:
    mine = connection(daemon)
    with pytest.raises(UsageError, match="no archive"):
        mine.call("archive.query", {}, 10)
    assert mine.call("health", {}, 10) == {"board": [], "ground": []}
    mine.close()


def test_following_without_an_archive(served: Served, board: FakeBoard, tmp_path: Path) -> None:
    with ServedDaemon(served.url, tmp_path / "socket", turn_s=0.01) as daemon:
        mine = connection(daemon)
        mine.start("follow", {"books": ["console"]})
        mine.receive(10)
        board.print(2, b"one\n")
        assert mine.receive(10)["row"]["text"] == "one\n"
        board.print(2, b"two\n")
        assert mine.receive(10)["row"]["text"] == "two\n"
        mine.close()


def test_documentation_names_every_call(daemon: ServedDaemon) -> None:
    text = (XMG.parents[1] / "docs" / "daemon.md").read_text()
    table = text[text.index("| call | answers |") : text.index("## HTTP")]
    own = Peer(daemon.server, "test")._own_calls
    assert [name for name in (*CALLS, *own) if f"`{name}`" not in table] == []
