#include "../testlib.h"

void PartitionMain(void)
{
    xm_u32_t stolen;

    printf("victim: reading 0x40001000\n");
    stolen = *(volatile xm_u32_t *)0x40001000; /* the hypervisor's header */
    printf("victim: still alive\n");
    (void)stolen;
}
