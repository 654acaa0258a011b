"""What every command function gets: its arguments, the output, and a way to the board."""

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TextIO

from .client import Client
from .describe import frame_line
from .model import StageReport
from .requester import utc_us
from .render import STAGE_COLUMNS, Column, Output, is_completed, stage_row
from .session import Observer, Session
from .transport import open_link


@dataclass
class App:
    """One run of xmg."""

    args: argparse.Namespace
    out: Output
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    clock_us: Callable[[], int] = utc_us

    def connect(self) -> Client:
        """The client for --link; a context manager that opens and closes the link."""
        observer = Observer(on_note=self.out.detail)
        if self.args.verbose:
            observer.on_frame = lambda direction, frame: self.out.detail(
                f"{direction} {frame_line(frame)}"
            )
        link = self.args.link
        session = Session(lambda timeout_s: open_link(link, timeout_s), observer)
        return Client(session, self.args.timeout, self.clock_us)

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
        stages: list[StageReport] = []
        result: dict[str, object] = {}
        try:
            result = action(stages.append)
        finally:
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
