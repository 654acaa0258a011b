"""What the golden transcripts are of: a board, prepared, and a command line. test_golden.py runs them.

A case is a name, what is done to the board before, and the line as it is typed. KEYFILE stands for
a key file, NEWFILE for a file that is not there.
"""

from collections.abc import Callable

from conftest import GOLDEN_KEY, sequence
from fake_board import HYPERVISOR, Command, FakeBoard, Log

from xmground._generated import supervisor_pb2 as pb
from xmground.daemon.server import Server
from xmground.render import FORMATS

JOURNAL_CODE = 0x4A4F  # docs/protocol.md, at most once

Prepare = Callable[[FakeBoard], None] | None
Case = tuple[str, Prepare, str]
PrepareServer = Callable[[Server], None] | None


def content(board: FakeBoard) -> None:
    """A board that has something to tell."""
    board.fill_hm(3)
    board.fill_hm(1, event=6, partition=HYPERVISOR, flags=3, action=4, payload=(0x2B, 0, 0), fsr=0)
    board.fill_trace(1, 2, crit=1)
    board.fill_trace(HYPERVISOR, 2, system=1, code=2 << 8 | 0xA, partition=HYPERVISOR)
    board.print(1, b"P1: start\nP1: \x1b[31mred\x1b[0m \xff\n")


def overwritten(board: FakeBoard) -> None:
    board.logs[pb.BOOK_HM, 0].capacity = 3
    board.logs[pb.BOOK_CONSOLE, 1].capacity = 12
    content(board)


def lossy(board: FakeBoard) -> None:
    content(board)
    board.faults.chunk_items = 1
    board.faults.tx = lambda kind, m: "drop" if kind == "chunk" and m.first_seq in (2, 3) else ""


def damaged(board: FakeBoard) -> None:
    content(board)
    log = board.logs[pb.BOOK_HM, 0]
    log.items[1] = log.items[1][:30] + b"\xee" + log.items[1][31:]


def failing(board: FakeBoard) -> None:
    board.faults.refuse = (
        pb.STAGE_FAILED,
        pb.DOMAIN_SUPERVISOR,
        pb.STATUS_TIMEOUT,
        "P1 was not seen ready",
    )


def forbidden(board: FakeBoard) -> None:
    board.faults.refuse = (pb.STAGE_REJECTED, pb.DOMAIN_HYPERVISOR, -1, "")


def so_already(board: FakeBoard) -> None:
    board.done_code = (pb.DOMAIN_HYPERVISOR, -1)


def switched(board: FakeBoard) -> None:
    board.plan, board.previous, board.switch_frame, board.switch_us = 1, 0, 40, 10_000_000


def old(board: FakeBoard) -> None:
    board.faults.is_old = True


def memory_lost(board: FakeBoard) -> None:
    board.faults.tx = (
        lambda kind, m: "drop" if kind == "chunk" and m.first_seq == 0x40200011 else ""
    )
    board.faults.chunk_items = 16


def changing_memory(board: FakeBoard) -> None:
    board.faults.chunk_items = 16
    board.faults.changes_after = 2


def no_sum(board: FakeBoard) -> None:
    board.faults.tx = (
        lambda kind, m: "drop" if kind == "reply" and m.HasField("memory_checked") else ""
    )


def slow_sum(board: FakeBoard) -> None:
    board.faults.slot_bytes = 16


def refused_range(board: FakeBoard) -> None:
    """The console's view of the areas is older than the board's."""
    handler = board._op_memory_list

    def then_gone(request, list_) -> None:
        handler(request, list_)
        if list_.first:
            board.memory[1] = []

    board._op_memory_list = then_gone  # type: ignore[method-assign]


def portless(board: FakeBoard) -> None:
    board.ports.clear()


def hostile_port(board: FakeBoard) -> None:
    board.ports[1].name = "pa\x1b[31mckets"
    board.ports[1].kind, board.ports[1].direction = 7, 9


def unfair(board: FakeBoard) -> None:
    """A plan without P1, and one in which the payload has two slots."""
    board.slots[0] = [
        (1, 0, 100_000),
        (2, 100_000, 50_000),
        (0, 200_000, 25_000),
        (2, 225_000, 20_000),
    ]
    board.slots[1] = [(2, 10_000, 200_000), (0, 400_000, 25_000)]


def unfair_running(board: FakeBoard) -> None:
    unfair(board)
    switched(board)


def deaf(board: FakeBoard) -> None:
    board.faults.silent = True


