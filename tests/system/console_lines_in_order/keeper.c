#include "../testlib.h"

void PartitionMain(void)
{
    while (state_of(0) != XM_STATUS_HALTED || state_of(1) != XM_STATUS_HALTED) {
        XM_idle_self();
    }
    wait_slots(2);
    printf("keeper: done\n");
    XM_halt_system();
}
