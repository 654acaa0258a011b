/* Reads a clock in a loop until 3 ms have passed, over the end of the 32 bits that the timer counts: nobody else looks at the
 * time then. A clock that missed it would go back by 71 minutes. */
#include "../testlib.h"

#define READINGS 20000

static void over_the_end(xm_u32_t clock, const char *name)
{
    xmTime_t before, last, now, first;
    int back = 0, i;

    XM_get_time(clock, &before);
    XM_set_partition_opmode(XM_OPMODE_NORMAL); /* here the counter gets close to its end */
    XM_get_time(clock, &first);
    last = first;
    for (i = 0; i < READINGS && last < first + 3000; i++) {
        XM_get_time(clock, &now);
        back += now < last;
        last = now;
    }
    printf("%s clock: back %d times, in 3 ms %d\n", name, back, last >= first + 3000 && last < first + 3100);
}

static volatile int slots;

static void on_slot(trapCtxt_t *context)
{
    (void)context;
    slots++;
}

void PartitionMain(void)
{
    xmTime_t start;

    over_the_end(XM_HW_CLOCK, "hardware");
    over_the_end(XM_EXEC_CLOCK, "execution");
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_CYCLIC_SLOT_START), on_slot);
    HwSti();
    XM_clear_irqmask(0, 1u << XM_VT_EXT_CYCLIC_SLOT_START);
    start = time_us();
    slots = 0;
    while (time_us() < start + 100000) {
    }
    printf("slots of 10 ms in 100 ms: %d\n", slots);
    XM_halt_system();
}
