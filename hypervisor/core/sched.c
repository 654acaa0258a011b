/* sched.c - cyclic plans, and the way out of the kernel
 *
 * One cursor walks the slots of the current plan. Everything is computed from the nominal start of
 * the frame, which moves on by exactly one major frame, whenever that is noticed: lateness of one
 * slot never shifts the next.
 *
 * core_leave() is the heart of the kernel: it brings plans and timers up to date, decides who runs,
 * arms the one timer for the next event and chooses the interrupt to deliver. Because every
 * interrupt ends there, nothing else ever decides what runs. It and what it calls on every switch
 * are one function after inlining, and what it calls rarely is kept out: calls, and registers saved
 * for others, would be a quarter of its cost. */
#include "sched.h"
#include "config.h"
#include "console.h"
#include "entry.h"
#include "guest_mem.h"
#include "hm.h"
#include "hypercall.h"
#include "kernel.h"
#include "time.h"
#include "trace.h"
#include "virq.h"

#define PLAN_MAINTENANCE 1u
/* A slot that begins later than this was held up by a service of the partition before it. Every
 * service gives way long before (docs/performance.md, the declared bound), so the event says that
 * the bound is broken. */
#define OVERRUN_US 200u

struct sched sched;

static void plan_select(xm_u32_t plan_id)
{
    sched.plan_id = plan_id;
    sched.requested_id = plan_id;
    sched.plan = config_plan(plan_id);
    sched.first = config_slot(sched.plan->slot_first);
    sched.plan_end = sched.first + sched.plan->slot_count;
}

/* Make a slot the current one. Nominal times only; what the owner sees is slot_begin()'s
 * business. */
static inline void slot_select(const struct xm_config_slot *slot)
{
    sched.slot = slot;
    sched.slot_end_us = sched.frame_start_us + (xmTime_t)(slot->start_us + slot->duration_us);
    sched.owner = slot->partition == XM_CONFIG_IDLE ? NULL : &partitions[slot->partition];
}

static __attribute__((always_inline)) inline void slot_begin(xmTime_t now_us)
{
    struct partition *p = sched.owner;

    if (p == NULL) {
        return;
    }
    /* A start less than 71 minutes ago: 32 bits are enough. */
    sched.lateness_last_us =
        (xm_u32_t)now_us - (xm_u32_t)sched.slot_end_us + sched.slot->duration_us;
    if (sched.lateness_last_us > sched.lateness_max_us) {
        sched.lateness_max_us = sched.lateness_last_us;
    }
    p->idle = false;
    p->pct->schedInfo.noSlot = sched.position;
    p->pct->schedInfo.id = sched.slot->id;
    p->pct->schedInfo.slotDuration = sched.slot->duration_us;
    virq_raise_slot_start(p);
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_CONTEXT_SWITCH, p->id, sched.slot->id,
                 sched.plan_id);
}

static __attribute__((cold, noinline)) void plan_enter(xm_u32_t plan_id, xmTime_t start_us)
{
    sched.previous_id = (xm_s32_t)sched.plan_id;
    plan_select(plan_id);
    sched.switch_time_us = start_us;
    sched.switch_frame = sched.frame;
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_PLAN_DONE, plan_id, (xm_u32_t)sched.previous_id,
                 (xm_u32_t)sched.frame);
}

static __attribute__((always_inline)) inline void frame_next(void)
{
    sched.frame_start_us += (xmTime_t)sched.plan->major_frame_us;
    sched.frame++;
    if (sched.requested_id != sched.plan_id) {
        plan_enter(sched.requested_id, sched.frame_start_us);
    }
    sched.position = 0;
    slot_select(sched.first);
}

static __attribute__((always_inline)) inline void slot_next(void)
{
    if (sched.slot + 1 == sched.plan_end) {
        frame_next();
    } else {
        sched.position++;
        slot_select(sched.slot + 1);
    }
}

/* slot_begin() for those who begin one out of turn. */
static __attribute__((noinline)) void slot_begin_now(xmTime_t now_us)
{
    slot_begin(now_us);
}

/* If the frame that just began is already over (a debugger held the processor, or the clock jumped):
 * go on with the one that should be running, on the same time grid. Returns whether frames were
 * missed. The only division of the scheduler, never taken in operation. */
static bool frames_skip(xmTime_t now_us)
{
    xm_u64_t late_us = (xm_u64_t)(now_us - sched.frame_start_us);
    xm_u64_t missed;

    if (sched.position != 0 || late_us < sched.plan->major_frame_us) {
        return false;
    }
    missed = late_us / sched.plan->major_frame_us;
    sched.frame_start_us += (xmTime_t)(missed * sched.plan->major_frame_us);
    sched.frame += missed;
    slot_select(sched.first);
    return true;
}

static __attribute__((noinline)) void overrun(void)
{
    struct hm_info info = { .propagate_vector = -1, .payload = { sched.lateness_last_us, 0, 0 } };

    if (sched.owner != NULL && sched.running != NULL) {
        hm_raise(XM_HM_EV_OVERRUN, sched.running, &info);
    }
}

/* The slot just selected is over, too: never in operation. Also says so, last, when the scheduler is
 * in order again: the action may be another plan. */
static __attribute__((noinline)) void catch_up(xmTime_t now_us)
{
    bool missed = false;

    do {
        missed = frames_skip(now_us) || missed;
        if (now_us >= sched.slot_end_us) {
            slot_next();
        }
    } while (now_us >= sched.slot_end_us);
    slot_begin_now(now_us);
    if (missed) {
        hm_raise(XM_HM_EV_SCHED_ERROR, NULL, &hm_nothing_known);
    } else if (sched.lateness_last_us > OVERRUN_US) {
        overrun();
    }
}

