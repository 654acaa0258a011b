/* Counts its slots in memory that the keeper sees. */
#include "../testlib.h"

void PartitionMain(void)
{
    for (;;) {
        ++*(volatile xm_u32_t *)0x40400000;
        XM_idle_self();
    }
}
