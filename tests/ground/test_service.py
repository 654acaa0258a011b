"""The unit for systemd: it names a command that there is, and systemd understands it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from xmground import cli
from xmground.transport import parse_link

TOOLS = Path(__file__).resolve().parents[2] / "ground-tools"
UNIT = TOOLS / "xmg.service"


def test_the_service_runs_what_there_is() -> None:
    (command,) = [
        line.removeprefix("ExecStart=").replace("%h", "/home/operator").split()
        for line in UNIT.read_text().splitlines()
        if line.startswith("ExecStart=")
    ]
    assert command[0] == "xmg"
    args = cli.build_parser().parse_args(command[1:])
    parse_link(args.link)
    assert args.key == "/home/operator/.config/xmg/key"


def verified(tmp_path: Path, old: str, new: str) -> "subprocess.CompletedProcess[str]":
    """What systemd says of the unit with something in it replaced."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(old, new))
    return subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", unit],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
    )


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_understands_the_service(tmp_path: Path) -> None:
    done = verified(tmp_path, "ExecStart=xmg", f"ExecStart={TOOLS / 'xmg'}")
    # What other units of this machine lack is told, too.
    assert UNIT.name not in done.stdout + done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_a_wrong_service_would_be_seen(tmp_path: Path) -> None:
    done = verified(tmp_path, "NoNewPrivileges=yes", "NoNewPrivilege=yes")
    assert UNIT.name in done.stdout + done.stderr
