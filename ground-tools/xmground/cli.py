"""Options of xmg: what may be typed, and which function of `commands` answers it. Errors become
exit codes here."""

import argparse
import errno
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn, TextIO

from . import commands
from .app import DEFAULT_LINK, App
from .clock import utc_us
from .errors import XmgError
from .render import FORMATS, Output
from .status import MEANINGS, Status

DEFAULT_TIMEOUT_S = 5.0
LONGEST_S = 86400
# What a write to a full disk, or to a terminal that is gone, fails with.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

ENVIRONMENT = (
    ("XMG_LINK", "default of --link"),
    ("XMG_KEY", "default of --key"),
    ("XMG_SOCKET", "socket of `xmg serve`"),
    ("XMG_LOCKS", "folder of the links' locks, the same for all consoles (default: /tmp/xmg-UID)"),
    ("XMG_HOLDER", "who commands, as others are told (default: user@machine)"),
    ("XMG_ARCHIVE", "default of --archive"),
    ("XMG_CAPTURE", "folder for raw bytes of the link"),
    ("NO_COLOR", "no colours, unless it is empty"),
)


def _two_columns() -> str:
    """The exit codes, in the order of the table."""
    cells = [f"{int(status)} {words}" for status, (words, _) in MEANINGS.items()]
    half = len(cells) // 2
    rows = zip([*cells[:half], ""], [*cells[half:-1], cells[-1]])
    return "".join(f"  {left:<32}{right}\n" for left, right in rows)


def _environment() -> str:
    return "".join(f"  {name:<12}{meaning}\n" for name, meaning in ENVIRONMENT)


EPILOG = f"""\
exit status:
{_two_columns()}
environment:
{_environment()}
examples:
  xmg part list                     xmg hm read --from 120
  xmg part reset P1 --yes           xmg console follow 2
  xmg plan switch safe              xmg sys reset --cold --yes
"""


def positive_seconds(text: str) -> float:
    """Type of time options."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= LONGEST_S:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds above 0 and up to {LONGEST_S}"
        )
    return value


def _nearest(message: str) -> str:
    """A wrong command or choice told with the one that was meant, where one is near."""
    found = re.match(r"argument ([^:]+): invalid choice: '(.*)' \(choose from (.*)\)$", message)
    if not found:
        return message
    import difflib  # for the mistyped line only

    what, typed, choices = found[1], found[2], re.findall(r"'([^']*)'", found[3])
    near = [choice for choice in choices if len(choice) > 1 and typed.startswith(choice)]
    near += difflib.get_close_matches(typed, choices, n=1)
    if what != "COMMAND":
        return message
    told = f"there is no command {typed!r}"
    if near and typed != "help":  # which is not a misspelt hello
        return f"{told}; the nearest is {near[0]!r}"
    return f"{told}; there are {', '.join(choices)}"


class Parser(argparse.ArgumentParser):
    """Wrong usage is told in one sentence; the whole usage is a --help away."""

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        message = _nearest(message)
        self.exit(Status.USAGE, f"xmg: {message}: see {self.prog} --help\n")


def _common() -> argparse.ArgumentParser:
    """Options that may stand before or after the command words; SUPPRESS keeps the later one from
    resetting the first."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("common options")
    group.add_argument(
        "--link",
        metavar="URL",
        help="tcp:HOST:PORT, udp:HOST:PORT, serial:DEVICE?baud=115200, pty:PATH, unix:PATH, "
        "or daemon:SOCKET of an `xmg serve` (default: $XMG_LINK, else the daemon at $XMG_SOCKET or "
        f"its usual place if one runs, else {DEFAULT_LINK})",
    )
    group.add_argument(
        "--key",
        metavar="FILE",
        help="key file of the board's system, made by `xmg key new`; none: go without a key "
        "(default: $XMG_KEY, else ~/.config/xmg/key if it exists)",
    )
    group.add_argument(
        "--timeout",
        metavar="S",
        type=positive_seconds,
        help=f"seconds to wait for an answer (default: {DEFAULT_TIMEOUT_S:g})",
    )
    group.add_argument(
        "--format", choices=FORMATS, help="form of the data on stdout (default: table)"
    )
    group.add_argument(
        "--json", action="store_const", const="json", dest="format", help="short for --format json"
    )
    group.add_argument(
        "--no-color", action="store_true", help="no colours; also when NO_COLOR is set"
    )
    group.add_argument(
        "-v", "--verbose", action="store_true", help="show frames and repetitions on stderr"
    )
    return common


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    common = _common()
    parser = Parser(
        prog="xmg",
        parents=[common],
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Ground console of the xm hypervisor: talks to a board's supervisor partition.",
    )
    for option, document in (("--help-markdown", "markdown"), ("--help-man", "man_page")):
        parser.add_argument(
            option,
            dest="document",
            action="store_const",
            const=document,
            default="",
            help=argparse.SUPPRESS,
        )
    groups = parser.add_subparsers(title="commands", metavar="COMMAND", dest="group")
    commands.register(groups, common)
    return parser


