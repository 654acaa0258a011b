"""proxy.py: both directions over each kind of link, and what is told about the damage."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ground"))

import proxy  # noqa: E402
from fake_board import FakeBoard, Served  # noqa: E402
from noise import Knobs, Stream  # noqa: E402
from proxy import Proxy, ProxyError, changed, open_end  # noqa: E402

from xmground.client import Client  # noqa: E402
from xmground.logs import Gap, LogReader  # noqa: E402
from xmground.model import Book  # noqa: E402
from xmground.session import Session  # noqa: E402
from xmground.transport import open_link  # noqa: E402

LONG_S = 20.0  # nothing here waits for it unless something is broken

Start = Callable[..., tuple[str, Proxy]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts proxies in threads: start(listen URL, target URL, up, down); the console's URL."""
    running: list[tuple[Proxy, threading.Thread]] = []

    def begin(listen: str, target: str, up: Knobs, down: Knobs) -> tuple[str, Proxy]:
        console, datagrams = open_end(listen, True, 0)
        made = Proxy(console, open_end(target, False, 0)[0], datagrams, "test", up, down)
        thread = threading.Thread(target=made.run, daemon=True)
        thread.start()
        running.append((made, thread))
        name = getattr(console, "name", "")
        return (f"serial:{name}" if name else listen), made

    yield begin
    for made, thread in running:
        made.stop()
        thread.join(LONG_S)
        made.up.source.close()
        made.down.source.close()


def free_url(scheme: str, tmp_path: Path) -> str:
    """An end that nobody uses."""
    if scheme == "pty":
        return "pty"
    if scheme == "unix":
        return f"unix:{tmp_path}/line"
    kind = socket.SOCK_DGRAM if scheme == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return f"{scheme}:127.0.0.1:{sock.getsockname()[1]}"


def read_log(url: str) -> list:
    """All HM records over that link."""
    session = Session(lambda timeout_s: open_link(url, timeout_s), first_retry_s=0.2)
    with Client(session, LONG_S) as client:
        return list(LogReader(client, Book.HM).read())


@pytest.mark.parametrize("listen", ["tcp", "unix", "pty", "udp"])
def test_a_log_comes_whole_over_a_bad_line(listen: str, start: Start, tmp_path: Path) -> None:
    board = FakeBoard()
    board.fill_hm(60)
    served = Served(board, udp=listen == "udp")
    bad = Knobs(ber=2e-4, drop=0.05, duplicate=0.1, reorder=0.05, reorder_s=0.02)
    url, made = start(free_url(listen, tmp_path), served.url, bad, bad)
    found = read_log(url)
    assert len(found) == 60 and not any(isinstance(item, Gap) for item in found)
    told = made.report()
    assert told["down"]["bits_flipped"] and told["up"]["bytes_in"] and told["down"]["pieces"] > 5
    served.close()


def test_a_serial_target_is_reached(start: Start, tmp_path: Path) -> None:
    board = FakeBoard()
    board.fill_hm(3)
    served = Served(board, pty_link=True)
    url, _ = start(free_url("tcp", tmp_path), served.url, Knobs(), Knobs())
    assert len(read_log(url)) == 3
    served.close()


def test_directions_have_their_own_knobs(start: Start, tmp_path: Path) -> None:
    board = FakeBoard()
    board.fill_hm(3)
    served = Served(board)
    url, made = start(free_url("tcp", tmp_path), served.url, Knobs(), Knobs(duplicate=1.0))
    assert len(read_log(url)) == 3
    assert made.report()["down"]["duplicated"] and not made.report()["up"]["duplicated"]
    served.close()


def test_damage_is_that_of_the_model(start: Start, tmp_path: Path) -> None:
    """What passes the sockets is what noise.Stream makes of the same bytes."""
    down = Knobs(ber=1e-3, burst_rate=1e-4)
    sent = bytes(range(256)) * 40
    model = Stream("test down", down)
    model.push(sent, 0.0)
    expected = b"".join(model.due(0.0))
    with socket.create_server(("127.0.0.1", 0)) as target:
        address = f"tcp:127.0.0.1:{target.getsockname()[1]}"
        url, made = start(free_url("tcp", tmp_path), address, Knobs(), down)
        with socket.create_connection(("127.0.0.1", int(url.split(":")[2]))) as console:
            console.sendall(b"\0here")  # it is there before the target speaks
            peer, _ = target.accept()
            with peer:
                assert peer.recv(100)
                peer.sendall(sent)
                console.settimeout(LONG_S)
                arrived = b""
                while len(arrived) < len(sent):
                    arrived += console.recv(65536)
    assert arrived == expected != sent
    assert made.report()["down"] == model.statistics.as_dict()


def test_a_console_may_come_again(start: Start, tmp_path: Path) -> None:
    board = FakeBoard()
    board.fill_hm(2)
    served = Served(board)
    url, _ = start(free_url("tcp", tmp_path), served.url, Knobs(), Knobs())
    assert len(read_log(url)) == len(read_log(url)) == 2
    served.close()


def test_the_program_reports_at_its_end(tmp_path: Path) -> None:
    board = FakeBoard()
    board.fill_hm(5)
    served = Served(board)
    listen, report = free_url("tcp", tmp_path), tmp_path / "report"
    options = ["--duplicate", "0.5", "--up", "duplicate=0", "--seed", "x", "--report", str(report)]
    command = [sys.executable, proxy.__file__, "--listen", listen, "--target", served.url, *options]
    process = subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr and f"{listen} leads to" in process.stderr.readline()
        assert len(read_log(listen)) == 5
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG_S) == 0
    finally:
        process.kill()
        process.communicate()
    told = json.loads(report.read_text())
    assert told["up"]["bytes_in"] and told["down"]["bytes_out"] and not told["up"]["duplicated"]
    served.close()


@pytest.mark.parametrize(
    "listen, target, options, message",
    [
        ("tcp:127.0.0.1:1x", "tcp:127.0.0.1:1", [], "names no end"),
        ("serial:/dev/null", "tcp:127.0.0.1:1", [], "names no end"),
        ("pty", "serial:/does/not/exist", [], "cannot open"),
        ("udp:127.0.0.1:0", "tcp:127.0.0.1:1", [], "UDP on both sides"),
        ("pty", "tcp:127.0.0.1:1", ["--ber", "2"], "probability"),
        ("pty", "tcp:127.0.0.1:1", ["--down", "bre=1"], "no knob"),
        ("pty", "tcp:127.0.0.1:1", ["--up", "drop=often"], "no number"),
    ],
)
def test_what_cannot_be_done_is_told(
    listen: str,
    target: str,
    options: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert proxy.main(["--listen", listen, "--target", target, *options]) == 2
    assert message in capsys.readouterr().err


def test_an_address_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        with pytest.raises(ProxyError, match="cannot listen"):
            open_end(f"tcp:127.0.0.1:{other.getsockname()[1]}", True, 0)


def test_knobs_change_by_name() -> None:
    knobs = changed(Knobs(ber=0.1, drop=0.2), "ber=0,stall-s=3,baud=9600,deliver_damaged=1")
    assert knobs == Knobs(ber=0.0, drop=0.2, stall_s=3.0, baud=9600, deliver_damaged=True)
