#include "../testlib.h"

void PartitionMain(void)
{
    int slots = 0;

    while (state_of(1) == XM_STATUS_READY && slots++ < 10) {
        XM_idle_self();
    }
    print_hm_log();
    printf("keeper: copier's state %d\n", state_of(1));
    XM_halt_system();
}
