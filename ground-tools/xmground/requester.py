"""Single requests: questions that may be repeated, and commands with their stages."""

import time
from collections.abc import Callable
from dataclasses import replace

from google.protobuf.message import Message

from ._generated import supervisor_pb2 as pb
from .convert import skipped_stages, stage_of, status_text
from .errors import (
    CommandFailed,
    LinkUnavailable,
    NoAnswer,
    OutcomeUnknown,
    Rejected,
    VersionMismatch,
)
from .model import Stage, StageReport
from .session import Session

# A command may have to wait for the end of a major frame; the board itself gives up earlier and
# says so.
COMPLETION_S = 15.0

OnStage = Callable[[StageReport], None]


def utc_us() -> int:
    """Ground time: microseconds of UTC since 1970."""
    return time.time_ns() // 1000


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

    def _exchange_once(
        self,
        request: Message,
        timeout_s: float | None = None,
        on_chunk: Callable[[Message], None] = lambda chunk: None,
    ) -> Message:
        """A request that may be repeated; its final reply, whatever that says."""
        self._last_reply = self.session.exchange(
            request, timeout_s=timeout_s or self.timeout_s, on_chunk=on_chunk
        )
        return self._last_reply

    def _ask(
        self,
        request: Message,
        result: str,
        on_chunk: Callable[[Message], None] = lambda chunk: None,
    ) -> Message:
        """A request that changes nothing; its reply must carry the named result."""
        try:
            reply = self._exchange_once(request, on_chunk=on_chunk)
        except OutcomeUnknown as error:
            raise NoAnswer(f"{error}".replace("sending the command", "asking")) from error
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
        enough: Callable[[Message], bool] = lambda reply: False,
    ) -> Message:
        """A request that changes something: reports its stages, raises unless it was completed or
        is enough."""
        if not self.session.boot_id:
            # proves the link and learns the boot before anything is sent that matters
            self._ask(pb.Request(ping=pb.Ping()), "pong")
        on_stage(StageReport(Stage.SENT, self._clock_us()))
        last_stage = pb.STAGE_NONE

        def report(reply: Message) -> None:
            nonlocal last_stage
            implied = skipped_stages(last_stage, reply.stage)
            last_stage = reply.stage
            told = self._report(stage_of(reply), reply)
            if implied and not told.detail:
                told = replace(told, detail="implies " + ", ".join(implied))
            on_stage(told)

        try:
            reply = self.session.exchange(
                request,
                timeout_s=self.timeout_s,
                completion_s=completion_s or self.completion_s,
                safe=False,
                enough=enough,
                repeat=repeat,
                on_reply=report,
            )
        except (NoAnswer, LinkUnavailable) as error:
            raise OutcomeUnknown(
                "the command was sent and not answered: look at the board's state before "
                "sending it again"
            ) from error
        self._raise_refusal(reply)
        return reply

    def _report(self, stage: Stage, reply: Message, detail: str = "") -> StageReport:
        if not detail and (reply.status.code or stage in (Stage.REJECTED, Stage.FAILED)):
            detail = status_text(reply.status)
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
            raise Rejected(f"rejected by the board: {status_text(reply.status)}")
        if reply.stage == pb.STAGE_FAILED:
            raise CommandFailed(f"failed on the board: {status_text(reply.status)}")
