#include "std_c.h"
#include <xm.h>
#include <irqs.h>

void PartitionMain(void)
{
        xmHmLog_t log;
        xmPlanStatus_t plan;
        xm_s32_t frame;

        XM_hm_open();
        xprintf("[%d] %s reads the log\n", XM_PARTITION_SELF, XM_params_get_PCT()->name);
        for (frame = 0; frame < 3; frame++) {
                while (XM_hm_read(&log) > 0)
                        xprintf("[%d] event %s, system %d, partition %d, context %d\n", XM_PARTITION_SELF,
                                log.eventId == XM_HM_EV_MEM_ADDR_NOT_ALIGNED ? "not aligned" : "other", log.system,
                                log.partitionId, log.validCpuCtxt);
                XM_idle_self();
        }
        xprintf("[%d] set plan: %d\n", XM_PARTITION_SELF, XM_set_plan(1));
        XM_idle_self();
        XM_get_plan_status(&plan);
        xprintf("[%d] plan %d, before %d\n", XM_PARTITION_SELF, plan.current, plan.prev);
        XM_halt_system();
}
