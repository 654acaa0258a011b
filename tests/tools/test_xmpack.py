"""xmpack: what it refuses, what it builds, what it lists, where it places."""
import random

import pytest

from conftest import PLAIN


def refused(bench, done, *fragments):
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if "warning" not in line]
    assert len(lines) == 1 and lines[0].startswith("xmpack: "), done.stderr
    for fragment in fragments:
        assert fragment in lines[0]
    assert not bench.path("out").exists()
    assert not list(bench.folder.glob("out*"))


def pack(bench, *partitions, conf=None, hypervisor=None):
    words = []
    for partition in partitions:
        words += ["-p", partition]
    conf = conf or bench.configuration(*PLAIN)
    return bench.xmpack("build", "-h", f"{hypervisor or bench.hypervisor()}:{conf}", *words, bench.path("out"))


def test_good_system_builds_and_lists(bench):
    container, _ = bench.system()
    done = bench.xmpack("list", container)
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "4 files" not in text and "5 files, header good" in text
    assert "xm.elf" in text and "entry 0x40000000" in text
    assert "P0" in text and "entry 0x40100000" in text and "0x40200000" in text
    assert "hello.txt" in text and "0x40100f00          4 bytes stored" in text
    assert "DAMAGED" not in text


def test_same_input_gives_the_same_container(bench):
    container, conf = bench.system()
    first = container.read_bytes()
    bench.system()
    assert container.read_bytes() == first


def test_check_takes_the_same_arguments(bench):
    _, conf = bench.system()
    done = bench.xmpack("check", conf, "-h", f"{bench.path('xm.elf')}:{conf}", "-p", f"0:{bench.path('p.elf')}")
    assert done.returncode == 0 and "ok P0" in done.stdout
    assert "partition 1 (P1) has no image: it stays halted" in done.stderr


def test_partition_without_image_is_only_a_warning(bench):
    done = pack(bench, f"0:{bench.partition('-DCUSTOM_FILES=0')}")
    assert done.returncode == 0 and "partition 1 (P1) has no image" in done.stderr


@pytest.mark.parametrize("which, fragment", [("7", "no such partition"), ("x", "not a partition id"),
                                             ("-1", "not a partition id"), ("300", "not a partition id")])
def test_invalid_id(bench, which, fragment):
    refused(bench, pack(bench, f"{which}:{bench.partition()}"), fragment)


def test_id_given_twice(bench):
    refused(bench, pack(bench, f"0:{bench.partition()}", f"0:{bench.partition()}"), "-p 0 is given twice")


def test_hypervisor_without_configuration(bench):
    refused(bench, bench.xmpack("build", "-h", bench.hypervisor(), bench.path("out")), "no configuration behind it")


def test_missing_file(bench):
    refused(bench, pack(bench, "0:nowhere.elf"), "nowhere.elf: No such file")


@pytest.mark.parametrize("defines, fragment", [
    (["-DSIGNATURE=0"], "signatures of its image header are 0x00000000"),
    (["-DABI=XM_SET_VERSION(9,9,9)"], "compiled for ABI 9.9.9"),
    (["-DNO_HEADER"], "no image header"),
    (["-DTWO_HEADERS"], "has 104 bytes, one header has 52"),
    (["-DCUSTOM_FILES=4"], "names 4 custom files, at most 3"),
])
def test_bad_image_header(bench, defines, fragment):
    refused(bench, pack(bench, f"0:{bench.partition(*defines)}"), "partition" if "ABI" in fragment else "p.elf", fragment)


def test_header_known_by_symbol_only(bench):
    program = bench.partition('-DHEADER_SECTION=".rodata"', "-DCUSTOM_FILES=0")
    done = pack(bench, f"0:{program}")
    assert done.returncode == 0, done.stderr


def test_segment_outside_the_areas(bench):
    refused(bench, pack(bench, f"0:{bench.partition(base=0x40300000)}"), "partition 0 (P0)",
            "segment 0x40300000..0x40301fff is not inside", "0x40100000..0x4010ffff")


def test_segment_in_anothers_area(bench):
    refused(bench, pack(bench, f"1:{bench.partition()}"), "partition 1 (P1)", "is not inside")


def test_segment_larger_than_its_area(bench):
    conf = bench.configuration(*PLAIN[:3], "area=0x40100000,0x1000")
    refused(bench, pack(bench, f"0:{bench.partition()}", conf=conf), "is not inside")


@pytest.mark.parametrize("flags, fragment", [(2, "unmapped"), (4, "is read-only"), (0x10, "is ROM")])
def test_area_that_cannot_hold_an_image(bench, flags, fragment):
    conf = bench.configuration(*PLAIN[:3], f"area=0x40100000,0x10000,0,{flags}")
    refused(bench, pack(bench, f"0:{bench.partition()}", conf=conf), fragment)


