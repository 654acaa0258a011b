"""Restart a partition many times: each restart takes effect once, and nobody else notices.

    PYTHONPATH=ground-tools RESTARTS=1000 pytest -p xmground.pytest_plugin --xm-system=demo \\
        ground-tools/examples/test_restart_endurance.py

PARTITION names another one than the first that is no system partition.
"""

import os

import pytest

from xmground.model import Partition
from xmground.target import Target

RESTARTS = int(os.environ.get("RESTARTS", "20"))


@pytest.fixture
def victim(target: Target) -> Partition:
    """The partition to restart."""
    named = os.environ.get("PARTITION")
    if named:
        return target.partition(named)
    return next(p for p in target.board.partitions() if not p.system)


def lives(target: Target, but: Partition) -> dict[str, int]:
    """How often each other partition was reset."""
    return {p.name: p.reset_counter for p in target.board.partitions() if p.id != but.id}


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
def test_restart_endurance(target: Target, victim: Partition, cold: bool) -> None:
    others = lives(target, victim)
    for number in range(1, RESTARTS + 1):
        after = target.restart(victim.name, cold, status=number).await_done()
        assert after and after.reset_status == number
        if not cold:  # a cold reset begins to count anew
            assert after.reset_counter == victim.reset_counter + number
        target.run_for(0.2)
        assert target.partition(victim.name).exec_clock_us > after.exec_clock_us, "it does not run"
    assert lives(target, victim) == others
    target.assert_no_hm(f'part="{victim.name}"')
