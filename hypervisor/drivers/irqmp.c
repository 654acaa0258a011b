/* irqmp.c - what the interrupt controller does less often (irqmp.h) */
#include "../core/board.h"

#define LINES 0xfffeu

xm_u32_t irqmp_mask;

void irq_init(void)
{
    IRQMP_REGISTER(IRQMP_LEVEL) = 0; /* undefined at power-on */
    IRQMP_REGISTER(IRQMP_MASK0) = 0;
    IRQMP_REGISTER(IRQMP_CLEAR) = LINES;
    irqmp_mask = 0;
}

void irq_force(xm_u32_t lines)
{
    if (lines != 0) {
        IRQMP_REGISTER(IRQMP_FORCE0) = lines & LINES;
    }
}

void irq_clear(xm_u32_t lines)
{
    if (lines != 0) {
        IRQMP_REGISTER(IRQMP_CLEAR) = lines & LINES;
    }
}

bool irq_pending(void)
{
    return ((IRQMP_REGISTER(IRQMP_PENDING) | IRQMP_REGISTER(IRQMP_FORCE)) & irqmp_mask) != 0;
}
