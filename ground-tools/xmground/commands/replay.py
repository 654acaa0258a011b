"""xmg replay: what crossed the link, from a raw capture."""

import argparse
from pathlib import Path

from ..app import App
from ..render import Column, ground_time, plain
from ..status import Status
from .common import count, verb
from .link import SNIFF_COLUMNS

COLUMNS = [SNIFF_COLUMNS[0], Column("direction", "way"), *SNIFF_COLUMNS[1:]]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parser."""
    parser = verb(
        groups,
        common,
        "replay",
        replay,
        "Show what crossed a link, one line per frame, from a raw capture.",
        "tx: to the board, rx: to the ground. The logs in a capture are shown by their own commands: "
        "xmg hm read --from FILE. Exit status 7: parts of the file are damaged; they are named.",
    )
    parser.add_argument(
        "file", metavar="FILE", help="made by `xmg archive collect`, or with XMG_CAPTURE"
    )
    parser.add_argument("--count", metavar="N", type=count, help="end after N frames")
    parser.add_argument("--way", choices=("rx", "tx"), help="one direction only")


def replay(app: App) -> Status:
    """xmg replay FILE"""
    from ..capture import DIRECTIONS, Captured, Damage, frames_of, read_capture
    from ..describe import frame_fields, frame_line

    path = Path(app.args.file)
    _, found = read_capture(path)
    damage = [record for record in found if isinstance(record, Damage)]
    stream = None if app.out.format == "table" else app.out.stream(COLUMNS)
    shown = 0
    for record, item in frames_of(r for r in found if isinstance(r, Captured)):
        way = DIRECTIONS.get(record.direction, str(record.direction))
        if app.args.way not in (None, way):
            continue
        if stream:
            about = {"ground_time_us": record.utc_us, "direction": way}
            stream.add(about | frame_fields(item))
        else:
            app.out.line(f"{ground_time(record.utc_us)}  {way}  {plain(frame_line(item))}")
        shown += 1
        if shown == app.args.count:
            break
    if stream:
        stream.close()
    for part in damage:
        app.out.warn(f"{path}: {part.length} bytes from {part.offset} on are no record")
    return Status.INCOMPLETE if damage else Status.DONE
