"""A simulated board: the supervisor's side of the protocol in Python, over TCP, a pseudo terminal or
UDP, with fault knobs.

For the console's tests, and for operators who train without a target: see fake_board.py --help.

COBS, CRC, authentication and record layouts are written anew here, from proto/supervisor.proto and
abi/records.h and not from xmground, so that an error on one side is not hidden by the same error
on the other. Board time is not a clock: it advances by 1 ms with every reply, so that transcripts repeat.
"""

import argparse
import hmac
import os
import select
import socket
import struct
import sys
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ground-tools"))

from google.protobuf.message import DecodeError  # noqa: E402

from xmground._generated import supervisor_pb2 as pb  # noqa: E402

HYPERVISOR = 255
TYPE_OF = {"reply": 2, "event": 3, "chunk": 4, "beacon": 5}
CHUNK_OVERHEAD_BYTES = 38  # of a Chunk, but its items
CHUNK_BYTES = 512  # of a Chunk; a LogRead may ask for less, down to
LEAST_CHUNK_BYTES = 112
JOURNAL_PLACES = 16
COMMANDS = ("partition_control", "plan_switch", "system_control")
NEW_OPERATIONS = ("port_list", "memory_list", "memory_check")  # of protocol 10.2
CRITICAL = ("partition_control", "plan_switch")
LAST_COUNTER = 0x7FFFFFFF
POLL_S = 0.005  # how late the end of a served board is seen


def crc32c(data: bytes) -> int:
    """CRC-32C, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            mix = (crc ^ byte >> bit) & 1
            crc >>= 1
            if mix:
                crc ^= 0x82F63B78
    return crc ^ 0xFFFFFFFF


def cobs(data: bytes) -> bytes:
    """COBS, byte by byte: a group ends at a zero or after 254 bytes."""
    groups, group = [], bytearray()
    ended_full = False
    for byte in data:
        ended_full = False
        if byte == 0:
            groups.append(bytes([len(group) + 1]) + bytes(group))
            group = bytearray()
            continue
        group.append(byte)
        if len(group) == 254:
            groups.append(b"\xff" + bytes(group))
            group = bytearray()
            ended_full = True
    if not ended_full:
        groups.append(bytes([len(group) + 1]) + bytes(group))
    return b"".join(groups)


def uncobs(data: bytes) -> bytes | None:
    """The inverse; None for what cannot be decoded."""
    out, at = bytearray(), 0
    while at < len(data):
        length = data[at]
        if length == 0 or at + length > len(data):
            return None
        out.extend(data[at + 1 : at + length])
        at += length
        if length < 255 and at < len(data):
            out.append(0)
    return bytes(out)


def hm_record(
    seq: int,
    time_us: int = 0,
    boot_id: int = 1,
    event: int = 5,
    partition: int = 1,
    flags: int = 6,
    action: int = 7,
    pc: int = 0x40100010,
    address: int = 0x40000000,
    fsr: int = 0x2B6,
    payload: tuple[int, int, int] = (9, 0, 0),
) -> bytes:
    """A health-monitor record as the kernel stores it."""
    body = struct.pack(
        ">Q q I H B B B B H", seq, time_us, boot_id, event, partition, 0, flags, action, 0
    )
    body += struct.pack(">IIII I III", pc, pc + 4, 0xF30000A0, address, fsr, *payload)
    return body + struct.pack(">I", crc32c(body))


def port(partition, number, name, kind, direction, channel, **now):
    """A port as the supervisor tells it."""
    is_sampling = kind == pb.PORT_SAMPLING
    connected = channel >= 0
    return pb.Port(
        partition=partition,
        port=number,
        name=name,
        kind=kind,
        direction=direction,
        channel=channel,
        message_bytes=(64 if is_sampling else 256) * connected,
        depth=(1 if is_sampling else 4) * connected,
        valid_period_us=1_000_000 if is_sampling and connected else 0,
        **({"open": True} | now),
    )


def trace_record(
    seq: int,
    time_us: int = 0,
    boot_id: int = 1,
    partition: int = 1,
    system: int = 0,
    crit: int = 0,
    code: int = 0x12,
    payload: tuple[int, ...] = (1, 2, 3, 4),
) -> bytes:
    """A trace record as the kernel stores it."""
    high = seq << 4 & 0xFFFFFFFF | crit << 1 | system
    body = struct.pack(
        ">Q q I II IIII", seq, time_us, boot_id, high, code << 16 | partition, *payload
    )
    return body + struct.pack(">I", crc32c(body))


def h(key: bytes, label: str, *fields: tuple[str, int]) -> bytes:
    """H(key, label | fields), a field being its format and value."""
    message = label.encode() + b"".join(struct.pack(">" + form, value) for form, value in fields)
    return hmac.new(key, message, "sha256").digest()


@dataclass
class BoardSession:
    """A session of the board's link; offered until the first frame under its own key proves it."""

    id: int
    key_id: int
    to_board: bytes
    to_ground: bytes
    nonce_board: int = 0
    hello: tuple[int, int] = (0, 0)  # request id and nonce of the ground
    sent: int = 0
    highest: int = 0
    seen: set[int] = field(default_factory=set)

    def is_fresh(self, counter: int) -> bool:
        """Whether the counter may be taken; notes it."""
        bad = not 1 <= counter <= LAST_COUNTER
        if bad or counter in self.seen or counter <= self.highest - 64:
            return False
        self.seen.add(counter)
        self.highest = max(self.highest, counter)
        return True


