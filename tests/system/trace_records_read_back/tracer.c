#include "../testlib.h"

static xm_s32_t trace(xm_u32_t mask, xm_u32_t criticality, xm_u32_t code, xm_u32_t a, xm_u32_t b)
{
    xmTraceEvent_t event = { 0 };

    event.opCodeH = criticality << TRACE_OPCODE_CRIT_BIT;
    event.opCodeL = code << TRACE_OPCODE_CODE_BIT;
    event.payload[0] = a;
    event.payload[1] = b;
    return XM_trace_event(mask, &event);
}

void PartitionMain(void)
{
    int a = trace(1, XM_TRACE_NOTIFY, 100, 0xaa, 0xbb);
    int b = trace(2, XM_TRACE_WARNING, 101, 0xcc, 0xdd);
    int c = trace(4, XM_TRACE_NOTIFY, 102, 0xee, 0xff);

    printf("tracer: %d %d %d\n", a, b, c);
}
