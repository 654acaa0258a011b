/* Watches what the health monitor does about an interrupt that nobody owns (unowned_victim.c), which is the hypervisor's event,
 * and ends the test. Every life of it tells how the system started. */
#include "../testlib.h"

void PartitionMain(void)
{
    xmSystemStatus_t status;
    xmPlanStatus_t plan;

    XM_get_system_status(&status);
    printf("keeper: system resets %d, status %x\n", status.resetCounter, XM_get_PCT()->resetStatus);
    wait_slots(4);
    print_hm_log();
    XM_get_plan_status(&plan);
    printf("keeper: victim state %d, plan %d\n", state_of(1), plan.current);
    XM_halt_system();
}
