"""The board with the test program, and what is at the other ends of its lines: two UARTs, the Ethernet, QEMU's monitor.

All of them are socket pairs that QEMU inherits: no ports, no files, nothing left behind. The environment names QEMU and
the program (tests/qemu/build.mk sets it).
"""
import json
import os
import select
import socket
import subprocess
import time

import pytest

TIMEOUT_S = 5
QUIET_S = 0.05  # how long nothing is waited for

RAM = 0x40000000
IRQMP = 0x80000200
UART2 = 0x80100100
MAC = 0x80000E00
MAC_IRQ, UART2_IRQ = 12, 2

CTRL, STATUS, MAC_MSB, MAC_LSB, MDIO, TXDP, RXDP, EDCL_IP, HASH_MSB, HASH_LSB = range(MAC, MAC + 0x28, 4)
MC, ME, SP, RS, PM, FD, RI, TI, RE, TE = (1 << b for b in (25, 11, 7, 6, 5, 4, 3, 2, 1, 0))
S_IA, S_TS, S_TA, S_RA, S_TI, S_RI, S_TE, S_RE = (1 << b for b in range(7, -1, -1))
EN, WR, IE = 1 << 11, 1 << 12, 1 << 13
BU, LF, READ, WRITE = 8, 4, 2, 1

OWN = bytes.fromhex("02005e0a0b0c")
PEER = bytes.fromhex("0200deadbeef")
TX_TABLE, RX_TABLE = RAM + 0x100000, RAM + 0x100400
TX_BUFFERS, RX_BUFFERS, BUFFER_BYTES = RAM + 0x110000, RAM + 0x120000, 0x800


class Stuck(Exception):
    """Nothing came in time."""


