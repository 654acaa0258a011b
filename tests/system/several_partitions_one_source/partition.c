#include "../testlib.h"

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();

    printf("partition %d is %s at %x\n", XM_PARTITION_SELF, pct->name, pct->imgStart);
    if (XM_PARTITION_SELF == 2) {
        wait_slots(1);
        XM_halt_system();
    }
}
