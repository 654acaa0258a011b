/* testlib.h - what many test partitions need: the time, waiting, states, and the health-monitor log in print
 *
 * A claim itself stands in the folder that is named after it. */
#ifndef TESTLIB_H
#define TESTLIB_H

#include <xm.h>
#include <irqs.h>
#include <stdio.h>

/* The hardware clock, microseconds. */
static inline xmTime_t time_us(void)
{
    xmTime_t now;

    XM_get_time(XM_HW_CLOCK, &now);
    return now;
}

/* Give up the slot `count` times: the caller goes on at the start of its count-th next slot. */
static inline void wait_slots(int count)
{
    while (count-- > 0) {
        XM_idle_self();
    }
}

/* XM_STATUS_* of a partition, or the refusal. For partitions with the system flag. */
static inline int state_of(xmId_t partition)
{
    xmPartitionStatus_t status;
    xm_s32_t code = XM_get_partition_status(partition, &status);

    return code < 0 ? code : (int)status.state;
}

/* Print all health-monitor records, oldest first, one line each. For partitions with the system flag. */
static inline void print_hm_log(void)
{
    static struct {
        struct xm_batch head;
        struct xm_hm_record record[4];
    } log;
    xm_u64_t next = 1;

    while (XM_hm_fetch(next, &log, sizeof log) > 0) {
        xm_u32_t i;

        for (i = 0; i < log.head.count; i++) {
            const struct xm_hm_record *r = &log.record[i];

            printf("hm: seq %d event %d partition %d address ", (xm_s32_t)r->seq, r->event, r->partition);
            if (r->flags & XM_HM_FLAG_ADDRESS) {
                printf("0x%08X", r->fault_address);
            } else {
                printf("none");
            }
            printf(" action %d\n", r->action);
        }
        next = log.head.first + log.head.count;
    }
}

#endif
