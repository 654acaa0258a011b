/* Prints what the health monitor recorded about the driver, and ends the test. */
#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(12);
    print_hm_log();
    XM_halt_system();
}
