/* An operating system that gives the FPU to one of its processes at a time keeps its own EF bit off, and is told by the trap
 * when another one needs it. */
#include "../testlib.h"

static const xm_u32_t value = 0x3fc00000; /* 1.5 */
static xm_u32_t seen;

static void expired(trapCtxt_t *context)
{
    printf("interrupted with EF %d\n", (context->flags & PSR_EF_BIT) != 0);
    XM_set_timer(XM_HW_CLOCK, 0, 0);
}

static void needs_fpu(trapCtxt_t *context)
{
    printf("trap 0x%x, EF %d, before it %d\n", context->irqNr, (XM_sparc_get_psr() & PSR_EF_BIT) != 0,
           (context->flags & PSR_EF_BIT) != 0);
    XM_sparc_set_psr(XM_sparc_get_psr() | PSR_EF_BIT); /* the instruction is tried again */
}

/* ld [%o0], %f0 and st %f0, [%o0]: the compiler is told that there is no FPU. */
static void load(const xm_u32_t *at)
{
    register const xm_u32_t *o0 __asm__("o0") = at;

    __asm__ volatile(".word 0xc1022000" : : "r"(o0) : "memory");
}

static void store(xm_u32_t *at)
{
    register xm_u32_t *o0 __asm__("o0") = at;

    __asm__ volatile(".word 0xc1222000" : : "r"(o0) : "memory");
}

void PartitionMain(void)
{
    xm_u32_t psr = XM_sparc_get_psr();

    InstallTrapHandler(FP_DISABLED, needs_fpu);
    printf("EF at the start %d\n", (psr & PSR_EF_BIT) != 0);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER), expired);
    XM_clear_irqmask(0, 1u << XM_VT_EXT_HW_TIMER);
    HwSti();
    XM_set_timer(XM_HW_CLOCK, 1, 0); /* before the FPU was used */
    load(&value);
    XM_sparc_set_psr(XM_sparc_get_psr() & ~(xm_u32_t)PSR_EF_BIT);
    printf("EF off %d\n", (XM_sparc_get_psr() & PSR_EF_BIT) == 0);
    XM_idle_self();
    store(&seen);
    printf("seen 0x%x, EF %d\n", seen, (XM_sparc_get_psr() & PSR_EF_BIT) != 0);
    store(&seen); /* on now: no trap */
    XM_sparc_set_psr(XM_sparc_get_psr() & ~(xm_u32_t)PSR_EF_BIT);
    wait_slots(3);
}
