/* sched.h - cyclic plans
 *
 * A plan is a list of slots that tile its major frame (gaps are slots of nobody), repeated for
 * ever. It comes from the configuration and never changes.
 *
 * Rules:     time is anchored to the plan, never to "now": frame k starts at start + k * major
 *            frame, a switch happens at the nominal end of a frame. A plan switch takes effect at a
 *            frame boundary, never inside a frame; the one exception is the HM action
 *            SWITCH_TO_MAINTENANCE.
 * Invariant: one cursor is enough, because slots are ordered and tile the frame; picking the next
 *            is constant time. */
#ifndef XM_CORE_SCHED_H
#define XM_CORE_SCHED_H

#include "partition.h"
#include "../abi/records.h"

/* State of the scheduler; written by sched.c only, read through the accessors. */
struct sched {
    const struct xm_config_plan *plan;
    const struct xm_config_slot *slot;     /* current */
    const struct xm_config_slot *first;    /* of the plan */
    const struct xm_config_slot *plan_end; /* behind the last slot of the plan */
    xm_u32_t plan_id, requested_id;
    xm_s32_t previous_id;                  /* -1: no switch yet */
    xm_u32_t position;                     /* of slot in plan */
    xmTime_t frame_start_us;               /* nominal */
    xmTime_t slot_end_us;                  /* nominal */
    xm_u64_t frame;                        /* frames begun before this one, over all plans */
    xmTime_t switch_time_us;
    xm_u64_t switch_frame;
    struct partition *owner;               /* of the slot, NULL: gap */
    struct partition *running;             /* whose execution clock runs, NULL: idle */
    xmTime_t run_start_us;
    xm_u32_t lateness_last_us, lateness_max_us;
};
extern struct sched sched;

void sched_start(void);
/* Process everything that is due at now_us: slot ends, frame ends, plan switches. */
void sched_advance(xmTime_t now_us);
/* Owner of the current slot, NULL in a gap. */
static inline struct partition *sched_slot_owner(void)
{
    return sched.owner;
}
/* Partition to run now, NULL: idle. */
static inline struct partition *sched_pick(void)
{
    return sched.owner != NULL && partition_runnable(sched.owner) ? sched.owner : NULL;
}
/* Nominal end of the current slot. */
static inline xmTime_t sched_slot_end_us(void)
{
    return sched.slot_end_us;
}
xm_s32_t sched_request_plan(xm_u32_t plan);
void sched_switch_to_maintenance(void);
void sched_fill_info(struct xm_kernel_info *info);
void sched_fill_plan_status(xmPlanStatus_t *status);
xm_u64_t sched_frame_count(void);
/* From now_us the execution clock of p runs; NULL: nobody's. */
static inline void sched_account(struct partition *p, xmTime_t now_us)
{
    if (p == sched.running) {
        return;
    }
    if (sched.running != NULL) {
        sched.running->exec_us += now_us - sched.run_start_us;
    }
    sched.running = p;
    sched.run_start_us = now_us;
}
/* Whose execution clock runs, and since when. */
static inline struct partition *sched_running(void)
{
    return sched.running;
}
static inline xmTime_t sched_run_start_us(void)
{
    return sched.run_start_us;
}

#endif
