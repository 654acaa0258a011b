#include "../testlib.h"

void PartitionMain(void)
{
    XM_set_partition_opmode(XM_OPMODE_NORMAL);
    for (;;) {
    }
}
