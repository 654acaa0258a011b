/* gptimer.c - start of the timer unit (gptimer.h) */
#include "../core/board.h"

void timer_init(void)
{
    GPTIMER_REGISTER(GPTIMER_SCALER_RELOAD) = board.clock_hz / 1000000 - 1;
    GPTIMER_REGISTER(GPTIMER_1 + GPTIMER_RELOAD) = 0xffffffff; /* period reload + 1: 32 bits */
    GPTIMER_REGISTER(GPTIMER_1 + GPTIMER_CTRL) = GPTIMER_EN | GPTIMER_RS | GPTIMER_LD;
    /* LD stops it: writing 0 does not on every model. */
    GPTIMER_REGISTER(GPTIMER_2 + GPTIMER_CTRL) = GPTIMER_LD;
}
