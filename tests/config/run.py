#!/usr/bin/python3
"""Tests of the configuration compiler: xm_cf.xsd, xmcparser and xmcbuilder.

  bad/*.xml    are refused: status 2, the message of their first line, at the line marked "<!-- here -->", and no output
  warn/*.xml   compile, with the warning of their first line
  good/*.xml   follow the schema (xmllint), compile, and the binary read back by compiled.py says what the XML says

One line per failing case; the last line is "N passed, N failed".
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Callable
from xml.etree import ElementTree

from compiled import NONE, Compiled, crc32c

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCHEMA = ROOT / "configs" / "xm_cf.xsd"
NS = "{http://www.xtratum.org/xm-3.x}"
OWN = "{urn:xm:config-extensions:1}"
TIMEOUT_S = 60
FUZZ_CASES = 300
SYSTEM, FP, LOG = 0x100, 0x200, 0x100


class Failure(Exception):
    pass


def expect(condition: object, what: str) -> None:
    if not condition:
        raise Failure(what)


def equal(got: object, wanted: object, what: str) -> None:
    expect(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


class Tools:
    def __init__(self, build: Path, scratch: Path) -> None:
        self.bin = build / "bin"
        self.scratch = scratch
        self.count = 0

    def run(self, *words: object, **options: object) -> subprocess.CompletedProcess:
        environment = {**os.environ, **options.pop("env", {})}
        return subprocess.run(
            [str(w) for w in words], capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL, env=environment, **options,
        )

    def parser(self, *words: object, **options: object) -> subprocess.CompletedProcess:
        return self.run(self.bin / "xmcparser", *words, **options)

    def sanitized(self, *words: object, **options: object) -> subprocess.CompletedProcess:
        return self.run(self.bin / "xmcparser-san", *words, **options)

    def builder(self, *words: object, **options: object) -> subprocess.CompletedProcess:
        return self.run(self.bin / "xmcbuilder", *words, **options)

    def folder(self) -> Path:
        self.count += 1
        folder = self.scratch / str(self.count)
        folder.mkdir()
        return folder

    def compile(self, path: Path) -> tuple[Compiled, str]:
        out = self.folder() / "config.bin"
        result = self.parser("-o", out, path)
        equal(result.returncode, 0, f"status ({result.stderr.strip()})")
        equal([p.name for p in out.parent.iterdir()], ["config.bin"], "files left")
        compiled = Compiled(out.read_bytes())
        equal(compiled.is_sound(), "", "what is wrong with the file")
        return compiled, result.stderr


# ---- refusals and warnings ---------------------------------------------------------------------------------------------


def expectation(path: Path) -> tuple[str, int]:
    lines = path.read_text().splitlines()
    first = re.fullmatch(r"<!-- expect: (.*?) *-->", lines[0])
    expect(first, "the first line is not <!-- expect: ... -->")
    marked = [i for i, line in enumerate(lines, 1) if "<!-- here -->" in line]
    equal(len(marked), 1, "lines marked <!-- here -->")
    return first.group(1), marked[0]


def bad(tools: Tools, path: Path) -> None:
    text, line = expectation(path)
    out = tools.folder() / "config.bin"
    for option in ((), ("-c",)):
        result = tools.sanitized(*option, "-o", out, path)
        equal(result.returncode, 2, f"status ({result.stderr.strip()})")
        errors = [e for e in result.stderr.splitlines() if "warning:" not in e]
        equal(len(errors), 1, f"errors: {errors}")
        wanted = f"{path}:{line}: error: {text}"
        expect(errors[0].startswith(wanted), f"got {errors[0]!r}, wanted {wanted!r}")
        expect(re.search(r" - .+", errors[0]), f"no remedy in {errors[0]!r}")
        equal(list(out.parent.iterdir()), [], "files left")


def warn(tools: Tools, path: Path) -> None:
    text, line = expectation(path)
    _, messages = tools.compile(path)
    wanted = f"{path}:{line}: warning: {text}"
    expect(any(m.startswith(wanted) for m in messages.splitlines()), f"got {messages!r}, wanted {wanted!r}")
    equal(tools.parser("-m", path).stderr, "", "messages of -m")


# ---- accepted files: everything that is read back the same way for each --------------------------------------------------


def scaled(text: str, units: dict[str, int]) -> int:
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]+)", text.strip()).groups()
    whole, _, part = number.partition(".")
    return int(whole) * units[unit] + int(part or "0") * units[unit] // 10 ** len(part)


def size(text: str) -> int:
    return scaled(text, {"B": 1, "KB": 1024, "MB": 1024**2})


def time_us(text: str) -> int:
    return scaled(text.lower(), {"s": 1000000, "ms": 1000, "us": 1})


def good(tools: Tools, path: Path) -> None:
    lint = tools.run("xmllint", "--noout", "--schema", SCHEMA, path)
    equal(lint.returncode, 0, f"xmllint ({lint.stderr.strip()})")
    c, _ = tools.compile(path)
    root = ElementTree.parse(path).getroot()
    equal(c.name, root.get("name"), "system name")
    version = root.get("version").split(".")
    equal(c.head["user_version"], int(version[0]) << 16 | int(version[1]) << 8 | int(version[2]), "version")
    compare_regions(c, root)
    compare_partitions(c, root)
    compare_plans(c, root)
    compare_channels(c, root)
    compare_streams(c, root)


def compare_regions(c: Compiled, root: ElementTree.Element) -> None:
    kinds = ["stram", "sdram", "rom"]
    got = [(kinds[r["type"]], r["start"], r["size"]) for r in c.regions]
    wanted = [(r.get("type"), int(r.get("start"), 16), size(r.get("size"))) for r in root.iter(NS + "Region")]
    equal(got, wanted, "regions")


def compare_partitions(c: Compiled, root: ElementTree.Element) -> None:
    elements = root.findall(f"{NS}PartitionTable/{NS}Partition")
    equal(len(c.partitions), len(elements), "partitions")
    area = port = io = 0
    for p, e in zip(c.partitions, elements):
        name = e.get("name") or ""
        equal(p["name"], name, "partition name")
        flags = (e.get("flags") or "").split()
        equal(p["flags"], SYSTEM * ("system" in flags) + FP * ("fp" in flags), f"flags of {name}")
        areas = e.findall(f".//{NS}Area")
        equal((p["area_first"], p["area_count"]), (area, len(areas)), f"areas of {name}")
        for a in areas:
            start = int(a.get("start"), 16)
            mapped = int(a.get("mappedAt") or a.get("start"), 16)
            got = c.areas[area]
            equal((got["start"], got["size"], got["mapped_at"], got["name"]),
                  (start, size(a.get("size")), mapped, a.get("name") or ""), f"area {area}")
            area += 1
        ports = e.findall(f".//{NS}Port")
        equal((p["port_first"], p["port_count"]), (port, len(ports)), f"ports of {name}")
        for q in ports:
            got = c.ports[port]
            equal((got["name"], got["partition"], got["type"], got["direction"]),
                  (q.get("name"), int(e.get("id")), int(q.get("type") == "queuing"),
                   2 if q.get("direction") == "source" else 1), f"port {port}")
            port += 1
        grants = e.findall(f".//{NS}Range") + e.findall(f".//{NS}Restricted")
        equal((p["io_first"], p["io_count"]), (io, len(grants)), f"I/O ports of {name}")
        io += len(grants)
        lines = e.find(f".//{NS}Interrupts")
        wanted = sum(1 << int(n) for n in lines.get("lines").split()) if lines is not None else 0
        equal(p["hw_irqs"], wanted, f"lines of {name}")
    equal((len(c.areas), len(c.ports), len(c.io_ports)), (area, port, io), "table lengths")


def compare_plans(c: Compiled, root: ElementTree.Element) -> None:
    elements = list(root.iter(NS + "Plan"))
    equal([p["name"] for p in c.plans], [e.get("name") or "" for e in elements], "plan names")
    for plan, e in zip(c.plans, elements):
        equal(plan["major_frame_us"], time_us(e.get("majorFrame")), "major frame")
        slots = c.slots[plan["slot_first"] : plan["slot_first"] + plan["slot_count"]]
        now = 0
        for s in slots:
            equal(s["start_us"], now, "slots tile: start")
            expect(s["duration_us"] > 0, "slots tile: a slot is empty")
            now += s["duration_us"]
        equal(now, plan["major_frame_us"], "slots tile: end")
        got = [(s["id"], s["partition"], s["start_us"], s["duration_us"]) for s in slots if s["partition"] != NONE]
        wanted = [(int(s.get("id")), int(s.get("partitionId")), time_us(s.get("start")), time_us(s.get("duration")))
                  for s in e.findall(NS + "Slot")]
        equal(got, wanted, "slots")
        expect(all(s["id"] == NONE for s in slots if s["partition"] == NONE), "a gap has an id")


def compare_channels(c: Compiled, root: ElementTree.Element) -> None:
    channels = [e for e in root.iterfind(f"{NS}Channels/*") if not e.tag.endswith("Ipvi")]
    equal(len(c.channels), len(channels), "channels")
    for index, (got, e) in enumerate(zip(c.channels, channels)):
        queuing = e.tag.endswith("QueuingChannel")
        equal((got["type"], got["max_message_bytes"], got["max_messages"]),
              (int(queuing), size(e.get("maxMessageLength")), int(e.get("maxNoMessages") or 1)), "channel")
        valid = e.get("validPeriod") or e.get("refreshPeriod") or "0s"
        equal(got["valid_period_us"], time_us(valid), "valid period")
        first, count = got["destination_first"], got["destination_count"]
        ends = [got["source"]] + [d["port"] for d in c.destinations[first : first + count]]
        elements = [e.find(NS + "Source")] + e.findall(NS + "Destination")
        equal([(c.ports[p]["partition"], c.ports[p]["name"], c.ports[p]["channel"]) for p in ends],
              [(int(x.get("partitionId")), x.get("portName"), index) for x in elements], "channel ends")
    wanted = [(int(i.get("id")), int(i.get("sourceId")), int(d))
              for i in root.iter(NS + "Ipvi") for d in i.get("destinationId").split()]
    equal([(i["line"], i["source"], i["destination"]) for i in c.ipvis], wanted, "virtual interrupts")


def compare_streams(c: Compiled, root: ElementTree.Element) -> None:
    blocks = {b.get("name"): b for b in root.iter(NS + "MemoryBlock")}
    ends: dict[str, int] = {}
    for s in sorted(c.streams, key=lambda s: s["start"]):
        block = blocks[s["name"]]
        start = int(block.get("start"), 16)
        users = sum(1 for other in c.streams if other["name"] == s["name"])
        equal(s["size"], size(block.get("size")) // users // 8 * 8, "stream size")
        equal(s["start"], ends.get(s["name"], start), "stream start")
        ends[s["name"]] = s["start"] + s["size"]


# ---- accepted files: what only they have ---------------------------------------------------------------------------------


def hm(action: int, log: bool) -> int:
    return action | (LOG if log else 0)


def spot_messages(tools: Tools) -> None:
    c, _ = tools.compile(HERE / "good" / "v37_messages.xml")
    equal(c.head["cpu_khz"], 50000, "frequency")
    equal(c.head["hypervisor_size"], 524288, "hypervisor")
    equal(c.head["trace_mask"], 0b1101, "trace mask")
    equal(c.hm_hypervisor[:2], [hm(4, True), hm(8, True)], "hypervisor events")
    equal(c.hm_hypervisor[6], hm(0, False), "UNEXPECTED_TRAP of the hypervisor")
    second = c.partitions[1]["hm"]
    equal((second[25], second[2], second[21]), (hm(9, True), hm(3, True), hm(6, False)), "events of Partition2")
    # defaults: 3.7 logs the generic ones and some processor events
    equal((second[0], second[7], second[9], second[13]), (hm(7, True), hm(7, False), hm(7, True), hm(7, False)),
          "defaults of Partition2")
    equal([s["name"] for s in c.streams], ["MemDisk0", "MemDisk2", "MemDisk1", "MemDisk1", "MemDisk1"], "streams")
    equal((c.head["hm_stream"], c.head["trace_stream"]), (0, 1), "hypervisor's streams")
    equal([p["trace_stream"] for p in c.partitions], [2, 3, 4], "partitions' streams")
    equal([p["trace_mask"] for p in c.partitions], [1, 0xFFFFFFFF, 3], "partitions' masks")
    equal([p["console_device"] for p in c.partitions] + [c.head["console_device"]], [0, 0, 0, 0], "consoles")


def spot_plans_hardware(tools: Tools) -> None:
    c, _ = tools.compile(HERE / "good" / "v37_plans_hardware.xml")
    equal(c.head["user_version"], 0x02010E, "version")
    equal((c.head["resident_sw_start"], c.head["resident_sw_size"], c.head["resident_sw_entry"]),
          (0x40300000, 0x100000, 0x40300100), "resident software")
    equal([a["flags"] for a in c.areas],
          [0, 1, 0b101, 0, 1 | 4 | 1 << 9, 1 << 5 | 1 << 8 | 8, 2 | 1 << 10, 0], "area flags")
    equal([(i["address"], i["words"], i["mask"]) for i in c.io_ports],
          [(0x80000900, 4, NONE), (0x80000800, 1, 0xFF), (0x80000800, 1, 0xFF00)], "I/O ports")
    equal([p["console_device"] for p in c.partitions], [0, NONE, NONE], "consoles")
    equal([p["slot_count"] for p in c.plans], [5, 1, 3], "slots with gaps")
    equal(c.slots[2]["duration_us"], 100500, "a fraction")
    equal(c.hm_hypervisor[27], hm(10, True), "OVERRUN of the hypervisor")
    equal(c.partitions[0]["hm"][3], hm(10, True), "WATCHDOG_TIMER of control")
    variables = tools.parser("-m", HERE / "good" / "v37_plans_hardware.xml").stdout.splitlines()
    expect("START_1 := 0x10000000" in variables, "a mapped partition is linked where it sees its area")
    expect(not any(v.startswith("LINK_") for v in variables), "no link")


def spot_generated(tools: Tools) -> None:
    c, _ = tools.compile(HERE / "good" / "v37_generated.xml")
    equal((c.head["hm_stream"], c.head["trace_stream"], len(c.streams)), (NONE, NONE, 0), "no logs")
    equal(c.partitions[0]["flags"], SYSTEM | FP, "flags")
    equal(c.partitions[0]["trace_stream"], NONE, "trace")


def spot_older(tools: Tools) -> None:
    c, messages = tools.compile(HERE / "good" / "v32_older.xml")
    equal((c.head["cpu_khz"], c.head["hypervisor_size"], c.head["trace_mask"]), (50000, 524288, 3), "head")
    equal([c.hm_hypervisor[i] for i in (0, 26, 3, 21)], [hm(0, True), hm(4, False), hm(1, False), hm(8, True)],
          "hypervisor events")
    writer = c.partitions[0]["hm"]
    equal([writer[i] for i in (5, 13, 25, 27)], [hm(3, True), hm(7, True), hm(9, False), hm(2, True)], "writer's events")
    equal([(i["address"], i["words"], i["mask"]) for i in c.io_ports],
          [(0x80000A00, 1, NONE), (0x80000B00, 3, NONE)], "3.2: no mask means all bits")
    equal(c.channels[0]["valid_period_us"], 12000, "refreshPeriod")
    equal((c.streams[0]["size"], c.streams[1]["start"]), (6144, 0x40301800), "a block divided by two")
    expect("error" not in messages.lower().replace("internal_error", ""), "older files are only warned about")


def spot_qualified(tools: Tools) -> None:
    c, _ = tools.compile(HERE / "good" / "q_qualified.xml")
    equal([c.hm_hypervisor[i] for i in (1, 7, 39, 30)], [hm(8, True), hm(0, True), hm(4, True), hm(0, True)],
          "hypervisor events")
    manager = c.partitions[0]["hm"]
    equal([manager[i] for i in (31, 35, 19, 1, 33)],
          [hm(0, True), hm(2, True), hm(9, False), hm(10, True), hm(7, False)], "manager's events")
    equal([p["console_device"] for p in c.partitions], [0, NONE], "consoles")


def spot_links(tools: Tools) -> None:
    c, _ = tools.compile(HERE / "good" / "own_links.xml")
    equal(c.head["cpu_khz"], 0, "no frequency: the board's")
    equal([(u["id"], u["link_partition"], u["budget_bytes"], u["ring_bytes"]) for u in c.uarts],
          [(0, 0, 128, 16384), (1, 2, 256, 4096)], "links")
    equal([p["link_device"] for p in c.partitions], [0, NONE, 1], "link devices")
    equal([p["console_bytes"] for p in c.partitions], [4096, 8192, 0], "console rings")
    equal([p["console_device"] for p in c.partitions], [0, 0, 1], "consoles")
    equal([s["size"] for s in c.streams], [7168] * 4, "four logs")
    equal(c.ethernets, [dict(partition=2, registers=0x80000E00, mac_high=0x0200, mac_low=0x5E0A0B0C, ip=0x0A00020F,
                             netmask=0xFFFFFF00, gateway=0x0A000202)], "Ethernet")
    variables = tools.parser("-m", HERE / "good" / "own_links.xml").stdout.splitlines()
    expect({"LINK_UART := 0 1", "LINK_PARTITION := 0 2", "ETHERNET_PARTITION := 2", "SYSTEM_NAME := links", "PARTITION_IDS := 0 1 2",
            "NAME_0 := supervisor", "START_1 := 0x40200000", "SIZE_0 := 1048576", "HYPERVISOR_SIZE := 524288"}
           <= set(variables), f"variables: {variables}")


def spot_smallest(tools: Tools) -> None:
    c, _ = tools.compile(HERE / "good" / "smallest.xml")
    equal([(s["id"], s["partition"], s["duration_us"]) for s in c.slots], [(NONE, NONE, 1000)], "one long gap")
    equal(c.partitions[0]["name"], "", "name")


# ---- command line -------------------------------------------------------------------------------------------------------


DEMO = HERE / "good" / "v37_messages.xml"


def crc_check_value(tools: Tools) -> None:
    del tools
    equal(crc32c(b"123456789"), 0xE3069283, "CRC-32C of the tests themselves")


def c_output_builds_to_the_same(tools: Tools) -> None:
    folder = tools.folder()
    equal(tools.parser("-c", "-o", folder / "a.c", DEMO).returncode, 0, "status of -c")
    equal(tools.builder("-o", folder / "one.bin", folder / "a.c").returncode, 0, "status of xmcbuilder")
    equal(tools.parser("-o", folder / "two.bin", DEMO).returncode, 0, "status")
    equal((folder / "one.bin").read_bytes(), (folder / "two.bin").read_bytes(), "the two ways")


def default_outputs(tools: Tools) -> None:
    folder = tools.folder()
    equal(tools.parser(DEMO, cwd=folder).returncode, 0, "status")
    equal(tools.parser("-c", DEMO, cwd=folder).returncode, 0, "status of -c")
    equal(tools.builder("a.c.xmc", cwd=folder).returncode, 0, "status of xmcbuilder")
    equal(sorted(p.name for p in folder.iterdir()), ["a.bin.xmc", "a.c.xmc"], "files")


def schema_is_printed(tools: Tools) -> None:
    result = tools.parser("-d")
    equal((result.returncode, result.stdout), (0, ""), "status, output")
    expect(SCHEMA.read_text() in result.stderr, "the schema on standard error is configs/xm_cf.xsd")


LAX_SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.xtratum.org/xm-3.x">
<xs:element name="SystemDescription"><xs:complexType><xs:sequence>
<xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/></xs:sequence>
<xs:anyAttribute processContents="skip"/></xs:complexType></xs:element></xs:schema>"""


