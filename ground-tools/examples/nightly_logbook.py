#!/usr/bin/python3
"""Collect the logbooks of a board into the archive, and tell what the day brought.

    XMG_LINK=serial:/dev/ttyUSB0 XMG_KEY=~/.config/xmg/key nightly_logbook.py

Made for cron: it goes on where the last run ended, may be interrupted at any time, says what is
worth reading and nothing else. Exit status: 0 nothing was lost, 7 a log has new gaps, else what
xmg would end with (3: the board is not there).
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # from the checkout

from xmground import filter as filters  # noqa: E402
from xmground import keys  # noqa: E402
from xmground.archive import Archive  # noqa: E402
from xmground.archive.collect import Collector  # noqa: E402
from xmground.clock import utc_us  # noqa: E402
from xmground.commands.common import labels_of  # noqa: E402
from xmground.errors import XmgError  # noqa: E402
from xmground.places import default_archive  # noqa: E402
from xmground.status import Status  # noqa: E402
from xmground.target import connect, line_of  # noqa: E402
from xmground.times import parse_moment  # noqa: E402


def main() -> int:
    """Collects, then shows the records of --since that match --filter."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--link", default=os.environ.get("XMG_LINK", "tcp:127.0.0.1:5500"))
    parser.add_argument("--key", help="default: XMG_KEY, ~/.config/xmg/key")
    parser.add_argument("--archive", default=default_archive(os.environ))
    parser.add_argument("--since", default="1d", help="what to show (default: 1d)")
    parser.add_argument("--filter", default="sev>=warn", help="default: sev>=warn")
    args = parser.parse_args()

    wanted, since = filters.parse(args.filter, utc_us()), parse_moment(args.since, utc_us())
    with (
        Archive.open(args.archive) as archive,
        connect(args.link, keys.find(args.key, os.environ)) as board,
    ):
        name = board.target_name()
        report = Collector(board, archive, name, labels_of(board)).turn()
        print(f"{name}: {report.filed.added} new items")
        for row in archive.query(["hm"], wanted, since, target=name):
            print(line_of(row))
    for told in report.gaps + report.filed.conflicts:
        print(f"nightly_logbook: {told}", file=sys.stderr)
    return Status.INCOMPLETE if report.gaps or report.filed.conflicts else Status.DONE


if __name__ == "__main__":
    try:
        sys.exit(main())
    except XmgError as error:
        print(f"nightly_logbook: {error}", file=sys.stderr)
        sys.exit(error.status)
