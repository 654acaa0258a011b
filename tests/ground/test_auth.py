"""auth.py and sessions: derivations against a second implementation, the replay window against a
set, and everything that a link or an attacker may do to frames."""

import hashlib
import hmac
import random

import pytest
from conftest import QUICK_RETRY_S, LoopTransport, loop_client, sequence
from fake_board import FakeBoard, Served, crc32c
from hypothesis import given, settings
from hypothesis import strategies as st

from xmground import auth, framing
from xmground._generated import supervisor_pb2 as pb
from xmground.auth import LAST_COUNTER, REKEY_AT, Greeting, ReplayWindow, SealedChannel
from xmground.client import Client
from xmground.errors import AuthenticationError, NoAnswer, OutcomeUnknown
from xmground.framing import Frame, FrameType
from xmground.keys import Key
from xmground.model import PartitionAction
from xmground.session import Session
from xmground.transport import open_link

KEY = Key(7, bytes(range(32)))
OTHER = Key(8, bytes(range(1, 33)))


@pytest.fixture
def keyed() -> FakeBoard:
    """A board with one key."""
    return FakeBoard({KEY.id: KEY.secret})


# ---- derivations


def test_hmac_is_the_one_of_rfc_4231() -> None:
    case_2 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert auth.derive(b"Jefe", "what do ya want ", b"for nothing?").hex() == case_2


def test_code_covers_header_and_payload() -> None:
    frame = Frame(1, b"abc", 5, 6, 7)
    raw = framing.pack_frame(auth.seal(b"k" * 32, frame))
    body, code, crc = raw[:17], raw[17:33], raw[33:]
    assert code == hmac.new(b"k" * 32, body, hashlib.sha256).digest()[:16]
    assert int.from_bytes(crc, "big") == crc32c(body + code)


def channel() -> SealedChannel:
    return SealedChannel(0x1234, 7, b"b" * 32, b"g" * 32)


def from_board(counter: int, payload: bytes = b"x", **changes: int) -> Frame:
    values = {"session": 0x1234, "key_id": 7} | changes
    return auth.seal(b"g" * 32, Frame(2, payload, counter, **values))


@settings(deadline=None)
@given(st.integers(0, 8 * (framing.HEADER.size + 1 + 16) - 1))
def test_any_changed_bit_is_refused(bit: int) -> None:
    raw = bytearray(framing.pack_frame(from_board(1)))
    raw[bit // 8] ^= 1 << bit % 8
    raw[-4:] = crc32c(bytes(raw[:-4])).to_bytes(4, "big")
    end = channel()
    try:
        frame = framing.unpack_frame(bytes(raw))
    except framing.FrameError:
        return
    assert end.refusal(frame) in ("key", "session", "mac")
    assert end.refusal(from_board(1)) == ""


def test_frame_of_the_other_direction_is_refused() -> None:
    end = channel()
    assert end.refusal(end.seal(FrameType.REPLY, b"x")) == "mac"


def test_counter_of_a_frame_without_the_right_code_is_not_noted() -> None:
    end = channel()
    forged = Frame(2, b"x", 1000, 0x1234, 7, 0, bytes(16))
    assert end.refusal(forged) == "mac"
    assert end.refusal(from_board(1)) == "" and end.refusal(from_board(1)) == "replay"


def test_checks_come_in_the_order_of_the_protocol() -> None:
    end = channel()
    wrong = Frame(2, b"x", 0, 0x9999, 9, 0, bytes(16))
    assert end.refusal(wrong) == "key"
    assert end.refusal(Frame(2, b"x", 0, 0x9999, 7, 0, bytes(16))) == "session"
    assert end.refusal(Frame(2, b"x", 0, 0x1234, 7, 0, bytes(16))) == "mac"
    assert end.refusal(from_board(0)) == "replay"


@pytest.mark.parametrize(
    "counter, good",
    [(0, False), (1, True), (LAST_COUNTER, True), (LAST_COUNTER + 1, False), (2**32 - 1, False)],
)
def test_counters_have_their_limits(counter: int, good: bool) -> None:
    assert ReplayWindow().take(counter) is good


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(0, 300), st.integers(LAST_COUNTER - 99, 2**32 - 1))))
def test_window_takes_each_counter_once_and_none_far_behind(counters: list[int]) -> None:
    window, seen, highest = ReplayWindow(), set(), 0
    for counter in counters:
        good = 1 <= counter <= LAST_COUNTER and counter not in seen and counter > highest - 64
        assert window.take(counter) is good
        if good:
            seen.add(counter)
            highest = max(highest, counter)


def test_session_ends_before_its_counters_do() -> None:
    end = channel()
    assert not end.used_up
    end.sent = REKEY_AT
    assert end.used_up
    end.sent = LAST_COUNTER
    with pytest.raises(OverflowError):
        end.seal(FrameType.COMMAND, b"")
    heard = channel()
    assert heard.refusal(from_board(REKEY_AT)) == "" and heard.used_up


