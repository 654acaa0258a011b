#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(2);
    printf("keeper: shutdown %d\n", XM_shutdown_partition(1));
    wait_slots(2);
    printf("keeper: state %d\n", state_of(1));
    XM_halt_system();
}
