#include "../testlib.h"

void PartitionMain(void)
{
    xmTraceEvent_t event = { 0 };

    printf("untraced: %d\n", XM_trace_event(TRACE_BM_ALWAYS, &event));
}
