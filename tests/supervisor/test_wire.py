"""The wire against an independent implementation: Python's protobuf, and COBS, header and CRC-32C
written anew here from the head comment of proto/supervisor.proto. Run by run.py, which sets
XM_BOARD and the path of supervisor_pb2."""

import hashlib
import hmac
import os
import random
import struct
import subprocess
from dataclasses import dataclass

import pytest
import supervisor_pb2 as pb

COMMAND, REPLY, EVENT, BULK, BEACON = 1, 2, 3, 4, 5


def H(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 & -(crc & 1))
    return crc ^ 0xFFFFFFFF


def stuff(data):
    """COBS from its paper: append a zero to the data, cut into groups, drop the appended zero."""
    out, group = bytearray(), bytearray()
    for position, byte in enumerate(data + b"\0"):
        if byte == 0:
            out += bytes([len(group) + 1]) + group
            group.clear()
        else:
            group.append(byte)
            if len(group) == 254:
                out += b"\xff" + group
                group.clear()
                if position == len(data) - 1:
                    break
    return bytes(out)


def unstuff(data):
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        assert code and at + code <= len(data)
        out += data[at + 1 : at + code]
        at += code
        if code < 255 and at < len(data):
            out.append(0)
    return bytes(out)


def frame(payload, type_=COMMAND, key=0, counter=1, version=0x5A, session=0, mac_key=None):
    body = struct.pack(">BBBBIIH", version, type_, 0, key, session, counter, len(payload)) + payload
    if mac_key is not None:
        body += H(mac_key, body)[:16]
    return b"\0" + stuff(body + struct.pack(">I", crc32c(body))) + b"\0"


def parse(stream):
    """(type, counter, payload) of every frame; anything that is not a good frame fails the test."""
    found = []
    for run in stream.split(b"\0"):
        if not run:
            continue
        data = unstuff(run)
        assert struct.unpack(">I", data[-4:])[0] == crc32c(data[:-4])
        version, type_, channel, key, session, counter, length = struct.unpack(
            ">BBBBIIH", data[:14]
        )
        assert (version, channel, key, session) == (0x5A, 0, 0, 0)
        assert len(data) == 14 + length + 4 and length <= 512
        found.append((type_, counter, data[14 : 14 + length]))
    return found


def board(stream, slots=50):
    done = subprocess.run(
        [os.environ["XM_BOARD"], str(slots)], input=stream, capture_output=True, timeout=30
    )
    assert done.returncode == 0, done.stderr.decode()
    return parse(done.stdout)


def replies(requests, slots=50):
    stream = b"".join(frame(r.SerializeToString(), counter=n + 1) for n, r in enumerate(requests))
    return [
        pb.Reply.FromString(payload) for type_, _, payload in board(stream, slots) if type_ == REPLY
    ]


def test_own_tools_meet_published_vectors():
    assert crc32c(b"123456789") == 0xE3069283
    assert stuff(b"\x11\x22\x00\x33") == b"\x03\x11\x22\x02\x33"
    assert stuff(bytes(range(1, 255))) == b"\xff" + bytes(range(1, 255))
    assert stuff(bytes(range(1, 256))) == b"\xff" + bytes(range(1, 255)) + b"\x02\xff"


def test_fixed_width_numbers_are_little_endian_on_the_wire():
    """What the missing WORDS_BIGENDIAN breaks on the target; bytes of a ping by hand."""
    payload = bytes.fromhex("0807" "5209" "09" "8877665544332211")
    assert (
        pb.Request(id=7, ping=pb.Ping(ground_time_us=0x1122334455667788)).SerializeToString()
        == payload
    )
    answers = [pb.Reply.FromString(p) for t, _, p in board(frame(payload)) if t == REPLY]
    assert answers[0].id == 7 and answers[0].pong.ground_time_us == 0x1122334455667788


def test_pong_has_exactly_the_bytes_that_python_makes():
    request = pb.Request(id=300, ping=pb.Ping(ground_time_us=5))
    raw = [p for t, _, p in board(frame(request.SerializeToString())) if t == REPLY][0]
    message = pb.Reply.FromString(raw)
    assert message.SerializeToString() == raw
    assert (
        message.stage == pb.STAGE_COMPLETED
        and message.boot_id == 0xB0071D
        and message.board_time_us >= 1000000
    )


