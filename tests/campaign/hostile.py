"""C5: hostile frames into the running supervisor, by somebody without the key and by somebody on a link without keys.

Bytes that are no frames, frames that are damaged, too long, of another version, forged, replayed, and (where no key keeps
them out) requests with broken contents reach the supervisor over its UART, as fast as the link takes them. Meanwhile an
operator goes on asking. Afterwards the supervisor lives, nothing was commanded, its arena has not grown, the logbook is
empty, and what the other partitions sent, received and when their slots began is what it is in a run without a ground.
"""

from __future__ import annotations

import random
import socket
import struct
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import machine
from report import Verdicts

sys.path.insert(0, str(machine.ROOT / "ground-tools"))

FRAMES = {"small": 1500, "full": 50_000}  # for each of the two systems
BURST = 20  # frames before the operator asks again: most fit the ring of the link, a few do not
ASK_LIMIT_S = 30.0
RAM_MEGABYTES = 16
LOGS = {"worker1": 0x40800000, "worker2": 0x40A00000}
HEAD_BYTES = 32
ENTRY = struct.Struct(">QII")
FRAME_US = 10_000
LATENESS_BOUND_US = 80  # 2,500 instructions of 32 ns
ARENA_BYTES_OF_A_FRAME = 8 << 10  # 192 bytes of payload, decoded, take 37 times as much at worst
CORPUS = machine.ROOT / "tests" / "fuzz" / "corpus"
COMMANDS = ("partition_control", "plan_switch", "system_control")


