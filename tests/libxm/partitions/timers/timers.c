#include <string.h>
#include <stdio.h>
#include <xm.h>
#include <irqs.h>

#define SECOND 1000000LL

static volatile xm_s32_t hw_ticks, exec_ticks;

void HwTimerHandler(trapCtxt_t *ctxt)
{
    xmTime_t now;

    XM_get_time(XM_HW_CLOCK, &now);
    hw_ticks++;
    printf("[%d] hw %lld at %x\n", XM_PARTITION_SELF, now, ctxt->pc);
}

void ExecTimerHandler(trapCtxt_t *ctxt)
{
    xmTime_t used;

    XM_get_time(XM_EXEC_CLOCK, &used);
    exec_ticks++;
    printf("[%d] exec %lld irq %d\n", XM_PARTITION_SELF, used, ctxt->irqNr);
}

void PartitionMain(void)
{
    xmTime_t hwClock, execClock;

    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER), HwTimerHandler);
    InstallTrapHandler(224 + XM_VT_EXT_EXEC_TIMER, ExecTimerHandler);
    HwSti();
    XM_clear_irqmask(0, (1 << XM_VT_EXT_HW_TIMER) | (1 << XM_VT_EXT_EXEC_TIMER));

    XM_get_time(XM_HW_CLOCK, &hwClock);
    XM_get_time(XM_EXEC_CLOCK, &execClock);
    if (XM_set_timer(XM_HW_CLOCK, hwClock + SECOND, SECOND) < 0 || XM_set_timer(XM_EXEC_CLOCK, execClock + SECOND, SECOND) < 0) {
        printf("timers refused\n");
    }
    while (hw_ticks < 10) {
        __asm__ __volatile__("nop\n\t");
    }
    XM_set_timer(XM_HW_CLOCK, 0, 0);
}