SAFE = [
    pb.Request(id=1, hello=pb.Hello(nonce_ground=2**64 - 1)),
    pb.Request(id=2, partition_list=pb.PartitionList()),
    pb.Request(id=3, plan_list=pb.PlanList()),
    pb.Request(id=4, plan_show=pb.PlanShow(plan=0)),
    pb.Request(id=5, link_status=pb.LinkStatus()),
    pb.Request(id=6, system_status=pb.SystemStatus()),
    pb.Request(id=7, book_list=pb.BookList()),
    pb.Request(
        id=8,
        confirmed=True,
        partition_control=pb.PartitionControl(partition=1, action=pb.PARTITION_SUSPEND),
    ),
    pb.Request(id=9, system_control=pb.SystemControl(action=pb.SYSTEM_HALT)),
    pb.Request(id=10, log_read=pb.LogRead(book=pb.BOOK_HM, from_seq=0, max_items=100)),
    pb.Request(id=11, command_status=pb.CommandStatus(id=8)),
    pb.Request(id=12, command_list=pb.CommandList()),
]
RESULTS = {
    1: "hello_ack",
    2: "partitions",
    3: "plans",
    4: "slots",
    5: "link_state",
    6: "system_state",
    7: "books",
    8: "partition_state",
    9: "armed",
    10: "log_end",
    11: "command_state",
    12: "command_states",
}


@pytest.mark.parametrize("request_", SAFE, ids=lambda r: r.WhichOneof("op"))
def test_every_answer_decodes_and_encodes_to_the_same_bytes(request_):
    frames = board(frame(request_.SerializeToString()))
    kinds = {REPLY: pb.Reply, EVENT: pb.Event, BULK: pb.Chunk, BEACON: pb.Beacon}
    for type_, _, payload in frames:
        assert kinds[type_].FromString(payload).SerializeToString() == payload
    answers = [pb.Reply.FromString(p) for t, _, p in frames if t == REPLY]
    assert [a.id for a in answers] == [request_.id]
    assert answers[0].WhichOneof("result") == RESULTS[request_.id]


def test_counters_rise_by_one_over_all_types():
    stream = b"".join(frame(r.SerializeToString()) for r in SAFE)
    frames = board(stream)
    assert [counter for _, counter, _ in frames] == list(range(1, len(frames) + 1))
    assert {type_ for type_, _, _ in frames} == {REPLY, EVENT, BULK, BEACON}


def test_log_records_come_with_their_checksums():
    frames = board(frame(SAFE[9].SerializeToString()))
    chunks = [pb.Chunk.FromString(p) for t, _, p in frames if t == BULK]
    items = b"".join(c.items for c in chunks)
    assert [c.first_seq for c in chunks] == [1, 8, 15, 22, 29]
    assert len(items) == 30 * 64
    for n in range(30):
        record = items[64 * n : 64 * n + 64]
        assert struct.unpack(">Q", record[:8])[0] == n + 1
        assert struct.unpack(">I", record[60:])[0] == crc32c(record[:60])


def test_plan_switch_and_reset_pass_their_stages():
    answers = replies(
        [
            pb.Request(
                id=1,
                confirmed=True,
                partition_control=pb.PartitionControl(partition=2, action=pb.PARTITION_RESET_WARM),
            ),
            pb.Request(id=2, confirmed=True, plan_switch=pb.PlanSwitch(plan=1)),
            pb.Request(id=3, confirmed=True, plan_switch=pb.PlanSwitch(plan=2)),
        ]
    )
    stages = {n: [a.stage for a in answers if a.id == n] for n in (1, 2, 3)}
    assert stages[1] == [pb.STAGE_STARTED, pb.STAGE_COMPLETED]
    assert stages[2] == [pb.STAGE_STARTED, pb.STAGE_COMPLETED]
    assert stages[3] == [pb.STAGE_REJECTED]
    lockout = [a for a in answers if a.id == 3][0]
    assert (lockout.status.domain, lockout.status.code) == (pb.DOMAIN_SUPERVISOR, pb.STATUS_LOCKOUT)
    assert lockout.status.detail.endswith("nobody could switch back")


