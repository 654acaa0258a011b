#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(4);
    print_hm_log();
    XM_halt_system();
}
