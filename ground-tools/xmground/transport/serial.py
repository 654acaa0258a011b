"""Serial lines and pseudo terminals, through pyserial; 8 data bits, no parity, 1 stop bit."""

import errno
import os
import select
import termios

from ..errors import LinkOccupied, LinkUnavailable
from .lock import LinkLock

WRITE_TIMEOUT_S = 5.0
REMEDIES = {
    errno.ENOENT: "check the path, and that the adapter is plugged in",
    errno.EACCES: "your user needs the group that owns the device (dialout)",
}


class SerialTransport:
    """An open serial port."""

    datagrams = False

    def __init__(self, port, name: str, lock: LinkLock) -> None:
        self._port, self._name, self._lock = port, name, lock

    def read(self, timeout_s: float) -> bytes:
        """See Transport."""
        try:
            if not select.select([self._port.fileno()], [], [], max(timeout_s, 0))[0]:
                return b""
            data = self._port.read(max(1, self._port.in_waiting))
        except (OSError, ValueError) as error:  # pyserial's SerialException is an OSError
            raise LinkUnavailable(f"{self._name} broke: {error}: check the cable") from error
        if not data:
            raise LinkUnavailable(f"{self._name} was closed by the other side: check the cable")
        return data

    def write(self, data: bytes) -> None:
        """See Transport."""
        try:
            self._port.write(data)
        except OSError as error:
            raise LinkUnavailable(f"{self._name} broke: {error}: check the cable") from error

    def close(self) -> None:
        """See Transport."""
        self._port.close()
        self._lock.release()


def open_serial(name: str, path: str, baud: int, lock: LinkLock) -> SerialTransport:
    """Opens the device for this process alone; `name` is what messages call it. Raises
    LinkUnavailable, LinkOccupied."""
    try:
        import serial
    except ModuleNotFoundError as error:
        raise LinkUnavailable("serial links need pyserial: install python3-serial") from error
    try:
        port = serial.Serial(path, baud, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
    except (OSError, ValueError, termios.error) as error:
        # pyserial repeats path and error number in its words, and does not always set errno
        first = error.args[0] if error.args else None
        number = first if isinstance(first, int) else errno.ENOTTY
        if isinstance(error, ValueError):  # a baud rate that the device does not know
            raise LinkUnavailable(f"cannot open {name}: {error}: choose another ?baud=") from error
        if number in (errno.EAGAIN, errno.EBUSY) or "exclusively lock" in str(error):
            raise LinkOccupied(f"{name} is held by another program: end that one first") from error
        cause = "not a serial line" if number == errno.ENOTTY else os.strerror(number)
        remedy = REMEDIES.get(number, "check the path and the cable")
        raise LinkUnavailable(f"cannot open {name}: {cause}: {remedy}") from error
    return SerialTransport(port, name, lock)
