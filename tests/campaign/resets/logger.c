/* logger.c - keeps the health monitor writing, so that a reset or a power cut finds it at work */
#include <xm.h>

void PartitionMain(void)
{
    xm_u32_t i;

    for (;;) {
        for (i = 0; i < 4; i++) {
            XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
        }
        XM_idle_self();
    }
}
