#include "../testlib.h"

void PartitionMain(void)
{
    xmSystemStatus_t status;

    XM_get_system_status(&status);
    printf("keeper: system resets %d, status %x\n", status.resetCounter, XM_get_PCT()->resetStatus);
    wait_slots(2);
    print_hm_log();
    XM_halt_system();
}
