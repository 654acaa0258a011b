"""xmg part: partitions."""

import argparse
from contextlib import suppress
from dataclasses import asdict, fields, replace

from ..app import App
from ..board import Board
from ..errors import Rejected, XmgError
from ..labels import as_far_as_told
from ..logs import LogReader
from ..model import Book, OnStage, Partition, PartitionAction, Stage, StageReport
from ..records import HmRecord, Item, decode_hm, reset_record
from ..render import Column, board_time, plain, word
from ..status import Status
from .common import find_partition, noun, partition_argument, verb, word32, yes_option

OP_MODES = {0: "idle", 1: "cold reset", 2: "warm reset", 3: "normal"}
COLUMNS = [
    Column("id", "id", right=True),
    Column("name", "name"),
    Column("state", "state"),
    Column("system", "system"),
    Column("reset_counter", "resets", right=True),
    Column("exec_clock_us", "run time", board_time),
    Column("messages_in", "in", right=True),
    Column("messages_out", "out", right=True),
    Column("reset_status", "reset status", only_csv=True),
    Column("op_mode", "operating mode", only_csv=True),
]
DETAILS = [
    *COLUMNS[5:6],
    Column("op_mode", "operating mode", lambda value: OP_MODES.get(value, str(value))),
    Column("messages_in", "messages in"),
    Column("messages_out", "messages out"),
    Column("reset_event", "reset event", only_csv=True),
    Column("reset_record", "reset record", only_csv=True),
]
# So many of the newest HM records are looked through for the one that tells of a reset.
MOST_RECORDS = 64
RESULT_KEYS = tuple(f"partition.{field.name}" for field in fields(Partition))
ONLY_RESET = "only a reset restarts it"
NOTHING_TO_DO = "there is nothing to do"
# Why an action is refused in a state, and what helps.
REMEDIES = {
    (PartitionAction.SUSPEND, "suspended"): NOTHING_TO_DO,
    (PartitionAction.SUSPEND, "halted"): ONLY_RESET,
    (PartitionAction.RESUME, "ready"): "only a suspended partition can be resumed",
    (PartitionAction.RESUME, "idle"): "only a suspended partition can be resumed",
    (PartitionAction.RESUME, "halted"): ONLY_RESET,
    (PartitionAction.HALT, "halted"): NOTHING_TO_DO,
    (PartitionAction.SHUTDOWN, "halted"): NOTHING_TO_DO,
    (PartitionAction.RESET_WARM, "halted"): "try --cold, which loads its image again",
}
ASKS = "Critical: asks first."
WORDS = {
    "suspend": "suspend",
    "resume": "resume",
    "halt": "halt",
    "shutdown": "shut down",
    "reset": "reset",
}
STATE_STYLES = {"halted": "bad", "suspended": "warn"}


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(
        groups, common, "part", "Partitions: list, show, suspend, resume, halt, shut down, reset."
    )
    verb(group, common, "list", list_partitions, "List all partitions and their states.")
    parser = verb(
        group,
        common,
        "show",
        show,
        "Show everything about one partition.",
        "A reset status from the health monitor is the number of its event; the event is named where "
        "the HM log shows that reset. Whoever else resets a partition gives a number of his own.",
    )
    partition_argument(parser)
    for name, action, text in (
        ("suspend", PartitionAction.SUSPEND, "Keep a partition from running until it is resumed."),
        ("resume", PartitionAction.RESUME, "Let a suspended partition run again."),
        ("halt", PartitionAction.HALT, "Stop a partition until it is reset."),
        ("shutdown", PartitionAction.SHUTDOWN, "Ask a partition to finish by itself."),
    ):
        parser = verb(group, common, name, control, f"{text} {ASKS}")
        partition_argument(parser)
        yes_option(parser)
        parser.set_defaults(action=action, status=0, word=name)
    _register_reset(group, common)


def _register_reset(group: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    parser = verb(
        group,
        common,
        "reset",
        control,
        f"Restart a partition, exactly once however often the link fails. {ASKS}",
    )
    partition_argument(parser)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--warm",
        dest="action",
        action="store_const",
        const=PartitionAction.RESET_WARM,
        help="keep its memory (default)",
    )
    mode.add_argument(
        "--cold",
        dest="action",
        action="store_const",
        const=PartitionAction.RESET_COLD,
        help="load its image again",
    )
    parser.add_argument(
        "--status",
        metavar="N",
        type=word32,
        default=0,
        help="reset status that the restarted partition reads (default: 0)",
    )
    yes_option(parser)
    parser.set_defaults(action=PartitionAction.RESET_WARM, word="reset")


def _row(partition: Partition) -> dict[str, object]:
    return asdict(partition) | {"style": STATE_STYLES.get(partition.state, "")}


