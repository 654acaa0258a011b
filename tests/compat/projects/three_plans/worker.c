#include <stdio.h>
#include <xm.h>

void PartitionMain(void)
{
        xmTime_t now;

        while (1) {
                XM_get_time(XM_HW_CLOCK, &now);
                printf("[%d] slot of %d us\n", XM_PARTITION_SELF, XM_get_PCT()->schedInfo.slotDuration);
                XM_idle_self();
        }
}