def another_schema(tools: Tools) -> None:
    folder = tools.folder()
    equal(tools.parser("-s", SCHEMA, "-o", folder / "a", DEMO).returncode, 0, "status with configs/xm_cf.xsd")
    (folder / "strict.xsd").write_text(LAX_SCHEMA.replace("SystemDescription", "Nothing"))
    equal(tools.parser("-s", folder / "strict.xsd", "-o", folder / "b", DEMO).returncode, 2, "status of another")
    result = tools.parser("-s", folder / "none.xsd", DEMO)
    equal(result.returncode, 2, "status without a schema file")
    expect("none.xsd: not a usable XML Schema" in result.stderr, result.stderr)


def lax_schema(tools: Tools) -> None:
    """What the own schema refuses is refused by the parser too, if another schema lets it pass."""
    folder = tools.folder()
    schema, path = folder / "lax.xsd", folder / "a.xml"
    schema.write_text(LAX_SCHEMA)
    equal(tools.sanitized("-s", schema, "-m", DEMO).returncode, 0, "status of a good file")
    text = (HERE / "good" / "own_links.xml").read_text().replace(
        "</PartitionTable>", '</PartitionTable><Channels><Ipvi id="0" sourceId="0" destinationId="1"/></Channels>')
    for pattern, new, message in (
        ('own:linkBudget="128"', 'own:linkBudget="0"', "linkBudget is 0"),
        ('type="sdram"', 'type="flash"', "a region of type flash is not known"),
        ('destinationId="1"', 'destinationId="1 x"', "@destinationId of Ipvi holds x"),
        ("<Ipvi ", '<QueuingChannel maxMessageLength="1B" maxNoMessages="0"/><Ipvi ', "maxNoMessages is 0"),
        ("<Ipvi ", '<SamplingChannel maxMessageLength="1B"/><Ipvi ', "the channel has no Destination"),
        ('duration="20ms"', 'duration="20"', '@duration="20" of Slot is malformed'),
        ('duration="20ms"', "", "Slot has no @duration"),
        ('start="0x40200000"', 'start="40200000"', '@start="40200000" of Area is malformed'),
        ('flags="system"', 'flags="sytem"', "sytem is not a word of @flags of Partition"),
        ('version="0.1.255"', 'version="1"', '@version="1" of SystemDescription is malformed'),
        ("(?s)<PartitionTable>.*</PartitionTable>", "", "the system has no partition, no processor or no memory region"),
        ('(?s)<SystemDescription.*', '<SystemDescription xmlns="http://www.xtratum.org/xm-3.x"/>',
         "SystemDescription has no @name - add it"),
    ):
        path.write_text(re.sub(pattern, lambda m, n=new: n, text, count=1))
        result = tools.sanitized("-s", schema, "-o", folder / "out", path)
        equal(result.returncode, 2, f"status of {new}")
        expect(f": error: {message}" in result.stderr, f"{new}: got {result.stderr!r}")


