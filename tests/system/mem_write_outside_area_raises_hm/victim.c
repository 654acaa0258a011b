#include "../testlib.h"

void PartitionMain(void)
{
    printf("victim: writing to 0x40300000\n");
    *(volatile xm_u32_t *)0x40300000 = 1; /* memory of the board that belongs to nobody */
    printf("victim: still alive\n");
}
