#include <stdio.h>
#include <xm.h>
#include <xal.h>

void PartitionMain(void)
{
    xmPartitionStatus_t status;
    xmSystemStatus_t system;
    xm_s32_t other = XM_get_gid_by_name((xm_u8_t *)"Partition1", XM_PARTITION_NAME);

    XM_set_partition_opmode(XM_OPMODE_NORMAL);
    XM_get_partition_status(other, &status);
    printf("state %d mode %d resets %d clock %lld\n", status.state, status.opMode, status.resetCounter, status.execClock);
    XM_suspend_partition(other);
    XM_idle_self();
    XM_resume_partition(other);
    XM_halt_partition(other);
    if (status.state == XM_STATUS_HALTED) {
        XM_reset_partition(other, XM_WARM_RESET, 0);
    }
    XM_shutdown_partition(other);
    XM_get_system_status(&system);
    printf("frames %lld events %lld\n", system.currentMaf, system.noHmEvents);
    XM_memory_copy(XM_PARTITION_SELF, 0x40100000, other, 0x40200000, 16);
    if (system.resetCounter > 3) {
        XM_halt_system();
    }
    XM_reset_system(XM_WARM_RESET);
    XALHalt("not reached: %d", other);
}