def old_output_survives_a_refusal(tools: Tools) -> None:
    out = tools.folder() / "config.bin"
    out.write_text("old")
    equal(tools.parser("-o", out, HERE / "bad" / "slot_overlap.xml").returncode, 2, "status")
    equal(out.read_text(), "old", "content")


def output_is_not_private(tools: Tools) -> None:
    folder = tools.folder()
    for option, name in (("-c", "a.c"), ("-o", "a.bin")):
        words = ("-c", "-o", folder / name) if option == "-c" else ("-o", folder / name)
        equal(tools.parser(*words, DEMO).returncode, 0, "status")
        mask = os.umask(0)
        os.umask(mask)
        equal((folder / name).stat().st_mode & 0o777, 0o666 & ~mask, f"mode of {name}")


def output_folder_missing(tools: Tools) -> None:
    folder = tools.folder()
    for words in (("-c",), ()):
        result = tools.parser(*words, "-o", folder / "none" / "a", DEMO)
        equal(result.returncode, 2, "status")
        expect("cannot create" in result.stderr, result.stderr)


def no_file(tools: Tools) -> None:
    result = tools.parser(tools.folder() / "none.xml")
    equal(result.returncode, 2, "status")
    expect(re.search(r"none\.xml: No such file", result.stderr), result.stderr)


