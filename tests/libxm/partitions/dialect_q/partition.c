/* Calls and records as a source for the qualified branch writes them. */
#define XM_DIALECT_Q
#include <stdio.h>
#include <xm.h>

static xmHmLog_t logs[4];
static xmTraceEvent_t traces[4];

void PartitionMain(void)
{
    xmSamplingPortInfo_t info;
    xm_s32_t count = XM_hm_read(logs, 4), n;
    xm_u8_t payload[8] = { 1, 2, 3 };
    xm_u32_t flags;

    for (n = 0; n < count; n++) {
        xm_u32_t event = (logs[n].opCode & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT;

        if (event == XM_HM_EV_SPARCV8_DIVIDE_EXCEPTION || event == XM_HM_EV_PARTITION_UNRECOVERABLE) {
            XM_reset_partition(logs[n].opCode & HMLOG_OPCODE_PARTID_MASK, ~0u, XM_COLD_RESET, 0);
        }
        printf("%d %lld 0x%x\n", event, logs[n].timestamp, logs[n].cpuCtxt.pc);
    }
    XM_trace_event(1, payload);
    count = XM_trace_read(XM_PARTITION_SELF, traces, 4);
    printf("%d %d\n", traces[0].timestamp, traces[0].payload[7]);
    XM_get_sampling_port_info("position", &info);
    if (info.refreshPeriod == 0 && XM_read_sampling_message(0, payload, 8, &flags) == XM_NO_ACTION) {
        XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
    }
    XM_set_cache_state(XM_DCACHE, 3);
    XM_memory_copy(0, 0x40100000, 0, 0x40104000, 16);
    XM_reset_vcpu(0, 0x40100000);
}
