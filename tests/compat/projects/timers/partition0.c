#include <stdio.h>
#include <xm.h>
#include <irqs.h>

#define USECS 1000000
#define PRINT(...) do { \
        printf("[%d] ", XM_PARTITION_SELF); \
        printf(__VA_ARGS__); \
} while (0)

static volatile int hwCount, execCount;

void HwTimerHandler(trapCtxt_t *ctxt)
{
        xmTime_t now;

        XM_get_time(XM_HW_CLOCK, &now);
        hwCount++;
        PRINT("hw timer %d in second %lld\n", hwCount, now / USECS);
}

void ExecTimerHandler(trapCtxt_t *ctxt)
{
        xmTime_t used;

        XM_get_time(XM_EXEC_CLOCK, &used);
        execCount++;
        PRINT("exec timer %d after %lld s of own time\n", execCount, used / USECS);
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
        PRINT("setting timers of 1 s\n");
        XM_set_timer(XM_HW_CLOCK, 1LL * USECS, 1LL * USECS);
        XM_set_timer(XM_EXEC_CLOCK, 1LL * USECS, 1LL * USECS);
        while (execCount < 2)
                ;
        XM_set_timer(XM_HW_CLOCK, 0, 0);
        XM_set_timer(XM_EXEC_CLOCK, 0, 0);
        PRINT("%d hardware expiries for %d of own time\n", hwCount, execCount);
        XM_halt_partition(XM_PARTITION_SELF);
}
