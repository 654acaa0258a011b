#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(3);
    print_hm_log();
    printf("states %d %d\n", state_of(1), state_of(2));
    XM_halt_system();
}
