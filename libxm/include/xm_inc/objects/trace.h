/* trace.h - the trace: records are in abi/guest.h, here the control commands of its object */
#ifndef XM_INC_OBJECTS_TRACE_H
#define XM_INC_OBJECTS_TRACE_H

#include <xm_inc/arch/arch_types.h>
#include <xm_inc/abi/guest.h>

#define XM_TRACE_GET_STATUS 0x0
#define XM_TRACE_LOCK 0x1
#define XM_TRACE_UNLOCK 0x2
#define XM_TRACE_RESET 0x3

#endif