def empty_file(tools: Tools) -> None:
    path = tools.folder() / "empty.xml"
    path.write_text("")
    result = tools.sanitized(path)
    equal(result.returncode, 2, "status")
    expect("empty.xml: error: not an XML document - " in result.stderr, result.stderr)


def usage(tools: Tools) -> None:
    for words in ((), ("-x", DEMO), (DEMO, DEMO)):
        result = tools.parser(*words)
        equal(result.returncode, 2, "status")
        expect("usage: xmcparser" in result.stderr, result.stderr)
    for program in (tools.parser, tools.builder):
        result = program("--help")
        equal(result.returncode, 0, "status of --help")
        expect("usage: " in result.stdout, "help")
    equal(tools.builder().returncode, 2, "status of xmcbuilder without a file")


def compiler_missing(tools: Tools) -> None:
    folder = tools.folder()
    result = tools.parser("-o", folder / "a", DEMO, env={"XM_CC": "no-such-compiler-gcc"})
    equal(result.returncode, 2, "status")
    expect("cannot run no-such-compiler-gcc" in result.stderr and "XM_CC" in result.stderr, result.stderr)
    equal(list(folder.iterdir()), [], "files left")


def compiler_of_the_wrong_byte_order(tools: Tools) -> None:
    result = tools.parser("-o", tools.folder() / "a", DEMO, env={"XM_CC": "gcc"})
    equal(result.returncode, 2, "status")
    expect("big-endian" in result.stderr, result.stderr)


