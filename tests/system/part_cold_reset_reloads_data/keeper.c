#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(2);
    printf("warm %d\n", XM_reset_partition(1, XM_WARM_RESET, 1));
    wait_slots(2);
    printf("cold %d\n", XM_reset_partition(1, XM_COLD_RESET, 9));
    wait_slots(3);
    XM_halt_system();
}
