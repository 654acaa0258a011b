#include <stdio.h>
#include <xm.h>

static xm_u32_t order[] = {1, 2, 1, 0};

static int Millis(xmTime_t t)
{
        return (int)(t / 1000);
}

void PartitionMain(void)
{
        xmPlanStatus_t status;
        xm_u32_t oldPlan, n;
        xm_s32_t ret;

        printf("[%d] plan \"second\" has id %d\n", XM_PARTITION_SELF,
               XM_get_gid_by_name((xm_u8_t *)"second", XM_PLAN_NAME));
        XM_get_plan_status(&status);
        printf("[%d] current %d next %d prev %d\n", XM_PARTITION_SELF, status.current, status.next, status.prev);
        for (n = 0; n < sizeof(order) / sizeof(order[0]); n++) {
                ret = XM_switch_sched_plan(order[n], &oldPlan);
                XM_get_plan_status(&status);
                printf("[%d] switch %d: %d, still %d, next %d\n", XM_PARTITION_SELF, order[n], ret, oldPlan,
                       status.next);
                XM_idle_self();
                XM_get_plan_status(&status);
                printf("[%d] plan %d since %d ms, before %d\n", XM_PARTITION_SELF, status.current,
                       Millis(status.switchTime), status.prev);
        }
        ret = XM_switch_sched_plan(0, &oldPlan);
        printf("[%d] again 0: %d\n", XM_PARTITION_SELF, ret);
        ret = XM_switch_sched_plan(9, &oldPlan);
        printf("[%d] plan 9: %d\n", XM_PARTITION_SELF, ret);
        XM_halt_system();
}
