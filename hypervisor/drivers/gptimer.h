/* gptimer.h - GRLIB general-purpose timer: timer 1 counts microseconds for ever, timer 2 is the
 * one-shot slot timer
 *
 * GRLIB IP manual, GPTIMER. The prescaler makes 1 MHz of the processor clock. Two habits matter on
 * QEMU and are right on hardware: a running timer's control register is never read-modify-written
 * (a write restarts the countdown), and the interrupt is a pulse that the trap itself
 * acknowledges. */
#ifndef XM_DRIVERS_GPTIMER_H
#define XM_DRIVERS_GPTIMER_H

#define GPTIMER_SCALER_RELOAD 0x04
#define GPTIMER_1 0x10
#define GPTIMER_2 0x20
#define GPTIMER_COUNTER 0x00
#define GPTIMER_RELOAD 0x04
#define GPTIMER_CTRL 0x08

#define GPTIMER_EN 0x1u
#define GPTIMER_RS 0x2u
#define GPTIMER_LD 0x4u
#define GPTIMER_IE 0x8u

#ifndef __ASSEMBLER__

#include "board_impl.h" /* BOARD_GPTIMER */
#include "../abi/types.h"

#define GPTIMER_REGISTER(offset) (*(volatile xm_u32_t *)(BOARD_GPTIMER + (offset)))

static inline xm_u32_t timer_count_us(void)
{
    return ~GPTIMER_REGISTER(GPTIMER_1 + GPTIMER_COUNTER);
}

static inline void timer_arm_us(xm_u32_t delay_us)
{
    GPTIMER_REGISTER(GPTIMER_2 + GPTIMER_RELOAD) = delay_us - 1;
    GPTIMER_REGISTER(GPTIMER_2 + GPTIMER_CTRL) = GPTIMER_EN | GPTIMER_LD | GPTIMER_IE;
}

#endif
#endif
