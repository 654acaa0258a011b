/* hm.h - the health-monitor log: records are in abi/guest.h, here the control commands of its
 * object */
#ifndef XM_INC_OBJECTS_HM_H
#define XM_INC_OBJECTS_HM_H

#include <xm_inc/arch/arch_types.h>
#include <xm_inc/abi/guest.h>

#define XM_HM_GET_STATUS 0x0
#define XM_HM_LOCK 0x1
#define XM_HM_UNLOCK 0x2
#define XM_HM_RESET 0x3

#endif
