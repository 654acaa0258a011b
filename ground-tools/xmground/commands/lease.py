"""xmg lease: who may command, where a daemon holds the link."""

import argparse
import os

from ..app import App
from ..remote import default_holder
from ..render import Column
from ..status import Status
from .common import noun, numbers, verb

DEFAULT_S = 600
COLUMNS = [
    Column("holder", "commanded by", lambda holder: holder or "nobody"),
    Column("left_s", "for", lambda left: left_text(left)),
]


def left_text(left_s: float | None) -> str:
    """How long a lease lasts yet, for a table; None: nobody has one, or there is no telling."""
    return "-" if left_s is None else f"{left_s:.0f} s"


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "lease", "Who may command, where `xmg serve` holds the link.")
    verb(group, common, "show", show, "Show who has the lease, and how long yet.")
    parser = verb(
        group,
        common,
        "take",
        take,
        "Keep all others from commanding for a while.",
        "A command takes the lease for its own time by itself. The holder is $XMG_HOLDER, else "
        "user@machine.",
    )
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=numbers(1, 3600),
        default=DEFAULT_S,
        help=f"up to 3600 (default: {DEFAULT_S})",
    )
    parser = verb(
        group,
        common,
        "release",
        release,
        "Let others command again.",
        "A command under way is carried to its end in any case.",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also a lease of another, who has gone; he is told, and it is filed",
    )


def _show(app: App, call: str, **args: object) -> Status:
    with app.daemon() as daemon:
        held = daemon.extra(call, args) or {"holder": None, "left_s": None}
    app.out.record(COLUMNS, held)
    return Status.DONE


def show(app: App) -> Status:
    """xmg lease show"""
    return _show(app, "lease.show")


def take(app: App) -> Status:
    """xmg lease take"""
    return _show(app, "lease.take", holder=default_holder(os.environ), seconds=app.args.seconds)


def release(app: App) -> Status:
    """xmg lease release"""
    me = default_holder(os.environ)
    if not app.args.force:
        return _show(app, "lease.release", holder=me)
    with app.daemon() as daemon:
        held = daemon.extra("lease.release", {"holder": me, "force": True})
    app.out.record([*COLUMNS, Column("taken_from", "taken from")], held)
    if held["taken_from"] and held["holder"]:
        app.out.note(
            f"a command of {held['holder']} is under way: it is not cut, the lease ends with it"
        )
    return Status.DONE
