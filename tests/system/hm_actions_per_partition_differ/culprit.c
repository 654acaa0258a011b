/* Writes outside its memory in its first life and returns in the next. */
#include "../testlib.h"

static void handler(trapCtxt_t *context)
{
    printf("%s: trap %d\n", XM_get_PCT()->name, context->irqNr);
    context->pc = context->nPc;
    context->nPc += 4;
}

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();

    if (pct->resetCounter != 0) {
        printf("%s: life %d status %d\n", pct->name, pct->resetCounter, pct->resetStatus);
        return;
    }
    printf("%s: life %d\n", pct->name, pct->resetCounter);
    InstallTrapHandler(DATA_ACCESS_EXCEPTION, handler);
    ((volatile xm_u32_t *)0x40a00000)[XM_PARTITION_SELF] = 1;
    printf("%s: went on\n", pct->name);
}
