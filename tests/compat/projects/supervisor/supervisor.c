#include <stdio.h>
#include <xm.h>
#include <xm_inc/objdir.h>
#include <xm_inc/objects/status.h>

#define WORKER 1
#define PRINT(...) do { \
        printf("[%d] ", XM_PARTITION_SELF); \
        printf(__VA_ARGS__); \
} while (0)

static void Report(const char *after, xm_s32_t ret)
{
        xmPartitionStatus_t status;
        xmVirtualCpuStatus_t vcpu;

        XM_get_partition_status(WORKER, &status);
        XM_get_partition_vcpu_status(WORKER, 0, &vcpu);
        PRINT("%s: %d, state %d, vCPU state %d, resets %d\n", after, ret, status.state, vcpu.state,
              status.resetCounter);
}

void PartitionMain(void)
{
        union statusCmd cmd;
        xmSystemStatus_t system;

        XM_idle_self();
        Report("suspend", XM_suspend_partition(WORKER));
        XM_idle_self();
        Report("suspend again", XM_suspend_partition(WORKER));
        XM_idle_self();
        Report("resume", XM_resume_partition(WORKER));
        XM_idle_self();
        Report("halt", XM_halt_partition(WORKER));
        XM_idle_self();
        Report("warm reset", XM_reset_partition(WORKER, XM_WARM_RESET, 5));
        XM_idle_self();
        Report("shutdown", XM_shutdown_partition(WORKER));
        XM_idle_self();
        Report("halted itself", 0);
        Report("cold reset", XM_reset_partition(WORKER, XM_COLD_RESET, 6));
        XM_idle_self();
        XM_idle_self();

        /* the same through descriptors */
        XM_ctrl_object(OBJDESC_BUILD(OBJ_CLASS_STATUS, WORKER, 0), XM_GET_SYSTEM_STATUS, &cmd);
        PRINT("worker state %d by descriptor\n", cmd.status.partition.state);
        XM_get_system_status(&system);
        PRINT("frames passed: %s\n", system.currentMaf > 5 ? "yes" : "no");
        PRINT("own vCPU: suspend 1: %d, resume 0: %d\n", XM_suspend_vcpu(1), XM_resume_vcpu(0));
        PRINT("caches: %d %d %d\n", XM_flush_cache(XM_DCACHE | XM_ICACHE), XM_set_cache_state(XM_DCACHE | XM_ICACHE),
              XM_flush_cache(8));
        XM_halt_system();
}
