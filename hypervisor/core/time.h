/* time.h - clocks and partition timers
 *
 * The hardware clock counts microseconds since the hypervisor started, 64 bits, extended from the
 * board's 32-bit counter. Rule: clock_now() must be called at least once in 71 minutes; the slot
 * timer is armed for at most TIMER_MAX_ARM_US. */
#ifndef XM_CORE_TIME_H
#define XM_CORE_TIME_H

#include "partition.h"

#define TIMER_MAX_ARM_US 10000000

void clock_init(void);
xmTime_t clock_now(void);
/* Arm the slot timer for the earliest of deadline_us; a deadline already past gives the shortest
 * delay. */
void clock_arm(xmTime_t deadline_us);
/* The slot timer fired: whatever it stood at is gone. */
void clock_fired(void);

/* Raise what expired of a partition's timers. running: its execution clock runs. */
void timers_check(struct partition *p, xmTime_t now_us);
/* Earliest expiry that matters while it owns the slot, on the hardware clock; MAX_XMTIME: none. */
xmTime_t timers_next(const struct partition *p, xmTime_t now_us, bool running);
void timers_disarm(struct partition *p);

#endif
