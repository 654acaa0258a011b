#include "../testlib.h"

void PartitionMain(void)
{
    volatile xm_u32_t *constant = (volatile xm_u32_t *)0x40280000;

    printf("victim: read %d\n", *constant);
    *constant = 1;
    printf("victim: still alive\n");
}