def hostile_names(board: FakeBoard) -> None:
    board.names[1] = "P1\x1b]0;x\x07[red]"


def repeated(board: FakeBoard) -> None:
    board.faults.tx = sequence("", "", "", "duplicate", "duplicate", kind="reply")


def crashes_meanwhile(board: FakeBoard) -> None:
    board.fill_hm(2)
    board.meanwhile = lambda: (
        board.fill_hm(1, partition=2, event=23),
        board.fill_hm(1, partition=1, event=23),
    )


def refused_while_halted(board: FakeBoard) -> None:
    board.states[2] = 3
    board.faults.refuse = (
        pb.STAGE_REJECTED,
        pb.DOMAIN_HYPERVISOR,
        -1,
        "not possible in the partition's present state, or refused",
    )


def refused_while_suspended(board: FakeBoard) -> None:
    refused_while_halted(board)
    board.states[2] = 2


def journal(board: FakeBoard) -> None:
    """The supervisor's own records; a partition may use the same code for something else."""
    board.logs[pb.BOOK_TRACE, 0] = Log(48)
    for payload in (
        (0, 0, 0, 0),
        (9, 2 << 24 | 15 << 16, 0xD16E57, 0x5E55),
        (9, 4 << 24 | 15 << 16, 0xD16E57, 0x5E55),
        (10, 5 << 24 | 13 << 16 | 0xFFFF, 0xD16E58, 0x5E55),
        (11, 6 << 24 | 13 << 16 | 6, 0xD16E59, 0x5E55),
        (12, 9 << 24 | 99 << 16 | 77, 0xD16E5A, 0x5E55),
        (13, 0, 0, 0),
    ):
        board.fill_trace(0, 1, partition=0, code=JOURNAL_CODE, payload=payload)
    board.fill_trace(0, 1, partition=0, code=0x12)
    board.fill_trace(1, 1, code=JOURNAL_CODE, payload=(9, 4 << 24 | 15 << 16, 1, 2))


DIVIDE = 25  # SPARC_DIVIDE_EXCEPTION


def reset_by_hm(board: FakeBoard) -> None:
    """P1 was reset warm for a division; P2's like event came before, and did something else."""
    board.fill_hm(1, partition=2, event=DIVIDE, action=9)
    board.fill_hm(1, event=DIVIDE, action=3)
    board.fill_hm(2)
    board.resets[1], board.reset_statuses[1] = 1, DIVIDE


def reset_by_hm_before_another(board: FakeBoard) -> None:
    """What gave P1 its status is not in the log: the newest reset that is there was for another."""
    reset_by_hm(board)
    board.fill_hm(1, event=DIVIDE - 1, action=2)


def reset_by_hm_of_an_old_boot(board: FakeBoard) -> None:
    reset_by_hm(board)
    board.boot_id += 1


def all_reset_by_hm(board: FakeBoard) -> None:
    """The whole system was reset for an event of the hypervisor (number 0, INTERNAL_ERROR)."""
    board.fill_hm(1, event=0, partition=HYPERVISOR, flags=3, action=5)
    board.boot_id += 1
    board.reset_statuses = [2 << 16] * 3


def reset_status_of_ground(board: FakeBoard) -> None:
    """A number that happens to be one of an event."""
    board.reset_statuses[1] = DIVIDE
    board.fill_hm(1, event=DIVIDE, action=9)


def kernel_events(board: FakeBoard) -> None:
    for code, payload in (
        (0x301, (0x1C, 0xFF, 0xA, 0)),
        (0x301, (23, 2, 7, 0)),
        (0x302, (0xA, 1, 0x1C, 0)),
        (0x303, (7, 2, 23, 0)),
        (0x204, (2, 1, 5, 0)),
        (0x208, (0, 9, 0, 0)),
        (0x209, (1, 0, 0, 0)),
        (0x20A, (1, 0, 77, 0)),
        (0x20B, (1, 3, 1, 0)),
        (0x206, (1, 0, 0, 0)),
        (0x107, (9, 9, 9, 0)),
        (0x2FF, (9, 9, 9, 0)),
    ):
        board.fill_trace(HYPERVISOR, 1, system=1, code=code, partition=HYPERVISOR, payload=payload)


def damaged_trace(board: FakeBoard) -> None:
    content(board)
    log = board.logs[pb.BOOK_TRACE, 1]
    log.items[0] = log.items[0][:40] + b"\xee" + log.items[0][41:]


