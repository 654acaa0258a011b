"""What is kept of a test that failed, in a folder: enough to judge it without running it again.

    failure.txt       what failed, on which board
    commands.jsonl    each command with its stages, and how it ended
    logs.jsonl        the rows of all logs since the test began, gaps included
    console-NAME.txt  what each partition has printed since then
    capture/          the raw bytes of the link, both directions
    board.txt         what the board's own program (QEMU, the simulator) has said
"""

import json
import re
import shutil
import zlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from .errors import XmgError
from .journal import text_of
from .model import Book
from .rows import Row
from .target import Command, Target

LONGEST_NAME = 100


def folder_name(test: str) -> str:
    """A folder's name for a test; different tests have different ones."""
    clean = re.sub(r"[^A-Za-z0-9_.-]+", "-", test).strip("-.")[-LONGEST_NAME:]
    return f"{clean}-{zlib.crc32(test.encode()):08x}"


def keep(
    folder: Path, failure: str, target: Target | None, capture: Path | None, output: str
) -> None:
    """Writes everything into the folder; what is there of the same test is written anew. A board
    that does not tell its logs any more is told of in failure.txt. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if target:
        _write_lines(folder / "commands.jsonl", map(_command, target.commands))
        failure += "\n" + _keep_logs(folder, target)
    if output:
        (folder / "board.txt").write_text(output)
    if capture and capture.is_dir():
        shutil.copytree(capture, folder / "capture", dirs_exist_ok=True)
    (folder / "failure.txt").write_text(failure.rstrip() + "\n")


def _keep_logs(folder: Path, target: Target) -> str:
    """Writes the logs; gives what was not to be had, in words. Once the board has not answered, only
    what was read before is written: each further log would cost another time-out."""
    missing = ""
    rows: list[Row] = []
    for book, source in target.journal.logs:
        try:
            if not missing:
                target.journal.rows(book, source)
        except XmgError as error:
            missing = f"The logs are incomplete: {error}"
        told = target.journal.known(book, source)
        rows += told
        if book is Book.CONSOLE:
            name = folder_name(target.labels.partition(source)).rpartition("-")[0]
            (folder / f"console-{source}-{name}.txt").write_text(text_of(told))
    _write_lines(folder / "logs.jsonl", rows)
    return missing


def _command(command: Command) -> dict[str, object]:
    stages = [asdict(stage) | {"stage": stage.stage.value} for stage in command.stages]
    return {"command": command.what, "outcome": command.outcome, "stages": stages}


def _write_lines(path: Path, objects: Iterable[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(told) + "\n" for told in objects))
