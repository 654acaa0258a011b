"""Datagrams: each holds one frame. A datagram may be lost, doubled or overtaken; that is for the
session to settle."""

import errno
import select
import socket
import time

from ..errors import LinkUnavailable
from .lock import LinkLock

MAX_DATAGRAM_BYTES = 2048
REFUSED_PAUSE_S = 0.05


class UdpTransport:
    """A socket that takes datagrams from one board only."""

    datagrams = True

    def __init__(self, sock: socket.socket, name: str, lock: LinkLock) -> None:
        self._socket, self._name, self._lock = sock, name, lock
        sock.setblocking(False)

    def read(self, timeout_s: float) -> bytes:
        """See Transport. Nobody at the port, or no way to it, is a silent board: it may come."""
        try:
            if not select.select([self._socket], [], [], max(timeout_s, 0))[0]:
                return b""
            return self._socket.recv(MAX_DATAGRAM_BYTES)
        except BlockingIOError:  # a datagram with a wrong checksum was dropped meanwhile
            return b""
        except (ConnectionError, TimeoutError):
            time.sleep(min(timeout_s, REFUSED_PAUSE_S))
            return b""
        except (OSError, ValueError) as error:
            if _is_far(error):
                time.sleep(min(timeout_s, REFUSED_PAUSE_S))
                return b""
            raise LinkUnavailable(f"{self._name} broke: {error}") from error

    def write(self, data: bytes) -> None:
        """See Transport. What the network does not take now is lost, as on the way."""
        try:
            self._socket.send(data)
        except (BlockingIOError, ConnectionError, TimeoutError):
            return
        except OSError as error:
            if not _is_far(error):
                raise LinkUnavailable(f"{self._name} broke: {error}") from error

    def close(self) -> None:
        """See Transport."""
        self._socket.close()
        self._lock.release()


def _is_far(error: Exception) -> bool:
    """Whether the network says that the board is not there now."""
    return isinstance(error, OSError) and error.errno in (
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
    )


def open_udp(host: str, port: int, lock: LinkLock) -> UdpTransport:
    """Opens a socket to the board's port; nothing is sent. Raises LinkUnavailable."""
    name = f"udp:{host}:{port}"
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        sock = socket.socket(family, kind, proto)
        sock.connect(address)
    except OSError as error:
        raise LinkUnavailable(
            f"cannot open {name}: {error.strerror or error}: check the address, or name another "
            "with --link"
        ) from error
    return UdpTransport(sock, name, lock)
