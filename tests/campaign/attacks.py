"""What the hostile-link campaign sends, and the ends of the links that it shares with an operator.

On the UART an attack is a piece of the byte stream. On the Ethernet it is a whole frame from the wire on: the same frames
of the ground link as datagrams of anybody's, among them frames that are no datagrams or lie about what they are.
"""

from __future__ import annotations

import random
import socket
import struct
import time
import warnings
from collections.abc import Iterable
from typing import Any

import machine

CORPUS = machine.ROOT / "tests" / "fuzz" / "corpus"
COMMANDS = ("partition_control", "plan_switch", "system_control")
SEND_LIMIT_S = 30.0

# hostile/system.xml
BOARD, BOARD_MAC, PORT = bytes((10, 0, 2, 15)), bytes.fromhex("02005e000001"), 5501
OPERATOR, OPERATOR_MAC, OPERATOR_PORT = bytes((10, 0, 2, 2)), bytes.fromhex("020000000002"), 40000
ARP, IP, ICMP, UDP = 0x0806, 0x0800, 1, 17


class Hostile:
    """One attacker on the UART: makes pieces of the byte stream."""

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
        """What is sent at once, one attack."""
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


def checksum(data: bytes) -> int:
    """The one of IP, ICMP and UDP."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(payload: bytes, kind: int, to: bytes = BOARD_MAC) -> bytes:
    """A frame as the MAC hands it on: without its CRC, not shorter than 60 bytes."""
    return (to + OPERATOR_MAC + kind.to_bytes(2, "big") + payload).ljust(60, b"\0")


def ip_packet(payload: bytes, protocol: int, source: bytes, to: bytes = BOARD, fragment: int = 0) -> bytes:
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, fragment, 64, protocol, 0, source, to)
    return head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + payload


def udp_packet(payload: bytes, source: bytes, port: int, to: bytes = BOARD, to_port: int = PORT) -> bytes:
    head = struct.pack(">HHHH", port, to_port, 8 + len(payload), 0)
    pseudo = source + to + struct.pack(">HH", UDP, 8 + len(payload))
    total = checksum(pseudo + head + payload) or 0xFFFF
    return ip_packet(head[:6] + total.to_bytes(2, "big") + payload, UDP, source, to)


def arp(operation: int, source: bytes, target: bytes, to: bytes) -> bytes:
    return ethernet(struct.pack(">HHBBH", 1, IP, 6, 4, operation) + OPERATOR_MAC + source + to + target, ARP, to)


class HostileEthernet(Hostile):
    """One attacker on the Ethernet: makes frames of it."""

    def piece(self) -> bytes:
        if self.random.random() < 0.6:
            return self._datagram(super().piece())
        attacks = [self.wrong_arp, self.wrong_ip, self.fragment, self.wrong_udp, self.echo, self.noise_frame, self.oversized,
                   self.changed]
        return self.random.choice(attacks)()

    def _line(self, packed: bytes) -> bytes:
        return packed  # a datagram is a frame

    def _source(self) -> bytes:
        """The operator's own address, a neighbour's, anybody's, nobody's."""
        return self.random.choice((OPERATOR, OPERATOR, bytes((10, 0, 2, self.random.randrange(256))), self.random.randbytes(4), BOARD,
                                   bytes(4), b"\xff" * 4, bytes((224, 0, 0, 1)), bytes((127, 0, 0, 1))))

    def _datagram(self, payload: bytes) -> bytes:
        port = self.random.choice((OPERATOR_PORT, PORT, 0, self.random.getrandbits(16)))
        return ethernet(udp_packet(payload, self._source(), port), IP)

    def wrong_arp(self) -> bytes:
        """Requests and answers that are short, of other kinds, or say what is not so."""
        message = bytearray(arp(self.random.choice((1, 2, 2, 0, 9)), self._source(), BOARD, BOARD_MAC))
        if self.random.random() < 0.5:
            message[14 + self.random.randrange(8)] = self.random.randrange(256)
        return bytes(message[:self.random.choice((14, 20, 41, 60, 60, 60))])

    def wrong_ip(self) -> bytes:
        """A header that lies: version, lengths, protocol; its check sum is right, or not."""
        packet = bytearray(udp_packet(self._harmless(), self._source(), OPERATOR_PORT))
        for _ in range(self.random.randint(1, 3)):
            packet[self.random.choice((0, 2, 3, 6, 8, 9, 16))] = self.random.randrange(256)
        if self.random.random() < 0.7:
            length = min(4 * (packet[0] & 15), len(packet))
            packet[10:12] = b"\0\0"
            packet[10:12] = checksum(bytes(packet[:length])).to_bytes(2, "big")
        return ethernet(bytes(packet), IP)[:self.random.choice((33, 60, 1514, 1514))]

    def fragment(self) -> bytes:
        offset = self.random.choice((0x2000, 0x2001, 0x1FFF, 0x0005, 0x3FFF))
        return ethernet(ip_packet(self._harmless() * 2, self.random.choice((UDP, ICMP)), self._source(), fragment=offset), IP)

    def wrong_udp(self) -> bytes:
        packet = bytearray(udp_packet(self._harmless(), self._source(), OPERATOR_PORT))
        wrong = self.random.choice((0, 1, 7, 8, 0xFFFF, self.random.getrandbits(16)))
        struct.pack_into(">H", packet, self.random.choice((22, 24, 26)), wrong)  # port, length, check sum
        return ethernet(bytes(packet), IP)

    def echo(self) -> bytes:
        data = self.random.randbytes(self.random.choice((0, 56, 1472)))
        message = struct.pack(">BBHI", 8, 0, 0, 1) + data
        message = message[:2] + checksum(message).to_bytes(2, "big") + message[4:]
        to = self.random.choice((BOARD, BOARD, b"\xff" * 4, bytes((10, 0, 2, 255))))
        return ethernet(ip_packet(message, ICMP, self._source(), to), IP, self.random.choice((BOARD_MAC, b"\xff" * 6)))

    def noise_frame(self) -> bytes:
        kind = self.random.choice((ARP, IP, 0x86DD, 0x8100, self.random.getrandbits(16)))
        return ethernet(self.random.randbytes(self.random.randrange(1501)), kind, self.random.choice((BOARD_MAC, b"\xff" * 6)))

    def oversized(self) -> bytes:
        """Longer than Ethernet allows: the MAC cuts it off and says so."""
        return ethernet(udp_packet(self.random.randbytes(self.random.randint(1473, 1900)), OPERATOR, OPERATOR_PORT), IP)

    def changed(self) -> bytes:
        """A sound datagram with a few bytes changed anywhere behind the board's address."""
        frame = bytearray(self._datagram(self._frame(self._harmless())))
        for _ in range(self.random.randint(1, 4)):
            frame[self.random.randrange(6, len(frame))] = self.random.randrange(256)
        return bytes(frame)


