/* Copies the trap table of the runtime to another page, and is told there about a division by zero. */
#include <string.h>
#include "../testlib.h"

#define TABLE 0x4013f000u /* the last page of the area */
#define VECTOR_BYTES 16

static void divided(trapCtxt_t *context)
{
    printf("told\n");
    context->pc = context->nPc;
    context->nPc += 4;
}

/* Copies one vector; where it branches to stays where it is. */
static void redirect(xm_u32_t vector)
{
    const xm_u32_t *from = (const xm_u32_t *)(XM_get_PCT()->arch.tbr + vector * VECTOR_BYTES);
    xm_u32_t *to = (xm_u32_t *)(TABLE + vector * VECTOR_BYTES);
    xm_u32_t i;

    for (i = 0; i < VECTOR_BYTES / 4; i++) {
        xm_u32_t word = from[i];

        if ((word & 0xc1c00000u) == 0x00800000u) { /* a branch */
            xm_s32_t words = (xm_s32_t)(word << 10) >> 10;

            words -= (xm_s32_t)((xmAddress_t)to - (xmAddress_t)from) / 4;
            word = (word & ~0x003fffffu) | ((xm_u32_t)words & 0x003fffffu);
        }
        to[i] = word;
    }
}

void PartitionMain(void)
{
    xm_u32_t before = XM_get_PCT()->arch.tbr, vector;
    int a, b, c, d;

    a = XM_sparc_write_tbr(TABLE + 16);
    b = XM_sparc_write_tbr(0x40001000);
    c = XM_sparc_write_tbr(TABLE + 0x1000);
    d = XM_sparc_write_tbr(0);
    printf("misaligned %d, hypervisor's %d, behind the area %d, null %d, unchanged %d\n", a, b, c, d,
           XM_get_PCT()->arch.tbr == before);
    InstallTrapHandler(DIVISION_BY_ZERO, divided);
    for (vector = 0; vector < 256; vector++) {
        redirect(vector);
    }
    printf("own page %d\n", XM_sparc_write_tbr(TABLE));
    memset((void *)before, 0, 256 * VECTOR_BYTES); /* illegal instructions */
    __asm__ volatile("udiv %%g0, %%g0, %%g1" ::: "g1");
    printf("went on, table %x\n", XM_get_PCT()->arch.tbr);
    XM_halt_system();
}
