"""Raw bytes of a link, both directions, in files: nothing that was on the line is ever gone.

A file begins with a line that names the format and a line of JSON about the link. Records follow:

    "XC" | direction u8 | flags u8 | UTC microseconds u64 | length u32 | bytes | CRC-32 u32

Big-endian; direction 0 to the ground, 1 to the board; flag 1: a datagram. The CRC covers all before
it. Each record is written by one system call, so a program that is killed leaves at most one torn
record at the end. A reader skips what has no right CRC, and says so. What a full disk refused is
counted in the first line of JSON after it ("missed_bytes").
"""

import fcntl
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from .clock import Clock
from .errors import UsageError
from .framing import Deframer, Frame, Noise, pack_frame
from .transport import Transport

MAGIC = b"xmcapture 1\n"
RECORD = struct.Struct(">2sBBQI")
SYNC = b"XC"
CRC = struct.Struct(">I")
TO_GROUND, TO_BOARD = 0, 1
FLAG_DATAGRAM = 1
LONGEST = 1 << 20
SUFFIX = ".xmcap"
DAY_US = 86_400_000_000
# After a refusal of the disk, so long nothing is written.
RETRY_S = 10.0
DIRECTIONS = {TO_GROUND: "rx", TO_BOARD: "tx"}


@dataclass(frozen=True)
class Captured:
    """Bytes that crossed the line together."""

    direction: int
    utc_us: int
    data: bytes
    datagram: bool


@dataclass(frozen=True)
class Damage:
    """Bytes of a file that are no record."""

    offset: int
    length: int

    @property
    def words(self) -> str:
        """For operators, after the file's name."""
        where = f"{self.length} bytes from {self.offset} on"
        return f"{where} are damaged: what crossed the link there is not shown"


@dataclass(frozen=True)
class Missed:
    """Bytes that crossed the line before the file began, while the disk refused to take them."""

    length: int

    @property
    def words(self) -> str:
        """For operators, after the file's name."""
        return f"{self.length} bytes that crossed the link before it were refused by the disk"


@dataclass(frozen=True)
class Keep:
    """How much is kept. Files older than kept_us go (None: by their size alone): only where the
    ground's clock can be trusted, since a step of it would make them all old."""

    kept_bytes: int = 1 << 30
    kept_us: int | None = None
    file_bytes: int = 16 << 20
    file_us: int = DAY_US


@dataclass(frozen=True)
class CaptureState:
    """How capturing goes; for `xmg serve status` and the metrics."""

    folder: str
    file: str = ""
    bytes: int = 0  # of the link, written
    missed_bytes: int = 0  # of the link, refused by the disk
    errors: int = 0  # times that the disk refused
    error: str | None = None  # why nothing is written now


