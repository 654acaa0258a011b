#include "../testlib.h"

void PartitionMain(void)
{
    printf("faulty: dividing\n");
    __asm__ volatile("udiv %%g0, %%g0, %%g1" ::: "g1");
    printf("faulty: went on\n");
}
