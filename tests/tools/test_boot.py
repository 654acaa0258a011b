"""The boot loader on QEMU, with a stand-in for the hypervisor (hypervisor.c) that reports how it was entered."""
import re
import struct
import subprocess

import pytest

QEMU = ["timeout", "20", "qemu-system-sparc", "-M", "leon3_generic", "-display", "none", "-monitor", "none",
        "-serial", "stdio", "-icount", "shift=5,sleep=off"]


def boot(*options):
    done = subprocess.run([*QEMU, *map(str, options)], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("latin-1").replace("\r", "").splitlines()


def values(line):
    return dict(re.findall(r"(\w+) (\w+)", line.removeprefix("hyp: ")))


def check_three_lives(lines):
    """Boot, warm reset, cold reset: what the loader says and what the hypervisor then finds."""
    assert [line for line in lines if line.startswith("boot: ")] == [
        "boot: image good, hypervisor, configuration and partitions loaded",
        "boot: warm reset, partitions keep their memory: hypervisor and configuration loaded",
        "boot: image good, hypervisor, configuration and partitions loaded"]
    lives = [line for line in lines if line.startswith("hyp: ")]
    assert [values(line)["entry"] for line in lives] == ["00000001", "00000002", "00000003"]
    for line in lives:
        assert "magic 24584354 config 24584d43 data 00001234 bss 00000000 et 00000000" in line
    first, warm, cold = (line.split(" part ")[1] for line in lives)
    assert " bss 00000000 custom 43555354 rest 00000000" in first and not first.startswith("0000beef")
    assert warm == "0000beef bss 0000beef custom 0000beef rest 0000beef"
    assert cold == first.replace("rest 00000000", "rest 0000beef")


def test_from_ram_boot_warm_and_cold_reset(bench):
    said = bench.rswbuild(bench.system()[0])
    assert "entry 0x40f" in said
    check_three_lives(boot("-kernel", bench.path("system.elf")))


def test_from_prom_boot_warm_and_cold_reset(bench):
    bench.rswbuild(bench.system()[0])
    check_three_lives(boot("-bios", bench.path("system.bin")))


def test_system_elf_leaves_memory_that_must_survive_alone(bench):
    container, conf = bench.system()
    bench.rswbuild(container)
    data = bench.path("system.elf").read_bytes()
    offset, count = struct.unpack_from(">I", data, 28)[0], struct.unpack_from(">H", data, 44)[0]
    loads = [struct.unpack_from(">8I", data, offset + 32 * i) for i in range(count)]
    place = int(bench.xmpack("place", conf, len(data)).stdout, 16)
    assert len(loads) == 1 and loads[0][2] >= place - 0x10000 and loads[0][2] + loads[0][5] <= 0x41000000


def files_of(container: bytes):
    """Kind, partition, first data offset of every file in a container (layout: abi/image.h)."""
    at, count, segments = struct.unpack_from(">16xII I", container)
    for i in range(count):
        kind, partition, _, _, _, first, _ = struct.unpack_from(">7I", container, at + 64 * i)
        yield kind, partition, struct.unpack_from(">I", container, segments + 24 * first + 12)[0]


NAMES = [(0, 0, "hypervisor (xm.elf)"), (1, 0, "configuration (test)"), (2, 0, "partition 0 (P0)"),
         (2, 1, "partition 1 (P1)"), (3, 0, "custom file of partition 0 (hello.txt)")]


@pytest.mark.parametrize("kind, partition, name", NAMES)
@pytest.mark.parametrize("medium", ["-kernel", "-bios"])
def test_one_flipped_bit_in_a_file_starts_nothing(bench, kind, partition, name, medium):
    container, _ = bench.system()
    data = bytearray(container.read_bytes())
    offset = {(k, p): o for k, p, o in files_of(bytes(data))}[kind, partition]
    data[offset + 3] ^= 0x10
    bench.rswbuild(container)
    bench.damage(container, data)
    lines = boot(medium, bench.path("system.elf" if medium == "-kernel" else "system.bin"))
    assert len(lines) == 1, lines
    assert re.fullmatch(rf"boot: {re.escape(name)} damaged: SHA-256 found [0-9a-f]{{16}}\.\.\., expected "
                        r"[0-9a-f]{16}\.\.\.; nothing started, load the image again", lines[0])
    assert len(set(re.findall(r"[0-9a-f]{16}", lines[0]))) == 2


def test_damaged_header_starts_nothing(bench):
    container, conf = bench.system()
    good = container.read_bytes()
    for at, fragment in ((0, "no system image"), (11, "no system image"), (75, "image header damaged"),
                         (41, "image header damaged")):
        data = bytearray(good)
        data[at] ^= 1
        bench.rswbuild(container)
        bench.damage(container, data)
        lines = boot("-kernel", bench.path("system.elf"))
        assert len(lines) == 1 and fragment in lines[0], lines


def test_warm_reset_does_not_need_the_stored_partition_images(bench):
    """A partition image that was damaged in flight must not take the running system down at a warm reset."""
    container, conf = bench.system()
    data = bytearray(container.read_bytes())
    data[{(k, p): o for k, p, o in files_of(bytes(data))}[2, 0]] ^= 1
    container.write_bytes(data)
    bench.rswbuild(container)
    assert "partition 0 (P0) damaged" in boot("-kernel", bench.path("system.elf"))[0]

    # The last page of the hypervisor's area, as a running hypervisor leaves it when it asks for a warm reset.
    retained = struct.pack(">5I", 0x584D5254, 1, 0, 1, 0) + bytes(32)  # nothing to reload
    bench.path("retained").write_bytes(retained + struct.pack(">I", crc32c(retained)))
    keep = ["-device", f"loader,addr=0x4007f000,file={bench.path('retained')},force-raw=on"]
    lines = boot("-kernel", bench.path("system.elf"), *keep)
    assert lines[0].startswith("boot: warm reset") and "entry 00000002" in lines[1]
    assert len(lines) == 3 and "partition 0 (P0) damaged" in lines[2]  # the cold reset that follows needs them

    bench.path("retained").write_bytes(retained + struct.pack(">I", crc32c(retained) ^ 1))
    assert "partition 0 (P0) damaged" in boot("-kernel", bench.path("system.elf"), *keep)[0]


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
