#include "listen.h"

void PartitionMain(void)
{
    listen();
    wait_slots(2);
    printf("keeper: line 0 came %d times, line 7 %d times\n", came[0], came[7]);
    XM_halt_system();
}
