"""The small tools that Makefiles of XtratuM 3.x projects call."""
import hashlib
import re
import shutil

import pytest

from conftest import HERE, ROOT, run

XML = HERE / "projects/division_trap/xm_cf.sparcv8.xml"


@pytest.fixture(scope="module")
def program(installed, tmp_path_factory):
    """A linked partition with a custom file."""
    project = tmp_path_factory.mktemp("custom") / "project"
    shutil.copytree(HERE / "projects/custom_file", project)
    run("make", f"XAL_PATH={installed.xal}", "partition0", cwd=project)
    return project / "partition0"


@pytest.mark.parametrize("number, start", [("0", "0x40080000"), ("1", "0x400c0000"), ("2", "0x40100000")])
def test_xpathstart(installed, number, start):
    assert installed.tool("xpathstart", number, XML).stdout == start + "\n"


@pytest.mark.parametrize("words, fragment", [(["3", XML], "no partition 3"), (["x", XML], "not a partition id"),
                                             (["0"], "usage"), (["0", "/nowhere"], "no partition 0")])
def test_xpathstart_refuses(installed, words, fragment):
    done = installed.tool("xpathstart", *words, check=False)
    assert done.returncode == 2 and done.stdout == "" and fragment in done.stderr


def test_xpath(installed):
    names = installed.tool("xpath", "-c", "-f", XML, "//xm:Partition/@name").stdout.split()
    assert names == ["Partition0", "Partition1", "Partition2"]
    assert installed.tool("xpath", "-f", XML, "//xm:Uart/@baudRate").stdout == 'baudRate="115200"\n'
    assert installed.tool("xpath", "-f", XML, "-c", "count(//xm:Slot)").stdout == "3\n"
    other = ["-n", "x=http://www.xtratum.org/xm-3.x"]
    assert installed.tool("xpath", "-f", XML, *other, "-c", "//x:Slot[1]/@id").stdout == "0\n"


@pytest.mark.parametrize("words, status", [(["-f", XML, "//xm:Nothing"], 1), (["-f", XML, "]"], 2), (["-f", XML], 2),
                                           (["-f", "/nowhere", "//a"], 2), (["-x"], 2), (["-n", "x", "-f", XML, "//a"], 2)])
def test_xpath_refuses(installed, words, status):
    done = installed.tool("xpath", *words, check=False)
    assert done.returncode == status and done.stdout == ""


@pytest.mark.parametrize("order", [["FILE", "-c", "-o", "OUT"], ["-c", "-o", "OUT", "FILE"], ["-o", "OUT", "FILE", "-c"]])
def test_xmeformat_build_takes_options_anywhere(installed, program, tmp_path, order):
    out = tmp_path / "p.xef"
    done = installed.tool("xmeformat", "build", *[{"FILE": program, "OUT": out}.get(word, word) for word in order])
    assert done.stderr == f"{hashlib.md5(out.read_bytes()).hexdigest()} {out}\n"
    assert out.read_bytes() == program.read_bytes()


def test_xmeformat_default_output_and_payload(installed, program, tmp_path):
    done = installed.tool("xmeformat", "build", "-p", "note", program, cwd=tmp_path)
    assert (tmp_path / "a.out").exists() and "payload" in done.stderr.splitlines()[0]


def test_xmeformat_data(installed, tmp_path):
    (tmp_path / "data").write_bytes(b"anything")
    installed.tool("xmeformat", "build", "-m", tmp_path / "data", "-c", "-o", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"anything"
    done = installed.tool("xmeformat", "build", tmp_path / "data", "-o", tmp_path / "out2", check=False)
    assert done.returncode == 2 and "not an ELF file" in done.stderr and not (tmp_path / "out2").exists()


def test_xmeformat_read(installed, program):
    assert "partition, " in installed.tool("xmeformat", "read", "-h", program).stdout
    assert "segment 1: " in installed.tool("xmeformat", "read", "-s", program).stdout
    assert "custom file 0: 0x400" in installed.tool("xmeformat", "read", "-m", program).stdout
    core = installed.tool("xmeformat", "read", installed.prefix / "lib/xm_core.xef").stdout
    assert "hypervisor, " in core and "compiled configuration" in core


@pytest.mark.parametrize("words", [[], ["build"], ["build", "-z", "f"], ["build", "a", "b"], ["list", "f"]])
def test_xmeformat_usage(installed, words):
    done = installed.tool("xmeformat", *words, check=False)
    assert done.returncode == 2 and "usage" in done.stderr


def test_rswbuild_usage(installed, tmp_path):
    assert installed.tool("rswbuild", check=False).returncode == 2
    done = installed.tool("rswbuild", tmp_path / "nothing", tmp_path / "out", check=False)
    assert done.returncode == 2 and "no such file" in done.stderr
    (tmp_path / "nothing").write_bytes(b"no container")
    done = installed.tool("rswbuild", tmp_path / "nothing", tmp_path / "out", check=False)
    assert done.returncode != 0 and not (tmp_path / "out").exists()


def test_every_call_is_in_the_compatibility_document(installed):
    """Names that a source can use: the rows of the table of calls and what the headers declare."""
    names = set(re.findall(r"^XM_CALL\( *\d+, (\w+)", (ROOT / "hypervisor/abi/hypercalls.def").read_text(), re.MULTILINE))
    for header in ["hypervisor.h", "status.h", "hm.h", "xm.h", "arch/xmhypercalls.h"]:
        names |= set(re.findall(r"\bXM_(\w+)\(", (installed.prefix / "include" / header).read_text()))
    text = (ROOT / "docs/compatibility.md").read_text()
    missing = [name for name in sorted(names) if not name[0].isupper() and f"`XM_{name}`" not in text]
    assert len(names) > 70 and missing == []


@pytest.mark.parametrize("name", ["XM_multicall", "XM_set_page_type", "XM_sparc_write_ptdl1", "XM_reload_watchdog"])
def test_what_is_left_out_is_not_declared(installed, name):
    done = run("grep", "-rlw", name, installed.prefix / "include", check=False)
    assert done.returncode == 1, done.stdout
