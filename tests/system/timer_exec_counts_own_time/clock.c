#include "../testlib.h"

static volatile xm_s32_t expiries;

static void expired(trapCtxt_t *context)
{
    (void)context;
    expiries++;
}

void PartitionMain(void)
{
    xmTime_t start, exec;

    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_EXEC_TIMER), expired);
    XM_idle_self();
    start = time_us();
    XM_get_time(XM_EXEC_CLOCK, &exec);
    HwSti();
    XM_clear_irqmask(0, 1u << XM_VT_EXT_EXEC_TIMER);
    XM_set_timer(XM_EXEC_CLOCK, exec + 5000, 5000);
    while (time_us() < start + 200000) {
    }
    printf("expiries %d\n", expiries);
    XM_halt_system();
}
