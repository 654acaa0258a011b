/* trace.h - trace streams: one per partition that configures it, one of the hypervisor
 *
 * Invariant: a stream is a ring in its own memory block; the newest records are kept, sequence
 *            numbers tell what is gone. */
#ifndef XM_CORE_TRACE_H
#define XM_CORE_TRACE_H

#include "logbook.h"
#include "partition.h"
#include "../abi/records.h"

void trace_init(void);
/* The stream of a partition, or of XM_HYPERVISOR_ID; NULL: no such. */
struct logbook *trace_book(xm_u32_t id);
/* Store a record of the hypervisor's own stream. module: TRACE_*_MODULE; event: AUDIT_*. */
void trace_kernel_store(xm_u32_t module, xm_u32_t event, xm_u32_t a, xm_u32_t b, xm_u32_t c);
/* Modules whose records the configuration wants; 0 until trace_init(). */
extern xm_u32_t trace_kernel_mask;
/* The same, if the mask lets it: most systems trace nothing of the kernel, and then it costs three
 * instructions. */
static inline void trace_kernel(xm_u32_t module, xm_u32_t event, xm_u32_t a, xm_u32_t b, xm_u32_t c)
{
    if ((trace_kernel_mask & 1u << module) != 0) {
        trace_kernel_store(module, event, a, b, c);
    }
}

#endif