def commanded(board: FakeBoard) -> None:
    for number, (operation, stage, code) in enumerate(
        (
            (15, pb.STAGE_REJECTED, pb.STATUS_LOCKOUT),
            (13, pb.STAGE_FAILED, pb.STATUS_TIMEOUT),
            (13, pb.STAGE_STARTED, 0),
            (15, pb.STAGE_STARTED, 0),
            (13, pb.STAGE_COMPLETED, 0),
            (99, pb.STAGE_COMPLETED, 0),
        )
    ):
        board.commands[0x1001 + number] = Command(
            0x1001 + number,
            b"",
            operation,
            0x5E551044,
            stage,
            code,
            time_us=(number + 1) * 1_500_000,
            boot_id=board.boot_id - (number < 3),
            cut_off=number == 2,
        )


def keyed(board: FakeBoard) -> None:
    board.keys = {7: GOLDEN_KEY}


def other_key(board: FakeBoard) -> None:
    """The target is heard, by a frame of another console's session."""
    board.keys = {7: bytes(32)}


def other_key_silent(board: FakeBoard) -> None:
    board.keys = {7: bytes(32)}


CASES: list[Case] = [
    ("cmd-list", commanded, "cmd list"),
    ("cmd-list-json", commanded, "cmd list --json"),
    ("cmd-list-csv", commanded, "cmd list --format csv"),
    ("cmd-list-empty", None, "cmd list"),
    ("cmd-status", commanded, "cmd status 0x1005"),
    ("cmd-status-unconfirmed", commanded, "cmd status 0x1003"),
    ("cmd-status-unconfirmed-json", commanded, "cmd status 0x1003 --json"),
    ("cmd-status-rejected", commanded, "cmd status 4097"),
    ("cmd-status-failed", commanded, "cmd status 4098"),
    ("cmd-status-in-progress", commanded, "cmd status 4100"),
    ("cmd-status-never-received", commanded, "cmd status 9"),
    ("cmd-status-bad-id", None, "cmd status 0"),
    ("key-new", None, "key new NEWFILE --id 3"),
    ("key-new-exists", None, "key new KEYFILE"),
    ("key-show", None, "key show KEYFILE"),
    ("key-show-json", None, "key show KEYFILE --json"),
    ("key-show-missing", None, "key show NEWFILE"),
    ("keyed-ping", keyed, "ping --key KEYFILE"),
    ("keyed-hello", keyed, "hello --key KEYFILE"),
    ("keyed-part-halt", keyed, "part halt P1 --yes --key KEYFILE"),
    ("keyed-link-status", keyed, "link status --key KEYFILE"),
    ("keyed-link-sniff", keyed, "link sniff --ping --count 4 --key KEYFILE"),
    ("key-of-another-board", other_key, "ping --timeout 0.3 --key KEYFILE"),
    ("key-of-another-board-silent", other_key_silent, "ping --timeout 0.3 --key KEYFILE"),
    ("key-but-board-without", None, "ping --key KEYFILE"),
    ("key-empty", None, "ping --key="),
    ("help-cmd-status", None, "cmd status --help"),
    ("help-key-new", None, "key new --help"),
    ("part-halt-nobody-to-ask", None, "part halt P1"),
    ("plan-switch-nobody-to-ask", None, "plan switch safe"),
    ("part-list", None, "part list"),
    ("part-list-json", None, "part list --json"),
    ("part-list-jsonl", None, "part list --format jsonl"),
    ("part-list-csv", None, "--format csv part list"),
    ("part-list-hostile-name", hostile_names, "part list"),
    ("part-show", None, "part show P1"),
    ("part-show-json", None, "part show 2 --json"),
    ("part-show-csv", None, "part show 2 --format csv"),
    ("part-show-reset-by-hm", reset_by_hm, "part show P1"),
    ("part-show-reset-by-hm-json", reset_by_hm, "part show P1 --json"),
    ("part-show-reset-by-hm-jsonl", reset_by_hm, "part show P1 --format jsonl"),
    ("part-show-reset-by-hm-csv", reset_by_hm, "part show P1 --format csv"),
    ("part-show-reset-by-another-event", reset_by_hm_before_another, "part show P1"),
    ("part-show-reset-in-an-old-boot", reset_by_hm_of_an_old_boot, "part show P1"),
    ("part-show-all-reset-by-hm", all_reset_by_hm, "part show payload"),
    ("part-show-reset-status-of-ground", reset_status_of_ground, "part show P1"),
    ("part-show-unknown", None, "part show P9"),
    ("plan-switch-jsonl", None, "plan switch safe --format jsonl --yes"),
    ("plan-switch-csv", None, "plan switch safe --format csv --yes"),
    ("sys-status-csv", switched, "sys status --format csv"),
    ("part-shutdown-crash", crashes_meanwhile, "part shutdown 1 --yes"),
    ("part-resume-halted", refused_while_halted, "part resume payload --yes"),
    ("part-suspend-suspended", refused_while_suspended, "part suspend payload --yes"),
    ("part-suspend", None, "part suspend P1 --yes"),
    ("part-resume", None, "part resume payload --yes"),
    ("part-halt", None, "part halt P1 --yes"),
    ("part-halt-json", None, "part halt P1 --json --yes"),
    ("part-shutdown", None, "part shutdown 1 --yes"),
    ("part-reset-warm", None, "part reset P1 --warm --status 5 --yes"),
    ("part-reset-cold", None, "part reset P1 --cold --yes"),
    ("part-reset-jsonl", None, "part reset P1 --format jsonl --yes"),
    ("part-reset-csv", None, "part reset P1 --format csv --yes"),
    ("part-reset-duplicates", repeated, "part reset P1 --yes"),
    ("part-reset-failed", failing, "part reset P1 --yes"),
    ("part-reset-failed-json", failing, "part reset P1 --json --yes"),
    ("part-resume-rejected", forbidden, "part resume P1 --yes"),
    ("part-reset-supervisor", None, "part reset supervisor --yes"),
    ("part-halt-supervisor", None, "part halt supervisor --yes --timeout 0.4"),
    ("part-resume-no-action", so_already, "part resume P1 --yes"),
    ("part-reset-both-modes", None, "part reset P1 --warm --cold --yes"),
    ("plan-list", None, "plan list"),
    ("plan-list-switched", switched, "plan list"),
    ("plan-list-json", None, "plan list --json"),
    ("plan-show", None, "plan show"),
    ("plan-show-named", None, "plan show safe"),
    ("plan-show-named-json", None, "plan show safe --json"),
    ("plan-switch", None, "plan switch safe --yes"),
    ("plan-switch-ran-already", None, "plan switch nominal --yes"),
    ("plan-check", None, "plan check safe"),
    ("plan-check-running", None, "plan check nominal"),
    ("plan-check-stops", unfair, "plan check safe"),
    ("plan-check-back", unfair_running, "plan check nominal"),
    ("plan-check-lockout", None, "plan check dark"),
    ("plan-check-unknown", None, "plan check fast"),
    ("plan-switch-stops", unfair, "plan switch safe --yes"),
    ("plan-switch-id", None, "plan switch 1 --yes"),
    ("plan-switch-json", None, "plan switch safe --json --yes"),
    ("plan-switch-no-wait", None, "plan switch safe --no-wait --yes"),
    ("plan-switch-lockout", None, "plan switch dark --yes"),
    ("plan-switch-unknown", None, "plan switch fast --yes"),
    ("hm-read", content, "hm read"),
    ("hm-read-json", content, "hm read --json"),
    ("hm-read-jsonl", content, "hm read --format jsonl"),
    ("hm-read-csv", content, "hm read --format csv"),
    ("hm-read-range", content, "hm read --from 2 --count 2"),
    ("hm-read-last", content, "hm read --last 1"),
    ("hm-read-follow-count", content, "hm read --follow --count 2"),
    ("hm-read-follow-count-csv", content, "hm read --follow --count 2 --format csv"),
    ("hm-read-empty", None, "hm read"),
    ("hm-read-empty-csv", None, "hm read --format csv"),
    ("hm-read-empty-json", None, "hm read --json"),
    ("hm-read-wrapped", overwritten, "hm read"),
    ("hm-read-overwritten", overwritten, "hm read --from 1"),
    ("hm-read-overwritten-jsonl", overwritten, "hm read --from 1 --format jsonl"),
    ("hm-read-lost", lossy, "hm read"),
    ("hm-read-lost-json", lossy, "hm read --json"),
    ("hm-read-lost-csv", lossy, "hm read --format csv"),
    ("hm-read-damaged", damaged, "hm read"),
    ("hm-read-bad-number", None, "hm read --from x"),
    ("hm-read-filter", content, "hm read --filter 'sev>=warn and part!=P1'"),
    ("hm-read-filter-json", content, "hm read --filter 'seq=4' --json"),
    ("hm-read-filter-lost", lossy, "hm read --filter 'event~trap'"),
    ("hm-read-filter-none", content, "hm read --filter 'part=P9'"),
    ("hm-read-since-future", content, "hm read --since 2027-01-01"),
    ("hm-read-filter-field", None, "hm read --filter 'sve>=warn'"),
    ("hm-read-filter-value", None, "hm read --filter 'part=P1 and sev>=wrn'"),
    ("trace-read-filter", kernel_events, "trace read hypervisor --filter 'event~sched and seq>5'"),
    ("console-read-filter", content, "console read P1 --filter 'text~RED'"),
    ("console-read-filter-jsonl", content, "console read P1 --filter 'text~red' --format jsonl"),
    ("cmd-list-filter", commanded, "cmd list --filter 'sev>=warn'"),
    ("cmd-list-filter-csv", commanded, "cmd list --filter 'event~plan' --format csv"),
    ("trace-read", content, "trace read P1"),
    ("trace-read-hypervisor", content, "trace read hypervisor"),
    ("trace-read-kernel", kernel_events, "trace read hypervisor"),
    ("trace-read-journal", journal, "trace read supervisor"),
    ("trace-read-journal-json", journal, "trace read 0 --from 3 --count 1 --json"),
    ("trace-read-journal-jsonl", journal, "trace read 0 --from 3 --count 1 --format jsonl"),
    ("trace-read-journal-csv", journal, "trace read 0 --format csv"),
    ("trace-read-journal-filter", journal, "trace read 0 --filter 'event~journal and text~failed'"),
    ("trace-read-code-of-a-journal", journal, "trace read P1"),
    ("trace-read-damaged", damaged_trace, "trace read P1"),
    ("trace-read-empty", None, "trace read P1"),
    ("hm-read-past-end", content, "hm read --from 99"),
    ("console-read-past-end", content, "console read P1 --from 4294967296"),
    ("console-read-last", content, "console read P1 --last 28"),
    ("help-console-read", None, "console read --help"),
    ("trace-read-json", content, "trace read 1 --count 1 --json"),
    ("trace-read-csv", content, "trace read 1 --format csv"),
    ("trace-read-none", content, "trace read payload"),
    ("console-read", content, "console read P1"),
    ("console-read-range", content, "console read P1 --from 5 --count 5"),
    ("console-read-json", content, "console read P1 --json"),
    ("console-read-csv", content, "console read P1 --format csv"),
    ("console-read-wrapped", overwritten, "console read P1"),
    ("console-read-overwritten", overwritten, "console read P1 --from 3"),
    ("console-read-lost", lossy, "console read P1"),
    ("console-follow", content, "console follow P1 --count 9"),
    ("console-follow-jsonl", content, "console follow P1 --count 9 --format jsonl"),
    ("book-list", content, "book list"),
    ("book-list-json", content, "book list --json"),
    ("port-list", None, "port list"),
    ("port-list-json", None, "port list --json"),
    ("port-list-jsonl", None, "port list P1 --format jsonl"),
    ("port-list-csv", None, "port list --format csv"),
    ("port-list-none", None, "port list 9"),
    ("port-list-empty", portless, "port list P1"),
    ("port-list-empty-json", portless, "port list --json"),
    ("port-list-hostile", hostile_port, "port list P1"),
    ("port-list-old-board", old, "port list"),
    ("port-show", None, "port show P1 packets"),
    ("port-show-json", None, "port show P1 0 --json"),
    ("port-show-jsonl", None, "port show payload temperature --format jsonl"),
    ("port-show-csv", None, "port show P1 packets --format csv"),
    ("port-show-spare", None, "port show P1 spare"),
    ("port-show-unknown", None, "port show P1 humidity"),
    ("help-port-list", None, "port list --help"),
    ("mem-list", None, "mem list"),
    ("mem-list-json", None, "mem list P1 --json"),
    ("mem-list-jsonl", None, "mem list P1 --format jsonl"),
    ("mem-list-csv", None, "mem list P1 --format csv"),
    ("mem-list-old-board", old, "mem list"),
    ("mem-dump", None, "mem dump P1 0x40200003 40"),
    ("mem-dump-json", None, "mem dump P1 0x40202000 20 --json"),
    ("mem-dump-jsonl", None, "mem dump P1 0x40202000 20 --format jsonl"),
    ("mem-dump-csv", None, "mem dump P1 0x40202000 20 --format csv"),
    ("mem-dump-out", None, "mem dump P1 0x40200000 8192 --out NEWFILE"),
    ("mem-dump-out-json", None, "mem dump P1 0x40200000 8192 --out NEWFILE --json"),
    ("mem-dump-out-nowhere", None, "mem dump P1 0x40200000 16 --out /does/not/exist"),
    ("mem-dump-changing", changing_memory, "mem dump P1 0x40200000 64"),
    ("mem-dump-changing-json", changing_memory, "mem dump P1 0x40200000 64 --json"),
    ("mem-dump-lost", memory_lost, "mem dump P1 0x40200000 64"),
    ("mem-dump-lost-jsonl", memory_lost, "mem dump P1 0x40200000 64 --format jsonl"),
    ("mem-dump-lost-csv", memory_lost, "mem dump P1 0x40200000 64 --format csv"),
    ("mem-dump-lost-out", memory_lost, "mem dump P1 0x40200000 64 --out NEWFILE"),
    ("mem-dump-no-sum", no_sum, "mem dump P1 0x40200000 16 --timeout 0.4"),
    ("mem-check-no-sum", no_sum, "mem check P1 0x40200000 16 --timeout 0.4"),
    ("mem-dump-outside", None, "mem dump P1 0x40201fff 2"),
    ("mem-dump-hypervisor", None, "mem dump P1 0x40000000 16"),
    ("mem-dump-refused", refused_range, "mem dump P1 0x40200000 16"),
    ("mem-dump-supervisor", None, "mem dump supervisor 0x40100000 16"),
    ("mem-check-supervisor", None, "mem check supervisor 0x40100000 16 --json"),
    ("mem-dump-old-board", old, "mem dump P1 0x40200000 16"),
    ("mem-dump-no-size", None, "mem dump P1 0x40200000"),
    ("mem-dump-empty", None, "mem dump P1 0x40200000 0"),
    ("mem-dump-unknown", None, "mem dump P9 0x40200000 16"),
    ("mem-check", None, "mem check P1 0x40200000 8192"),
    ("mem-check-json", None, "mem check P1 0x40200000 8192 --json"),
    ("mem-check-jsonl", None, "mem check P1 0x40200000 8192 --format jsonl"),
    ("mem-check-csv", slow_sum, "mem check P1 0x40200000 40 --format csv"),
    ("mem-check-slots", slow_sum, "mem check P1 0x40200000 40"),
    ("mem-check-right", None, "mem check P1 0x40202000 256 --crc 0x9c44184b"),
    ("mem-check-wrong", None, "mem check P1 0x40202000 256 --crc 1"),
    ("mem-check-wrong-json", None, "mem check P1 0x40202000 256 --crc 1 --json"),
    ("mem-check-file-missing", None, "mem check P1 0x40202000 256 --file NEWFILE"),
    ("mem-check-file-length", None, "mem check P1 0x40202000 256 --file KEYFILE"),
    ("mem-check-two-ways", None, "mem check P1 0x40202000 256 --crc 1 --file NEWFILE"),
    ("mem-check-outside", None, "mem check payload 0x40303000 1"),
    ("mem-check-old-board", old, "mem check P1 0x40200000 16"),
    ("help-mem-dump", None, "mem dump --help"),
    ("help-mem-check", None, "mem check --help"),
    ("link-status", None, "link status"),
    ("link-status-json", None, "link status --json"),
    ("link-status-csv", None, "link status --format csv"),
    ("link-sniff", None, "link sniff --ping --count 2"),
    ("link-sniff-jsonl", None, "link sniff --ping --count 2 --format jsonl"),
    ("help-serve", None, "serve --help"),
    ("help-serve-status", None, "serve status --help"),
    ("help-lease-take", None, "lease take --help"),
    ("serve-status-no-daemon", None, "serve status --link daemon:/does/not/exist"),
    ("part-list-no-daemon", None, "part list --link daemon:/does/not/exist"),
    ("lease-take-no-daemon", None, "lease take --link daemon:/does/not/exist"),
    ("lease-show-no-daemon", None, "lease show --link daemon:/does/not/exist"),
    ("lease-release-no-daemon", None, "lease release --link daemon:/does/not/exist"),
    ("serve-of-a-daemon", None, "serve --link daemon:/does/not/exist"),
    ("lease-take-too-long", None, "lease take --seconds 3601"),
    ("sys-status", switched, "sys status"),
    ("sys-status-json", None, "sys status --json"),
    ("sys-reset-cold", None, "sys reset --cold --yes"),
    ("sys-reset-warm", None, "sys reset --warm --yes"),
    ("sys-reset-warm-json", None, "sys reset --warm --yes --json"),
    ("sys-reset-no-mode", None, "sys reset --yes"),
    ("sys-halt", None, "sys halt --yes --timeout 0.4"),
    ("ping", None, "ping"),
    ("ping-json", None, "ping --count 2 --json"),
    ("hello", None, "hello"),
    ("hello-json", None, "hello --json"),
    ("no-answer", deaf, "part list --timeout 0.3"),
    ("verbose", None, "ping -v"),
    ("no-command", None, ""),
    ("no-verb", None, "plan"),
    ("unknown-command", None, "plans"),
    ("unknown-verb", None, "part rest P1"),
    ("unknown-command-of-old", None, "partition list"),
    ("unknown-command-at-all", None, "frobnicate"),
    ("unknown-verb-at-all", None, "lease steal"),
    ("options-before-the-noun", None, "--json --timeout 9 part show P1"),
    ("options-before-the-verb", None, "part --json show P1"),
    ("options-on-both-sides", None, "--format csv part show P1 --format jsonl"),
    ("options-before-serve-status", None, "--link daemon:/does/not/exist serve status"),
    ("unknown-option", None, "part list --all"),
    ("unknown-argument", None, "part list P1"),
    ("unknown-command-help", None, "help"),
    ("bad-timeout", None, "ping --timeout 0"),
    ("bad-count", None, "ping --count 0"),
    ("bad-format", None, "ping --format xml"),
    ("help", None, "--help"),
    ("help-part-reset", None, "part reset --help"),
    ("help-plan-switch", None, "plan switch --help"),
    ("help-hm-read", None, "hm read --help"),
    ("doctor", None, "doctor"),
    ("doctor-json", None, "doctor --json"),
    ("doctor-jsonl", None, "doctor --format jsonl"),
    ("doctor-csv", None, "doctor --format csv"),
    ("doctor-keyed", keyed, "doctor --key KEYFILE"),
    ("doctor-no-such-key", None, "doctor --key NEWFILE"),
    ("doctor-silent-board", deaf, "doctor --timeout 0.3"),
    ("doctor-other-key", other_key_silent, "doctor --timeout 0.3 --key KEYFILE"),
    ("doctor-no-device", None, "doctor --link serial:/dev/does-not-exist"),
    ("doctor-bad-link", None, "doctor --link frob:1"),
    ("help-web", None, "web --help"),
    ("help-report", None, "report --help"),
    ("report-no-archive", None, "report"),
    ("completion-bash", None, "completion bash"),
    ("completion-zsh", None, "completion zsh"),
    ("completion-fish", None, "completion fish"),
    ("completion-other", None, "completion ksh"),
    ("help-completion", None, "completion --help"),
    ("help-doctor", None, "doctor --help"),
    ("help-sim", None, "sim --help"),
    ("help-sim-fault", None, "sim fault --help"),
    ("sim-fault-no-board", None, "sim fault --port 9 crash 2"),
    ("sim-bad-port", None, "sim --port 70000"),
    ("help-sys-reset", None, "sys reset --help"),
    ("help-link-sniff", None, "link sniff --help"),
]

