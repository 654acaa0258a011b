"""Typed calls: arguments in, frozen dataclasses out. Protobuf stops here; nothing is printed.

Every call takes the client's timeout_s for the wait for an answer. Raised are the classes of
errors.py: NoAnswer and LinkUnavailable (link), Rejected, CommandFailed, OutcomeUnknown (commands),
VersionMismatch (unknown operation).
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import chain
from typing import Any

from google.protobuf.message import Message

from ._generated import supervisor_pb2 as pb
from .board import ignore
from .clock import utc_us
from .convert import (
    area_of,
    command_state_of,
    partition_of,
    plan_state_of,
    port_of,
    version_text,
)
from .describe import frame_row
from .errors import (
    BoardRebooted,
    CommandFailed,
    DataIncomplete,
    LinkUnavailable,
    NoAnswer,
    OutcomeUnknown,
    VersionMismatch,
)
from .model import (
    BoardLink,
    Book,
    BookState,
    CommandState,
    Hello,
    LogBatch,
    MemoryArea,
    MemorySum,
    OnStage,
    Partition,
    PartitionAction,
    Plan,
    PlanState,
    PlanSwitched,
    Pong,
    Port,
    Pulled,
    Slot,
    Stage,
    StageReport,
    SystemAction,
    SystemState,
)
from .pull import LineQuality, Pull
from .records import ITEM_BYTES
from .requester import POLL_S, Requester
from .session import PROTOCOL_MINOR, Session


class Client(Requester):
    """A board, as a set of calls. Use as a context manager, or call close()."""

    _target_name = ""

    def __init__(
        self, session: Session, timeout_s: float = 5.0, clock_us: Callable[[], int] = utc_us
    ) -> None:
        super().__init__(session, timeout_s, clock_us)
        self._quality = LineQuality()

    def __enter__(self) -> "Client":
        self.session.open(self.timeout_s)
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the link back."""
        self.session.close()

    # ---- the link

    def ping(self) -> Pong:
        """Round trip to the supervisor."""
        sent_us = self._clock_us()
        start = time.monotonic_ns()
        reply = self._ask(pb.Request(ping=pb.Ping(ground_time_us=sent_us)), "pong")
        rtt_us = (time.monotonic_ns() - start) // 1000
        return Pong(rtt_us, reply.board_time_us, reply.frame, reply.boot_id)

    def hello(self) -> Hello:
        """Opens the conversation: learns the boot id and what the board is."""
        reply = self._greet()
        ack = reply.hello_ack
        return Hello(
            ack.system_name,
            version_text(ack.xm_version),
            ack.minor_version,
            reply.boot_id,
            ack.config_crc32c,
            ack.mtu,
            ack.credit,
            ack.authenticated,
        )

    def _greet(self) -> Message:
        """With a key a Hello opens a session, without one it only asks."""
        self.session.establish(self.timeout_s, anew=self.session.channel is not None)
        if self.session.greeting is not None:
            return self.session.greeting
        hello = pb.Hello(nonce_ground=secrets.randbits(64), minor_version=PROTOCOL_MINOR)
        return self._ask(pb.Request(hello=hello), "hello_ack")

    @property
    def boot_id(self) -> int:
        """The boot that was heard last; 0 before anything was."""
        return self.session.boot_id

    def utc_us(self) -> int:
        """The ground's time, by the clock that stages are told by."""
        return self._clock_us()

    def target_name(self) -> str:
        """The system's name, which the archive files its logs under; asked for once."""
        if not self._target_name:
            greeting = self.session.greeting or self._greet()
            self._target_name = greeting.hello_ack.system_name
        return self._target_name

    def link_state(self) -> BoardLink:
        """Counters of the board's end of the link."""
        state = self._ask(pb.Request(link_status=pb.LinkStatus()), "link_state").link_state
        fields = {field.name: getattr(state, field.name) for field in state.DESCRIPTOR.fields}
        del fields["ethernet"]
        if state.HasField("ethernet"):
            fields |= {
                field.name: getattr(state.ethernet, field.name)
                for field in state.ethernet.DESCRIPTOR.fields
            }
        return fields

    def ground_link(self) -> dict[str, int]:
        """Counters of the ground's end of the link, since it was opened."""
        return asdict(self.session.link_counters) | asdict(self.session.counters)

    def listen(self, wait_s: float, ping: bool = False) -> list[dict[str, object]]:
        """Everything that crosses the link within the time, as describe.frame_row tells it; after a
        ping that is not waited for, if wanted."""
        rows: list[dict[str, object]] = []
        self.session.listen(
            wait_s,
            lambda direction, frame: rows.append(frame_row(self.utc_us(), direction, frame)),
            pb.Request(ping=pb.Ping()) if ping else None,
        )
        return rows

    def _pages(
        self, request_from: Callable[[int], Message], answer: str, rows: str
    ) -> Iterator[Any]:
        """Asks for a list that may need several answers, and gives them one by one. request_from:
        the question for what comes from a row's place on; answer, rows: what the Reply calls an
        answer, and that its rows. Raises DataIncomplete for a list that ends before its end."""
        count = 0
        while True:
            page = getattr(self._ask(request_from(count), answer), answer)
            yield page
            more = len(getattr(page, rows))
            count += more
            if count >= page.total:
                return
            if not more:  # would be asked for for ever
                what = answer.replace("_", " ")
                raise DataIncomplete(f"the board's list of {what} ends early: ask again")

    # ---- commands

    def command_state(self, request_id: int) -> CommandState:
        """What became of a command."""
        request = pb.Request(command_status=pb.CommandStatus(id=request_id))
        state = self._ask(request, "command_state").command_state
        return replace(command_state_of(state), id=request_id)

    def command_states(self) -> list[CommandState]:
        """The commands that the board remembers, newest first."""
        pages = self._pages(
            lambda first: pb.Request(command_list=pb.CommandList(first=first)),
            "command_states",
            "command",
        )
        return [command_state_of(state) for page in pages for state in page.command]

    # ---- partitions

    def partitions(self) -> list[Partition]:
        """All partitions, by id."""
        pages = self._pages(
            lambda first: pb.Request(partition_list=pb.PartitionList(first=first)),
            "partitions",
            "partition",
        )
        return [partition_of(state) for page in pages for state in page.partition]

    def control_partition(
        self,
        before: Partition,
        action: PartitionAction,
        status: int = 0,
        on_stage: OnStage = ignore,
    ) -> Partition | None:
        """Suspends, resumes, halts, shuts down or resets a partition, `before` as partitions() gave
        it just now.

        status is handed to a reset one. Gives the state after the effect was observed; None if the
        board cannot tell it any more, because the supervisor itself was stopped.
        """
        control = pb.PartitionControl(partition=before.id, action=int(action), reset_status=status)
        request = pb.Request(confirmed=True, partition_control=control)
        if before.system and action is not PartitionAction.RESUME:
            return self._control_supervisor(before, action, request, on_stage)
        reply = self._command(request, on_stage)
        return partition_of(reply.partition_state) if reply.HasField("partition_state") else None

    def _control_supervisor(
        self, before: Partition, action: PartitionAction, request: Message, on_stage: OnStage
    ) -> Partition | None:
        """A partition that may be the one that answers: its next life has its journal only where
        it has a trace stream, and would else take a repetition for a new command. So the request is
        sent once, and its effect is observed by asking for the partition's state.
        """
        taken = [False]

        def follow(report: StageReport) -> None:
            taken[0] |= report.board_time_us is not None
            if report.stage is not Stage.COMPLETED:  # told once, below, when it is seen
                on_stage(report)

        deadline = self.session.clock.now() + self.completion_s
        with suppress(OutcomeUnknown):
            self._command(
                request, follow, repeat=False, enough=lambda r: r.stage >= pb.STAGE_STARTED
            )
        while self.session.clock.now() < deadline:
            self.session.clock.sleep(POLL_S)
            try:
                now = next((p for p in self.partitions() if p.id == before.id), None)
            except (NoAnswer, LinkUnavailable):
                if taken[0] and not action.is_reset:
                    detail = "the supervisor has fallen silent"
                    on_stage(StageReport(Stage.COMPLETED, self._clock_us(), detail=detail))
                    return None
                continue
            if now and _is_reached(action, before, now):
                detail = f"seen in state {now.state}"
                on_stage(self._report(Stage.COMPLETED, self._last_reply, detail))
                return now
        raise OutcomeUnknown(
            "the effect on the supervisor was not seen: look at its state before sending "
            "the command again"
        )

    # ---- plans

    def plans(self) -> tuple[list[Plan], PlanState]:
        """All plans by id, and which one runs."""
        pages = list(
            self._pages(
                lambda first: pb.Request(plan_list=pb.PlanList(first=first)), "plans", "plan"
            )
        )
        found = [
            Plan(p.plan, p.name, p.major_frame_us, p.slot_count, p.supervisor_slot)
            for page in pages
            for p in page.plan
        ]
        return found, plan_state_of(pages[-1].state)

    def slots(self, plan: int) -> list[Slot]:
        """The slots of a plan, in order."""
        pages = self._pages(
            lambda first: pb.Request(plan_show=pb.PlanShow(plan=plan, first_slot=first)),
            "slots",
            "slot",
        )
        return [
            Slot(s.slot, s.partition, s.start_us, s.duration_us)
            for page in pages
            for s in page.slot
        ]

    def switch_plan(
        self,
        plan: int,
        wait: bool = True,
        completion_s: float | None = None,
        on_stage: OnStage = ignore,
    ) -> PlanSwitched | None:
        """Changes the plan at the end of the present major frame. wait=False returns None once the
        board has taken it."""
        taken = (pb.STAGE_STARTED,)
        reply = self._command(
            pb.Request(confirmed=True, plan_switch=pb.PlanSwitch(plan=plan)),
            on_stage,
            completion_s,
            enough=lambda r: not wait and r.stage in taken,
        )
        if not reply.HasField("plan_state") or reply.stage != pb.STAGE_COMPLETED:
            return None
        return PlanSwitched(plan_state_of(reply.plan_state), reply.board_time_us, reply.frame)

    # ---- ports and memory

    def ports(self) -> list[Port]:
        """The ports of all partitions, by partition and place."""
        pages = self._pages(
            lambda first: pb.Request(port_list=pb.PortList(first=first)), "ports", "port"
        )
        return [port_of(port) for page in pages for port in page.port]

    def memory_areas(self, partition: int) -> list[MemoryArea]:
        """The memory areas of a partition."""
        pages = self._pages(
            lambda first: pb.Request(memory_list=pb.MemoryList(partition=partition, first=first)),
            "memory_areas",
            "area",
        )
        areas = chain.from_iterable(page.area for page in pages)
        return [area_of(number, area) for number, area in enumerate(areas)]

    def memory_check(self, partition: int, address: int, size: int, check_id: int = 0) -> MemorySum:
        """Asks the board for the CRC-32C of a part of a partition's memory. It needs several slots
        for a large one and tells what it has so far: ask again with its check_id until `bytes` is
        the size (memory.sum_memory does). Raises Rejected: not within one area."""
        wanted = pb.MemoryCheck(partition=partition, address=address, size=size)
        request = pb.Request(id=check_id, memory_check=wanted)
        reply = self._ask(request, "memory_checked", enough=lambda r: r.HasField("memory_checked"))
        checked = reply.memory_checked
        return MemorySum(
            reply.id,
            checked.bytes,
            checked.crc32c,
            checked.slots,
            checked.begun_us,
            reply.board_time_us,
            reply.boot_id,
        )

    # ---- the system

    def system_state(self) -> SystemState:
        """State and counters of the hypervisor."""
        reply = self._ask(pb.Request(system_status=pb.SystemStatus()), "system_state")
        state = reply.system_state
        return SystemState(
            state.name,
            version_text(state.xm_version),
            reply.boot_id,
            reply.board_time_us,
            reply.frame,
            state.reset_counter,
            state.hm_events,
            state.hm_lost,
            state.interrupts,
            state.slot_lateness_last_us,
            state.slot_lateness_max_us,
            state.kernel_bytes_used,
            state.kernel_bytes_total,
            state.cpu_khz,
            state.config_crc32c,
            state.partition_count,
            plan_state_of(state.plan),
        )

    def control_system(
        self,
        action: SystemAction,
        completion_s: float | None = None,
        on_stage: OnStage = ignore,
    ) -> int:
        """Resets or halts the whole system: asks for a token, sends it back, then observes the
        effect from outside. Gives the boot id then.

        A reset is completed when another boot id answers; a halt when the board has confirmed and
        then fallen silent.
        """
        if not self.session.boot_id:
            self.hello()
        old_boot = self.session.boot_id
        token = self._arm(action)
        request = pb.Request(
            hazard_token=token, system_control=pb.SystemControl(action=int(action))
        )
        deadline = self.session.clock.now() + (completion_s or self.completion_s)
        taken = [False]

        def follow(report: StageReport) -> None:
            taken[0] |= report.stage in (Stage.ACCEPTED, Stage.STARTED, Stage.COMPLETED)
            if (
                report.stage is not Stage.COMPLETED
            ):  # only what is seen from outside counts as completed
                on_stage(report)

        try:
            self._command(
                request, follow, settle=False, enough=lambda r: r.stage >= pb.STAGE_STARTED
            )
        except BoardRebooted:
            taken[0] = True
        except OutcomeUnknown:
            if action is SystemAction.HALT and not taken[0]:
                raise  # silence alone does not prove a halt
        if action is SystemAction.HALT:
            self._await_silence(deadline, on_stage)
        else:
            self._await_boot(old_boot, deadline, on_stage)
        return self.session.boot_id

    def _arm(self, action: SystemAction) -> int:
        request = pb.Request(system_control=pb.SystemControl(action=int(action)))
        reply = self.session.exchange(
            request, timeout_s=self.timeout_s, enough=lambda r: r.HasField("armed")
        )
        if reply.HasField("armed"):
            return reply.armed.hazard_token
        self._raise_refusal(reply)
        raise VersionMismatch(
            "the board gave no token for a hazardous command: use the console of its release"
        )

    def _await_boot(self, old_boot: int, deadline: float, on_stage: OnStage) -> None:
        answered = False
        while self.session.clock.now() < deadline:
            with suppress(NoAnswer, LinkUnavailable):
                reply = self._exchange_once(pb.Request(ping=pb.Ping()), min(self.timeout_s, 2.0))
                answered = True
                if reply.boot_id != old_boot:
                    on_stage(
                        self._report(Stage.COMPLETED, reply, f"boot {reply.boot_id:#010x} answers")
                    )
                    return
            self.session.clock.sleep(POLL_S)
        if answered:
            raise CommandFailed(
                "the board still answers with its old boot id: the reset was not carried out"
            )
        raise OutcomeUnknown(
            "the board took the reset and has not answered since: try `xmg ping`, then its console"
        )

    def _await_silence(self, deadline: float, on_stage: OnStage) -> None:
        """The board goes on answering until its last reply has left the line, which may take seconds."""
        while self.session.clock.now() < deadline:
            try:
                self._exchange_once(pb.Request(ping=pb.Ping()), min(self.timeout_s, 2.0))
            except (NoAnswer, LinkUnavailable):
                detail = "the board has fallen silent"
                on_stage(StageReport(Stage.COMPLETED, self._clock_us(), detail=detail))
                return
            self.session.clock.sleep(POLL_S)
        raise CommandFailed("the board still answers: it was not halted")

    # ---- logs

    def books(self) -> list[BookState]:
        """The logs that the board keeps. Logs of a kind that this console does not know are left
        out."""
        pages = self._pages(
            lambda first: pb.Request(book_list=pb.BookList(first=first)), "books", "book"
        )
        return [
            BookState(Book(b.book), b.source, b.oldest, b.next)
            for page in pages
            for b in page.book
            if b.book in list(Book)
        ]

    def pull(self, book: Book, source: int, unit: int, first: int | None, most: int | None) -> Pull:
        """Reads items of a log over a link that loses some: see pull.Pull. What is learnt about the
        line serves the next one."""
        return Pull(self.session, book, source, unit, first, most, self._quality, self.timeout_s)

    def pull_log(self, book: Book, source: int, first: int | None, most: int) -> Pulled:
        """Reads up to `most` items in one call, for who cannot follow the pull item by item. Raises
        what reading raises when nothing at all is known."""
        with self.pull(book, source, ITEM_BYTES[book], first, most) as pull:
            pull.survey()
            seq = pull.first
            with suppress(NoAnswer, LinkUnavailable):
                while seq < pull.stop and not pull.is_new_life:
                    pull.settle(seq)
                    seq = pull.settled_until(seq)
            assert pull.head is not None
            wanted = {n: item for n, item in pull.have.items() if pull.first <= n < pull.stop}
            return Pulled(
                pull.head,
                pull.first,
                pull.stop,
                tuple(_runs(wanted)),
                tuple(sorted(pull.unreadable)),
                tuple(sorted(pull.given_up)),
                seq < pull.stop,
            )

    def log_read(self, book: Book, source: int, from_seq: int, max_items: int) -> LogBatch:
        """One range of a log; what was lost on the way is missing in the pieces (logs.LogReader
        asks again)."""
        pieces: dict[int, bytes] = {}

        def keep(chunk: Message) -> None:
            if (chunk.book, chunk.source) == (book, source):
                pieces[chunk.first_seq] = chunk.items

        read = pb.LogRead(book=int(book), source=source, from_seq=from_seq, max_items=max_items)
        reply = self._ask(pb.Request(log_read=read), "log_end", on_chunk=keep)
        end = reply.log_end
        return LogBatch(
            end.oldest,
            end.next,
            end.first,
            end.count,
            reply.boot_id,
            self.session.life,
            tuple(sorted(pieces.items())),
            self.session.doubts,
        )


def _runs(have: dict[int, bytes]) -> Iterator[tuple[int, bytes]]:
    """Adjacent items in one piece, with the number of the first."""
    numbers = sorted(have)
    start = 0
    for n in range(1, len(numbers) + 1):
        if n == len(numbers) or numbers[n] != numbers[n - 1] + 1:
            yield numbers[start], b"".join(have[seq] for seq in numbers[start:n])
            start = n


def _is_reached(action: PartitionAction, before: Partition, now: Partition) -> bool:
    """Whether the action's effect shows: a new life by its counter (cold: its clock), a stop by the
    state."""
    if action.is_reset:
        new_life = (
            now.reset_counter != before.reset_counter or now.exec_clock_us < before.exec_clock_us
        )
        return new_life and now.state in ("ready", "idle")
    return now.state == ("suspended" if action is PartitionAction.SUSPEND else "halted")
