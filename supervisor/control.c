/* control.c - the hypervisor calls behind PartitionControl and SystemControl (see control.h) */
#include "control.h"

#include "system_view.h"

/* Does it to a partition; returns the hypervisor's code, XM_INVALID_PARAM for an action that does
 * not exist. */
int32_t control_partition(uint32_t partition, Xm__PartitionAction action, uint32_t reset_status)
{
    switch (action) {
    case XM__PARTITION_ACTION__PARTITION_SUSPEND:
        return XM_suspend_partition(partition);
    case XM__PARTITION_ACTION__PARTITION_RESUME:
        return XM_resume_partition(partition);
    case XM__PARTITION_ACTION__PARTITION_HALT:
        return XM_halt_partition(partition);
    case XM__PARTITION_ACTION__PARTITION_SHUTDOWN:
        return XM_shutdown_partition(partition);
    case XM__PARTITION_ACTION__PARTITION_RESET_WARM:
        return XM_reset_partition(partition, XM_WARM_RESET, reset_status);
    case XM__PARTITION_ACTION__PARTITION_RESET_COLD:
        return XM_reset_partition(partition, XM_COLD_RESET, reset_status);
    default:
        return XM_INVALID_PARAM;
    }
}

/* Is `state` (XM_STATUS_*) what the action is meant to bring about? Resets are judged otherwise. */
bool control_reached(Xm__PartitionAction action, uint32_t state)
{
    switch (action) {
    case XM__PARTITION_ACTION__PARTITION_SUSPEND:
        return state == XM_STATUS_SUSPENDED;
    case XM__PARTITION_ACTION__PARTITION_RESUME:
        return state == XM_STATUS_READY || state == XM_STATUS_IDLE;
    case XM__PARTITION_ACTION__PARTITION_HALT:
    case XM__PARTITION_ACTION__PARTITION_SHUTDOWN:
        return state == XM_STATUS_HALTED;
    default:
        return false;
    }
}

/* Does the action start a new life? */
bool control_is_reset(Xm__PartitionAction action)
{
    return action == XM__PARTITION_ACTION__PARTITION_RESET_WARM ||
           action == XM__PARTITION_ACTION__PARTITION_RESET_COLD;
}

/* Does it to the supervisor itself; comes back only when refused, or resumed after a suspension. A
 * shutdown is a request to finish, and the supervisor has nothing to finish once its reply is gone.
 */
int32_t control_self(Xm__PartitionAction action, uint32_t reset_status)
{
    if (action == XM__PARTITION_ACTION__PARTITION_SHUTDOWN) {
        action = XM__PARTITION_ACTION__PARTITION_HALT;
    }
    return control_partition(view_self(), action, reset_status);
}

/* Resets or halts the system; comes back only when refused. */
int32_t control_system(Xm__SystemAction action)
{
    switch (action) {
    case XM__SYSTEM_ACTION__SYSTEM_RESET_WARM:
        return XM_reset_system(XM_WARM_RESET);
    case XM__SYSTEM_ACTION__SYSTEM_RESET_COLD:
        return XM_reset_system(XM_COLD_RESET);
    case XM__SYSTEM_ACTION__SYSTEM_HALT:
        return XM_halt_system();
    default:
        return XM_INVALID_PARAM;
    }
}