class CaptureWriter:
    """Writes into a folder, a new file when one is full; the oldest ones go when the folder is. A
    disk that refuses is told once and tried again later, and that it takes bytes again is told too:
    the link goes on meanwhile."""

    def __init__(
        self,
        folder: Path,
        link: str,
        clock_us: Callable[[], int],
        on_error: Callable[[str], None] = lambda text: None,
        on_file: Callable[[tuple[Path, int]], None] = lambda file: None,
        keep: Keep | None = None,
        clock: Clock | None = None,
        on_mended: Callable[[str], None] = lambda text: None,
    ) -> None:
        """on_file: called with the path of each new file and when it began; on_mended: what to tell
        when the disk takes bytes again."""
        self._folder, self._link, self._clock_us = folder, link, clock_us
        self._on_error, self._on_file, self._on_mended = on_error, on_file, on_mended
        self._keep, self._clock = keep or Keep(), clock or Clock()
        self._file = -1
        self._size = self._began_us = 0
        self._missed = 0  # bytes, which the next file will tell
        self._next_try = 0.0
        self.state = CaptureState(str(folder))

    def write(self, direction: int, data: bytes, datagram: bool) -> None:
        """Adds a record."""
        if not data:
            return
        if self.state.error and self._clock.now() < self._next_try:
            self._miss(data)
            return
        now_us = self._clock_us()
        flags = FLAG_DATAGRAM if datagram else 0
        record = RECORD.pack(SYNC, direction, flags, now_us, len(data)) + data
        missed = self._missed
        try:
            if self._file < 0 or self._is_full(now_us):
                self._begin(now_us)
            self._append(record + CRC.pack(zlib.crc32(record)))
        except OSError as error:
            self._refused(error)
            self._miss(data)
            return
        if self.state.error:
            self._on_mended(
                f"raw capture in {self._folder}: the disk takes it again: {missed} bytes of the link "
                "are missing"
            )
        self.state = replace(self.state, bytes=self.state.bytes + len(data), error=None)

    def close(self) -> None:
        """Ends the file; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _is_full(self, now_us: int) -> bool:
        # Also when the clock runs back: within a file, times go forward.
        age_us = now_us - self._began_us
        return self._size >= self._keep.file_bytes or not 0 <= age_us < self._keep.file_us

    def _refused(self, error: OSError) -> None:
        """What is half written ends that file."""
        self.close()
        self._next_try = self._clock.now() + RETRY_S
        text = (
            f"raw capture in {self._folder}: {error.strerror}: nothing of the link is kept until "
            "this is mended: free some space or name another folder with --capture; the link goes on"
        )
        if self.state.error is None:
            self._on_error(text)
        self.state = replace(self.state, error=text, errors=self.state.errors + 1)

    def _miss(self, data: bytes) -> None:
        self._missed += len(data)
        self.state = replace(self.state, missed_bytes=self.state.missed_bytes + len(data))

    def _append(self, data: bytes) -> None:
        if os.write(self._file, data) != len(data):
            raise OSError(28, os.strerror(28))  # ENOSPC: the rest found no room
        self._size += len(data)

    def _begin(self, now_us: int) -> None:
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._make_room(now_us)
        # Numbered, so that the order is right over steps of the clock.
        numbers = [path.name.partition("-")[0] for path in self._folder.glob(f"*{SUFFIX}")]
        number = 1 + max((int(text) for text in numbers if text.isdecimal()), default=0)
        stamp = datetime.fromtimestamp(now_us / 1e6, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        path = self._folder / f"{number:08}-{stamp}-{os.getpid()}{SUFFIX}"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        with suppress(OSError):  # a disk without locks: other writers may take it for an old one
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._size, self._began_us = 0, now_us
        about: dict[str, object] = {"link": self._link, "begin_us": now_us}
        if self._missed:
            about["missed_bytes"] = self._missed
        try:
            self._append(MAGIC + json.dumps(about).encode() + b"\n")
        except OSError:
            path.unlink(missing_ok=True)  # one for each try would fill the folder
            raise
        self._missed = 0
        self.state = replace(self.state, file=str(path))
        self._on_file((path, now_us))

    def _make_room(self, now_us: int) -> None:
        """Removes the oldest files, but none that another program is writing."""
        files = sorted(self._folder.glob(f"*{SUFFIX}"))
        found = {path: path.stat() for path in files}
        total = sum(state.st_size for state in found.values()) + self._keep.file_bytes
        for path, state in found.items():
            is_old = (
                self._keep.kept_us is not None
                and now_us - state.st_mtime_ns // 1000 > self._keep.kept_us
            )
            if (total > self._keep.kept_bytes or is_old) and not _is_written(path):
                path.unlink(missing_ok=True)
                total -= state.st_size


def _is_written(path: Path) -> bool:
    """Whether a program is writing a capture."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)
    return False


class CapturingTransport:
    """A transport whose bytes are kept."""

    def __init__(self, inner: Transport, writer: CaptureWriter) -> None:
        self._inner, self._writer = inner, writer
        self.datagrams = inner.datagrams

    def read(self, timeout_s: float) -> bytes:
        """See Transport."""
        data = self._inner.read(timeout_s)
        self._writer.write(TO_GROUND, data, self.datagrams)
        return data

    def write(self, data: bytes) -> None:
        """See Transport."""
        self._writer.write(TO_BOARD, data, self.datagrams)
        self._inner.write(data)

    def close(self) -> None:
        """See Transport."""
        self._inner.close()


