/* In its first life: stops at a call, where the debugger takes the line away from it, and then forces the line. */
#include "../testlib.h"

#define LINE (1u << 10)

static void shutting_down(trapCtxt_t *context)
{
    (void)context;
    printf("victim: shutting down\n");
    XM_halt_partition(XM_PARTITION_SELF);
}

void PartitionMain(void)
{
    static volatile xm_u32_t lives = 1; /* a warm reset keeps it, and a cold one loads it again */
    partitionControlTable_t *pct = XM_get_PCT();

    printf("victim: resets %d, status %x, memory %d\n", pct->resetCounter, pct->resetStatus, lives);
    if (pct->resetStatus != 0) {
        return;
    }
    lives = 2;
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_SHUTDOWN), shutting_down);
    XM_clear_irqmask(LINE, 1u << XM_VT_EXT_SHUTDOWN);
    HwSti();
    XM_set_partition_opmode(XM_OPMODE_NORMAL);
    XM_set_irqpend(LINE, 0);
    printf("victim: went on\n");
}
