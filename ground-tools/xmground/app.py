"""What every command function gets: its arguments, the output, and a way to the board."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from .board import Board
from .clock import utc_us
from .errors import UsageError, XmgError
from .model import StageReport
from .render import STAGE_COLUMNS, Column, Output, is_completed, stage_row

if TYPE_CHECKING:
    from .archive import Archive
    from .remote import RemoteClient
    from .transport import Transport

DEFAULT_LINK = "tcp:127.0.0.1:5500"
NULL_KEY = "NOT AUTHENTICATED: null key, anybody on the line may command the board"


Connect = Callable[[float], "Transport"]


@dataclass
class App:
    """One run of xmg."""

    args: argparse.Namespace
    out: Output
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    clock_us: Callable[[], int] = utc_us
    # Files of raw bytes that this run began: path, and when.
    captures: list[tuple[Path, int]] = field(default_factory=list)
    _board: Board | None = None

    @cached_property
    def link(self) -> str:
        """The link named by --link or XMG_LINK; without, the daemon where one listens, else the
        default."""
        from .remote import SCHEME, default_socket, is_served

        if self.args.link:
            return self.args.link
        path = default_socket(os.environ)
        return f"{SCHEME}{path}" if is_served(path) else DEFAULT_LINK

    @property
    def is_remote(self) -> bool:
        """Whether the link is a daemon."""
        return self.link.startswith("daemon:")

    def daemon(self, or_else: str = "") -> "RemoteClient":
        """The daemon named by --link daemon:PATH, else the one at the usual place. or_else: what
        helps the command as well as a daemon that listens."""
        from .remote import SCHEME, Hearing, RemoteClient, default_holder, default_socket

        named = self.link.removeprefix(SCHEME) if self.is_remote else ""
        path = Path(named) if named else default_socket(os.environ)
        if self.args.key is not None:
            raise UsageError(
                f"--key: {SCHEME}{path} commands under the key that it was started with: leave --key "
                f"away{or_else}"
            )
        hearing = Hearing(
            self.out.detail, lambda: self.out.warn(NULL_KEY), self.args.verbose, self.out.warn
        )
        # Its calls are made from those of Board, which mypy cannot see.
        return RemoteClient(  # type: ignore[abstract]
            path, self.args.timeout, hearing, default_holder(os.environ), or_else
        )

    def connect(self) -> Board:
        """The board behind the link; a context manager that opens and closes the link."""
        if self.is_remote:
            return self.daemon(", or name the board itself with --link")
        # What follows needs protobuf, which takes long to load; a daemon has it loaded already.
        from . import keys
        from .client import Client
        from .describe import frame_line
        from .session import Observer, Session
        from .transport import open_link

        observer = Observer(on_note=self.out.detail, on_null_key=lambda: self.out.warn(NULL_KEY))
        if self.args.verbose:
            observer.on_frame = lambda direction, frame: self.out.detail(
                f"{direction} {frame_line(frame)}"
            )
        link = self.link
        open_it = self._captured(lambda timeout_s: open_link(link, timeout_s))
        path = keys.find(self.args.key, os.environ)
        known = keys.load(path).keys if path else ()
        session = Session(open_it, observer, keys=known)
        self._board = Client(session, self.args.timeout, self.clock_us)
        return self._board

    def _captured(self, connect: Connect) -> Connect:
        """Opens the link as given; with --capture or XMG_CAPTURE its bytes are kept in that folder."""
        folder = getattr(self.args, "capture", None) or os.environ.get("XMG_CAPTURE")
        if not folder:
            return connect
        from .capture import CaptureWriter, CapturingTransport

        writer = CaptureWriter(
            Path(folder),
            self.link,
            self.clock_us,
            self.out.warn,
            self.captures.append,
            on_mended=self.out.warn,
        )
        return lambda timeout_s: CapturingTransport(connect(timeout_s), writer)

    def open_archive(self, create: bool = False) -> "Archive":
        """The archive of --archive. Raises UsageError, ArchiveError, VersionMismatch."""
        from .archive import Archive
        from .places import default_archive

        url = getattr(self.args, "archive", None) or default_archive(os.environ)
        return Archive.open(url, create)

    def _file_under(self) -> str | None:
        """What the board is called in the archive, if there is one to file commands in; a daemon
        files them itself. Asked before the command: afterwards the board may be silent."""
        from .places import default_archive

        url = default_archive(os.environ)
        if self._board is None or not ("://" in url or Path(url).exists()):
            return None
        with suppress(XmgError):
            return self._board.target_name()
        return ""

    def _file_stages(self, target: str | None, stages: list[StageReport]) -> None:
        """Files the stages of a command. The board has done it or not, whatever the archive says,
        so its errors are told and end nothing."""
        if target is None or not stages:
            return
        from .remote import default_holder

        sent = stages[0]
        try:
            with self.open_archive() as archive:
                for stage in stages:
                    archive.add_stage(
                        target, sent.request_id, sent.operation, default_holder(os.environ), stage
                    )
        except XmgError as error:
            self.out.warn(f"the stages of this command were not filed: {error}")

    def confirm(self, what: str, question: str, wanted: str) -> None:
        """Asks the operator to type `wanted`, unless --yes was given. Raises UsageError when that
        is not typed, or when there is nobody to ask."""
        if self.args.yes:
            return
        self.need_operator(what)
        if self.out.ask(f"{question} Type {wanted!r} to go on: ", self.stdin) != wanted:
            raise UsageError("not confirmed: nothing was sent")

    def need_operator(self, what: str) -> None:
        """Raises UsageError when a confirmation is needed and nobody can give one; asked before
        anything is sent."""
        if not self.args.yes and not self.stdin.isatty():
            raise UsageError(f"{what} and there is nobody to ask: give --yes")

    def run_command(
        self,
        action: Callable[[Callable[[StageReport], None]], dict[str, object]],
        result_keys: Iterable[str],
    ) -> dict[str, object]:
        """Runs a call that changes something and shows its stages, also when it ends with an error.

        `action` gets the function to report stages to, and gives what the json form tells beyond
        the stages; jsonl and csv tell it in a last row of kind `result`. result_keys: all values
        that it may have, for the heading of csv.
        """
        target = self._file_under()
        stages: list[StageReport] = []
        result: dict[str, object] = {}
        try:
            result = action(stages.append)
        finally:
            self._file_stages(target, stages)
            rows = [stage_row(stage) for stage in stages]
            if self.out.format == "json":
                self.out.document({"completed": is_completed(stages), "stages": rows, **result})
            elif rows and self.out.format == "table":
                self.out.rows(STAGE_COLUMNS, rows)
            elif rows:
                end = {"kind": "result", "completed": is_completed(stages), **result}
                keys = ("boot_id", "kind", "completed", *result_keys)
                self.out.rows(
                    [*STAGE_COLUMNS, *(Column(key, key) for key in keys)],
                    [*({"kind": "stage"} | row for row in rows), end],
                )
        return result
