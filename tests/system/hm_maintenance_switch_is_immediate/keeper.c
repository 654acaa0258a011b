#include "../testlib.h"

void PartitionMain(void)
{
    struct xm_kernel_info info;
    xmPlanStatus_t plan;
    xmTime_t frame, now;

    XM_kernel_info(&info);
    frame = info.frame_start_us;
    XM_idle_self();
    now = time_us();
    XM_get_plan_status(&plan);
    printf("keeper: plan %d after %d, switched %d ms into the frame\n", plan.current, plan.prev,
           (int)((plan.switchTime - frame + 500) / 1000));
    XM_idle_self();
    printf("keeper: next slot %d ms later\n", (int)((time_us() - now + 500) / 1000));
    XM_halt_system();
}
