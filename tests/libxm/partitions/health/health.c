#include <stdio.h>
#include <xm.h>
#include <irqs.h>

static void print_log(xmHmLog_t *log)
{
    xm_s32_t event = (log->opCodeL & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT;
    xm_s32_t partition = (log->opCodeL & HMLOG_OPCODE_PARTID_MASK) >> HMLOG_OPCODE_PARTID_BIT;

    printf("event %d partition %d time %lld", event, partition, log->timestamp);
    if (log->opCodeH & HMLOG_OPCODE_VALID_CPUCTXT_MASK) {
        printf(" pc 0x%x npc 0x%x psr 0x%x", log->cpuCtxt.pc, log->cpuCtxt.nPc, log->cpuCtxt.psr);
    } else {
        printf(" payload 0x%x", log->payload[0]);
    }
    printf(log->opCodeH & HMLOG_OPCODE_SYS_MASK ? " system\n" : "\n");
}

void PartitionMain(void)
{
    xmHmLog_t log;
    xmHmStatus_t status;

    XM_hm_open();
    while (1) {
        XM_hm_status(&status);
        printf("%d of %d, at %d\n", status.noEvents, status.maxEvents, status.currentEvent);
        while (XM_hm_read(&log)) {
            if (log.signature != XM_HMLOG_SIGNATURE) {
                printf("not a record\n");
            }
            print_log(&log);
            switch ((log.opCodeL & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT) {
            case XM_HM_EV_SPARC_DIVIDE_EXCEPTION:
            case XM_HM_EV_PARTITION_ERROR:
                XM_hm_seek(0, XM_OBJ_SEEK_END);
                break;
            }
        }
        XM_idle_self();
    }
}
