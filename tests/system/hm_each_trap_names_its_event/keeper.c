#include "../testlib.h"

static struct {
    struct xm_batch head;
    struct xm_hm_record record[16];
} log;

void PartitionMain(void)
{
    xm_s32_t count;

    wait_slots(16);
    count = XM_hm_fetch(1, &log, sizeof log);
    printf("hm: %d records, numbers %d to %d\n", count, (xm_s32_t)log.record[0].seq,
           (xm_s32_t)log.record[count - 1].seq);
    XM_halt_system();
}
