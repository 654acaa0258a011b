/* Memory that the first life changed is as in the image again in the second, and the reset counter is 0. */
#include "../testlib.h"

static volatile xm_u32_t lives = 1;

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();

    printf("reloads: resets %d, status %d, memory %d\n", pct->resetCounter, pct->resetStatus, lives);
    lives++;
    if (pct->resetStatus == 0) {
        XM_hm_raise_event(XM_HM_EV_APP_STACK_OVERFLOW);
        printf("reloads: went on\n");
    }
    XM_suspend_partition(XM_PARTITION_SELF);
}
