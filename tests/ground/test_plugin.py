"""The pytest plugin, by tests that pytest runs with it on the simulated board."""

import json
import re
import sys
from pathlib import Path

import pytest
from conftest import loop_client

from xmground import evidence, keys, launch
from xmground.capture import Captured, frames_of, read_capture
from xmground.framing import Frame
from xmground.journal import text_of
from xmground.target import Target

TOOLS = Path(__file__).resolve().parents[2] / "ground-tools"
BUILD = launch.build_folder()  # made absolute here: pytester runs in a folder of its own
LIMIT_S = 120
pytest_plugins = ["pytester"]


def run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str, *options: str
) -> pytest.RunResult:
    """Runs tests in a process of its own, on the simulated board unless options name another."""
    monkeypatch.setenv("PYTHONPATH", str(TOOLS))
    monkeypatch.setenv("XM_BUILD", str(BUILD))
    pytester.makepyfile(source)
    arguments = ["-p", "no:cacheprovider", "-p", "xmground.pytest_plugin", *options]
    if not any(option.startswith(("--xm-link", "--xm-system", "--no-board")) for option in options):
        arguments.append("--xm-sim")
    arguments = [a for a in arguments if a != "--no-board"]
    return pytester.run(sys.executable, "-m", "pytest", *arguments, timeout=LIMIT_S)


def folder_of(result: pytest.RunResult) -> Path:
    """The folder that the report of the only failure names."""
    (folder,) = set(re.findall(r"^kept in (.*)$", result.stdout.str(), re.MULTILINE))
    return Path(folder)


def lines(path: Path) -> list[dict]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_plugin_verbs_hold_on_a_board_that_does_what_they_say(pytester, monkeypatch) -> None:
    result = run(
        pytester,
        monkeypatch,
        """
        import pytest
        from xmground.errors import Rejected, UsageError

        def test_event_and_restart(target):
            target.assert_no_hm()
            target.fault("crash 2")
            row = target.assert_event("SPARC_DATA_ACCESS_EXCEPTION", part="P2", within=5)
            assert row["fault_address"] == 0x40300000 and row["severity"] == "error"
            target.assert_no_hm()
            target.await_state("P2", "halted", within=1)
            command = target.restart("P2", status=7)
            after = command.await_done()
            assert (after.state, after.reset_counter, after.reset_status) == ("ready", 1, 7)
            assert [stage.stage.value for stage in command.stages][0] == "sent"
            assert "life 2" in target.assert_console("P2", "reset status 7", within=2)
            assert "P2: life 2" not in target.console("P1")

        def test_what_was_before_the_test_does_not_count(target):
            target.assert_no_hm()
            assert "life 2" not in target.console("P2")

        def test_two_events_are_two_calls(target):
            target.fault("hm 2")
            first = target.assert_event("XM_HM_EV_APP_DEADLINE_MISSED", within=5)
            with pytest.raises(AssertionError, match="not silent.*\\n.*APP_DEADLINE_MISSED"):
                target.assert_no_hm()
            target.assert_no_hm("part=P2")
            assert target.assert_event("APP_DEADLINE_MISSED")["seq"] == first["seq"] + 1
            target.assert_no_hm()

        def test_plan_is_switched_and_switched_back(target, plan):
            running = lambda: target.board.plans()[1].current
            with plan(1) as change:
                assert running() == 1 and change.before == 0 and change.switched
                with plan(1) as same:
                    assert same.switched is None
                assert running() == 1
            assert running() == 0
            with pytest.raises(ZeroDivisionError), plan(1):
                1 / 0
            assert running() == 0
            plan(1)  # put back after the test

        def test_plan_was_put_back(target):
            assert target.board.plans()[1].current == 0

        def test_refused_command(target):
            with pytest.raises(Rejected):
                target.plan(2)  # no slot of the supervisor
            assert "LOCKOUT" in target.switch(2).await_error(Rejected)
            with pytest.raises(AssertionError, match="it was completed"):
                target.halt("P3").await_error(Rejected)
            target.restart("P3").await_done()

        def test_words_that_do_not_exist(target):
            with pytest.raises(UsageError, match="perhaps SPARC_DATA_ACCESS_EXCEPTION"):
                target.assert_event("SPARC_DATA_ACCES_EXCEPTION", within=1000)
            with pytest.raises(UsageError, match="the board has"):
                target.restart("P9")
            with pytest.raises(UsageError, match="column"):
                target.assert_no_hm("sev>=")

        def test_events_of_another_partition_do_not_count(target):
            target.fault("crash 1")
            target.await_state("P1", "halted", within=5)
            with pytest.raises(AssertionError, match="of P2 within 0.1 s.*\\n.*P1"):
                target.assert_event("SPARC_DATA_ACCESS_EXCEPTION", part="P2", within=0.1)
            target.assert_event("SPARC_DATA_ACCESS_EXCEPTION", where="part=P1")
            target.restart("P1").await_done()

        def test_logs_are_followed_into_the_next_boot(target):
            target.fault("hm 1")
            target.assert_event("APP_DEADLINE_MISSED", within=5)
            target.restart_system().await_done()
            target.assert_no_hm()
            target.fault("crash 1")
            target.assert_event("SPARC_DATA_ACCESS_EXCEPTION", part="P1", within=5)
            target.fault("restart power")
            target.await_state("P1", "ready", within=5)
            with pytest.raises(AssertionError, match="board rebooted"):
                target.assert_no_hm()
        """,
        "-v",
    )
    result.assert_outcomes(passed=9)


