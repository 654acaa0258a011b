#include <xm.h>
#include <stdio.h>

xm_s32_t read_clock(xm_u32_t clock, xmTime_t *time);
xm_u32_t read_psr(void);

void PartitionMain(void)
{
    xmTime_t now;

    if (read_clock(XM_HW_CLOCK, &now) == XM_OK) {
        printf("%lld %x\n", now, read_psr());
    }
}