# ---- opening


def answers(board: FakeBoard, greeting: Greeting) -> list[Frame]:
    raw = board.receive(framing.encode_uart(greeting.frame(1)))
    return [item for item in framing.Deframer().feed(raw) if isinstance(item, Frame)]


def test_hello_ack_opens_the_session_of_both_nonces(keyed: FakeBoard) -> None:
    greeting = Greeting(KEY, 5)
    (frame,) = answers(keyed, greeting)
    accepted = greeting.accept(frame)
    assert accepted and accepted[0].session == frame.session == keyed.offers[0].id
    assert accepted[1].hello_ack.authenticated and accepted[1].boot_id == keyed.boot_id


def test_repeated_hello_is_answered_with_the_same_session(keyed: FakeBoard) -> None:
    greeting = Greeting(KEY, 5)
    (first,), (second,) = answers(keyed, greeting), answers(keyed, greeting)
    assert first.session == second.session and len(keyed.offers) == 1


@pytest.mark.parametrize(
    "other",
    [
        Greeting(KEY, 5, nonce=1),
        Greeting(KEY, 6, nonce=0),
        Greeting(Key(7, OTHER.secret), 5, nonce=0),
        Greeting(Key(8, KEY.secret), 5, nonce=0),
    ],
)
def test_hello_ack_to_another_hello_is_not_believed(keyed: FakeBoard, other: Greeting) -> None:
    (frame,) = answers(keyed, Greeting(KEY, 5, nonce=0))
    assert other.accept(frame) is None


def test_recorded_hello_ack_does_not_open_a_session(keyed: FakeBoard) -> None:
    recorded = framing.encode_uart(answers(keyed, Greeting(KEY, 5))[0])

    class Recording(LoopTransport):
        def write(self, data: bytes) -> None:
            self.pending += recorded

    with pytest.raises(AuthenticationError):
        client_on(Recording(keyed)).ping()


def test_session_number_of_the_frame_must_be_the_derived_one(keyed: FakeBoard) -> None:
    greeting = Greeting(KEY, 5)
    (frame,) = answers(keyed, greeting)
    hello_board = auth.derive(KEY.secret, "xm1 hello board")
    moved = auth.seal(hello_board, Frame(2, frame.payload, 0, frame.session ^ 1, 7))
    assert greeting.accept(moved) is None and greeting.accept(frame)


def client_on(transport: LoopTransport, keys: tuple[Key, ...] = (KEY,), **more) -> Client:
    session = Session(lambda _: transport, first_retry_s=QUICK_RETRY_S, keys=keys, **more)
    session.open(1.0)
    return Client(session, 0.1)


# ---- sessions


def test_requests_travel_in_one_session(keyed: FakeBoard) -> None:
    # A retry that a busy machine does not reach: what is sent twice is asked twice.
    client = Client(Session(lambda _: LoopTransport(keyed), first_retry_s=30.0, keys=[KEY]), 60.0)
    client.session.open(1.0)
    client.partitions()
    client.ping()
    assert keyed.requests == ["hello", "partition_list", "partition_list", "ping"]
    assert client.session.counters.sessions == 1 and keyed.health["sessions_opened"] == 1
    assert client.link_state()["session"] == client.session.channel.session


def test_lost_hello_and_lost_answer_are_repeated(keyed: FakeBoard) -> None:
    keyed.faults.rx_lost = lambda request, n=[0]: n.append(0) or len(n) == 2
    keyed.faults.tx = sequence("drop", "corrupt", kind="reply")
    client = loop_client(keyed, keys=[KEY])
    client.ping()
    assert client.session.counters.sessions == 1


def test_frames_from_the_board_are_good_once(keyed: FakeBoard) -> None:
    client = loop_client(keyed, keys=[KEY])
    client.ping()
    keyed.faults.tx = lambda kind, message: "duplicate"
    client.ping()
    client.ping()
    assert client.session.link_counters.replay_errors == 2
    assert client.session.counters.duplicates == 0  # the counter finds them first


def test_reordered_frames_are_taken(keyed: FakeBoard) -> None:
    client = loop_client(keyed, keys=[KEY])
    target = client.partitions()[1]
    keyed.faults.tx = sequence("overtaken", "", "overtaken", "", kind="reply")
    after = client.control_partition(target, PartitionAction.RESET_WARM)
    assert after and after.reset_counter == 1
    assert client.session.link_counters.replay_errors == 0


def test_nobody_without_the_key_is_listened_to(keyed: FakeBoard) -> None:
    for keys in ((), (OTHER,), (Key(7, OTHER.secret),)):
        with pytest.raises(NoAnswer):
            client_on(LoopTransport(keyed), keys).ping()
    assert keyed.requests == [] and keyed.executed == []


