#include "../testlib.h"

static volatile xm_s32_t expiries;
static volatile xmTime_t last;

static void expired(trapCtxt_t *context)
{
    (void)context;
    expiries++;
    last = time_us();
}

void PartitionMain(void)
{
    xmTime_t start;
    int bad_clock, negative;

    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER), expired);
    XM_idle_self();
    start = time_us();
    HwSti();
    XM_clear_irqmask(0, 1u << XM_VT_EXT_HW_TIMER);
    XM_set_timer(XM_HW_CLOCK, start + 1000, 1000);
    while (time_us() < start + 1000000 + 500) {
    }
    XM_set_timer(XM_HW_CLOCK, 0, 0);
    printf("expiries %d, the last one %d us after its nominal time\n", expiries,
           (xm_s32_t)(last - start) % 1000);
    bad_clock = XM_set_timer(7, 1000, 0);
    negative = XM_set_timer(XM_HW_CLOCK, -1, 0);
    printf("set_timer: bad clock %d, negative %d\n", bad_clock, negative);
    XM_halt_system();
}
