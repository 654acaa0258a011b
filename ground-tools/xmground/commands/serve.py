"""xmg serve: the daemon that holds the link for many clients; xmg serve status."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..app import App
from ..remote import default_socket
from ..render import Column, flat, ground_time, plain, word
from ..status import Status
from .common import count, numbers, verb

if TYPE_CHECKING:
    from ..daemon.server import Server

DEFAULT_HTTP = "127.0.0.1:5580"
STATUS_COLUMNS = [
    Column("pid", "process"),
    Column("began_us", "running since", ground_time),
    Column("link", "link", lambda link: _link_text(link), not_csv=True),
    Column("http", "web page"),
    Column("gather", "archive", lambda gather: _archive_text(gather), not_csv=True),
    Column("capture", "raw capture", lambda capture: _capture_text(capture), not_csv=True),
    Column("clients", "clients"),
    Column("calls", "calls answered"),
    Column("jobs_waiting", "jobs waiting"),
    Column("rows_left_out", "rows left out"),
    Column("holder", "commanded by", lambda holder: holder or "nobody"),
    Column("lease_left_s", "lease ends in", lambda left: "-" if left is None else f"{left:.0f} s"),
    *(
        Column(f"link.{key}", key, only_csv=True)
        for key in ("url open since_us opened lost why heard_us boot_id boots keyless".split())
    ),
    *(
        Column(f"capture.{key}", key, only_csv=True)
        for key in "folder file bytes missed_bytes errors error".split()
    ),
    *(
        Column(f"gather.{key}", key, only_csv=True)
        for key in "archive archive_error target rows gaps conflicts turn_us".split()
    ),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    text = "Hold the link for many clients: consoles, scripts, the web page."
    parser = verb(
        groups,
        common,
        "serve",
        serve,
        text,
        "Runs until SIGTERM or Ctrl-C, and opens a lost link again for ever. Commands without "
        "--link find it by its socket. It logs on stderr.",
    )
    parser.set_defaults(usage_of=parser)
    parser.add_argument(
        "--socket",
        metavar="PATH",
        type=Path,
        help="where clients connect (default: $XMG_SOCKET, else $XDG_RUNTIME_DIR/xmg.sock)",
    )
    parser.add_argument(
        "--http",
        metavar="HOST:PORT",
        help=f"serve the web page, /ws and /metrics there; none: not (default: {DEFAULT_HTTP})",
    )
    parser.add_argument(
        "--archive",
        metavar="URL",
        help="file all logs, commands and the link's health there: a SQLAlchemy URL or a path; "
        "none: not (default: $XMG_ARCHIVE, else $XDG_DATA_HOME/xmg/archive.db)",
    )
    target_option(parser)
    capture_options(parser)
    group = parser.add_subparsers(title="commands", metavar="COMMAND")
    verb(group, common, "status", status, "Show how the daemon and its link are.")


def target_option(parser: argparse.ArgumentParser) -> None:
    """Option of a daemon: what its board is called in the archive."""
    parser.add_argument(
        "--target",
        metavar="NAME",
        help="file the board under this name (default: the name of its system); boards whose "
        "systems have one name need one each in an archive that they share",
    )


def capture_options(parser: argparse.ArgumentParser) -> None:
    """Options of a daemon: the raw bytes of its link."""
    parser.add_argument(
        "--capture",
        metavar="DIR",
        help="keep the raw bytes of the link in this folder; none: not (default: $XMG_CAPTURE, else "
        "xmg/capture in $XDG_DATA_HOME)",
    )
    parser.add_argument(
        "--capture-mib",
        metavar="N",
        type=numbers(32, 1 << 20),
        default=1024,
        help="the oldest raw bytes go when there are more than N MiB (default: 1024)",
    )
    parser.add_argument(
        "--capture-days",
        metavar="N",
        type=count,
        help="those older than N days go, too; trust this station's clock before you trust this",
    )


def _link_text(link: object) -> str:
    assert isinstance(link, dict)
    if not link["open"]:
        return plain(f"{link['url']} NOT OPEN: {link['why']}; lost {link['lost']} times")
    heard = f"last heard {ground_time(link['heard_us'])}" if link["heard_us"] else "nothing heard"
    boot = f", boot {word(link['boot_id'])}" if link["boot_id"] else ""
    return plain(
        f"{link['url']} open since {ground_time(link['since_us'])}, {heard}{boot}, "
        f"lost {link['lost']} times"
    )


def _archive_text(gather: object) -> str:
    assert isinstance(gather, dict)
    text = f"{gather['archive'] or 'none'}, {gather['rows']} rows gathered, {gather['gaps']} gaps"
    if gather["conflicts"]:
        text += f", {gather['conflicts']} CONFLICTS"
    if gather["archive_error"]:
        text += f", NOT FILING: {gather['archive_error']}"
    return plain(text)


def _capture_text(capture: object) -> str:
    if capture is None:
        return "none"
    assert isinstance(capture, dict)
    text = f"{capture['file'] or capture['folder']}, {capture['bytes']} bytes kept"
    if capture["missed_bytes"]:
        text += f", {capture['missed_bytes']} bytes MISSED"
    if capture["error"]:
        text += f", NOT KEEPING: {capture['error']}"
    return plain(text)


def serve(app: App) -> Status:
    """xmg serve"""
    import logging
    import time

    from ..errors import UsageError

    form = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    form.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form)
    level = logging.DEBUG if app.args.verbose else logging.INFO
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.basicConfig(handlers=[handler], level=level)
    if app.args.link.startswith("daemon:"):
        raise UsageError("a daemon serves a board: name its link with --link")
    http = app.args.http or DEFAULT_HTTP
    run_daemon(
        app,
        app.args.socket or default_socket(os.environ),
        None if http == "none" else http,
        lambda server: None,
    )
    return Status.DONE


def run_daemon(
    app: App, path: Path, http: str | None, on_ready: "Callable[[Server], None]"
) -> None:
    """A daemon for the board, key and archive that the options name, until a signal ends it.
    on_ready: once it serves. Raises UsageError, LinkOccupied, AuthenticationError."""
    import asyncio

    from .. import keys
    from ..app import DEFAULT_LINK
    from ..daemon.server import Server
    from ..capture import DAY_US, Keep
    from ..places import default_archive, default_captures

    args = app.args
    key_file = keys.find(app.args.key, os.environ)
    archive = app.args.archive or default_archive(os.environ)
    server = Server(
        app.args.link or DEFAULT_LINK,
        path,
        keys.load(key_file).keys if key_file else (),
        http=http,
        archive=None if archive == "none" else archive,
        capture=None
        if args.capture == "none"
        else Path(args.capture or default_captures(os.environ)),
        target=args.target or "",
        keep=Keep(args.capture_mib << 20, args.capture_days and args.capture_days * DAY_US),
    )

    def ready() -> None:
        server.handle_signals()
        on_ready(server)

    asyncio.run(server.run(ready))


def status(app: App) -> Status:
    """xmg serve status"""
    with app.daemon() as daemon:
        row = daemon.extra("status", {})
    told = {column.key for column in STATUS_COLUMNS}
    rest = [Column(key, key, only_csv=True) for key in flat(row) if key not in told]
    app.out.record([*STATUS_COLUMNS, *rest], row)
    return Status.DONE