def test_forged_answers_are_not_listened_to(keyed: FakeBoard) -> None:
    client = loop_client(keyed, keys=[KEY])
    client.ping()
    link = client.session._line._transport
    assert isinstance(link, LoopTransport) and client.session.channel
    pong = pb.Reply(id=client.session._next_id + 1, stage=4, boot_id=1, pong=pb.Pong())
    for frame in (
        Frame(2, pong.SerializeToString(), 99),
        Frame(2, pong.SerializeToString(), 99, client.session.channel.session, 7, 0, bytes(16)),
    ):
        link.pending += framing.encode_uart(frame)
    assert client.ping().boot_id == keyed.boot_id
    counters = client.session.link_counters
    assert (counters.key_errors, counters.mac_errors) == (1, 1)


def test_board_without_keys_is_told_and_gets_no_command() -> None:
    board = FakeBoard()
    with pytest.raises(AuthenticationError, match="--key none"):
        loop_client(board, keys=[KEY]).ping()
    assert set(board.requests) == {"ping"}


def test_chance_answer_under_the_null_key_ends_nothing(keyed: FakeBoard) -> None:
    """Only the board can know the number of the probe."""
    transport = LoopTransport(keyed)
    transport.pending = framing.encode_uart(Frame(2, pb.Reply(id=1).SerializeToString(), 1))
    client_on(transport).ping()


def test_key_with_another_secret_is_told_when_the_target_is_heard(keyed: FakeBoard) -> None:
    transport = LoopTransport(keyed)
    transport.pending = framing.encode_uart(
        Frame(FrameType.BEACON, b"", 1, 0x1234, 7, mac=bytes(16))
    )
    wrong = Key(7, OTHER.secret)
    with pytest.raises(AuthenticationError, match=f"key id 7 .fingerprint {wrong.fingerprint}"):
        client_on(transport, (wrong,)).ping()


def test_text_alone_does_not_blame_the_key(keyed: FakeBoard) -> None:
    transport = LoopTransport(keyed)
    transport.pending = b"xm: boot\n\0"
    wrong = Key(7, OTHER.secret)
    with pytest.raises(NoAnswer, match=f"baud rate.*key id 7 .fingerprint {wrong.fingerprint}"):
        client_on(transport, (wrong,)).ping()


def test_older_key_is_used_while_the_board_does_not_know_the_new_one(keyed: FakeBoard) -> None:
    client = loop_client(keyed, keys=[OTHER, KEY])
    client.ping()
    assert client.session.channel and client.session.channel.key_id == KEY.id
    both = FakeBoard({7: KEY.secret, 8: OTHER.secret})
    assert loop_client(both, keys=[OTHER, KEY]).ping()
    assert both.current and both.current.key_id == OTHER.id


def test_new_session_before_the_counters_end(keyed: FakeBoard) -> None:
    client = loop_client(keyed, keys=[KEY])
    client.ping()
    assert client.session.channel and keyed.current
    first = client.session.channel.session
    client.session.channel.sent = keyed.current.highest = REKEY_AT
    client.ping()
    client.ping()
    assert client.session.channel.session != first and client.session.counters.sessions == 2
    assert keyed.current.sent < 10
    assert ended(client) == {"used up": 1}


def ended(client: Client) -> dict[str, int]:
    """How often sessions ended, by cause."""
    return {cause: times for cause, times in client.session.ends.items() if times}


def test_session_that_is_asked_for(keyed: FakeBoard) -> None:
    client = loop_client(keyed, keys=[KEY])
    client.hello()
    assert ended(client) == {}
    client.hello()
    assert ended(client) == {"asked for": 1}


def test_reset_board_is_asked_for_a_new_session(keyed: FakeBoard) -> None:
    client = loop_client(keyed, keys=[KEY])
    old = client.ping().boot_id
    keyed.reboot()
    assert client.ping().boot_id == old + 1
    assert client.session.counters.sessions == 2 and keyed.health["session_errors"] > 0
    assert ended(client) == {"board rebooted": 1}


def test_session_that_another_console_took_is_opened_anew(keyed: FakeBoard) -> None:
    first, second = (loop_client(keyed, keys=[KEY]) for _ in range(2))
    first.ping()
    second.ping()
    first.ping()
    assert first.session.counters.sessions == 2 and ended(first) == {"board silent": 1}


def test_command_is_not_sent_again_to_a_board_that_lost_its_memory(keyed: FakeBoard) -> None:
    client = client_on(LoopTransport(keyed))
    target = client.partitions()[1]

    def fate(kind: str, message: object) -> str:
        if kind == "reply" and keyed.executed:
            if message.id in keyed.commands:
                keyed.power_cycle()  # the same boot id again, and a journal that knows nothing
                return "drop"
        return "drop" if kind == "reply" and message.HasField("partition_state") else ""

    keyed.faults.tx = fate
    with pytest.raises(OutcomeUnknown):
        client.control_partition(target, PartitionAction.RESET_WARM)
    assert len(keyed.executed) == 1


