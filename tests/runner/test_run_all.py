"""The counting of tests/run_all.py and the comparing of tests/system/run.py: a broken suite must never look well."""

import importlib.util
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem + "_under_test", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


run_all = load(TESTS / "run_all.py")
system = load(TESTS / "system" / "run.py")


def count(output, status=0):
    result = run_all.judge(run_all.parse(output), status, 1)
    return result.passed, result.failed, result.skipped


@pytest.mark.parametrize("output, expected", [
    ("12 passed, 0 failed\n", (12, 0, 0)),
    ("12 passed, 0 failed, 2 skipped: no network\n", (12, 0, 2)),
    ("3 passed, 0 failed\n4 passed, 0 failed\n", (7, 0, 0)),
    ("........\n8 passed in 0.12s\n", (8, 0, 0)),
    ("===== 8 passed, 1 skipped, 2 warnings in 61.20s (0:01:01) =====\n", (8, 0, 1)),
    ("[==========] 5 test(s) run.\n[  PASSED  ] 5 test(s).\n", (5, 0, 0)),
    ("1..2\nok 1 - a\nok 2 - b # SKIP no device\n", (1, 0, 1)),
])
def test_summary_is_counted(output, expected):
    assert count(output) == expected


@pytest.mark.parametrize("output, expected", [
    ("3 failed, 5 passed in 1.00s\n", (5, 3, 0)),
    ("1 error in 0.50s\n", (0, 1, 0)),
    ("[==========] 5 test(s) run.\n[  PASSED  ] 4 test(s).\n[  FAILED  ] 1 test(s), listed below:\n", (4, 1, 0)),
    ("ok 1\nnot ok 2 - b\n", (1, 1, 0)),
])
def test_failures_are_counted(output, expected):
    assert count(output, 1) == expected


def test_no_summary_is_a_failure():
    assert count("all is well\n") == (0, 1, 0)


def test_crash_after_a_good_summary_is_a_failure():
    assert count("12 passed, 0 failed\n", 139) == (12, 1, 0)


def test_time_out_is_a_failure():
    assert count("12 passed, 0 failed\n", None) == (12, 1, 0)


def test_nothing_but_skipped_is_a_failure():
    assert count("3 skipped in 0.01s\n") == (0, 1, 3)


def test_a_hanging_command_is_ended():
    output, status = run_all.run_command(["sh", "-c", "echo started; sleep 60 & wait"], timeout_s=1)
    assert status is None and "started" in output


@pytest.fixture
def claim(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "TESTS", tmp_path)
    (tmp_path / "claim").mkdir()

    def compare(expect, lines):
        (tmp_path / "claim" / "expect").write_text(expect)
        system.compare("claim", lines)
    return compare


def test_lines_in_order_hold(claim):
    claim("# why\na\n~b [0-9]+\n!~z.*\n", ["boot", "a", "x", "b 12"])


@pytest.mark.parametrize("expect, lines, reason", [
    ("a\nb\n", ["b", "a"], "not found in its place: b"),
    ("a\n", ["aa"], "not found at all: a"),
    ("~b [0-9]\n", ["b 12"], "not found at all"),
    ("a\n!z\n", ["z", "a"], "forbidden line: z"),
    ("!z\n", ["a"], "demands nothing"),
])
def test_difference_is_named(claim, expect, lines, reason):
    with pytest.raises(system.Failed, match=reason):
        claim(expect, lines)
