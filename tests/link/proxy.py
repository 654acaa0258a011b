#!/usr/bin/python3
"""A bad line between a console and a target: a proxy that damages what passes, from a seed.

    proxy.py --listen tcp:127.0.0.1:5600 --target tcp:127.0.0.1:5500 --ber 1e-4 --seed 7
    proxy.py --listen pty --target unix:/tmp/board.sock --baud 115200 --drop 0.01
    proxy.py --listen udp:127.0.0.1:5602 --target udp:127.0.0.1:5501 --duplicate 0.1 --reorder 0.1

Then point the console at the proxy: xmg --link tcp:127.0.0.1:5600 hm read. Knobs act in both
directions; `--up ber=0,drop=0.2` and `--down ...` change them for one (up: console to target).
The same seed and the same bytes get the same damage. At its end (Ctrl-C, SIGTERM, --seconds) it
prints what it did as JSON.

noise.py tells what each knob does. docs/tests.md has an example for each.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import os
import select
import signal
import socket
import sys
import termios
import time
import tty
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol

from noise import Datagrams, Knobs, Stream, Way

READ_BYTES = 65536
TEXT_PAUSE_S = 0.2  # bytes behind the last zero are text when nothing has followed for so long
OPEN_PAUSE_S = 0.2  # between two tries to reach the target
LONGEST_WAIT_S = 0.5


class ProxyError(Exception):
    """An end cannot be opened; the text says which, and what to do."""


class End(Protocol):
    """One of the two sides."""

    def handles(self) -> list[int]:
        """File descriptors that have something to say when they are readable."""

    def read(self) -> bytes:
        """What has arrived: bytes of a stream, or one datagram; nothing if there is none."""

    def write(self, data: bytes) -> None:
        """Passes on bytes, or one datagram; nobody there: they are lost."""

    def close(self) -> None:
        """Gives everything back."""


class StreamSocket:
    """A stream socket that waits for a console, or reaches for the target, again and again."""

    def __init__(self, name: str, family: int, address: Any, listens: bool) -> None:
        self._name, self._family, self._address = name, family, address
        self._listener = socket.socket(family) if listens else None
        self._peer: socket.socket | None = None
        self._next_try = 0.0
        if self._listener:
            if family != socket.AF_UNIX:
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                self._listener.bind(address)
            except OSError as error:
                raise ProxyError(f"cannot listen on {name}: {error.strerror}") from error
            self._listener.listen(1)

    def handles(self) -> list[int]:
        """See End."""
        self._reach()
        if self._peer:
            return [self._peer.fileno()]
        return [self._listener.fileno()] if self._listener else []

    def _reach(self) -> None:
        if self._peer or self._listener or time.monotonic() < self._next_try:
            return
        self._next_try = time.monotonic() + OPEN_PAUSE_S
        sock = socket.socket(self._family)
        sock.settimeout(2.0)
        try:
            sock.connect(self._address)
        except OSError:
            sock.close()
            return
        self._adopt(sock)

    def _adopt(self, sock: socket.socket) -> None:
        sock.setblocking(True)
        if self._family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer = sock

    def read(self) -> bytes:
        """See End."""
        if self._peer is None:
            if self._listener:
                self._adopt(self._listener.accept()[0])
            return b""
        with contextlib.suppress(OSError):
            data = self._peer.recv(READ_BYTES)
            if data:
                return data
        self._lose()
        return b""

    def write(self, data: bytes) -> None:
        """See End."""
        if self._peer:
            try:
                self._peer.sendall(data)
            except OSError:
                self._lose()

    def _lose(self) -> None:
        if self._peer:
            self._peer.close()
        self._peer = None

    def close(self) -> None:
        """See End."""
        self._lose()
        if self._listener:
            self._listener.close()
            if self._family == socket.AF_UNIX:
                os.unlink(str(self._address))


class Terminal:
    """A serial device, or a new pseudo terminal whose other end the console opens."""

    def __init__(self, path: str | None, baud: int) -> None:
        """path None: a new one; `name` is then its other end."""
        if path is None:
            self._fd, self._other = os.openpty()
            self.name = os.ttyname(self._other)
            tty.setraw(self._other)
            return
        self.name, self._other = path, -1
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(self._fd)
            speed = getattr(termios, f"B{baud or 115200}")
            settings = termios.tcgetattr(self._fd)
            settings[4] = settings[5] = speed
            termios.tcsetattr(self._fd, termios.TCSANOW, settings)
        except (OSError, termios.error, AttributeError) as error:
            raise ProxyError(f"cannot open {path}: {error}: check the path, or --baud") from error

    def handles(self) -> list[int]:
        """See End."""
        return [self._fd]

    def read(self) -> bytes:
        """See End."""
        try:
            return os.read(self._fd, READ_BYTES)
        except OSError as error:
            if error.errno != errno.EIO:  # nobody has the other end open
                raise
            return b""

    def write(self, data: bytes) -> None:
        """See End."""
        while data:
            data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        """See End."""
        os.close(self._fd)
        if self._other >= 0:
            os.close(self._other)


class Datagram:
    """A UDP socket: bound, answering whoever spoke last, or to one address."""

    def __init__(self, name: str, host: str, port: int, listens: bool) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._to: tuple[str, int] | None = None if listens else (host, port)
        self._listens = listens
        if listens:
            try:
                self._socket.bind((host, port))
            except OSError as error:
                raise ProxyError(f"cannot listen on {name}: {error.strerror}") from error
        self._socket.setblocking(False)

    def handles(self) -> list[int]:
        """See End."""
        return [self._socket.fileno()]

    def read(self) -> bytes:
        """See End."""
        try:
            data, sender = self._socket.recvfrom(READ_BYTES)
        except OSError:  # refused, or dropped for its check sum
            return b""
        if self._listens:
            self._to = sender
        return data

    def write(self, data: bytes) -> None:
        """See End."""
        if self._to:
            with contextlib.suppress(OSError):
                self._socket.sendto(data, self._to)

    def close(self) -> None:
        """See End."""
        self._socket.close()


def open_end(url: str, listens: bool, baud: int) -> tuple[End, bool]:
    """The end that a URL names, and whether it moves datagrams. Raises ProxyError."""
    scheme, _, rest = url.partition(":")
    host, _, port = rest.rpartition(":")
    if scheme in ("tcp", "udp") and host and port.isdecimal():
        if scheme == "udp":
            return Datagram(url, host, int(port), listens), True
        return StreamSocket(url, socket.AF_INET, (host, int(port)), listens), False
    if scheme == "unix" and rest:
        return StreamSocket(url, socket.AF_UNIX, rest, listens), False
    if url == "pty" and listens:
        return Terminal(None, baud), False
    if scheme in ("serial", "pty") and rest and not listens:
        return Terminal(rest, baud), False
    raise ProxyError(
        f"{url!r} names no end: use tcp:HOST:PORT, udp:HOST:PORT, unix:PATH; also pty for "
        "--listen, and serial:PATH for --target"
    )


@dataclass
class Lane:
    """One direction."""

    way: Way
    source: End
    sink: End
    last_in: float = 0.0

    def take(self, now: float) -> None:
        """Something may have arrived at the source."""
        data = self.source.read()
        if data:
            self.way.push(data, now)
            self.last_in = now

    def pass_on(self, now: float) -> None:
        """What is due goes to the sink."""
        if now - self.last_in > TEXT_PAUSE_S:
            self.way.flush(now)
        for data in self.way.due(now):
            self.sink.write(data)


class Proxy:
    """Both directions between two ends."""

    def __init__(
        self, console: End, target: End, datagrams: bool, seed: str, up: Knobs, down: Knobs
    ) -> None:
        kind: Callable[[str, Knobs], Way] = Datagrams if datagrams else Stream
        self.up = Lane(kind(f"{seed} up", up), console, target)
        self.down = Lane(kind(f"{seed} down", down), target, console)
        self._begin = time.monotonic()
        self._stopped = False

    def stop(self) -> None:
        """run() returns soon. For signal handlers and other threads."""
        self._stopped = True

    def run(self, seconds: float = float("inf")) -> None:
        """Passes on until the time is over or stop() was called."""
        while not self._stopped and self._now() < seconds:
            self._step(min(LONGEST_WAIT_S, seconds - self._now()))

    def _now(self) -> float:
        return time.monotonic() - self._begin

    def _step(self, longest_s: float) -> None:
        lanes = (self.up, self.down)
        by_handle = {handle: lane for lane in lanes for handle in lane.source.handles()}
        dues = [due for lane in lanes if (due := lane.way.next_due()) is not None]
        wait = min([longest_s, TEXT_PAUSE_S / 2, *(due - self._now() for due in dues)])
        ready = select.select(list(by_handle), [], [], max(0.0, wait))[0]
        for handle in ready:
            by_handle[handle].take(self._now())
        for lane in lanes:
            lane.pass_on(self._now())

    def report(self) -> dict[str, dict[str, int]]:
        """What was done, in each direction."""
        return {
            "up": self.up.way.statistics.as_dict(),
            "down": self.down.way.statistics.as_dict(),
        }


HELP = {
    "ber": "probability that a data bit is turned round",
    "burst_rate": "bursts begun per byte",
    "burst_bytes": "mean length of a burst",
    "drop": "probability that a frame or datagram is lost",
    "duplicate": "that it arrives twice",
    "reorder": "that it is overtaken",
    "reorder_s": "how long it is then held back",
    "stall_rate": "stalls begun per byte (stream) or datagram",
    "stall_s": "how long nothing arrives then",
    "black_out_s": "nothing gets through for so long ...",
    "black_out_at_s": "... from this moment after the start on",
    "baud": "pace of the line, 10 bits a byte; 0: none",
    "delay_s": "travelling time",
    "deliver_damaged": "datagrams with bit errors arrive",
}


def changed(knobs: Knobs, text: str) -> Knobs:
    """The knobs with the changes of `name=value,name=value`. Raises ProxyError."""
    kinds = {field.name: type(getattr(knobs, field.name)) for field in fields(Knobs)}
    values: dict[str, object] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        name = name.strip().replace("-", "_")
        if name not in kinds:
            raise ProxyError(f"there is no knob {name!r}: use {', '.join(kinds)}")
        try:
            values[name] = bool(int(value)) if kinds[name] is bool else kinds[name](value)
        except ValueError as error:
            raise ProxyError(f"{part!r}: {value!r} is no number") from error
    try:
        return replace(knobs, **values)  # type: ignore[arg-type]
    except ValueError as error:
        raise ProxyError(str(error)) from error


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listen", required=True, metavar="URL", help="where the console connects")
    parser.add_argument("--target", required=True, metavar="URL", help="where the target is")
    parser.add_argument("--seed", default="1", help="of all damage; default 1")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--report", type=Path, metavar="FILE", help="the JSON goes there instead")
    parser.add_argument("--up", default="", metavar="KNOBS", help="other values, console to target")
    parser.add_argument(
        "--down", default="", metavar="KNOBS", help="other values, target to console"
    )
    group = parser.add_argument_group("knobs")
    for field in fields(Knobs):
        flag = "--" + field.name.replace("_", "-")
        text = f"{HELP[field.name]} (default {field.default})"
        if isinstance(field.default, bool):
            group.add_argument(flag, action="store_true", help=HELP[field.name])
        else:
            group.add_argument(
                flag, type=type(field.default), default=field.default, metavar="N", help=text
            )
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Runs the proxy; 0, or 2 with a message when an end or a knob cannot be had."""
    options = arguments(argv)
    ends: list[End] = []
    try:
        both = changed(Knobs(), "")
        for field in fields(Knobs):
            value = getattr(options, field.name)
            both = (
                changed(both, f"{field.name}={int(value) if value is True else value}")
                if value
                else both
            )
        up, down = changed(both, options.up), changed(both, options.down)
        console, datagrams = open_end(options.listen, True, both.baud)
        ends.append(console)
        target, other = open_end(options.target, False, both.baud)
        ends.append(target)
        if datagrams != other:
            raise ProxyError("one side is UDP: datagrams need UDP on both sides")
    except ProxyError as error:
        for end in ends:
            end.close()
        print(f"proxy: {error}", file=sys.stderr)
        return 2
    proxy = Proxy(console, target, datagrams, options.seed, up, down)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: proxy.stop())
    name = f"serial:{console.name}" if isinstance(console, Terminal) else options.listen
    print(f"proxy: {name} leads to {options.target}", file=sys.stderr, flush=True)
    try:
        proxy.run(options.seconds)
    finally:
        for end in ends:
            end.close()
    text = json.dumps(proxy.report(), indent=1) + "\n"
    if options.report:
        options.report.write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
