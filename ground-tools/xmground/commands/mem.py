"""xmg mem: memory of the partitions, to look at."""

import argparse
from dataclasses import asdict
from pathlib import Path

from ..app import App
from ..board import Board
from ..errors import LinkUnavailable, NoAnswer, UsageError
from ..files import replace_file
from ..labels import partition_names
from ..memory import Image, read_memory, sum_memory
from ..model import MemoryArea, MemorySum, Partition
from ..render import Column, board_time, plain, word
from ..rows import Row
from ..status import Status
from .common import (
    count,
    find_partition,
    noun,
    one_partition_argument,
    partition_argument,
    verb,
    word32,
)

LINE_BYTES = 16
READ_ONLY = (
    "Memory can only be read, and only within an area that the configuration gives the partition "
    "(`xmg mem list`), but not the supervisor's, where the keys of the link are; addresses are "
    "physical, as in the configuration."
)
AREA_COLUMNS = [
    Column("partition", "partition id", only_csv=True),
    Column("partition_name", "partition"),
    Column("id", "id", right=True),
    Column("name", "area", lambda name: plain(name or "-")),
    Column("start", "start", word),
    Column("last", "last", word),
    Column("size", "bytes", right=True),
    Column("mapped_at", "mapped at", word),
    Column("flags", "flags", lambda flags: plain(" ".join(flags) or "-")),
]
# Of a dump's lines and of its last row, beside `kind`, which tells them apart.
LINE_KEYS = ("kind", "address", "size", "bytes", "text")
RESULT_KEYS = (
    "partition",
    "partition_name",
    "complete",
    "missing_bytes",
    "changed",
    "crc32c",
    "board_crc32c",
    "slots",
    "begun_us",
    "board_time_us",
    "boot_id",
    "file",
)
CHECK_DETAILS = [
    Column("partition_name", "partition"),
    Column("address", "address", word),
    Column("size", "bytes"),
    Column("crc32c", "CRC-32C on the board", word),
    Column("expected", "expected", word),
    Column("matches", "matches"),
    Column("slots", "made over", lambda n: "one slot: of one moment" if n == 1 else f"{n} slots"),
    Column("begun_us", "from", board_time),
    Column("board_time_us", "to", board_time),
    Column("partition", "partition id", only_csv=True),
    Column("boot_id", "boot", only_csv=True),
]


