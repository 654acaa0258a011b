"""Projects as users of XtratuM 3.x have them, unmodified: built by their own Makefiles against an installed xm, and run.

projects/<name>/ is the project, expect/<name> what it must print: whole lines, in this order, with others between them
allowed; '~' starts a regular expression, '!' and '!~' what must not appear.
"""
import shutil
from pathlib import Path

import pytest

from conftest import HERE, boot, matches, run

NAMES = sorted(path.name for path in (HERE / "projects").iterdir())


def dialect(name: str) -> list[str]:
    """Sources of the two other lines name theirs on the command line; their files stay as they are."""
    lines = {"v32": "32", "q": "Q"}
    line = lines.get(name.split("_")[0])
    return [f"XM_DIALECT={line}"] if line else []


def expectation(name: str) -> tuple[list[str], list[str]]:
    lines = (HERE / "expect" / name).read_text().splitlines()
    return [line for line in lines if line[0] != "!"], [line[1:] for line in lines if line[0] == "!"]


def test_every_project_has_an_expectation():
    assert NAMES == sorted(path.name for path in (HERE / "expect").iterdir())
    assert len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_project(installed, name):
    folder = installed.xal / "examples" / name
    built = run("make", *dialect(name), cwd=folder)
    assert (folder / "resident_sw").stat().st_size > 0
    assert "error" not in built.stderr
    wanted, unwanted = expectation(name)
    lines = boot(folder / "resident_sw", wanted)
    for line in lines:
        assert not any(matches(text, line) for text in unwanted), line

    run("make", "distclean", cwd=folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in (HERE / "projects" / name).iterdir())


def test_project_elsewhere_names_the_runtime(installed, tmp_path):
    """A project outside the installed tree, with its own XAL_PATH; unchanged files, nothing built in the installed tree."""
    shutil.copytree(HERE / "projects/division_trap", tmp_path / "project")
    before = sorted(installed.prefix.rglob("*"))
    run("make", f"XAL_PATH={installed.xal}", cwd=tmp_path / "project")
    boot(tmp_path / "project/resident_sw", expectation("division_trap")[0])
    assert sorted(installed.prefix.rglob("*")) == before


def test_second_make_does_nothing(installed, tmp_path):
    shutil.copytree(HERE / "projects/floating_point", tmp_path / "project")
    run("make", f"XAL_PATH={installed.xal}", cwd=tmp_path / "project")
    assert "Nothing to be done" in run("make", f"XAL_PATH={installed.xal}", cwd=tmp_path / "project").stdout


def test_installed_tree_holds_no_path_of_the_build(installed):
    for path in [*(installed.xal / "common").iterdir(), installed.prefix / "xmconfig", installed.prefix / "bin/rswbuild"]:
        assert str(HERE.parent.parent) not in path.read_text()
    assert not [p for p in installed.prefix.rglob("*") if p.is_symlink()]


def test_mistake_in_the_configuration_stops_the_build(installed, tmp_path):
    project: Path = tmp_path / "project"
    shutil.copytree(HERE / "projects/division_trap", project)
    (project / "xm_cf.sparcv8.xml").write_text((project / "xm_cf.sparcv8.xml").read_text().replace("0x400c0000", "0x40080000"))
    done = run("make", f"XAL_PATH={installed.xal}", "xm_cf.xef.xmc", cwd=project, check=False)
    assert done.returncode != 0 and "xm_cf.sparcv8.xml:" in done.stderr
    assert not (project / "xm_cf.xef.xmc").exists()
