#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(1);
    printf("keeper: warm reset %d\n", XM_reset_partition(1, XM_WARM_RESET, 5));
    print_hm_log();
    printf("keeper: state %d\n", state_of(1));
    printf("keeper: once more %d\n", XM_reset_partition(1, XM_WARM_RESET, 6));
    printf("keeper: cold reset %d\n", XM_reset_partition(1, XM_COLD_RESET, 7));
    wait_slots(2);
    printf("keeper: state %d\n", state_of(1));
    wait_slots(1);
    print_hm_log();
    printf("keeper: state %d\n", state_of(1));
    XM_halt_system();
}
