/* atomic_ops.h - words shared between interrupt handlers, vCPUs or partitions */
#ifndef LIBXM_ARCH_ATOMIC_OPS_H
#define LIBXM_ARCH_ATOMIC_OPS_H

#include <xm_inc/arch/atomic.h>
#include <xmhypercalls.h>

#ifndef __ASSEMBLER__

#define XMAtomicGet(v) ((v)->val)
#define XMAtomicSet(v, i) ((void)((v)->val = (i)))

/* Clears the bits of mask. */
static inline void XMAtomicClearMask(xm_u32_t mask, xmAtomic_t *v)
{
    (void)XM_sparc_atomic_and((xm_u32_t *)&v->val, ~mask);
}

/* Sets the bits of mask. */
static inline void XMAtomicSetMask(xm_u32_t mask, xmAtomic_t *v)
{
    (void)XM_sparc_atomic_or((xm_u32_t *)&v->val, mask);
}

#endif
#endif