def test_plugin_keeps_evidence_of_a_failure(pytester, monkeypatch, tmp_path) -> None:
    key_file = tmp_path / "key"
    keys.create(key_file, 3)
    result = run(
        pytester,
        monkeypatch,
        """
        def test_good(target):
            target.fault("hm 1")
            target.assert_event("APP_DEADLINE_MISSED", within=5)

        def test_bad(target):
            target.fault("crash 2")
            target.assert_event("SPARC_DATA_ACCESS_EXCEPTION", within=5)
            target.restart("P2").await_done()
            target.assert_console("P2", "life 2", within=5)
            target.assert_event("OVERRUN", part="P1", within=0.1)
        """,
        f"--xm-key={key_file}",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*no event OVERRUN of P1 within 0.1 s*"])
    folder = folder_of(result)
    assert folder.parent.parent == pytester.path / "xm-evidence"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    failure = (folder / "failure.txt").read_text()
    assert "no event OVERRUN" in failure and "the simulated board" in failure
    (command,) = lines(folder / "commands.jsonl")
    assert command["command"] == "restart P2" and command["outcome"] == "it was completed"
    assert command["stages"][0]["stage"] == "sent" and command["stages"][-1]["stage"] == "completed"
    rows = lines(folder / "logs.jsonl")
    assert [r["event_name"] for r in rows if r["book"] == "hm"] == ["SPARC_DATA_ACCESS_EXCEPTION"]
    text = (folder / "console-2-P2.txt").read_text()
    assert "P2: life 2" in text
    assert text == text_of([r for r in rows if r["book"] == "console" and r["source"] == 2])
    (capture,) = (folder / "capture").iterdir()
    records = read_capture(capture)[1]
    captured = [record for record in records if isinstance(record, Captured)]
    assert len(captured) == len(records)
    frames = [(c.direction, f) for c, f in frames_of(captured) if isinstance(f, Frame)]
    assert {direction for direction, _ in frames} == {0, 1}
    assert "a console is there" in (folder / "board.txt").read_text()
    secret = key_file.read_text().split()[-1]
    assert not any(secret in p.read_text("latin-1") for p in folder.rglob("*") if p.is_file())


def test_plugin_command_that_nobody_looked_at_fails_the_test(pytester, monkeypatch) -> None:
    result = run(
        pytester,
        monkeypatch,
        """
        def test_bad(target):
            target.halt("P3").await_done()
            target.switch(2)
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*plan 2*: it ended with: rejected*", "kept in *"])
    commands = lines(folder_of(result) / "commands.jsonl")
    assert [c["outcome"].split(":")[0] for c in commands] == ["it was completed", "it ended with"]


def test_plugin_board_that_falls_silent_ends_the_test(pytester, monkeypatch) -> None:
    result = run(
        pytester,
        monkeypatch,
        """
        def test_bad(target):
            target.fault("hm 1")
            target.assert_event("APP_DEADLINE_MISSED", within=5)
            target.board.timeout_s = 0.5
            target.fault("mute 3600")
            target.assert_event("OVERRUN", within=3600)
        """,
    )
    result.assert_outcomes(failed=1)
    folder = folder_of(result)
    assert "The logs are incomplete: no answer" in (folder / "failure.txt").read_text()
    assert [row["event_name"] for row in lines(folder / "logs.jsonl")] == ["APP_DEADLINE_MISSED"]


def test_plugin_board_that_ends_is_told_and_started_anew(pytester, monkeypatch) -> None:
    result = run(
        pytester,
        monkeypatch,
        """
        def test_bad(target):
            target.board.timeout_s = 0.5
            target.fault("quit")
            target.run_for(3600)

        def test_good(target):
            assert target.partition("P1").state == "ready"
        """,
    )
    result.assert_outcomes(failed=1, passed=1)
    assert "a simulated board listens" in (folder_of(result) / "board.txt").read_text()


def test_plugin_fresh_board_knows_nothing_of_the_test_before(pytester, monkeypatch) -> None:
    result = run(
        pytester,
        monkeypatch,
        """
        import pytest

        def test_first(target):
            target.assert_console("P1", "life 1")
            target.halt("P1").await_done()

        def test_second(target):
            assert target.partition("P1").state == "halted"
            assert "life 1" not in target.console("P1")

        @pytest.mark.xm_fresh
        def test_third(target):
            assert target.partition("P1").state == "ready"
            target.assert_console("P1", "life 1")
        """,
        "--strict-markers",
    )
    result.assert_outcomes(passed=3)


def test_plugin_attaches_to_a_link(served, pytester, monkeypatch) -> None:
    source = """
        import pytest

        def test_it(target):
            target.restart("P1").await_done()

        @pytest.mark.xm_fresh
        def test_other(target):
            pass
        """
    result = run(pytester, monkeypatch, source, f"--xm-link={served.url}")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*cannot be started anew*"])


@pytest.mark.parametrize(
    "options, told",
    [
        (["--no-board"], "*give --xm-system, --xm-sim or --xm-link*"),
        (["--xm-link=tcp:127.0.0.1:1", "--xm-sim"], "*name two boards*"),
        (["--xm-link=tcp:127.0.0.1:1"], "*cannot open tcp:127.0.0.1:1*"),
        (["--xm-link=frob"], "*unknown kind of link*"),
        (["--xm-system=/does/not/exist.elf"], "*there is no /does/not/exist.elf*"),
    ],
)
def test_plugin_names_what_is_wrong_with_the_board(pytester, monkeypatch, options, told) -> None:
    result = run(pytester, monkeypatch, "def test_it(target): pass", *options)
    assert result.ret != 0
    (result.stderr if "two" in told else result.stdout).fnmatch_lines([told])


@pytest.mark.parametrize("slowness", ["still", "slow"])
def test_target_waits_end_also_by_a_clock_that_is_wrong(board, monkeypatch, slowness) -> None:
    monkeypatch.setattr("xmground.target.STILL_S", 0.1)
    monkeypatch.setattr("xmground.target.SLOWEST", 0.0)
    monkeypatch.setattr("xmground.target.POLL_S", 0.01)
    with Target(loop_client(board)) as target:
        if slowness == "still":
            pong = target.board.ping()
            monkeypatch.setattr("xmground.target.SLOWEST", 60.0)
            monkeypatch.setattr(target.board, "ping", lambda: pong)
        with pytest.raises(AssertionError, match=f"clock .*{slowness}"):
            target.run_for(3600)


def test_evidence_folder_names_differ() -> None:
    names = {evidence.folder_name(f"tests/a.py::test[{x}]") for x in ("a/b", "a-b", "", "x" * 300)}
    assert len(names) == 4
    assert all(re.fullmatch(r"[\w.-]{1,120}", name) for name in names)
