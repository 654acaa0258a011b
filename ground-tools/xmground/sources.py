"""Rows from files: raw captures, and rows exported as JSON lines."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import DecodeError, Message

from ._generated import supervisor_pb2 as pb
from .capture import TO_BOARD, Captured, frames_of, is_capture, read_capture
from .convert import operation_name, stage_of, status_text
from .errors import UsageError
from .framing import Frame, FrameType
from .model import Book, Gap, GapKind, Stage, StageReport
from .records import ITEM_BYTES, Item
from .rows import COMMON_KEYS, Labels, Row, command_stage_row, item_rows, spelt_out
from .times import Correlation, Sample, is_new_life

HYPERVISOR_NAMES = {255: "hypervisor"}
COMMANDS = ("partition_control", "plan_switch", "system_control")
# An answer that seems to have taken longer, or less than nothing, shows a step of the ground's clock.
LONGEST_TRIP_US = 60_000_000


@dataclass
class _Era:
    """Items of one log whose numbers do not contradict each other."""

    boot_id: int
    life: int
    items: dict[int, bytes] = field(default_factory=dict)
    came_us: dict[int, int] = field(default_factory=dict)


class CaptureLogs:
    """What a capture tells of the board's logs: the items of all answers that crossed the link,
    whoever had asked for them. Authentication is not checked: the keys of its sessions are gone."""

    def __init__(self, path: Path) -> None:
        """Raises UsageError."""
        self.link, found = read_capture(path)
        self.faults = [record.words for record in found if not isinstance(record, Captured)]
        self.target = ""
        self._names = dict(HYPERVISOR_NAMES)
        self._system: set[int] = set()  # the system partitions
        self._eras: dict[tuple[Book, int], list[_Era]] = {}
        self._sent_us: dict[int, int] = {}
        self._reads: dict[int, tuple[int, int]] = {}  # book and source by request
        self._answered: set[int] = set()
        self._life = 0  # counts the new starts under an old boot id
        self._samples: dict[tuple[int, int], list[Sample]] = {}  # by boot id and life
        self._commands: dict[int, dict[str, Row]] = {}  # stages by name, of commands by id
        for record, item in frames_of(r for r in found if isinstance(r, Captured)):
            if isinstance(item, Frame):
                self._take(record, item)
        self._fits = {key: Correlation(samples) for key, samples in self._samples.items()}

    def _take(self, record: Captured, frame: Frame) -> None:
        try:
            if frame.type == FrameType.COMMAND and record.direction == TO_BOARD:
                self._request(pb.Request.FromString(frame.payload), record.utc_us)
            elif frame.type == FrameType.REPLY:
                self._reply(pb.Reply.FromString(frame.payload), record.utc_us)
            elif frame.type == FrameType.BULK:
                self._chunk(pb.Chunk.FromString(frame.payload), record.utc_us)
        except DecodeError:
            return

    def _request(self, request: Message, sent_us: int) -> None:
        self._sent_us.setdefault(request.id, sent_us)
        if request.HasField("log_read"):
            self._reads[request.id] = request.log_read.book, request.log_read.source
        operation = request.WhichOneof("op")
        # What asks for the token of a hazardous command is not yet the command.
        arms = operation == "system_control" and not request.hazard_token
        if operation in COMMANDS and not arms and request.id not in self._commands:
            number = request.DESCRIPTOR.fields_by_name[operation].number
            sent = StageReport(Stage.SENT, sent_us)
            self._commands[request.id] = {}
            self._stage(request.id, operation_name(number), sent)

    def _stage(self, request_id: int, operation: str, report: StageReport) -> None:
        """The first answer of each stage counts; repetitions tell nothing new."""
        row = command_stage_row(self.target, request_id, operation, None, report)
        self._commands[request_id].setdefault(report.stage.value, row)

    def _command_reply(self, reply: Message, came_us: int) -> None:
        operation = str(self._commands[reply.id][Stage.SENT.value]["event_name"])
        status = reply.status
        detail = status_text(status, reply.stage) if status.code else status.detail
        report = StageReport(
            stage_of(reply), came_us, reply.board_time_us, reply.frame, reply.boot_id, detail
        )
        self._stage(reply.id, operation, report)

    def commands(self) -> list[Row]:
        """Stages of the commands that crossed the link, as Archive.commands gives them."""
        return [row for stages in self._commands.values() for row in stages.values()]

    def _reply(self, reply: Message, came_us: int) -> None:
        if reply.id in self._commands:
            self._command_reply(reply, came_us)
        sent_us = self._sent_us.get(reply.id)
        # A repeated answer, out of the board's journal, tells the time of the first one.
        if sent_us is not None and 0 <= came_us - sent_us <= LONGEST_TRIP_US:
            if reply.id not in self._answered:
                self._answered.add(reply.id)
                sample = Sample(sent_us, reply.board_time_us, came_us - sent_us)
                self._sample(reply.boot_id, sample)
        if reply.HasField("hello_ack"):
            self.target = spelt_out(reply.hello_ack.system_name)
        for state in reply.partitions.partition:
            self._names[state.partition] = spelt_out(state.name)
            if state.system:
                self._system.add(state.partition)

    def _sample(self, boot_id: int, sample: Sample) -> None:
        before = self._samples.get((boot_id, self._life))
        if before and is_new_life(before[-1], sample):
            self._life += 1
        self._samples.setdefault((boot_id, self._life), []).append(sample)

    def _chunk(self, chunk: Message, came_us: int) -> None:
        # One that answers to a terse read does not tell which log it is of.
        told = chunk.book, chunk.source
        number, source = told if chunk.book else self._reads.get(chunk.id, told)
        if number not in list(Book) or number == Book.MEMORY:
            return
        book = Book(number)
        unit = ITEM_BYTES[book]
        if len(chunk.items) % unit:
            return
        items = {
            chunk.first_seq + at // unit: chunk.items[at : at + unit]
            for at in range(0, len(chunk.items), unit)
        }
        source = 0 if book is Book.HM else source
        eras = self._eras.setdefault((book, source), [])
        if not eras or self._contradicts(eras[-1], items, book, chunk.boot_id):
            eras.append(_Era(chunk.boot_id, self._life))
        era = eras[-1]
        era.boot_id = chunk.boot_id
        for seq, data in items.items():
            era.items.setdefault(seq, data)
            era.came_us.setdefault(seq, came_us)

    def _contradicts(self, era: _Era, items: dict[int, bytes], book: Book, boot_id: int) -> bool:
        """Whether items cannot be of an era. A board that forgets its boot id has lost its logs."""
        if boot_id == era.boot_id and era.life != self._life:
            return True
        if book is Book.CONSOLE and boot_id != era.boot_id:
            return True
        return any(era.items.get(seq, data) != data for seq, data in items.items())

    def _utc_in(self, life: int) -> Callable[[int, int], tuple[int | None, int | None]]:
        """UTC of board times, as an item tells them that was read in a life."""

        def utc(boot_id: int, time_us: int) -> tuple[int | None, int | None]:
            lives = [of for boot, of in self._fits if boot == boot_id and of <= life]
            return self._fits[boot_id, max(lives)].utc(time_us) if lives else (None, None)

        return utc

    def sources(self, book: Book) -> dict[int, str]:
        """Whose logs of that book there are: names by number."""
        return {
            source: self._names.get(source) or str(source)
            for kind, source in self._eras
            if kind is book
        }

    def names(self) -> dict[int, str]:
        """Names of partitions that crossed the link."""
        return self._names

    def rows(self, book: Book, source: int) -> Iterator[Row]:
        """The items of a log, and gaps for those that are not in the file."""
        before: _Era | None = None
        for era in self._eras.get((book, source), []):
            labels = Labels(self.target, self._names, self._utc_in(era.life), self._system)
            if before:
                end = max(before.items) + 1
                gap = Gap(GapKind.REBOOTED, end, None, before.boot_id)
                yield from item_rows(gap, book, source, labels, min(era.came_us.values()))
            before = era
            for item in _in_order(era, book):
                seq = item.first if isinstance(item, Gap) else item.seq
                yield from item_rows(item, book, source, labels, era.came_us.get(seq))


def _in_order(era: _Era, book: Book) -> Iterator[Item | Gap]:
    """Records one by one, console bytes in runs, gaps between."""
    wanted = min(era.items)
    begin, run = wanted, bytearray()
    for seq in sorted(era.items):
        if seq > wanted or book is not Book.CONSOLE:
            if run:
                yield Item(begin, bytes(run), era.boot_id)
            begin, run = seq, bytearray()
        if seq > wanted:
            yield Gap(GapKind.ABSENT, wanted, seq - 1, era.boot_id)
        run += era.items[seq]
        wanted = seq + 1
    yield Item(begin, bytes(run), era.boot_id)


def json_rows(path: Path) -> Iterator[Row]:
    """Rows that were exported as JSON lines. Raises UsageError that names the line."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise UsageError(f"{path}, line {number}: not JSON: {error}") from error
                if not isinstance(row, dict) or not COMMON_KEYS <= set(row):
                    raise UsageError(f"{path}, line {number}: not a row of a log")
                yield row
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"cannot read {path}: {why}") from error


def kind_of(path: Path) -> str:
    """Either "capture" or "rows". Raises UsageError for anything else."""
    if is_capture(path):
        return "capture"
    with path.open("rb") as file:
        begin = file.read(1)
    if begin not in (b"{", b""):
        raise UsageError(
            f"{path} is neither a raw capture nor rows as JSON lines: export with --format jsonl"
        )
    return "rows"
