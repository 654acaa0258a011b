#include "../testlib.h"

void PartitionMain(void)
{
    printf("victim: calling 0x40100000\n");
    ((void (*)(void))0x40100000)(); /* the keeper's first instruction */
    printf("victim: still alive\n");
}
