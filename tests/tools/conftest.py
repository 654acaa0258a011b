"""Programs and files that the tests of xmpack, rswbuild and the boot loader share.

The environment names the tools (tests/tools/build.mk sets it): BUILD, BOARD, TCC, TLD and the target's flags TARCH. The
stand-in hypervisor and partitions are compiled here, so these tests depend on nothing but the tools under test.
"""
import os
import shlex
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = Path(os.environ.get("BUILD", "build"))
BOARD = os.environ.get("BOARD", "leon3_generic")
TCC = os.environ.get("TCC", "sparc64-linux-gnu-gcc")
TLD = shlex.split(os.environ.get("TLD", "sparc64-linux-gnu-ld -m elf32_sparc"))
TARCH = shlex.split(os.environ.get("TARCH", "-m32 -mcpu=leon3 -msoft-float -ffreestanding -fno-pic -fno-pie"))

HYPERVISOR_BYTES = 0x100000
PLAIN = ["hypervisor=0x80000", "region=0,0x40000000,0x1000000",
         "part=P0", "area=0x40100000,0x10000", "area=0x40800000,0x4000",
         "part=P1", "area=0x40200000,0x10000"]


def run(*words, check=True, **options):
    """One program; its output as text. Fails the test when it fails, unless check is False."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=60, check=False, **options)
    assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done


class Bench:
    """A folder with the means to compile images, make configurations and pack them."""

    def __init__(self, folder: Path, tools: Path):
        self.folder, self.tools = folder, tools

    def path(self, name: str) -> Path:
        return self.folder / name

    def configuration(self, *tokens: str, name: str = "conf.xmc") -> Path:
        run(self.tools / "make_conf", self.path(name), *tokens)
        return self.path(name)

    def hypervisor(self, *defines: str, name: str = "xm.elf") -> Path:
        objects = []
        for source in ("hypervisor.S", "hypervisor.c"):
            objects.append(self.path(name + source + ".o"))
            run(TCC, *TARCH, "-O1", "-mflat", *defines, "-c", HERE / source, "-o", objects[-1])
        run(*TLD, "-n", "-T", HERE / "hypervisor.ld", *objects, "-o", self.path(name))
        return self.path(name)

    def partition(self, *defines: str, base: int = 0x40100000, name: str = "p.elf", link=()) -> Path:
        custom = f"-DCUSTOM_ADDRESS={base + 0xf00:#x}"
        run(TCC, *TARCH, "-O1", *([] if any("CUSTOM_ADDRESS" in d for d in defines) else [custom]), *defines, "-c",
            HERE / "partition.c", "-o", self.path(name + ".o"))
        run(*TLD, "-n", "-T", HERE / "partition.ld", f"--defsym=partition_base={base}", *link, self.path(name + ".o"),
            "-o", self.path(name))
        return self.path(name)

    def xmpack(self, *words):
        """The variant with sanitizers: a refusal that reads outside a buffer fails too."""
        return run(BUILD / "bin/xmpack-san", *words, check=False, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})

    def system(self) -> tuple[Path, Path]:
        """Container and configuration of a good system: hypervisor, two partitions, a custom file."""
        conf, hypervisor = self.configuration(*PLAIN), self.hypervisor()
        self.path("hello.txt").write_text("CUST")
        out = self.path("container")
        done = self.xmpack("build", "-h", f"{hypervisor}:{conf}", "-p", f"0:{self.partition()}:{self.path('hello.txt')}",
                           "-p", f"1:{self.partition('-DCUSTOM_FILES=0', base=0x40200000, name='p1.elf')}", out)
        assert done.returncode == 0, done.stderr
        return out, conf

    def rswbuild(self, container: Path) -> str:
        return run(ROOT / "tools/rswbuild", container, self.path("system.elf"), self.path("system.bin")).stdout

    def damage(self, container: Path, data: bytes) -> None:
        """Replace the container inside the images that rswbuild made of it: what a flipped bit on the board does."""
        for name in ("system.elf", "system.bin"):
            image, good = self.path(name).read_bytes(), container.read_bytes()
            assert image.count(good) == 1 and len(data) == len(good)
            self.path(name).write_bytes(image.replace(good, data))


@pytest.fixture(scope="session")
def tools(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    run("gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", HERE / "make_conf.c", "-o", folder / "make_conf")
    return folder


@pytest.fixture
def bench(tmp_path, tools) -> Bench:
    return Bench(tmp_path, tools)
