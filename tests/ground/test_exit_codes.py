"""Each exit code, provoked; and that a missing target is told in time."""

import errno
import fcntl
import hashlib
import io
import json
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import serial
from conftest import HANG_S, Result, ServedDaemon, refuse_logs, until, use_key
from fake_board import FakeBoard, Served

from xmground import clock, requester, session
from xmground.app import NULL_KEY
from xmground._generated import supervisor_pb2 as pb
from xmground.errors import NoAnswer
from xmground.labels import labels_of
from xmground.model import Partition
from xmground.status import Status
from xmground.transport.lock import LinkLock

NOTICE = f"warning: {NULL_KEY}"
XMG = Path(__file__).resolve().parents[2] / "ground-tools" / "xmg"
Xmg = Callable[..., Result]


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def one_sentence(result: Result) -> str:
    """stderr must be one line for one error."""
    lines = [line for line in result.err.splitlines() if line != NOTICE]
    assert len(lines) == 1 and lines[0].startswith("xmg: "), result.err
    return lines[0]


def test_0_done(xmg: Xmg) -> None:
    assert xmg("ping").status == Status.DONE == 0


def test_1_failed_on_the_board(board: FakeBoard, xmg: Xmg) -> None:
    board.faults.refuse = (pb.STAGE_FAILED, pb.DOMAIN_HYPERVISOR, -7, "")
    result = xmg("part", "reset", "P1", "--yes")
    assert result.status == Status.FAILED == 1 and "XM_OP_NOT_ALLOWED" in one_sentence(result)


@pytest.mark.parametrize(
    "argv",
    [
        ["nothing"],
        ["part"],
        [],
        ["part", "list", "--nope"],
        ["part", "show"],
        ["part", "show", "P9"],
        ["sys", "reset"],
        ["plan", "switch", "7", "--yes"],
        ["plan", "switch", "safe"],
        ["ping", "--timeout", "-1"],
        ["hm", "read", "--from", "-1"],
        ["hm", "read", "--from", "1", "--last", "1"],
        ["part", "reset", "P1", "--status", "q"],
        ["part", "reset", "P1", "--status", "4294967296"],
        ["hm", "read", "--from", "18446744073709551616"],
        ["hm", "read", "--count", "18446744073709551616"],
        ["console", "read", "P1", "--last", "0"],
        ["ping", "--count", "4294967296"],
        ["link", "sniff", "--seconds", "1e3"],
        ["ping", "--timeout", "1e9"],
        ["ping", "--timeout", "nan"],
        ["ping", "--link", ""],
    ],
)
def test_2_usage(argv: list[str], xmg: Xmg) -> None:
    result = xmg(*argv)
    assert result.status == Status.USAGE == 2 and result.out == "" and one_sentence(result)


@pytest.mark.parametrize(
    "link",
    [
        "tcp:localhost",
        "tcp::5500",
        "tcp:h:0",
        "tcp:h:70000",
        "serial:",
        "serial:/dev/x?speed=1",
        "serial:/dev/x?baud=a",
        "serial:/dev/x?baud=99999999999999999999",
        "udp:h",
        "nonsense",
        "unix:",
    ],
)
def test_2_link_that_cannot_be_read(link: str, xmg: Xmg) -> None:
    result = xmg("ping", link=link)
    assert (
        result.status == Status.USAGE
        and repr(link) in one_sentence(result)
        and "tcp:HOST:PORT" in result.err
    )


