/* mem.h - control command of the memory object */
#ifndef XM_INC_OBJECTS_MEM_H
#define XM_INC_OBJECTS_MEM_H

#include <xm_inc/arch/arch_types.h>
#include <xm_inc/abi/guest.h>

#define XM_OBJ_MEM_CMD_CPY_AREA 0x1

#ifndef __ASSEMBLER__
union memCmd {
    struct cpyArea {
        xmId_t dstId;
        xmAddress_t dstAddr;
        xmId_t srcId;
        xmAddress_t srcAddr;
        xmSize_t size;
    } cpyArea;
};
#endif

#endif