def compiler_without_objcopy(tools: Tools) -> None:
    result = tools.parser("-o", tools.folder() / "a", DEMO, env={"XM_CC": "clung"})
    equal(result.returncode, 2, "status")


def not_a_configuration(tools: Tools) -> None:
    folder = tools.folder()
    (folder / "a.c").write_text("int main(void) { return 0; }\n")
    result = tools.builder("-o", folder / "a", folder / "a.c")
    equal(result.returncode, 2, "status")
    expect("is this the output of xmcparser -c?" in result.stderr, result.stderr)
    (folder / "b.c").write_text("this is not C\n")
    result = tools.builder("-o", folder / "b", folder / "b.c")
    equal(result.returncode, 2, "status")
    expect("could not compile" in result.stderr, result.stderr)
    equal(sorted(p.name for p in folder.iterdir()), ["a.c", "b.c"], "files left")


def temporaries_are_removed(tools: Tools) -> None:
    folder, out = tools.folder(), tools.folder() / "a"
    equal(tools.parser("-o", out, DEMO, env={"TMPDIR": str(folder)}).returncode, 0, "status")
    equal(tools.parser("-o", out, DEMO, env={"TMPDIR": str(folder), "XM_CC": "false"}).returncode, 2, "status")
    equal(list(folder.iterdir()), [], "temporary files")


