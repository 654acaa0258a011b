#!/usr/bin/python3
"""Put what the console shows into docs/xmg.md: transcripts, and the tables that its code holds.

    consoledoc.py           write docs/xmg.md anew
    consoledoc.py --check   write nothing; exit 1 if it is not current

What stands between two marks is written here, the rest by hand:

    <!-- transcript part-list -->    tests/ground/golden/part-list.txt
    <!-- table status -->            one of TABLES
    <!-- end -->

The transcripts are those that tests/ground compares byte for byte, so that the document shows what an operator sees.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "xmg.md"
GOLDEN = ROOT / "tests" / "ground" / "golden"
# Of a board without a key, which those of the tests mostly are; the document says so once.
NULL_KEY = "warning: NOT AUTHENTICATED: null key, anybody on the line may command the board"

sys.path.insert(0, str(ROOT / "ground-tools"))

from xmground import cli, filter as filters  # noqa: E402
from xmground.status import MEANINGS, Status  # noqa: E402


class BadMark(Exception):
    """A mark that names nothing."""


def transcript(name: str) -> list[str]:
    """What was typed, what came of it, and the exit status where it is not 0."""
    path = GOLDEN / f"{name}.txt"
    if not path.exists():
        raise BadMark(f"there is no transcript {path.relative_to(ROOT)}")
    text = path.read_text(encoding="utf-8")
    body, _, status = text.rpartition("--- status ")
    lines = [line for line in body.splitlines() if line not in ("--- stderr", NULL_KEY)]
    if int(status):
        lines.append(f"[exit status {int(status)}]")
    return ["```", *(line.rstrip() for line in lines), "```"]


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """A Markdown table; the first row is its heading."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    cells.insert(1, ["---"] * len(rows[0]))
    return ["| " + " | ".join(row) + " |" for row in cells]


TABLES = {
    "status": lambda: table(
        [("status", "in short", "meaning")]
        + [(str(int(status)), *MEANINGS[status]) for status in Status]
    ),
    "environment": lambda: table(
        [("variable", "meaning")] + [(f"`{name}`", meaning) for name, meaning in cli.ENVIRONMENT]
    ),
    "fields": lambda: table(
        [("field", "meaning")]
        + [(f"`{name}`", field.meaning) for name, field in filters.FIELDS.items()]
    ),
}


def filled(text: str) -> str:
    """The document with everything between the marks as it is now. Raises BadMark."""

    def fill(match: re.Match[str]) -> str:
        kind, name = match[1], match[2]
        if kind == "table" and name not in TABLES:
            raise BadMark(f"there is no table {name!r}: {', '.join(TABLES)}")
        lines = TABLES[name]() if kind == "table" else transcript(name)
        return "\n".join([f"<!-- {kind} {name} -->", *lines, "<!-- end -->"])

    marks = r"<!-- (transcript|table) ([\w/-]+) -->\n.*?<!-- end -->"
    done, count = re.subn(marks, fill, text, flags=re.DOTALL)
    if count != len(re.findall(r"<!-- (?:transcript|table) ", text)):
        raise BadMark("a mark has no end")
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/xmg.md from transcripts and tables.")
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    options = parser.parse_args()
    old = DOCUMENT.read_text(encoding="utf-8")
    try:
        new = filled(old)
    except BadMark as error:
        print(f"consoledoc: docs/xmg.md: {error}", file=sys.stderr)
        return 2
    if not options.check:
        DOCUMENT.write_text(new, encoding="utf-8")
        return 0
    if new != old:
        print("consoledoc: docs/xmg.md does not show what the console shows now: run `make docs` and commit the result", file=sys.stderr)
    print(f"{int(new == old)} passed, {int(new != old)} failed")
    return int(new != old)


if __name__ == "__main__":
    sys.exit(main())
