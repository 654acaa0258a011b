#include "../testlib.h"

/* A watchdog of the shortest period, whose event (logged, and traced twice) takes longer than that. */
void PartitionMain(void)
{
    volatile int work;

    XM_set_timer(XM_WATCHDOG_TIMER, time_us() + 1, 50);
    for (work = 0; work < 4000; work++) {
    }
    XM_set_timer(XM_WATCHDOG_TIMER, 0, 0);
    printf("worker: the work was done\n");
}
