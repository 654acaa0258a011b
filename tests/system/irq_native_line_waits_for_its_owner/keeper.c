#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(3);
    print_hm_log();
    printf("keeper: done\n");
    XM_halt_system();
}
