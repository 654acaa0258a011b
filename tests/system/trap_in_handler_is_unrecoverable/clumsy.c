#include "../testlib.h"

static void divide(void)
{
    __asm__ volatile("udiv %%g0, %%g0, %%g1" ::: "g1");
}

static void handler(trapCtxt_t *context)
{
    (void)context;
    printf("clumsy: in the handler\n");
    divide();
}

void PartitionMain(void)
{
    InstallTrapHandler(DIVISION_BY_ZERO, handler);
    divide();
    printf("clumsy: survived\n");
}
