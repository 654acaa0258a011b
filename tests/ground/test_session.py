"""session.py and client.py over links that lose, repeat, damage and delay, and over boards that
reboot."""

import random
import re

import pytest
from conftest import LoopTransport, loop_client, sequence
from fake_board import FakeBoard
from hypothesis import given, settings
from hypothesis import strategies as st

from xmground import framing
from xmground._generated import supervisor_pb2 as pb
from xmground.client import Client
from xmground.errors import (
    AuthenticationError,
    BoardRebooted,
    CommandFailed,
    LinkUnavailable,
    NoAnswer,
    OutcomeUnknown,
    Rejected,
    VersionMismatch,
)
from xmground.model import Partition, PartitionAction, Stage, SystemAction
from xmground.session import MAX_SENDS, Session

RESET = PartitionAction.RESET_WARM


def control(client: Client, action: PartitionAction, number: int = 1, **more) -> Partition | None:
    """A command to a partition, in the state in which it was last seen."""
    return client.control_partition(client.partitions()[number], action, **more)


def test_answer_is_matched_and_typed(board: FakeBoard) -> None:
    client = loop_client(board)
    assert client.hello().system == "demo"
    assert [p.name for p in client.partitions()] == ["supervisor", "P1", "payload"]
    assert board.requests == ["hello", "partition_list", "partition_list"]


def test_lost_request_is_sent_again_with_the_same_id(board: FakeBoard) -> None:
    ids: list[int] = []
    board.faults.rx_lost = lambda request: ids.append(request.id) or len(ids) < 3
    loop_client(board).ping()
    assert len(ids) == 3 and len(set(ids)) == 1


def test_requests_use_different_ids(board: FakeBoard) -> None:
    ids: list[int] = []
    board.faults.rx_lost = lambda request: bool(ids.append(request.id))
    client = loop_client(board)
    client.ping()
    client.ping()
    assert len(set(ids)) == 2 and 0 not in ids


def test_lost_reply_does_not_execute_twice(board: FakeBoard) -> None:
    client = loop_client(board)
    client.hello()
    target = client.partitions()[1]
    board.faults.tx = sequence("drop", "drop", "drop", "drop", "drop", kind="reply")
    after = client.control_partition(target, RESET)
    assert after and after.reset_counter == 1
    assert len(board.executed) == 1 and board.requests.count("partition_control") == 3


def test_duplicate_replies_are_counted_and_dropped(board: FakeBoard) -> None:
    client = loop_client(board)
    client.hello()
    target = client.partitions()[1]
    board.faults.tx = sequence(*["duplicate"] * 4, kind="reply")
    stages: list[Stage] = []
    client.control_partition(target, RESET, on_stage=lambda report: stages.append(report.stage))
    assert stages == [Stage.SENT, Stage.RECEIVED, Stage.ACCEPTED, Stage.STARTED, Stage.COMPLETED]
    assert client.session.counters.duplicates == 4


def test_late_answer_does_not_shift_the_following_ones(board: FakeBoard) -> None:
    client = loop_client(board, timeout_s=0.02)
    held: list[bytes] = []
    transport = client.session._line._transport
    assert isinstance(transport, LoopTransport)
    board.faults.tx = lambda kind, message: held.append(b"") or ""
    board.faults.silent = True
    with pytest.raises(NoAnswer):
        client.ping()
    board.faults.silent = False
    late = next(iter(board.journal.values()))[0]
    board._output = []
    board.send("reply", late)
    transport.pending += board._output[0]
    client.timeout_s = 0.3
    assert client.system_state().name == "demo"
    assert client.session.counters.late == 1


def test_damaged_frames_are_counted_and_asked_for_again(board: FakeBoard) -> None:
    client = loop_client(board)
    board.faults.tx = sequence("corrupt", "corrupt", kind="reply")
    client.ping()
    assert client.session.link_counters.crc_errors == 2


def test_console_text_on_the_same_line_does_no_harm(board: FakeBoard) -> None:
    board.faults.text = b"xm: partition 1 says hello\r\n"
    client = loop_client(board)
    client.ping()
    assert client.session.link_counters.text_bytes == len(board.faults.text)


def test_number_of_transmissions_is_bounded(board: FakeBoard) -> None:
    board.faults.silent = True
    with pytest.raises(NoAnswer):
        loop_client(board).ping()
    assert len(board.requests) == MAX_SENDS


