#include "../testlib.h"

static volatile xm_u32_t lives = 1;

void PartitionMain(void)
{
    wait_slots(1); /* the keeper tells how the system started */
    printf("guilty: status %x, memory %d\n", XM_get_PCT()->resetStatus, lives);
    lives++;
    if (XM_get_PCT()->resetStatus == 0) {
        __asm__ volatile("udiv %%g0, %%g0, %%g1" ::: "g1");
        printf("guilty: went on\n");
    }
}
