/* gptimer.c - GRLIB general-purpose timer: timer 1 counts microseconds for ever, timer 2 is the
 * one-shot slot timer
 *
 * GRLIB IP manual, GPTIMER. The prescaler makes 1 MHz of the processor clock. Two habits matter on
 * QEMU and are right on hardware: a running timer's control register is never read-modify-written
 * (a write restarts the countdown), and the interrupt is a pulse that the trap itself
 * acknowledges. */
#include "../core/board.h"

#define SCALER_RELOAD 0x04
#define TIMER1 0x10
#define TIMER2 0x20
#define COUNTER 0x00
#define RELOAD 0x04
#define CTRL 0x08

#define CTRL_EN 0x1u
#define CTRL_RS 0x2u
#define CTRL_LD 0x4u
#define CTRL_IE 0x8u

static volatile xm_u32_t *timer_register(xm_u32_t offset)
{
    return (volatile xm_u32_t *)(board.gptimer_base + offset);
}

void timer_init(void)
{
    *timer_register(SCALER_RELOAD) = board.clock_hz / 1000000 - 1;
    *timer_register(TIMER1 + RELOAD) = 0xffffffff; /* period reload + 1: exactly 32 bits */
    *timer_register(TIMER1 + CTRL) = CTRL_EN | CTRL_RS | CTRL_LD;
    *timer_register(TIMER2 + CTRL) = CTRL_LD; /* stops it: writing 0 does not on every model */
}

xm_u32_t timer_count_us(void)
{
    return ~*timer_register(TIMER1 + COUNTER);
}

void timer_arm_us(xm_u32_t delay_us)
{
    *timer_register(TIMER2 + RELOAD) = delay_us - 1;
    *timer_register(TIMER2 + CTRL) = CTRL_EN | CTRL_LD | CTRL_IE;
}
