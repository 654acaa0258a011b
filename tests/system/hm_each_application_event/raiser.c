/* One event per life. The numbers before the first and behind the last are the hypervisor's own. */
#include "../testlib.h"

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();
    xm_u32_t event = XM_HM_EV_APP_DEADLINE_MISSED + pct->resetCounter;

    if (pct->resetCounter == 0) {
        int before = XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED - 1), behind = XM_hm_raise_event(XM_HM_EV_APP_POWER_FAIL + 1);

        printf("not an application's: %d %d %d\n", before, behind, XM_hm_raise_event(0xffffffff));
    } else {
        printf("life %d after event %d\n", pct->resetCounter, pct->resetStatus);
    }
    if (event <= XM_HM_EV_APP_POWER_FAIL) {
        XM_hm_raise_event(event);
        printf("survived event %d\n", event);
    }
}
