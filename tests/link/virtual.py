"""A board and its console in virtual time, over a modelled UART: the same run on every machine.

Real are the supervisor (its sources on the workstation, tests/supervisor/line_board.c) and the
console (xmground). Modelled are the hypervisor (the fake kernel of tools/sim), the line
(noise.Stream: 115,200 baud, 8 data bits between start and stop bit), the rings that the hypervisor
fills and empties at the line's pace, and time: the supervisor has one slot in each major frame and
does its work at its beginning, the ground station computes in no time.
"""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ground-tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from noise import Knobs, Stream  # noqa: E402

from xmground import auth, keys, session  # noqa: E402
from xmground.client import Client  # noqa: E402
from xmground.clock import Clock  # noqa: E402
from xmground.session import Observer, Session  # noqa: E402

BAUD = 115_200
LINE_BYTES_PER_S = BAUD / 10
FRAME_S = 0.25  # major frame of the fake kernel's first plan
READ_S = 0.001  # what a serial adapter collects before it hands bytes on
CONNECT_S = 600.0  # at a bit error rate of 1e-3 one Hello in six is answered
GOES_ON, SELF_RESET, SELF_HALTED = 0, 1, 2  # enum fake_end


class Board:
    """The process of line_board."""

    def __init__(self, program: Path, records: int, key_file: Path | None) -> None:
        arguments = [str(program), str(records), *([str(key_file)] if key_file else [])]
        self._process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
        )

    def close(self) -> None:
        """Ends the process; raises RuntimeError if it did not end well."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        if self._process.wait(20):
            raise RuntimeError(f"line_board ended with status {self._process.returncode}")

    def _ask(self, request: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(request)
        self._process.stdin.flush()

    def _number(self) -> int:
        return int(struct.unpack("=I", self._bytes(4))[0])

    def _bytes(self, count: int) -> bytes:
        assert self._process.stdout
        data = self._process.stdout.read(count)
        if len(data) != count:
            raise RuntimeError("line_board ended")
        return data

    def slot(self, time_us: int, drained: int, arrived: bytes) -> tuple[int, bytes]:
        """One slot after so much time; how the supervisor goes on, and what it wrote."""
        self._ask(b"T" + struct.pack("=III", time_us, drained, len(arrived)) + arrived)
        state = self._number()
        return state, self._bytes(self._number())

    def log(self) -> bytes:
        """The health-monitor log as the board stores it."""
        self._ask(b"L")
        return self._bytes(self._number())

    def start_again(self, whole: bool) -> None:
        """After a reset, of the board or of the supervisor alone."""
        self._ask(b"R" + struct.pack("=I", whole))

    def power_on(self, records: int, capacity: int = 0, boot: int = 1) -> None:
        """Off and on: the memory is lost, and with it, for boot 1, the count of boots. The log
        begins with so many records and holds `capacity` of them; 0: 1024."""
        self._ask(b"P" + struct.pack("=III", records, capacity, boot))

    def append(self, records: int) -> None:
        """So many more in the health-monitor log."""
        self._ask(b"A" + struct.pack("=I", records))

    def set_keys(self, text: bytes) -> None:
        """This key file is in the image from the next start on; empty: the null key."""
        self._ask(b"K" + struct.pack("=I", len(text)) + text)

    def jump_clock(self, time_us: int) -> None:
        """The clock jumps; nothing else happens."""
        self._ask(b"C" + struct.pack("=i", time_us))

    def set_ring(self, size: int) -> None:
        """How much the board says that its receive ring holds."""
        self._ask(b"G" + struct.pack("=I", size))

    def numbers(self) -> tuple[int, int, int, int]:
        """Boot id, oldest and next record of the health-monitor log, plan switches asked for."""
        self._ask(b"N")
        return struct.unpack("=4I", self._bytes(4 * self._number()))  # type: ignore[return-value]

    def stop_in(self, calls: int) -> None:
        """The board is reset at the that-many-th call that could be its last."""
        self._ask(b"S" + struct.pack("=I", calls))

    def resets(self) -> tuple[int, ...]:
        """The status words of all resets of partitions that were carried out."""
        self._ask(b"X")
        count = self._number()
        return struct.unpack(f"={count}I", self._bytes(4 * count))


class World(Clock):
    """Time, the line in both directions, and the board at its end."""

    def __init__(self, board: Board, seed: str, down: Knobs, up: Knobs) -> None:
        """down: board to ground."""
        self.board = board
        self.down, self.up = Stream(f"{seed} down", down), Stream(f"{seed} up", up)
        self._now = 0.0
        self._slot_at = FRAME_S * random.Random(f"{seed} phase").random()
        self._last_slot = self._slot_at - FRAME_S
        self._in_ring = 0  # of the board's transmit ring, after its last slot
        self.clock_rate = 1.0  # of the board's clock; less: it runs slow, as an emulator's may
        self.resets = 0
        self.before_slot: Callable[[], None] = lambda: None

    def now(self) -> float:
        """See Clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """See Clock."""
        self.advance(self._now + seconds)

    def advance(self, to: float) -> None:
        """Time passes, with all slots in it."""
        while self._slot_at <= to:
            self._now = self._slot_at
            self.before_slot()
            self._slot()
            self._slot_at += FRAME_S
        self._now = max(self._now, to)

    def _slot(self) -> None:
        waiting = min(self._in_ring, self.down.waiting_bytes(self._now))
        arrived = b"".join(self.up.due(self._now))
        time_us = round((self._slot_at - self._last_slot) * 1e6 * self.clock_rate)
        state, wrote = self.board.slot(time_us, self._in_ring - waiting, arrived)
        self._last_slot = self._slot_at
        self._in_ring = waiting + len(wrote)
        self.down.push(wrote, self._now)
        if state != GOES_ON:
            self.reset(whole=state not in (SELF_RESET, SELF_HALTED))

    def reset(self, whole: bool) -> None:
        """The board starts again, or its supervisor alone."""
        self.resets += 1
        if whole:
            self.down.cut(self._now)
            self._in_ring = 0
        self.board.start_again(whole)

    def wait_for_bytes(self, until: float) -> bytes:
        """What arrives at the ground first; nothing if the time passes without."""
        while True:
            due = self.down.next_due()
            if due is not None and due <= min(until, self._slot_at):
                self.advance(max(self._now, min(until, due + READ_S)))
                data = b"".join(self.down.due(self._now))
                if data:
                    return data
            elif self._slot_at <= until:
                self.advance(self._slot_at)
            else:
                self.advance(until)
                return b""


