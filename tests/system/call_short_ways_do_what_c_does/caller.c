/* The calls with a short way in assembler (arch/sparc/calls.S), with arguments on both sides of every condition that
 * sends them to C: results, what is stored, and what is not. The area of the last pointer decides the way that XM_get_time
 * takes; each address is tried after a pointer into each area. */
#include <string.h>
#include "../testlib.h"

#define OWN 0x4013e000u
#define SECOND 0x40200000u
#define READ_ONLY 0x40201000u
#define UNMAPPED 0x40202000u
#define POISON 0x5a5a5a5a5a5a5a5aull

static xm_u32_t bad;

static void check(int holds, const char *what, xm_u32_t a, xm_u32_t b)
{
    if (!holds) {
        bad++;
        printf("%s: %x %x\n", what, a, b);
    }
}

/* Point the kernel's last area at the one of `address`; also if the call is refused. */
static void look_at(xmAddress_t address)
{
    XM_sparc_atomic_or((xm_u32_t *)address, 0);
}

static void time_at(xmAddress_t address, xm_s32_t expected, int readable)
{
    static const xm_u32_t clocks[] = { XM_HW_CLOCK, XM_EXEC_CLOCK, XM_WATCHDOG_TIMER, 3, 0x80000000u, ~0u };
    static const xmAddress_t areas[] = { OWN, SECOND, READ_ONLY };
    xm_u32_t i, k;

    for (i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        for (k = 0; k < 3; k++) {
            xm_s32_t wanted = clocks[i] > XM_EXEC_CLOCK ? XM_INVALID_PARAM : expected;
            xmTime_t before, after, *at = (xmTime_t *)address;

            XM_get_time(clocks[i] > XM_EXEC_CLOCK ? XM_HW_CLOCK : clocks[i], &before);
            if (wanted == XM_OK) {
                *at = (xmTime_t)POISON;
            }
            look_at(areas[k]);
            check(XM_get_time(clocks[i], at) == wanted, "result", address, clocks[i]);
            XM_get_time(clocks[i] > XM_EXEC_CLOCK ? XM_HW_CLOCK : clocks[i], &after);
            if (wanted == XM_OK) {
                check(before <= *at && *at <= after, "not between", address, clocks[i]);
            } else if (readable) {
                check(*(volatile xm_u32_t *)(address & ~3u) == 0, "written", address, clocks[i]);
            }
        }
    }
}

static void masks(void)
{
    partitionControlTable_t *pct = XM_get_PCT();
    xm_u32_t hw, ext;

    for (hw = 0; hw < 32; hw++) {
        for (ext = 0; ext < 32; ext++) {
            XM_set_irqmask(~0u, ~0u);
            check(XM_clear_irqmask(1u << hw, 1u << ext) == XM_OK, "clear", hw, ext);
            check(pct->hwIrqsMask == ~(1u << hw) && pct->extIrqsMask == ~(1u << ext), "cleared", pct->hwIrqsMask,
                  pct->extIrqsMask);
            check(XM_set_irqmask(1u << hw, 0) == XM_OK, "set", hw, ext);
            check(pct->hwIrqsMask == ~0u && pct->extIrqsMask == ~(1u << ext), "set", pct->hwIrqsMask, pct->extIrqsMask);
        }
    }
    XM_set_irqmask(~0u, ~0u);
}

static volatile xm_u32_t taken;

static void handler(trapCtxt_t *context)
{
    (void)context;
    taken++;
}

/* Pending behind the masks: each of the two ways of opening delivers it before the next instruction. */
static void deliveries(void)
{
    xm_u32_t number;

    for (number = 17; number < 32; number++) {
        InstallTrapHandler(0xe0 + number, handler);
        taken = 0;
        XM_disable_irqs();
        XM_set_irqpend(0, 1u << number);
        XM_clear_irqmask(0, 1u << number);
        check(taken == 0, "in spite of PIL", number, taken);
        XM_enable_irqs();
        check(taken == 1, "after enable", number, taken);
        XM_set_irqmask(0, 1u << number);
        XM_set_irqpend(0, 1u << number);
        check(taken == 1, "in spite of the mask", number, taken);
        XM_clear_irqmask(0, 1u << number);
        check(taken == 2, "after unmask", number, taken);
        XM_set_irqmask(0, 1u << number);
    }
    taken = 0;
    XM_disable_irqs();
    check((XM_get_PCT()->iFlags & 0xf20) == 0xf20, "flags", XM_get_PCT()->iFlags, 0);
    XM_enable_irqs();
    check((XM_get_PCT()->iFlags & 0xf20) == 0x20, "flags", XM_get_PCT()->iFlags, 0);
}

void PartitionMain(void)
{
    memset((void *)OWN, 0, 0x2000);
    time_at(OWN, XM_OK, 1);
    time_at(0x4013fff8, XM_OK, 1); /* the last doubleword of the area */
    time_at(SECOND, XM_OK, 1);
    time_at(SECOND + 0xff8, XM_OK, 1);
    memset((void *)OWN, 0, 0x2000);
    time_at(OWN + 4, XM_INVALID_PARAM, 1);
    time_at(OWN + 1, XM_INVALID_PARAM, 1);
    time_at(0x4013fffc, XM_INVALID_PARAM, 1);
    time_at(0x40140000, XM_INVALID_PARAM, 0);
    time_at(READ_ONLY, XM_INVALID_PARAM, 1);
    time_at(UNMAPPED, XM_INVALID_PARAM, 0);
    time_at(0x40000000, XM_INVALID_PARAM, 0);
    time_at(0x40200ffc, XM_INVALID_PARAM, 0);
    time_at(0, XM_INVALID_PARAM, 0);
    time_at(0xfffffff8, XM_INVALID_PARAM, 0);
    time_at((xmAddress_t)XM_get_PCT(), XM_INVALID_PARAM, 0);
    masks();
    deliveries();
    printf("short ways: %u wrong\n", bad);
    XM_halt_system();
}
