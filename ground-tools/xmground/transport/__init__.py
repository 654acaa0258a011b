"""Ways to reach a board. A link URL names one: tcp:HOST:PORT, udp:HOST:PORT,
serial:PATH[?baud=N], pty:PATH, unix:PATH."""

from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs

from ..errors import UsageError
from .lock import LinkLock

FORMS = "tcp:HOST:PORT, udp:HOST:PORT, serial:/dev/ttyUSB0?baud=115200, pty:PATH or unix:PATH"

MOST_BAUD = 4_000_000


class Transport(Protocol):
    """Moves bytes, knows nothing of frames. All calls raise LinkUnavailable when the other side is
    gone."""

    datagrams: bool  # each read and write moves one whole frame; else bytes of a stream

    def read(self, timeout_s: float) -> bytes:
        """Bytes that have arrived, at least one unless the time passed without any: then none."""

    def write(self, data: bytes) -> None:
        """Sends all bytes; waits at most a few seconds for a line that is held."""

    def close(self) -> None:
        """Gives the link back. May be called twice."""


def open_link(url: str, timeout_s: float, served_at: Path | None = None) -> Transport:
    """Opens the link named by the URL within the time. served_at: see LinkLock.

    Raises UsageError for a URL that cannot be read, LinkUnavailable when nobody is there,
    LinkOccupied when another client holds it.
    """
    opener = parse_link(url)
    lock = LinkLock(url, served_at)
    try:
        return opener(timeout_s, lock)
    except BaseException:
        lock.release()
        raise


def parse_link(url: str):
    """A function (timeout_s, lock) that opens the link. Raises UsageError naming what is wrong and
    the forms allowed."""
    scheme, _, rest = url.partition(":")
    if scheme == "tcp":
        from .tcp import connect_tcp

        host, port = _host_and_port(url, rest.removeprefix("//"))
        return lambda timeout_s, lock: connect_tcp(host, port, timeout_s, lock)
    if scheme == "udp":
        from .udp import open_udp

        host, port = _host_and_port(url, rest.removeprefix("//"))
        return lambda timeout_s, lock: open_udp(host, port, lock)
    if scheme in ("serial", "pty"):
        return _parse_serial(url, scheme, rest)
    if scheme == "unix" and rest:
        from .tcp import connect_unix

        return lambda timeout_s, lock: connect_unix(rest, timeout_s, lock)
    raise UsageError(f"--link {url!r}: unknown kind of link; use {FORMS}")


def _host_and_port(url: str, rest: str) -> tuple[str, int]:
    host, _, port = rest.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageError(f"--link {url!r}: needs a host and a port of 1..65535; use {FORMS}")
    return host, int(port)


def _parse_serial(url: str, scheme: str, rest: str):
    from .serial import open_serial

    path, _, query = rest.partition("?")
    options = parse_qs(query, keep_blank_values=True)
    baud = options.pop("baud", ["115200"])[-1]
    if not path or options or not (baud.isdecimal() and 0 < int(baud) <= MOST_BAUD):
        raise UsageError(
            f"--link {url!r}: needs a device path and at most ?baud=NUMBER, up to {MOST_BAUD}; "
            f"use {FORMS}"
        )
    return lambda timeout_s, lock: open_serial(f"{scheme}:{path}", path, int(baud), lock)
