/* atomic.h - a word updated by the hypervisor's atomic calls (arch/atomic_ops.h) */
#ifndef XM_INC_ARCH_ATOMIC_H
#define XM_INC_ARCH_ATOMIC_H

#include <xm_inc/abi/types.h>

#ifndef __ASSEMBLER__
typedef struct {
    volatile xm_u32_t val;
} xmAtomic_t;
#endif

#endif
