#include "../testlib.h"

static xm_u32_t word = 0x0000fff0;

void PartitionMain(void)
{
    int a = XM_sparc_atomic_add(&word, 0x10);
    xm_u32_t sum = word;
    int b = XM_sparc_atomic_or(&word, 0x00f000ff);
    xm_u32_t all = word;
    int c = XM_sparc_atomic_and(&word, 0x00ff000f);

    printf("add %d %x, or %d %x, and %d %x\n", a, sum, b, all, c, word);
    a = XM_sparc_atomic_add((xm_u32_t *)0x40001000, 1);
    b = XM_sparc_atomic_and((xm_u32_t *)((xmAddress_t)&word + 2), 1);
    c = XM_sparc_atomic_or(0, 1);
    printf("hypervisor's %d, misaligned %d, null %d, word still %x\n", a, b, c, word);
    XM_halt_system();
}
