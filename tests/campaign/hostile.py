"""C5: hostile frames into the running supervisor, by somebody without the key and by somebody on a link without keys.

Bytes that are no frames, frames that are damaged, too long, of another version, forged, replayed, and (where no key keeps
them out) requests with broken contents reach the supervisor over its UART, as fast as the link takes them; then over
Ethernet, among frames that are broken in ARP, IP, ICMP or UDP. Meanwhile an operator goes on asking over the same link.
Afterwards the supervisor lives, nothing was commanded, its arena has not grown, the logbook is empty, and what the other
partitions sent, received and when their slots began is what it is in a run without a ground.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import attacks
import machine
from report import Verdicts

sys.path.insert(0, str(machine.ROOT / "ground-tools"))

BURST = 20  # frames before the operator asks again: most fit the ring of the link, a few do not
ASK_LIMIT_S = 30.0
RAM_MEGABYTES = 64
LOGS = {"worker1": 0x41000000, "worker2": 0x42000000}
HEAD_BYTES = 32
ENTRY = struct.Struct(">QII")
FRAME_US = 10_000
LATENESS_BOUND_US = 80  # 2,500 instructions of 32 ns
ARENA_BYTES_OF_A_FRAME = 8 << 10  # 192 bytes of payload, decoded, take 37 times as much at worst
COUNTERS = ("rx_dropped", "frames_good", "crc_errors", "length_errors", "version_errors", "key_errors", "session_errors", "mac_errors",
            "replay_errors", "decode_errors", "arena_high_water")
ETHERNET_COUNTERS = ("frames_in", "datagrams_in", "dropped", "checksum_errors", "short_frames", "rx_errors", "out_of_memory",
                     "pool_high_water", "assertions", "bus_errors", "stalls", "resets")


@dataclass(frozen=True)
class Attack:
    """Somebody on a link of the running system."""

    who: str
    keyed: bool
    over_ethernet: bool
    frames: dict[str, int]  # by the size of the campaign


# The full size is 100,000 frames.
ATTACKS = [Attack("keyed link", True, False, {"small": 1000, "full": 40_000}),
           Attack("open link", False, False, {"small": 1000, "full": 20_000}),
           Attack("Ethernet", True, True, {"small": 1000, "full": 40_000})]


def slots(ram: machine.Ram, address: int) -> list[tuple[int, int, int]]:
    """Start in microseconds, digest and messages received, for each slot of a worker."""
    return [ENTRY.unpack(ram.read(address + HEAD_BYTES + ENTRY.size * i, ENTRY.size)) for i in range(ram.word(address))]


class Campaign:
    def __init__(self, build_dir: str, size: str, seed: int) -> None:
        self.build_dir, self.size, self.seed = build_dir, size, seed
        self.verdicts = Verdicts("hostile", seed, size)
        self.out = machine.ROOT / build_dir / "campaign"
        self.qemu = machine.ROOT / build_dir / "bin" / "qemu-system-sparc-xm"
        if not self.qemu.exists():
            raise machine.CampaignSkipped("no QEMU with Ethernet (make qemu)")

    def system(self, keyed: bool) -> tuple[Path, tuple[Any, ...]]:
        """Builds it; the folder with its products and the keys."""
        from xmground import keys

        name = "hostile-keyed" if keyed else "hostile"
        key_file = self.out / "hostile.key"
        if keyed:
            key_file.parent.mkdir(parents=True, exist_ok=True)
            key_file.unlink(missing_ok=True)
            keys.create(key_file, 7)
        folder = machine.build(name, self.build_dir, "tests/campaign/hostile", [f"KEYS={key_file if keyed else ''}"])
        return folder, keys.load(key_file).keys if keyed else ()

    def attack(self, attack: Attack) -> None:
        from xmground.client import Client
        from xmground.errors import XmgError
        from xmground.session import Observer, Session

        folder, known = self.system(attack.keyed)
        ram = machine.Ram(folder / "ram", RAM_MEGABYTES)
        attacker = (attacks.HostileEthernet if attack.over_ethernet else attacks.Hostile)(f"{self.seed} {attack.who}", attack.keyed)
        until_us = 0
        try:
            with (self.ethernet if attack.over_ethernet else self.uart)(folder, ram) as end:
                session = Session(lambda timeout_s: end, Observer(on_frame=attacker.listen), keys=known)
                with Client(session, ASK_LIMIT_S) as client:
                    until_us = self.flood(client, end, attacker, attack)
        except (XmgError, OSError) as error:
            self.verdicts.add("HANG", f"{attack.who}: the supervisor does not answer its operator any more: {error}")
        seen = {name: slots(ram, address) for name, address in LOGS.items()}
        ram.close()
        for name, entries in seen.items():
            if not entries or entries[-1][0] < until_us - 2 * FRAME_US:
                self.verdicts.add("ESCAPE", f"{attack.who}: {name} had no slot at the end, or more than its log holds")
        self.compare(attack.who, folder, seen)

    @contextlib.contextmanager
    def uart(self, folder: Path, ram: machine.Ram) -> Iterator[attacks.Line]:
        """The running system, reached over its UART."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            listener.settimeout(ASK_LIMIT_S)
            options = ["-nic", "none", "-serial", f"tcp:127.0.0.1:{listener.getsockname()[1]}"]
            with self.running(folder, ram, options):
                connection, _ = listener.accept()
                with connection:
                    yield attacks.Line(connection)

    @contextlib.contextmanager
    def ethernet(self, folder: Path, ram: machine.Ram) -> Iterator[attacks.Wire]:
        """The running system, reached over Ethernet."""
        mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with mine, other:
            options = ["-serial", "null", "-netdev", f"socket,id=wire,fd={other.fileno()}", "-net", "nic,model=grlib-greth,netdev=wire"]
            with self.running(folder, ram, options, (other.fileno(),)):
                yield attacks.Wire(mine)

    @contextlib.contextmanager
    def running(self, folder: Path, ram: machine.Ram, options: list[str],
                inherited: tuple[int, ...] = ()) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            ["timeout", "3000", str(self.qemu), "-M", "leon3_generic,memory-backend=ram", "-m", f"{RAM_MEGABYTES}M",
             "-object", f"memory-backend-file,id=ram,size={RAM_MEGABYTES}M,mem-path={ram.path},share=on",
             "-display", "none", "-monitor", "none", "-icount", "shift=5,sleep=off", *options, "-kernel", str(folder / "system.elf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=inherited)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=20)

    def flood(self, client: Any, end: attacks.Line | attacks.Wire, attacker: attacks.Hostile, attack: Attack) -> int:
        """Sends everything and looks at the supervisor half-way and at the end, which is at the board's time returned."""
        client.ping()
        before: dict[str, int] = {}
        count = attack.frames[self.size]
        for sent in range(0, count, BURST):
            end.attack([attacker.piece() for _ in range(min(BURST, count - sent))])
            client.ping()
            if sent // BURST == count // BURST // 2:
                before = client.link_state()
        health = client.link_state()
        wrong = self.traces_of_effect(client) + self.traces_in_memory(attack, before, health) + self.missing(attack, health)
        self.verdicts.add("ESCAPE" if wrong else "rejected", f"{attack.who}: {'; '.join(wrong)}", 1 if wrong else count)
        names = COUNTERS + (ETHERNET_COUNTERS if attack.over_ethernet else ())
        self.verdicts.facts[f"{attack.who} counters"] = {name: health[name] for name in names}
        return int(client.ping().board_time_us)

    def traces_in_memory(self, attack: Attack, before: dict[str, int], health: dict[str, int]) -> list[str]:
        """Nothing of a frame outlives it, and nothing broke. Without a key the most that was used is a matter of the largest
        request so far; lwIP's pools have seen the worst after half of a long attack, of a short one not."""
        wrong = []
        if health["arena_high_water"] > (before["arena_high_water"] if attack.keyed else ARENA_BYTES_OF_A_FRAME):
            wrong.append(f"the arena grew from {before['arena_high_water']} to {health['arena_high_water']} bytes in the second half")
        if attack.over_ethernet:
            if self.size == "full" and health["pool_high_water"] > before["pool_high_water"]:
                wrong.append(f"lwIP's pools grew from {before['pool_high_water']} to {health['pool_high_water']} elements")
            wrong += [f"{name}: {health[name]}" for name in ("assertions", "bus_errors", "stalls", "resets") if health[name]]
        return wrong

    @staticmethod
    def missing(attack: Attack, health: dict[str, int]) -> list[str]:
        """Attacks that did not arrive, as the board counts what it refused."""
        expected = ["mac_errors", "crc_errors", "length_errors", "version_errors"] if attack.keyed else ["decode_errors"]
        if attack.over_ethernet:
            expected += ["replay_errors", "checksum_errors", "dropped"]
        return [f"nothing was counted as {name}" for name in expected if not health[name]]

    @staticmethod
    def traces_of_effect(client: Any) -> list[str]:
        from xmground.model import Book

        wrong = [f"partition {p.name} is {p.state} after {p.reset_counter} resets" for p in client.partitions()
                 if p.state != "ready" or p.reset_counter]
        wrong += [f"the board executed {state.operation} ({state.id:#x})" for state in client.command_states()]
        wrong += [f"the logbook holds {book.next - 1} records" for book in client.books() if book.book is Book.HM and book.next > 1]
        return wrong

    def compare(self, who: str, folder: Path, seen: dict[str, list[tuple[int, int, int]]]) -> None:
        """A quiet run, as long as the other; what the workers wrote must be the same, their slots must start within the bound."""
        ram = machine.Ram(folder / "ram.quiet", RAM_MEGABYTES)
        wanted = {name: len(entries) for name, entries in seen.items()}
        end = time.monotonic() + 600
        with self.running(folder, ram, ["-nic", "none", "-serial", "null"]) as process:
            while any(ram.word(LOGS[name]) < count for name, count in wanted.items()):
                if process.poll() is not None or time.monotonic() > end:
                    raise machine.CampaignError("hostile: the quiet run came to no end")
                time.sleep(0.1)
        latest = 0
        for name, entries in seen.items():
            quiet = slots(ram, LOGS[name])
            base = quiet[1][0] - FRAME_US
            for number, (mine, theirs) in enumerate(zip(entries, quiet)):
                late = mine[0] - base - FRAME_US * number
                latest = max(latest, late)
                if mine[1:] != theirs[1:]:
                    self.verdicts.add("ESCAPE", f"{who}: {name}, slot {number}: sent and received something else than in the quiet run")
                elif not -LATENESS_BOUND_US <= late <= LATENESS_BOUND_US:
                    self.verdicts.add("ESCAPE", f"{who}: {name}, slot {number} begins {late} us late")
                else:
                    self.verdicts.add("masked")
        ram.close()
        self.verdicts.facts[f"latest slot, {who} (us)"] = latest


def campaign(build_dir: str, size: str, seed: int) -> int:
    run = Campaign(build_dir, size, seed)
    for attack in ATTACKS:
        run.attack(attack)
    return run.verdicts.finish(run.out)