def test_damage_between_good_frames_is_counted_and_costs_nothing_else():
    good = frame(pb.Request(id=1, ping=pb.Ping()).SerializeToString())
    damaged = bytearray(good)
    damaged[-2] ^= 0x40  # last byte of the CRC; it stays a byte that COBS can hold
    assert damaged[-2] != 0
    stream = (
        good
        + bytes(damaged)
        + b"console text\r\n"
        + frame(b"", version=0x5B)
        + frame(b"", key=9)
        + frame(b"x" * 193)
        + frame(b"\xff")
        + frame(pb.Request(id=2, link_status=pb.LinkStatus()).SerializeToString())
    )
    answers = [pb.Reply.FromString(p) for t, _, p in board(stream) if t == REPLY]
    state = [a for a in answers if a.id == 2][0].link_state
    assert state.frames_good == 3  # the ping, the one that is no protobuf, and the question
    # a key id says that a MAC follows: a frame without one has the wrong length, checked first
    assert (
        state.crc_errors,
        state.console_bytes,
        state.version_errors,
        state.length_errors,
        state.decode_errors,
    ) == (1, 14, 1, 2, 1)


def test_an_unknown_key_is_counted_as_such():
    body = struct.pack(">BBBBIIH", 0x5A, 1, 0, 5, 0, 1, 0) + bytes(16)
    unknown = b"\0" + stuff(body + struct.pack(">I", crc32c(body))) + b"\0"
    answers = [
        pb.Reply.FromString(p)
        for t, _, p in board(
            unknown + frame(pb.Request(id=2, link_status=pb.LinkStatus()).SerializeToString())
        )
        if t == REPLY
    ]
    assert answers[0].link_state.key_errors == 1


def test_hundreds_of_random_requests_are_understood_as_sent():
    rng = random.Random(1)
    times = [rng.getrandbits(64) for _ in range(90)]
    requests = [
        pb.Request(id=rng.getrandbits(32) | 1, ping=pb.Ping(ground_time_us=t)) for t in times
    ]
    answers = replies(requests, slots=100)
    assert [(a.id, a.pong.ground_time_us) for a in answers] == [
        (r.id, r.ping.ground_time_us) for r in requests
    ]


# ---- sessions, from the head comment of proto/supervisor.proto ---------------------------------

KEYS = {5: bytes(range(32)), 250: hashlib.sha256(b"another").digest()}


@dataclass
class Heard:
    """A frame from a board with keys, split but not believed."""

    type: int
    key: int
    session: int
    counter: int
    payload: bytes
    body: bytes
    mac: bytes

    def holds(self, key):
        return self.mac == H(key, self.body)[:16]


def split(run):
    data = unstuff(run)
    assert struct.unpack(">I", data[-4:])[0] == crc32c(data[:-4])
    version, type_, channel, key, session, counter, length = struct.unpack(">BBBBIIH", data[:14])
    assert (version, channel) == (0x5A, 0) and len(data) == 14 + length + 16 + 4
    return Heard(type_, key, session, counter, data[14 : 14 + length], data[:-20], data[-20:-4])