# Cases that print data, so that each format has to be looked at.
EVERY_FORMAT = """
book-list
cmd-list cmd-list-empty cmd-list-filter
cmd-status cmd-status-failed cmd-status-in-progress cmd-status-never-received cmd-status-rejected
cmd-status-unconfirmed
console-follow console-read console-read-filter console-read-last console-read-lost
console-read-overwritten console-read-past-end console-read-range console-read-wrapped
doctor doctor-keyed doctor-no-device doctor-other-key doctor-silent-board
hello hm-read hm-read-damaged hm-read-empty hm-read-filter hm-read-filter-lost hm-read-filter-none
hm-read-follow-count hm-read-last hm-read-lost hm-read-overwritten hm-read-past-end hm-read-range
hm-read-wrapped
key-new key-show keyed-hello keyed-link-sniff keyed-link-status keyed-part-halt keyed-ping
link-sniff link-status
mem-check mem-dump mem-list
part-halt part-halt-supervisor part-list part-list-hostile-name part-reset-cold part-reset-duplicates
part-reset-failed part-reset-supervisor part-reset-warm part-resume part-resume-halted
part-resume-no-action part-resume-rejected part-show part-shutdown part-shutdown-crash part-suspend
part-suspend-suspended
ping plan-check plan-check-stops plan-list plan-list-switched plan-show plan-show-named plan-switch plan-switch-lockout
plan-switch-no-wait port-list port-show
sys-halt sys-reset-cold sys-reset-warm sys-status
trace-read trace-read-damaged trace-read-empty trace-read-filter trace-read-hypervisor
trace-read-kernel
""".split()

