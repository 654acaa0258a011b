#!/usr/bin/python3
"""Check docs/tests.md against the tables of hypervisor/abi: a row without a test fails, and so does a test that is not there.

Each event, each action in each of the two tables, and each service must have a row whose tests exist and deal with it: a system
test's sources, expectation or configuration name the event, the action or the call, a unit test's file names the call. A cell
without tests states its reason. The last line is "N passed, N failed"; each row of a table is one test.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ABI = ROOT / "hypervisor" / "abi"
SYSTEM = ROOT / "tests" / "system"
UNIT = ROOT / "tests" / "unit"
DOCUMENT = ROOT / "docs" / "tests.md"

REASON = re.compile(r"(?:not on QEMU|not raised|not permitted|none): .{20,}")
REFUSAL = re.compile(r"`(XM_\w+)`: (.+)")
POINTER = re.compile(r"\b(?:NAME|IN|OUT|OUT_OPT|INOUT|BUF_IN|BUF_OUT)\(")
EVERY_CALL = "hypercall_permission_of_every_call"  # loops over the whole table and names none


class Missing(Exception):
    """A row is not covered; the text says what is missing."""


def rows(file: str, macro: str) -> list[tuple[str, ...]]:
    """Arguments of the macro in every line of a .def file, up to the first text."""
    text = re.sub(r"/\*.*?\*/", "", (ABI / file).read_text(), flags=re.DOTALL)
    return [tuple(match.split(",")) for match in re.findall(rf"^{macro}\(([^\"\n]*)", text, re.MULTILINE)]


def names(file: str, macro: str) -> list[str]:
    return [row[1].strip() for row in rows(file, macro)]


def table(heading: str) -> dict[str, list[str]]:
    """Cells behind the first one, by its name, of the table under a heading of the document."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    if section is None:
        raise SystemExit(f"{DOCUMENT}: the section '{heading}' is missing")
    lines = [line.strip("| \n").split(" | ") for line in section.group(1).splitlines() if line.startswith("| `")]
    return {cells[0].strip("`"): cells[1:] for cells in lines}


@cache
def unit_tests() -> dict[str, str]:
    """Text of the file, by the name of the unit test."""
    found = {}
    for path in UNIT.glob("test_*.c"):
        text = path.read_text()
        found.update(dict.fromkeys(re.findall(r"cmocka_unit_test\w*\((\w+)", text), text))
    return found


@cache
def system_test(name: str) -> str | None:
    """All text of a system test: configuration, expectation, sources, also those it shares with others. None: no such test."""
    folder = SYSTEM / name
    if not (folder / "system.xml").exists() or not (folder / "expect").exists():
        return None
    paths = [path for path in sorted(folder.iterdir()) if path.is_file()]
    if (folder / "system.mk").exists():
        shared = re.findall(r"\.\./[\w/]+\.c", (folder / "system.mk").read_text())
        paths += [folder / path for path in shared]
    return "\n".join(path.read_text(errors="replace") for path in paths)


def tests_in(cell: str) -> list[str]:
    return [name for name in re.findall(r"`(\w+)`", cell) if not name.startswith("XM_")]


def all_exist(cell: str) -> None:
    for name in tests_in(cell):
        if system_test(name) is None and name not in unit_tests():
            raise Missing(f"there is no test {name}")


def some_test_says(cell: str, pattern: str) -> bool:
    return any(re.search(pattern, text) for text in map(system_test, tests_in(cell)) if text is not None)


def check_event(number: str, name: str, cells: list[str]) -> None:
    all_exist(cells[0])
    if REASON.fullmatch(cells[0]):
        return
    if not some_test_says(cells[0], rf"{name}\b|\bevent {number}\b"):
        raise Missing("no system test named here provokes it")


def part_of(text: str, of_hypervisor: bool) -> str:
    """Of a configuration what is about the hypervisor, or all the rest."""
    inside = "".join(re.findall(r"<XMHypervisor\b.*?</XMHypervisor>", text, re.DOTALL))
    return inside if of_hypervisor else text.replace(inside, "") if inside else text


def check_action(name: str, cells: list[str]) -> None:
    for cell, of_hypervisor in zip(cells, (False, True), strict=True):
        all_exist(cell)
        if REASON.fullmatch(cell):
            continue
        texts = [part_of(text, of_hypervisor) for text in map(system_test, tests_in(cell)) if text is not None]
        if not any(f'action="{name}"' in text for text in texts):
            raise Missing(f"no system test configures it in {'the XMHypervisor' if of_hypervisor else 'a Partition'} table")


def deals_with(test: str, call: str) -> bool:
    text = system_test(test)
    if text is None:
        return test == EVERY_CALL or re.search(rf"\bsys_{call}\b", unit_tests()[test]) is not None
    return re.search(rf"\bXM_{call}\b", text) is not None


def check_tests_of_call(call: str, what: str, cell: str) -> None:
    all_exist(cell)
    if not any(deals_with(test, call) for test in tests_in(cell)):
        raise Missing(f"no test of its {what} makes the call")


def check_call(call: str, who: str, arguments: str, cells: list[str]) -> None:
    success, refusals = cells
    check_tests_of_call(call, "success", success)
    needed = {"XM_PERM_ERROR"} if who in ("XM_SYS", "XM_OWN") else set()
    if POINTER.search(arguments):
        needed.add("XM_INVALID_PARAM")
    if REASON.fullmatch(refusals):
        if needed:
            raise Missing(f"it can be refused with {', '.join(sorted(needed))}")
        return
    codes = set(names("errors.def", "XM_ERROR"))
    for part in refusals.split("; "):
        match = REFUSAL.fullmatch(part)
        if match is None or match.group(1) not in codes:
            raise Missing(f"not a refusal and its tests: {part}")
        check_tests_of_call(call, match.group(1), match.group(2))
        needed.discard(match.group(1))
    if needed:
        raise Missing(f"no test of {', '.join(sorted(needed))}")


def main() -> int:
    events, actions, calls = (table(h) for h in ("Health-monitor events", "Health-monitor actions", "Services"))
    checks: list[tuple[dict[str, list[str]], str, Callable[[list[str]], None]]] = []
    for row in rows("hm_events.def", "HM_EVENT"):
        checks.append((events, row[1].strip(), partial(check_event, row[0].strip(), row[1].strip())))
    for name in names("hm_events.def", "HM_ACTION"):
        checks.append((actions, name, partial(check_action, name)))
    for row in rows("hypercalls.def", "XM_CALL"):
        call = row[1].strip()
        checks.append((calls, f"XM_{call}", partial(check_call, call, row[2].strip(), ",".join(row[3:]))))
    failed = 0
    for cells, name, check in checks:
        try:
            if name not in cells:
                raise Missing("it has no row")
            check(cells[name])
        except Missing as missing:
            failed += 1
            print(f"docs/tests.md: {name}: {missing}")
    known = {name for _, name, _ in checks}
    for name in sorted((events.keys() | actions.keys() | calls.keys()) - known):
        failed += 1
        print(f"docs/tests.md: {name}: hypervisor/abi knows no such row")
    print(f"{len(checks) - min(failed, len(checks))} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