class KeyedBoard:
    """A board with keys that runs while the test talks with it, and the ground's end of a session
    under one of them."""

    def __init__(self, folder, key_id=5):
        keys = "".join(f"xm-key {n} {key.hex()}\n" for n, key in KEYS.items())
        (folder / "keys").write_text("# of the test\n" + keys)
        self.process = subprocess.Popen(
            [os.environ["XM_BOARD"], "5", str(folder / "keys")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.key_id, self.key = key_id, KEYS[key_id]
        self.session = self.counter = 0
        self.to_board = self.to_ground = b""

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def heard(self):
        """The next frame; waits for it."""
        run = bytearray()
        while True:
            byte = self.process.stdout.read(1)
            assert byte, "the board ended"
            if byte != b"\0":
                run += byte
            elif run:
                return split(bytes(run))

    def rest(self):
        """All further frames: the board is at its end."""
        self.process.stdin.close()
        return [split(run) for run in self.process.stdout.read().split(b"\0") if run]

    def hello(self, nonce):
        """Opens a session; returns the HelloAck's frame and message."""
        request = pb.Request(id=77, hello=pb.Hello(nonce_ground=nonce))
        self.write(
            frame(
                request.SerializeToString(),
                key=self.key_id,
                counter=4711,
                mac_key=H(self.key, b"xm1 hello ground"),
            )
        )
        answer = self.heard()
        assert (answer.type, answer.key, answer.counter) == (REPLY, self.key_id, 0)
        assert answer.holds(H(self.key, b"xm1 hello board"))
        reply = pb.Reply.FromString(answer.payload)
        same = struct.pack(">QQI", nonce, reply.hello_ack.nonce_board, reply.boot_id)
        self.session = struct.unpack(">I", H(self.key, b"xm1 session" + same)[:4])[0] or 1
        self.to_board = H(self.key, b"xm1 to board" + same)
        self.to_ground = H(self.key, b"xm1 to ground" + same)
        self.counter = 0
        return answer, reply

    def request(self, message, **changes):
        self.counter += 1
        header = {"key": self.key_id, "session": self.session, "counter": self.counter}
        return frame(message.SerializeToString(), **(header | {"mac_key": self.to_board} | changes))

    def ask(self, message):
        """Sends a request; returns its first reply, everything heard until then being checked."""
        self.write(self.request(message))
        while True:
            heard = self.heard()
            assert heard.session == self.session and heard.holds(self.to_ground)
            if heard.type == REPLY:
                return pb.Reply.FromString(heard.payload)


@pytest.mark.parametrize("key_id", KEYS)
def test_a_session_opens_as_the_protocol_says(tmp_path, key_id):
    with KeyedBoard(tmp_path, key_id) as keyed:
        answer, reply = keyed.hello(0x0123456789ABCDEF)
        assert answer.session == keyed.session
        assert reply.id == 77 and reply.hello_ack.authenticated
        assert reply.hello_ack.link == pb.LINK_UART and reply.hello_ack.minor_version == 2
        pong = keyed.ask(pb.Request(id=1, ping=pb.Ping(ground_time_us=42)))
        assert pong.pong.ground_time_us == 42
        state = keyed.ask(pb.Request(id=2, link_status=pb.LinkStatus())).link_state
        assert (state.session, state.key_id) == (keyed.session, key_id)
        rest = keyed.rest()
        assert all(heard.holds(keyed.to_ground) for heard in rest)


def test_the_boards_nonce_is_the_one_described(tmp_path):
    nonce = 0xFEDCBA9876543210
    with KeyedBoard(tmp_path) as keyed:
        _, reply = keyed.hello(nonce)
        fields = struct.pack(">IIQQ", reply.boot_id, 1, reply.board_time_us, nonce)
        expected = struct.unpack(">Q", H(keyed.key, b"xm1 nonce" + fields)[:8])[0]
        assert reply.hello_ack.nonce_board == expected


def test_types_in_both_directions_carry_rising_counters_and_codes(tmp_path):
    with KeyedBoard(tmp_path) as keyed:
        keyed.hello(1)
        stream = b"".join(keyed.request(r) for r in SAFE)
        keyed.write(stream)
        heard = keyed.rest()
        assert [h.counter for h in heard] == list(range(1, len(heard) + 1))
        assert {h.type for h in heard} == {REPLY, EVENT, BULK, BEACON}
        assert all(h.holds(keyed.to_ground) and h.key == 5 for h in heard)
        answered = {pb.Reply.FromString(h.payload).id for h in heard if h.type == REPLY}
        assert answered == {r.id for r in SAFE}


def test_forged_replayed_and_crossed_frames_are_counted_and_not_answered(tmp_path):
    ping = pb.Request(id=9, ping=pb.Ping())
    with KeyedBoard(tmp_path) as keyed:
        keyed.hello(1)
        keyed.ask(ping)
        good = keyed.request(ping)
        keyed.write(good)
        keyed.write(good)  # replayed
        keyed.write(keyed.request(ping, counter=0))  # below the first number
        keyed.write(keyed.request(ping, counter=2**31))  # beyond the last
        keyed.write(keyed.request(ping, mac_key=keyed.to_ground))  # the other direction's key
        keyed.write(keyed.request(ping, mac_key=KEYS[250]))  # another key
        keyed.write(keyed.request(ping, session=keyed.session ^ 1))  # another session
        keyed.write(keyed.request(ping, key=250))  # another key id
        keyed.write(keyed.request(ping, key=9))  # an unknown one
        keyed.write(keyed.request(ping, key=0, mac_key=None))  # none
        hello = H(keyed.key, b"xm1 hello ground")
        keyed.write(keyed.request(ping, session=0, mac_key=hello))  # no Hello in session 0
        keyed.write(keyed.request(ping, session=0, mac_key=keyed.to_board))
        keyed.write(keyed.request(pb.Request(id=10, link_status=pb.LinkStatus())))
        replies_ = [pb.Reply.FromString(h.payload) for h in keyed.rest() if h.type == REPLY]
        assert [r.id for r in replies_] == [9, 10]
        state = replies_[1].link_state
        assert state.replay_errors == 3
        assert state.mac_errors == 3
        assert state.session_errors == 3
        assert state.key_errors == 2


def test_own_hmac_meets_rfc_4231():
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert H(b"Jefe", b"what do ya want for nothing?").hex() == expected
