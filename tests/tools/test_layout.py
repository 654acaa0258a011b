"""The hypervisor's linker script: memory of the boot (BOOT_ONLY) is something else afterwards, so nothing that stays may
refer to it."""
import pytest

from conftest import ROOT, TARCH, TCC, TLD, run

PROGRAM = """
    .section .text.vectors, "ax"
    .globl  kernel_trap_table, boot
kernel_trap_table:
    ba      boot
    nop
    .section .boot.text, "ax"
boot:
    call    resident
    nop
    .section .text.resident, "ax"
resident:
    {}
    retl
    nop
"""


@pytest.mark.parametrize("wrong", ["call boot", "sethi %hi(boot), %g1"])
def test_what_stays_cannot_refer_to_the_boot(tmp_path, wrong):
    def link(instruction: str):
        (tmp_path / "k.S").write_text(PROGRAM.format(instruction))
        run(TCC, *TARCH, "-c", tmp_path / "k.S", "-o", tmp_path / "k.o")
        return run(*TLD, "-T", ROOT / "hypervisor/arch/sparc/link.ld", tmp_path / "k.o", "-o", tmp_path / "k.elf",
                   check=False)

    assert link("nop").returncode == 0
    refused = link(wrong)
    assert refused.returncode != 0 and "prohibited cross reference" in refused.stderr
