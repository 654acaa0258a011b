/* time.c - clocks and partition timers */
#include "time.h"
#include "board.h"
#include "guest_mem.h"
#include "hm.h"
#include "hypercall.h"
#include "kernel.h"
#include "sched.h"
#include "virq.h"

/* Intervals below this are refused: a partition could otherwise spend its slot in timer interrupts
 * of its own making. */
#define TIMER_MIN_INTERVAL_US 50
/* A watchdog event may take longer than the watchdog's period. This much the partition runs in any case before the next one:
 * with none, the interrupt would be pending again at every return to it, for ever. */
#define WATCHDOG_BREATH_US 25

struct clock kernel_clock;

BOOT_ONLY void clock_init(void)
{
    kernel_clock.last = timer_count_us();
    kernel_clock.base_us = -(xmTime_t)kernel_clock.last;
    kernel_clock.armed_us = 0;
}

xmTime_t clock_now(void)
{
    return clock_read();
}

/* Clock value a timer of this kind compares with. The watchdog counts on the hardware clock. */
static xmTime_t timer_clock(const struct partition *p, xm_u32_t kind, xmTime_t now_us)
{
    return kind == XM_EXEC_CLOCK ? partition_exec_us(p, now_us) : now_us;
}

static void timer_expire(struct partition *p, xm_u32_t kind)
{
    if (kind == XM_WATCHDOG_TIMER) {
        hm_raise(XM_HM_EV_WATCHDOG_TIMER, p, &hm_nothing_known);
    } else {
        virq_raise_ext(p, kind == XM_HW_CLOCK ? XM_VT_EXT_HW_TIMER : XM_VT_EXT_EXEC_TIMER);
    }
}

/* Next expiry after now on the grid expiry + n * interval. Missed ones are counted as one; no loop,
 * whatever was missed. */
static xmTime_t timer_following(xmTime_t expiry_us, xmTime_t interval_us, xmTime_t now_us)
{
    xm_u64_t late_us = (xm_u64_t)(now_us - expiry_us);

    if (interval_us > MAX_XMTIME - expiry_us) {
        return MAX_XMTIME;
    }
    if (late_us < (xm_u64_t)interval_us) {
        return expiry_us + interval_us;
    }
    return expiry_us + (xmTime_t)(late_us / (xm_u64_t)interval_us + 1) * interval_us;
}

/* timers_check() of a partition that has timers armed. */
__attribute__((noinline)) void timers_expire(struct partition *p, xmTime_t now_us)
{
    for (xm_u32_t kind = XM_HW_CLOCK; kind <= XM_WATCHDOG_TIMER; kind++) {
        struct partition_timer *timer = &p->timer[kind];
        xmTime_t clock_us;

        if (timer->expiry_us == 0) {
            continue;
        }
        clock_us = timer_clock(p, kind, now_us);
        if (timer->expiry_us > clock_us) {
            continue;
        }
        timer->expiry_us = timer->interval_us == 0
                               ? 0
                               : timer_following(timer->expiry_us, timer->interval_us, clock_us);
        timer_expire(p, kind);
        if (kind == XM_WATCHDOG_TIMER && timer->expiry_us != 0) {
            xmTime_t soonest_us = clock_now() + WATCHDOG_BREATH_US;

            if (timer->expiry_us < soonest_us) {
                timer->expiry_us = timer_following(timer->expiry_us, timer->interval_us, soonest_us);
            }
        }
    }
}

__attribute__((noinline)) xmTime_t timers_next(const struct partition *p, xmTime_t now_us, bool running)
{
    xmTime_t next_us = MAX_XMTIME;

    for (xm_u32_t kind = XM_HW_CLOCK; kind <= XM_WATCHDOG_TIMER; kind++) {
        xmTime_t at_us = p->timer[kind].expiry_us;

        if (at_us == 0 || (kind == XM_EXEC_CLOCK && !running)) {
            continue;
        }
        if (kind == XM_EXEC_CLOCK) {
            xmTime_t left_us = at_us - partition_exec_us(p, now_us);

            at_us = left_us > MAX_XMTIME - now_us ? MAX_XMTIME : now_us + left_us;
        }
        if (at_us < next_us) {
            next_us = at_us;
        }
    }
    return next_us;
}

void timers_disarm(struct partition *p)
{
    memset(p->timer, 0, sizeof(p->timer));
    p->timers_armed = false;
}

/* ---- services -------------------------------------------------------------------------------- */

xm_s32_t sys_get_time(xm_u32_t clock_id, xmAddress_t time)
{
    struct partition *p = partition_current();
    xmTime_t now_us = clock_now();

    if (clock_id == XM_EXEC_CLOCK) {
        now_us = partition_exec_us(p, now_us);
    } else if (clock_id != XM_HW_CLOCK) {
        return XM_INVALID_PARAM;
    }
    /* The most frequent call of all: one aligned doubleword is stored directly, not copied. */
    if ((time & (sizeof(xmTime_t) - 1)) != 0 || !guest_range_ok(p, time, sizeof(xmTime_t), true)) {
        return XM_INVALID_PARAM;
    }
    *(xmTime_t *)arch_guest_pointer(time) = now_us;
    return XM_OK;
}

/* XM_INVALID_PARAM: no such clock, a negative time, or an interval so short that its interrupts would
 * eat the slot. */
xm_s32_t sys_set_timer(xm_u32_t clock_id, xmTime_t abs_time, xmTime_t interval)
{
    struct partition *p = partition_current();
    xm_u64_t at_us = (xm_u64_t)abs_time;

    if (clock_id > XM_WATCHDOG_TIMER || abs_time < 0 || interval < 0 ||
        (interval > 0 && interval < TIMER_MIN_INTERVAL_US)) {
        return XM_INVALID_PARAM;
    }
    /* every refusal is above */
    p->timer[clock_id].expiry_us = abs_time;
    p->timer[clock_id].interval_us = interval;
    p->timers_armed = true;
    if (abs_time == 0) {
        return XM_OK; /* an interrupt that is no longer wanted finds nothing to do */
    }
    if (clock_id == XM_EXEC_CLOCK) {
        /* The execution clock runs as long as the caller does. Unsigned: no sum of two times
         * overflows. */
        at_us += (xm_u64_t)(sched.run_start_us - p->exec_us);
    }
    /* The other timers, and the slot, are armed already: only an earlier expiry concerns the slot
     * timer. */
    if (at_us >= (xm_u64_t)kernel_clock.armed_us && kernel_clock.armed_us != 0) {
        return XM_OK;
    }
    if (kernel_clock.armed_us == 0 || (xmTime_t)at_us <= clock_read()) {
        arch_request_leave(); /* expired already, or the slot timer just fired */
    } else {
        clock_arm((xmTime_t)at_us);
    }
    return XM_OK;
}
