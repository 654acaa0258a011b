"""Raw captures: which of them the archive knows, and the frames in them."""

import heapq
import socket
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from ..app import App
from ..capture import DIRECTIONS, Captured, frames_of, link_of, read_capture
from ..describe import frame_row
from ..errors import UsageError
from ..framing import Frame, Noise
from ..render import Column, ground_time, plain
from ..rows import Row
from ..status import Status
from ..times import Moment
from .common import period

FRAME_COLUMNS = [
    Column("ground_time_us", "ground time (UTC)", ground_time),
    Column("direction", "way"),
    Column("type", "type"),
    Column("session", "session", right=True),
    Column("counter", "counter", right=True),
    Column("key_id", "key", right=True),
    Column("bytes", "bytes", right=True),
    Column("content", "content"),
]


class FrameSink:
    """Shows frames, one line each, as they come."""

    def __init__(self, app: App, way: str | None) -> None:
        """way: of the two directions only this one."""
        self._out, self._way = app.out, way
        self._stream = None if app.out.format == "table" else app.out.stream(FRAME_COLUMNS)
        self.shown = 0

    def add(self, row: Row) -> None:
        """Takes a frame: the values of FRAME_COLUMNS, and `line`."""
        if self._way not in (None, row["direction"]):
            return
        self.shown += 1
        if self._stream:
            self._stream.add({key: value for key, value in row.items() if key != "line"})
            return
        line = f"{row['direction']}  {plain(str(row['line']))}"
        self._out.line(f"{ground_time(row['ground_time_us'])}  {line}")

    def close(self) -> None:
        """Ends the document."""
        if self._stream:
            self._stream.close()


def filed(app: App) -> list[Row]:
    """The captures that the archive knows, oldest first; `here`: whether the file is on this
    station."""
    with app.open_archive() as archive:
        rows = archive.captures()
    for row in rows:
        del row["id"]
        path = Path(str(row["path"]))
        row["here"] = row["station"] == socket.gethostname() and path.is_file()
        row["bytes"] = path.stat().st_size if row["here"] else None
    return rows


def of_this_station(app: App) -> list[Path]:
    """The captures that the archive knows and this station has. Raises UsageError when there are
    none."""
    mine = [row for row in filed(app) if row["station"] == socket.gethostname()]
    here = [Path(str(row["path"])) for row in mine if row["here"]]
    if not here:
        raise UsageError(
            "the archive knows no raw captures of this station: name a file; `xmg serve` and "
            "`xmg archive collect` make them"
        )
    if len(here) < len(mine):
        app.out.note(f"{len(mine) - len(here)} raw captures are gone: the folder was full")
    return here


def show_frames(app: App, paths: Iterable[Path]) -> Status:
    """Shows what crossed the link, as far as --since, --until, --way and --count let it."""
    args = app.args
    since, until = period(app)
    for text, moment in ((args.since, since), (args.until, until)):
        if moment and moment.board:
            raise UsageError(f"{text!r}: raw bytes have no board time: give a moment of UTC")
    faults: list[str] = []
    sink = FrameSink(app, args.way)
    for record, item in _frames(paths, since, until, faults):
        way = DIRECTIONS.get(record.direction, str(record.direction))
        sink.add(frame_row(record.utc_us, way, item))
        if sink.shown == args.count:
            break
    sink.close()
    for fault in faults:
        app.out.warn(fault)
    return Status.INCOMPLETE if faults else Status.DONE


def _frames(
    paths: Iterable[Path], since: Moment | None, until: Moment | None, faults: list[str]
) -> Iterator[tuple[Captured, Frame | Noise]]:
    """The frames of all files, link by link put together: one may begin in a file and end in the
    next."""
    links: dict[str, list[Iterator[Captured]]] = {}
    for path in sorted(paths):
        if since and path.stat().st_mtime_ns // 1000 < since.us:
            continue  # nothing was written to it after that
        links.setdefault(link_of(path), []).append(_records(path, faults))
    flows = (frames_of(chain.from_iterable(files)) for files in links.values())
    for record, item in heapq.merge(*flows, key=lambda pair: pair[0].utc_us):
        if not (since and record.utc_us < since.us or until and record.utc_us > until.us):
            yield record, item


def _records(path: Path, faults: list[str]) -> Iterator[Captured]:
    for record in read_capture(path)[1]:
        if isinstance(record, Captured):
            yield record
        else:
            faults.append(f"{path}: {record.words}")
