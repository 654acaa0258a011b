/* time.h - clocks and partition timers
 *
 * The hardware clock counts microseconds since the hypervisor started, 64 bits, extended from the
 * board's 32-bit counter. Rule: it must be read at least once in 71 minutes, and is, because no slot
 * is longer than half of that. */
#ifndef XM_CORE_TIME_H
#define XM_CORE_TIME_H

#include "board.h"
#include "partition.h"

/* State of the clock; written by time.c only, and by XM_get_time's short way (calls.S). */
struct clock {
    xmTime_t base_us;  /* what a count of 0 means: wraps seen so far, less the count at the start */
    xmTime_t armed_us; /* deadline the slot timer stands at; 0: none */
    xm_u32_t last;     /* count at the last reading */
};
extern struct clock kernel_clock;

void clock_init(void);
/* Microseconds since the hypervisor started. One place extends the counter: interrupts are off in
 * the kernel, so no reading can fall between the wrap and its count. */
static inline xmTime_t clock_read(void)
{
    xm_u32_t count = timer_count_us();

    if (count < kernel_clock.last) {
        kernel_clock.base_us += (xmTime_t)1 << 32;
    }
    kernel_clock.last = count;
    return kernel_clock.base_us + (xmTime_t)count;
}
/* The same, out of line: for everybody who is not in a hurry. */
xmTime_t clock_now(void) __attribute__((noinline));
/* Arm the slot timer for deadline_us; a deadline already past gives the shortest delay. The clock is
 * read here and not handed down: what was done since would delay the end of the slot. The delay is a
 * difference of 32 bits, because no deadline is further away (XM_CONFIG_MAX_FRAME_US). */
static inline void clock_arm(xmTime_t deadline_us)
{
    xm_s32_t delay_us;

    if (deadline_us == kernel_clock.armed_us) {
        return;
    }
    kernel_clock.armed_us = deadline_us;
    delay_us = (xm_s32_t)((xm_u32_t)deadline_us - (xm_u32_t)kernel_clock.base_us - timer_count_us());
    timer_arm_us(delay_us < 1 ? 1 : (xm_u32_t)delay_us);
}
/* The slot timer fired: whatever it stood at is gone. */
static inline void clock_fired(void)
{
    kernel_clock.armed_us = 0;
}
/* False: it fired, and has not been armed since. */
static inline bool clock_is_armed(void)
{
    return kernel_clock.armed_us != 0;
}

void timers_expire(struct partition *p, xmTime_t now_us);
/* Raise what expired of a partition's timers. Most have none armed at most times. */
static inline void timers_check(struct partition *p, xmTime_t now_us)
{
    if (p->timers_armed) {
        timers_expire(p, now_us);
    }
}
/* Earliest expiry that matters while it owns the slot, on the hardware clock; MAX_XMTIME: none.
 * running: its execution clock runs. */
xmTime_t timers_next(const struct partition *p, xmTime_t now_us, bool running);
void timers_disarm(struct partition *p);

#endif