def main(argv: Sequence[str] | None = None, clock_us: Callable[[], int] = utc_us) -> int:
    """Runs one command; returns the exit status."""
    # A stream that the caller has closed (>&-) is None; what it would have got is thrown away.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
    try:
        try:
            return _main(argv, clock_us)
        finally:
            sys.stdout.flush()  # here, where an error can still be told
    except BrokenPipeError:  # the reader of a pipe has gone (| head)
        _drop(sys.stdout)
        return Status.INTERRUPTED
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        _drop(sys.stdout)
        Output().error(
            f"cannot write the output: {error.strerror}: free some space, or write it elsewhere; "
            "`xmg cmd list` tells what became of a command"
        )
        return Status.FAILED
    finally:
        try:
            sys.stderr.flush()
        except OSError:  # nobody hears it: no reason to end otherwise
            _drop(sys.stderr)


def _drop(stream: TextIO) -> None:
    """What is still in the buffer of a stream must not raise again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _main(argv: Sequence[str] | None, clock_us: Callable[[], int]) -> int:
    parser = build_parser()
    _complete(parser)
    args, rest = parser.parse_known_args(argv)
    args.usage_of = getattr(args, "usage_of", parser)
    if rest:  # parse_args() would point to the help of all commands
        args.usage_of.error(f"unrecognized arguments: {' '.join(rest)}")
    if args.document:
        from . import manual

        print(getattr(manual, args.document)(parser), end="")
        return Status.DONE
    if not hasattr(args, "run"):
        args.usage_of.error("a command is missing")
    args.link = _link(args)
    args.key = getattr(args, "key", None)
    if args.key == "":
        args.usage_of.error("--key is empty: name a key file, or none")
    args.timeout = getattr(args, "timeout", DEFAULT_TIMEOUT_S)
    args.verbose = getattr(args, "verbose", False)
    out = Output(
        getattr(args, "format", "table"), not getattr(args, "no_color", False), args.verbose
    )
    return _run(App(args, out, clock_us=clock_us))


def _link(args: argparse.Namespace) -> str:
    """The link named by the option, else by the environment. Named but empty is an error: a script
    whose variable is not set must not command whatever listens at the default. Empty: nobody named
    one."""
    for name, value in (
        ("--link", getattr(args, "link", None)),
        ("XMG_LINK", os.environ.get("XMG_LINK")),
    ):
        if value == "":
            args.usage_of.error(f"{name} is empty: name a link, or leave it away")
        if value:
            return value
    return ""


def _run(app: App) -> int:
    try:
        return app.args.run(app)
    except XmgError as error:
        app.out.error(str(error))
        return error.status
    except KeyboardInterrupt:
        app.out.note("interrupted")
        return Status.INTERRUPTED


def _complete(parser: argparse.ArgumentParser) -> None:
    """Shell completion, where python3-argcomplete is installed."""
    if "_ARGCOMPLETE" not in os.environ:  # loaded only for the shell that asks
        return
    try:
        import argcomplete
    except ModuleNotFoundError:
        return
    argcomplete.autocomplete(parser)
