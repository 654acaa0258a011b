/* virq.h - virtual interrupts and traps of a partition
 *
 * Pending and mask words stand in the partition control table, which the partition may read. Order
 * of delivery: a propagated trap, extended interrupts of trap class, then (virtual ET set, virtual
 * PIL 0) hardware lines, then the other extended ones, highest number first. A source raised n
 * times while pending is delivered once. */
#ifndef XM_CORE_VIRQ_H
#define XM_CORE_VIRQ_H

#include "partition.h"
#include "../abi/config.h"

#define VIRQ_FLAG_ET 0x20u
#define VIRQ_FLAG_PIL 0xf00u

/* Interrupt state and routing of a control table at the start of a life: everything masked, nothing
 * pending. */
void virq_table_init(partitionControlTable_t *pct);
/* Begin a life: the control table is fresh, nothing is about to be delivered. */
void virq_reset(struct partition *p);
void virq_raise_ext(struct partition *p, xm_u32_t number);
void virq_raise_hw(struct partition *p, xm_u32_t line);
/* Its slot starts: it is about to be picked, so nobody needs to be told. A halted partition is
 * not. */
static inline void virq_raise_slot_start(struct partition *p)
{
    if (p->state != PARTITION_HALTED) {
        p->pct->extIrqsPend |= 1u << XM_VT_EXT_CYCLIC_SLOT_START;
        p->virq_count++;
    }
}
/* Is an unmasked interrupt pending, whatever ET and PIL say? It ends XM_idle_self. */
static inline bool virq_wakes(const struct partition *p)
{
    const partitionControlTable_t *pct = p->pct;

    return ((pct->hwIrqsPend & ~pct->hwIrqsMask) |
            (pct->extIrqsPend & (~pct->extIrqsMask | XM_EXT_TRAPS))) != 0;
}
/* Choose the vector to enter and commit it: clears pending bit and virtual ET. False: nothing
 * deliverable. The partition is raised SYSTEM_ERROR by the caller when it has no trap table. */
bool virq_take(struct partition *p, xm_u32_t *vector);

#endif