def test_slow_clock_says_nothing_within_a_session(
    keyed: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed.now_us = 2_000_000
    client = client_on(LoopTransport(keyed))
    target = client.partitions()[1]
    now = client.session.clock.now
    monkeypatch.setattr(client.session.clock, "now", lambda: now() + 30)
    after = client.control_partition(target, PartitionAction.RESET_WARM)
    assert after and after.reset_counter == 1
    assert (client.session.life, client.session.doubts) == (0, 0)


def test_short_silence_does_not_change_the_session(keyed: FakeBoard) -> None:
    client = loop_client(keyed, keys=[KEY])
    client.ping()
    keyed.faults.tx = sequence("drop", kind="reply")
    client.ping()
    keyed.faults.silent = True
    with pytest.raises(NoAnswer):
        client.ping()
    keyed.faults.silent = False
    client.ping()
    assert keyed.health["sessions_opened"] <= 2


def test_recorded_commands_are_not_executed_again(keyed: FakeBoard) -> None:
    """Everything that the ground ever sent, sent again: in the same session, and to a new boot."""
    recorded: list[bytes] = []

    class Recorder(LoopTransport):
        def write(self, data: bytes) -> None:
            recorded.append(data)
            super().write(data)

    client = client_on(Recorder(keyed))
    client.control_partition(client.partitions()[1], PartitionAction.RESET_WARM)
    assert len(keyed.executed) == 1
    for _ in range(2):
        keyed.receive(b"".join(recorded))
        keyed.commands.clear()  # as if they were forgotten
        keyed.receive(b"".join(reversed(recorded)))
        keyed.reboot()
    assert len(keyed.executed) == 1


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.floats(0.0, 0.5), st.booleans())
def test_commands_happen_at_most_once_and_their_outcome_is_told_truly(
    seed: int, badness: float, resets: bool
) -> None:
    """Loss, damage, duplicates, reordering and resets of the board, under a key."""
    dice = random.Random(seed)
    board = FakeBoard({KEY.id: KEY.secret})
    client = loop_client(board, 0.3, keys=[KEY])
    client.completion_s = 0.3

    def fate(kind: str, message: object) -> str:
        if dice.random() < badness:
            return dice.choice(("drop", "corrupt", "duplicate", "overtaken"))
        return ""

    def reset(operation: str) -> bool:
        return resets and dice.random() < 0.1

    before = 0
    for _ in range(3):
        board.faults.tx = board.faults.rx_lost = board.faults.reboot_at = lambda *_: ""
        target = client.partitions()[1]
        board.faults.tx, board.faults.reboot_at = fate, reset
        board.faults.rx_lost = lambda request: dice.random() < badness
        board.faults.reboot_after = dice.choice((0, 0, 2, 3)) if resets else 0
        board.faults.effect_before_reboot = dice.random() < 0.5
        try:
            client.control_partition(target, PartitionAction.RESET_WARM)
            told: tuple[int, ...] = (1,)
        except OutcomeUnknown:
            told = (0, 1)
        except NoAnswer:  # also: the board says that it never arrived
            told = (0,)
        board.faults.reboot_after = 0
        happened = len(board.executed) - before
        before = len(board.executed)
        assert happened in told


# ---- datagrams


def test_udp_link_carries_a_frame_per_datagram(keyed: FakeBoard, monkeypatch) -> None:
    served = Served(keyed, udp=True)
    session = Session(lambda timeout_s: open_link(served.url, timeout_s), keys=[KEY])
    with Client(session, 2.0) as client:
        assert [p.name for p in client.partitions()] == ["supervisor", "P1", "payload"]
    served.close()
    assert session.datagrams and session.link_counters.crc_errors == 0


def test_udp_damage_and_loss_are_counted_and_repeated(keyed: FakeBoard) -> None:
    served = Served(keyed, udp=True)
    keyed.faults.tx = sequence("", "corrupt", "drop", "duplicate", kind="reply")
    session = Session(
        lambda timeout_s: open_link(served.url, timeout_s), first_retry_s=0.05, keys=[KEY]
    )
    with Client(session, 2.0) as client:
        client.ping()
        client.ping()
    served.close()
    assert session.link_counters.crc_errors == 1


def test_udp_port_where_nobody_is_is_no_answer() -> None:
    session = Session(lambda timeout_s: open_link("udp:127.0.0.1:1", timeout_s))
    with Client(session, 0.3) as client, pytest.raises(NoAnswer):
        client.ping()
