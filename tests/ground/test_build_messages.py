"""What an operator reads when the system's own XML is refused."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = os.environ.get("XM_BUILD", "build")


def test_refused_xml_is_not_followed_by_noise(tmp_path: Path) -> None:
    text = (ROOT / "configs" / "demo" / "system.xml").read_text(encoding="utf-8")
    bad = text.replace('duration="15ms" partitionId="1"', 'duration="15ms" partitionId="9"', 1)
    folder = tmp_path / "refused"
    folder.mkdir()
    (folder / "system.xml").write_text(bad, encoding="utf-8")
    subprocess.run(["make", "-s", f"BUILD={BUILD}", f"{BUILD}/bin/xmcparser"], cwd=ROOT, check=True, timeout=120)
    done = subprocess.run(
        ["make", "system", f"BUILD={BUILD}", f"SYSTEM={folder}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = done.stderr.splitlines()
    assert done.returncode != 0 and done.stdout == ""
    assert f"{folder}/system.xml:22: error: slot 1 is of partition 9" in lines[0]
    assert len(lines) <= 2 and not any("No such file" in line for line in lines)