# Commands that print no data, and why; their transcripts are of one format.
NO_DATA = {
    "xmg archive export": "the data goes into the file that it names",
    "xmg archive migrate": "says on stderr what it did",
    "xmg archive prune": "says on stderr what it did",
    "xmg completion": "prints a program for a shell",
    "xmg serve": "logs on stderr until it is ended",
    "xmg sim": "becomes the simulator, which has no formats",
    "xmg sim fault": "prints what the simulator says",
}
# Formats that a command refuses, and why.
NOT_IN_FORMAT = {
    ("xmg report", "jsonl"): "a report is one document",
    ("xmg report", "csv"): "a report is one document",
}


def in_every_format(cases: list[Case], names: list[str]) -> list[Case]:
    """The cases, and those of the given names also in the formats that are not listed by hand."""
    known = {case[0]: case for case in cases}
    return cases + [
        (f"{name}-{fmt}", known[name][1], f"{known[name][2]} --format {fmt}")
        for name in names
        for fmt in FORMATS
        if fmt != "table" and f"{name}-{fmt}" not in known
    ]


ALL_CASES = in_every_format(CASES, EVERY_FORMAT)


def taken_by_alice(server: Server) -> None:
    server.lease.take("alice@ops", 512)


def taken_by_bob(server: Server) -> None:
    server.lease.take("bob@ops", 512)


