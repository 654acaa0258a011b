"""What every hypercall must answer: the specification as a model, written without looking at how the kernel does it.

Sources: libxm-interface section 3 (who, codes), hypercalls.def (arguments) and docs/compatibility.md (choices where
dialects differ). Where several refusals apply to one call, the specification fixes only that number and permission come
first and the state of the object last: any code of the others is then right, and the oracle allows exactly those.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

OK, NO_ACTION, UNKNOWN, PARAM, PERM, CONFIG, MODE, NOT_ALLOWED = 0, -1, -2, -3, -4, -5, -6, -7
NAME_BYTES = 16
NAMESPACE = "{http://www.xtratum.org/xm-3.x}"
EXTENSIONS = "{urn:xm:config-extensions:1}"
SOURCE, DESTINATION = 2, 1
SAMPLING, QUEUING = 0, 1
HYPERVISOR_ID = 0xFF


def signed(word: int) -> int:
    return word - (1 << 32) if word & 0x80000000 else word


def signed64(high: int, low: int) -> int:
    value = high << 32 | low
    return value - (1 << 64) if value >> 63 else value


# ---- the system, read from its XML ----------------------------------------------------------------------------------


@dataclass
class Area:
    start: int
    size: int
    mapped: int
    flags: list[str]

    def virtual(self, address: int, size: int) -> bool:
        return "unmapped" not in self.flags and self.mapped <= address and address + size <= self.mapped + self.size \
            and address < self.mapped + self.size

    def physical(self, address: int, size: int) -> bool:
        return self.start <= address < self.start + self.size and address + size <= self.start + self.size

    @property
    def writable(self) -> bool:
        return "read-only" not in self.flags and "rom" not in self.flags


@dataclass
class Port:
    name: str
    type: int
    direction: int
    channel: int | None = None


@dataclass
class Channel:
    type: int
    bytes: int
    messages: int
    period_us: int
    last: int = 0      # bytes of the last message of a sampling channel
    waiting: list[int] = field(default_factory=list)  # sizes of queued messages


@dataclass
class Partition:
    id: int
    name: str
    system: bool
    areas: list[Area]
    ports: list[Port]
    ranges: list[tuple[int, int, int]]  # I/O: address, words, mask
    trace_mask: int | None
    has_image: bool = True
    link_bytes: int = 0     # ring of the link device that it serves; 0: none
    console_bytes: int = 0  # ring that keeps its console output; 0: none


def number(text: str) -> int:
    """A size or time of the XML, in bytes or microseconds."""
    units = {"us": 1, "ms": 1000, "s": 1000000, "KB": 1024, "MB": 1 << 20, "B": 1}
    for unit, factor in units.items():
        if text.endswith(unit) and not text.startswith("0x"):
            return int(float(text[:-len(unit)]) * factor)
    return int(text, 0)


class System:
    """Everything of a system.xml that decides on an answer."""

    def __init__(self, path: Path) -> None:
        root = ElementTree.parse(path).getroot()
        self.plans = [plan.get("name", "") for plan in root.iter(NAMESPACE + "Plan")]
        self.partitions = [self._partition(element) for element in root.iter(NAMESPACE + "Partition")]
        for uart in root.iter(NAMESPACE + "Uart"):
            served = uart.get(EXTENSIONS + "linkPartition")
            if served is not None:
                self.partitions[int(served)].link_bytes = number(uart.get(EXTENSIONS + "ringSize", "4KB"))
                for e, partition in zip(root.iter(NAMESPACE + "Partition"), self.partitions):
                    if e.get("console") == uart.get("name"):
                        partition.console_bytes = number(e.get(EXTENSIONS + "consoleSize", "4KB"))
        self.channels: list[Channel] = []
        for element in root.iter(NAMESPACE + "Channels"):
            for child in element:
                if not child.tag.endswith("Ipvi"):
                    self._channel(child)
        self.ipvis = [(int(e.get("id", "")), int(e.get("sourceId", "")), [int(d) for d in e.get("destinationId", "").split()])
                      for e in root.iter(NAMESPACE + "Ipvi")]

    @staticmethod
    def _partition(e: ElementTree.Element) -> Partition:
        areas = [Area(number(a.get("start", "")), number(a.get("size", "")), number(a.get("mappedAt", a.get("start", ""))),
                      a.get("flags", "").split()) for a in e.iter(NAMESPACE + "Area")]
        ports = [Port(p.get("name", ""), QUEUING if p.get("type") == "queuing" else SAMPLING,
                      SOURCE if p.get("direction") == "source" else DESTINATION) for p in e.iter(NAMESPACE + "Port")]
        ranges = [(number(r.get("base", "")), number(r.get("noPorts", "")), 0xFFFFFFFF) for r in e.iter(NAMESPACE + "Range")]
        ranges += [(number(r.get("address", "")), 1, number(r.get("mask", "0"))) for r in e.iter(NAMESPACE + "Restricted")]
        trace = e.find(NAMESPACE + "Trace")
        return Partition(int(e.get("id", "")), e.get("name", ""), "system" in e.get("flags", "").split(), areas, ports,
                         ranges, None if trace is None else number(trace.get("bitmask", "0")))

    def _channel(self, e: ElementTree.Element) -> None:
        queuing = e.tag.endswith("QueuingChannel")
        self.channels.append(Channel(QUEUING if queuing else SAMPLING, number(e.get("maxMessageLength", "")),
                                     int(e.get("maxNoMessages", "1")), number(e.get("validPeriod", "0s"))))
        for end in e:
            for port in self.partitions[int(end.get("partitionId", ""))].ports:
                if port.name == end.get("portName"):
                    port.channel = len(self.channels) - 1


# ---- answers ----------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What is right: codes in any of the ranges; whether the call comes back; what it changes besides."""

    ranges: list[tuple[int, int]]
    returns: bool = True
    effect: tuple[str, int] | None = None  # (what, partition or plan): seen by the medic
    writes: bool = False                   # may have changed memory of the caller

    def allows(self, code: int) -> bool:
        return any(low <= code <= high for low, high in self.ranges)

    def text(self) -> str:
        return " or ".join(str(low) if low == high else f"{low}..{high}" for low, high in self.ranges)

    @property
    def accepted(self) -> bool:
        return any(high >= 0 for _, high in self.ranges)


