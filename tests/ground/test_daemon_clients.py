"""The daemon against its clients: whatever one of them does, it is told or let go, the others are
served, the link stays, and nothing grows without bound."""

import base64
import json
import os
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import HANG_S, ServedDaemon, until
from fake_board import FakeBoard, Served

from xmground.board import CALLS, COMMANDS
from xmground.daemon import calls as peer_calls
from xmground.daemon import server as daemon_server
from xmground.daemon.calls import Peer
from xmground.remote import Connection, RemoteClient
from xmground.status import Status


@pytest.fixture
def daemon(served: Served, tmp_path: Path) -> Iterator[ServedDaemon]:
    """A daemon that gathers into an archive, with HTTP at a free port."""
    with ServedDaemon(
        served.url,
        tmp_path / "socket",
        http="127.0.0.1:0",
        archive=str(tmp_path / "archive.db"),
        turn_s=0.01,
    ) as daemon:
        yield daemon


def opened(daemon: ServedDaemon) -> socket.socket:
    """A raw connection."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(HANG_S)
    sock.connect(str(daemon.path))
    return sock


def assert_serves(daemon: ServedDaemon) -> None:
    """Others are answered, by the board too."""
    with RemoteClient(daemon.path, HANG_S, holder="other") as other:
        assert len(other.partitions()) == 3
    assert daemon.server.link.is_alive() and daemon.server.gatherer.is_alive()


def line(number: int, call: str, **more: object) -> bytes:
    """A call on the socket."""
    return json.dumps({"id": number, "call": call, **more}).encode() + b"\n"


def test_who_sends_and_never_reads_is_not_read_from(daemon: ServedDaemon) -> None:
    """It may have so much waiting; then it stands, and nobody else."""
    sock = opened(daemon)
    sock.setblocking(False)
    many = b"".join(line(number, "status") for number in range(2000))
    sent = 0
    for _ in range(400):
        try:
            sent += sock.send(many[sent % len(many) :])
        except BlockingIOError:
            time.sleep(0.005)
    (peer,) = daemon.server.peers
    assert peer.is_full
    assert len(peer.outbox) <= peer_calls.MOST_WAITING + peer_calls.MOST_OPEN_CALLS
    assert_serves(daemon)
    sock.settimeout(HANG_S)
    told = sock.makefile("rb")
    for number in range(100):  # what was kept comes, in order
        assert json.loads(told.readline())["id"] == number
    until(lambda: not peer.is_full or len(peer.outbox) > peer_calls.MOST_WAITING)
    sock.close()


def test_large_answers_count_by_their_size(
    daemon: ServedDaemon, board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer_calls, "MOST_WAITING_BYTES", 20_000)
    board.fill_hm(100)
    until(lambda: daemon.server.gatherer.state.filed_by_book["hm"] == 100)
    sock = opened(daemon)
    for number in range(200):
        sock.sendall(line(number, "archive.query", args={"books": ["hm"]}))
    (peer,) = daemon.server.peers
    until(lambda: peer.is_full and peer.outbox.size > 20_000)
    assert_serves(daemon)
    assert peer.outbox.size < 60 * 50_000  # of 200 answers of that size
    sock.close()


def test_follower_that_never_reads_misses_rows_and_no_one_else_does(
    daemon: ServedDaemon, board: FakeBoard
) -> None:
    slow, quick = opened(daemon), Connection(daemon.path)
    slow.sendall(line(1, "follow", args={"books": ["hm"]}))
    quick.start("follow", {"books": ["hm"]})
    assert quick.receive(HANG_S)["following"]
    until(lambda: len(daemon.server.followers) == 2)
    seen = 0
    while seen < 4000:
        board.fill_hm(200)
        for _ in range(200):
            seen += "row" in quick.receive(HANG_S)
    told = slow.makefile("rb")
    until(lambda: any(peer.outbox.dropped_total for peer in daemon.server.peers))
    rows = dropped = 0
    while rows + dropped < 4000:
        answer = json.loads(told.readline())
        rows += "row" in answer
        dropped += answer.get("gap", {}).get("dropped", 0)
    assert rows + dropped == 4000 and dropped > 0
    quick.close()
    slow.close()


def test_a_line_without_end_is_told_and_ends_the_connection(daemon: ServedDaemon) -> None:
    """100 MB: none of it is kept."""
    sock = opened(daemon)
    piece = b"x" * (1 << 20)
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        for _ in range(100):
            sock.sendall(piece)
    error = json.loads(sock.makefile("rb").readline())["error"]
    assert error["status"] == Status.USAGE and "at most" in error["message"]
    assert_serves(daemon)


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b"1" * 900_000,
        b'{"id": 1, "call": "listen", "args": {"wait_s": NaN}}',
        b'{"id": 1, "call": "listen", "args": {"wait_s": -1}}',
        b'{"id": 1, "call": "listen", "args": {"wait_s": Infinity}}',
        b'{"id": 1, "call": "timeline", "args": {"seconds": NaN}}',
        b'{"id": 1, "call": "lease.take", "args": {"holder": "a", "seconds": NaN}}',
        b'{"id": 1, "call": "status", "timeout_s": NaN}',
        b'{"id": 1, "call": "health", "args": {"since": "999999999999d"}}',
        b'{"id": 1, "call": "archive.query", "args": {"since": "999999999999d"}}',
        b'{"id": 1, "call": "archive.query", "args": {"filter": "seq=99999999999999999999"}}',
        b'{"id": 1, "call": "archive.query", "args": {"source": 99999999999999999999}}',
        b'{"id": 1, "call": "slots", "args": {"plan": 1180591620717411303424}}',
        b'{"id": 1, "call": "log_read", "args": {"book": "hm", "source": -1, "from_seq": 1, '
        b'"max_items": 1}}',
        b'{"id": 99999999999999999999, "call": "nothing"}',
        b'{"id": 1, "call": "\\ud800"}',
        '{"id": 1, "call": "status", "args": {"\u0000": "\u2028"}}'.encode(),
    ],
    ids=lambda text: text[:60].decode(),
)
def test_nonsense_is_told(text: bytes, daemon: ServedDaemon) -> None:
    """As what it is, not as a fault of the daemon."""
    sock = opened(daemon)
    sock.sendall(text + b"\n")
    told = sock.makefile("rb")
    answer = json.loads(told.readline())
    while "null_key" in answer or "note" in answer:
        answer = json.loads(told.readline())
    if b"since" in text or b"seq=" in text or b'"status", "args"' in text:
        # A moment before everything, a number that is nowhere: nothing is found.
        assert "result" in answer or answer["error"]["status"] == Status.USAGE, answer
    else:
        assert answer["error"]["status"] == Status.USAGE, answer
    sock.sendall(line(2, "status"))
    assert json.loads(told.readline())["id"] == 2
    sock.close()
    assert_serves(daemon)


ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**31,
    2**70,
    1.5,
    1e308,
    float("nan"),
    "",
    "hm",
    "\x00",
    "é",
]
ODD += [base64.b64encode(b"x").decode(), [], [1], ["hm"], {}, {"id": 1}, [[[[]]]], "x" * 5000]


def test_arguments_of_any_type(daemon: ServedDaemon) -> None:
    """Calls with values drawn at random: each is answered, none is a fault of the daemon."""
    chance = random.Random(6)
    own = [name for name in Peer(daemon.server, "names")._own_calls if name != "follow"]
    names = [name for name in CALLS if name not in COMMANDS] + own
    sock = opened(daemon)
    told = sock.makefile("rb")
    for number in range(600):
        name = chance.choice(names)
        known = ("book", "source", "from_seq", "max_items", "first", "most", "plan", "wait_s")
        known += ("request_id", "boot_id", "since", "books", "filter", "seconds", "call", "token")
        args = {chance.choice(known): chance.choice(ODD) for _ in range(chance.randrange(5))}
        if name == "listen":
            args["wait_s"] = chance.choice([0, 0.0, None, "x"])
        sock.sendall(line(number, name, args=args, timeout_s=2.0))
        while True:
            answer = json.loads(told.readline())
            if answer.get("id") == number and ("result" in answer or "error" in answer):
                break
        message = answer.get("error", {}).get("message", "")
        assert "in the daemon itself" not in message, (name, args, message)
    sock.close()
    assert_serves(daemon)


def test_two_hundred_clients_at_once(daemon: ServedDaemon, board: FakeBoard) -> None:
    board.fill_hm(5)
    clients = [Connection(daemon.path) for _ in range(200)]
    numbers = [client.start("partitions", {}) for client in clients]
    follows = [client.start("follow", {"books": ["hm"]}) for client in clients]
    for client, number, follow in zip(clients, numbers, follows):
        ends: set[int] = set()
        while len(ends) < 2:
            told = client.receive(HANG_S)
            if "result" in told or "following" in told:
                ends.add(told["id"])
        assert ends == {number, follow}
    before = board.logs[1, 0].next
    board.fill_hm(1)
    for client in clients:
        told = client.receive(HANG_S)
        while told["row"]["seq"] != before:
            told = client.receive(HANG_S)
    for client in clients:
        client.close()
    until(lambda: not daemon.server.peers)
    assert_serves(daemon)


def test_one_client_too_many_is_told(daemon: ServedDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon_server, "MOST_CLIENTS", 3)
    clients = [Connection(daemon.path) for _ in range(3)]
    for client in clients:
        client.call("status", {}, HANG_S)
    sock = opened(daemon)
    error = json.loads(sock.makefile("rb").readline())["error"]
    assert error["status"] == Status.OCCUPIED and "3 clients" in error["message"]
    for client in clients:
        client.close()
    until(lambda: not daemon.server.peers)
    assert_serves(daemon)


def test_who_says_no_more_still_gets_the_answers(daemon: ServedDaemon) -> None:
    """As `nc -N` does: one direction is closed, the other waits."""
    sock = opened(daemon)
    sock.sendall(line(1, "partitions") + line(2, "follow") + line(3, "status"))
    sock.shutdown(socket.SHUT_WR)
    told = [json.loads(text) for text in sock.makefile("rb")]
    assert {answer["id"] for answer in told if "result" in answer} == {1, 2, 3}
    until(lambda: not daemon.server.peers)


def test_who_has_gone_is_forgotten_with_what_it_asked(
    daemon: ServedDaemon, board: FakeBoard
) -> None:
    board.faults.silent = True
    sock = opened(daemon)
    sock.sendall(b"".join(line(number, "partitions", timeout_s=60) for number in range(1, 20)))
    until(lambda: daemon.server.link.waiting >= 18)
    sock.close()
    until(lambda: not daemon.server.peers)
    board.faults.silent = False
    assert_serves(daemon)


# ---- over HTTP


def websocket(daemon: ServedDaemon) -> socket.socket:
    """A raw connection to /ws after the handshake: it answers no ping by itself."""
    port = int(daemon.server.url.rstrip("/").rpartition(":")[2])
    sock = socket.create_connection(("127.0.0.1", port), HANG_S)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        "".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    assert head.startswith(b"HTTP/1.1 101")
    return sock


def test_browser_that_has_gone_without_a_word_is_let_go(
    daemon: ServedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its machine was switched off: nothing is closed, and no ping is answered."""
    monkeypatch.setattr("xmground.daemon.http.HEARTBEAT_S", 0.1)
    sock = websocket(daemon)
    until(lambda: any(peer.name.startswith("http") for peer in daemon.server.peers))
    until(lambda: not any(peer.name.startswith("http") for peer in daemon.server.peers))
    sock.close()
    assert_serves(daemon)


@pytest.mark.parametrize(
    "frame", [b"\x81\xff" + b"\x7f" * 8 + b"mask", b"\x82\x81maskx", b"\xff\xff"]
)
def test_frames_that_are_none_end_the_connection(frame: bytes, daemon: ServedDaemon) -> None:
    """A message of 2^63 bytes, a binary one, nonsense."""
    sock = websocket(daemon)
    sock.sendall(frame)
    rest = b""
    while piece := sock.recv(4096):
        rest += piece
        if rest[:1] == b"\x88":
            break
    sock.close()
    until(lambda: not any(peer.name.startswith("http") for peer in daemon.server.peers))
    assert_serves(daemon)


def test_requests_that_are_none(daemon: ServedDaemon) -> None:
    port = int(daemon.server.url.rstrip("/").rpartition(":")[2])
    for text in (
        b"\x00" * 100,
        b"GET " + b"x" * 100_000,
        b"GET / HTTP/1.1\r\nHost: " + b"y" * 99_999,
    ):
        sock = socket.create_connection(("127.0.0.1", port), HANG_S)
        try:
            sock.sendall(text + b"\r\n\r\n")
            assert b" 200 " not in sock.recv(4096)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it was read
        sock.close()
    assert_serves(daemon)
