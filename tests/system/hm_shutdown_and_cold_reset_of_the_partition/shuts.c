#include "../testlib.h"

static void shutting_down(trapCtxt_t *context)
{
    (void)context;
    printf("shuts: asked to\n");
    XM_suspend_partition(XM_PARTITION_SELF);
}

void PartitionMain(void)
{
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_SHUTDOWN), shutting_down);
    XM_clear_irqmask(0, 1u << XM_VT_EXT_SHUTDOWN);
    HwSti();
    XM_hm_raise_event(XM_HM_EV_APP_POWER_FAIL);
    printf("shuts: went on\n");
    for (;;) {
    }
}