def exactly(*codes: int) -> Answer:
    return Answer([(code, code) for code in codes])


ANY_CODE = Answer([(-8, 0x7FFFFFFF)], writes=True)


class Model:
    """The state of the system as far as it decides on answers, seen from one partition that makes calls."""

    def __init__(self, system: System, caller: int, rows: dict[int, tuple[str, str]], sizes: dict[str, tuple[int, int]],
                 memory: dict[int, bytes]) -> None:
        """rows: number -> (name, who); sizes: type -> (size, alignment); memory: what stands at which address of the caller."""
        self.system, self.rows, self.sizes, self.memory = system, rows, sizes, memory
        self.me = system.partitions[caller]
        self.open: set[int] = set()
        self.pending: set[tuple[int, int]] = set()  # (partition, extended interrupt)
        self.without_oracle: set[str] = set()

    # -- memory

    def readable(self, address: int, size: int) -> bool:
        return any(area.virtual(address, size) for area in self.me.areas)

    def writable(self, address: int, size: int) -> bool:
        return any(area.virtual(address, size) and area.writable for area in self.me.areas)

    def out(self, address: int, type_name: str) -> bool:
        size, alignment = self.sizes[type_name]
        return address % alignment == 0 and self.writable(address, size)

    def byte(self, address: int) -> int:
        for start, content in self.memory.items():
            if start <= address < start + len(content):
                return content[address - start]
        raise KeyError(f"no content known at {address:#x}: put it into a window")

    def name(self, address: int) -> bytes | None:
        """The name at an address; None: no NUL within the allowed length, or it leaves the caller's memory."""
        text = b""
        for i in range(NAME_BYTES):
            if not self.readable((address + i) & 0xFFFFFFFF, 1):
                return None
            char = self.byte(address + i)
            if char == 0:
                return text
            text += bytes([char])
        return None

    # -- the answer to a call

    def answer(self, number_: int, a: list[int]) -> Answer:
        """The right answer to hypercall `number_` with argument words a[0..4], and the state after it."""
        if number_ not in self.rows:
            return exactly(UNKNOWN)
        name, who = self.rows[number_]
        if not self.me.system and (who == "XM_SYS" or (who == "XM_OWN" and a[0] != self.me.id)):
            return exactly(PERM)
        handler: Callable[[list[int]], Answer] | None = getattr(self, "call_" + name, None)
        if handler is None:
            self.without_oracle.add(name)
            return ANY_CODE
        return handler(a)

    def answer_asm(self, number_: int, a: list[int]) -> Answer:
        if number_ == 2:  # sparc_get_psr
            return Answer([(-0x80000000, 0x7FFFFFFF)])
        return exactly(OK) if number_ in (1, 3, 4, 5) else exactly(UNKNOWN)

    def reset_me(self) -> None:
        """The caller was reset: its ports are closed; channels keep their messages."""
        self.open.clear()
        self.pending = {p for p in self.pending if p[0] != self.me.id}

    def reset_other(self, partition: int) -> None:
        self.pending = {p for p in self.pending if p[0] != partition}

    def reset_system(self) -> None:
        self.reset_me()
        self.pending.clear()
        for channel in self.system.channels:
            channel.last = 0
            channel.waiting = []

    # -- partitions (3.2)

    def _partition(self, id_: int) -> Partition | None:
        return self.system.partitions[id_] if id_ < len(self.system.partitions) else None

    def call_halt_partition(self, a: list[int]) -> Answer:
        p = self._partition(a[0])
        if p is None:
            return exactly(PARAM)
        if not p.has_image:
            return exactly(NO_ACTION)
        if p is self.me:
            self.reset_me()
            return Answer([], returns=False, effect=("halt", p.id))
        self.reset_other(p.id)
        return Answer([(OK, OK)], effect=("halt", p.id))

    def call_suspend_partition(self, a: list[int]) -> Answer:
        p = self._partition(a[0])
        if p is None:
            return exactly(PARAM)
        return Answer([(OK, OK)], effect=("suspend", p.id)) if p.has_image else exactly(NO_ACTION)

    def call_resume_partition(self, a: list[int]) -> Answer:
        return exactly(PARAM if self._partition(a[0]) is None else NO_ACTION)

    def call_reset_partition(self, a: list[int]) -> Answer:
        p = self._partition(a[0])
        if p is None or a[1] > 1:
            return exactly(PARAM)
        if not p.has_image:
            return exactly(CONFIG)
        if p is self.me:
            self.reset_me()
            return Answer([], returns=False, effect=("cold" if a[1] == 0 else "warm", p.id))
        self.reset_other(p.id)
        return Answer([(OK, OK)], effect=("cold" if a[1] == 0 else "warm", p.id))

    def call_shutdown_partition(self, a: list[int]) -> Answer:
        p = self._partition(a[0])
        return exactly(PARAM if p is None else OK if p.has_image else NO_ACTION)

    def call_idle_self(self, a: list[int]) -> Answer:
        return exactly(OK)

    def call_get_partition_status(self, a: list[int]) -> Answer:
        return self._status(self._partition(a[0]) is None, a[1], "xmPartitionStatus_t")

    def call_set_partition_opmode(self, a: list[int]) -> Answer:
        return exactly(OK if a[0] <= 3 else PARAM)

    def call_get_gid_by_name(self, a: list[int]) -> Answer:
        name = self.name(a[0])
        if a[1] > 1 or name is None:
            return exactly(PARAM)
        names = [p.name for p in self.system.partitions] if a[1] == 0 else self.system.plans
        text = name.decode("latin-1")
        return exactly(names.index(text)) if text and text in names else exactly(CONFIG)

    # -- system (3.1)

    def call_halt_system(self, a: list[int]) -> Answer:
        self.reset_system()
        return Answer([], returns=False, effect=("halt_system", 0))

    def call_reset_system(self, a: list[int]) -> Answer:
        if a[0] > 1:
            return exactly(PARAM)
        self.reset_system()
        return Answer([], returns=False, effect=("reset_system", a[0]))

    def call_get_system_status(self, a: list[int]) -> Answer:
        return self._status(False, a[0], "xmSystemStatus_t")

    def call_kernel_info(self, a: list[int]) -> Answer:
        return self._status(False, a[0], "struct xm_kernel_info")

    def call_read_config(self, a: list[int]) -> Answer:
        length = self.sizes["conf.xmc"][0]
        if a[0] > length:
            return exactly(PARAM)
        size = min(a[2], length - a[0], 512)
        if size == 0:
            # Nothing is copied: the specification does not say whether the pointer counts.
            return exactly(OK) if self.writable(a[1], 1) else exactly(OK, PARAM)
        return Answer([(size, size)], writes=True) if self.writable(a[1], size) else exactly(PARAM)

    def _status(self, bad_id: bool, address: int, type_name: str) -> Answer:
        """OK into a record of that type, or XM_INVALID_PARAM."""
        if bad_id or not self.out(address, type_name):
            return exactly(PARAM)
        return Answer([(OK, OK)], writes=True)

    # -- time (3.3)

    def call_get_time(self, a: list[int]) -> Answer:
        return self._status(a[0] > 1, a[1], "xmTime_t")

    def call_set_timer(self, a: list[int]) -> Answer:
        absolute, interval = signed64(a[1], a[2]), signed64(a[3], a[4])
        return exactly(PARAM if a[0] > 2 or absolute < 0 or interval < 0 or 0 < interval < 50 else OK)

    # -- plans (3.4)

    def call_switch_sched_plan(self, a: list[int]) -> Answer:
        if a[0] >= len(self.system.plans) or not self.out(a[1], "xm_u32_t"):
            return exactly(PARAM)
        if a[0] == 0:  # the medic returns to plan 0 after every switch
            return Answer([(NO_ACTION, NO_ACTION)], writes=True)
        return Answer([(OK, OK)], effect=("plan", a[0]), writes=True)

    def call_get_plan_status(self, a: list[int]) -> Answer:
        return self._status(False, a[0], "xmPlanStatus_t")

    # -- ports (3.5)

    def _named(self, address: int) -> int | None:
        """Index of the caller's port of that name. -1: no such port; None: no name there."""
        name = self.name(address)
        if name is None:
            return None
        names = [port.name for port in self.me.ports]
        text = name.decode("latin-1")
        return names.index(text) if text in names else -1

    def _create(self, a: list[int], kind: int, properties_ok: Callable[[Channel], bool], direction: int) -> Answer:
        index = self._named(a[0])
        if direction not in (SOURCE, DESTINATION) or index is None:
            return exactly(PARAM)
        if index < 0:
            return exactly(PARAM)
        port = self.me.ports[index]
        if port.type != kind or port.direction != direction or \
                (port.channel is not None and not properties_ok(self.system.channels[port.channel])):
            return exactly(CONFIG)
        if index in self.open:
            return exactly(NO_ACTION)
        self.open.add(index)
        return exactly(index)

    def call_create_sampling_port(self, a: list[int]) -> Answer:
        return self._create(a, SAMPLING, lambda c: a[1] == c.bytes and (a[3] << 32 | a[4]) == c.period_us, a[2])

    def call_create_queuing_port(self, a: list[int]) -> Answer:
        return self._create(a, QUEUING, lambda c: a[1] == c.messages and a[2] == c.bytes, a[3])

    def _open_port(self, descriptor: int, kind: int) -> Port | None:
        if descriptor not in self.open or self.me.ports[descriptor].type != kind:
            return None
        return self.me.ports[descriptor]

    def _transfer(self, a: list[int], kind: int, direction: int, write: bool, flags: int = 0) -> Answer | Channel:
        """A refusal, the answer of an unconnected port, or the channel to act on."""
        port = self._open_port(a[0], kind)
        if port is None or port.direction != direction:
            return exactly(PARAM)
        flags_ok = flags == 0 or self.out(flags, "xm_u32_t")
        if port.channel is None:
            return Answer([(OK, OK)], writes=flags != 0) if flags_ok else exactly(PARAM)
        channel = self.system.channels[port.channel]
        refusals = set()
        if a[2] == 0 or a[2] > channel.bytes:
            refusals.add(CONFIG)
        pointer_ok = self.writable(a[1], max(a[2], 1)) if write else self.readable(a[1], max(a[2], 1))
        if not pointer_ok or not flags_ok:
            refusals.add(PARAM)
        return exactly(*refusals) if refusals else channel

    def call_write_sampling_message(self, a: list[int]) -> Answer:
        channel = self._transfer(a, SAMPLING, SOURCE, False)
        if isinstance(channel, Answer):
            return channel
        channel.last = a[2]
        return exactly(OK)

    def call_read_sampling_message(self, a: list[int]) -> Answer:
        channel = self._transfer(a, SAMPLING, DESTINATION, True, a[3])
        if isinstance(channel, Answer):
            return channel
        size = min(a[2], channel.last)
        return Answer([(size, size)], writes=True)

    def call_get_sampling_port_status(self, a: list[int]) -> Answer:
        return self._status(self._open_port(a[0], SAMPLING) is None, a[1], "xmSamplingPortStatus_t")

    def call_get_queuing_port_status(self, a: list[int]) -> Answer:
        return self._status(self._open_port(a[0], QUEUING) is None, a[1], "xmQueuingPortStatus_t")

    def call_port_status(self, a: list[int]) -> Answer:
        partition = self._partition(a[0])
        no_port = partition is None or a[1] >= len(partition.ports)
        return self._status(no_port, a[2], "struct xm_port_status")

    def _info(self, a: list[int], kind: int, type_name: str) -> Answer:
        index = self._named(a[0])
        return self._status(index is None or index < 0 or self.me.ports[index].type != kind, a[1], type_name)

    def call_get_sampling_port_info(self, a: list[int]) -> Answer:
        return self._info(a, SAMPLING, "xmSamplingPortInfo_t")

    def call_get_queuing_port_info(self, a: list[int]) -> Answer:
        return self._info(a, QUEUING, "xmQueuingPortInfo_t")

    def call_send_queuing_message(self, a: list[int]) -> Answer:
        channel = self._transfer(a, QUEUING, SOURCE, False)
        if isinstance(channel, Answer):
            return channel
        if len(channel.waiting) == channel.messages:
            return exactly(NOT_ALLOWED)
        channel.waiting.append(a[2])
        return exactly(OK)

    def call_receive_queuing_message(self, a: list[int]) -> Answer:
        channel = self._transfer(a, QUEUING, DESTINATION, True)
        if isinstance(channel, Answer):
            return channel
        if not channel.waiting:
            return exactly(NOT_ALLOWED)
        size = min(a[2], channel.waiting.pop(0))
        return Answer([(size, size)], writes=True)

    # -- health monitor and traces (3.6)

    def _record(self, refused: bool, address: int, type_name: str) -> Answer:
        """1 with a record, 0 when there is none, or XM_INVALID_PARAM. How many there are is not modelled."""
        if refused or not self.out(address, type_name):
            return exactly(PARAM)
        return Answer([(0, 1)], writes=True)

    def _seek(self, offset: int, whence: int) -> Answer:
        if whence > 2:
            return exactly(PARAM)
        if offset == 0:
            return exactly(OK)
        if whence == 1 and offset < 0 or whence == 2 and offset > 0 or abs(offset) > 1 << 16:
            return exactly(PARAM)
        return exactly(OK, PARAM)  # depends on how many records there are

    def call_hm_read(self, a: list[int]) -> Answer:
        return self._record(False, a[0], "xmHmLog_t")

    def call_hm_seek(self, a: list[int]) -> Answer:
        return self._seek(signed(a[0]), a[1])

    def call_hm_status(self, a: list[int]) -> Answer:
        return self._status(False, a[0], "xmHmStatus_t")

    def call_hm_raise_event(self, a: list[int]) -> Answer:
        return exactly(OK if 31 <= a[0] <= 38 else PARAM)

    def call_trace_event(self, a: list[int]) -> Answer:
        if not self.out(a[1], "xmTraceEvent_t"):
            return exactly(PARAM)
        if self.me.trace_mask is None or not a[0] & self.me.trace_mask:
            return exactly(CONFIG)
        return Answer([(OK, OK)], writes=True)

    def _stream(self, descriptor: int) -> int | None:
        """Id of the stream behind a descriptor as XM_trace_open() gives it; None: no such descriptor."""
        id_ = descriptor >> 10 & 0x3FF
        good = descriptor == (2 << 24 | id_ << 10) and (id_ < len(self.system.partitions) or id_ == HYPERVISOR_ID)
        return id_ if good else None

    def call_trace_open(self, a: list[int]) -> Answer:
        good = a[0] < len(self.system.partitions) or a[0] == HYPERVISOR_ID
        return Answer([(1, 0x7FFFFFFF)]) if good else exactly(PARAM)

    def _on_stream(self, descriptor: int, then: Callable[[], Answer]) -> Answer:
        id_ = self._stream(descriptor)
        if id_ is None:
            return exactly(PARAM)
        return exactly(PERM) if not self.me.system and id_ != self.me.id else then()

    def call_trace_read(self, a: list[int]) -> Answer:
        return self._on_stream(a[0], lambda: self._record(False, a[1], "xmTraceEvent_t"))

    def call_trace_seek(self, a: list[int]) -> Answer:
        return self._on_stream(a[0], lambda: self._seek(signed(a[1]), a[2]))

    def call_trace_status(self, a: list[int]) -> Answer:
        return self._on_stream(a[0], lambda: self._status(False, a[1], "xmTraceStatus_t"))

    # -- interrupts (3.7)

    def _always_ok(self, a: list[int]) -> Answer:
        return exactly(OK)

    call_set_irqmask = call_clear_irqmask = call_set_irqpend = call_clear_irqpend = _always_ok

    def call_route_irq(self, a: list[int]) -> Answer:
        count = {0: 20, 1: 16, 2: 32}.get(a[0], 0)
        return exactly(OK if a[1] < count and a[2] < 256 else PARAM)

    def call_raise_ipvi(self, a: list[int]) -> Answer:
        if not 24 <= a[0] <= 31:
            return exactly(PARAM)
        destinations = [d for line, source, ds in self.system.ipvis if source == self.me.id and 24 + line == a[0] for d in ds]
        self.pending |= {(d, a[0]) for d in destinations}
        return exactly(OK if destinations else NO_ACTION)

    def call_raise_partition_ipvi(self, a: list[int]) -> Answer:
        if self._partition(a[0]) is None or not 24 <= a[1] <= 31:
            return exactly(PARAM)
        linked = any(source == self.me.id and 24 + line == a[1] and a[0] in ds for line, source, ds in self.system.ipvis)
        if not linked:
            return exactly(CONFIG)
        if (a[0], a[1]) in self.pending:
            return exactly(NO_ACTION)
        self.pending.add((a[0], a[1]))
        return exactly(OK)

    # -- memory, devices, console (3.8)

    def call_write_console(self, a: list[int]) -> Answer:
        length = signed(a[1])
        if length < 0 or (length > 0 and not self.readable(a[0], length)):
            return exactly(PARAM)
        # A ring for the ground takes everything and forgets the oldest; without a console nothing is written.
        return exactly(length if self.me.console_bytes else 0)

    def call_memory_copy(self, a: list[int]) -> Answer:
        to, from_, size = self._partition(a[0]), self._partition(a[2]), a[4]
        if not self.me.system and (a[0] != self.me.id or a[2] != self.me.id):
            return exactly(PERM)
        if to is None or from_ is None or (a[1] | a[3]) & 3 or size > 4096:
            return exactly(PARAM)
        if size == 0:
            return exactly(OK)
        if not any(area.physical(a[1], size) and area.writable for area in to.areas) or \
                not any(area.physical(a[3], size) for area in from_.areas):
            return exactly(PARAM)
        return Answer([(size, size)], writes=True, effect=None if to is self.me else ("copy", to.id))

    def _granted(self, port: int) -> bool:
        return any(address <= port < address + 4 * words for address, words, _ in self.me.ranges)

    def call_sparc_inport(self, a: list[int]) -> Answer:
        refusals = set()
        if a[0] & 3 or not self.out(a[1], "xm_u32_t"):
            refusals.add(PARAM)
        if not self._granted(a[0]):
            refusals.add(PERM)
        return exactly(*refusals) if refusals else Answer([(OK, OK)], writes=True)

    def call_sparc_outport(self, a: list[int]) -> Answer:
        refusals = set()
        if a[0] & 3:
            refusals.add(PARAM)
        if not self._granted(a[0]):
            refusals.add(PERM)
        return exactly(*refusals) if refusals else exactly(OK)

    def call_sparc_write_tbr(self, a: list[int]) -> Answer:
        return exactly(OK if a[0] % 4096 == 0 and self.readable(a[0], 4096) else PARAM)

    def _atomic(self, a: list[int]) -> Answer:
        return self._status(False, a[0], "xm_u32_t")

    call_sparc_atomic_add = call_sparc_atomic_and = call_sparc_atomic_or = _atomic

    # -- xm's own (abi/records.h)

    def _batch(self, refused: bool, address: int, size: int, most: int) -> Answer:
        if refused or address % 8 or size < 32 or not self.writable(address, size):
            return exactly(PARAM)
        return Answer([(0, most)], writes=True)

    def call_hm_fetch(self, a: list[int]) -> Answer:
        return self._batch(False, a[2], a[3], max(0, (a[3] - 32) // 64))

    def call_trace_fetch(self, a: list[int]) -> Answer:
        bad = a[0] >= len(self.system.partitions) and a[0] != HYPERVISOR_ID
        return self._batch(bad, a[3], a[4], max(0, (a[4] - 32) // 48))

    def call_console_fetch(self, a: list[int]) -> Answer:
        p = self._partition(a[0])
        return self._batch(p is None, a[3], a[4], 0 if p is None else min(p.console_bytes, max(0, a[4] - 32)))

    def _link(self, a: list[int], write: bool) -> Answer:
        """Bytes moved: what is there, or what there is room for; both change by themselves."""
        if not self.me.link_bytes:
            return exactly(CONFIG)
        if a[1] == 0:
            return exactly(OK)
        if not (self.writable(a[0], a[1]) if write else self.readable(a[0], a[1])):
            return exactly(PARAM)
        return Answer([(0, min(a[1], self.me.link_bytes))], writes=write)

    def call_link_read(self, a: list[int]) -> Answer:
        return self._link(a, True)

    def call_link_write(self, a: list[int]) -> Answer:
        return self._link(a, False)

    def call_link_status(self, a: list[int]) -> Answer:
        return self._status(False, a[0], "struct xm_link_status") if self.me.link_bytes else exactly(CONFIG)

    def call_eth_reset(self, a: list[int]) -> Answer:
        return exactly(CONFIG)  # no partition of the campaigns owns an Ethernet device

    call_eth_give = call_eth_take = call_eth_reset
