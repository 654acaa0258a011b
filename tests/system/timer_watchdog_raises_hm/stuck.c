#include "../testlib.h"

static void feed(void)
{
    XM_set_timer(XM_WATCHDOG_TIMER, time_us() + 25000, 0);
}

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();
    int i;

    if (pct->resetCounter != 0) {
        printf("stuck: life %d after event %d\n", pct->resetCounter, pct->resetStatus);
        return;
    }
    printf("stuck: life 0\n");
    for (i = 0; i < 2; i++) {
        feed();
        printf("stuck: fed\n");
        XM_idle_self();
    }
    for (;;) {
    }
}
