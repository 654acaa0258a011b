/* Keeps values in floating-point registers over many slots of others that do the same. */
#include "../testlib.h"

/* The compiler is told that there is no FPU, so that nothing else uses it; the instructions are spelled as words:
 * ld [%o0 + 4 n], %f(n) and st %f(n), [%o0 + 4 n] for n 0 to 7. */
static void load(const xm_u32_t *values)
{
    register const xm_u32_t *o0 __asm__("o0") = values;

    __asm__ volatile(".word 0xc1022000, 0xc3022004, 0xc5022008, 0xc702200c\n\t"
                     ".word 0xc9022010, 0xcb022014, 0xcd022018, 0xcf02201c" ::"r"(o0) : "memory");
}

static void store(xm_u32_t *values)
{
    register xm_u32_t *o0 __asm__("o0") = values;

    __asm__ volatile(".word 0xc1222000, 0xc3222004, 0xc5222008, 0xc722200c\n\t"
                     ".word 0xc9222010, 0xcb222014, 0xcd222018, 0xcf22201c" ::"r"(o0) : "memory");
}

void PartitionMain(void)
{
    xm_u32_t mine[8], seen[8];
    int round, i, wrong = 0;

    for (i = 0; i < 8; i++) {
        mine[i] = 0x11110000u * (1 + XM_PARTITION_SELF) + (xm_u32_t)i;
    }
    load(mine);
    for (round = 0; round < 20; round++) {
        XM_idle_self();
        store(seen);
        for (i = 0; i < 8; i++) {
            wrong += seen[i] != mine[i];
        }
    }
    printf("%s: %d registers wrong\n", XM_get_PCT()->name, wrong);
    if (XM_PARTITION_SELF == 2) {
        XM_halt_system();
    }
}
