"""xmg sys: the whole system."""

import argparse
from dataclasses import asdict, fields

from ..app import App
from ..model import PlanState, SystemAction
from ..render import Column, board_time, plain, word
from ..status import Status
from .common import noun, verb, yes_option

COLUMNS = [
    Column("name", "system"),
    Column("xm_version", "xm version"),
    Column("config_crc32c", "configuration", word),
    Column("boot_id", "boot", word),
    Column("board_time_us", "board time", board_time),
    Column("frame", "major frames"),
    Column("partition_count", "partitions"),
    Column("plan", "plan", lambda plan: _plan_text(plan), not_csv=True),
    Column("reset_counter", "resets"),
    Column("hm_events", "HM events since boot"),
    Column("hm_lost", "HM events lost"),
    Column("interrupts", "interrupts"),
    Column("slot_lateness_last_us", "slot lateness, last", lambda us: f"{us} us"),
    Column("slot_lateness_max_us", "slot lateness, largest", lambda us: f"{us} us"),
    Column("kernel_bytes_used", "kernel memory used", lambda used: f"{used} bytes"),
    Column("kernel_bytes_total", "kernel memory in all", lambda total: f"{total} bytes"),
    Column("cpu_khz", "processor", lambda khz: f"{khz / 1000:g} MHz"),
    *(
        Column(f"plan.{key}", key, only_csv=True)
        for key in (*(field.name for field in fields(PlanState)), "name")
    ),
]


def _plan_text(plan: object) -> str:
    assert isinstance(plan, dict)
    text = f"{plan['current']} {plan['name']}".strip() + f", since frame {plan['switch_frame']}"
    if plan["requested"] != plan["current"]:
        text += f"; {plan['requested']} from the next frame"
    return plain(text)


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "sys", "The whole system: status, reset, halt.")
    verb(group, common, "status", status, "Show versions, counters and the running plan.")
    text = "Hazardous: needs --yes or a typed confirmation."
    reset = verb(
        group, common, "reset", control, f"Restart the hypervisor and all partitions. {text}"
    )
    mode = reset.add_mutually_exclusive_group(required=True)
    mode.add_argument(
        "--warm",
        dest="action",
        action="store_const",
        const=SystemAction.RESET_WARM,
        help="partitions keep their memory",
    )
    mode.add_argument(
        "--cold",
        dest="action",
        action="store_const",
        const=SystemAction.RESET_COLD,
        help="all images are loaded again",
    )
    reset.set_defaults(word="reset")
    halt = verb(group, common, "halt", control, f"Stop everything until an external reset. {text}")
    halt.set_defaults(action=SystemAction.HALT, word="halt")
    for parser in (reset, halt):
        yes_option(parser)


def status(app: App) -> Status:
    """xmg sys status"""
    with app.connect() as client:
        row = asdict(client.system_state())
        # A plan switch may come between the two answers: the name is that of the state's plan.
        names = {plan.id: plan.name for plan in client.plans()[0]}
        row["plan"]["name"] = names.get(row["plan"]["current"], "")
        app.out.record(COLUMNS, row)
    return Status.DONE


def control(app: App) -> Status:
    """xmg sys reset|halt"""
    wanted = app.args.word
    app.confirm(f"sys {wanted} is hazardous", f"This stops every partition on {app.link}.", wanted)
    with app.connect() as client:
        before = client.hello()

        def act(on_stage) -> dict[str, object]:
            boot_id = client.control_system(app.args.action, on_stage=on_stage)
            return {"old_boot_id": before.boot_id, "boot_id": boot_id}

        result = app.run_command(act, ("old_boot_id",))
    if app.out.format == "table" and app.args.action is not SystemAction.HALT:
        app.out.text(f"boot {word(result['old_boot_id'])} -> {word(result['boot_id'])}")
    return Status.DONE
