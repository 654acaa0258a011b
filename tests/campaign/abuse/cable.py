"""A serial line as the console sees it: a pseudo terminal with a name, which can be unplugged."""

import errno
import os
import pty
import select
import socket
import tty
from pathlib import Path

from processes import Child

PLUG, PULL = b"+", b"-"


class Cable:
    """A process between the pseudo terminal and the simulated board. The board does not notice what
    happens to the console's end."""

    def __init__(self, name: Path, port: int, out: Path) -> None:
        """name: of the device."""
        self._name = name
        self._ours, self._theirs = socket.socketpair()
        self._child = Child("cable", lambda: self._run(port), out)
        self._theirs.close()
        self.pid = self._child.pid
        self._told()

    def pull(self) -> None:
        """The device goes away."""
        self._ours.sendall(PULL)
        self._told()

    def plug(self) -> None:
        """It is there again, under its name."""
        self._ours.sendall(PLUG)
        self._told()

    def _told(self) -> None:
        self._ours.settimeout(10.0)
        assert self._ours.recv(1), "the cable has ended"

    def close(self) -> None:
        """Ends the process."""
        self._ours.close()
        self._child.kill()

    # ---- in the process

    def _run(self, port: int) -> int:
        self._ours.close()
        board = socket.create_connection(("127.0.0.1", port))
        ends = self._make()
        self._theirs.sendall(b"!")
        while True:
            watched = [board, self._theirs, *ends[:1]]
            ready = select.select(watched, [], [])[0]
            if self._theirs in ready:
                word = self._theirs.recv(1)
                if not word:
                    return 0
                if word == PULL:
                    self._name.unlink()
                    for end in ends:
                        os.close(end)
                    ends = []
                else:
                    ends = self._make()
                self._theirs.sendall(b"!")
                continue
            if board in ready:
                data = board.recv(4096)
                if not data:
                    return 0
                if ends:
                    self._to_console(ends[0], data)
            if ends and ends[0] in ready:
                board.sendall(os.read(ends[0], 4096))

    def _make(self) -> list[int]:
        """A new pseudo terminal; its other end is kept open here, as a device is."""
        master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._name.symlink_to(os.ttyname(slave))
        return [master, slave]

    @staticmethod
    def _to_console(master: int, data: bytes) -> None:
        """What nobody reads is lost, as on a line."""
        try:
            os.write(master, data)
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