def test_mapped_area_is_loaded_to_its_physical_place(bench):
    conf = bench.configuration(*PLAIN[:3], "area=0x40300000,0x10000,0x50000000")
    done = pack(bench, f"0:{bench.partition('-DCUSTOM_FILES=0', base=0x50000000)}", conf=conf)
    assert done.returncode == 0, done.stderr
    text = bench.xmpack("list", bench.path("out")).stdout
    assert "entry 0x50000000" in text and "    0x40300000  " in text


def test_entry_outside_the_image(bench):
    refused(bench, pack(bench, f"0:{bench.partition(link=['-e', '0x40108000'])}"), "entry 0x40108000")


def test_not_an_executable(bench):
    bench.path("text.elf").write_text("hello" * 20)
    refused(bench, pack(bench, f"0:{bench.path('text.elf')}"), "not an ELF file")
    bench.partition()
    refused(bench, pack(bench, f"0:{bench.path('p.elf.o')}"), "not an executable")
    refused(bench, pack(bench, "0:/bin/true"), "not a 32-bit big-endian")


def test_custom_files(bench):
    program = bench.partition()
    bench.path("large").write_bytes(bytes(17))
    bench.path("small").write_bytes(b"1")
    bench.path("empty").write_bytes(b"")
    refused(bench, pack(bench, f"0:{program}:{bench.path('large')}"), "has 17 bytes, the program reserves 16")
    refused(bench, pack(bench, f"0:{program}:{bench.path('empty')}"), "is empty")
    refused(bench, pack(bench, f"0:{program}:{bench.path('small')}:{bench.path('small')}"), "has room for 1")
    done = pack(bench, f"0:{program}")
    assert done.returncode == 0 and "names 1 custom files, 0 are given" in done.stderr
    bench.path("out").unlink()
    elsewhere = bench.partition("-DCUSTOM_ADDRESS=0x41000000")
    refused(bench, pack(bench, f"0:{elsewhere}:{bench.path('small')}"), "custom file 0x41000000..0x41000000 is not inside")


def test_two_images_in_one_shared_place(bench):
    conf = bench.configuration(*PLAIN[:3], "area=0x40100000,0x10000,0,1", "part=P1", "area=0x40100000,0x10000,0,1")
    program = bench.partition("-DCUSTOM_FILES=0")
    refused(bench, pack(bench, f"0:{program}", f"1:{program}", conf=conf), "partition 0 (P0)", "partition 1 (P1)",
            "both load 0x40100000")


def test_bad_hypervisor(bench):
    refused(bench, pack(bench, hypervisor=bench.partition()), "no hypervisor header")
    refused(bench, pack(bench, hypervisor=bench.hypervisor("-DWRONG_ABI")), "compiled for ABI 9.9.9")


def test_hypervisor_area_too_small_names_the_size_needed(bench):
    small = ["hypervisor=0x10000", *PLAIN[1:]]
    done = pack(bench, conf=bench.configuration(*small))
    refused(bench, done, 'XMHypervisor/PhysicalMemoryArea size="')
    size = done.stderr.split('size="')[1].split("KB")[0]
    done = pack(bench, conf=bench.configuration(f"hypervisor={int(size) * 1024}", *PLAIN[1:]))
    assert done.returncode == 0, done.stderr


def test_damaged_configuration(bench):
    conf = bench.configuration(*PLAIN)
    good = conf.read_bytes()
    for at, fragment in ((0, "not a compiled configuration"), (7, "layout revision"), (11, "has "), (100, "CRC-32C"),
                         (len(good) - 1, "CRC-32C")):
        damaged = bytearray(good)
        damaged[at] ^= 1
        conf.write_bytes(damaged)
        refused(bench, pack(bench, conf=conf), fragment)
    conf.write_bytes(good[:-8])
    refused(bench, pack(bench, conf=conf), "bytes but says")


def test_damaged_executables_are_refused_or_packed_but_never_crash(bench):
    good, hypervisor, conf = bench.partition("-DCUSTOM_FILES=0").read_bytes(), bench.hypervisor(), bench.configuration(*PLAIN)
    dice = random.Random(1)
    for turn in range(150):
        damaged = bytearray(good[:dice.randrange(40, len(good))] if turn % 3 == 0 else good)
        for _ in range(dice.randrange(1, 6)):
            damaged[dice.randrange(min(len(damaged), 200))] = dice.choice((0, 1, 0x7f, 0x80, 0xff))
        bench.path("bad.elf").write_bytes(damaged)
        done = pack(bench, f"0:{bench.path('bad.elf')}", conf=conf, hypervisor=hypervisor)
        assert done.returncode in (0, 2) and "Sanitizer" not in done.stderr and "runtime error" not in done.stderr