def taken_away(server: Server) -> None:
    taken_by_bob(server)
    server.lease.release("alice@ops", force=True)
    server.lease_was_taken_away("bob@ops", "alice@ops")


def alice_commands(server: Server) -> None:
    server.lease.begin_command("alice@ops")


# What a daemon is asked, by bob@ops.
SERVED_CASES: list[tuple[str, PrepareServer, str]] = [
    *(
        (f"{name}{'' if fmt == 'table' else '-' + fmt}", prepare, f"{line} --format {fmt}")
        for name, prepare, line in (
            ("lease-show", taken_by_alice, "lease show"),
            ("lease-show-nobody", None, "lease show"),
            ("lease-show-command", alice_commands, "lease show"),
            ("lease-take", None, "lease take --seconds 60"),
            ("lease-release", taken_by_bob, "lease release"),
            ("serve-status", taken_by_alice, "serve status"),
            ("web", None, "web"),
        )
        for fmt in FORMATS
    ),
    ("lease-release-force", taken_by_alice, "lease release --force"),
    ("lease-release-force-json", taken_by_alice, "lease release --force --json"),
    ("lease-release-force-jsonl", taken_by_alice, "lease release --force --format jsonl"),
    ("lease-release-force-csv", taken_by_alice, "lease release --force --format csv"),
    ("lease-release-force-command", alice_commands, "lease release --force"),
    ("lease-release-force-own", taken_by_bob, "lease release --force"),
    ("lease-release-force-nobody", None, "lease release --force"),
    ("lease-lost-take", taken_away, "lease take --seconds 60"),
    ("lease-lost-part-reset", taken_away, "part reset P1 --yes"),
    ("lease-lost-release", taken_away, "lease release"),
    ("help-lease-release", None, "lease release --help"),
    ("daemon-key", None, "part list --key KEYFILE"),
    ("daemon-key-none", None, "part list --key none"),
    ("daemon-key-lease", None, "lease show --key KEYFILE"),
    ("daemon-key-status", None, "serve status --key KEYFILE"),
    ("daemon-key-doctor", None, "doctor --key KEYFILE"),
    ("lease-take-taken", taken_by_alice, "lease take"),
    ("lease-take-again", taken_by_bob, "lease take --seconds 60"),
    ("lease-release-of-another", taken_by_alice, "lease release"),
    ("lease-release-nobody", None, "lease release"),
    ("part-reset-taken", taken_by_alice, "part reset P1 --yes"),
    ("plan-switch-taken", alice_commands, "plan switch safe --yes"),
    ("sys-reset-taken", taken_by_alice, "sys reset --warm --yes"),
    ("part-list-taken", taken_by_alice, "part list"),
    ("serve-taken", None, "serve"),
]
