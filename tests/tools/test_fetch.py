"""tools/fetch.sh: cache, digests, package lists of both forms, and what it says without a network."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, run

TARBALL = "bearssl_0.6+dfsg.1.orig.tar.xz"  # the build of the boot loader has fetched it
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "xm"


class Fetcher:
    def __init__(self, folder: Path):
        self.cache, self.etc, self.bin, self.build = (folder / n for n in ("cache", "etc", "bin", "build"))
        for path in (self.cache / "xm", self.etc / "sources.list.d", self.bin):
            path.mkdir(parents=True)
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(self.cache), "APT_ETC": str(self.etc),
                            "BUILD": str(self.build), "PATH": f"{self.bin}:{os.environ['PATH']}"}

    def apt(self, script: str) -> None:
        (self.bin / "apt-get").write_text("#!/bin/sh\n" + script)
        (self.bin / "apt-get").chmod(0o755)

    def __call__(self, name="bearssl"):
        return run(ROOT / "tools/fetch.sh", name, check=False, env=self.environment)


@pytest.fixture
def fetch(tmp_path) -> Fetcher:
    return Fetcher(tmp_path)


def test_cached_tarball_needs_no_apt(fetch):
    fetch.apt("exit 1\n")
    shutil.copy(CACHE / TARBALL, fetch.cache / "xm")
    assert fetch().returncode == 0
    source = fetch.build / "third_party/bearssl/src/hash/sha2small.c"
    before = source.stat().st_mtime_ns
    assert fetch().returncode == 0 and source.stat().st_mtime_ns == before


def test_two_at_once(fetch):
    shutil.copy(CACHE / TARBALL, fetch.cache / "xm")
    both = [subprocess.Popen([ROOT / "tools/fetch.sh", "bearssl"], env=fetch.environment) for _ in range(2)]
    assert [p.wait(timeout=60) for p in both] == [0, 0]
    assert [p.name for p in (fetch.build / "third_party").iterdir()] == ["bearssl"]


def test_lists_of_both_forms_ask_for_sources(fetch):
    (fetch.etc / "sources.list").write_text("# old form\ndeb [arch=amd64] http://one/ stable main\n"
                                            "deb-src http://one/ stable main\n")
    (fetch.etc / "sources.list.d/a.list").write_text("  deb http://two/ stable main\n#deb http://off/ x y\n")
    (fetch.etc / "sources.list.d/b.sources").write_text("Types: deb\nURIs: http://three/\nSuites: s\nComponents: main\n")
    (fetch.etc / "sources.list.d/c.sources").write_text("Types: deb deb-src\nURIs: http://four/\nSuites: s\nComponents: m")
    fetch.apt(f"case \"$*\" in *source*only*) cp '{CACHE / TARBALL}' . ;; esac\n")
    assert fetch().returncode == 0
    parts = fetch.cache / "xm/apt/parts"
    assert sorted((parts / "xm.list").read_text().splitlines()) == [
        "deb-src [arch=amd64] http://one/ stable main", "deb-src http://one/ stable main", "deb-src http://two/ stable main"]
    sources = (parts / "xm.sources").read_text()
    assert sources.count("Types: deb-src\n") == 2 and "http://three/" in sources and "http://four/" in sources


def test_what_cannot_be_had_is_named(fetch):
    (fetch.etc / "sources.list").write_text("deb http://one/ stable main\n")
    fetch.apt("echo 'E: no network'; exit 100\n")
    done = fetch()
    assert done.returncode == 1 and f"cannot get {TARBALL}; copy it to" in done.stderr and "E: no network" in done.stderr
    assert not (fetch.build / "third_party/bearssl").exists()


def test_no_lists_at_all(fetch):
    fetch.apt("exit 1\n")
    done = fetch()
    assert done.returncode == 1 and TARBALL in done.stderr and "no package list" in done.stderr


def test_other_content_is_never_used(fetch):
    (fetch.etc / "sources.list").write_text("deb http://one/ stable main\n")
    fetch.apt(f"case \"$*\" in *source*only*) echo evil > '{TARBALL}' ;; esac\n")
    done = fetch()
    assert done.returncode == 1 and "came with another SHA-256 than" in done.stderr
    assert not (fetch.build / "third_party/bearssl").exists()


def test_unknown_name(fetch):
    done = fetch("openssl")
    assert done.returncode == 2 and "usage" in done.stderr
