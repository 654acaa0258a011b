#include "../testlib.h"

static struct {
    struct xm_batch head;
    struct xm_hm_record record[8];
} log;

void PartitionMain(void)
{
    volatile xm_u32_t *target = (volatile xm_u32_t *)0x40120000; /* where one of the stack pointers goes */
    int i, intact = 1;

    for (i = -64; i < 64; i++) {
        target[i] = 0x600d0000u + (xm_u32_t)i;
    }
    wait_slots(2);
    for (i = -64; i < 64; i++) {
        intact &= target[i] == 0x600d0000u + (xm_u32_t)i;
    }
    printf("keeper: my memory is %s\n", intact ? "intact" : "overwritten");
    printf("keeper: states %d %d %d %d, events %d\n", state_of(1), state_of(2), state_of(3), state_of(4),
           XM_hm_fetch(1, &log, sizeof log));
    XM_halt_system();
}
