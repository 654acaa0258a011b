"""xmg key: key files. Nothing is sent; a key itself is never shown."""

import argparse
from pathlib import Path

from .. import keys
from ..app import App
from ..keys import Key
from ..render import Column
from ..status import Status
from .common import noun, numbers, verb

COLUMNS = [
    Column("key_id", "id", right=True),
    Column("fingerprint", "fingerprint"),
    Column("use", "use"),
    Column("file", "file", only_csv=True),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "key", "Keys: who may command a board.")
    parser = verb(
        group,
        common,
        "new",
        new,
        "Make a key file that only you can read.",
        "The build puts the file into the board's image (make KEY=FILE). To change keys, put the "
        "new line above the old one in the file of both ends, and take the old one out later.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="must not exist yet")
    parser.add_argument(
        "--id",
        dest="key_id",
        metavar="N",
        type=numbers(1, 255),
        default=1,
        help="1 to 255; another one for each key of a file (default: 1)",
    )
    parser = verb(
        group, common, "show", show, "Show ids and fingerprints of a key file, never a key."
    )
    parser.add_argument("file", metavar="FILE", type=Path)


def _row(key: Key, path: Path, number: int) -> dict[str, object]:
    use = "new sessions" if number == 0 else "while keys are changed"
    return {"key_id": key.id, "fingerprint": key.fingerprint, "use": use, "file": str(path)}


def new(app: App) -> Status:
    """xmg key new FILE"""
    key = keys.create(app.args.file, app.args.key_id)
    app.out.rows(COLUMNS, [_row(key, app.args.file, 0)])
    return Status.DONE


def show(app: App) -> Status:
    """xmg key show FILE"""
    found = keys.load(app.args.file).keys
    app.out.rows(COLUMNS, [_row(key, app.args.file, n) for n, key in enumerate(found)])
    return Status.DONE
