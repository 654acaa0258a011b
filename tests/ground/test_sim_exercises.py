"""The exercises of docs/sim.md, done as they stand there: the console must answer what is printed.

XMG_UPDATE_GOLDEN=1 prints the answers anew."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_sim import DEMO, Sim, make  # noqa: F401

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sim.md"
EXERCISE = re.compile(r"(### Exercise \d.*?```\n)(.*?)(```\n)", re.S)
UNTIL = re.compile(r"# until `xmg (.*)` says (.*)")
TRIES = 300
PAUSE_S = 0.05
NAMES = [match[1].split("\n")[0][4:] for match in EXERCISE.finditer(DOCUMENT.read_text())]


def comparable(text: str) -> str:
    """Without what differs from run to run: times, identifiers, counts of two and more digits, and
    the blanks and lines that these make longer or shorter."""
    text = re.sub(
        r"\d{4}-\d\d-\d\dT[\d:.]+Z|\d\d:\d\d:\d\d\.\d+|\d+(\.\d+)? (ms|us|s)\b", "T", text
    )
    text = re.sub(r"0x[0-9a-f]+", "X", text)
    text = re.sub(r"\b\d\d+\b", "N", text)
    return re.sub(r"[ \n]+", " ", re.sub(r"-{2,}", "-", text)).strip()


def do(sim: Sim, line: str) -> str:
    """A command line of the document; what it prints, and its status unless that is 0."""
    words = line.split()
    if words[:2] == ["sim", "fault"]:
        words[2:2] = ["--port", sim.port]
    else:
        words += ["--link", sim.link, "--key", "none"]
    status, out, err = sim.main(*words)
    said = out + re.sub(r"warning: NOT AUTHENTICATED.*\n", "", err)
    said = said.replace(sim.link, "tcp:127.0.0.1:5500")
    said = "\n".join(row.rstrip() for row in said.splitlines()) + "\n" if said else ""
    return said + (f"(exit status {status})\n" if status else "")


def wait(sim: Sim, line: str, word: str) -> None:
    for _ in range(TRIES):
        if word in do(sim, line):
            return
        time.sleep(PAUSE_S)
    raise AssertionError(f"xmg {line} does not say {word}")


def carry_out(sim: Sim, block: str) -> str:
    """The block with the answers of now."""
    seen = ""
    for line in block.splitlines():
        if until := UNTIL.match(line):
            wait(sim, until[1], until[2])
            seen += line + "\n"
        elif line.startswith("$ xmg "):
            seen += f"{line}\n{do(sim, line[6:])}"
    return seen


@pytest.mark.parametrize("number", range(len(NAMES)), ids=[name.split(":")[0] for name in NAMES])
def test_exercise(number: int, make: Callable[..., Sim]) -> None:  # noqa: F811
    text = DOCUMENT.read_text()
    match = list(EXERCISE.finditer(text))[number]
    seen = carry_out(make("--speed", "20", config=DEMO), match[2])
    if os.environ.get("XMG_UPDATE_GOLDEN"):
        DOCUMENT.write_text(text[: match.start(2)] + seen + text[match.end(2) :])
    else:
        assert comparable(seen) == comparable(match[2])


def test_exercises_are_five() -> None:
    assert len(NAMES) == 5
