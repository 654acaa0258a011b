/* QEMU takes 1 us for an instruction here, a thirtieth of the speed that the bound of slot lateness is declared for. */
#include "../testlib.h"

void PartitionMain(void)
{
    XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED); /* ignored, not logged */
    for (;;) {
        XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
    }
}
