/* Says which life it is in and what its memory looked like at its start. */
#include "../testlib.h"

static volatile xm_u32_t initialised = 100;
static volatile xm_u32_t zeroed;

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();

    printf("worker: life %d status %d data %d bss %d\n", pct->resetCounter, pct->resetStatus, initialised, zeroed);
    initialised++;
    zeroed++;
    for (;;) {
        XM_idle_self();
    }
}
