"""A debugger on QEMU's gdb stub, for faults that no partition can cause: it changes the hypervisor's or the loader's memory as
a particle would, at an exact place of the run.

The test's qemu.args are `-icount shift=5,sleep=off -S -gdb unix:xm-debugger-@PORT@,abstract=on,server=on,wait=off`: the system
stands until the driver lets it run, and time passes only with its instructions, however long the debugger takes.
The place is the target's call of XM_set_partition_opmode(), which does nothing else that matters.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from pathlib import Path

TIMEOUT_S = 50
CONNECT_S = 10
PLACE = "sys_set_partition_opmode"
HYPERVISOR = "hypervisor/leon3_generic/xm.elf"


def symbol(name: str, file: str = HYPERVISOR) -> int:
    """Address of a symbol in an ELF file of the build, by default the hypervisor; local ones too."""
    elf = (Path(os.environ["XM_BUILD"]) / file).read_bytes()
    offset, entry_size, count = struct.unpack_from(">I", elf, 32)[0], *struct.unpack_from(">2H", elf, 46)
    sections = [struct.unpack_from(">10I", elf, offset + i * entry_size) for i in range(count)]
    for section in sections:
        if section[1] != 2:  # SHT_SYMTAB
            continue
        strings = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 16):
            name_at, value = struct.unpack_from(">2I", elf, at)
            if elf[strings + name_at:elf.index(0, strings + name_at)] == name.encode():
                return value
    raise AssertionError(f"{file} has no symbol {name}")


class Debugger:
    """The system on the driver's port, standing still."""

    def __init__(self, port: int) -> None:
        self.uart = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.stub = socket.socket(socket.AF_UNIX)
        self.stub.settimeout(TIMEOUT_S)
        self.connect_stub(f"\0xm-debugger-{port}")
        self.buffer = b""
        assert self.ask("Qqemu.PhyMemMode:1") == "OK", "QEMU does not give physical memory to a debugger"

    def connect_stub(self, name: str) -> None:
        """QEMU opens its serial port before the stub."""
        end = time.monotonic() + CONNECT_S
        while self.stub.connect_ex(name) != 0:
            assert time.monotonic() < end, "QEMU's gdb stub does not listen"
            time.sleep(0.02)

    def send(self, packet: str) -> None:
        """With it goes the acknowledgement of what was received before."""
        self.stub.sendall(f"+${packet}#{sum(packet.encode()) & 255:02x}".encode())

    def receive(self) -> str:
        while True:
            start, end = self.buffer.find(b"$"), self.buffer.find(b"#")
            if 0 <= start < end and len(self.buffer) >= end + 3:
                packet, self.buffer = self.buffer[start + 1:end].decode(), self.buffer[end + 3:]
                assert packet[:1] not in ("W", "X"), "QEMU ended while the debugger waited for it"
                return packet
            try:
                more = self.stub.recv(4096)
            except TimeoutError:
                raise AssertionError(f"the target runs on for {TIMEOUT_S} s, past where it should stop") from None
            assert more, "QEMU ended while the debugger waited for it"
            self.buffer += more

    def ask(self, packet: str) -> str:
        self.send(packet)
        return self.receive()

    def read(self, address: int, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = min(1024, size - len(data))
            data += bytes.fromhex(self.ask(f"m{address + len(data):x},{piece:x}"))
        return data

    def write(self, address: int, data: bytes) -> None:
        answer = self.ask(f"M{address:x},{len(data):x}:{data.hex()}")
        assert answer == "OK", f"the debugger cannot write at {address:#x}: {answer}"

    def registers(self) -> list[int]:
        """All of the stub's register block, by number."""
        block = bytes.fromhex(self.ask("g"))
        return list(struct.unpack(f">{len(block) // 4}I", block))

    def set_registers(self, values: list[int]) -> None:
        assert self.ask("G" + struct.pack(f">{len(values)}I", *values).hex()) == "OK"

    def break_at(self, address: int) -> None:
        assert self.ask(f"Z1,{address:x},4") == "OK"

    def unbreak(self, address: int) -> None:
        assert self.ask(f"z1,{address:x},4") == "OK"

    def run_on(self) -> None:
        """To a breakpoint."""
        stopped = self.ask("c")
        assert stopped.startswith("T05"), f"the target did not stop at a breakpoint: {stopped}"

    def run_to(self, place: int) -> None:
        self.break_at(place)
        self.run_on()
        self.unbreak(place)

    def run_to_place(self) -> None:
        """Until the target calls XM_set_partition_opmode()."""
        self.run_to(symbol(PLACE))

    def run_to_end(self) -> list[str]:
        """Until the system has halted, which ends QEMU; what the UART printed from the start."""
        output = b""
        end = time.monotonic() + TIMEOUT_S
        self.send("c")
        while time.monotonic() < end:
            piece = self.uart.recv(4096)
            if not piece:
                break
            output += piece
        return [line.rstrip() for line in output.decode("latin-1").replace("\r", "").split("\n")]
