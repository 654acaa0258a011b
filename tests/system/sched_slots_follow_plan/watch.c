/* The same program in three partitions: in every slot, how late did it start against the configured plan? */
#include "../testlib.h"

#define FRAMES 50
#define LATE_MAX_US 100

/* Of plan 0 in system.xml, microseconds. */
static const xm_s32_t slot_start[] = { 1000, 4000, 9000, 12500 };

void PartitionMain(void)
{
    int seen, bad = 0;
    int frames_slots = XM_PARTITION_SELF == 1 ? 2 * FRAMES : FRAMES;

    for (seen = 0; seen < frames_slots; seen++) {
        struct xm_kernel_info info;
        xmTime_t late;

        XM_idle_self();
        XM_kernel_info(&info);
        late = time_us() - info.frame_start_us - slot_start[XM_get_PCT()->schedInfo.id];
        if (late < 0 || late > LATE_MAX_US) {
            bad++;
            printf("slot %d late by %d us\n", XM_get_PCT()->schedInfo.id, (xm_s32_t)late);
        }
    }
    printf("partition %d: %d slots, %d late\n", XM_PARTITION_SELF, seen, bad);
    if (XM_PARTITION_SELF == 2) {
        wait_slots(2); /* the others may have one frame more to go */
        XM_halt_system();
    }
}