def reproducible(tools: Tools) -> None:
    first, _ = tools.compile(DEMO)
    second, _ = tools.compile(DEMO)
    equal(first.data, second.data, "two runs")


def names_in_make_and_c(tools: Tools) -> None:
    folder = tools.folder()
    text = (HERE / "good" / "smallest.xml").read_text()
    path = folder / "a.xml"
    path.write_text(text.replace('<Partition id="0">', '<Partition id="0" name="a$b\\#&quot;??/\\">'))
    c, _ = tools.compile(path)
    equal(c.partitions[0]["name"], 'a$b\\#"??/\\', "name through C")
    (folder / "vars.mk").write_text(tools.parser("-m", path).stdout + "print: ; @printf '%s' '$(NAME_0)'\n")
    equal(tools.run("make", "-s", "-f", folder / "vars.mk", "print").stdout, 'a$b\\#"??/\\', "name through make")


def dump_is_readable(tools: Tools) -> None:
    text = tools.parser("--dump", HERE / "good" / "v37_plans_hardware.xml").stdout
    for wanted in ('plan 2 "Science", major frame 100000 us', "idle", 'area 0x40180000, 524288 bytes, mapped at 0x10000000',
                   "I/O 0x80000800, 1 registers, bits 0x0000ff00", "virtual interrupt 7 from partition 2 to partition 0",
                   "XM_HM_EV_OVERRUN: XM_HM_AC_SWITCH_TO_MAINTENANCE, logged", "interrupt line 12"):
        expect(wanted in text, f"{wanted!r} is not in the dump")


