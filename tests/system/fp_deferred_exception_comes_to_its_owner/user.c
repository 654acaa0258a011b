/* Keeps values in floating-point registers while the FPU changes hands. */
#include "../testlib.h"

/* The compiler is told that there is no FPU: its instructions are spelled as words. The first is executed where no window is left
 * below: what then traps in the hypervisor does so in a window of ours, whose locals must come through it. Returns 0 if they do. */
static xm_u32_t load(const xm_u32_t *values)
{
    xm_u32_t wrong;

    __asm__ volatile("mov %1, %%g1\n\t"
                     "mov 0, %%g2\n\t"
                     ".irp n, 1, 2, 3, 4, 5, 6, 7\n\t"
                     "save %%sp, -96, %%sp\n\t"
                     "mov 8 * \\n, %%l0\n\tmov 8 * \\n + 1, %%l1\n\tmov 8 * \\n + 2, %%l2\n\tmov 8 * \\n + 3, %%l3\n\t"
                     ".endr\n\t"
                     ".word 0xc1006000, 0xc3006004\n\t" /* ld [%g1], %f0; ld [%g1 + 4], %f1 */
                     ".irp n, 7, 6, 5, 4, 3, 2, 1\n\t"
                     "xor %%l0, 8 * \\n, %%l0\n\txor %%l1, 8 * \\n + 1, %%l1\n\t"
                     "xor %%l2, 8 * \\n + 2, %%l2\n\txor %%l3, 8 * \\n + 3, %%l3\n\t"
                     "or %%g2, %%l0, %%g2\n\tor %%g2, %%l1, %%g2\n\tor %%g2, %%l2, %%g2\n\tor %%g2, %%l3, %%g2\n\t"
                     "restore\n\t"
                     ".endr\n\t"
                     "mov %%g2, %0"
                     : "=r"(wrong) : "r"(values) : "g1", "g2", "memory");
    return wrong;
}

static void store(xm_u32_t *values)
{
    register xm_u32_t *o0 __asm__("o0") = values;

    __asm__ volatile(".word 0xc1222000, 0xc3222004" /* st %%f0, [%%o0]; st %%f1, [%%o0 + 4] */ ::"r"(o0) : "memory");
}

void PartitionMain(void)
{
    xm_u32_t mine[2] = { 0x3f800000u + XM_PARTITION_SELF, 0x40000000u + XM_PARTITION_SELF }, seen[2] = { 0, 0 };
    xm_u32_t windows_wrong = load(mine);

    wait_slots(1);
    store(seen);
    printf("%s: windows wrong %x, registers wrong %d\n", XM_get_PCT()->name, windows_wrong,
           (seen[0] != mine[0]) + (seen[1] != mine[1]));
    XM_idle_self();
}
