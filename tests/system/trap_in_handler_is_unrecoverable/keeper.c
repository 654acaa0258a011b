/* Prints what the health monitor recorded about the victim, then its state, and ends the test. */
#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(2);
    print_hm_log();
    printf("victim state %d\n", state_of(1));
    XM_halt_system();
}
