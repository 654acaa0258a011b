/* objdir.h - object descriptors: bit 31 invalid, class 24-30, vCPU 20-23, partition 10-19, id 0-9
 */
#ifndef XM_INC_OBJDIR_H
#define XM_INC_OBJDIR_H

#include <xm_inc/arch/arch_types.h>

#define OBJ_CLASS_NULL 0
#define OBJ_CLASS_CONSOLE 1
#define OBJ_CLASS_TRACE 2
#define OBJ_CLASS_SAMPLING_PORT 3
#define OBJ_CLASS_QUEUING_PORT 4
#define OBJ_CLASS_MEM 5
#define OBJ_CLASS_HM 6
#define OBJ_CLASS_STATUS 7
#define OBJ_NO_CLASSES 9

#define OBJDESC_INVALID_BIT 31
#define OBJDESC_CLASS_BIT 24
#define OBJDESC_CLASS_MASK 0x7fu
#define OBJDESC_VCPUID_BIT 20
#define OBJDESC_VCPUID_MASK 0xfu
#define OBJDESC_PARTITIONID_BIT 10
#define OBJDESC_PARTITIONID_MASK 0x3ffu
#define OBJDESC_ID_BIT 0
#define OBJDESC_ID_MASK 0x3ffu

#ifndef __ASSEMBLER__

typedef xm_u32_t xmObjDesc_t;

#define _OBJDESC_PUT(field, value)                                                                 \
    (((xmObjDesc_t)(value) & OBJDESC_##field##_MASK) << OBJDESC_##field##_BIT)
#define _OBJDESC_GET(field, oD) (((oD) >> OBJDESC_##field##_BIT) & OBJDESC_##field##_MASK)
#define _OBJDESC_SET(field, oD, value)                                                             \
    ((oD) =                                                                                        \
         ((oD) & ~(OBJDESC_##field##_MASK << OBJDESC_##field##_BIT)) | _OBJDESC_PUT(field, value))

#define OBJDESC_BUILD_VCPUID(class, vCpuId, partitionId, id)                                       \
    (_OBJDESC_PUT(CLASS, class) | _OBJDESC_PUT(VCPUID, vCpuId) |                                   \
     _OBJDESC_PUT(PARTITIONID, partitionId) | _OBJDESC_PUT(ID, id))
#define OBJDESC_BUILD(class, partitionId, id) OBJDESC_BUILD_VCPUID(class, 0, partitionId, id)

#define OBJDESC_GET_CLASS(oD) _OBJDESC_GET(CLASS, oD)
#define OBJDESC_GET_VCPUID(oD) _OBJDESC_GET(VCPUID, oD)
#define OBJDESC_GET_PARTITIONID(oD) _OBJDESC_GET(PARTITIONID, oD)
#define OBJDESC_GET_ID(oD) _OBJDESC_GET(ID, oD)
#define OBJDESC_SET_CLASS(oD, value) _OBJDESC_SET(CLASS, oD, value)
#define OBJDESC_SET_VCPUID(oD, value) _OBJDESC_SET(VCPUID, oD, value)
#define OBJDESC_SET_PARTITIONID(oD, value) _OBJDESC_SET(PARTITIONID, oD, value)
#define OBJDESC_SET_ID(oD, value) _OBJDESC_SET(ID, oD, value)
#define OBJDESC_IS_VALID(oD) (!((oD) >> OBJDESC_INVALID_BIT))
#define OBJDESC_SET_INVALID(oD) ((oD) |= 1u << OBJDESC_INVALID_BIT)
#define OBJDESC_SET_VALID(oD) ((oD) &= ~(1u << OBJDESC_INVALID_BIT))

#endif
#endif
