#include "../testlib.h"

void PartitionMain(void)
{
    xmTraceEvent_t event = { 0 };
    int i;

    for (i = 0; i < 3; i++) {
        XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
        XM_trace_event(1, &event);
    }
    XM_suspend_partition(XM_PARTITION_SELF);
}