class Hostile:
    """One attacker: makes pieces of the byte stream."""

    def __init__(self, seed: str, keyed: bool) -> None:
        from xmground import framing
        from xmground._generated import supervisor_pb2

        self.framing, self.pb = framing, supervisor_pb2
        self.random = random.Random(seed)
        self.keyed = keyed
        self.heard: list[Any] = []  # genuine frames of the operator, to be played again
        self.sessions = [0]
        files = sorted(path for name in ("decoder", "dispatcher") for path in (CORPUS / name).iterdir())
        self.payloads = [path.read_bytes() for path in files]

    def listen(self, direction: str, frame: Any) -> None:
        """What somebody on the line overhears."""
        if direction == "tx" and isinstance(frame, self.framing.Frame):
            self.heard = [*self.heard[-30:], frame]
            self.sessions = sorted({*self.sessions, frame.session})

    def piece(self) -> bytes:
        """Bytes to send, one attack."""
        attacks = [self.noise, self.text, self.too_long, self.damaged, self.wrong_length, self.other_version, self.forged, self.forged,
                   self.replayed, self.contents]
        return self.random.choice(attacks)()

    def noise(self) -> bytes:
        return self.random.randbytes(self.random.randint(1, 200)) + b"\0"

    def text(self) -> bytes:
        return b"\r\n" + bytes(self.random.choices(b"xmg part reset \x1b[2J", k=30)) + b"\n"

    def too_long(self) -> bytes:
        return b"\0" + bytes(self.random.choices(range(1, 256), k=self.random.randint(600, 1400))) + b"\0"

    def _frame(self, payload: bytes) -> bytes:
        """A frame whose CRC is right and whose code is not."""
        key_id = self.random.choice((7, 7, 7, 1, 255)) if self.keyed else self.random.choice((0, 0, 0, 7))
        counter = self.random.choice((0, 1, self.random.getrandbits(31), 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
        session = self.random.choice((*self.sessions, self.random.getrandbits(32)))
        kind = self.random.choice((1, 1, 1, 1, 2, 3, 4, 5, 0, 200))
        mac = self.random.randbytes(16) if key_id else b""
        return self.framing.pack_frame(self.framing.Frame(kind, payload, counter, session, key_id, self.random.choice((0, 0, 3)), mac))

    def _line(self, packed: bytes) -> bytes:
        return b"\0" + self.framing.cobs_encode(packed) + b"\0"

    def _seal(self, body: bytes) -> bytes:
        return self._line(body + self.framing.crc32c(body).to_bytes(4, "big"))

    def damaged(self) -> bytes:
        packed = bytearray(self._frame(self._harmless()))
        for _ in range(self.random.randint(1, 4)):
            packed[self.random.randrange(len(packed))] ^= 1 << self.random.randrange(8)
        packed[-1] ^= 0x55  # a flip may have undone another
        return self._line(bytes(packed))

    def wrong_length(self) -> bytes:
        body = bytearray(self._frame(self._harmless())[:-4])
        length = struct.unpack_from(">H", body, 12)[0]
        wrong = self.random.choice((0, 1, 0xFFFF, 1025, length + 1, length + 16))
        struct.pack_into(">H", body, 12, wrong if wrong != length else length + 1)
        return self._seal(bytes(body))

    def other_version(self) -> bytes:
        body = bytearray(self._frame(self._harmless())[:-4])
        body[0] = body[0] & 0xF0 | (body[0] + self.random.randint(1, 15)) & 0xF
        return self._seal(bytes(body))

    def forged(self) -> bytes:
        """With a key in the system anything may stand in it: the code is wrong. Commands too."""
        request = self.pb.Request(id=self.random.getrandbits(32), confirmed=True)
        if not self.keyed:
            request.ping.ground_time_us = 1
        elif self.random.random() < 0.5:
            request.partition_control.partition = self.random.randrange(4)
            request.partition_control.action = self.random.randrange(1, 7)
        else:
            request.plan_switch.plan = 0
        return self._line(self._frame(request.SerializeToString()))

    def replayed(self) -> bytes:
        if not self.heard or not self.keyed:
            return self.noise()
        return self._line(self.framing.pack_frame(self.random.choice(self.heard)))

    def contents(self) -> bytes:
        return self._line(self._frame(self._harmless()))

    def _harmless(self) -> bytes:
        """A request with broken contents; without a key not one that would command something: that is nobody's fault then."""
        while True:
            payload = bytearray(self.random.choice(self.payloads)[:400])
            for _ in range(self.random.randint(0, 6)):
                at = self.random.randrange(len(payload) + 1)
                if self.random.random() < 0.5 and at < len(payload):
                    payload[at] = self.random.randrange(256)
                else:
                    payload[at:at] = self.random.randbytes(self.random.randint(1, 8))
            if self.keyed or not self._commands(bytes(payload)):
                return bytes(payload)

    def _commands(self, payload: bytes) -> bool:
        try:
            with warnings.catch_warnings():  # that some of it is no protobuf is what is wanted
                warnings.simplefilter("ignore", RuntimeWarning)
                return self.pb.Request.FromString(payload).WhichOneof("op") in COMMANDS
        except Exception:  # protobuf's DecodeError: the board refuses it as well
            return False


class Plain:
    """The operator's end of the connection, which the attacker shares."""

    datagrams = False

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self, timeout_s: float) -> bytes:
        self._connection.settimeout(max(timeout_s, 0.001))
        try:
            return self._connection.recv(65536)
        except TimeoutError:
            return b""

    def write(self, data: bytes) -> None:
        self._connection.settimeout(ASK_LIMIT_S)
        self._connection.sendall(data)

    def close(self) -> None:
        """The connection is the campaign's."""


def slots(ram: machine.Ram, address: int) -> list[tuple[int, int, int]]:
    """Start in microseconds, digest and messages received, for each slot of a worker."""
    return [ENTRY.unpack(ram.read(address + HEAD_BYTES + ENTRY.size * i, ENTRY.size)) for i in range(ram.word(address))]


class Campaign:
    def __init__(self, build_dir: str, size: str, seed: int) -> None:
        self.build_dir, self.size, self.seed = build_dir, size, seed
        self.verdicts = Verdicts("hostile", seed, size)
        self.out = machine.ROOT / build_dir / "campaign"
        self.qemu = machine.ROOT / build_dir / "bin" / "qemu-system-sparc-xm"
        if not self.qemu.exists():
            raise machine.CampaignError("hostile: QEMU's own UART stalls under a flood; `make qemu` builds one that does not")

    def system(self, keyed: bool) -> tuple[Path, tuple[Any, ...]]:
        """Builds it; the folder with its products and the keys."""
        from xmground import keys

        name = "hostile-keyed" if keyed else "hostile"
        key_file = self.out / "hostile.key"
        if keyed:
            key_file.parent.mkdir(parents=True, exist_ok=True)
            key_file.unlink(missing_ok=True)
            keys.create(key_file, 7)
        folder = machine.build(name, self.build_dir, "tests/campaign/hostile", [f"KEYS={key_file if keyed else ''}"])
        return folder, keys.load(key_file).keys if keyed else ()

    def attack(self, keyed: bool) -> None:
        from xmground.client import Client
        from xmground.errors import XmgError
        from xmground.session import Observer, Session

        folder, known = self.system(keyed)
        ram = machine.Ram(folder / "ram", RAM_MEGABYTES)
        attacker = Hostile(f"{self.seed} {keyed}", keyed)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            listener.settimeout(ASK_LIMIT_S)
            process = self.start(folder, ram, ["-icount", "shift=5,sleep=off", "-serial", f"tcp:127.0.0.1:{listener.getsockname()[1]}"])
            try:
                connection, _ = listener.accept()
                with connection, Client(Session(lambda timeout_s: Plain(connection), Observer(on_frame=attacker.listen), keys=known),
                                        ASK_LIMIT_S) as client:
                    self.flood(client, connection, attacker)
            except (XmgError, OSError) as error:
                self.verdicts.add("HANG", f"the supervisor does not answer {'its operator' if keyed else 'any more'}: {error}")
            finally:
                process.terminate()
                process.wait(timeout=20)
        seen = {name: slots(ram, address) for name, address in LOGS.items()}
        ram.close()
        self.compare(folder, seen)

    def start(self, folder: Path, ram: machine.Ram, options: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["timeout", "3000", str(self.qemu), "-M", "leon3_generic,memory-backend=ram", "-m", f"{RAM_MEGABYTES}M",
             "-object", f"memory-backend-file,id=ram,size={RAM_MEGABYTES}M,mem-path={ram.path},share=on",
             "-display", "none", "-monitor", "none", *options, "-kernel", str(folder / "system.elf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def flood(self, client: Any, connection: socket.socket, attacker: Hostile) -> None:
        """Sends everything and looks at the supervisor half-way and at the end."""
        client.ping()
        arena = []
        count = FRAMES[self.size]
        for sent in range(0, count, BURST):
            pieces = b"".join(attacker.piece() for _ in range(min(BURST, count - sent)))
            connection.settimeout(ASK_LIMIT_S)
            connection.sendall(pieces + b"\0")
            client.ping()
            if sent // BURST in (count // BURST // 2, (count - 1) // BURST):
                arena.append(client.link_state()["arena_high_water"])
        health = client.link_state()
        who = "keyed" if attacker.keyed else "open"
        wrong = self.traces_of_effect(client)
        # Nothing of a frame outlives it. Without a key the most that was used is a matter of the largest request so far.
        if arena[-1] > (arena[0] if attacker.keyed else ARENA_BYTES_OF_A_FRAME):
            wrong.append(f"the arena grew from {arena[0]} to {arena[-1]} bytes in the second half")
        if attacker.keyed and not (health["mac_errors"] and health["crc_errors"] and health["length_errors"] and health["version_errors"]):
            wrong.append(f"some attacks did not arrive: {health}")
        if not attacker.keyed and not health["decode_errors"]:
            wrong.append(f"no broken request arrived: {health}")
        self.verdicts.add("ESCAPE" if wrong else "rejected", f"{who} link: {'; '.join(wrong)}", 1 if wrong else count)
        counters = ("rx_dropped", "frames_good", "crc_errors", "length_errors", "version_errors", "key_errors", "session_errors", "mac_errors",
                    "replay_errors", "decode_errors", "arena_high_water")
        self.verdicts.facts[f"{who} counters"] = {name: health[name] for name in counters}

    @staticmethod
    def traces_of_effect(client: Any) -> list[str]:
        from xmground.model import Book

        wrong = [f"partition {p.name} is {p.state} after {p.reset_counter} resets" for p in client.partitions()
                 if p.state != "ready" or p.reset_counter]
        wrong += [f"the board executed {state.operation} ({state.id:#x})" for state in client.command_states()]
        wrong += [f"the logbook holds {book.next - 1} records" for book in client.books() if book.book is Book.HM and book.next > 1]
        return wrong

    def compare(self, folder: Path, seen: dict[str, list[tuple[int, int, int]]]) -> None:
        """A quiet run, as long as the other; what the workers wrote must be the same, their slots must start within the bound."""
        ram = machine.Ram(folder / "ram.quiet", RAM_MEGABYTES)
        wanted = {name: len(entries) for name, entries in seen.items()}
        process = self.start(folder, ram, ["-icount", "shift=5,sleep=off", "-serial", "null"])
        end = time.monotonic() + 600
        try:
            while any(ram.word(LOGS[name]) < count for name, count in wanted.items()):
                if process.poll() is not None or time.monotonic() > end:
                    raise machine.CampaignError("hostile: the quiet run came to no end")
                time.sleep(0.1)
        finally:
            process.terminate()
            process.wait(timeout=20)
        latest = 0
        for name, entries in seen.items():
            quiet = slots(ram, LOGS[name])
            base = quiet[1][0] - FRAME_US
            for number, (mine, theirs) in enumerate(zip(entries, quiet)):
                late = mine[0] - base - FRAME_US * number
                latest = max(latest, late)
                if mine[1:] != theirs[1:]:
                    self.verdicts.add("ESCAPE", f"{name}, slot {number}: sent and received something else than in the quiet run")
                elif not -LATENESS_BOUND_US <= late <= LATENESS_BOUND_US:
                    self.verdicts.add("ESCAPE", f"{name}, slot {number} begins {late} us late")
                else:
                    self.verdicts.add("masked")
        ram.close()
        self.verdicts.facts["latest slot (us)"] = max(latest, self.verdicts.facts.get("latest slot (us)", 0))


def campaign(build_dir: str, size: str, seed: int) -> int:
    run = Campaign(build_dir, size, seed)
    for keyed in (True, False):
        run.attack(keyed)
    return run.verdicts.finish(run.out)
