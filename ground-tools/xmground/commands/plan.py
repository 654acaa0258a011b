"""xmg plan: scheduling plans."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..app import App
from ..blackout import predict
from ..board import Board, find_by_name
from ..complete import complete_plan
from ..errors import Rejected
from ..model import Plan, PlanState
from ..render import Column, board_time, plain
from ..rows import Row
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

BLACKOUT_COLUMNS = [
    Column("partition", "id", right=True),
    Column("partition_name", "partition"),
    Column("before_us", "longest pause before", lambda us: _pause(us), right=True),
    Column("switch_us", "at the switch", lambda us: _pause(us), right=True),
    Column("after_us", "after", lambda us: _pause(us), right=True),
    Column("detail", "detail", lambda text: plain(text or "")),
    Column("from_plan", "from plan", only_csv=True),
    Column("to_plan", "to plan", only_csv=True),
]
PREDICTED_KEYS = ("partition", "before_us", "switch_us", "after_us")
SWITCH_KEYS = (
    *("requested", "from_plan", "to_plan", "switch_frame", "switch_time_us"),
    "predicted",
)


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "plan", "Scheduling plans: list, show, check, switch.")
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
        "check",
        check,
        "Show what a switch to a plan would cost each partition; nothing is switched.",
        "The longest pause of each partition in the running plan, while the plans change, and in the "
        "new plan, by their slots; how late slots begin comes on top (xmg sys status). Exit status 4: "
        "the board would refuse the plan.",
    )
    completed(
        parser.add_argument("plan", metavar="PLAN", help="id or name, as `xmg plan list` shows"),
        complete_plan,
    )
    parser = verb(
        group,
        common,
        "switch",
        switch,
        "Change the plan at the end of the present major frame. Critical: asks first.",
        "What the switch will cost each partition is told before the question; `xmg plan check` tells "
        "only that. With --no-wait the command is done once the hypervisor has taken the request.",
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


def _pause(us: object) -> str:
    """A pause in a table; exact, for it is compared with the partitions' deadlines."""
    return f"{us / 1000:.10g} ms" if isinstance(us, int) else "-"


def _predicted(client: Board, old: Plan, new: Plan) -> list[Row]:
    """What a switch costs, as rows. Raises Rejected for a plan that would leave nobody to answer."""
    if not new.supervisor_slot:
        raise Rejected(
            f"plan {new.id} {plain(new.name)} has no slot for the supervisor: nobody could switch back; "
            "nothing was sent: choose a plan that has one (xmg plan list)"
        )
    names = partition_names(client)
    rows = []
    for cost in predict(old, client.slots(old.id), new, client.slots(new.id)):
        detail = ""
        if cost.after_us is None:
            detail = "STOPS: no slot in the new plan"
        elif cost.before_us is None:
            detail = "begins to run: no slot in the old plan"
        style = {"style": "bad"} if cost.after_us is None else {}
        about = {"partition_name": names.get(cost.partition, ""), "detail": detail}
        rows.append(asdict(cost) | about | {"from_plan": old.id, "to_plan": new.id} | style)
    return rows


def _plan_of(plans: Sequence[Plan], number: int) -> Plan:
    return next(plan for plan in plans if plan.id == number)


def check(app: App) -> Status:
    """xmg plan check PLAN"""
    with app.connect() as client:
        plans, state = client.plans()
        new = find_by_name(plans, app.args.plan, "plan")
        old = _plan_of(plans, state.current)
        rows = _predicted(client, old, new)
    if app.out.format == "table":
        app.out.text(_change_text(old, new))
    app.out.rows(BLACKOUT_COLUMNS, rows)
    return Status.DONE


def _change_text(old: Plan, new: Plan) -> str:
    if old.id == new.id:
        return f"plan {old.id} {old.name} runs already"
    return (
        f"plan {old.id} {old.name} -> {new.id} {new.name}, major frame {_pause(old.major_frame_us)} -> "
        f"{_pause(new.major_frame_us)}"
    )


def _tell_cost(app: App, rows: list[Row]) -> None:
    """Before the question, as talk: stdout is for what comes of the command."""
    for row in rows:
        name = f"{row['partition']} {row['partition_name']}".strip()
        before, meanwhile, after = (_pause(row[key]) for key in PREDICTED_KEYS[1:])
        if row["after_us"] is None:
            app.out.warn(f"partition {name} {row['detail']}")
        elif row["detail"]:
            app.out.note(f"  {name}: {row['detail']}, pauses up to {after}")
        else:
            app.out.note(
                f"  {name}: pauses {meanwhile} at the switch, then up to {after} (now {before})"
            )


def switch(app: App) -> Status:
    """xmg plan switch PLAN"""
    app.need_operator("plan switch is critical")
    with app.connect() as client:
        plans, before = client.plans()
        plan = find_by_name(plans, app.args.plan, "plan")
        names = {p.id: p.name for p in plans}
        wanted = plan.name or str(plan.id)
        running = _plan_of(plans, before.current)
        cost = _predicted(client, running, plan)
        question = f"Plan {plain(wanted)} will run instead of plan {before.current}."
        if app.out.format == "table" and plan.id != running.id:
            app.out.note(_change_text(running, plan))
            _tell_cost(app, cost)
        app.confirm("plan switch is critical", question, wanted)
        # The switch waits for the end of a frame, which may be longer than any other command.
        frame_s = max(p.major_frame_us for p in plans) / 1e6
        completion_s = max(client.completion_s, 3 * frame_s)

        predicted = [
            {key: value for key, value in row.items() if key in PREDICTED_KEYS} for row in cost
        ]

        def act(on_stage) -> dict[str, object]:
            done = client.switch_plan(plan.id, app.args.wait, completion_s, on_stage)
            if done is None:
                return {"requested": plan.id, "predicted": predicted}
            old = done.state.previous if done.state.previous is not None else before.current
            return {
                "from_plan": old,
                "to_plan": done.state.current,
                "switch_frame": done.state.switch_frame,
                "switch_time_us": done.state.switch_time_us,
                "predicted": predicted,
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
