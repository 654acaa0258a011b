#include "../testlib.h"

void PartitionMain(void)
{
    printf("sleeper: suspending myself\n");
    printf("sleeper: back with %d\n", XM_suspend_partition(XM_PARTITION_SELF));
}