@dataclass
class Command:
    """A command in the journal. reply: its last one; a reset takes that away."""

    id: int
    digest: bytes
    operation: int
    session: int
    stage: int = 1
    code: int = 0
    domain: int = 0
    time_us: int = 0
    boot_id: int = 0
    cut_off: bool = False
    reply: object = None


@dataclass
class Log:
    """A ring of items with numbers."""

    unit: int
    oldest: int = 1
    items: list[bytes] = field(default_factory=list)
    capacity: int = 1 << 20

    @property
    def next(self) -> int:
        """Number that the next item will get."""
        return self.oldest + len(self.items)

    def add(self, item: bytes) -> None:
        """Appends; a full ring forgets its oldest item."""
        self.items.append(item)
        if len(self.items) > self.capacity:
            del self.items[0]
            self.oldest += 1


@dataclass
class Faults:
    """What goes wrong. Functions are asked for every frame; they may count and remember."""

    # (kind, message) -> "", "drop", "duplicate", "corrupt", "delay" or "overtaken" by the next
    tx: Callable[[str, object], str] = lambda kind, message: ""
    # (request) -> True: the request never arrived
    rx_lost: Callable[[object], bool] = lambda request: False
    delay_s: float = 0.0
    text: bytes = b""  # printed before every frame
    silent: bool = False  # hears everything, says nothing
    major: int = 0xA
    key_id: int = 0
    last_stage: int = 4  # commands go no further than this and then stay silent
    refuse: tuple[
        int, int, int, str
    ] | None = None  # stage, domain, code, detail: instead of carrying a command out
    no_commands: bool = False  # commands are not answered at all
    reboot_at: Callable[[str], bool] = lambda operation: False
    # reboots once a command has told this stage; the effect comes first if so wanted
    reboot_after: int = 0
    effect_before_reboot: bool = False
    beacons: bool = False  # one for each piece of input, as the supervisor's slot does
    keeps_journal: bool = True  # over a reboot
    ignore_reset: bool = False
    halt_after: int = 0  # requests that are still answered before a halt takes effect
    chunk_items: int = 0  # 0: as many as fit
    is_old: bool = False  # of protocol 10.1: ports and memory are unknown to it
    # a byte of memory changes when so many chunks have been sent; 0: none does
    changes_after: int = 0
    slot_bytes: int = 8192  # of a check sum in one slot


