/* arch_impl.h - the processor as unit tests on the workstation see it: a context is a note of what
 * core asked for
 *
 * Target memory is mapped 1:1 at its own addresses (host.c), so an address of the target is a
 * pointer here too. */
#ifndef XM_ARCH_IMPL_H
#define XM_ARCH_IMPL_H

#include <stdbool.h>
#include "../../abi/types.h"

#define ARCH_VECTOR_BYTES 16u

struct arch_context {
    xmAddress_t entry, pct;      /* given by arch_context_init() */
    xm_u32_t space;
    xmAddress_t stack_base;      /* area remembered for window spills */
    xm_u32_t stack_size;
    xm_u32_t init_count;         /* lives begun */
    bool fpu_enabled;
    xmAddress_t delivery;        /* a test that "enters" it sets it to 0 */
    xm_u32_t delivery_flags;
};

struct arch_fpu {
    xm_u32_t fsr;
    xm_u32_t f[32] __attribute__((aligned(8)));
};

static inline void *arch_physical_pointer(xmAddress_t address)
{
    return (void *)(unsigned long)address;
}

/* An address of the current partition's space. */
static inline void *arch_guest_pointer(xmAddress_t address)
{
    return (void *)(unsigned long)address;
}

/* The address of an object in the hypervisor's memory. */
static inline xmAddress_t arch_kernel_address(const void *object)
{
    return (xmAddress_t)(unsigned long)object;
}

#endif
