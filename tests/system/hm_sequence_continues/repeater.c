#include "../testlib.h"

void PartitionMain(void)
{
    int i;

    for (i = 0; i < 500; i++) {
        XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
    }
}
