/* status.h - status records: most are in abi/guest.h; here those that the library makes of them,
 * and control commands */
#ifndef XM_INC_OBJECTS_STATUS_H
#define XM_INC_OBJECTS_STATUS_H

#include <xm_inc/arch/arch_types.h>
#include <xm_inc/abi/guest.h>

#define XM_GET_SYSTEM_STATUS 0x0
#define XM_GET_SCHED_PLAN_STATUS 0x1
#define XM_SET_PARTITION_OPMODE 0x2
#define XM_GET_PHYSPAGE_STATUS 0x3
#define XM_GET_VCPU_STATUS 0x4

#ifndef __ASSEMBLER__

typedef struct {
    xm_u32_t state;  /* XM_STATUS_* */
    xm_u32_t opMode; /* XM_OPMODE_* */
} xmVirtualCpuStatus_t;

typedef struct {
    xmAddress_t pAddr;
    xm_u32_t unused : 2, type : 3, counter : 27;
} xmPhysPageStatus_t;

/* Argument of XM_ctrl_object on the status object. */
union statusCmd {
    union {
        xmSystemStatus_t system;
        xmPartitionStatus_t partition;
        xmVirtualCpuStatus_t vCpu;
        xmPlanStatus_t plan;
        xmPhysPageStatus_t physPage;
    } status;
    xm_u32_t opMode;
};

#endif
#endif
