/* vcpu.c - the calls about virtual processors, for partitions that have exactly one
 *
 * What happens to vCPU 0 happens to its partition. Any other number: XM_INVALID_PARAM. */
#include <xm.h>

/* Entry point and trap table of a XAL program; a partition with an own start may have neither. */
extern const char start[] __attribute__((weak));
extern const char _traptab[] __attribute__((weak));

/* Suspends the caller; returns when a system partition has resumed it. */
xm_s32_t XM_suspend_vcpu(xm_u32_t vCpu)
{
    return vCpu < XM_get_number_vcpus() ? XM_suspend_partition(XM_PARTITION_SELF)
                                        : XM_INVALID_PARAM;
}

/* XM_NO_ACTION: the caller runs, so there is nothing to resume. */
xm_s32_t XM_resume_vcpu(xm_u32_t vCpu)
{
    return vCpu < XM_get_number_vcpus() ? XM_NO_ACTION : XM_INVALID_PARAM;
}

/* Halts the caller's partition; does not return. */
xm_s32_t XM_halt_vcpu(xm_u32_t vCpu)
{
    return vCpu < XM_get_number_vcpus() ? XM_halt_partition(XM_PARTITION_SELF) : XM_INVALID_PARAM;
}

/* Restarts the caller's partition, warm, with that reset status; does not return. The page table is
 * the hypervisor's, so ptdL1 is not used. XM_INVALID_PARAM: entry is not where the program starts.
 */
xm_s32_t XM_reset_vcpu(xm_u32_t vCpu, xmAddress_t ptdL1, xmAddress_t entry, xm_u32_t status)
{
    (void)ptdL1;
    if (vCpu >= XM_get_number_vcpus() ||
        (entry != (xmAddress_t)start && entry != (xmAddress_t)_traptab)) {
        return XM_INVALID_PARAM;
    }
    return XM_reset_partition(XM_PARTITION_SELF, XM_WARM_RESET, status);
}

/* State of a virtual processor of a partition: the partition's. Foreign partitions need the system
 * flag. */
xm_s32_t XM_get_partition_vcpu_status(xmId_t id, xmId_t vCpu, xmVirtualCpuStatus_t *status)
{
    xmPartitionStatus_t partition;
    xm_s32_t code = XM_get_partition_status(id, &partition);

    if (code != XM_OK) {
        return code;
    }
    if (vCpu >= CONFIG_MAX_NO_VCPUS || !status) {
        return XM_INVALID_PARAM;
    }
    status->state = partition.state;
    status->opMode = partition.opMode;
    return XM_OK;
}

/* State of one of the caller's virtual processors. */
xm_s32_t XM_get_vcpu_status(xmId_t vCpu, xmVirtualCpuStatus_t *status)
{
    return XM_get_partition_vcpu_status(XM_PARTITION_SELF, vCpu, status);
}