static __attribute__((always_inline)) inline void advance(xmTime_t now_us)
{
    if (now_us < sched.slot_end_us) {
        return;
    }
    slot_next();
    if (now_us < sched.slot_end_us) {
        slot_begin(now_us);
        if (sched.lateness_last_us > OVERRUN_US) {
            overrun();
        }
    } else {
        catch_up(now_us);
    }
}

void sched_advance(xmTime_t now_us)
{
    advance(now_us);
}

BOOT_ONLY void sched_start(void)
{
    plan_select(0);
    sched.previous_id = -1;
    sched.frame = 0;
    sched.switch_time_us = 0;
    sched.switch_frame = 0;
    sched.lateness_last_us = 0;
    sched.lateness_max_us = 0;
    sched.running = NULL;
    sched.frame_start_us = clock_now();
    sched.run_start_us = sched.frame_start_us;
    sched.position = 0;
    slot_select(sched.first);
    slot_begin_now(sched.frame_start_us);
}

/* ---- the way out ----------------------------------------------------------------------------- */

/* Is there something for p to enter when it runs, and nothing chosen yet? Mostly not. */
static inline bool delivery_due(const struct partition *p)
{
    return p->context.delivery == 0 && (p->trap_vector >= 0 || virq_wakes(p));
}

/* What runs after p's delivery was chosen. Each turn either settles on somebody or an event took it
 * out of the running, for which its owner pays once. */
static __attribute__((noinline)) struct partition *deliver(struct partition *p)
{
    struct partition *chosen;

    do {
        chosen = p;
        entry_choose_delivery(chosen);
        p = sched_pick();
    } while (p != NULL && p != chosen && delivery_due(p));
    return p;
}

void core_leave(void)
{
    struct partition *next;
    xmTime_t now_us = clock_read();
    xmTime_t deadline_us;
    xm_u32_t lines;

    advance(now_us);
    if (sched.owner != NULL) {
        timers_check(sched.owner, now_us); /* a halted one has none armed */
    }
    next = sched_pick();
    if (next != NULL && delivery_due(next)) {
        next = deliver(next);
    }
    sched_account(next, now_us);
    deadline_us = sched.slot_end_us;
    if (sched.owner != NULL && sched.owner->timers_armed && sched.owner->state == PARTITION_READY) {
        xmTime_t timer_us = timers_next(sched.owner, now_us, next != NULL);

        deadline_us = timer_us < deadline_us ? timer_us : deadline_us;
    }
    lines = next != NULL ? next->lines : entry_kernel_lines;
    if (console_active) {
        deadline_us = console_turn(now_us, deadline_us);
        lines &= ~console_held_lines;
    }
    clock_arm(deadline_us);
    irq_set_mask(lines);
    arch_set_next(next == NULL ? NULL : &next->context);
}

xm_u64_t sched_frame_count(void)
{
    return sched.frame;
}

xm_s32_t sched_request_plan(xm_u32_t plan)
{
    if (plan >= config->plans.count) {
        return XM_INVALID_PARAM;
    }
    /* Asking for the plan in force also takes back a request still waiting: the last request
     * wins. */
    if (plan == sched.plan_id) {
        sched.requested_id = plan;
        return XM_NO_ACTION;
    }
    sched.requested_id = plan;
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_PLAN_REQUEST, plan, sched.plan_id, 0);
    return XM_OK;
}

/* Health-monitor action: plan 1 begins now, the current slot is cut short, a waiting request is
 * void. */
void sched_switch_to_maintenance(void)
{
    xmTime_t now_us = clock_now();

    CHECK(config->plans.count > PLAN_MAINTENANCE);
    if (sched.plan_id == PLAN_MAINTENANCE) {
        sched.requested_id = PLAN_MAINTENANCE;
        return;
    }
    sched.frame++;
    sched.frame_start_us = now_us;
    plan_enter(PLAN_MAINTENANCE, now_us);
    sched.position = 0;
    slot_select(sched.first);
    slot_begin_now(now_us);
    arch_request_leave();
}

void sched_fill_plan_status(xmPlanStatus_t *status)
{
    status->switchTime = sched.switch_time_us;
    status->current = (xm_s32_t)sched.plan_id;
    status->next = (xm_s32_t)sched.requested_id;
    status->prev = sched.previous_id;
}

void sched_fill_info(struct xm_kernel_info *info)
{
    info->current_plan = (xm_s32_t)sched.plan_id;
    info->requested_plan = (xm_s32_t)sched.requested_id;
    info->previous_plan = sched.previous_id;
    info->frame_start_us = sched.frame_start_us;
    info->frame = sched.frame;
    info->switch_time_us = sched.switch_time_us;
    info->switch_frame = sched.switch_frame;
    info->slot_lateness_last_us = sched.lateness_last_us;
    info->slot_lateness_max_us = sched.lateness_max_us;
}

/* ---- services -------------------------------------------------------------------------------- */

xm_s32_t sys_switch_sched_plan(xm_u32_t plan, xmAddress_t current)
{
    struct partition *p = partition_current();

    if (plan >= config->plans.count || !guest_write(p, current, 4, &sched.plan_id, 4)) {
        return XM_INVALID_PARAM;
    }
    return sched_request_plan(plan);
}

xm_s32_t sys_get_plan_status(xmAddress_t status)
{
    xmPlanStatus_t s;

    memset(&s, 0, sizeof(s));
    sched_fill_plan_status(&s);
    return guest_answer(status, 8, &s, sizeof(s));
}