def systems_of_the_tree(tools: Tools) -> None:
    paths = sorted(ROOT.glob("configs/*/system.xml"))
    expect(paths, "no system in configs/")
    for path in paths:
        good(tools, path)


# ---- malformed files must not crash --------------------------------------------------------------------------------------


# Values of one form, at the limits of what the checks compare.
FORMS = {
    rb"0x[0-9a-fA-F]+": [b"0x0", b"0x40000000", b"0x40001000", b"0x80000000", b"0xfffff000", b"0xffffffff", b"0x3"],
    rb"[0-9.]+(B|KB|MB)": [b"0B", b"1B", b"4KB", b"512KB", b"4095MB", b"4095.999MB", b"0.0001MB"],
    rb"[0-9.]+[mu]?[sS]": [b"0s", b"1us", b"10ms", b"4294s", b"4294.967295s"],
    rb"[0-9]+": [b"0", b"1", b"2", b"3", b"254", b"65536", b"4294967295"],
    rb"[ -~]*": [b"", b"NULL", b"system", b"shared", b"shared unmapped", b"x" * 300, b"4294967296"],
}


def other_value(rng: random.Random, data: bytes, form: bytes) -> bytes:
    same = [v for v in re.findall(rb'="([^"]*)"', data) if re.fullmatch(form, v)]
    return rng.choice(FORMS[form] + same)


