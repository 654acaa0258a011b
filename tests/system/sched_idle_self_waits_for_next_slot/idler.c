#include "../testlib.h"

void PartitionMain(void)
{
    int i, ms[6];
    xmTime_t before, now;

    XM_idle_self();
    if (XM_get_PCT()->schedInfo.id != 0) {
        XM_idle_self();
    }
    before = time_us();
    for (i = 0; i < 6; i++) {
        XM_idle_self();
        now = time_us();
        ms[i] = (int)(now - before + 500) / 1000;
        before = now;
    }
    printf("intervals %d %d %d %d %d %d ms\n", ms[0], ms[1], ms[2], ms[3], ms[4], ms[5]);
    XM_halt_system();
}
