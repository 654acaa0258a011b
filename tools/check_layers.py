#!/usr/bin/python3
"""Check that the layers of the tree know no more of each other than they may.

    check_layers.py [--tcc COMPILER...]    the target compiler and its flags; default: the host's checks only

Four rules, each counted as one test; every breach is printed as file:line: what, and why it matters:

  includes      who may include whom (the table LAYERS)
  names         no processor, board or device name in hypervisor/core
  conditionals  no #if in hypervisor/core but header guards: variation is a different file linked
  headers       every header compiles alone
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CORE = "hypervisor/core/"
ABI = "hypervisor/abi/"
# The headers through which arch, drivers and boards see the core.
CONTRACT = (CORE + "arch.h", CORE + "arch_trap.h", CORE + "board.h", CORE + "kernel.h")
# The architecture also needs the structures that its assembler and page tables handle, and the calls made up into the core.
ARCH_NEEDS = (CORE + "partition.h", CORE + "guest_mem.h", CORE + "hypercall.h", CORE + "entry.h", CORE + "main.h",
              CORE + "sched.h", CORE + "time.h", CORE + "virq.h")

# Layer (prefix of the path) -> prefixes that its files may include. The first prefix that matches a file decides.
LAYERS: list[tuple[str, tuple[str, ...]]] = [
    (ABI, (ABI,)),
    (CORE, (CORE, ABI)),
    ("hypervisor/arch/", ("hypervisor/arch/", ABI, *CONTRACT, *ARCH_NEEDS)),
    ("hypervisor/drivers/", ("hypervisor/drivers/", ABI, *CONTRACT)),
    ("hypervisor/board/", ("hypervisor/board/", "hypervisor/drivers/", ABI, *CONTRACT)),
    ("hypervisor/boot/", ("hypervisor/boot/", "hypervisor/drivers/", ABI, *CONTRACT)),
    ("libxm/", ("libxm/", ABI)),
    ("supervisor/", ("supervisor/", "libxm/", ABI)),
    # The simulated board is the supervisor with another kernel behind it.
    ("tools/sim/", ("tools/sim/", "supervisor/", ABI)),
    # xmcparser keeps a board's devices from partitions: it reads their addresses, which are numbers only.
    ("tools/", ("tools/", ABI, "hypervisor/board/leon3_generic/registers.h")),
]
# Where a name in quotes or brackets is looked for, beside the including file's own folder.
INCLUDE_PATHS = {
    "hypervisor/": ["hypervisor/core", "hypervisor", "hypervisor/arch/sparc", "hypervisor/arch/host", "hypervisor/drivers"],
    "libxm/": ["libxm/include", "libxm/xal/include", "libxm"],
    "supervisor/": ["supervisor", "libxm/include", "libxm/xal/include"],
    "tools/sim/": ["tools/sim/fake", "tools/sim", "supervisor", "tests/supervisor"],
    "tools/": [],
}
# Contract headers that each architecture, or board, provides under the same name; core includes them without knowing which.
PROVIDED_BY_ARCH = {"arch_impl.h", "board_impl.h"}

# Words in the code, comments apart, that would tie the core to one machine.
MACHINE_WORDS = re.compile(
    r"\b(sparc\w*|leon\w*|grlib|apbuart|gptimer|irqmp|greth|ahb|gr7\d\d\w*|ut\d{3}\w*|at697\w*|srmmu|wpr|qemu|x86)\b",
    re.IGNORECASE)
# They are names of the XtratuM interface and of the abi, not knowledge of the machine.
ALLOWED_WORD = re.compile(r"\b(XM_HM_EV_SPARC_\w+|XM_sparc_\w+|sys_sparc_\w+|sparc_\w+_nr)\b")

Breach = str


def sources(prefix: str, suffixes: Iterable[str] = (".c", ".h", ".S", ".def")) -> list[Path]:
    return sorted(path for path in (ROOT / prefix).rglob("*") if path.is_file() and path.suffix in suffixes)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def resolve(includer: Path, name: str) -> str | None:
    """The file of this tree that an include names, or None for one from outside."""
    paths = next((paths for prefix, paths in INCLUDE_PATHS.items() if relative(includer).startswith(prefix)), [])
    for folder in [includer.parent] + [ROOT / path for path in paths]:
        found = (folder / name).resolve()
        if found.is_file() and found.is_relative_to(ROOT):
            return relative(found)
    return None


def check_includes() -> list[Breach]:
    breaches = []
    done: set[Path] = set()
    for layer, allowed in LAYERS:
        for path in [path for path in sources(layer) if path not in done]:
            done.add(path)
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
                if not match or match.group(1) in PROVIDED_BY_ARCH:
                    continue
                target = resolve(path, match.group(1))
                if target is not None and not target.startswith(allowed):
                    breaches.append(f"{relative(path)}:{number}: {layer} may not include {target}; "
                                    f"it may include {', '.join(allowed)}")
    return breaches


def without_comments(text: str) -> str:
    """The text with each comment replaced by its line ends, so that line numbers stay."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda match: "\n" * match.group(0).count("\n"), text, flags=re.S)


