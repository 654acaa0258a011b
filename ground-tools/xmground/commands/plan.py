"""xmg plan: scheduling plans."""

import argparse
from dataclasses import asdict
from typing import Any

from ..app import App
from ..board import find_by_name
from ..complete import complete_plan
from ..model import Plan, PlanState
from ..render import Column, board_time, plain
from ..status import Status
from .common import completed, noun, partition_names, verb, yes_option

COLUMNS = [
    Column("id", "id", right=True),
    Column("name", "name"),
    Column("major_frame_us", "major frame", lambda us: f"{us / 1000:g} ms", right=True),
    Column("slot_count", "slots", right=True),
    Column(
        "supervisor_slot",
        "supervisor slot",
        lambda has: "yes" if has else "NO: cannot be switched to",
    ),
    Column("running", "running", lambda text: plain(text or "")),
]
SLOT_COLUMNS = [
    Column("id", "slot", right=True),
    Column("partition", "id", right=True),
    Column("partition_name", "partition"),
    Column("start_us", "start us", right=True),
    Column("duration_us", "duration us", right=True),
    Column("share", "share", lambda share: f"{share:.1%}", right=True),
    Column("plan", "plan", only_csv=True),
    Column("plan_name", "plan name", only_csv=True),
    Column("major_frame_us", "major frame us", only_csv=True),
]

SWITCH_KEYS = ("requested", "from_plan", "to_plan", "switch_frame", "switch_time_us")


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, "plan", "Scheduling plans: list, show, switch.")
    verb(group, common, "list", list_plans, "List all plans and which one runs.")
    parser = verb(group, common, "show", show, "Show the slots of a plan.")
    completed(
        parser.add_argument(
            "plan", metavar="PLAN", nargs="?", help="id or name (default: the running plan)"
        ),
        complete_plan,
    )
    parser = verb(
        group,
        common,
        "switch",
        switch,
        "Change the plan at the end of the present major frame. Critical: asks first.",
        "With --no-wait the command is done once the hypervisor has taken the request.",
    )
    completed(
        parser.add_argument("plan", metavar="PLAN", help="id or name, as `xmg plan list` shows"),
        complete_plan,
    )
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="wait until the new plan runs (default)",
    )
    yes_option(parser)


def _running(plan: Plan, state: PlanState) -> str:
    if plan.id == state.current:
        return "now"
    return "from the next frame" if plan.id == state.requested else ""


def list_plans(app: App) -> Status:
    """xmg plan list"""
    with app.connect() as client:
        plans, state = client.plans()
        app.out.rows(COLUMNS, [asdict(plan) | {"running": _running(plan, state)} for plan in plans])
    return Status.DONE


def show(app: App) -> Status:
    """xmg plan show [PLAN]"""
    with app.connect() as client:
        plans, state = client.plans()
        key = app.args.plan if app.args.plan is not None else str(state.current)
        plan = find_by_name(plans, key, "plan")
        names = partition_names(client)
        rows = [
            asdict(slot)
            | {
                "partition_name": names.get(slot.partition, ""),
                "share": slot.duration_us / plan.major_frame_us,
                "plan": plan.id,
                "plan_name": plan.name,
                "major_frame_us": plan.major_frame_us,
            }
            for slot in client.slots(plan.id)
        ]
    if app.out.format == "table":
        app.out.text(f"plan {plan.id} {plan.name}, major frame {plan.major_frame_us} us")
    app.out.rows(SLOT_COLUMNS, rows)
    return Status.DONE


def switch(app: App) -> Status:
    """xmg plan switch PLAN"""
    app.need_operator("plan switch is critical")
    with app.connect() as client:
        plans, before = client.plans()
        plan = find_by_name(plans, app.args.plan, "plan")
        names = {p.id: p.name for p in plans}
        wanted = plan.name or str(plan.id)
        question = f"Plan {plain(wanted)} will run instead of plan {before.current}."
        app.confirm("plan switch is critical", question, wanted)
        # The switch waits for the end of a frame, which may be longer than any other command.
        frame_s = max(p.major_frame_us for p in plans) / 1e6
        completion_s = max(client.completion_s, 3 * frame_s)

        def act(on_stage) -> dict[str, object]:
            done = client.switch_plan(plan.id, app.args.wait, completion_s, on_stage)
            if done is None:
                return {"requested": plan.id}
            old = done.state.previous if done.state.previous is not None else before.current
            return {
                "from_plan": old,
                "to_plan": done.state.current,
                "switch_frame": done.state.switch_frame,
                "switch_time_us": done.state.switch_time_us,
            }

        result = app.run_command(act, SWITCH_KEYS)
    if app.out.format == "table":
        app.out.text(_switch_text(result, names, before))
    return Status.DONE


def _switch_text(result: dict[str, object], names: dict[int, str], before: PlanState) -> str:
    def label(plan: Any) -> str:
        return f"{plan} {names.get(plan, '')}".strip()

    if "to_plan" not in result:
        wanted = label(result["requested"])
        return f"plan {label(before.current)} -> {wanted} requested, not waited for"
    if before.current == result["to_plan"]:
        return (
            f"plan {label(before.current)} ran already, since frame {result['switch_frame']}, board "
            f"time {board_time(result['switch_time_us'])}"
        )
    return (
        f"plan {label(result['from_plan'])} -> {label(result['to_plan'])} "
        f"from frame {result['switch_frame']}, board time {board_time(result['switch_time_us'])}"
    )
