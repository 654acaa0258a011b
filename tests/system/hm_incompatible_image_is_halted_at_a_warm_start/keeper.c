#include "../testlib.h"

void PartitionMain(void)
{
    xmSystemStatus_t status;

    XM_get_system_status(&status);
    wait_slots(2);
    if (status.resetCounter == 0) {
        XM_reset_system(XM_WARM_RESET);
    }
    print_hm_log();
    printf("keeper: state %d\n", state_of(1));
    printf("keeper: cold reset %d\n", XM_reset_partition(1, XM_COLD_RESET, 7));
    wait_slots(2);
    printf("keeper: state %d\n", state_of(1));
    XM_halt_system();
}
