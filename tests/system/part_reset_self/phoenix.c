#include "../testlib.h"

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();

    printf("phoenix: life %d status %d\n", pct->resetCounter, pct->resetStatus);
    if (pct->resetCounter < 2) {
        xm_s32_t code = XM_reset_partition(XM_PARTITION_SELF, XM_WARM_RESET, 5 + pct->resetCounter);

        printf("phoenix: returned %d\n", code);
    }
}