def test_list_shows_damage(bench):
    container, _ = bench.system()
    good = container.read_bytes()
    container.write_bytes(good[:-12] + bytes([good[-12] ^ 1]) + good[-11:])
    done = bench.xmpack("list", container)
    assert done.returncode == 2 and done.stdout.count("DAMAGED") == 1
    container.write_bytes(good[:80] + b"\xff" + good[81:])
    assert "header DAMAGED" in bench.xmpack("list", container).stdout
    container.write_bytes(good[:-8])
    assert "incomplete or damaged" in bench.xmpack("list", container).stderr


def place(bench, size, *tokens):
    return bench.xmpack("place", bench.configuration(*tokens), size)


def test_place_is_the_highest_free_page(bench):
    assert place(bench, 0x3000, *PLAIN).stdout == "0x40ffd000\n"
    top = [*PLAIN, "stream=0x40fff000,0x1000"]
    assert place(bench, 0x3001, *top).stdout == "0x40ffb000\n"
    full = [*PLAIN, "area=0x40810000,0x7f0000"]
    assert place(bench, 0x8000, *full).stdout == "0x40808000\n"


def test_place_takes_the_resident_software_area(bench):
    assert place(bench, 0x1000, *PLAIN, "rsw=0x40400000,0x2000").stdout == "0x40400000\n"
    refused(bench, place(bench, 0x2001, *PLAIN, "rsw=0x40400000,0x2000"), "the ResidentSw area at 0x40400000 has 8192",
            "enlarge it to 12KB")
    refused(bench, place(bench, 0x1000, *PLAIN, "rsw=0x40108000,0x2000"), "overlaps")


def test_place_ignores_a_resident_software_area_in_rom(bench):
    assert place(bench, 0x1000, *PLAIN, "region=2,0,0x800000", "rsw=0x1000,0x2000").stdout == "0x40fff000\n"


def test_place_refuses_when_nothing_is_free(bench):
    refused(bench, place(bench, 0x100000, "hypervisor=0x80000", "region=0,0x40000000,0x200000", "part=P0",
                         "area=0x40100000,0x10000"), "no free RAM of 1048576 bytes", "ResidentSw area of 1024KB")


def test_file_at_an_offset_of_the_container(bench):
    program, conf, hypervisor = bench.partition("-DCUSTOM_FILES=0"), bench.configuration(*PLAIN), bench.hypervisor()
    done = bench.xmpack("build", "-h", f"{hypervisor}:{conf}@0x8000", "-p", f"0:{program}@9000", bench.path("out"))
    assert done.returncode == 0, done.stderr
    data = bench.path("out").read_bytes()
    assert data[0x8000:0x8000 + conf.stat().st_size] == conf.read_bytes()
    assert program.read_bytes().find(data[0x9000:0x9020]) > 0
    assert bench.xmpack("list", bench.path("out")).returncode == 0


@pytest.mark.parametrize("offset, fragment", [("@10", "cannot start at offset 0x10 of the container"),
                                              ("@9001", "give a multiple of 8"), ("@0", "is not an offset")])
def test_impossible_offset(bench, offset, fragment):
    done = pack(bench, f"0:{bench.partition('-DCUSTOM_FILES=0')}{offset}")
    refused(bench, done, fragment)


def test_name_with_an_at_sign(bench):
    bench.path("a@home").mkdir()
    program = bench.partition("-DCUSTOM_FILES=0", name="a@home/p.elf")
    assert pack(bench, f"0:{program}").returncode == 0


def test_number_stands_for_a_file_named_before(bench):
    bench.path("same").write_text("same")
    program, other = bench.partition(), bench.partition(base=0x40200000, name="other.elf")
    done = pack(bench, f"0:{program}:{bench.path('same')}", f"1:{other}:#3")
    assert done.returncode == 0, done.stderr
    assert bench.xmpack("list", bench.path("out")).stdout.count("same ") == 2
    bench.path("out").unlink()
    refused(bench, pack(bench, f"0:{program}:#3"), "no such file before it; 3 were named, from #0")


def test_place_takes_a_container_too(bench):
    container, conf = bench.system()
    of_container, of_conf = bench.xmpack("place", container, "65536"), bench.xmpack("place", conf, "65536")
    assert of_container.returncode == 0 and of_container.stdout == of_conf.stdout
