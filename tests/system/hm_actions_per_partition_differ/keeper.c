#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(3);
    printf("states: halts %d, resets %d, suspends %d, handles %d, ignores %d\n", state_of(1), state_of(2),
           state_of(3), state_of(4), state_of(5));
    print_hm_log();
    XM_halt_system();
}
