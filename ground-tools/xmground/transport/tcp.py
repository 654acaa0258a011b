"""Stream sockets: QEMU's serial port on TCP, a terminal server, or a Unix socket."""

import select
import socket

from ..errors import LinkUnavailable
from .lock import LinkLock

WRITE_TIMEOUT_S = 5.0


class SocketTransport:
    """A connected stream socket."""

    datagrams = False

    def __init__(self, sock: socket.socket, name: str, lock: LinkLock) -> None:
        self._socket, self._name, self._lock = sock, name, lock
        sock.settimeout(WRITE_TIMEOUT_S)

    def read(self, timeout_s: float) -> bytes:
        """See Transport."""
        try:
            if not select.select([self._socket], [], [], max(timeout_s, 0))[0]:
                return b""
            data = self._socket.recv(65536)
        except (OSError, ValueError) as error:
            raise LinkUnavailable(f"{self._name} broke: {error}") from error
        if not data:
            raise LinkUnavailable(
                f"{self._name} was closed by the other side: is the target still running?"
            )
        return data

    def write(self, data: bytes) -> None:
        """See Transport."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise LinkUnavailable(f"{self._name} broke: {error}") from error

    def close(self) -> None:
        """See Transport."""
        self._socket.close()
        self._lock.release()


def connect_tcp(host: str, port: int, timeout_s: float, lock: LinkLock) -> SocketTransport:
    """Connects within the time. Raises LinkUnavailable."""
    name = f"tcp:{host}:{port}"
    try:
        sock = socket.create_connection((host, port), timeout=timeout_s)
    except OSError as error:
        remedy = "start the target (make run) or name another with --link"
        if isinstance(error, socket.gaierror):
            remedy = "check the host's name and this machine's network, or give its address"
        raise LinkUnavailable(f"cannot open {name}: {error.strerror or error}: {remedy}") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketTransport(sock, name, lock)


def connect_unix(path: str, timeout_s: float, lock: LinkLock) -> SocketTransport:
    """Connects to a Unix stream socket within the time. Raises LinkUnavailable."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout_s)
    try:
        sock.connect(path)
    except OSError as error:
        sock.close()
        raise LinkUnavailable(
            f"cannot open unix:{path}: {error.strerror or error}: "
            "start the target or name another with --link"
        ) from error
    return SocketTransport(sock, f"unix:{path}", lock)
