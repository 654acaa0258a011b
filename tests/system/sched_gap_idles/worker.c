#include "../testlib.h"

static int near(xmTime_t value, xmTime_t nominal)
{
    return value >= nominal - 100 && value <= nominal + 100;
}

void PartitionMain(void)
{
    struct xm_kernel_info info;
    xmTime_t before, now, exec_start, exec_end, frame;
    int gaps = 0, bad = 0;

    XM_idle_self(); /* from the start of a slot */
    XM_kernel_info(&info);
    frame = info.frame_start_us;
    XM_get_time(XM_EXEC_CLOCK, &exec_start);
    before = time_us();
    while (gaps < 10) {
        now = time_us();
        if (now - before > 1000) {
            bad += !near(before - frame, 5000) || !near(now - before, 15000);
            frame += 20000;
            gaps++;
        }
        before = now;
    }
    XM_get_time(XM_EXEC_CLOCK, &exec_end);
    printf("worker: %d gaps, %d of them not at 5000 us for 15000 us\n", gaps, bad);
    printf("worker: execution clock %d\n", (xm_s32_t)(exec_end - exec_start));
    XM_halt_system();
}
