#!/usr/bin/python3
"""The board on a real network: a namespace of its own, a TAP device, ARP, ping, and a wire that loses frames.

The ground is a network namespace with a TAP device; the board is configs/demo-eth on QEMU. Between them a relay carries the
frames, counts them, and loses as many as it is told, always the same ones. Wants root, network namespaces, /dev/net/tun,
and the QEMU of `make qemu`: without them it says so in its last line, which is "N passed, N failed[, N skipped: why]".
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
XMG = ROOT / "ground-tools" / "xmg"
BOARD, GROUND, PREFIX = "10.0.2.15", "10.0.2.3", 24
BOARD_MAC = "02:00:5e:00:00:01"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x2, 0x1000
SESSION_LIMIT_S = 200
LOSS_PERCENT = 15
SEED = 5501


# ---- inside the namespace: what is run by `ip netns exec` -----------------------------------------------------------------


def relay(tap: str, here: str, there: str, control: str) -> None:
    """Carry frames between the TAP device and QEMU until stopped; the file `control` holds the percentage to lose, and gets
    the counts back beside it."""
    with open("/dev/net/tun", "r+b", buffering=0) as device, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as board:
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", tap.encode(), IFF_TAP | IFF_NO_PI))
        subprocess.run(["ip", "address", "add", f"{GROUND}/{PREFIX}", "dev", tap], check=True)
        subprocess.run(["ip", "link", "set", tap, "up"], check=True)
        board.bind(here)
        chance = random.Random(SEED)
        counts = {"lost": 0, "carried": 0, "arp_to_board": 0, "arp_to_ground": 0}
        print("ready", flush=True)
        while True:
            for ready in select.select([device, board], [], [])[0]:
                to_board = ready is device
                # as the MAC of a sender does, and the TAP device does not: no frame is shorter than 60 bytes
                frame = os.read(device.fileno(), 2048).ljust(60, b"\0") if to_board else board.recv(2048)
                if chance.uniform(0, 100) < float(Path(control).read_text() or 0):
                    counts["lost"] += 1
                else:
                    counts["carried"] += 1
                    if frame[12:14] == b"\x08\x06":
                        counts["arp_to_board" if to_board else "arp_to_ground"] += 1
                    with contextlib.suppress(OSError):  # QEMU is not there yet, or no longer
                        board.sendto(frame, there) if to_board else os.write(device.fileno(), frame)
                part = Path(control + ".counts.part")
                part.write_text(json.dumps(counts))
                part.rename(control + ".counts")


def ping(size: int, count: int) -> int:
    """Send echo requests of that many bytes; returns how many were answered as they should."""
    def checksum(data: bytes) -> int:
        total = sum(struct.unpack(f">{len(data + data[:len(data) % 2]) // 2}H", data + b"\0" * (len(data) % 2)))
        while total > 0xFFFF:
            total = (total & 0xFFFF) + (total >> 16)
        return ~total & 0xFFFF

    answered = 0
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as icmp:
        for number in range(count):
            data = bytes(i & 0xFF for i in range(size))
            head = struct.pack(">BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, number)
            icmp.sendto(struct.pack(">BBHHH", 8, 0, checksum(head + data), os.getpid() & 0xFFFF, number) + data, (BOARD, 0))
            end = time.monotonic() + 1.5
            while (left := end - time.monotonic()) > 0 and select.select([icmp], [], [], left)[0]:
                packet, (source, _) = icmp.recvfrom(65535)
                body = packet[(packet[0] & 15) * 4:]
                if source == BOARD and body[:2] == b"\0\0" and body[4:8] == head[4:8] and body[8:] == data:
                    answered += 1
                    break
    return answered


def tcp_opens(port: int) -> bool:
    """Does the board accept a connection?"""
    with socket.socket() as attempt:
        attempt.settimeout(1.5)
        return attempt.connect_ex((BOARD, port)) == 0


# ---- outside ------------------------------------------------------------------------------------------------------------


class Network:
    """The namespace, the relay and the board; gone when left."""

    def __init__(self, build: Path) -> None:
        self.build = build
        self.name = f"xm-ground-{os.getpid()}"
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> Network:
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self.control = folder / "loss"
            self.lose(0)
            subprocess.run(["ip", "netns", "add", self.name], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "delete", self.name], check=False)
            subprocess.run(["ip", "-n", self.name, "link", "set", "lo", "up"], check=True)
            carrier = subprocess.Popen(self.command("relay", "xmtap0", folder / "relay", folder / "board", self.control),
                                       stdout=subprocess.PIPE, text=True)
            stack.callback(stop, carrier)
            assert carrier.stdout is not None
            if carrier.stdout.readline() != "ready\n":
                raise RuntimeError("the relay did not start")
            board = subprocess.Popen(
                ["timeout", str(SESSION_LIMIT_S), self.build / "bin" / "qemu-system-sparc-xm", "-M", "leon3_generic",
                 "-display", "none", "-monitor", "none", "-serial", "none", "-icount", "shift=5,sleep=on",
                 "-netdev", f"dgram,id=wire,local.type=unix,local.path={folder}/board,remote.type=unix,remote.path={folder}/relay",
                 "-net", "nic,model=grlib-greth,netdev=wire", "-kernel", self.build / "demo-eth" / "system.elf"],
                stdin=subprocess.DEVNULL)
            stack.callback(stop, board)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def command(self, *words: object) -> list[str]:
        return ["ip", "netns", "exec", self.name, sys.executable, __file__, "--inside", *map(str, words)]

    def inside(self, *words: object) -> int:
        """What the ground's namespace has to say."""
        done = subprocess.run(self.command(*words), stdout=subprocess.PIPE, text=True, check=True, timeout=120)
        return int(done.stdout)

    def lose(self, percent: float) -> None:
        part = self.control.with_suffix(".part")
        part.write_text(str(percent))
        part.rename(self.control)

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = json.loads(Path(f"{self.control}.counts").read_text())
        return found

    def xmg(self, line: str) -> Any:
        """The answer in JSON; None: the command failed."""
        environment = os.environ | {"XMG_LINK": f"udp:{BOARD}:5501", "XM_BUILD": str(self.build)}
        done = subprocess.run(["ip", "netns", "exec", self.name, str(XMG), *line.split(), "--format", "json"], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout) if done.returncode == 0 else None