class Line:
    """The operator's end of the UART, which the attacker shares."""

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
        self._connection.settimeout(SEND_LIMIT_S)
        self._connection.sendall(data)

    def attack(self, pieces: Iterable[bytes]) -> None:
        self.write(b"".join(pieces) + b"\0")

    def close(self) -> None:
        """The connection is the campaign's."""


class Wire:
    """The operator's end of the Ethernet: a host that speaks ARP and UDP, on a wire that the attacker shares."""

    datagrams = True

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire

    def read(self, timeout_s: float) -> bytes:
        """A datagram for the operator; nothing: none came."""
        end = time.monotonic() + max(timeout_s, 0.001)
        while (left := end - time.monotonic()) > 0:
            self._wire.settimeout(left)
            try:
                frame = self._wire.recv(4096)
            except TimeoutError:
                break
            kind = int.from_bytes(frame[12:14], "big")
            if kind == ARP and frame[20:22] == b"\0\1" and frame[38:42] == OPERATOR:
                self.attack([arp(2, OPERATOR, BOARD, BOARD_MAC)])
            elif kind == IP and frame[23] == UDP and frame[26:38] == BOARD + OPERATOR + struct.pack(">HH", PORT, OPERATOR_PORT):
                return frame[42:34 + int.from_bytes(frame[38:40], "big")]
        return b""

    def write(self, data: bytes) -> None:
        self.attack([ethernet(udp_packet(data, OPERATOR, OPERATOR_PORT), IP)])

    def attack(self, pieces: Iterable[bytes]) -> None:
        self._wire.settimeout(SEND_LIMIT_S)
        for piece in pieces:
            self._wire.send(piece)

    def close(self) -> None:
        """The wire is the campaign's."""
