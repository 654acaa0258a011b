#include "../testlib.h"

static struct {
    struct xm_batch head;
    struct xm_hm_record record[8];
} log;

void PartitionMain(void)
{
    xm_u64_t expected, oldest;
    int same_boot = 1;

    wait_slots(3);
    XM_hm_fetch(1, &log, sizeof log);
    printf("next %d\n", (xm_s32_t)log.head.next);
    oldest = expected = log.head.oldest;
    printf("oldest %d, more than 1: %d\n", (xm_s32_t)oldest, oldest > 1 && log.head.first == oldest);
    while (XM_hm_fetch(expected, &log, sizeof log) > 0) {
        xm_u32_t i;

        for (i = 0; i < log.head.count && log.record[i].seq == expected; i++) {
            same_boot &= log.record[i].boot_id == log.head.boot_id;
            expected++;
        }
        if (i < log.head.count) {
            break;
        }
    }
    printf("records in a row to the end: %d\n", expected == 501);
    printf("boot ids equal: %d\n", same_boot);
    XM_halt_system();
}
