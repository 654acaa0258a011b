"""A simulated board: the supervisor's side of the protocol in Python, over TCP or a pseudo
terminal, with fault knobs.

For the console's tests, and for operators who train without a target:  fake_board.py [PORT]

COBS, CRC and record layouts are written anew here, from proto/supervisor.proto and abi/records.h
and not from xmground, so that an error on one side is not hidden by the same error on the other.
Board time is not a clock: it advances by 1 ms with every reply, so that transcripts repeat.
"""

import os
import select
import socket
import struct
import sys
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ground-tools"))

from google.protobuf.message import DecodeError  # noqa: E402

from xmground._generated import supervisor_pb2 as pb  # noqa: E402

HYPERVISOR = 255
TYPE_OF = {"reply": 2, "event": 3, "chunk": 4, "beacon": 5}
LOG_LIMIT_BYTES = 448  # of items in one chunk


def crc32c(data: bytes) -> int:
    """CRC-32C, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            mix = (crc ^ byte >> bit) & 1
            crc >>= 1
            if mix:
                crc ^= 0x82F63B78
    return crc ^ 0xFFFFFFFF


def cobs(data: bytes) -> bytes:
    """COBS, byte by byte: a group ends at a zero or after 254 bytes."""
    groups, group = [], bytearray()
    ended_full = False
    for byte in data:
        ended_full = False
        if byte == 0:
            groups.append(bytes([len(group) + 1]) + bytes(group))
            group = bytearray()
            continue
        group.append(byte)
        if len(group) == 254:
            groups.append(b"\xff" + bytes(group))
            group = bytearray()
            ended_full = True
    if not ended_full:
        groups.append(bytes([len(group) + 1]) + bytes(group))
    return b"".join(groups)


def uncobs(data: bytes) -> bytes | None:
    """The inverse; None for what cannot be decoded."""
    out, at = bytearray(), 0
    while at < len(data):
        length = data[at]
        if length == 0 or at + length > len(data):
            return None
        out.extend(data[at + 1 : at + length])
        at += length
        if length < 255 and at < len(data):
            out.append(0)
    return bytes(out)


def hm_record(
    seq: int,
    time_us: int = 0,
    boot_id: int = 1,
    event: int = 5,
    partition: int = 1,
    flags: int = 6,
    action: int = 7,
    pc: int = 0x40100010,
    address: int = 0x40000000,
    fsr: int = 0x2B6,
    payload: tuple[int, int, int] = (9, 0, 0),
) -> bytes:
    """A health-monitor record as the kernel stores it."""
    body = struct.pack(
        ">Q q I H B B B B H", seq, time_us, boot_id, event, partition, 0, flags, action, 0
    )
    body += struct.pack(">IIII I III", pc, pc + 4, 0xF30000A0, address, fsr, *payload)
    return body + struct.pack(">I", crc32c(body))


def trace_record(
    seq: int,
    time_us: int = 0,
    boot_id: int = 1,
    partition: int = 1,
    system: int = 0,
    crit: int = 0,
    code: int = 0x12,
    payload: tuple[int, ...] = (1, 2, 3, 4),
) -> bytes:
    """A trace record as the kernel stores it."""
    high = seq << 4 & 0xFFFFFFFF | crit << 1 | system
    body = struct.pack(
        ">Q q I II IIII", seq, time_us, boot_id, high, code << 16 | partition, *payload
    )
    return body + struct.pack(">I", crc32c(body))


@dataclass
class Log:
    """A ring of items with numbers."""

    unit: int
    oldest: int = 1
    items: list[bytes] = field(default_factory=list)
    capacity: int = 1 << 20

    @property
    def next(self) -> int:
        """Number that the next item will get."""
        return self.oldest + len(self.items)

    def add(self, item: bytes) -> None:
        """Appends; a full ring forgets its oldest item."""
        self.items.append(item)
        if len(self.items) > self.capacity:
            del self.items[0]
            self.oldest += 1


@dataclass
class Faults:
    """What goes wrong. Functions are asked for every frame; they may count and remember."""

    # (kind, message) -> "", "drop", "duplicate", "corrupt" or "delay"
    tx: Callable[[str, object], str] = lambda kind, message: ""
    # (request) -> True: the request never arrived
    rx_lost: Callable[[object], bool] = lambda request: False
    delay_s: float = 0.0
    text: bytes = b""  # printed before every frame
    silent: bool = False  # hears everything, says nothing
    major: int = 0xA
    key_id: int = 0
    last_stage: int = 4  # commands go no further than this and then stay silent
    refuse: tuple[
        int, int, int, str
    ] | None = None  # stage, domain, code, detail: instead of carrying a command out
    no_commands: bool = False  # commands are not answered at all
    reboot_at: Callable[[str], bool] = lambda operation: False
    ignore_reset: bool = False
    halt_after: int = 0  # requests that are still answered before a halt takes effect
    chunk_items: int = 0  # 0: as many as fit


class FakeBoard:
    """The board's state, and its end of the protocol. Used by one client at a time."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.boot_id = 0xB0070001
        self.now_us = 12_000_000
        self.frame = 48
        self.session = 0
        self.counter = 0
        self.token = 0
        self.armed = 0
        self.halted = False
        self.halt_in: int | None = None
        self.requests: list[str] = []  # operations received, repetitions included
        self.executed: list[tuple[str, int, int]] = []  # commands carried out
        self.journal: dict[int, list[object]] = {}
        self.names = ["supervisor", "P1", "payload"]
        self.states = [1, 1, 2]
        self.resets = [0, 0, 3]
        self.plans = [("nominal", 250_000, True), ("safe", 500_000, True), ("dark", 250_000, False)]
        self.plan, self.previous, self.switch_frame, self.switch_us = 0, -1, 0, 0
        self.logs = {
            (pb.BOOK_HM, 0): Log(64),
            (pb.BOOK_TRACE, 1): Log(48),
            (pb.BOOK_TRACE, HYPERVISOR): Log(48),
            (pb.BOOK_CONSOLE, 1): Log(1),
            (pb.BOOK_CONSOLE, 2): Log(1),
        }
        self.done_code = (0, 0)  # domain and code of COMPLETED
        # (book, number): records whose number is destroyed; the kernel leaves them out
        self.unreadable: set[tuple[int, int]] = set()
        self.real_time = False  # board time is a clock, for a board that people use
        self.meanwhile: Callable[[], None] = lambda: None  # happens while a command is carried out
        self._output: list[bytes] = []
        self._input = bytearray()

    # ---- content

    def fill_hm(self, count: int, **values) -> None:
        """Adds health-monitor records."""
        log = self.logs[pb.BOOK_HM, 0]
        for _ in range(count):
            log.add(hm_record(log.next, log.next * 250_000, self.boot_id, **values))

    def fill_trace(self, source: int, count: int, **values) -> None:
        """Adds trace records."""
        log = self.logs[pb.BOOK_TRACE, source]
        for _ in range(count):
            log.add(trace_record(log.next, log.next * 1000, self.boot_id, **values))

    def print(self, partition: int, text: bytes) -> None:
        """Adds console output of a partition."""
        for byte in text:
            self.logs[pb.BOOK_CONSOLE, partition].add(bytes([byte]))

    def reboot(self, keep_logs: bool = True) -> None:
        """Starts anew: other boot id, empty journal, consoles gone, logs kept or not."""
        self.boot_id += 1
        self.now_us = 1_000_000
        self.journal.clear()
        self.token = 0
        for (book, _), log in self.logs.items():
            if book == pb.BOOK_CONSOLE or not keep_logs:
                log.items.clear()
                log.oldest = 1

    def power_cycle(self) -> None:
        """Starts anew and remembers nothing: the boot id is the same again, all logs are empty."""
        self.reboot(keep_logs=False)
        self.boot_id -= 1

    # ---- bytes in, bytes out

    def receive(self, data: bytes) -> bytes:
        """What the board answers to these bytes, at once."""
        self._output = []
        for byte in data:
            if byte:
                self._input.append(byte)
                continue
            frame, self._input = bytes(self._input), bytearray()
            if frame:
                self._frame(uncobs(frame))
        return b"".join(self._output)

    def _frame(self, raw: bytes | None) -> None:
        if raw is None or len(raw) < 18 or raw[0] != 0x5A or raw[1] != 1 or self.halted:
            return
        if struct.unpack(">I", raw[-4:])[0] != crc32c(raw[:-4]):
            return
        length = struct.unpack(">H", raw[12:14])[0]
        if length > 192 or length != len(raw) - 18:
            return
        try:
            request = pb.Request.FromString(raw[14:-4])
        except DecodeError:
            return
        self._request(request)

    def send(self, kind: str, message) -> None:
        """Sends a message through the faults."""
        self.counter += 1
        fate = self.faults.tx(kind, message)
        if self.faults.silent or fate == "drop":
            return
        payload = message.SerializeToString()
        head = struct.pack(
            ">BBBBIIH",
            0x50 | self.faults.major,
            TYPE_OF[kind],
            0,
            self.faults.key_id,
            self.session,
            self.counter,
            len(payload),
        )
        body = head + payload + (bytes(16) if self.faults.key_id else b"")
        raw = bytearray(body + struct.pack(">I", crc32c(body)))
        if fate == "corrupt":
            raw[len(raw) // 2] ^= 0x10
        wire = self.faults.text + b"\0" + cobs(bytes(raw)) + b"\0"
        if fate == "delay":
            time.sleep(self.faults.delay_s)
        self._output += [wire] * (2 if fate == "duplicate" else 1)

    def _reply(
        self, request, stage: int, domain: int = 0, code: int = 0, detail: str = "", **result
    ):
        self.now_us = time.monotonic_ns() // 1000 if self.real_time else self.now_us + 1000
        self.frame += 1
        reply = pb.Reply(
            id=request.id,
            stage=stage,
            board_time_us=self.now_us,
            frame=self.frame,
            boot_id=self.boot_id,
            status=pb.Status(domain=domain, code=code, detail=detail),
            **result,
        )
        self.journal.setdefault(request.id, []).append(reply)
        self.send("reply", reply)
        return reply

    # ---- operations

    def _request(self, request) -> None:
        operation = request.WhichOneof("op") or ""
        self.requests.append(operation)
        if self.halt_in is not None:
            self.halt_in -= 1
            self.halted = self.halt_in < 0
            if self.halted:
                return
        if self.faults.rx_lost(request):
            return
        if self.faults.reboot_at(operation):
            self.reboot()
        is_command = operation in ("partition_control", "plan_switch", "system_control")
        if is_command and self.faults.no_commands:
            return
        if is_command and request.id in self.journal:
            self.send("reply", self.journal[request.id][-1])
            return
        if is_command:
            getattr(self, "_op_" + operation)(request, getattr(request, operation))
            return
        handler = getattr(self, "_op_" + operation, None)
        if handler is None:
            self._reply(request, pb.STAGE_REJECTED, 0, pb.STATUS_UNSUPPORTED)
            return
        handler(request, getattr(request, operation))

    def _stages(self, request, done: Callable[[], dict]) -> None:
        """A command from RECEIVED to COMPLETED; `done` carries it out and gives the result."""
        for stage in (pb.STAGE_RECEIVED, pb.STAGE_ACCEPTED, pb.STAGE_STARTED):
            if stage > self.faults.last_stage:
                return
            if (
                self.faults.refuse
                and stage == pb.STAGE_ACCEPTED
                and self.faults.refuse[0] == pb.STAGE_REJECTED
            ):
                break
            self._reply(request, stage)
        if self.faults.refuse:
            self._reply(request, *self.faults.refuse)
            return
        result = done()
        if self.faults.last_stage >= pb.STAGE_COMPLETED:
            self._reply(request, pb.STAGE_COMPLETED, **result)

    def _op_ping(self, request, ping) -> None:
        self._reply(request, pb.STAGE_COMPLETED, pong=pb.Pong(ground_time_us=ping.ground_time_us))

    def _op_hello(self, request, hello) -> None:
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            hello_ack=pb.HelloAck(
                nonce_board=7,
                mtu=192,
                credit=1024,
                system_name="demo",
                xm_version=0x000100,
                config_crc32c=0xC0FFEE01,
            ),
        )

    def _partition(self, number: int):
        return pb.PartitionState(
            partition=number,
            name=self.names[number],
            state=self.states[number],
            system=number == 0,
            reset_counter=self.resets[number],
            exec_clock_us=1_234_567 * (number + 1),
            op_mode=3,
            messages_in=number,
            messages_out=2 * number,
        )

    def _op_partition_list(self, request, list_) -> None:
        page = [
            self._partition(n) for n in range(list_.first, min(len(self.names), list_.first + 2))
        ]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            partitions=pb.Partitions(partition=page, total=len(self.names)),
        )

    def _depart(self, request, control) -> None:
        """A command to the supervisor itself: STARTED, then a new life without a journal, or
        silence."""
        self._reply(request, pb.STAGE_STARTED)
        self.executed.append(("partition_control", 0, control.action))
        if control.action in (pb.PARTITION_RESET_WARM, pb.PARTITION_RESET_COLD):
            self.resets[0] += 1
            self.journal.clear()
        else:
            self.halted = True

    def _op_partition_control(self, request, control) -> None:
        if control.partition == 0 and control.action != pb.PARTITION_RESUME:
            self._depart(request, control)
            return

        def done() -> dict:
            number = control.partition
            self.meanwhile()
            self.executed.append(("partition_control", number, control.action))
            if control.action in (pb.PARTITION_RESET_WARM, pb.PARTITION_RESET_COLD):
                self.resets[number] += 1
            self.states[number] = {1: 2, 3: 3, 4: 3}.get(control.action, 1)
            return {
                "partition_state": self._partition(number),
                "code": self.done_code[1],
                "domain": self.done_code[0],
            }

        self._stages(request, done)

    def _plan_state(self):
        return pb.PlanState(
            current=self.plan,
            requested=self.plan,
            previous=self.previous,
            switch_time_us=self.switch_us,
            switch_frame=self.switch_frame,
        )

    def _op_plan_list(self, request, list_) -> None:
        plans = [
            pb.Plan(plan=n, name=name, major_frame_us=frame, slot_count=2, supervisor_slot=slot)
            for n, (name, frame, slot) in enumerate(self.plans)
        ][list_.first : list_.first + 2]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            plans=pb.Plans(plan=plans, total=len(self.plans), state=self._plan_state()),
        )

    def _op_plan_show(self, request, show) -> None:
        slots = [
            pb.Slot(slot=0, partition=1, start_us=0, duration_us=200_000),
            pb.Slot(slot=1, partition=0, start_us=200_000, duration_us=25_000),
        ]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            slots=pb.Slots(plan=show.plan, total=2, slot=slots[show.first_slot :]),
        )

    def _op_plan_switch(self, request, switch) -> None:
        if not self.plans[switch.plan][2]:
            self._reply(request, pb.STAGE_RECEIVED)
            self._reply(
                request,
                pb.STAGE_REJECTED,
                0,
                pb.STATUS_LOCKOUT,
                "plan 2 has no slot for the supervisor",
            )
            return

        def done() -> dict:
            self.executed.append(("plan_switch", switch.plan, 0))
            self.previous, self.plan = self.plan, switch.plan
            self.switch_us, self.switch_frame = self.now_us, self.frame
            return {"plan_state": self._plan_state()}

        self._stages(request, done)

    def _op_book_list(self, request, list_) -> None:
        states = [
            pb.BookState(book=book, source=source, oldest=log.oldest, next=log.next)
            for (book, source), log in self.logs.items()
        ]
        page = states[list_.first : list_.first + 3]
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            books=pb.Books(book=page, boot_id=self.boot_id, total=len(states)),
        )

    def _op_log_read(self, request, read) -> None:
        # A log that is not configured cannot be told from an empty one, but it is not listed.
        log = self.logs.get((read.book, read.source if read.book != pb.BOOK_HM else 0), Log(1))
        first = max(read.from_seq, log.oldest)
        count = max(0, min(read.max_items, log.next - first))
        per_chunk = self.faults.chunk_items or LOG_LIMIT_BYTES // log.unit
        chunks = sent = 0
        for at, stop in self._runs(read.book, first, first + count, per_chunk):
            part = log.items[at - log.oldest : stop - log.oldest]
            self.send(
                "chunk",
                pb.Chunk(
                    id=request.id,
                    book=read.book,
                    source=read.source,
                    boot_id=self.boot_id,
                    first_seq=at,
                    count=len(part),
                    items=b"".join(part),
                ),
            )
            chunks += 1
            first = at if sent == 0 else first
            sent += len(part)
        end = pb.LogEnd(oldest=log.oldest, next=log.next, first=first, count=sent, chunks=chunks)
        self._reply(request, pb.STAGE_COMPLETED, log_end=end)

    def _runs(self, book: int, first: int, stop: int, most: int) -> list[tuple[int, int]]:
        """Ranges (from, behind) of items that one chunk holds: runs of numbers, so long at most."""
        runs: list[tuple[int, int]] = []
        for seq in range(first, stop):
            if (book, seq) in self.unreadable:
                continue
            if runs and runs[-1][1] == seq and seq - runs[-1][0] < most:
                runs[-1] = (runs[-1][0], seq + 1)
            else:
                runs.append((seq, seq + 1))
        return runs

    def _op_link_status(self, request, _) -> None:
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            link_state=pb.LinkState(
                rx_bytes=100,
                tx_bytes=2000,
                budget_bytes=256,
                frames_good=7,
                frames_sent=9,
                crc_errors=2,
            ),
        )

    def _op_system_status(self, request, _) -> None:
        self._reply(
            request,
            pb.STAGE_COMPLETED,
            system_state=pb.SystemState(
                name="demo",
                xm_version=0x000100,
                reset_counter=2,
                hm_events=17,
                interrupts=4321,
                slot_lateness_last_us=3,
                slot_lateness_max_us=9,
                kernel_bytes_used=70_000,
                kernel_bytes_total=262_144,
                cpu_khz=50_000,
                plan=self._plan_state(),
                config_crc32c=0xC0FFEE01,
                partition_count=3,
            ),
        )

    def _op_system_control(self, request, control) -> None:
        if (
            not request.hazard_token
            or request.hazard_token != self.token
            or control.action != self.armed
        ):
            self.token, self.armed = 0x700C0DE, control.action
            self._reply(
                request,
                pb.STAGE_REJECTED,
                0,
                pb.STATUS_NEEDS_TOKEN,
                "",
                armed=pb.Armed(hazard_token=self.token, valid_ms=30_000),
            )
            return
        self.token = 0
        self._reply(request, pb.STAGE_RECEIVED)
        self._reply(request, pb.STAGE_ACCEPTED)
        self._reply(request, pb.STAGE_STARTED)
        self.executed.append(("system_control", 0, control.action))
        if self.faults.ignore_reset:
            return
        if control.action == pb.SYSTEM_HALT:
            self.halt_in = self.faults.halt_after
        else:
            self.reboot()

    def beacon(self) -> None:
        """Queues a beacon; sent with the next answer."""
        self.send(
            "beacon",
            pb.Beacon(
                boot_id=self.boot_id,
                board_time_us=self.now_us,
                frame=self.frame,
                credit=1024,
                hm_next=self.logs[pb.BOOK_HM, 0].next,
            ),
        )