def list_partitions(app: App) -> Status:
    """xmg part list"""
    with app.connect() as client:
        app.out.rows(COLUMNS, [_row(p) for p in client.partitions()])
    return Status.DONE


def show(app: App) -> Status:
    """xmg part show PARTITION"""
    with app.connect() as client:
        partition = find_partition(client, app.args.partition)
        record = _reset_record(client, partition)
    told = f" {record.event_name}, HM record {record.seq}" if record else ""
    reset = Column("reset_status", "reset status", lambda status: f"{word(status)}{told}")
    row = _row(partition) | {
        "reset_event": record.event_name if record else None,
        "reset_record": record.seq if record else None,
    }
    app.out.record([*COLUMNS[:5], reset, *DETAILS], row)
    return Status.DONE


def _reset_record(client: Board, partition: Partition) -> HmRecord | None:
    """The HM record of the reset that gave the partition its status, as far as the board tells."""
    if partition.reset_status == 0:
        return None
    log = LogReader(client, Book.HM)
    with as_far_as_told():
        log.tail(MOST_RECORDS)
        records = [decode_hm(item) for item in log.read() if isinstance(item, Item)]
        return reset_record(partition.reset_status, partition.id, client.boot_id, records)
    return None


def control(app: App) -> Status:
    """xmg part suspend|resume|halt|shutdown|reset PARTITION"""
    app.need_operator(f"part {app.args.word} is critical")
    with app.connect() as client:
        target = find_partition(client, app.args.partition)
        _confirm(app, target)

        def act(on_stage) -> dict[str, object]:
            if app.args.action is PartitionAction.SHUTDOWN:
                after = _shut_down(client, target, on_stage)
            else:
                after = client.control_partition(target, app.args.action, app.args.status, on_stage)
            return {"partition": asdict(after)} if after else {}

        try:
            result = app.run_command(act, RESULT_KEYS)
        except Rejected as error:
            why = _why_rejected(client, target, app.args.action)
            raise Rejected(f"{str(error).rstrip('.')}: {why}" if why else str(error)) from error
    after = result.get("partition")
    if isinstance(after, dict) and app.out.format == "table":
        change = f"{target.state} -> {after['state']}"
        if app.args.action is PartitionAction.SHUTDOWN:
            change = f"seen {after['state']}, was {target.state}"
        resets = f"resets {target.reset_counter} -> {after['reset_counter']}"
        if app.args.action is PartitionAction.RESET_COLD:
            resets += " (a cold reset starts the count anew)"
        app.out.text(f"partition {target.id} {target.name}: {change}, {resets}")
    return Status.DONE


def _confirm(app: App, target: Partition) -> None:
    label = target.name or str(target.id)
    question = f"This will {WORDS[app.args.word]} partition {target.id} {target.name}".rstrip()
    if target.system and app.args.word not in ("reset", "resume"):
        question += (
            ", a system partition: if it is the supervisor, nobody answers the ground afterwards"
        )
    app.confirm(f"part {app.args.word} is critical", f"{plain(question)}.", label)


def _shut_down(client: Board, target: Partition, on_stage: OnStage) -> Partition | None:
    """A shutdown is a request: the partition may halt by it, or be halted by a fault meanwhile. So
    its end is told as what was seen, with the health-monitor records that came since."""
    log = LogReader(client, Book.HM)
    with suppress(XmgError):
        log.seek_end()
    last: list[StageReport] = []

    def hold_completed(report: StageReport) -> None:
        if report.stage is Stage.COMPLETED:
            last.append(report)
        else:
            on_stage(report)

    try:
        return client.control_partition(target, PartitionAction.SHUTDOWN, 0, hold_completed)
    finally:
        for report in last:
            words = [report.detail or "seen halted", *_faults_of(log, target)]
            on_stage(replace(report, detail="; ".join(words)))


def _faults_of(log: LogReader, target: Partition) -> list[str]:
    """What the health monitor has recorded about the partition from the log's position on."""
    try:
        records = [decode_hm(item) for item in log.read() if isinstance(item, Item)]
    except XmgError:
        return ["the HM log cannot be read"]
    return [
        f"meanwhile HM record {record.seq}: {record.event_name}, {record.action_name}"
        for record in records
        if record.partition == target.id
    ]


def _why_rejected(client: Board, target: Partition, action: PartitionAction) -> str:
    """The partition's state and what can be done in it, as the end of a sentence; empty when the
    state does not explain the rejection."""
    with suppress(XmgError):
        state = find_partition(client, str(target.id)).state
        remedy = REMEDIES.get((action, state))
        if remedy:
            return f"{target.name or target.id} is {state}; {remedy}"
    return ""
