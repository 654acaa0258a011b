#include "../testlib.h"

void PartitionMain(void)
{
    xmPartitionStatus_t status;
    int first, again;

    wait_slots(2);
    first = XM_halt_partition(1);
    again = XM_halt_partition(1);
    printf("halt %d, again %d, state %d\n", first, again, state_of(1));
    wait_slots(2);
    printf("resume of a halted partition %d\n", XM_resume_partition(1));
    first = XM_reset_partition(1, XM_WARM_RESET, 7);
    printf("reset %d, state %d\n", first, state_of(1));
    wait_slots(2);
    printf("reset of a running partition %d\n", XM_reset_partition(1, XM_WARM_RESET, 8));
    wait_slots(2);
    XM_get_partition_status(1, &status);
    printf("counter %d status %d\n", status.resetCounter, status.resetStatus);
    first = XM_reset_partition(1, 2, 0);
    again = XM_reset_partition(7, XM_WARM_RESET, 0);
    printf("bad mode %d, no such partition %d\n", first, again);
    XM_halt_system();
}
