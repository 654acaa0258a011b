#include "../testlib.h"

void PartitionMain(void)
{
    wait_slots(3);
    printf("keeper: state %d\n", state_of(1));
    printf("keeper: resume %d\n", XM_resume_partition(1));
    wait_slots(2);
    XM_halt_system();
}
