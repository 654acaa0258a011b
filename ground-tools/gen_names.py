#!/usr/bin/python3
"""Writes xmground/_generated/names.py from the tables of hypervisor/abi and of the supervisor.

usage: gen_names.py ABI_FOLDER JOURNAL_H PROTO OUTPUT

Every number that the board sends without its name (events, actions, traps, errors, hypercalls,
trace modules) is named in exactly one place, a .def file or guest.h; this program turns those rows
into dictionaries. The supervisor's own trace records are those of its command journal: their code
is from supervisor/journal.h, and the numbers in them from supervisor.proto, so that a console which
does not need protobuf can tell them. A row that it cannot read ends it with the file, the line and exit status 1, so
that a changed table is noticed at build time and not in orbit.
"""

import re
import sys
from pathlib import Path

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
ROW = re.compile(r"^(HM_EVENT|HM_ACTION|HM_TRAP|XM_ERROR|XM_CALL)\s*\((.*)\)\s*$")
DEFINE = re.compile(r"^#define\s+(TRACE_\w+_MODULE|AUDIT_\w+)\s+(0x[0-9a-fA-F]+|\d+)\s*$")
AREA_FLAG = re.compile(r"^#define\s+XM_MEM_AREA_(\w+)\s+\(1u << (\d+)\)\s*$")
JOURNAL_CODE = re.compile(r"^#define\s+JOURNAL_CODE\s+(0x[0-9a-fA-F]+)u", re.MULTILINE)
PROTO_ROW = re.compile(r"^\s*(?:\w+ )?(\w+) = (\d+);", re.MULTILINE)
# Number of fields before the closing text; the text itself may hold commas.
FIELDS = {"HM_EVENT": 5, "HM_ACTION": 3, "HM_TRAP": 4, "XM_ERROR": 2, "XM_CALL": 3}


def read_rows(path: Path) -> list[tuple[str, list[str], str]]:
    """Rows of a .def file as (macro, leading fields, closing text). Raises ValueError naming the
    line."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = ROW.match(line)
        if not found:
            if re.match(r"^(HM_EVENT|HM_ACTION|HM_TRAP|XM_ERROR|XM_CALL)\s*\(", line):
                raise ValueError(f"{path}:{number}: a row must stand on one line")
            continue
        macro, body = found.groups()
        text = STRING.search(body)
        head = body[: text.start()] if text else body
        fields = [field.strip() for field in head.split(",")]
        if len(fields) < FIELDS[macro]:
            raise ValueError(
                f"{path}:{number}: {macro} needs {FIELDS[macro]} fields before its text"
            )
        rows.append((macro, fields, text.group(1) if text else ""))
    return rows


def read_defines(path: Path) -> tuple[dict[int, str], dict[tuple[str, int], str]]:
    """Trace modules {number: name} and their events {(module, number): name} of guest.h."""
    modules, events = {}, {}
    for line in path.read_text(encoding="utf-8").splitlines():
        found = DEFINE.match(line)
        if not found:
            continue
        name, value = found.group(1), int(found.group(2), 0)
        if name.startswith("TRACE_"):
            modules[value] = name.removeprefix("TRACE_").removesuffix("_MODULE")
        else:
            module, event = name.removeprefix("AUDIT_").split("_", 1)
            events[module, value] = event
    return modules, events


def read_area_flags(path: Path) -> dict[int, str]:
    """Flags of memory areas in guest.h: {bit: name in lower case}."""
    found = map(AREA_FLAG.match, path.read_text(encoding="utf-8").splitlines())
    return {int(row.group(2)): row.group(1).lower() for row in found if row}


def read_proto(path: Path, head: str) -> dict[int, str]:
    """Rows of an enum or oneof of supervisor.proto, {number: name}; head: the line it begins with."""
    _, _, rest = path.read_text(encoding="utf-8").partition(f"{head} {{\n")
    rows = PROTO_ROW.findall(rest.partition("}")[0])
    return {int(number): name for name, number in rows}


def tables(abi: Path, journal: Path, proto: Path) -> dict[str, dict]:
    """All dictionaries of names.py, by their name. Raises ValueError when a table is empty."""
    result: dict[str, dict] = {
        "EVENTS": {},
        "EVENT_CAUSES": {},
        "ACTIONS": {},
        "TRAPS": {},
        "ERRORS": {},
        "ERROR_MEANINGS": {},
        "HYPERCALLS": {},
    }
    for file in ("hm_events.def", "errors.def", "hypercalls.def"):
        for macro, fields, text in read_rows(abi / file):
            number = int(fields[0], 0)
            if macro == "HM_EVENT":
                result["EVENTS"][number] = fields[1].removeprefix("XM_HM_EV_")
                result["EVENT_CAUSES"][number] = text
            elif macro == "HM_ACTION":
                result["ACTIONS"][number] = fields[2]
            elif macro == "HM_TRAP":
                result["TRAPS"][number] = fields[2]
            elif macro == "XM_ERROR":
                result["ERRORS"][number] = fields[1]
                result["ERROR_MEANINGS"][number] = text
            else:
                result["HYPERCALLS"][number] = fields[1]
    result["TRACE_MODULES"], result["TRACE_EVENTS"] = read_defines(abi / "guest.h")
    result["AREA_FLAGS"] = read_area_flags(abi / "guest.h")
    codes = JOURNAL_CODE.findall(journal.read_text(encoding="utf-8"))
    result["SUPERVISOR_CODES"] = {int(code, 16): "command journal" for code in codes}
    operations = read_proto(proto, "oneof op")
    result["OPERATIONS"] = {nr: name.replace("_", " ") for nr, name in operations.items()}
    stages = read_proto(proto, "enum Stage")
    result["STAGES"] = {
        nr: name.removeprefix("STAGE_").lower() for nr, name in stages.items() if nr != 0
    }
    statuses = read_proto(proto, "enum StatusCode")
    result["STATUSES"] = {nr: name.removeprefix("STATUS_") for nr, name in statuses.items()}
    for name, table in result.items():
        if not table:
            raise ValueError(f"{abi}, {journal}, {proto}: no row found for {name}")
    return result


def main(argv: list[str]) -> int:
    """Writes the file; returns the exit status."""
    if len(argv) != 5:
        print(__doc__.splitlines()[2], file=sys.stderr)
        return 2
    try:
        found = tables(*map(Path, argv[1:4]))
    except (OSError, ValueError) as error:
        print(f"gen_names.py: {error}", file=sys.stderr)
        return 1
    lines = ['"""Generated by ground-tools/gen_names.py; do not edit."""', ""]
    for name, table in found.items():
        lines.append(f"{name} = {{")
        lines += [f"    {key!r}: {value!r}," for key, value in sorted(table.items())]
        lines += ["}", ""]
    Path(argv[4]).write_text("\n".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
