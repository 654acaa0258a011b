#include <stdio.h>
#include <xm.h>
#include <irqs.h>

static volatile int fired;

void HwTimerHandler(trapCtxt_t *ctxt)
{
        fired++;
}

void PartitionMain(void)
{
        xmTime_t now;

        InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER), HwTimerHandler);
        XM_clear_irqmask(0, 1 << XM_VT_EXT_HW_TIMER);
        HwSti();
        XM_get_time(XM_HW_CLOCK, &now);
        XM_set_timer(XM_HW_CLOCK, now + 1, 0); /* one shot */
        while (!fired)
                XM_idle_self();
        printf("[%d] one shot: %d\n", XM_PARTITION_SELF, fired);
        /* returning from here halts the partition */
}