class Served:
    """A board served from a thread, over TCP (one client after the other, as QEMU does) or a pseudo
    terminal."""

    def __init__(self, board: FakeBoard, pty_link: bool = False, port: int = 0) -> None:
        self.board = board
        self.greeting = b""  # sent to every client when it connects
        self._stop = threading.Event()
        self._fds: list[int] = []
        if pty_link:
            master, slave = os.openpty()
            tty.setraw(slave)
            self._fds = [master, slave]
            self.url = f"serial:{os.ttyname(slave)}"
            target: Callable[[], None] = self._serve_pty
        else:
            self._listener = socket.create_server(("127.0.0.1", port))
            self.url = f"tcp:127.0.0.1:{self._listener.getsockname()[1]}"
            target = self._serve_tcp
        self._thread = threading.Thread(target=target, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._stop.set()
        self._thread.join(5)
        if self._fds:
            for fd in self._fds:
                os.close(fd)
        else:
            self._listener.close()

    def _serve_pty(self) -> None:
        master = self._fds[0]
        while not self._stop.is_set():
            if select.select([master], [], [], 0.02)[0]:
                os.write(master, self.board.receive(os.read(master, 4096)))

    def _serve_tcp(self) -> None:
        while not self._stop.is_set():
            if select.select([self._listener], [], [], 0.02)[0]:
                client, _ = self._listener.accept()
                with client:
                    self._serve_client(client)

    def _serve_client(self, client: socket.socket) -> None:
        try:
            client.sendall(self.greeting)
            while not self._stop.is_set():
                if not select.select([client], [], [], 0.02)[0]:
                    continue
                data = client.recv(4096)
                if not data:
                    return
                client.sendall(self.board.receive(data))
                if self.board.halted:
                    return  # as an emulator that ends
        except OSError:
            return


def main(argv: list[str]) -> int:
    """Serves a board with some content until Ctrl-C."""
    board = FakeBoard()
    board.real_time = True
    board.fill_hm(40)
    board.fill_trace(1, 20)
    board.fill_trace(HYPERVISOR, 20, system=1, code=2 << 8 | 0xA, partition=HYPERVISOR)
    board.print(1, b"P1: hello from the simulated board\n" * 20)
    served = Served(board, port=int(argv[1]) if len(argv) > 1 else 5500)
    print(f"simulated board on {served.url}", flush=True)
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        served.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
