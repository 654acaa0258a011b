#include "../testlib.h"

void PartitionMain(void)
{
    xmPartitionStatus_t status;

    wait_slots(6);
    XM_get_partition_status(1, &status);
    printf("keeper: state %d counter %d\n", status.state, status.resetCounter);
    XM_halt_system();
}
