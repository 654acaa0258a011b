"""xmg replay: what crossed the link, from raw captures."""

import argparse
from pathlib import Path

from ..app import App
from ..status import Status
from .common import archive_option, frame_options, verb


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parser."""
    parser = verb(
        groups,
        common,
        "replay",
        replay,
        "Show what crossed a link, one line per frame, from raw captures.",
        "tx: to the board, rx: to the ground. The logs in a capture are shown by their own commands: "
        "xmg hm read --from FILE. Exit status 7: parts of the file are damaged; they are named.",
    )
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="made by `xmg serve`, `xmg archive collect`, or with XMG_CAPTURE (default: those of "
        "this station that the archive knows, see `xmg archive captures`)",
    )
    frame_options(parser)
    archive_option(parser)


def replay(app: App) -> Status:
    """xmg replay FILE"""
    from .captures import of_this_station, show_frames

    return show_frames(app, [Path(name) for name in app.args.files] or of_this_station(app))
