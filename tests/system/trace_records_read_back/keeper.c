#include "../testlib.h"

void PartitionMain(void)
{
    xmTraceStatus_t status;
    xmTraceEvent_t event;
    xm_s32_t stream, got;

    wait_slots(1);
    stream = XM_trace_open(1);
    XM_trace_status(stream, &status);
    printf("keeper: stored %d\n", status.noEvents);
    while ((got = XM_trace_read(stream, &event)) > 0) {
        printf("keeper: code %d criticality %d partition %d payload %x %x\n",
               (event.opCodeL & TRACE_OPCODE_CODE_MASK) >> TRACE_OPCODE_CODE_BIT,
               (event.opCodeH & TRACE_OPCODE_CRIT_MASK) >> TRACE_OPCODE_CRIT_BIT,
               event.opCodeL & TRACE_OPCODE_PARTID_MASK, event.payload[0], event.payload[1]);
    }
    printf("keeper: then %d\n", got);
    printf("keeper: untraced has %d\n", XM_trace_read(XM_trace_open(2), &event));
    got = XM_trace_open(77);
    printf("keeper: bad id %d, bad stream %d\n", got, XM_trace_read(0x12345, &event));
    XM_halt_system();
}
