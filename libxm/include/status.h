/* status.h - status of system, partitions and plans; the calls are in xmhypercalls.h */
#ifndef LIBXM_STATUS_H
#define LIBXM_STATUS_H

#include <xm_inc/objects/status.h>
#include <xmhypercalls.h>

#ifndef __ASSEMBLER__
xm_s32_t XM_get_vcpu_status(xmId_t vCpu, xmVirtualCpuStatus_t *status);
xm_s32_t XM_get_partition_vcpu_status(xmId_t id, xmId_t vCpu, xmVirtualCpuStatus_t *status);
#endif

#endif
