"""xmg link: the link itself."""

import argparse
import time

from ..app import NULL_KEY, App
from ..render import Column, ground_time, plain
from ..status import Status
from .common import count, noun, verb

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
SNIFF_COLUMNS = [
    Column("ground_time_us", "ground time (UTC)", ground_time),
    Column("type", "type"),
    Column("session", "session", right=True),
    Column("counter", "counter", right=True),
    Column("key_id", "key", right=True),
    Column("bytes", "bytes", right=True),
    Column("content", "content"),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, "link", "The link between ground and board.")
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
        "Show everything that arrives, one line per frame, until Ctrl-C.",
        "A board sends beacons only while it hears a ground station: --ping keeps it talking.",
    )
    parser.add_argument("--seconds", metavar="S", type=count, help="end after S seconds")
    parser.add_argument("--count", metavar="N", type=count, help="end after N frames")
    parser.add_argument("--ping", action="store_true", help="send a ping every second")


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
    args = app.args
    stream = None if app.out.format == "table" else app.out.stream(SNIFF_COLUMNS)
    end = time.monotonic() + (args.seconds or float("inf"))
    frames, next_ping = 0, 0.0
    with app.connect() as client:
        while time.monotonic() < end and (args.count is None or frames < args.count):
            ping = args.ping and time.monotonic() >= next_ping
            if ping:
                next_ping = time.monotonic() + PING_S
            for row in client.listen(min(LISTEN_S, max(0.0, end - time.monotonic())), ping):
                frames += 1
                if args.count is not None and frames > args.count:
                    break
                now = app.clock_us()
                line = row.pop("line")
                if stream:
                    stream.add({"ground_time_us": now} | row)
                else:
                    app.out.line(f"{ground_time(now)}  {plain(line)}")
    return Status.DONE
