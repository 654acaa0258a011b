/* commports.h - ports: records are in abi/guest.h, here the control commands of a port object */
#ifndef XM_INC_OBJECTS_COMMPORTS_H
#define XM_INC_OBJECTS_COMMPORTS_H

#include <xm_inc/arch/arch_types.h>
#include <xm_inc/abi/guest.h>

#define XM_COMM_CREATE_PORT 0x0
#define XM_COMM_GET_PORT_STATUS 0x1
#define XM_COMM_GET_PORT_INFO 0x2

#ifndef __ASSEMBLER__

union samplingPortCmd {
    struct createSPort {
        char *portName;
        xmTime_t validPeriod;
        xm_u32_t maxMsgSize;
        xm_u32_t direction;
    } create;
    xmSamplingPortStatus_t status;
    xmSamplingPortInfo_t info;
};

union queuingPortCmd {
    struct createQPort {
        char *portName;
        xm_u32_t maxNoMsgs;
        xm_u32_t maxMsgSize;
        xm_u32_t direction;
    } create;
    xmQueuingPortStatus_t status;
    xmQueuingPortInfo_t info;
};

#endif
#endif