def check_names() -> list[Breach]:
    breaches = []
    for path in sources(CORE):
        for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1):
            match = MACHINE_WORDS.search(ALLOWED_WORD.sub("", line))
            if match:
                breaches.append(f"{relative(path)}:{number}: '{match.group(0)}' names a machine; "
                                "what depends on it belongs to arch/, drivers/ or board/")
    return breaches


def check_conditionals() -> list[Breach]:
    breaches = []
    for path in sources(CORE, (".c", ".h")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b\s*(\w*)", line)
            if not match:
                continue
            guard = path.suffix == ".h" and match.group(1) == "ifndef" and match.group(2).endswith("_H")
            assembler = path.suffix == ".h" and match.group(2) == "__ASSEMBLER__"
            if not guard and not assembler:
                breaches.append(f"{relative(path)}:{number}: conditional code in core: link a different file instead")
    return breaches


def header_compilers(tcc: list[str]) -> list[tuple[str, list[str]]]:
    """Prefix of a header -> command that checks its syntax; the first that matches. Target headers only with a target compiler."""
    host = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
    commands = [
        (ABI, host),
        (CORE, host + ["-Ihypervisor/arch/host", "-Ihypervisor/core", "-Ihypervisor"]),
        ("hypervisor/arch/host/", host + ["-Ihypervisor/arch/host", "-Ihypervisor/core", "-Ihypervisor"]),
        ("tools/sim/", host + ["-Itools/sim/fake", "-Itools/sim", "-Isupervisor"]),
        ("tools/", host + pkg_config("libxml-2.0")),
    ]
    if tcc:
        kernel = tcc + ["-Wall", "-Wextra", "-Werror", "-Ihypervisor/arch/sparc", "-Ihypervisor/board/leon3_generic",
                        "-Ihypervisor/core", "-Ihypervisor"]
        partition = tcc + ["-Wall", "-Dsparcv8", "-D__XM_INCFLD(_fld)=<xm_inc/_fld>", "-Ilibxm/include", "-Ilibxm/xal/include",
                           "-I."]
        commands += [("hypervisor/arch/sparc/", kernel), ("hypervisor/drivers/", kernel), ("hypervisor/board/", kernel),
                     ("hypervisor/boot/", kernel),
                     ("libxm/", partition)]
    return commands


def pkg_config(package: str) -> list[str]:
    done = subprocess.run(["pkg-config", "--cflags", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return shlex.split(done.stdout)


def check_headers(tcc: list[str]) -> list[Breach]:
    breaches = []
    checked: set[Path] = set()
    for prefix, command in header_compilers(tcc):
        for path in [path for path in sources(prefix, (".h",)) if path not in checked]:
            checked.add(path)
            name = relative(path)
            done = subprocess.run(command + ["-fsyntax-only", "-x", "c", "-"], cwd=ROOT, text=True,
                                  input=f'#include "{ROOT / name}"\n', stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode != 0:
                reason = next((line for line in done.stdout.splitlines() if "error" in line), "compiler failed")
                breaches.append(f"{name}:1: does not compile alone: {reason}")
    return breaches


def main() -> int:
    parser = argparse.ArgumentParser(description="Check the layering of the tree.")
    parser.add_argument("--tcc", default="", help="target compiler with its flags, one string")
    options = parser.parse_args()
    tcc = shlex.split(options.tcc)
    rules: dict[str, Callable[[], list[Breach]]] = {
        "includes": check_includes, "names": check_names, "conditionals": check_conditionals,
        "headers": lambda: check_headers(tcc),
    }
    failed = 0
    for name, rule in rules.items():
        breaches = rule()
        failed += bool(breaches)
        print(f"{'FAIL' if breaches else 'ok  '} {name}")
        for breach in breaches:
            print(f"  {breach}")
    print(f"{len(rules) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
