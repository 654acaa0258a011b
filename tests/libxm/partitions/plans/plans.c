#include <stdio.h>
#include <xm.h>

void PartitionMain(void)
{
    xm_u32_t current;
    xmPlanStatus_t status;
    xm_s32_t plan = 0, id;

    while (1) {
        id = XM_get_gid_by_name((xm_u8_t *)"nominal", XM_PLAN_NAME);
        plan = (plan + 1) % 3;
        if (XM_switch_sched_plan(plan, &current) == XM_OK) {
            printf("plan %d to %d (%d)\n", current, plan, id);
        }
        XM_idle_self();
        XM_get_plan_status(&status);
        printf("%lld: %d %d %d\n", status.switchTime, status.current, status.next, status.prev);
        XM_set_plan(0);
    }
}