class FakeBoard:
    """The board's state, and its end of the protocol. Used by one client at a time."""

    def __init__(self, keys: dict[int, bytes] | None = None) -> None:
        """keys: those in the board's image, by id; none: the null key."""
        self.faults = Faults()
        self.keys = dict(keys or {})
        self.current: BoardSession | None = None
        self.offers: list[BoardSession] = []
        self.hellos = 0
        self.health: dict[str, int] = {}  # counters of LinkState
        self.commands: dict[int, Command] = {}  # the journal, oldest first
        self.credit = 1024
        self.boot_id = 0xB0070001
        self.now_us = 12_000_000
        self.frame = 48
        self.session = 0
        self.counter = 0
        self.token = 0
        self.armed = 0
        self.halted = False
        self.halt_in: int | None = None
        self.requests: list[str] = []  # operations received, repetitions included
        self.executed: list[tuple[str, int, int]] = []  # commands carried out
        self.journal: dict[int, list[object]] = {}
        self.names = ["supervisor", "P1", "payload"]
        self.states = [1, 1, 2]
        self.resets = [0, 0, 3]
        self.reset_statuses = [0, 0, 0]
        self.plans = [("nominal", 250_000, True), ("safe", 500_000, True), ("dark", 250_000, False)]
        # (partition, start, duration) of the slots of a plan; -1: of all others
        self.slots = {-1: [(1, 0, 200_000), (0, 200_000, 25_000)]}
        self.plan, self.previous, self.switch_frame, self.switch_us = 0, -1, 0, 0
        self.logs = {
            (pb.BOOK_HM, 0): Log(64),
            (pb.BOOK_TRACE, 1): Log(48),
            (pb.BOOK_TRACE, HYPERVISOR): Log(48),
            (pb.BOOK_CONSOLE, 1): Log(1),
            (pb.BOOK_CONSOLE, 2): Log(1),
        }
        self.ports = [
            port(1, 0, "temperature", pb.PORT_SAMPLING, pb.PORT_SOURCE, 0, waiting=1, sent=41,
                 state=pb.MESSAGE_NEW, valid=True, written_us=11_900_000, last_bytes=12),
            port(1, 1, "packets", pb.PORT_QUEUING, pb.PORT_SOURCE, 1, waiting=3, sent=17,
                 received=14, refused=2, last_bytes=200),
            port(1, 2, "spare", pb.PORT_SAMPLING, pb.PORT_DESTINATION, -1, open=False),
            port(2, 0, "temperature", pb.PORT_SAMPLING, pb.PORT_DESTINATION, 0, waiting=1, sent=41,
                 state=pb.MESSAGE_CONSUMED, valid=True, written_us=11_900_000, last_bytes=12),
            port(0, 0, "packets", pb.PORT_QUEUING, pb.PORT_DESTINATION, 1, waiting=3, sent=17,
                 received=14, refused=2, last_bytes=200),
        ]  # fmt: skip
        # Areas of a partition: start, name, flags, contents.
        text = b"The quick brown fox jumps over the lazy dog. "
        self.memory = {
            n: [
                (0x40100000 + n * 0x100000, "", 0, bytearray(text * 200)[:8192]),
                (0x40102000 + n * 0x100000, "tables", 1 << 2, bytearray(range(256)) * 16),
            ]
            for n in range(3)
        }
        self.chunks_sent = 0
        self.checks: dict[int, int] = {}  # bytes summed so far, by request
        self.done_code = (0, 0)  # domain and code of COMPLETED
        # (book, number): records whose number is destroyed; the kernel leaves them out
        self.unreadable: set[tuple[int, int]] = set()
        self.real_time = False  # board time is a clock, for a board that people use
        self.meanwhile: Callable[[], None] = lambda: None  # happens while a command is carried out
        self._output: list[bytes] = []
        self._held: list[bytes] = []  # frames that the next one overtakes
        self._input = bytearray()
        self._datagrams = False

    # ---- content

    def fill_hm(self, count: int, **values) -> None:
        """Adds health-monitor records."""
        log = self.logs[pb.BOOK_HM, 0]
        for _ in range(count):
            log.add(hm_record(log.next, log.next * 250_000, self.boot_id, **values))

    def fill_trace(self, source: int, count: int, **values) -> None:
        """Adds trace records."""
        log = self.logs[pb.BOOK_TRACE, source]
        for _ in range(count):
            log.add(trace_record(log.next, log.next * 1000, self.boot_id, **values))

    def print(self, partition: int, text: bytes) -> None:
        """Adds console output of a partition."""
        for byte in text:
            self.logs[pb.BOOK_CONSOLE, partition].add(bytes([byte]))

    def reboot(self, keep_logs: bool = True) -> None:
        """Starts anew: other boot id, no session, consoles gone, logs and journal kept or not."""
        self.boot_id += 1
        self.now_us = 1_000_000
        self._forget_replies()
        if not keep_logs or not self.faults.keeps_journal:
            self.commands.clear()
        self.token = 0
        self.current, self.offers, self.hellos = None, [], 0
        for (book, _), log in self.logs.items():
            if book == pb.BOOK_CONSOLE or not keep_logs:
                log.items.clear()
                log.oldest = 1

    def _forget_replies(self) -> None:
        """The supervisor's next life reads its journal back, but has no replies."""
        self.journal.clear()
        for command in self.commands.values():
            command.reply = None
            command.cut_off = command.stage < pb.STAGE_COMPLETED

    def power_cycle(self) -> None:
        """Starts anew and remembers nothing: the boot id is the same again, all logs are empty."""
        self.reboot(keep_logs=False)
        self.boot_id -= 1

    # ---- bytes in, bytes out

    def receive(self, data: bytes) -> bytes:
        """What the board answers to these bytes of a UART, at once."""
        self._output, self._datagrams = [], False
        before = len(self.requests)
        for byte in data:
            if byte:
                self._input.append(byte)
                continue
            frame, self._input = bytes(self._input), bytearray()
            if frame:
                self._frame(uncobs(frame))
        if self.faults.beacons and len(self.requests) > before:
            self.beacon()
        return b"".join(self._output)

    def receive_datagram(self, data: bytes) -> list[bytes]:
        """The datagrams that answer to one."""
        self._output, self._datagrams = [], True
        self._frame(data)
        return self._output

    def _count(self, name: str) -> None:
        self.health[name] = self.health.get(name, 0) + 1

    def _frame(self, raw: bytes | None) -> None:
        if raw is None or len(raw) < 18 or raw[0] != 0x5A or raw[1] != 1 or self.halted:
            return
        if struct.unpack(">I", raw[-4:])[0] != crc32c(raw[:-4]):
            self._count("crc_errors")
            return
        mac_bytes = 16 if raw[3] else 0
        length = struct.unpack(">H", raw[12:14])[0]
        if length > 192 or length != len(raw) - 18 - mac_bytes:
            self._count("length_errors")
            return
        why = self._refusal(raw, length)
        if why:
            self._count(why)
            return
        try:
            request = pb.Request.FromString(raw[14 : 14 + length])
        except DecodeError:
            self._count("decode_errors")
            return
        self._count("frames_good")
        outside = bool(self.keys) and raw[4:8] == bytes(4)
        if outside and request.WhichOneof("op") == "hello":
            self._greet(request, raw[3])
        elif outside:
            self._count("session_errors")
        else:
            self._request(request)

    # ---- sessions

    def _refusal(self, raw: bytes, length: int) -> str:
        """Name of the counter of the check that a frame fails; empty: it may be listened to."""
        _, _, _, key_id, session, counter = struct.unpack(">BBBBII", raw[:12])
        if not self.keys:
            return "key_errors" if key_id else ""
        if key_id not in self.keys:
            return "key_errors"
        text, code = raw[: 14 + length], raw[14 + length : -4]
        if session == 0:
            right = hmac.new(h(self.keys[key_id], "xm1 hello ground"), text, "sha256").digest()
            return "" if right[:16] == code else "mac_errors"
        for s in [self.current, *self.offers]:
            if s is None or (s.id, s.key_id) != (session, key_id):
                continue
            if hmac.new(s.to_board, text, "sha256").digest()[:16] != code:
                return "mac_errors"
            if not s.is_fresh(counter):
                return "replay_errors"
            if s is not self.current:
                self.offers.remove(s)
                self.current = s
                self._count("sessions_opened")
            return ""
        return "session_errors"

    def _greet(self, request, key_id: int) -> None:
        """Answers a Hello: the same one with the same session, until that is proven."""
        key, nonce = self.keys[key_id], request.hello.nonce_ground
        self.requests.append("hello")
        if self.faults.rx_lost(request):
            return
        self._count("hellos")
        wanted = (request.id, nonce)
        offer = next((o for o in self.offers if o.hello == wanted and o.key_id == key_id), None)
        if offer is None:
            self.hellos += 1
            made = h(
                key,
                "xm1 nonce",
                ("I", self.boot_id),
                ("I", self.hellos),
                ("Q", self.now_us),
                ("Q", nonce),
            )
            mine = int.from_bytes(made[:8], "big")
            numbers = (("Q", nonce), ("Q", mine), ("I", self.boot_id))
            offer = BoardSession(
                int.from_bytes(h(key, "xm1 session", *numbers)[:4], "big") or 1,
                key_id,
                h(key, "xm1 to board", *numbers),
                h(key, "xm1 to ground", *numbers),
                mine,
                wanted,
            )
            self.offers = [*self.offers[-3:], offer]
        reply = self._new_reply(request, pb.STAGE_COMPLETED, hello_ack=self._ack(offer.nonce_board))
        self._transmit("reply", reply, key_id, offer.id, 0, h(key, "xm1 hello board"))

    def _ack(self, nonce: int):
        return pb.HelloAck(
            nonce_board=nonce,
            minor_version=1 if self.faults.is_old else 2,
            mtu=192,
            credit=self.credit,
            system_name="demo",
            xm_version=0x000100,
            config_crc32c=0xC0FFEE01,
            authenticated=bool(self.keys),
            link=pb.LINK_UART,
        )

    # ---- frames out

    def send(self, kind: str, message) -> None:
        """Sends a message in the link's session, if there is one, through the faults."""
        if not self.keys:
            self.counter += 1
            self._transmit(kind, message, self.faults.key_id, self.session, self.counter, b"")
        elif self.current and self.current.sent < LAST_COUNTER:
            s = self.current
            s.sent += 1
            self._transmit(kind, message, s.key_id, s.id, s.sent, s.to_ground)

    def _transmit(
        self, kind: str, message, key_id: int, session: int, counter: int, key: bytes
    ) -> None:
        fate = self.faults.tx(kind, message)
        if self.faults.silent or fate == "drop":
            return
        payload = message.SerializeToString()
        body = struct.pack(
            ">BBBBIIH",
            0x50 | self.faults.major,
            TYPE_OF[kind],
            0,
            key_id,
            session,
            counter,
            len(payload),
        )
        body += payload
        if key_id:
            body += hmac.new(key, body, "sha256").digest()[:16]
        raw = bytearray(body + struct.pack(">I", crc32c(body)))
        if fate == "corrupt":
            raw[len(raw) // 2] ^= 0x10
        wire = bytes(raw)
        if not self._datagrams:
            wire = self.faults.text + b"\0" + cobs(wire) + b"\0"
        if fate == "delay":
            time.sleep(self.faults.delay_s)
        if fate == "overtaken":
            self._held.append(wire)
            return
        self._output += [wire] * (2 if fate == "duplicate" else 1) + self._held
        self._held = []
        self._count("frames_sent")

    def _new_reply(
        self, request, stage: int, domain: int = 0, code: int = 0, detail: str = "", **result
    ):
        self.now_us = time.monotonic_ns() // 1000 if self.real_time else self.now_us + 1000
        self.frame += 1
        return pb.Reply(
            id=request.id,
            stage=stage,
            board_time_us=self.now_us,
            frame=self.frame,
            boot_id=self.boot_id,
            status=pb.Status(domain=domain, code=code, detail=detail),
            **result,
        )

    def _reply(self, request, stage: int, *status, **result):
        reply = self._new_reply(request, stage, *status, **result)
        self.journal.setdefault(request.id, []).append(reply)
        command = self.commands.get(request.id)
        if command and request.WhichOneof("op") in COMMANDS:
            command.stage, command.reply = stage, reply
            command.code, command.domain = reply.status.code, reply.status.domain
            command.time_us, command.boot_id = self.now_us, self.boot_id
        self.send("reply", reply)
        return reply

    # ---- operations

    def _request(self, request) -> None:
        operation = request.WhichOneof("op") or ""
        self.requests.append(operation)
        if self.halt_in is not None:
            self.halt_in -= 1
            self.halted = self.halt_in < 0
            if self.halted:
                return
        if self.faults.rx_lost(request):
            return
        if self.faults.reboot_at(operation):
            self.reboot()
        if operation in COMMANDS:
            self._command(request, operation)
            return
        handler = getattr(self, "_op_" + operation, None)
        if handler is None or (self.faults.is_old and operation in NEW_OPERATIONS):
            self._reply(request, pb.STAGE_REJECTED, 0, pb.STATUS_UNSUPPORTED)
            return
        handler(request, getattr(request, operation))

    def _command(self, request, operation: str) -> None:
        """At most once: what is in the journal is answered from there."""
        if self.faults.no_commands:
            return
        contents = pb.Request()
        contents.CopyFrom(request)
        contents.hazard_token = 0
        digest = contents.SerializeToString()
        known = self.commands.get(request.id)
        if known and known.digest != digest:
            reply = self._new_reply(request, pb.STAGE_REJECTED, 0, pb.STATUS_INVALID, "other id")
            self.send("reply", reply)
            return
        if known:
            self._repeat(request, known)
            return
        self.commands[request.id] = Command(
            request.id,
            digest,
            request.DESCRIPTOR.fields_by_name[operation].number,
            self.current.id if self.current else 0,
            time_us=self.now_us,
            boot_id=self.boot_id,
        )
        while len(self.commands) > JOURNAL_PLACES:
            del self.commands[next(iter(self.commands))]
        if operation in CRITICAL and not request.confirmed:
            self._reply(request, pb.STAGE_REJECTED, 0, pb.STATUS_NEEDS_CONFIRMATION)
            return
        getattr(self, "_op_" + operation)(request, getattr(request, operation))

    def _repeat(self, request, known: Command) -> None:
        if known.reply is not None:
            self.send("reply", known.reply)
            return
        stage = pb.STAGE_STARTED if known.cut_off else known.stage
        code = pb.STATUS_UNCONFIRMED if known.cut_off else known.code
        self.send("reply", self._new_reply(request, stage, known.domain, code, "before a reset"))

    def _state_of(self, command: Command):
        over = command.stage >= pb.STAGE_COMPLETED
        code = pb.STATUS_UNCONFIRMED if command.cut_off else command.code
        waiting = pb.STARTED_NOT_CONFIRMED if command.cut_off else pb.IN_PROGRESS
        return pb.CommandState(
            id=command.id,
            stage=command.stage,
            status=pb.Status(domain=0 if command.cut_off else command.domain, code=code),
            operation=command.operation,
            board_time_us=command.time_us,
            boot_id=command.boot_id,
            session=command.session,
            knowledge=pb.FINISHED if over else waiting,
        )

    def _op_command_status(self, request, asked) -> None:
        known = self.commands.get(asked.id)
        state = pb.CommandState(id=asked.id, knowledge=pb.NEVER_RECEIVED)
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            command_state=self._state_of(known) if known else state,
        )

    def _op_command_list(self, request, asked) -> None:
        states = [self._state_of(command) for command in reversed(self.commands.values())]
        page = states[asked.first : asked.first + 5]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            command_states=pb.CommandStates(command=page, total=len(states)),
        )

    def _stages(self, request, done: Callable[[], dict]) -> None:
        """A command from RECEIVED to COMPLETED; `done` carries it out and gives the result."""
        for stage in (pb.STAGE_RECEIVED, pb.STAGE_ACCEPTED, pb.STAGE_STARTED):
            if stage > self.faults.last_stage:
                return
            if (
                self.faults.refuse
                and stage == pb.STAGE_ACCEPTED
                and self.faults.refuse[0] == pb.STAGE_REJECTED
            ):
                break
            self._reply(request, stage)
            if stage == self.faults.reboot_after:
                if self.faults.effect_before_reboot:
                    done()
                self.reboot()
                return
        if self.faults.refuse:
            self._reply(request, *self.faults.refuse)
            return
        result = done()
        if self.faults.last_stage >= pb.STAGE_COMPLETED:
            self._reply(request, pb.STAGE_COMPLETED, **result)

    def _op_ping(self, request, ping) -> None:
        self._reply(request, pb.STAGE_COMPLETED, pong=pb.Pong(ground_time_us=ping.ground_time_us))

    def _op_hello(self, request, hello) -> None:
        self._reply(request, pb.STAGE_COMPLETED, hello_ack=self._ack(7))

    def _partition(self, number: int):
        return pb.PartitionState(
            partition=number,
            name=self.names[number],
            state=self.states[number],
            system=number == 0,
            reset_counter=self.resets[number],
            reset_status=self.reset_statuses[number],
            exec_clock_us=1_234_567 * (number + 1),
            op_mode=3,
            messages_in=number,
            messages_out=2 * number,
        )

    def _op_partition_list(self, request, list_) -> None:
        page = [
            self._partition(n) for n in range(list_.first, min(len(self.names), list_.first + 2))
        ]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            partitions=pb.Partitions(partition=page, total=len(self.names)),
        )

    def _depart(self, request, control) -> None:
        """A command to the supervisor itself: STARTED, then a new life without a session, or
        silence."""
        self._reply(request, pb.STAGE_STARTED)
        self.executed.append(("partition_control", 0, control.action))
        if control.action in (pb.PARTITION_RESET_WARM, pb.PARTITION_RESET_COLD):
            self.resets[0] += 1
            self._forget_replies()
            self.current, self.offers = None, []
        else:
            self.halted = True

    def _op_partition_control(self, request, control) -> None:
        if control.partition == 0 and control.action != pb.PARTITION_RESUME:
            self._depart(request, control)
            return

        def done() -> dict:
            number = control.partition
            self.meanwhile()
            self.executed.append(("partition_control", number, control.action))
            if control.action == pb.PARTITION_RESET_WARM:
                self.resets[number] += 1
            elif control.action == pb.PARTITION_RESET_COLD:  # counts from the start
                self.resets[number] = 0
            self.states[number] = {1: 2, 3: 3, 4: 3}.get(control.action, 1)
            return {
                "partition_state": self._partition(number),
                "code": self.done_code[1],
                "domain": self.done_code[0],
            }

        self._stages(request, done)

    def _plan_state(self):
        return pb.PlanState(
            current=self.plan,
            requested=self.plan,
            previous=self.previous,
            switch_time_us=self.switch_us,
            switch_frame=self.switch_frame,
        )

    def _op_plan_list(self, request, list_) -> None:
        plans = [
            pb.Plan(plan=n, name=name, major_frame_us=frame, slot_count=2, supervisor_slot=slot)
            for n, (name, frame, slot) in enumerate(self.plans)
        ][list_.first : list_.first + 2]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            plans=pb.Plans(plan=plans, total=len(self.plans), state=self._plan_state()),
        )

    def _op_plan_show(self, request, show) -> None:
        slots = [
            pb.Slot(slot=slot, partition=partition, start_us=start_us, duration_us=duration_us)
            for slot, (partition, start_us, duration_us) in enumerate(
                self.slots.get(show.plan, self.slots[-1])
            )
        ]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            slots=pb.Slots(plan=show.plan, total=len(slots), slot=slots[show.first_slot :]),
        )

    def _op_plan_switch(self, request, switch) -> None:
        if not self.plans[switch.plan][2]:
            self._reply(request, pb.STAGE_RECEIVED)
            self._reply(
                request,
                pb.STAGE_REJECTED,
                0,
                pb.STATUS_LOCKOUT,
                "plan 2 has no slot for the supervisor",
            )
            return

        def done() -> dict:
            self.executed.append(("plan_switch", switch.plan, 0))
            if switch.plan == self.plan:
                return {"plan_state": self._plan_state()}
            self.previous, self.plan = self.plan, switch.plan
            self.switch_us, self.switch_frame = self.now_us, self.frame
            return {"plan_state": self._plan_state()}

        self._stages(request, done)

    def _op_book_list(self, request, list_) -> None:
        states = [
            pb.BookState(book=book, source=source, oldest=log.oldest, next=log.next)
            for (book, source), log in self.logs.items()
        ]
        page = states[list_.first : list_.first + 3]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            books=pb.Books(book=page, boot_id=self.boot_id, total=len(states)),
        )

    # ---- ports and memory

    def _op_port_list(self, request, list_) -> None:
        page = self.ports[list_.first : list_.first + 3]
        self._reply(request, pb.STAGE_COMPLETED, ports=pb.Ports(port=page, total=len(self.ports)))

    def _op_memory_list(self, request, list_) -> None:
        areas = [
            pb.MemoryArea(start=start, size=len(data), mapped_at=start, flags=flags, name=name)
            for start, name, flags, data in self.memory[list_.partition]
        ]
        page = areas[list_.first : list_.first + 1]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            memory_areas=pb.MemoryAreas(area=page, total=len(areas)),
        )

    def _area(self, request, partition: int, address: int, size: int):
        """The area that holds the range: its start and contents; refuses where none does, and all of
        the supervisor's."""
        if partition == 0:
            why = "the supervisor's own memory holds the keys of the link"
            self._reply(request, pb.STAGE_REJECTED, 0, pb.STATUS_INVALID, why)
            return None
        for start, _, _, data in self.memory.get(partition, []):
            if size and start <= address and address + size <= start + len(data):
                return start, data
        self._reply(request, pb.STAGE_REJECTED, 0, pb.STATUS_INVALID, "no area holds that range")
        return None

    def _op_memory_check(self, request, check) -> None:
        found = self._area(request, check.partition, check.address, check.size)
        if found is None:
            return
        start, data = found
        done = min(check.size, self.checks.get(request.id, 0) + self.faults.slot_bytes)
        self.checks[request.id] = done
        at = check.address - start
        self._reply(
            request,
            pb.STAGE_COMPLETED if done == check.size else pb.STAGE_ACCEPTED,
            memory_checked=pb.MemoryChecked(
                crc32c=crc32c(bytes(data[at : at + done])),
                begun_us=12_000_000,
                slots=-(-done // self.faults.slot_bytes),
                bytes=done,
            ),
        )

    def _memory_log(self, request, read) -> Log | None:
        """The area as a log: the byte at address a is item a + 1."""
        found = self._area(request, read.source, read.from_seq - 1, read.max_items)
        if found is None:
            return None
        start, data = found
        return Log(1, start + 1, [bytes([byte]) for byte in data])

    def _change_memory(self) -> None:
        for areas in self.memory.values():
            areas[0][3][0] ^= 0xFF

    def _op_log_read(self, request, read) -> None:
        if read.book == pb.BOOK_MEMORY:
            memory = self._memory_log(request, read)
            if memory is not None:
                self._serve(request, read, memory)
            return
        # A log that is not configured cannot be told from an empty one, but it is not listed.
        log = self.logs.get((read.book, read.source if read.book != pb.BOOK_HM else 0), Log(1))
        self._serve(request, read, log)

    def _serve(self, request, read, log: Log) -> None:
        """The chunks of a LogRead, and its LogEnd."""
        first = max(read.from_seq, log.oldest)
        count = max(0, min(read.max_items, log.next - first))
        wanted = min(read.max_payload or CHUNK_BYTES, CHUNK_BYTES)
        limit = max(wanted, LEAST_CHUNK_BYTES) - CHUNK_OVERHEAD_BYTES
        per_chunk = self.faults.chunk_items or limit // log.unit
        chunks = sent = 0

        def said(count: int) -> dict[str, int]:
            return {} if read.terse else {"book": read.book, "source": read.source, "count": count}

        for at, stop in self._runs(read.book, first, first + count, per_chunk):
            part = log.items[at - log.oldest : stop - log.oldest]
            self.send(
                "chunk",
                pb.Chunk(
                    id=request.id,
                    boot_id=self.boot_id,
                    first_seq=at,
                    items=b"".join(part),
                    **said(len(part)),
                ),
            )
            chunks += 1
            self.chunks_sent += 1
            if self.chunks_sent == self.faults.changes_after:
                self._change_memory()
            first = at if sent == 0 else first
            sent += len(part)
        if read.terse and (first, sent) == (read.from_seq, read.max_items):
            return
        end = pb.LogEnd(oldest=log.oldest, next=log.next, first=first, count=sent, chunks=chunks)
        self._reply(request, pb.STAGE_COMPLETED, log_end=end)

    def _runs(self, book: int, first: int, stop: int, most: int) -> list[tuple[int, int]]:
        """Ranges (from, behind) of items that one chunk holds: runs of numbers, so long at most."""
        runs: list[tuple[int, int]] = []
        for seq in range(first, stop):
            if (book, seq) in self.unreadable:
                continue
            if runs and runs[-1][1] == seq and seq - runs[-1][0] < most:
                runs[-1] = (runs[-1][0], seq + 1)
            else:
                runs.append((seq, seq + 1))
        return runs

    def _op_link_status(self, request, _) -> None:
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            link_state=pb.LinkState(
                rx_bytes=100,
                tx_bytes=2000,
                budget_bytes=256,
                **{"frames_good": 7, "frames_sent": 9, "crc_errors": 2} | self.health,
                authenticated=bool(self.keys),
                credit=self.credit,
                rx_ring_bytes=1024,
                tx_ring_bytes=4096,
                link=pb.LINK_UART,
                session=self.current.id if self.current else 0,
                key_id=self.current.key_id if self.current else 0,
            ),
        )

    def _op_system_status(self, request, _) -> None:
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            system_state=pb.SystemState(
                name="demo",
                xm_version=0x000100,
                reset_counter=2,
                hm_events=17,
                interrupts=4321,
                slot_lateness_last_us=3,
                slot_lateness_max_us=9,
                kernel_bytes_used=70_000,
                kernel_bytes_total=262_144,
                cpu_khz=50_000,
                plan=self._plan_state(),
                config_crc32c=0xC0FFEE01,
                partition_count=3,
            ),
        )

    def _op_system_control(self, request, control) -> None:
        if (
            not request.hazard_token
            or request.hazard_token != self.token
            or control.action != self.armed
        ):
            self.token, self.armed = 0x700C0DE, control.action
            self._reply(
                request,
                pb.STAGE_REJECTED,
                0,
                pb.STATUS_NEEDS_TOKEN,
                "",
                armed=pb.Armed(hazard_token=self.token, valid_ms=30_000),
            )
            return
        self.token = 0
        self._reply(request, pb.STAGE_RECEIVED)
        if self.faults.refuse:
            self._reply(request, *self.faults.refuse)
            return
        self._reply(request, pb.STAGE_ACCEPTED)
        self._reply(request, pb.STAGE_STARTED)
        self.executed.append(("system_control", 0, control.action))
        if self.faults.ignore_reset:
            return
        if control.action == pb.SYSTEM_HALT:
            self.halt_in = self.faults.halt_after
        else:
            self.reboot()

    def beacon(self) -> None:
        """Queues a beacon; sent with the next answer."""
        self.send(
            "beacon",
            pb.Beacon(
                boot_id=self.boot_id,
                board_time_us=self.now_us,
                frame=self.frame,
                credit=self.credit,
                hm_next=self.logs[pb.BOOK_HM, 0].next,
            ),
        )


