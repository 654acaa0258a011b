#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(2);
    printf("partition hello state %d\n", state_of(0));
    XM_halt_system();
}
