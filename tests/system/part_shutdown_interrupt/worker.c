#include "../testlib.h"

static void shutting_down(trapCtxt_t *context)
{
    printf("worker: shutting down, vector %d\n", context->irqNr);
    XM_halt_partition(XM_PARTITION_SELF);
}

void PartitionMain(void)
{
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_SHUTDOWN), shutting_down);
    HwSti();
    XM_clear_irqmask(0, 1u << XM_VT_EXT_SHUTDOWN);
    printf("worker: ready\n");
    for (;;) {
    }
}
