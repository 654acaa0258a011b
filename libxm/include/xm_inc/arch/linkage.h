/* linkage.h - alignment of code and data on SPARC */
#ifndef XM_INC_ARCH_LINKAGE_H
#define XM_INC_ARCH_LINKAGE_H

#include <xm_inc/arch/paging.h>

#ifdef __ASSEMBLER__
#define ASM_ALIGN .align 8
#define PAGE_ALIGN .align PAGE_SIZE
#else
#define ALIGNED_C __attribute__((aligned(8)))
#define PAGE_ALIGN __attribute__((aligned(PAGE_SIZE)))
#define __stdcall
#endif

#endif
