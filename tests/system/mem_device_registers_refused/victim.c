#include "../testlib.h"

void PartitionMain(void)
{
    printf("victim: writing to 0x80000100\n");
    *(volatile xm_u32_t *)0x80000100 = 'x'; /* data register of the UART */
    printf("victim: still alive\n");
}
