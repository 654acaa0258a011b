"""xmg report: what happened, for people who were not there."""

import argparse
import os
from pathlib import Path

from ..app import App
from ..errors import UsageError, XmgError
from ..files import replace_file
from ..status import Status
from .common import period, verb

EPILOG = """\
The report is made of what is filed, and says what is missing. Nightly, with cron:
  xmg archive collect && xmg report --since yesterday --until today -o /var/www/xm/report.html"""


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parser."""
    parser = verb(
        groups, common, "report", report, "Report on a period, as Markdown or HTML.", EPILOG
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--since", metavar="TIME", default="today", help="begin of the period (default: today)"
    )
    parser.add_argument("--until", metavar="TIME", help="its end (default: now)")
    parser.add_argument("--target", metavar="NAME", help="only this board (default: all filed)")
    parser.add_argument(
        "--archive",
        metavar="URL",
        help="SQLAlchemy URL or path of the archive (default: $XMG_ARCHIVE, else a file of yours)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="write there, as a whole or not at all; .html: HTML (default: Markdown on stdout)",
    )
    parser.add_argument(
        "--to", choices=("md", "html"), help="kind of text (default: by FILE's name, else md)"
    )
    parser.add_argument(
        "--board",
        action="store_true",
        help="also ask the board at --link for its worst slot lateness and lost events",
    )


def report(app: App) -> Status:
    """xmg report"""
    from ..archive import Archive
    from ..places import default_archive
    from ..report import gather, text_of

    args, now_us = app.args, app.clock_us()
    since, until = period(app)
    assert since  # its default is today
    if app.out.format in ("jsonl", "csv"):
        raise UsageError(
            "a report is text, or --format json: rows as csv or jsonl come from `xmg archive query`"
        )
    if since.board or (until and until.board):
        raise UsageError("--since and --until are UTC here: the report is of several boots")
    with Archive.open(args.archive or default_archive(os.environ), create=False) as archive:
        made = gather(archive, args.target, since, until, now_us)
    if args.target and not made.boards:
        raise UsageError(f"--target {args.target}: nothing of such a board is filed")
    status = Status.DONE
    if args.board:
        try:
            with app.connect() as client:
                name, state = client.hello().system, client.system_state()
            for board in made.boards:
                board.now = state if board.target == name else board.now
        except XmgError as error:  # the archive's part is worth having without it
            app.out.error(str(error))
            status = error.status
    if app.out.format != "table":
        app.out.document(made.document())
        return status
    kind = args.to or ("html" if args.output and args.output.suffix == ".html" else "md")
    text = text_of(made, kind)
    if args.output:
        replace_file(args.output, text.encode())
        app.out.note(f"{args.output} written, {len(made.boards)} boards")
    else:
        app.out.script(text)
    return status