class Served:
    """A board served from a thread, over TCP (one client after the other, as QEMU does), a pseudo
    terminal, or UDP."""

    def __init__(
        self, board: FakeBoard, pty_link: bool = False, port: int = 0, udp: bool = False
    ) -> None:
        self.board = board
        self.greeting = b""  # sent to every client when it connects
        self._stop = threading.Event()
        self._fds: list[int] = []
        if pty_link:
            master, slave = os.openpty()
            tty.setraw(slave)
            self._fds = [master, slave]
            self.url = f"serial:{os.ttyname(slave)}"
            target: Callable[[], None] = self._serve_pty
        elif udp:
            self._listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._listener.bind(("127.0.0.1", port))
            self.url = f"udp:127.0.0.1:{self._listener.getsockname()[1]}"
            target = self._serve_udp
        else:
            self._listener = socket.create_server(("127.0.0.1", port))
            self.url = f"tcp:127.0.0.1:{self._listener.getsockname()[1]}"
            target = self._serve_tcp
        self._thread = threading.Thread(target=target, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._stop.set()
        self._thread.join(60)
        if self._fds:
            for fd in self._fds:
                os.close(fd)
        else:
            self._listener.close()

    def _serve_pty(self) -> None:
        master = self._fds[0]
        while not self._stop.is_set():
            if select.select([master], [], [], POLL_S)[0]:
                os.write(master, self.board.receive(os.read(master, 4096)))

    def _serve_udp(self) -> None:
        while not self._stop.is_set():
            if select.select([self._listener], [], [], POLL_S)[0]:
                data, sender = self._listener.recvfrom(4096)
                for datagram in self.board.receive_datagram(data):
                    self._listener.sendto(datagram, sender)

    def _serve_tcp(self) -> None:
        while not self._stop.is_set():
            if select.select([self._listener], [], [], POLL_S)[0]:
                client, _ = self._listener.accept()
                with client:
                    self._serve_client(client)

    def _serve_client(self, client: socket.socket) -> None:
        try:
            client.sendall(self.greeting)
            while not self._stop.is_set():
                if not select.select([client], [], [], POLL_S)[0]:
                    continue
                data = client.recv(4096)
                if not data:
                    return
                client.sendall(self.board.receive(data))
                if self.board.halted:
                    return  # as an emulator that ends
        except OSError:
            return


def main(argv: list[str]) -> int:
    """Serves a board with some content until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A simulated board.")
    parser.add_argument("port", nargs="?", type=int, default=5500)
    parser.add_argument("--udp", action="store_true", help="datagrams instead of a TCP stream")
    parser.add_argument("--key", metavar="FILE", type=Path, help="key file, as in a board's image")
    args = parser.parse_args(argv[1:])
    lines = args.key.read_text().split("\n") if args.key else []
    words = [line.split() for line in lines if line.startswith("xm-key")]
    board = FakeBoard({int(number): bytes.fromhex(digits) for _, number, digits in words})
    board.real_time = True
    board.fill_hm(40)
    board.fill_trace(1, 20)
    board.fill_trace(HYPERVISOR, 20, system=1, code=2 << 8 | 0xA, partition=HYPERVISOR)
    board.print(1, b"P1: hello from the simulated board\n" * 20)
    served = Served(board, port=args.port, udp=args.udp)
    print(f"simulated board on {served.url}", flush=True)
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        served.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
