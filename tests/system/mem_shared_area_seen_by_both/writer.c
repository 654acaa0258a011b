#include "../testlib.h"

void PartitionMain(void)
{
    xm_u32_t n;

    for (n = 1;; n++) {
        *(volatile xm_u32_t *)0x40400000 = 0xcafe0000u + n;
        wait_slots(1);
    }
}
