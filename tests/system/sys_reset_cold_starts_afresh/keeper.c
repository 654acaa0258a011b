#include "../testlib.h"

static struct {
    struct xm_batch head;
    struct xm_hm_record record[4];
} log;

void PartitionMain(void)
{
    xmSystemStatus_t status;
    xm_s32_t records = XM_hm_fetch(1, &log, sizeof log);

    XM_get_system_status(&status);
    printf("boot with %d records, system resets %d\n", records, status.resetCounter);
    if (records == 0) {
        XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
        XM_reset_system(XM_COLD_RESET);
    }
    printf("the record is of this boot: %d\n", log.record[0].boot_id == log.head.boot_id);
    XM_halt_system();
}
