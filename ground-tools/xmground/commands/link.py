"""xmg link: the link itself."""

import argparse
import time
from pathlib import Path

from ..app import NULL_KEY, App
from ..errors import UsageError
from ..render import Column
from ..status import Status
from .common import archive_option, count, frame_options, noun, verb
from .reading import ARCHIVE, LIVE

COLUMNS = [
    Column("end", "end"),
    Column("counter", "counter", lambda name: name.replace("_", " ")),
    Column("value", "value", right=True),
]
TABLE_COLUMNS = [
    Column("counter", "counter", lambda name: name.replace("_", " ")),
    Column("board", "board", right=True),
    Column("ground", "ground", right=True),
]
PING_S = 1.0
LISTEN_S = 0.5  # at once; Ctrl-C is not waited for


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "link", "The link between ground and board.")
    verb(
        group,
        common,
        "status",
        status,
        "Show the counters of both ends, and whether the link is authenticated.",
    )
    parser = verb(
        group,
        common,
        "sniff",
        sniff,
        "Show everything that crosses the link, one line per frame, until Ctrl-C.",
        "tx: to the board, rx: to the ground; through a daemon, what all its clients ask. A board "
        "sends beacons only while it hears a ground station: --ping keeps it talking.",
    )
    parser.add_argument("--seconds", metavar="S", type=count, help="end after S seconds")
    parser.add_argument("--ping", action="store_true", help="send a ping every second")
    parser.add_argument(
        "--from",
        dest="origin",
        metavar="WHERE",
        default=LIVE,
        help="live: the link (default); archive: the raw captures of this station that it knows; or "
        "a raw capture, as xmg replay",
    )
    frame_options(parser)
    archive_option(parser)


def status(app: App) -> Status:
    """xmg link status"""
    with app.connect() as client:
        board = client.link_state()
        ground = client.ground_link()
    authenticated = bool(board.pop("authenticated"))
    if app.out.format == "json":
        app.out.document({"authenticated": authenticated, "board": board, "ground": ground})
        return Status.DONE
    if app.out.format == "table":
        app.out.text(
            "authenticated" if authenticated else NULL_KEY, "good" if authenticated else "warn"
        )
        _table(app, board, ground)
        return Status.DONE
    rows = [
        {"end": end, "counter": name, "value": value}
        for end, counters in (("board", board), ("ground", ground))
        for name, value in counters.items()
    ]
    rows.insert(0, {"end": "board", "counter": "authenticated", "value": authenticated})
    app.out.rows(COLUMNS, rows)
    return Status.DONE


def _table(app: App, board: dict, ground: dict) -> None:
    """Both ends side by side: what one has sent stands beside what the other has received."""
    names = dict.fromkeys((*board, *ground))
    rows = [{"counter": n, "board": board.get(n, ""), "ground": ground.get(n, "")} for n in names]
    app.out.rows(TABLE_COLUMNS, rows)
    for way, sent, received in (
        ("to the board", ground, board),
        ("to the ground", board, ground),
    ):
        app.out.text(
            f"{way}: {sent['frames_sent']} frames, {sent['tx_bytes']} bytes sent; "
            f"{received['frames_good']} frames, {received['rx_bytes']} bytes received"
        )


def sniff(app: App) -> Status:
    """xmg link sniff"""
    # What describes frames needs protobuf, which takes long to load.
    from .captures import FrameSink, of_this_station, show_frames

    args = app.args
    if args.origin != LIVE:
        if args.ping or args.seconds:
            raise UsageError("--ping and --seconds are for the live link")
        return show_frames(
            app, of_this_station(app) if args.origin == ARCHIVE else [Path(args.origin)]
        )
    if args.since or args.until:
        raise UsageError("--since and --until need --from archive, or a raw capture")
    sink = FrameSink(app, args.way)
    end = time.monotonic() + (args.seconds or float("inf"))
    next_ping = 0.0
    with app.connect() as client:
        while time.monotonic() < end and sink.shown != args.count:
            ping = args.ping and time.monotonic() >= next_ping
            if ping:
                next_ping = time.monotonic() + PING_S
            for row in client.listen(min(LISTEN_S, max(0.0, end - time.monotonic())), ping):
                if sink.shown != args.count:
                    sink.add(row)
    sink.close()
    return Status.DONE
