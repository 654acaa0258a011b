#include "../testlib.h"

void PartitionMain(void)
{
    volatile xm_u32_t *word = (volatile xm_u32_t *)0x40400000;
    xm_u32_t seen[3];
    int i;

    for (i = 0; i < 3; i++) {
        seen[i] = *word;
        wait_slots(1);
    }
    printf("keeper: found %x, %x, %x\n", seen[0], seen[1], seen[2]);
    XM_halt_system();
}
