"""What a byte on the link device costs, and how much memory and boot time the hypervisor takes."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import probe
import sizes
from measures import TIMER_VECTORS, UART_VECTOR, calls
from results import Results, Row


# ---- 5: the link device --------------------------------------------------------------------------

FED_BYTES = 1000  # what QEMU's UART holds; the owner ends the system when it has got them all
BUDGET = 256  # default of linkBudget


def measure_link(build_dir: str, results: Results) -> None:
    run = probe.run(
        probe.build("bench-link", build_dir), build_dir, feed=bytes(FED_BYTES), after=b">"
    )
    found = calls(run)
    sent = statistics.median(c for c, _ in found["link_write_33"]) - statistics.median(
        c for c, _ in found["link_write_1"]
    )
    results.rows.append(
        Row(
            5,
            "link device: each byte sent",
            round(sent / 32, 1),
            note="in XM_link_write: into the ring, and from there to the UART",
        )
    )
    ready = next(i for i, item in enumerate(run.items) if item.name == "ready")
    interrupts = [
        item.length
        for item in run.items[ready:]
        if item.vector == UART_VECTOR or item.vector in TIMER_VECTORS
    ]
    if not interrupts:
        results.rows.append(
            Row(5, "link device: each byte received", None, note="no interrupt was seen")
        )
        return
    received = sum(interrupts) / FED_BYTES
    results.rows.append(
        Row(
            5,
            "link device: each byte received",
            round(received, 1),
            note=f"{FED_BYTES} bytes in {len(interrupts)} interrupts, the longest {max(interrupts)}",
        )
    )
    results.rows.append(
        Row(
            5,
            f"link device: what a flood takes from a slot, budget {BUDGET}",
            round(BUDGET * received),
            note="decision 9: budget times handler cost; other budgets in proportion",
        )
    )


# ---- 6: footprint --------------------------------------------------------------------------------

USED = re.compile(r"(\d+) of \d+ bytes used")


def memory_used(build_dir: str, partitions: int, channels: int) -> int:
    """Bytes that the hypervisor says it uses in a system of that size.

    The channels, of 64 bytes, lead from partition 0 to partition 1."""
    name = f"footprint-{partitions}-{channels}"
    folder = probe.ROOT / build_dir / "bench" / name
    folder.mkdir(parents=True, exist_ok=True)
    text = ""
    for i in range(partitions):
        ports = "".join(
            f'<Port name="p{n}" direction="{"destination" if i else "source"}" type="sampling"/>'
            for n in range(channels)
        )
        text += (
            f'<Partition id="{i}" name="p{i}" flags="{"none" if i else "system"}">'
            f'<PhysicalMemoryAreas><Area start="{0x40100000 + i * 0x40000:#x}" size="256KB"/></PhysicalMemoryAreas>'
            + (f"<PortTable>{ports}</PortTable>" if channels and i < 2 else "")
            + "</Partition>"
        )
    wires = "".join(
        f'<SamplingChannel maxMessageLength="64B"><Source partitionId="0" portName="p{n}"/>'
        f'<Destination partitionId="1" portName="p{n}"/></SamplingChannel>'
        for n in range(channels)
    )
    template = Path(__file__).with_name("footprint.xml").read_text()
    (folder / "system.xml").write_text(template.format(partitions=text, channels=wires))
    (folder / "ender.c").write_text(
        "#include <xm.h>\nvoid PartitionMain(void)\n{\n    XM_halt_system();\n}\n"
    )
    (folder / "system.mk").write_text(
        "SRC_0 := ender.c\n" + "".join(f"SRC_{i} := none\n" for i in range(1, partitions))
    )
    console = probe.run_plain(probe.build(name, build_dir, str(folder.relative_to(probe.ROOT))))
    match = USED.search(console)
    if match is None:
        raise probe.BenchError(
            f"{name}: the hypervisor does not say how much memory it uses:\n{console}"
        )
    return int(match.group(1))


def measure_footprint(build_dir: str, results: Results) -> None:
    run = probe.run(probe.build("bench-hypercalls", build_dir), build_dir)
    linked = sizes.pieces(build_dir)
    text, boot, rodata = (sizes.total(linked, kind) for kind in ("text", "boot", "rodata"))
    data, bss = (sizes.total(linked, kind) for kind in ("data", "bss"))
    results.modules = sizes.modules(build_dir)
    results.rows.append(
        Row(
            6,
            "hypervisor text + rodata",
            text + boot + rodata,
            unit="B",
            target=40960,
            note=f"text {text} (trap table 4096), of the boot {boot}, rodata {rodata}; "
            "paper: below 62 KB",
        )
    )
    results.rows.append(
        Row(
            6,
            "hypervisor text + rodata, after the boot",
            text + rodata,
            unit="B",
            note="the memory of the boot's part is two stacks then",
        )
    )
    results.rows.append(
        Row(
            6,
            "hypervisor data + bss",
            data + bss,
            unit="B",
            note=f"data {data}, bss {bss}",
        )
    )
    small, large, wired = (
        memory_used(build_dir, 2, 0),
        memory_used(build_dir, 18, 0),
        memory_used(build_dir, 2, 16),
    )
    results.rows.append(
        Row(
            6,
            "memory of a system of 2 partitions",
            small,
            unit="B",
            note="image and configuration included",
        )
    )
    results.rows.append(
        Row(
            6,
            "memory of each further partition",
            round((large - small) / 16),
            unit="B",
            note="control table, page tables, registers, configuration",
        )
    )
    results.rows.append(
        Row(
            6,
            "memory of each channel of 64 bytes with its two ports",
            round((wired - small) / 16),
            unit="B",
        )
    )
    entry = next(item for item in run.items if item.vector == 0)
    first = next(item for item in run.items if run.image.partition_at(item.leave_pc) is not None)
    results.rows.append(
        Row(
            6,
            "boot: reset to the first partition instruction",
            first.leave_count,
            note="boot loader with all digests, bench-hypercalls",
        )
    )
    results.rows.append(
        Row(6, "boot: the hypervisor's part of it", first.leave_count - entry.count)
    )