def test_every_stage_has_board_and_ground_time(board: FakeBoard) -> None:
    reports = []
    control(loop_client(board), RESET, on_stage=reports.append)
    assert all(report.ground_time_us > 0 for report in reports)
    assert [report.board_time_us is None for report in reports] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_silence_after_an_early_stage_is_an_unknown_outcome(board: FakeBoard) -> None:
    board.faults.last_stage = pb.STAGE_STARTED
    client = loop_client(board)
    client.hello()
    with pytest.raises(OutcomeUnknown, match="'started'"):
        client.session.exchange(
            pb.Request(confirmed=True, plan_switch=pb.PlanSwitch(plan=1)),
            timeout_s=0.05,
            safe=False,
        )


def test_command_without_any_answer_is_an_unknown_outcome(board: FakeBoard) -> None:
    board.faults.no_commands = True
    with pytest.raises(OutcomeUnknown):
        control(loop_client(board, timeout_s=0.05), RESET)


def test_command_is_not_repeated_into_another_boot(board: FakeBoard) -> None:
    client = loop_client(board)
    target = client.partitions()[1]
    # Carried out, all answers lost, then the board reboots and its beacon tells so before the next
    # repetition.
    board.faults.tx = lambda kind, message: "drop" if kind == "reply" else ""

    def lost(request) -> bool:
        if (
            request.WhichOneof("op") == "partition_control"
            and board.requests.count("partition_control") == 2
        ):
            board.reboot()
            board.beacon()
            return True
        return False

    board.faults.rx_lost = lost
    with pytest.raises(BoardRebooted):
        client.control_partition(target, RESET)
    assert len(board.executed) == 1 and board.requests.count("partition_control") == 2


def test_supervisor_is_reset_once_though_its_new_life_has_no_journal(board: FakeBoard) -> None:
    client = loop_client(board, timeout_s=0.05)
    client.completion_s = 5.0
    board.faults.tx = (
        lambda kind, m: "drop" if kind == "reply" and m.stage == pb.STAGE_STARTED else ""
    )
    after = control(client, RESET, number=0)
    assert after and after.reset_counter == 1
    assert board.requests.count("partition_control") == len(board.executed) == 1


def test_supervisor_that_halts_itself_is_seen_by_its_silence(board: FakeBoard) -> None:
    stages: list[Stage] = []
    client = loop_client(board, timeout_s=0.05)
    client.completion_s = 5.0
    assert (
        control(
            client,
            PartitionAction.HALT,
            number=0,
            on_stage=lambda report: stages.append(report.stage),
        )
        is None
    )
    assert stages == [Stage.SENT, Stage.STARTED, Stage.COMPLETED]


def test_command_to_the_supervisor_that_was_lost_is_an_unknown_outcome(board: FakeBoard) -> None:
    client = loop_client(board, timeout_s=0.05)
    client.completion_s = 0.5
    board.faults.no_commands = True
    with pytest.raises(OutcomeUnknown, match="not seen"):
        control(client, RESET, number=0)


def test_reads_go_on_over_a_reboot(board: FakeBoard) -> None:
    client = loop_client(board)
    old = client.hello().boot_id
    board.reboot()
    assert client.ping().boot_id == old + 1 == client.session.boot_id


@pytest.mark.parametrize(
    "refusal, error, words",
    [
        ((pb.STAGE_REJECTED, pb.DOMAIN_HYPERVISOR, -4, ""), Rejected, "XM_PERM_ERROR: Reserved"),
        ((pb.STAGE_REJECTED, pb.DOMAIN_SUPERVISOR, pb.STATUS_BUSY, ""), Rejected, "BUSY"),
        (
            (pb.STAGE_REJECTED, pb.DOMAIN_SUPERVISOR, pb.STATUS_UNSUPPORTED, ""),
            VersionMismatch,
            "does not know",
        ),
        ((pb.STAGE_REJECTED, pb.DOMAIN_SUPERVISOR, 99, ""), Rejected, "status 99"),
        (
            (pb.STAGE_FAILED, pb.DOMAIN_SUPERVISOR, pb.STATUS_TIMEOUT, "not seen ready in 2 s"),
            CommandFailed,
            "TIMEOUT: not seen ready in 2 s",
        ),
    ],
)
def test_refusals_become_errors(board: FakeBoard, refusal: tuple, error: type, words: str) -> None:
    board.faults.refuse = refusal
    with pytest.raises(error, match=words):
        control(loop_client(board), RESET)
    assert board.executed == []


