#include <stdio.h>
#include <xm.h>
#include <irqs.h>

#define PRINT(...) do { \
        printf("[%d] ", XM_PARTITION_SELF); \
        printf(__VA_ARGS__); \
} while (0)

static int data = 1;

void ShutdownHandler(trapCtxt_t *ctxt)
{
        PRINT("shutting down\n");
        XM_halt_partition(XM_PARTITION_SELF);
}

void PartitionMain(void)
{
        XM_set_partition_opmode(XM_OPMODE_NORMAL);
        InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_SHUTDOWN), ShutdownHandler);
        HwSti();
        XM_clear_irqmask(0, 1 << XM_VT_EXT_SHUTDOWN);
        PRINT("life %d, status %d\n", data++, XM_get_PCT()->resetStatus);
        while (1) {
                PRINT("working\n");
                XM_idle_self();
        }
}
