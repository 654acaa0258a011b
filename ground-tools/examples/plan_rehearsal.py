#!/usr/bin/python3
"""Fly each plan for a while, and compare what the partitions got with what the plan promises.

    plan_rehearsal.py --link tcp:127.0.0.1:5500 --seconds 10 degraded maintenance

Goes back to the plan that ran, whatever happens. Exit status: 0 all is as planned and the health
monitor was silent, 1 something is not, else what xmg would end with.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # from the checkout

from xmground import keys  # noqa: E402
from xmground.board import find_by_name  # noqa: E402
from xmground.errors import XmgError  # noqa: E402
from xmground.model import Plan  # noqa: E402
from xmground.status import Status  # noqa: E402
from xmground.target import BoardTime, Target, connect, line_of  # noqa: E402


def promised(target: Target, plan: Plan) -> dict[int, float]:
    """The share of the processor that a plan gives each partition."""
    shares: dict[int, float] = {}
    for slot in target.board.slots(plan.id):
        share = slot.duration_us / plan.major_frame_us
        shares[slot.partition] = shares.get(slot.partition, 0.0) + share
    return shares


def rehearse(target: Target, plan: Plan, seconds: float) -> bool:
    """Flies a plan for so much board time; tells whether all partitions got what it promises."""
    shares = promised(target, plan)
    with target.plan(plan.id) as change:
        since = "already"
        if change.switched:
            since = f"from frame {change.switched.state.switch_frame} on"
        print(f"plan {plan.id} {plan.name}, {since}")
        watch = BoardTime(target.board)
        before = {p.id: p.exec_clock_us for p in target.board.partitions()}
        target.run_for(seconds)
        after = target.board.partitions()
        passed_us = watch.passed_us()
    is_right = True
    for partition in after:
        share = (partition.exec_clock_us - before[partition.id]) / passed_us
        most = shares.get(partition.id, 0.0)
        # The two looks lie at most a frame apart from the moments that the time was taken at.
        slack = 2 * plan.major_frame_us / passed_us * most
        starves = share == 0 and most > 0 and partition.state in ("ready", "idle")
        remark = "STARVES" if starves else "TOO MUCH" if share > most + slack else ""
        print(f"  {partition.name:12} {share:7.2%} of {most:6.2%}  {partition.state} {remark}")
        is_right &= not remark
    return is_right


def main() -> int:
    """Rehearses the plans named, or all that the board can be switched back from."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--link", default=os.environ.get("XMG_LINK", "tcp:127.0.0.1:5500"))
    parser.add_argument("--key", help="default: XMG_KEY, ~/.config/xmg/key")
    parser.add_argument("--seconds", type=float, default=5.0, help="board time of each plan")
    parser.add_argument("plans", nargs="*", metavar="PLAN", help="ids or names (default: all)")
    args = parser.parse_args()

    with Target(connect(args.link, keys.find(args.key, os.environ))) as target:
        plans = target.board.plans()[0]
        wanted = [find_by_name(plans, name, "plan") for name in args.plans]
        wanted = wanted or [plan for plan in plans if plan.supervisor_slot]
        results = [rehearse(target, plan, args.seconds) for plan in wanted]
        records = target.hm()
        for row in records:
            print(line_of(row))
    return Status.DONE if all(results) and not records else Status.FAILED


if __name__ == "__main__":
    try:
        sys.exit(main())
    except XmgError as error:
        print(f"plan_rehearsal: {error}", file=sys.stderr)
        sys.exit(error.status)
