#include "../testlib.h"

void PartitionMain(void)
{
    XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
    XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
}
