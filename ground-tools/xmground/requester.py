"""Single requests: questions that may be repeated, and commands with their stages."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from google.protobuf.message import Message

from ._generated import supervisor_pb2 as pb
from .board import COMPLETION_S
from .clock import RoundTrip, utc_us
from .convert import skipped_stages, stage_of, status_text
from .errors import (
    BoardRebooted,
    CommandFailed,
    LinkUnavailable,
    NoAnswer,
    OutcomeUnknown,
    Rejected,
    VersionMismatch,
    XmgError,
)
from .model import OnStage, Stage, StageReport
from .session import Session
from .times import MAX_SAMPLES, Sample

POLL_S = 0.3


class Requester:
    """Asks and commands over a session; Client gives the calls their names and types."""

    def __init__(
        self, session: Session, timeout_s: float = 5.0, clock_us: Callable[[], int] = utc_us
    ) -> None:
        self.session = session
        self.timeout_s = timeout_s
        self.completion_s = max(COMPLETION_S, timeout_s)
        self._clock_us = clock_us
        self._last_reply: Message | None = None
        self._samples: dict[int, deque[Sample]] = {}

    def clock_samples(self, boot_id: int) -> list[Sample]:
        """What the round trips so far tell of the board's clock in a boot."""
        return list(self._samples.get(boot_id, ()))

    def _exchange_once(
        self,
        request: Message,
        timeout_s: float | None = None,
        on_chunk: Callable[[Message], None] = lambda chunk: None,
        enough: Callable[[Message], bool] = lambda reply: False,
    ) -> Message:
        """A request that may be repeated; its final reply, or one that is enough, whatever that
        says."""
        trip = RoundTrip(self._clock_us, self.session.clock.now)
        self._last_reply = reply = self.session.exchange(
            request, timeout_s=timeout_s or self.timeout_s, on_chunk=on_chunk, enough=enough
        )
        rtt_us = trip.end()
        if rtt_us is not None:
            kept = self._samples.setdefault(reply.boot_id, deque(maxlen=MAX_SAMPLES))
            kept.append(Sample(trip.sent_us, reply.board_time_us, rtt_us))
        return reply

    def _ask(
        self,
        request: Message,
        result: str,
        on_chunk: Callable[[Message], None] = lambda chunk: None,
        enough: Callable[[Message], bool] = lambda reply: False,
    ) -> Message:
        """A request that changes nothing; its reply must carry the named result. enough: see
        Session.exchange."""
        try:
            reply = self._exchange_once(request, on_chunk=on_chunk, enough=enough)
        except OutcomeUnknown as error:
            raise NoAnswer(str(error)) from error
        self._raise_refusal(reply)
        if not reply.HasField(result):
            raise VersionMismatch(
                f"the board's answer has no {result}: use the console of its release"
            )
        return reply

    def _command(
        self,
        request: Message,
        on_stage: OnStage,
        completion_s: float | None = None,
        repeat: bool = True,
        settle: bool = True,
        enough: Callable[[Message], bool] = lambda reply: False,
    ) -> Message:
        """A request that changes something: reports its stages, raises unless it was completed or
        is enough. settle: when the board is reset meanwhile, it is asked what became of the
        request."""
        if not self.session.boot_id:
            # proves the link and learns the boot before anything is sent that matters
            self._ask(pb.Request(ping=pb.Ping()), "pong")
        request.id = self.session.take_id()
        on_stage(
            StageReport(
                Stage.SENT,
                self._clock_us(),
                detail=f"command {request.id:#010x}",
                request_id=request.id,
                operation=str(request.WhichOneof("op")).replace("_", " "),
            )
        )
        last_stage = pb.STAGE_NONE

        def report(reply: Message) -> None:
            nonlocal last_stage
            implied = skipped_stages(last_stage, reply.stage)
            last_stage = reply.stage
            told = self._report(stage_of(reply), reply)
            if implied and not told.detail:
                told = replace(told, detail="implies " + ", ".join(implied))
            on_stage(told)

        end_s = completion_s or self.completion_s
        try:
            reply = self.session.exchange(
                request,
                timeout_s=self.timeout_s,
                completion_s=end_s,
                safe=False,
                enough=enough,
                repeat=repeat,
                on_reply=report,
            )
        except BoardRebooted as error:
            if not settle:
                raise
            reply = self._settle(error, end_s)
            report(reply)
        except (NoAnswer, LinkUnavailable) as error:
            raise OutcomeUnknown(
                f"the command was sent and not answered: run `xmg cmd status {request.id:#x}` "
                "before sending it again"
            ) from error
        self._raise_refusal(reply)
        return reply

    def _settle(self, error: BoardRebooted, end_s: float) -> Message:
        """What became of a command after a reset of the board, as its journal tells it: its last
        reply. Raises OutcomeUnknown when nobody knows, NoAnswer when it never arrived."""
        deadline = self.session.clock.now() + end_s
        while True:
            try:
                reply = self._ask(
                    pb.Request(command_status=pb.CommandStatus(id=error.request_id)),
                    "command_state",
                )
            except XmgError:
                raise error from None
            state = reply.command_state
            if state.knowledge == pb.FINISHED:
                return pb.Reply(
                    id=state.id,
                    stage=state.stage,
                    status=state.status,
                    board_time_us=state.board_time_us,
                    boot_id=state.boot_id,
                )
            if state.knowledge == pb.STARTED_NOT_CONFIRMED:
                raise OutcomeUnknown(
                    "the command was started, then the board was reset, and nobody saw its effect: "
                    "look at the board's state before sending it again"
                ) from error
            if state.knowledge == pb.NEVER_RECEIVED:
                raise self._never_received(error) from error
            if self.session.clock.now() >= deadline:
                raise error
            self.session.clock.sleep(POLL_S)

    def _never_received(self, error: BoardRebooted) -> XmgError:
        """The board knows nothing of the command. That proves something only if its journal has
        outlived the reset: if it still holds a command of that boot or an earlier one."""
        try:
            reply = self._ask(pb.Request(command_list=pb.CommandList()), "command_states")
            states = reply.command_states.command
        except XmgError:
            states = []
        if any(state.boot_id <= error.boot_id < self.session.boot_id for state in states):
            return NoAnswer(
                "the board was reset before the command arrived, so nothing was done: send it again"
            )
        return OutcomeUnknown(
            "the board was reset and its journal of commands does not reach back: look at the "
            "board's state before sending the command again"
        )

    def _report(self, stage: Stage, reply: Message, detail: str = "") -> StageReport:
        if not detail and (reply.status.code or stage in (Stage.REJECTED, Stage.FAILED)):
            detail = status_text(reply.status, reply.stage)
        return StageReport(
            stage, self._clock_us(), reply.board_time_us, reply.frame, reply.boot_id, detail
        )

    @staticmethod
    def _raise_refusal(reply: Message) -> None:
        if reply.stage == pb.STAGE_REJECTED:
            if (
                reply.status.domain == pb.DOMAIN_SUPERVISOR
                and reply.status.code == pb.STATUS_UNSUPPORTED
            ):
                raise VersionMismatch(
                    "the board does not know this operation: use the console of its release"
                )
            raise Rejected(f"rejected by the board: {status_text(reply.status, reply.stage)}")
        if reply.stage == pb.STAGE_FAILED:
            raise CommandFailed(f"failed on the board: {status_text(reply.status, reply.stage)}")
