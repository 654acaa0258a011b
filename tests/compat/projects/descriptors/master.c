#include <stdio.h>
#include <xm.h>
#include <xm_inc/objdir.h>
#include <xm_inc/objects/hm.h>
#include <xm_inc/objects/mem.h>
#include <xm_inc/objects/status.h>
#include <xm_inc/objects/trace.h>

static const char line[] = "[1] written by descriptor\n";

void PartitionMain(void)
{
        xm_s32_t numbers, state;
        xmObjDesc_t hm, trace;
        xmHmLog_t logs[3];
        xmHmStatus_t hmStatus;
        xmTraceStatus_t traceStatus;
        xmTraceEvent_t events[4];
        union statusCmd status;
        union memCmd mem;
        xm_u32_t value = 0xABCD, n;
        static xm_u32_t copy;

        numbers = XM_create_queuing_port("numbers", 2, 4, XM_SOURCE_PORT);
        state = XM_create_sampling_port("state", 4, XM_SOURCE_PORT, 2000000);
        XM_write_object(OBJDESC_BUILD(OBJ_CLASS_CONSOLE, XM_PARTITION_SELF, 0), (void *)line, sizeof(line) - 1, 0);
        XM_write_object(OBJDESC_BUILD(OBJ_CLASS_SAMPLING_PORT, XM_PARTITION_SELF, state), &value, 4, 0);
        for (n = 4; n < 7; n++)
                printf("[1] send %d: %d\n", n,
                       XM_write_object(OBJDESC_BUILD(OBJ_CLASS_QUEUING_PORT, XM_PARTITION_SELF, numbers), &n, 4, 0));
        XM_idle_self();

        hm = OBJDESC_BUILD(OBJ_CLASS_HM, XM_HYPERVISOR_ID, 0);
        XM_ctrl_object(hm, XM_HM_GET_STATUS, &hmStatus);
        printf("[1] %d event, read %d bytes, then %d\n", hmStatus.noEvents, XM_read_object(hm, logs, sizeof(logs), 0),
               XM_read_object(hm, logs + 1, sizeof(logs[0]), 0));
        printf("[1] event 0x%x\n", (logs[0].opCodeL & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT);
        printf("[1] seek %d, lock %d, short %d\n", XM_seek_object(hm, 0, XM_OBJ_SEEK_SET),
               XM_ctrl_object(hm, XM_HM_LOCK, &hmStatus), XM_read_object(hm, logs, 4, 0));
        trace = XM_trace_open(0);
        XM_ctrl_object(trace, XM_TRACE_GET_STATUS, &traceStatus);
        printf("[1] %d traces, read %d bytes\n", traceStatus.noEvents, XM_read_object(trace, events, sizeof(events), 0));
        printf("[1] traced %d and %d\n", events[0].payload[0], events[1].payload[0]);

        XM_ctrl_object(OBJDESC_BUILD(OBJ_CLASS_STATUS, XM_HYPERVISOR_ID, 0), XM_GET_SYSTEM_STATUS, &status);
        printf("[1] system: %lld events\n", status.status.system.noHmEvents);
        XM_ctrl_object(OBJDESC_BUILD(OBJ_CLASS_STATUS, XM_PARTITION_SELF, 0), XM_GET_SCHED_PLAN_STATUS, &status);
        printf("[1] plan %d\n", status.status.plan.current);
        XM_ctrl_object(OBJDESC_BUILD(OBJ_CLASS_STATUS, 0, 0), XM_GET_VCPU_STATUS, &status);
        printf("[1] vCPU of 0: %d\n", status.status.vCpu.state);

        mem.cpyArea.dstId = mem.cpyArea.srcId = XM_PARTITION_SELF;
        mem.cpyArea.dstAddr = (xmAddress_t)&copy;
        mem.cpyArea.srcAddr = (xmAddress_t)&value;
        mem.cpyArea.size = 4;
        printf("[1] copy %d", XM_ctrl_object(OBJDESC_BUILD(OBJ_CLASS_MEM, XM_PARTITION_SELF, 0), XM_OBJ_MEM_CMD_CPY_AREA, &mem));
        printf(": 0x%x\n", copy);
        XM_halt_system();
}
