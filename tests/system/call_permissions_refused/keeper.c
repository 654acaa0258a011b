#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(3);
    printf("keeper: unharmed\n");
    XM_halt_system();
}