def test_unknown_operation_is_a_version_mismatch(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(FakeBoard, "_op_book_list")
    with pytest.raises(VersionMismatch):
        loop_client(board).books()


def test_other_major_version_is_told(board: FakeBoard) -> None:
    board.faults.major = 0xB
    with pytest.raises(VersionMismatch):
        loop_client(board, timeout_s=0.05).ping()


def test_board_with_a_key_is_told(board: FakeBoard) -> None:
    board.faults.key_id = 2
    with pytest.raises(AuthenticationError, match="key id 2"):
        loop_client(board, timeout_s=0.05).ping()


def test_link_that_breaks_is_opened_again(board: FakeBoard) -> None:
    class Broken(LoopTransport):
        def read(self, timeout_s: float) -> bytes:
            raise LinkUnavailable("pulled")

    links = [Broken(board), LoopTransport(board)]
    client = Client(Session(lambda _: links.pop(0), first_retry_s=0.05), 2.0)
    client.session.open(1.0)
    client.ping()
    assert client.session.counters.reconnects == 1 and not links


def test_system_reset_is_completed_by_a_new_boot_id(board: FakeBoard) -> None:
    client = loop_client(board)
    old = client.hello().boot_id
    stages: list[Stage] = []
    client.control_system(
        SystemAction.RESET_COLD, on_stage=lambda report: stages.append(report.stage)
    )
    assert stages[-1] is Stage.COMPLETED and client.session.boot_id != old
    assert board.executed == [("system_control", 0, SystemAction.RESET_COLD)]


def test_system_reset_that_does_not_come_has_failed(board: FakeBoard) -> None:
    board.faults.ignore_reset = True
    with pytest.raises(CommandFailed, match="old boot id"):
        loop_client(board).control_system(SystemAction.RESET_WARM, completion_s=0.1)


def test_system_halt_is_completed_by_silence(board: FakeBoard) -> None:
    stages: list[Stage] = []
    loop_client(board, 0.05).control_system(
        SystemAction.HALT, on_stage=lambda report: stages.append(report.stage)
    )
    assert stages[-1] is Stage.COMPLETED and board.halted


def test_system_halt_may_take_its_time(board: FakeBoard) -> None:
    board.faults.halt_after = 2
    client = loop_client(board, 0.05)
    client.completion_s = 10.0
    client.control_system(SystemAction.HALT)
    assert board.halted and board.requests.count("ping") > 2


def test_stages_that_were_not_told_are_named(board: FakeBoard) -> None:
    client = loop_client(board)
    target = client.partitions()[1]
    board.faults.tx = sequence("drop", "drop", kind="reply")
    details: list[str] = []
    client.control_partition(target, RESET, on_stage=lambda report: details.append(report.detail))
    assert details[1:] == ["implies received, accepted", ""]
    assert re.fullmatch(r"command 0x[0-9a-f]{8}", details[0])


def test_system_halt_that_does_not_come_has_failed(board: FakeBoard) -> None:
    board.faults.ignore_reset = True
    with pytest.raises(CommandFailed, match="not halted"):
        loop_client(board).control_system(SystemAction.HALT, completion_s=0.4)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.floats(0.0, 0.6))
def test_commands_happen_at_most_once_on_any_link(seed: int, badness: float) -> None:
    dice = random.Random(seed)
    board = FakeBoard()
    client = loop_client(board)
    target = client.partitions()[1]

    def fate(kind: str, message: object) -> str:
        return dice.choice(("drop", "corrupt", "duplicate")) if dice.random() < badness else ""

    board.faults.tx = fate
    board.faults.rx_lost = lambda request: dice.random() < badness
    try:
        client.control_partition(target, RESET)
        assert len(board.executed) == 1
    except OutcomeUnknown:
        assert len(board.executed) <= 1


def test_listening_takes_no_half_frame_for_text(board: FakeBoard) -> None:
    client = loop_client(board)
    transport = client.session._line._transport
    assert isinstance(transport, LoopTransport)
    wire = framing.encode_uart(framing.Frame(5, b"beacon"))
    found: list[tuple[str, object]] = []
    for piece in (wire[:7], wire[7:], b"text", b""):
        transport.pending = piece
        client.session.listen(0.01, lambda direction, item: found.append((direction, item)))
    assert found == [("rx", framing.Frame(5, b"beacon")), ("rx", framing.Noise("noise", b"text"))]
