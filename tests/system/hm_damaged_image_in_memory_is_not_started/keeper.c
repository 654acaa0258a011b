#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(1);
    XM_set_partition_opmode(XM_OPMODE_NORMAL); /* here the debugger damages the stored image */
    printf("keeper: cold reset %d\n", XM_reset_partition(1, XM_COLD_RESET, 7));
    wait_slots(2);
    print_hm_log();
    printf("keeper: state %d\n", state_of(1));
    printf("keeper: warm reset of half an image %d\n", XM_reset_partition(1, XM_WARM_RESET, 7));
    XM_halt_system();
}