def mutate(rng: random.Random, text: bytes) -> bytes:
    """Of two files one keeps its structure and the form of its values: it reaches the checks behind the schema."""
    data = bytearray(text)
    keep_structure = rng.random() < 0.5
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        kind = 3 if keep_structure else rng.randrange(4)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at : at + rng.randint(1, 60)]
        elif kind == 2:
            data[at:at] = data[at : at + rng.randint(1, 200)]
        else:
            value = rng.choice(list(re.finditer(rb'="([^"]*)"', bytes(data))) or [None])
            if value is not None:
                form = next((f for f in FORMS if re.fullmatch(f, value.group(1))), None)
                other = other_value(rng, bytes(data), form or rng.choice(list(FORMS)))
                data[value.start(1) : value.end(1)] = other
    return bytes(data)


def malformed_files(tools: Tools) -> None:
    rng = random.Random(20261125)
    sources = [p.read_bytes() for p in sorted((HERE / "good").glob("*.xml"))]
    path, out = tools.folder() / "a.xml", tools.folder() / "a.c"
    accepted = 0
    for i in range(FUZZ_CASES):
        path.write_bytes(mutate(rng, rng.choice(sources)))
        result = tools.sanitized("-c", "-o", out, path)
        if result.returncode not in (0, 2) or "Sanitizer" in result.stderr or "runtime error" in result.stderr:
            raise Failure(f"case {i}: status {result.returncode}: {result.stderr[-800:]}")
        accepted += result.returncode == 0
    expect(FUZZ_CASES // 30 < accepted < FUZZ_CASES // 2, f"{accepted} of {FUZZ_CASES} were accepted: the mutations do not test anything")


# ---- all of it ----------------------------------------------------------------------------------------------------------


SPECIAL: list[Callable[[Tools], None]] = [
    crc_check_value, spot_messages, spot_plans_hardware, spot_generated, spot_older, spot_qualified, spot_links,
    spot_smallest, c_output_builds_to_the_same, default_outputs, schema_is_printed, another_schema, lax_schema,
    old_output_survives_a_refusal, output_is_not_private, output_folder_missing, no_file, empty_file, usage, compiler_missing,
    compiler_of_the_wrong_byte_order, compiler_without_objcopy, not_a_configuration, temporaries_are_removed, reproducible,
    names_in_make_and_c, dump_is_readable, systems_of_the_tree, malformed_files,
]


def main() -> int:
    arguments = argparse.ArgumentParser(description="Tests of the configuration compiler.")
    arguments.add_argument("--build", type=Path, default=ROOT / "build", help="folder of the programs (build)")
    arguments.add_argument("pattern", nargs="?", default="", help="only cases whose name contains this")
    chosen = arguments.parse_args()

    cases: list[tuple[str, Callable[[Tools], None]]] = []
    for check in (bad, warn, good):
        for path in sorted((HERE / check.__name__).glob("*.xml")):
            cases.append((f"{check.__name__}/{path.name}", lambda t, c=check, p=path: c(t, p)))
    cases += [(check.__name__, check) for check in SPECIAL]
    cases = [(name, case) for name, case in cases if chosen.pattern in name]

    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        tools = Tools(chosen.build.resolve(), Path(scratch))
        for name, case in cases:
            try:
                case(tools)
            except (Failure, subprocess.TimeoutExpired, OSError, AssertionError, LookupError) as problem:
                failed += 1
                print(f"FAIL {name}: {problem}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