def stop(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def board_answers_ping(net: Network) -> None:
    """Small ones and whole frames; the addresses were found by ARP."""
    end = time.monotonic() + 20
    while net.inside("ping", 56, 1) == 0:
        assert time.monotonic() < end, "the board answers no ping within 20 s"
    for size in (0, 56, 1000, 1472):
        answered = net.inside("ping", size, 3)
        assert answered == 3, f"{answered} of 3 echo requests of {size} bytes were answered"
    neighbours = subprocess.run(["ip", "-n", net.name, "neighbour"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert f"{BOARD} dev xmtap0 lladdr {BOARD_MAC}" in neighbours, f"the ground's neighbours: {neighbours}"
    counts = net.counts()
    assert counts["arp_to_board"] > 0 and counts["arp_to_ground"] > 0, f"ARP crossed: {counts}"


def session_over_udp(net: Network) -> None:
    partitions = [row["name"] for row in net.xmg("part list") or []]
    assert partitions == ["supervisor", "sensor", "consumer", "payload"], f"partitions: {partitions}"
    health = (net.xmg("link status") or {}).get("board", {})
    assert health.get("line_up"), f"link status: {health}"


def fragments_are_not_answered(net: Network) -> None:
    assert net.inside("ping", 3000, 2) == 0, "an echo request in fragments was answered"


def tcp_is_not_spoken(net: Network) -> None:
    for port in (22, 80, 5501):
        assert net.inside("tcp", port) == 0, f"TCP port {port} is open"


def logbook(net: Network) -> list[dict[str, object]]:
    """What the board wrote; what the ground adds when it reads differs from time to time."""
    added = ("received_us", "utc_us", "utc_error_us")
    return [{key: row[key] for key in row if key not in added} for row in net.xmg("hm read") or []]


def lost_frames_lose_no_command(net: Network) -> None:
    """Every command ends well, and what was read is what is read without loss."""
    whole = logbook(net)
    assert whole, "the logbook is empty"
    net.lose(LOSS_PERCENT)
    for number in range(15):
        assert net.xmg("part list") is not None, f"command {number} failed at {LOSS_PERCENT} % loss"
    again = logbook(net)
    net.lose(0)
    assert again[: len(whole)] == whole, "the logbook read with losses differs"
    assert net.counts()["lost"] > 5, f"hardly anything was lost: {net.counts()}"


def board_lives_on_afterwards(net: Network) -> None:
    """The stack is as it was: no assertion, no pool that ran dry, no reset of the MAC."""
    health = (net.xmg("link status") or {}).get("board", {})
    for counter in ("assertions", "out_of_memory", "resets", "bus_errors", "stalls"):
        assert health.get(counter) == 0, f"{counter}: {health.get(counter)}"


TESTS: list[Callable[[Network], None]] = [
    board_answers_ping, session_over_udp, fragments_are_not_answered, tcp_is_not_spoken, lost_frames_lose_no_command,
    board_lives_on_afterwards,
]


def missing(build: Path) -> str:
    """What keeps the tests from running; empty: nothing."""
    if os.geteuid() != 0:
        return "a TAP device wants root"
    if not os.access("/dev/net/tun", os.W_OK):
        return "there is no /dev/net/tun"
    if shutil.which("ip") is None:
        return "there is no ip (iproute2)"
    name = f"xm-try-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode != 0:
        return "no network namespace can be made here"
    subprocess.run(["ip", "netns", "delete", name], check=False)
    if not (build / "bin" / "qemu-system-sparc-xm").exists():
        return "no QEMU with Ethernet (make qemu)"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"), help="build directory")
    parser.add_argument("--inside", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        what, *words = options.inside
        if what == "relay":
            relay(*words)
        print(ping(int(words[0]), int(words[1])) if what == "ping" else int(tcp_opens(int(words[0]))))
        return 0
    build = options.build.resolve()
    if why := missing(build):
        print(f"0 passed, 0 failed, {len(TESTS)} skipped: {why}")
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))  # so that the namespace goes
    failed = 0
    with Network(build) as net:
        for test in TESTS:
            try:
                test(net)
                print(f"ok   {test.__name__}", flush=True)
            except AssertionError as error:
                failed += 1
                print(f"FAIL {test.__name__}: {error}", flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
