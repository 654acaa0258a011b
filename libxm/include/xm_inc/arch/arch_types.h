/* arch_types.h - scalar types of partition sources: those of the contract, and the names only
 * sources use */
#ifndef XM_INC_ARCH_TYPES_H
#define XM_INC_ARCH_TYPES_H

#include <xm_inc/abi/types.h>

#define XM_LOG2_WORD_SZ 5

#ifndef __ASSEMBLER__

typedef char xm_s8_t; /* plain char: sources pass string literals */
typedef long xmLong_t;

typedef struct {
    xm_u32_t id : 16, subId : 16;
} xmDev_t;

#define PTR2ADDR(x) ((xmAddress_t)(x))
#define ADDR2PTR(x) ((void *)((xmAddress_t)(x)))
#define PRNT_ADDR_FMT "l"

#endif
#endif
