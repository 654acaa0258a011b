"""What is made of the parser: manual page, Markdown; and the shell's completion, asked by a shell."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ServedDaemon
from fake_board import Served

from xmground import cli, manual

XMG = Path(__file__).resolve().parents[2] / "ground-tools" / "xmg"
LIMIT_S = 30


def test_manual_page_has_every_command_and_no_fault() -> None:
    parser = cli.build_parser()
    page = manual.man_page(parser)
    shown = subprocess.run(
        ["groff", "-man", "-ww", "-Tascii", "-P-cbou"],
        input=page,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    assert shown.stderr == ""
    for name, sub in manual.subparsers(parser):
        if sub.get_default("run"):
            assert f"   {name}\n" in shown.stdout
    for section in ("EXIT STATUS", "ENVIRONMENT", "EXAMPLES"):
        assert f"\n{section}\n" in shown.stdout


def test_manual_text_is_never_an_instruction() -> None:
    assert manual._roff(".TH\n'x\nback\\slash -v") == "\\&.TH\n\\&'x\nback\\eslash \\-v"


def test_markdown_has_every_command() -> None:
    parser = cli.build_parser()
    text = manual.markdown(parser)
    assert all(f"\n## {name}\n" in text for name, _ in manual.subparsers(parser))


def complete(line: str, socket: Path) -> list[str]:
    """What bash offers behind the line."""
    words = line.split(" ")
    script = f"""
        PATH="{XMG.parent}:$PATH"
        eval "$(xmg completion bash)"
        COMP_LINE={line!r} COMP_POINT={len(line)} COMP_TYPE=9 COMP_WORDS=({line}) COMP_CWORD={len(words) - 1}
        _python_argcomplete xmg
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | {"XMG_SOCKET": str(socket)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    return [word.strip() for word in done.stdout.split()]


def test_completion_of_commands_and_options(tmp_path: Path) -> None:
    assert complete("xmg pl", tmp_path / "none") == ["plan"]
    assert "--warm" in complete("xmg part reset P1 --w", tmp_path / "none")


def test_completion_of_names_asks_the_daemon(served: Served, tmp_path: Path) -> None:
    with ServedDaemon(served.url, tmp_path / "socket"):
        assert complete("xmg part show P", tmp_path / "socket") == ["P1"]
        assert complete("xmg plan switch sa", tmp_path / "socket") == ["safe"]
        assert complete("xmg plan show n", tmp_path / "socket") == ["nominal"]


def test_completion_of_ports_is_that_of_the_partition(served: Served, tmp_path: Path) -> None:
    with ServedDaemon(served.url, tmp_path / "socket") as daemon:
        assert complete("xmg port show P1 p", daemon.path) == ["packets"]
        assert complete("xmg port show payload p", daemon.path) == []
        assert complete("xmg port show payload t", daemon.path) == ["temperature"]
        assert complete("xmg port show nobody p", daemon.path) == []
        assert complete("xmg mem dump pay", daemon.path) == ["payload"]


def test_completion_without_a_daemon_offers_no_names_and_takes_no_link(tmp_path: Path) -> None:
    assert complete("xmg part show P", tmp_path / "none") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_what_the_shell_can_read(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell}")
    code = subprocess.run(
        [sys.executable, str(XMG), "completion", shell], capture_output=True, text=True, check=True
    ).stdout
    check = [program, "--no-execute"] if shell == "fish" else [program, "-n"]
    assert subprocess.run(check, input=code, capture_output=True, text=True).stderr == ""
