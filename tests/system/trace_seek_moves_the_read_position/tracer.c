#include "../testlib.h"

void PartitionMain(void)
{
    xmTraceEvent_t event = { 0 };
    xmTraceStatus_t status;
    xm_s32_t others;
    int i;

    for (i = 1; i <= 5; i++) {
        event.opCodeH = 0;
        event.payload[0] = 100 + (xm_u32_t)i;
        XM_trace_event(1, &event);
    }
    /* The descriptor of the keeper's stream, as a partition could guess it from its own. */
    others = XM_trace_open(1) - (1 << 10);
    i = XM_trace_seek(others, 0, XM_OBJ_SEEK_SET);
    printf("another's stream: open %d, seek %d, read %d, status %d\n", XM_trace_open(0), i, XM_trace_read(others, &event),
           XM_trace_status(others, &status)); /* all refused, so in any order */
}
