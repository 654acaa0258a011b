"""xmg web: the page of the daemon."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from ..app import App
from ..errors import LinkUnavailable, UsageError
from ..remote import default_socket, is_served
from ..render import Column
from ..status import Status
from .common import verb
from .serve import DEFAULT_HTTP, capture_options, run_daemon, target_option

COLUMNS = [Column("url", "page")]

EPILOG = """\
The address holds the token that allows commands: whoever has it may take command. Without a
running `xmg serve` this command becomes one, and ends with Ctrl-C."""


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parser."""
    parser = verb(
        groups,
        common,
        "web",
        web,
        "Show partitions, plan, logbook, consoles and link in a browser.",
        EPILOG,
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    parser.add_argument(
        "--http",
        metavar="HOST:PORT",
        default=DEFAULT_HTTP,
        help=f"where, if no daemon serves it yet (default: {DEFAULT_HTTP})",
    )
    parser.add_argument(
        "--archive",
        metavar="URL",
        help="archive of a daemon that is started (default: $XMG_ARCHIVE, else a file of yours)",
    )
    target_option(parser)
    capture_options(parser)


def _address(url: str, socket_path: Path) -> str:
    """The page's address with the token of the daemon. Raises UsageError."""
    from ..daemon.http import token_path

    try:
        token = token_path(socket_path).read_text(encoding="ascii").strip()
    except OSError as error:
        raise UsageError(
            f"cannot read {token_path(socket_path)}: {error.strerror}: it belongs to whoever runs "
            "`xmg serve`"
        ) from error
    return f"{url}#token={token}"


def _tell(app: App, address: str) -> None:
    app.out.record(COLUMNS, {"url": address})
    sys.stdout.flush()
    if app.args.open:
        webbrowser.open(address)


def web(app: App) -> Status:
    """xmg web"""
    path = default_socket(os.environ)
    if not app.args.link and is_served(path):
        with app.daemon() as daemon:
            url = daemon.extra("status", {})["http"]
        if not url:
            raise LinkUnavailable(
                f"the daemon serves no page: start `xmg serve` with --http {DEFAULT_HTTP}"
            )
        _tell(app, _address(str(url), path))
        return Status.DONE
    run_daemon(app, path, app.args.http, lambda server: _tell(app, _address(server.url, path)))
    return Status.DONE
