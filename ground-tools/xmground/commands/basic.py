"""xmg ping, xmg hello."""

import argparse
from dataclasses import asdict

from ..app import NULL_KEY, App
from ..render import Column, board_time, word
from ..status import Status
from .common import numbers, verb

PING_COLUMNS = [
    Column("number", "ping", right=True, width=4),
    Column("rtt_us", "round trip", lambda us: f"{us / 1000:.1f} ms", right=True, width=10),
    Column("board_time_us", "board time", board_time, width=15),
    Column("frame", "frame", right=True, width=6),
    Column("boot_id", "boot", word, width=10),
]
HELLO_COLUMNS = [
    Column("system", "system"),
    Column("xm_version", "xm version"),
    Column("protocol_minor", "protocol", lambda minor: f"10.{minor}"),
    Column("config_crc32c", "configuration", word),
    Column("boot_id", "boot", word),
    Column("mtu_bytes", "largest payload", lambda size: f"{size} bytes"),
    Column("credit_bytes", "credit", lambda size: f"{size} bytes"),
    Column("authenticated", "authenticated", lambda yes: "yes" if yes else NULL_KEY),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    parser = verb(groups, common, "ping", ping, "Measure the round trip to the supervisor.")
    parser.add_argument(
        "--count",
        metavar="N",
        type=numbers(1, 1_000_000),
        default=1,
        help="how many (default: 1)",
    )
    verb(groups, common, "hello", hello, "Ask who answers: system, versions, boot, authentication.")


def ping(app: App) -> Status:
    """xmg ping"""
    with app.connect() as client:
        rows = [{"number": n} | asdict(client.ping()) for n in range(1, app.args.count + 1)]
    app.out.rows(PING_COLUMNS, rows)
    return Status.DONE


def hello(app: App) -> Status:
    """xmg hello"""
    with app.connect() as client:
        app.out.record(HELLO_COLUMNS, asdict(client.hello()))
    return Status.DONE
