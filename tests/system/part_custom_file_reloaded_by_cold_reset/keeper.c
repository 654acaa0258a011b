#include "../testlib.h"

void PartitionMain(void)
{
    int i;

    for (i = 0; i < 2; i++) {
        wait_slots(2);
        XM_reset_partition(1, i == 0 ? XM_WARM_RESET : XM_COLD_RESET, (xm_u32_t)i + 1);
    }
    wait_slots(3);
    XM_halt_system();
}
