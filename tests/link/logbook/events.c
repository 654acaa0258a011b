/* events.c - fills the health-monitor log with 1,024 records, 64 KiB, and rests */
#include <xm.h>

#define RECORDS 1024u

void PartitionMain(void)
{
    for (unsigned n = 0; n < RECORDS; n++) {
        XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
    }
    for (;;) {
        XM_idle_self();
    }
}
