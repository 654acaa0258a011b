#include "../testlib.h"

static const xmTime_t frame_us[] = { 20000, 32000, 15000 };

void PartitionMain(void)
{
    xmPlanStatus_t plan;
    xm_u32_t current;
    xmTime_t last, nominal = 0, first;
    struct xm_kernel_info info;
    int i, wrong = 0, displaced = 0;

    printf("same plan: %d\n", XM_switch_sched_plan(0, &current));
    printf("bad plan: %d\n", XM_switch_sched_plan(3, &current));
    printf("null pointer: %d\n", XM_switch_sched_plan(1, 0));
    XM_idle_self();
    XM_kernel_info(&info);
    first = last = info.frame_start_us;
    for (i = 1; i <= 99; i++) {
        xmTime_t frame = frame_us[(i - 1) % 3];

        XM_switch_sched_plan((xm_u32_t)i % 3, &current);
        XM_get_plan_status(&plan);
        if (i == 1) {
            printf("in the middle of the frame: current %d next %d\n", plan.current, plan.next);
        }
        XM_idle_self(); /* my next slot is in the new plan */
        XM_get_plan_status(&plan);
        wrong += plan.current != i % 3 || plan.prev != (i - 1) % 3 || plan.next != plan.current;
        displaced += plan.switchTime != last + frame;
        last = plan.switchTime;
        nominal += frame;
    }
    printf("99 switches, %d wrong plans, %d not at the frame end\n", wrong, displaced);
    printf("nominal time passed %lld us, by the switch records %lld us\n", nominal, last - first);
    XM_halt_system();
}
