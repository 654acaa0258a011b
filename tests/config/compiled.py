"""Reader of compiled configurations, written from the description in hypervisor/abi/config.h but independent of it.

It is the second opinion of the tests: field order, byte order, offsets and CRC are repeated here on purpose.
"""

from __future__ import annotations

import struct

NONE = 0xFFFFFFFF
EVENTS = 40

HEAD = (
    "magic revision length crc32c user_version name cpu_khz hypervisor_size console_device hm_stream trace_stream "
    "trace_mask resident_sw_start resident_sw_size resident_sw_entry"
).split()
TABLES = (
    "regions areas partitions plans slots ports channels destinations io_ports uarts streams ipvis ethernets strings"
).split()
ROWS = {
    "regions": "type start size line",
    "areas": "start size mapped_at flags name",
    "partitions": "name flags area_first area_count port_first port_count io_first io_count hw_irqs console_device "
    "console_bytes trace_stream trace_mask link_device",
    "plans": "name major_frame_us slot_first slot_count",
    "slots": "id partition start_us duration_us",
    "ports": "name partition type direction channel",
    "channels": "type max_message_bytes max_messages valid_period_us source destination_first destination_count",
    "destinations": "port",
    "io_ports": "address words mask",
    "uarts": "name id baud link_partition budget_bytes ring_bytes",
    "streams": "name start size",
    "ipvis": "line source destination",
    "ethernets": "partition registers mac_high mac_low ip netmask gateway",
}


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Compiled:
    """Head fields as attributes; tables as lists of dicts, names resolved to text ("" for none)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        words = [w for (w,) in struct.iter_unpack(">I", data[: len(data) // 4 * 4])]
        self.head = dict(zip(HEAD, words))
        where = len(HEAD)
        self.tables = {}
        for table in TABLES:
            self.tables[table] = (words[where], words[where + 1])
            where += 2
        self.hm_hypervisor = words[where : where + EVENTS]
        for table, names in ROWS.items():
            setattr(self, table, self._rows(words, table, names.split()))
        self.name = self._text(self.head["name"])

    def _rows(self, words: list[int], table: str, names: list[str]) -> list[dict]:
        offset, count = self.tables[table]
        extra = EVENTS if table == "partitions" else 0
        rows = []
        for i in range(count):
            at = offset // 4 + i * (len(names) + extra)
            row = dict(zip(names, words[at : at + len(names)]))
            if extra:
                row["hm"] = words[at + len(names) : at + len(names) + extra]
            if "name" in row:
                row["name"] = self._text(row["name"])
            rows.append(row)
        return rows

    def _text(self, offset: int) -> str:
        if offset == 0:
            return ""
        first, count = self.tables["strings"]
        assert first <= offset < first + count, f"string at {offset} is outside of the strings"
        return self.data[offset : self.data.index(b"\0", offset)].decode("ascii")

    def is_sound(self) -> str:
        """What is wrong with the file as a file, or ""."""
        if self.data[:4] != b"$XMC":
            return "magic"
        if self.head["revision"] != 2:
            return "revision"
        if self.head["length"] != len(self.data) or len(self.data) % 8:
            return "length"
        if crc32c(self.data[:12] + bytes(4) + self.data[16:]) != self.head["crc32c"]:
            return "crc32c"
        return ""
