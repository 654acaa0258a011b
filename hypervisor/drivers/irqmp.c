/* irqmp.c - GRLIB multiprocessor interrupt controller, processor 0 (GRLIB IP manual, IRQMP)
 *
 * Taking a trap acknowledges its line. Lines latch while masked, so an interrupt of a partition
 * that is not running waits in the controller. */
#include "../core/board.h"

#define LEVEL 0x00
#define PENDING 0x04
#define FORCE 0x08
#define CLEAR 0x0c
#define MASK0 0x40
#define FORCE0 0x80 /* a write adds to what is forced; one to FORCE would replace it */

#define LINES 0xfffeu

static xm_u32_t mask_now;

static volatile xm_u32_t *irq_register(xm_u32_t offset)
{
    return (volatile xm_u32_t *)(board.irqmp_base + offset);
}

void irq_init(void)
{
    *irq_register(LEVEL) = 0; /* undefined at power-on */
    *irq_register(MASK0) = 0;
    *irq_register(CLEAR) = LINES;
    mask_now = 0;
}

void irq_set_mask(xm_u32_t lines_enabled)
{
    if (lines_enabled != mask_now) {
        mask_now = lines_enabled;
        *irq_register(MASK0) = lines_enabled;
    }
}

void irq_force(xm_u32_t lines)
{
    if (lines != 0) {
        *irq_register(FORCE0) = lines & LINES;
    }
}

void irq_clear(xm_u32_t lines)
{
    if (lines != 0) {
        *irq_register(CLEAR) = lines & LINES;
    }
}

bool irq_pending(void)
{
    return ((*irq_register(PENDING) | *irq_register(FORCE)) & mask_now) != 0;
}
