#include "../testlib.h"

static volatile xm_u32_t *slots = (volatile xm_u32_t *)0x40400000;

static int slots_in_5_frames(void)
{
    xm_u32_t before = *slots;

    wait_slots(5);
    return (int)(*slots - before);
}

void PartitionMain(void)
{
    int first, again;

    wait_slots(2);
    first = slots_in_5_frames();
    printf("running: %d slots in 5 frames, state %d\n", first, state_of(1));
    first = XM_suspend_partition(1);
    again = XM_suspend_partition(1);
    printf("suspend %d, state %d, again %d\n", first, state_of(1), again);
    printf("suspended: %d slots in 5 frames\n", slots_in_5_frames());
    first = XM_resume_partition(1);
    again = XM_resume_partition(1);
    printf("resume %d, state %d, again %d\n", first, state_of(1), again);
    first = slots_in_5_frames();
    printf("running: %d slots in 5 frames, state %d\n", first, state_of(1));
    printf("resume itself %d\n", XM_resume_partition(0));
    printf("no such partition: suspend %d, resume %d\n", XM_suspend_partition(9), XM_resume_partition(9));
    XM_halt_system();
}