def test_2_empty_link_is_not_the_default(xmg: Xmg, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--link is empty" in one_sentence(xmg("ping", "--link", ""))
    result = xmg("ping", link="")
    assert result.status == Status.USAGE and "XMG_LINK is empty" in one_sentence(result)
    assert xmg("--help", link="").status == 0


def test_2_limits_are_named(xmg: Xmg) -> None:
    assert "86400" in one_sentence(xmg("ping", "--timeout", "1e9"))
    assert "4294967295" in one_sentence(
        xmg("part", "reset", "P1", "--yes", "--status", "4294967296")
    )


@pytest.mark.parametrize(
    "path, words",
    [("/dev/does-not-exist", "No such file or directory"), ("/dev/null", "not a serial line")],
)
def test_3_serial_errors_say_it_once(path: str, words: str, xmg: Xmg) -> None:
    for scheme in ("serial", "pty"):
        sentence = one_sentence(xmg("ping", link=f"{scheme}:{path}"))
        assert sentence.startswith(f"xmg: cannot open {scheme}:{path}: {words}: ")
        assert sentence.count(path) == 1 and "dialout" not in sentence


def test_3_serial_permission_is_told_with_the_group(
    xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise serial.SerialException(13, "could not open port: [Errno 13] Permission denied")

    monkeypatch.setattr(serial, "Serial", refuse)
    sentence = one_sentence(xmg("ping", link="serial:/dev/ttyS0"))
    assert "dialout" in sentence and sentence.count("Permission denied") == 1


def test_3_nobody_listens(xmg: Xmg) -> None:
    result = xmg("part", "list", link=f"tcp:127.0.0.1:{free_port()}")
    assert result.status == Status.NO_LINK == 3
    assert "make run" in one_sentence(result)


@pytest.mark.parametrize("link", ["serial:/dev/does-not-exist", "unix:/does/not/exist"])
def test_3_no_such_device(link: str, xmg: Xmg) -> None:
    result = xmg("ping", link=link)
    assert result.status == Status.NO_LINK and link in one_sentence(result)


def test_3_nobody_answers_within_the_time(board: FakeBoard, xmg: Xmg) -> None:
    board.faults.silent = True
    start = time.monotonic()
    result = xmg("part", "reset", "P1", "--yes", "--timeout", "0.5")
    assert result.status == Status.NO_LINK and time.monotonic() - start < 5
    assert "no answer within 0.5 s" in one_sentence(result) and board.executed == []


@pytest.mark.parametrize(
    "line",
    [
        "archive collect --archive ARCHIVE --capture=",
        "archive collect --archive ARCHIVE --capture= --target name",
        "book list",
        "cmd list",
        "cmd status 7",
        "console read P1",
        "hm read",
        "hm read --last 3",
        "mem list",
        "plan show",
        "port list",
        "sys status",
        "sys reset --warm --yes",
        "trace read P1",
        "trace read hypervisor",
    ],
)
def test_3_silence_is_told_after_one_question(
    line: str, board: FakeBoard, xmg: Xmg, tmp_path: Path
) -> None:
    """A second question to a board that says nothing would cost a second --timeout."""
    archive = str(tmp_path / "archive.db")
    board.faults.silent = True
    argv = line.replace("ARCHIVE", archive).split()
    result = xmg(*argv, "--timeout", "0.2")
    assert result.status == Status.NO_LINK and "no answer within 0.2 s" in one_sentence(result)
    assert len(set(board.requests)) <= 1, board.requests


def test_what_the_board_told_is_shown_though_it_falls_silent() -> None:
    """Only the names are missing then."""

    class Silent:
        """A board that does not answer any more."""

        asked: list[str] = []
        utc_us = staticmethod(clock.utc_us)

        def target_name(self) -> str:
            self.asked.append("target_name")
            raise NoAnswer("silence")

        def partitions(self) -> list[Partition]:
            self.asked.append("partitions")
            raise NoAnswer("silence")

    silent = Silent()
    told = labels_of(silent, heard=True)  # type: ignore[arg-type]
    assert told.target == "" and dict(told.names) == {255: "hypervisor"}
    silent.asked.clear()
    with pytest.raises(NoAnswer):
        labels_of(silent)  # type: ignore[arg-type]
    assert silent.asked == ["target_name"]


def test_3_text_but_no_supervisor(board: FakeBoard, served: Served, xmg: Xmg) -> None:
    served.greeting = b"xm: no supervisor here\n\0"
    board.faults.silent = True
    assert "text but no frame" in one_sentence(xmg("ping", "--timeout", "0.3"))


def test_3_host_that_has_no_address(xmg: Xmg) -> None:
    """Starting the target would not help."""
    result = xmg("ping", link="tcp:no-such-host.invalid:5500")
    assert result.status == Status.NO_LINK and "host's name" in one_sentence(result)
    assert "make run" not in result.err


def test_4_rejected(board: FakeBoard, xmg: Xmg) -> None:
    board.faults.refuse = (pb.STAGE_REJECTED, pb.DOMAIN_HYPERVISOR, -4, "")
    result = xmg("part", "halt", "P1", "--yes")
    assert result.status == Status.REJECTED == 4 and "XM_PERM_ERROR" in one_sentence(result)


def test_2_of_nothing_there_is_none(board: FakeBoard, xmg: Xmg) -> None:
    board.ports.clear()
    told = one_sentence(xmg("port", "show", "P1", "packets"))
    assert told.endswith("there is no port of P1 'packets'; the board has: none")


def test_4_a_log_that_the_board_has_not(
    board: FakeBoard, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_logs(monkeypatch)
    result = xmg("trace", "read", "P1")
    assert result.status == Status.REJECTED and "`xmg book list`" in one_sentence(result)


def test_4_rejection_reads_the_same_in_the_list_of_commands(board: FakeBoard, xmg: Xmg) -> None:
    """XM_NO_ACTION, "nothing had to change", of a command that was not carried out."""
    board.faults.refuse = (pb.STAGE_REJECTED, pb.DOMAIN_HYPERVISOR, -1, "")
    result = xmg("part", "resume", "P1", "--yes")
    assert result.status == Status.REJECTED and "not possible" in one_sentence(result)
    listed = xmg("cmd", "list")
    assert "not possible" in listed.out and "nothing had to change" not in listed.out


def test_5_authentication(board: FakeBoard, xmg: Xmg) -> None:
    board.faults.key_id = 1
    result = xmg("ping", "--timeout", "0.3")
    assert result.status == Status.AUTHENTICATION == 5 and "key id 1" in one_sentence(result)


def test_6_outcome_unknown_after_an_early_stage(
    board: FakeBoard, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requester, "COMPLETION_S", 0.3)
    board.faults.last_stage = pb.STAGE_ACCEPTED
    result = xmg("part", "reset", "P1", "--yes", "--timeout", "0.3")
    assert result.status == Status.UNKNOWN == 6 and "accepted" in result.out
    assert "xmg cmd status 0x" in one_sentence(result)


def test_6_outcome_unknown_without_any_stage(board: FakeBoard, xmg: Xmg) -> None:
    board.faults.no_commands = True
    result = xmg("plan", "switch", "safe", "--yes", "--timeout", "0.3")
    assert result.status == Status.UNKNOWN and "sent" in result.out


def earlier_command(xmg: Xmg) -> None:
    """Puts a command of this boot into the board's journal."""
    assert xmg("part", "suspend", "P1", "--yes").status == 0


@pytest.mark.parametrize(
    "stage, effect, status, words",
    [
        (pb.STAGE_STARTED, False, Status.UNKNOWN, "nobody saw its effect"),
        (pb.STAGE_STARTED, True, Status.UNKNOWN, "nobody saw its effect"),
        (pb.STAGE_RECEIVED, False, Status.UNKNOWN, "nobody saw its effect"),
    ],
)
@pytest.mark.parametrize("keyed", [False, True])
def test_6_board_rebooted_during_a_command(
    stage: int,
    effect: bool,
    status: int,
    words: str,
    keyed: bool,
    board: FakeBoard,
    xmg: Xmg,
    key_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "FIRST_RETRY_S", 0.1)
    if keyed:
        use_key(board, key_file, monkeypatch)
    board.faults.reboot_after, board.faults.effect_before_reboot = stage, effect
    result = xmg("part", "reset", "P1", "--yes", "--timeout", "3")
    assert result.status == status and words in one_sentence(result)
    assert len(board.executed) == effect
    board.faults.reboot_after = 0
    command = re.search(r"command (0x[0-9a-f]{8})", result.out)
    assert command
    told = xmg("cmd", "status", command[1], "--json")
    assert told.status == Status.UNKNOWN
    assert json.loads(told.out)[0]["knowledge"] == "started, not confirmed"
    assert xmg("part", "reset", "P1", "--yes").status == 0  # a new command, a new id


@pytest.mark.parametrize("keyed", [False, True])
def test_command_that_a_reset_took_before_it_arrived(
    keyed: bool,
    board: FakeBoard,
    xmg: Xmg,
    key_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "FIRST_RETRY_S", 0.1)
    if keyed:
        use_key(board, key_file, monkeypatch)
    earlier_command(xmg)
    armed = [True]

    def lost(request) -> bool:
        if request.WhichOneof("op") == "partition_control" and armed:
            armed.clear()
            board.reboot()
            if not keyed:
                board.beacon()
            return True
        return False

    board.faults.rx_lost = lost
    result = xmg("part", "reset", "P1", "--yes", "--timeout", "3")
    assert result.status == Status.NO_LINK and "nothing was done" in one_sentence(result)
    assert [name for name, _, action in board.executed if action == 5] == []


def test_never_received_proves_nothing_when_the_journal_is_gone(
    board: FakeBoard, xmg: Xmg, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a key the new boot does not know the session, so the repetition is not executed."""
    monkeypatch.setattr(session, "FIRST_RETRY_S", 0.1)
    use_key(board, key_file, monkeypatch)
    board.faults.keeps_journal = False
    board.faults.reboot_after, board.faults.effect_before_reboot = pb.STAGE_ACCEPTED, True
    result = xmg("part", "reset", "P1", "--yes", "--timeout", "3")
    assert result.status == Status.UNKNOWN and "does not reach back" in one_sentence(result)
    assert len(board.executed) == 1


def test_command_completed_before_the_reset_is_told_as_completed(
    board: FakeBoard, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "FIRST_RETRY_S", 0.1)

    def fate(kind: str, message) -> str:
        if kind == "reply" and message.id in board.commands and message.stage == 4:
            board.faults.tx = lambda kind, message: ""
            board.commands[message.id].stage = message.stage
            board.reboot()
            board.beacon()
            return "drop"
        return ""

    board.faults.tx = fate
    result = xmg("part", "reset", "P1", "--yes", "--timeout", "3")
    assert result.status == 0 and "completed" in result.out and len(board.executed) == 1


def test_7_incomplete(board: FakeBoard, xmg: Xmg) -> None:
    board.logs[pb.BOOK_HM, 0].capacity = 2
    board.fill_hm(5)
    result = xmg("hm", "read", "--from", "2")
    assert result.status == Status.INCOMPLETE == 7
    assert (
        "overwritten on board: 2 records, 2 to 3" in result.err
        and "overwritten on board" in result.out
    )


def test_8_version(board: FakeBoard, xmg: Xmg) -> None:
    board.faults.major = 0xC
    result = xmg("ping", "--timeout", "0.3")
    assert result.status == Status.VERSION == 8 and "major version" in one_sentence(result)


def test_9_occupied(served: Served, xmg: Xmg) -> None:
    lock = LinkLock(served.url)
    result = xmg("ping")
    lock.release()
    assert result.status == Status.OCCUPIED == 9 and str(os.getpid()) in one_sentence(result)
    assert xmg("ping").status == Status.DONE


def test_9_link_of_a_daemon_names_the_way_to_it(served: Served, xmg: Xmg, tmp_path: Path) -> None:
    with ServedDaemon(served.url, tmp_path / "socket") as daemon:
        result = xmg("ping")
        assert result.status == Status.OCCUPIED
        assert "xmg serve" in one_sentence(result) and f"--link {daemon.link}" in result.err
        assert xmg("ping", link=daemon.link).status == Status.DONE
    assert xmg("ping").status == Status.DONE


def test_9_serial_port_held_by_another_program(board: FakeBoard, xmg: Xmg) -> None:
    served = Served(board, pty_link=True)
    path = served.url.removeprefix("serial:")
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    result = xmg("ping", link=served.url)
    os.close(fd)
    served.close()
    assert result.status == Status.OCCUPIED and path in one_sentence(result)


def test_130_interrupted(board: FakeBoard, served: Served, environ: dict[str, str]) -> None:
    board.fill_hm(1)
    process = subprocess.Popen(
        [XMG, "--link", served.url, "hm", "read", "--follow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        text=True,
    )
    assert process.stdout and process.stdout.readline().split()[0] == "seq"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=HANG_S)
    assert process.returncode == Status.INTERRUPTED == 130 and err == f"{NOTICE}\ninterrupted\n"


def test_reader_of_a_pipe_that_goes_away_is_no_traceback(
    board: FakeBoard, served: Served, environ: dict
) -> None:
    board.fill_hm(200)
    process = subprocess.Popen(
        [XMG, "--link", served.url, "hm", "read", "--follow", "--format", "jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        text=True,
    )
    assert process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()

    def has_ended() -> bool:
        if board.logs[pb.BOOK_HM, 0].next < 5000:  # the more is printed, the sooner it is noticed
            board.fill_hm(20)
        return process.poll() is not None

    until(has_ended)
    assert process.returncode == 130 and process.stderr.read() == f"{NOTICE}\n"
    process.stderr.close()


@pytest.mark.parametrize("words", ["part list", "hm read --format json", "--help", "--help-man"])
@pytest.mark.parametrize("buffered", [True, False])
def test_output_to_a_full_disk_is_told(
    words: str, buffered: bool, board: FakeBoard, served: Served, environ: dict
) -> None:
    board.fill_hm(20)
    done = run_with(["/dev/full", None], words, buffered, served, environ)
    assert done.returncode == Status.FAILED
    assert done.stderr.removeprefix(f"{NOTICE}\n") == (
        "xmg: cannot write the output: No space left on device: free some space, or write it "
        "elsewhere; `xmg cmd list` tells what became of a command\n"
    )


@pytest.mark.parametrize("buffered", [True, False])
def test_talk_that_cannot_be_written_ends_nothing(
    buffered: bool, board: FakeBoard, served: Served, environ: dict
) -> None:
    done = run_with([None, "/dev/full"], "part list --format csv", buffered, served, environ)
    assert done.returncode == Status.DONE and done.stdout.startswith("id,name,")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_gets_nothing(
    closed: str, board: FakeBoard, served: Served, environ: dict
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", XMG, "--link", served.url, "part", "list"],
        capture_output=True,
        env=environ,
        text=True,
        timeout=HANG_S,
    )
    assert done.returncode == Status.DONE
    assert ("supervisor" in done.stdout) == (">&-" not in closed.split())
    assert "Traceback" not in done.stderr


def run_with(
    streams: list[str | None], words: str, buffered: bool, served: Served, environ: dict
) -> "subprocess.CompletedProcess[str]":
    """xmg with stdout and stderr to these files; None: to us."""
    files = [subprocess.PIPE if path is None else os.open(path, os.O_WRONLY) for path in streams]
    try:
        return subprocess.run(
            [XMG, "--link", served.url, *words.split()],
            stdout=files[0],
            stderr=files[1],
            env={k: v for k, v in environ.items() if k != "PYTHONUNBUFFERED"}
            | ({} if buffered else {"PYTHONUNBUFFERED": "1"}),
            text=True,
            timeout=HANG_S,
        )
    finally:
        for file in files:
            if file != subprocess.PIPE:
                os.close(file)


def test_every_code_is_in_the_help(xmg: Xmg) -> None:
    text = xmg("--help").out
    assert all(re.search(rf"^.*\b{status.value}\s", text, re.M) for status in Status)


class Terminal(io.StringIO):
    """A standard input with a person behind it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed, status, executed", [("halt\n", 0, 1), ("yes\n", 2, 0), ("", 2, 0)])
def test_hazardous_command_asks(
    typed: str,
    status: int,
    executed: int,
    board: FakeBoard,
    xmg: Xmg,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    result = xmg("sys", "halt", "--timeout", "0.4")
    assert result.status == status and len(board.executed) == executed
    assert "Type 'halt' to go on" in result.err


def test_hazardous_command_is_refused_without_terminal_and_yes(board: FakeBoard, xmg: Xmg) -> None:
    result = xmg("sys", "reset", "--warm")
    assert (
        result.status == Status.USAGE and "--yes" in one_sentence(result) and board.requests == []
    )


def test_no_generated_code_is_told_with_the_remedy(tmp_path: Path, environ: dict[str, str]) -> None:
    import shutil

    shutil.copytree(
        XMG.parent, tmp_path / "ground-tools", ignore=shutil.ignore_patterns("__pycache__")
    )
    environ.pop("XM_BUILD", None)
    done = subprocess.run(
        [tmp_path / "ground-tools" / "xmg", "ping"],
        capture_output=True,
        text=True,
        env=environ,
        timeout=30,
    )
    assert (
        done.returncode == 2 and "make ground-tools" in done.stderr and done.stderr.count("\n") == 1
    )


def test_script_runs_from_anywhere(served: Served, tmp_path: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [XMG, "ping", "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=30,
        env=environ
        | {"XMG_LINK": served.url, "XM_BUILD": str(Path(os.environ["XM_BUILD"]).resolve())},
    )
    assert done.returncode == 0 and '"rtt_us"' in done.stdout and done.stderr == f"{NOTICE}\n"


def test_serial_line_over_a_pseudo_terminal(board: FakeBoard, xmg: Xmg) -> None:
    board.fill_hm(50)
    served = Served(board, pty_link=True)
    result = xmg("hm", "read", "--json", link=f"{served.url}?baud=115200")
    pty = xmg("part", "list", link=served.url.replace("serial:", "pty:"))
    served.close()
    assert result.status == pty.status == 0 and result.out.count('"seq"') == 50


def test_unix_socket(board: FakeBoard, xmg: Xmg, tmp_path: Path) -> None:
    import threading

    path = str(tmp_path / "board.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            while select.select([client], [], [], 10)[0]:
                data = client.recv(4096)
                if not data:
                    return
                client.sendall(board.receive(data))

    thread = threading.Thread(target=serve)
    thread.start()
    assert xmg("ping", link=f"unix:{path}").status == 0
    thread.join(HANG_S)
    listener.close()


def test_link_is_opened_again_when_the_other_side_closes_it(
    board: FakeBoard, xmg: Xmg, served: Served
) -> None:
    closed: list[int] = []

    def lost(request) -> bool:
        if not closed:
            closed.append(1)
            raise OSError("cable pulled")
        return False

    board.faults.rx_lost = lost
    assert xmg("ping", "-v").status == 0 and closed


def test_following_outlives_a_silent_board(
    board: FakeBoard, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.fill_hm(2)
    monkeypatch.setattr("xmground.commands.common.FOLLOW_PAUSE_S", 0.05)
    ids: list[int] = []

    def lost(request) -> bool:
        if request.id not in ids:
            ids.append(request.id)
            if len(ids) == 9:
                board.fill_hm(1)
        board.faults.silent = 5 <= len(ids) < 9
        return False

    board.faults.rx_lost = lost
    result = xmg("hm", "read", "--follow", "--count", "3", "--timeout", "0.3", "--format", "jsonl")
    assert result.status == 0 and result.out.count('"seq"') == 3
    assert result.err.count("still trying") == 1 and "answers again" in result.err


@pytest.mark.parametrize("command", [["hm", "read", "--follow"], ["console", "follow", "P1"]])
def test_following_shows_a_power_cycle(
    command: list[str], board: FakeBoard, xmg: Xmg, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.fill_hm(3)
    board.print(1, b"old")
    monkeypatch.setattr("xmground.commands.common.FOLLOW_PAUSE_S", 0.01)

    def reboot(operation: str) -> bool:
        if operation == "log_read" and board.requests.count("log_read") == 2:
            board.power_cycle()
            board.fill_hm(4)
            board.print(1, b"newer")
        return False

    board.faults.reboot_at = reboot
    result = xmg(*command, "--count", "7", "--format", "jsonl")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert result.status == Status.INCOMPLETE and "board rebooted" in result.err
    assert [row["kind"] for row in rows].count("gap") == 1
    after = rows[[row["kind"] for row in rows].index("gap") + 1]
    assert (after.get("seq") or after["first"]) == 1


# ---- the lock of a link


def test_lock_of_the_link_needs_no_room_on_the_disk(
    served: Served, xmg: Xmg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it holds is only for the words of others."""

    def full(*given: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("XMG_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setattr("xmground.transport.lock.os.pwrite", full)
    lock = LinkLock(served.url)
    assert "(process unknown)" in one_sentence(xmg("ping"))
    lock.release()
    assert xmg("ping").status == Status.DONE


def test_lock_of_the_link_is_the_same_for_a_cron_job_and_a_login(
    served: Served, xmg: Xmg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They differ in XDG_RUNTIME_DIR, and may in TMPDIR."""
    for name in ("XDG_RUNTIME_DIR", "TMPDIR", "XMG_LOCKS"):
        monkeypatch.delenv(name, raising=False)
    lock = LinkLock(served.url)
    for name in ("XDG_RUNTIME_DIR", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
        monkeypatch.setattr(tempfile, "tempdir", None)
        assert xmg("ping").status == Status.OCCUPIED, name
    lock.release()
    assert xmg("ping").status == Status.DONE


def _file(folder: Path) -> None:
    folder.touch()


def _for_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def _link(folder: Path) -> None:
    (folder.parent / "real").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "real")


def _lock_is_a_link(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    name = hashlib.sha256(os.environ["XMG_LINK"].encode()).hexdigest()[:16]
    (folder / f"{name}.lock").symlink_to(folder.parent / "precious")


@pytest.mark.parametrize("spoil", [_file, _for_all, _link, _lock_is_a_link])
def test_lock_of_the_link_that_cannot_be_made(
    spoil: Callable[[Path], None],
    served: Served,
    xmg: Xmg,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or that somebody else could have made: everybody may write /tmp."""
    folder = tmp_path / "locks"
    (tmp_path / "precious").write_text("mine")
    monkeypatch.setenv("XMG_LINK", served.url)
    monkeypatch.setenv("XMG_LOCKS", str(folder))
    spoil(folder)
    result = xmg("ping")
    assert result.status == Status.NO_LINK and (tmp_path / "precious").read_text() == "mine"
    assert str(folder) in result.err and "name another folder in XMG_LOCKS" in result.err


def test_lock_of_the_link_in_a_folder_of_another_user(
    xmg: Xmg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XMG_LOCKS", str(tmp_path))
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    result = xmg("ping")
    assert result.status == Status.NO_LINK and "not this user's alone" in one_sentence(result)