class Wire:
    """The console's end of the line; see xmground.transport.Transport."""

    datagrams = False

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, timeout_s: float) -> bytes:
        """See Transport."""
        return self._world.wait_for_bytes(self._world.now() + max(0.0, timeout_s))

    def write(self, data: bytes) -> None:
        """See Transport."""
        self._world.up.push(data, self._world.now())

    def close(self) -> None:
        """See Transport."""


class SeededSecrets:
    """Stands for the module `secrets`, so that ids and nonces repeat."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(f"{seed} secrets")

    def randbelow(self, end: int) -> int:
        """See secrets."""
        return self._random.randrange(end)

    def randbits(self, bits: int) -> int:
        """See secrets."""
        return self._random.getrandbits(bits)

    def token_bytes(self, count: int) -> bytes:
        """See secrets."""
        return self._random.randbytes(count)


def connect(world: World, seed: str, key_file: Path | None, timeout_s: float = 20.0) -> Client:
    """A console on the line, its session open."""
    seeded = SeededSecrets(seed)
    session.secrets = seeded  # type: ignore[assignment]
    auth.secrets = seeded  # type: ignore[assignment]
    known = keys.load(key_file).keys if key_file else ()
    link = Session(lambda _: Wire(world), Observer(), keys=known, clock=world)
    client = Client(link, timeout_s, lambda: round(world.now() * 1e6))
    link.open(1.0)
    link.establish(CONNECT_S)
    return client
