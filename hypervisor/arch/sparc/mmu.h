/* mmu.h - page tables of the SRMMU; the functions are arch.h's arch_space_* and arch_map() */
#ifndef XM_SPARC_MMU_H
#define XM_SPARC_MMU_H

#include "../../core/partition.h"

#endif
