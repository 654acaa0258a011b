#include "../testlib.h"

void PartitionMain(void)
{
    while (state_of(1) != XM_STATUS_HALTED || state_of(2) != XM_STATUS_HALTED ||
           state_of(3) != XM_STATUS_HALTED) {
        XM_idle_self();
    }
    XM_halt_system();
}
