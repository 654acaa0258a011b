"""Protobuf to the values of model.py, and status codes to words."""

from google.protobuf.message import Message

from ._generated import names
from ._generated import supervisor_pb2 as pb
from .model import CommandState, Knowledge, MemoryArea, Partition, PlanState, Port, Stage


def version_text(word: int) -> str:
    """A packed version word as "major.minor.patch"."""
    return f"{word >> 16 & 0xFF}.{word >> 8 & 0xFF}.{word & 0xFF}"


REFUSED = (pb.STAGE_REJECTED, pb.STAGE_FAILED)


def status_text(status: Message, stage: int) -> str:
    """A status as one sentence: the board's own words, else the name of its code and what that
    means of a command which has come to this stage."""
    if status.domain == pb.DOMAIN_HYPERVISOR:
        name = names.ERRORS.get(status.code, f"hypervisor error {status.code}")
        meaning = names.ERROR_MEANINGS.get(status.code, "")
        if name == "XM_NO_ACTION" and stage in REFUSED:
            # The same code says of a command that was done that nothing was left to do.
            meaning = "not possible in the present state"
        words = status.detail or meaning
    else:
        name = (
            pb.StatusCode.Name(status.code)
            if status.code in pb.StatusCode.values()
            else f"status {status.code}"
        )
        words = status.detail
    return f"{name.removeprefix('STATUS_')}: {words}" if words else name.removeprefix("STATUS_")


def stage_of(reply: Message) -> Stage:
    """The stage of a reply; one of a newer board counts as received."""
    name = (
        pb.Stage.Name(reply.stage).removeprefix("STAGE_")
        if reply.stage in pb.Stage.values()
        else "RECEIVED"
    )
    return Stage[name] if name in Stage.__members__ else Stage.RECEIVED


def skipped_stages(before: int, now: int) -> list[str]:
    """Names of the stages that the board passed without telling them, up to STARTED or COMPLETED."""
    if now not in (pb.STAGE_ACCEPTED, pb.STAGE_STARTED, pb.STAGE_COMPLETED):
        return []
    return [stage.value for stage in list(Stage)[before + 1 : now]]


def operation_name(number: int) -> str:
    """Name of an operation by its field number in Request."""
    field = pb.Request.DESCRIPTOR.fields_by_number.get(number)
    return field.name.replace("_", " ") if field else f"operation {number}"


def command_state_of(state: Message) -> CommandState:
    """A command in the board's journal. What a newer board calls otherwise counts as in progress:
    nothing is known to be over."""
    name = pb.Knowledge.Name(state.knowledge) if state.knowledge in pb.Knowledge.values() else ""
    known = Knowledge.__members__.get(name, Knowledge.IN_PROGRESS)
    if known is Knowledge.NEVER_RECEIVED:
        return CommandState(state.id, "", known, None, None, 0, 0)
    return CommandState(
        state.id,
        operation_name(state.operation),
        known,
        stage_of(state),
        state.board_time_us,
        state.boot_id,
        state.session,
        status_text(state.status, state.stage) if state.status.code else state.status.detail,
    )


def partition_of(state: Message) -> Partition:
    """State of a partition; a state of a newer board is given by its number."""
    known = state.state in pb.PartitionRunState.values()
    run = (
        pb.PartitionRunState.Name(state.state).removeprefix("RUN_").lower()
        if known
        else f"state {state.state}"
    )
    return Partition(
        state.partition,
        state.name,
        run,
        state.system,
        state.reset_counter,
        state.reset_status,
        state.exec_clock_us,
        state.op_mode,
        state.messages_in,
        state.messages_out,
    )


def plan_state_of(state: Message) -> PlanState:
    """Which plan runs."""
    previous = state.previous if state.previous >= 0 else None
    return PlanState(
        state.current, state.requested, previous, state.switch_time_us, state.switch_frame
    )


def port_of(port: Message) -> Port:
    """A port; what a newer board calls otherwise is given by its number."""
    is_sampling = port.kind == pb.PORT_SAMPLING
    is_queuing = port.kind == pb.PORT_QUEUING
    has_message = port.waiting > 0
    return Port(
        port.partition,
        port.port,
        port.name,
        _word(pb.PortKind, port.kind, "PORT_", "kind"),
        _word(pb.PortDirection, port.direction, "PORT_", "direction"),
        port.channel if port.channel >= 0 else None,
        port.message_bytes,
        port.depth,
        port.valid_period_us if is_sampling and port.channel >= 0 else None,
        port.open,
        port.waiting,
        _message_state(port) if is_sampling and has_message else None,
        port.valid if is_sampling and has_message else None,
        port.written_us if is_sampling and has_message else None,
        port.last_bytes if has_message else None,
        port.sent,
        port.received if is_queuing else None,
        port.refused if is_queuing else None,
    )


def _message_state(port: Message) -> str | None:
    """A source has written the message or not; a destination has read it or not."""
    if port.state == pb.MESSAGE_NEW:
        return "written" if port.direction == pb.PORT_SOURCE else "new"
    return "read" if port.state == pb.MESSAGE_CONSUMED else None


def _word(kind: object, number: int, prefix: str, what: str) -> str:
    """Name of an enumeration's value in lower case."""
    if number in kind.values():  # type: ignore[attr-defined]
        name = kind.Name(number)  # type: ignore[attr-defined]
        return name.removeprefix(prefix).lower()
    return f"{what} {number}"


def area_of(number: int, area: Message) -> MemoryArea:
    """A memory area."""
    flags = tuple(name for bit, name in sorted(names.AREA_FLAGS.items()) if area.flags >> bit & 1)
    return MemoryArea(number, area.name, area.start, area.size, area.mapped_at, flags)
