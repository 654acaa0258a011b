/* linkage.h - attributes and assembler entry points */
#ifndef XM_INC_LINKAGE_H
#define XM_INC_LINKAGE_H

#include <xm_inc/arch/linkage.h>

#define _TO_STR(x) #x
#define TO_STR(x) _TO_STR(x)

#ifdef __ASSEMBLER__
#define ENTRY(x)                                                                                   \
    .globl x;                                                                                      \
    ASM_ALIGN;                                                                                     \
    x:
#else
#define __PACKED __attribute__((packed))
#define __NOINLINE __attribute__((noinline))
#endif

#endif
