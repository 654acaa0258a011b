/* irqmp.h - GRLIB multiprocessor interrupt controller, processor 0 (GRLIB IP manual, IRQMP)
 *
 * Taking a trap acknowledges its line. Lines latch while masked, so an interrupt of a partition
 * that is not running waits in the controller. */
#ifndef XM_DRIVERS_IRQMP_H
#define XM_DRIVERS_IRQMP_H

#include "board_impl.h" /* BOARD_IRQMP */
#include "../abi/types.h"

#define IRQMP_LEVEL 0x00
#define IRQMP_PENDING 0x04
#define IRQMP_FORCE 0x08
#define IRQMP_CLEAR 0x0c
#define IRQMP_MASK0 0x40
#define IRQMP_FORCE0 0x80 /* a write adds to what is forced; one to FORCE would replace it */

#define IRQMP_REGISTER(offset) (*(volatile xm_u32_t *)(BOARD_IRQMP + (offset)))

extern xm_u32_t irqmp_mask; /* as the controller has it */

static inline void irq_set_mask(xm_u32_t lines_enabled)
{
    if (lines_enabled != irqmp_mask) {
        irqmp_mask = lines_enabled;
        IRQMP_REGISTER(IRQMP_MASK0) = lines_enabled;
    }
}

#endif