def is_capture(path: Path) -> bool:
    """Whether a file says that it is one. Raises UsageError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def link_of(path: Path) -> str:
    """The name of the link whose bytes a capture holds. Raises UsageError for other files."""
    _need_capture(path)
    with path.open("rb") as file:
        file.readline()
        return str(_about(file.readline(LONGEST)).get("link", ""))


def read_capture(path: Path) -> tuple[str, list[Captured | Damage | Missed]]:
    """The link's name and what crossed it. Raises UsageError for a file that is no capture."""
    _need_capture(path)
    data = path.read_bytes()
    start = data.find(b"\n", len(MAGIC)) + 1
    about = _about(data[len(MAGIC) : start])
    missed = about.get("missed_bytes")
    found: list[Captured | Damage | Missed] = []
    if isinstance(missed, int) and missed > 0:
        found.append(Missed(missed))
    found += _records(data, start if about else len(MAGIC))
    return str(about.get("link", "")), found


def _need_capture(path: Path) -> None:
    if not is_capture(path):
        raise UsageError(f"{path} is no capture: its first line is not {MAGIC.decode().strip()!r}")


def _about(line: bytes) -> dict[str, object]:
    """What the line of JSON says; nothing if it is damaged."""
    try:
        about = json.loads(line)
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}


def _record_at(data: bytes, at: int) -> Captured | None:
    if len(data) - at < RECORD.size + CRC.size:
        return None
    sync, direction, flags, utc_us, length = RECORD.unpack_from(data, at)
    end = at + RECORD.size + length
    if sync != SYNC or length > LONGEST or end + CRC.size > len(data):
        return None
    if zlib.crc32(data[at:end]) != CRC.unpack_from(data, end)[0]:
        return None
    datagram = bool(flags & FLAG_DATAGRAM)
    return Captured(direction, utc_us, data[at + RECORD.size : end], datagram)


def _records(data: bytes, at: int) -> Iterator[Captured | Damage]:
    while at < len(data):
        record = _record_at(data, at)
        if record:
            yield record
            at += RECORD.size + len(record.data) + CRC.size
            continue
        begin = at
        while record is None and at < len(data):
            at = data.find(SYNC, at + 1)
            at = len(data) if at < 0 else at
            record = _record_at(data, at)
        yield Damage(begin, at - begin)


def frames_of(records: Iterable[Captured]) -> Iterator[tuple[Captured, Frame | Noise]]:
    """The frames and the noise between them, each with the record that completed it."""
    deframers = {TO_GROUND: Deframer(), TO_BOARD: Deframer()}
    last: dict[int, Captured] = {}
    for record in records:
        deframer = deframers.setdefault(record.direction, Deframer())
        last[record.direction] = record
        feed = deframer.feed_datagram if record.datagram else deframer.feed
        for item in feed(record.data):
            yield record, item
    for direction, record in last.items():
        for item in deframers[direction].flush():
            yield record, item


# ---- pcapng, for tools that know it (link type DLT_USER0)

DLT_USER0 = 147
_INBOUND, _OUTBOUND = 1, 2
_OPT_END, _OPT_FLAGS, _OPT_NAME = 0, 2, 2


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def write_pcapng(out: BinaryIO, link: str, records: Iterable[Captured]) -> int:
    """Writes the frames as packets: header to CRC, without COBS; what is no frame as it came. Gives
    how many."""
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    out.write(_block(0x0A0D0D0A, section))
    name = _option(_OPT_NAME, link.encode()) + _option(_OPT_END, b"")
    out.write(_block(1, struct.pack("<HHI", DLT_USER0, 0, 0) + name))
    count = 0
    for record, item in frames_of(records):
        data = pack_frame(item) if isinstance(item, Frame) else item.data
        way = _INBOUND if record.direction == TO_GROUND else _OUTBOUND
        options = _option(_OPT_FLAGS, struct.pack("<I", way)) + _option(_OPT_END, b"")
        head = struct.pack(
            "<IIIII", 0, record.utc_us >> 32, record.utc_us & 0xFFFFFFFF, len(data), len(data)
        )
        out.write(_block(6, head + data + bytes(-len(data) % 4) + options))
        count += 1
    return count