def register(groups: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds the parsers."""
    group = noun(groups, common, "mem", "Memory of the partitions: list, dump, check.")
    parser = verb(
        group, common, "list", list_areas, "List the memory areas that the partitions have."
    )
    one_partition_argument(parser)
    parser = verb(
        group,
        common,
        "dump",
        dump,
        "Read a part of a partition's memory, whole and proven by the board's CRC-32C.",
        f"{READ_ONLY} Exit status 7: bytes are missing, or memory changed while it was read; then "
        "what was read is no picture of one moment. Suspend the partition for one.",
    )
    _range_arguments(parser)
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="write the bytes there as they are; FILE.part if some are missing, which are 0 then",
    )
    parser = verb(
        group,
        common,
        "check",
        check,
        "Have the board make the CRC-32C of a part of a partition's memory, and compare.",
        f"{READ_ONLY} Exit status 1: it is another than expected.",
    )
    _range_arguments(parser)
    wanted = parser.add_mutually_exclusive_group()
    wanted.add_argument("--crc", metavar="N", type=word32, help="the CRC-32C that it should have")
    wanted.add_argument(
        "--file", metavar="FILE", type=Path, help="the bytes that should be there, SIZE of them"
    )


def _range_arguments(parser: argparse.ArgumentParser) -> None:
    partition_argument(parser)
    parser.add_argument("address", metavar="ADDRESS", type=word32, help="of the first byte")
    parser.add_argument("size", metavar="SIZE", type=count, help="bytes")


# ---- list


def _area_row(area: MemoryArea, partition: int, names: dict[int, str]) -> dict[str, object]:
    return asdict(area) | {
        "flags": list(area.flags),
        "partition": partition,
        "partition_name": names.get(partition, ""),
        "last": area.start + area.size - 1,
    }


def list_areas(app: App) -> Status:
    """xmg mem list [PARTITION]"""
    with app.connect() as client:
        if app.args.partition:
            wanted = [find_partition(client, app.args.partition)]
        else:
            wanted = client.partitions()
        names = partition_names(client)
        rows = [_area_row(area, p.id, names) for p in wanted for area in client.memory_areas(p.id)]
        app.out.rows(AREA_COLUMNS, rows)
    return Status.DONE


# ---- what dump and check share


def _find_range(client: Board, app: App) -> Partition:
    """The partition, once it is known that the range lies in one of its areas: then the operator is
    told before anything is read. The board checks it again."""
    owner = find_partition(client, app.args.partition)
    areas = client.memory_areas(owner.id)
    first, last = app.args.address, app.args.address + app.args.size - 1
    if not any(a.start <= first and last < a.start + a.size for a in areas):
        known = ", ".join(
            f"{area.id} {word(area.start)} to {word(area.start + area.size - 1)}" for area in areas
        )
        raise UsageError(
            f"{word(first)} to {word(last)} is not within one memory area of partition {owner.id} "
            f"{plain(owner.name)}; it has: {known or 'none'}"
        )
    return owner


def _sum(client: Board, app: App, owner: Partition) -> MemorySum:
    with app.out.progress("check sum", app.args.size) as told:
        return sum_memory(client, owner.id, app.args.address, app.args.size, told)


# ---- dump


def dump(app: App) -> Status:
    """xmg mem dump PARTITION ADDRESS SIZE"""
    from ..framing import crc32c

    with app.connect() as client:
        owner = _find_range(client, app)
        with app.out.progress("reading", app.args.size) as told:
            image = read_memory(client, owner.id, app.args.address, app.args.size, told)
        proof, why = (None, "") if image.missing else _prove(client, app, owner)
    own_sum = None if image.missing else crc32c(image.data)
    result: dict[str, object] = {
        "partition": owner.id,
        "partition_name": owner.name,
        "address": image.address,
        "size": image.size,
        "complete": not image.missing,
        "missing_bytes": sum(size for _, size in image.missing),
        "changed": None if proof is None else proof.crc32c != own_sum,
        "crc32c": own_sum,
        "board_crc32c": proof.crc32c if proof else None,
        "slots": proof.slots if proof else None,
        "begun_us": proof.begun_us if proof else None,
        "board_time_us": proof.board_time_us if proof else None,
        "boot_id": image.boot_id,
        "file": _save(app.args.out, image),
    }
    _show(app, image, result)
    if why:
        app.out.warn(f"the board's check sum did not come, memory may have changed: {why}")
    return _verdict(app, image, proof, own_sum)


def _prove(client: Board, app: App, owner: Partition) -> tuple[MemorySum | None, str]:
    """The board's sum of what was read, or why it did not come: the bytes are worth showing all the
    same."""
    try:
        return _sum(client, app, owner), ""
    except (NoAnswer, LinkUnavailable) as error:
        return None, str(error)


def _save(path: Path | None, image: Image) -> str | None:
    """Writes the bytes, under the wanted name only if they are all there; gives the name."""
    if path is None:
        return None
    if image.missing:
        path = path.with_name(path.name + ".part")
    replace_file(path, image.data)
    return str(path)


def _lines(image: Image) -> list[dict[str, object]]:
    """Lines of up to 16 bytes, and gaps, by address."""
    rows: list[dict[str, object]] = [
        {"kind": "gap", "address": at, "size": size} for at, size in image.missing
    ]
    for at, data in image.pieces:
        for n in range(0, len(data), LINE_BYTES):
            part = data[n : n + LINE_BYTES]
            rows.append(
                {
                    "kind": "data",
                    "address": at + n,
                    "size": len(part),
                    "bytes": part.hex(),
                    "text": _text_of(part),
                }
            )
    return sorted(rows, key=lambda row: int(str(row["address"])))


def _text_of(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


def _show(app: App, image: Image, result: dict[str, object]) -> None:
    lines = [] if app.args.out else _lines(image)
    if app.out.format == "json":
        document: dict[str, object] = {"rows": lines}
        app.out.document(result | document)
    elif app.out.format == "table":
        for row in lines:
            app.out.line(_hex_line(row), "bold red" if row["kind"] == "gap" else "")
        app.out.text(_summary(result), "good" if result["changed"] is False else "bad")
    else:
        stream = app.out.stream([Column(key, key) for key in (*LINE_KEYS, *RESULT_KEYS)])
        for row in lines:
            stream.add(row)
        stream.add({"kind": "result", **result})
        stream.close()


def _hex_line(row: Row) -> str:
    at, size = int(str(row["address"])), int(str(row["size"]))
    if row["kind"] == "gap":
        return f"{word(at)}  {size} byte{'s' if size > 1 else ''} missing"
    pairs = [str(row["bytes"])[n : n + 2] for n in range(0, 2 * size, 2)]
    halves = " ".join(pairs[:8]), " ".join(pairs[8:])
    return f"{word(at)}  {halves[0]:<23}  {halves[1]:<23}  |{row['text']}|"


def _summary(result: Row) -> str:
    if not result["complete"]:
        told = f"{result['missing_bytes']} of {result['size']} bytes missing"
    elif result["changed"] is None:
        told = f"{result['size']} bytes, not proven"
    elif result["changed"]:
        told = f"{result['size']} bytes, CHANGED while they were read"
    else:
        told = f"{result['size']} bytes, CRC-32C {word(result['crc32c'])} as on the board"
    return f"{told}, in {result['file']}" if result["file"] else told


def _verdict(app: App, image: Image, proof: MemorySum | None, own_sum: int | None) -> Status:
    for at, size in image.missing:
        why = "the board has started anew" if image.rebooted else "lost on link"
        app.out.warn(
            f"missing: {word(at)} to {word(at + size - 1)}, {size} bytes: {why}; ask again"
        )
    if proof is None:
        return Status.INCOMPLETE
    if proof.boot_id != image.boot_id:
        app.out.warn("the board has started anew between reading and check sum: ask again")
        return Status.INCOMPLETE
    if proof.crc32c != own_sum:
        app.out.warn(
            f"memory changed while it was read: CRC-32C {word(own_sum)} of the bytes read, "
            f"{word(proof.crc32c)} on the board; suspend the partition, or read less at once"
        )
        return Status.INCOMPLETE
    return Status.DONE


# ---- check


def check(app: App) -> Status:
    """xmg mem check PARTITION ADDRESS SIZE"""
    expected = _expected(app)
    with app.connect() as client:
        owner = _find_range(client, app)
        found = _sum(client, app, owner)
    matches = None if expected is None else found.crc32c == expected
    row: dict[str, object] = {
        "partition": owner.id,
        "partition_name": owner.name,
        "address": app.args.address,
        "size": app.args.size,
        "crc32c": found.crc32c,
        "expected": expected,
        "matches": matches,
        "slots": found.slots,
        "begun_us": found.begun_us,
        "board_time_us": found.board_time_us,
        "boot_id": found.boot_id,
    }
    app.out.record(CHECK_DETAILS, row)
    if matches is False:
        app.out.error(
            f"CRC-32C is {word(found.crc32c)} on the board and should be {word(expected)}: read the "
            "bytes with `xmg mem dump` and compare"
        )
        return Status.FAILED
    return Status.DONE


def _expected(app: App) -> int | None:
    """The CRC-32C that the operator expects; None: none was named. Raises UsageError."""
    from ..framing import crc32c

    path = app.args.file
    if path is None:
        return app.args.crc
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}: name another file") from error
    if len(data) != app.args.size:
        raise UsageError(
            f"{path} has {len(data)} bytes and SIZE is {app.args.size}: make them equal"
        )
    return crc32c(data)
