#include "../testlib.h"

static void show(const char *when)
{
    xmPartitionStatus_t s;
    xm_s32_t code = XM_get_partition_status(1, &s);

    printf("%s: %d, state %d mode %d resets %d status %d, time used %d\n", when, code, s.state, s.opMode, s.resetCounter,
           s.resetStatus, s.execClock > 0);
}

void PartitionMain(void)
{
    xmPartitionStatus_t s;

    wait_slots(1);
    show("first life");
    XM_reset_partition(1, XM_WARM_RESET, 5);
    show("warm reset");
    wait_slots(1);
    show("second life");
    XM_reset_partition(1, XM_COLD_RESET, 6);
    show("cold reset");
    printf("no partition %d\n", XM_get_partition_status(2, &s));
    XM_halt_system();
}
