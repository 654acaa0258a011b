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
    # The same as from a shell, also when make runs this test.
    env = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFL"))}

    def make(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["make", f"BUILD={BUILD}", *words]
        return subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
        )

    assert make(f"{BUILD}/bin/xmcparser").returncode == 0
    done = make("system", f"SYSTEM={folder}")
    lines = done.stderr.splitlines()
    assert done.returncode != 0 and done.stdout == ""
    assert f"{folder}/system.xml:22: error: slot 1 is of partition 9" in lines[0]
    assert len(lines) <= 2 and not any("No such file" in line for line in lines)
