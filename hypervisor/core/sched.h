/* sched.h - cyclic plans
 *
 * A plan is a list of slots that tile its major frame (gaps are slots of nobody), repeated for ever. It comes from the
 * configuration and never changes.
 *
 * Rules:     time is anchored to the plan, never to "now": frame k starts at start + k * major frame, a switch happens at
 *            the nominal end of a frame. A plan switch takes effect at a frame boundary, never inside a frame; the one
 *            exception is the HM action SWITCH_TO_MAINTENANCE.
 * Invariant: one cursor is enough, because slots are ordered and tile the frame; picking the next is constant time. */
#ifndef XM_CORE_SCHED_H
#define XM_CORE_SCHED_H

#include "partition.h"
#include "../abi/records.h"

void sched_start(void);
/* Process everything that is due at now_us: slot ends, frame ends, plan switches. */
void sched_advance(xmTime_t now_us);
/* Partition to run now, NULL: idle. */
struct partition *sched_pick(void);
/* Owner of the current slot, NULL in a gap. */
struct partition *sched_slot_owner(void);
/* Nominal end of the current slot. */
xmTime_t sched_slot_end_us(void);
xm_s32_t sched_request_plan(xm_u32_t plan);
void sched_switch_to_maintenance(void);
void sched_fill_info(struct xm_kernel_info *info);
void sched_fill_plan_status(xmPlanStatus_t *status);
xm_u64_t sched_frame_count(void);
/* Ask for the registers of `p` to be accounted: its execution clock runs from now_us; NULL: nobody's. */
void sched_account(struct partition *p, xmTime_t now_us);
struct partition *sched_running(void);
xmTime_t sched_run_start_us(void);

#endif
