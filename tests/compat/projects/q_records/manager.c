#include <stdio.h>
#include <string.h>
#include <xm.h>
#include <irqs.h>

#define LOGS 4

static xmHmLog_t logs[LOGS];
static xmTraceEvent_t traces[LOGS];

static void PrintLog(xmHmLog_t *log)
{
        xm_u32_t event = (log->opCode & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT;

        printf("[%d] log: %s of partition %d, system %d\n", XM_PARTITION_SELF,
               event == XM_HM_EV_SPARCV8_ILLEGAL_INSTR ? "illegal instruction"
               : event == XM_HM_EV_APP_DEADLINE_MISSED ? "deadline missed" : "other event",
               (log->opCode & HMLOG_OPCODE_PARTID_MASK) >> HMLOG_OPCODE_PARTID_BIT,
               (log->opCode & HMLOG_OPCODE_SYS_MASK) >> HMLOG_OPCODE_SYS_BIT);
}

void PartitionMain(void)
{
        xm_s32_t port, count, n;
        char text[16];

        port = XM_create_queuing_port("telecommands", 4, 16, XM_SOURCE_PORT);
        memcpy(text, "expose", 7);
        printf("[%d] sent: %d\n", XM_PARTITION_SELF, XM_send_queuing_message(port, text, 7));
        XM_idle_self();

        count = XM_hm_read(logs, LOGS);
        printf("[%d] %d logs, then %d\n", XM_PARTITION_SELF, count, XM_hm_read(logs + count, 1));
        for (n = 0; n < count; n++)
                PrintLog(&logs[n]);
        count = XM_trace_read(1, traces, LOGS);
        for (n = 0; n < count; n++)
                printf("[%d] trace %d %d\n", XM_PARTITION_SELF, traces[n].payload[0], traces[n].payload[7]);

        printf("[%d] reset: %d\n", XM_PARTITION_SELF, XM_reset_partition(1, 0xffffffff, XM_WARM_RESET, 3));
        XM_idle_self();
        XM_halt_system();
}
