#include <stdio.h>
#include <xm.h>

static void write_trace(xm_u32_t code)
{
    xmTraceEvent_t event = { 0 };

    event.opCodeL = code << TRACE_OPCODE_CODE_BIT;
    event.opCodeH |= XM_TRACE_WARNING << TRACE_OPCODE_CRIT_BIT;
    event.payload[0] = code;
    XM_trace_event(TRACE_BM_ALWAYS, &event);
}

static void read_traces(xmId_t id)
{
    xmTraceEvent_t event;
    xmTraceStatus_t status;
    xm_s32_t stream = XM_trace_open(id);

    if (stream < 0) {
        printf("no trace of %d\n", id);
        return;
    }
    XM_trace_seek(stream, 0, XM_TRACE_SEEK_SET);
    XM_trace_status(stream, &status);
    while (XM_trace_read(stream, &event) > 0) {
        printf("[T] %d:%d crit %d code %d at %lld\n", (event.opCodeL & TRACE_OPCODE_PARTID_MASK) >> TRACE_OPCODE_PARTID_BIT,
               (event.opCodeL & TRACE_OPCODE_VCPUID_MASK) >> TRACE_OPCODE_VCPUID_BIT,
               (event.opCodeH & TRACE_OPCODE_CRIT_MASK) >> TRACE_OPCODE_CRIT_BIT,
               (event.opCodeL & TRACE_OPCODE_CODE_MASK) >> TRACE_OPCODE_CODE_BIT, event.timestamp);
    }
}

void PartitionMain(void)
{
    write_trace(7);
    read_traces(XM_PARTITION_SELF);
    read_traces(XM_HYPERVISOR_ID);
}
