/* paging.h - page sizes and shape of the SPARC reference MMU's tables (SPARC V8 manual, appendix H)
 */
#ifndef XM_INC_ARCH_PAGING_H
#define XM_INC_ARCH_PAGING_H

#include <xm_inc/abi/types.h>

#define PAGE_SIZE XM_PAGE_SIZE
#define PAGE_SHIFT 12
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define LPAGE_SIZE (1 << PTDL2_SHIFT)

#define PTD_LEVELS 3
#define PTDL1_SHIFT 24
#define PTDL2_SHIFT 18
#define PTDL3_SHIFT 12
#define PTDL1SIZE 1024
#define PTDL2SIZE 256
#define PTDL3SIZE 256
#define PTDL1ENTRIES (PTDL1SIZE / 4)
#define PTDL2ENTRIES (PTDL2SIZE / 4)
#define PTDL3ENTRIES (PTDL3SIZE / 4)

#endif