class Board:
    def __init__(self, *options: str):
        ends = {}
        theirs = []
        for name, kind in (("u0", socket.SOCK_STREAM), ("u1", socket.SOCK_STREAM), ("m", socket.SOCK_STREAM),
                           ("n", socket.SOCK_DGRAM)):
            mine, other = socket.socketpair(socket.AF_UNIX, kind)
            mine.settimeout(TIMEOUT_S)
            ends[name] = mine, other.fileno()
            theirs.append(other)
        fd = {name: number for name, (_, number) in ends.items()}
        command = [os.environ["QEMU"], "-M", "leon3_generic", "-m", "4M",
                   # time in instructions: what takes its time is seen to, on a busy host as well
                   "-icount", "shift=5,sleep=on", "-display", "none", "-monitor", "none",
                   "-kernel", os.environ["PROGRAM"],
                   "-chardev", f"socket,id=u0,fd={fd['u0']}", "-serial", "chardev:u0",
                   "-chardev", f"socket,id=u1,fd={fd['u1']}", "-serial", "chardev:u1",
                   "-chardev", f"socket,id=m,fd={fd['m']}", "-mon", "chardev=m,mode=control",
                   "-netdev", f"socket,id=n,fd={fd['n']}", "-net", "nic,netdev=n", *options]
        self.process = subprocess.Popen(command, pass_fds=list(fd.values()), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for other in theirs:
            other.close()
        self.console, self.uart2, self.monitor, self.wire = (ends[n][0] for n in ("u0", "u1", "m", "n"))
        self.console_lines = self.console.makefile("r")
        self.monitor_lines = self.monitor.makefile("r")
        assert self.console_lines.readline() == "ready\n", self.process.communicate(timeout=TIMEOUT_S)[0].decode()
        self.monitor_lines.readline()  # its greeting
        self.qmp("qmp_capabilities")

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        for end in (self.console_lines, self.monitor_lines, self.console, self.uart2, self.monitor, self.wire):
            end.close()

    def qmp(self, command: str, **arguments) -> None:
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while "return" not in (answer := json.loads(self.monitor_lines.readline())):
            assert "error" not in answer, answer

    # Memory and registers

    def do(self, *commands: str) -> list[int]:
        """Run commands of board.c at one go; the values they read."""
        self.console.sendall((",".join(commands) + "\n").encode())
        words = self.console_lines.readline().split()
        if "timeout" in words:
            raise Stuck(f"{commands}: {words}")
        return [int(w, 16) for w in words]

    def read(self, address: int) -> int:
        return self.do(f"r {address:x}")[0]

    def write(self, address: int, value: int) -> None:
        self.do(f"w {address:x} {value:x}")

    def until(self, address: int, mask: int, value: int) -> None:
        self.do(f"u {address:x} {mask:x} {value:x}")

    def fill(self, address: int, data: bytes) -> None:
        data += bytes(-len(data) % 4)
        words = [data[i:i + 4].hex() for i in range(0, len(data), 4)]
        self.do(f"f {address:x} {len(words):x} " + " ".join(words))

    def dump(self, address: int, size: int) -> bytes:
        words = self.do(f"d {address:x} {(size + 3) // 4:x}")
        return b"".join(w.to_bytes(4, "big") for w in words)[:size]

    def interrupt(self, line: int) -> bool:
        """Has the line interrupted since the last time it was asked? (It is masked, so it stays pending.)"""
        pending = self.read(IRQMP + 4)
        self.write(IRQMP + 0xC, 1 << line)
        return bool(pending & 1 << line)

    # The MAC

    def mdio_read(self, register: int, phy: int = 1) -> int:
        value = self.do(f"w {MDIO:x} {phy << 11 | register << 6 | READ:x}", f"u {MDIO:x} {BU:x} 0", f"r {MDIO:x}")[0]
        return value >> 16 if not value & LF else None

    def mdio_write(self, register: int, value: int, phy: int = 1) -> None:
        self.do(f"w {MDIO:x} {value << 16 | phy << 11 | register << 6 | WRITE:x}", f"u {MDIO:x} {BU:x} 0")

    def wait_for_link(self) -> None:
        end = time.monotonic() + TIMEOUT_S
        while not self.mdio_read(1) & 4:
            assert time.monotonic() < end, "no link"

    def start(self) -> None:
        """Everything a driver writes; both tables empty, both engines off, the link up."""
        self.write(CTRL, RS)
        self.until(CTRL, RS, 0)
        self.do(f"w {STATUS:x} 1ff", f"w {MAC_MSB:x} {OWN[:2].hex()}", f"w {MAC_LSB:x} {OWN[2:].hex()}",
                f"w {TXDP:x} {TX_TABLE:x}", f"w {RXDP:x} {RX_TABLE:x}",
                f"w {HASH_MSB:x} 0", f"w {HASH_LSB:x} 0")
        self.fill(TX_TABLE, bytes(0x800))
        self.wait_for_link()
        self.write(IRQMP + 0xC, 0xFFFE)

    def descriptor(self, table: int, index: int) -> int:
        return self.read(table + 8 * index)

    def set_descriptor(self, table: int, index: int, word0: int, address: int) -> None:
        self.do(f"w {table + 8 * index + 4:x} {address:x}", f"w {table + 8 * index:x} {word0:x}")

    def give_frame(self, index: int, data: bytes, flags: int = 0) -> None:
        """A frame to send, in its descriptor and buffer."""
        address = TX_BUFFERS + index * BUFFER_BYTES
        self.fill(address, data)
        self.set_descriptor(TX_TABLE, index, len(data) | EN | flags, address)

    def give_buffer(self, index: int, flags: int = 0) -> int:
        """A buffer to receive into; its address."""
        address = RX_BUFFERS + index * BUFFER_BYTES
        self.set_descriptor(RX_TABLE, index, EN | flags, address)
        return address

    # The wire

    def send(self, frame: bytes) -> None:
        self.wire.send(frame)

    def receive(self) -> bytes:
        return self.wire.recv(4096)

    def is_quiet(self) -> bool:
        """Nothing came out of the MAC that was not received."""
        return not select.select([self.wire], [], [], QUIET_S)[0]


@pytest.fixture(scope="session")
def machine():
    board = Board()
    yield board
    board.close()


@pytest.fixture
def board(machine):
    machine.start()
    yield machine
    assert machine.is_quiet(), machine.receive()
