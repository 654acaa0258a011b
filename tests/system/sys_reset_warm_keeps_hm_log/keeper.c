#include "../testlib.h"

static struct {
    struct xm_batch head;
    struct xm_hm_record record[8];
} log;

void PartitionMain(void)
{
    xmSystemStatus_t status;
    int now[4], i;
    xm_s32_t count;

    XM_get_system_status(&status);
    printf("boot: system resets %d\n", status.resetCounter);
    wait_slots(2);
    if (status.resetCounter == 0) {
        XM_reset_system(XM_WARM_RESET);
    }
    count = XM_hm_fetch(1, &log, sizeof log);
    printf("%d records, numbers %d to %d\n", count, (xm_s32_t)log.record[0].seq,
           (xm_s32_t)log.record[count - 1].seq);
    for (i = 0; i < 4; i++) {
        now[i] = log.record[i].boot_id == log.head.boot_id;
    }
    printf("boots: same as now %d %d %d %d\n", now[0], now[1], now[2], now[3]);
    printf("bad mode %d\n", XM_reset_system(2));
    XM_halt_system();
}
