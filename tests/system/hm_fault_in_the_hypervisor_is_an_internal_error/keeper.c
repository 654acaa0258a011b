#include "../testlib.h"

void PartitionMain(void)
{
    xmSystemStatus_t status;

    if (XM_get_PCT()->resetStatus == 0) {
        XM_set_partition_opmode(XM_OPMODE_NORMAL); /* here the debugger damages the service */
    }
    XM_get_system_status(&status);
    printf("keeper: system resets %d, status %x\n", status.resetCounter, XM_get_PCT()->resetStatus);
    print_hm_log();
    XM_halt_system();
}
