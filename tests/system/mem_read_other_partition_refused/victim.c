#include "../testlib.h"

void PartitionMain(void)
{
    xm_u32_t stolen;

    printf("victim: reading 0x40100040\n");
    stolen = *(volatile xm_u32_t *)0x40100040; /* the keeper's memory */
    printf("victim: still alive with %x\n", stolen);
}
