/* Calls and records as a source for XtratuM 3.2 writes them. */
#define XM_DIALECT_32
#include <stdio.h>
#include <xm.h>

void PartitionMain(void)
{
    xm_s32_t port = XM_create_sampling_port("position", 32, XM_SOURCE_PORT);
    xmHmLog_t log;

    while (XM_hm_read(&log) > 0) {
        printf("%d event %d system %d context %d pc 0x%x\n", log.partitionId, log.eventId, log.system, log.validCpuCtxt,
               log.cpuCtxt.pc);
        if (log.eventId == XM_HM_EV_DIVIDE_EXCEPTION && log.payload[0]) {
            XM_reset_partition(log.partitionId, XM_WARM_RESET, (xm_u32_t)log.timestamp);
        }
    }
    XM_write_sampling_message(port, "abc", 3);
}
