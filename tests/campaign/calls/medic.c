/* medic.c - looks at all partitions from outside, once in a frame, and puts them right after a case that changed them
 *
 * What it finds changed without a case that announced it is an incident: the host counts it as an escape. */
#include "shared.h"

#define ABSENT 5 /* partition without an image: always halted */
#define RESET_CALL 3
/* A partition that was reset cold is ready again only when its image is loaded, which takes it some of its slots. */
#define LOADING_FRAMES 200
#define STARVED_FRAMES 250

static xm_u32_t current_plan(void)
{
    xmPlanStatus_t plan;

    XM_get_plan_status(&plan);
    return (xm_u32_t)plan.current << 16 | (xm_u32_t)plan.next;
}

static xm_u32_t all_states(void)
{
    xmPartitionStatus_t status;
    xm_u32_t states = 0, id;

    for (id = 0; id < PARTITIONS; id++) {
        XM_get_partition_status(id, &status);
        states |= status.state << 4 * id;
    }
    return states;
}

static xm_u32_t expected_states(void)
{
    xm_u32_t states = 0, id;

    for (id = 0; id < PARTITIONS; id++) {
        states |= (xm_u32_t)(id == ABSENT ? XM_STATUS_HALTED : XM_STATUS_READY) << 4 * id;
    }
    return states;
}

static void note(xm_u32_t i, xm_u32_t states, xm_u32_t plan)
{
    volatile struct test_result *r = &RESULTS[i];
    xmPartitionStatus_t status;

    r->states = states;
    r->plan = plan;
    if (XM_get_partition_status(CASES[i].word[1], &status) == XM_OK) {
        r->status = status.resetStatus;
        r->counter = status.resetCounter;
    }
    r->noted = 1;
}

/* Every partition ready, plan 0 in force and nothing requested. False: not yet, the plan changes at the end of the frame. */
static int put_right(xm_u32_t states)
{
    xm_u32_t id, plan;

    for (id = 0; id < PARTITIONS; id++) {
        xm_u32_t state = states >> 4 * id & 15;

        if (state == XM_STATUS_SUSPENDED) {
            XM_resume_partition(id);
        } else if (state == XM_STATUS_HALTED && id != ABSENT) {
            XM_reset_partition(id, XM_WARM_RESET, 0);
        }
    }
    XM_switch_sched_plan(0, &plan);
    return current_plan() == 0;
}

/* A tester may keep itself from running, in its own slots, by timers that never leave it alone. */
static void rescue_starved(xm_u32_t next)
{
    static xm_u32_t frames;

    frames = CASES[next - 1].flags & CASE_STARVE && RESULTS[next - 1].state == RESULT_STARTED ? frames + 1 : 0;
    if (frames == STARVED_FRAMES) {
        RESULTS[next - 1].noted = NOTED_STARVED;
        XM_reset_partition(CONTROL->role, XM_WARM_RESET, 0);
    }
}

static void look(void)
{
    static xm_u32_t loading;
    xm_u32_t states = all_states();
    xm_u32_t plan = current_plan();
    xm_u32_t tester = states >> 4 * CONTROL->role & 15;
    xm_u32_t next = CONTROL->next;

    if (next == 0) {
        return;
    }
    rescue_starved(next);
    if (CONTROL->sync != 0 || tester != XM_STATUS_READY) {
        xm_u32_t i = CONTROL->sync != 0 ? CONTROL->sync - 1 : next - 1;

        if (!RESULTS[i].noted) {
            note(i, states, plan);
            loading = CASES[i].word[0] == RESET_CALL && CASES[i].word[2] == XM_COLD_RESET ? LOADING_FRAMES : 0;
        }
        loading -= loading > 0;
        if (put_right(states) && loading == 0) {
            CONTROL->sync = 0;
        }
    } else if ((states != expected_states() || plan != 0) && !(CASES[next - 1].flags & CASE_SYNC)) {
        CONTROL->incidents++;
        CONTROL->incident_case = next - 1;
        CONTROL->incident_states = states;
        put_right(states);
    }
}

void PartitionMain(void)
{
    struct xm_kernel_info info;

    CONTROL->medic_lives++;
    for (;;) {
        XM_kernel_info(&info);
        if (info.slot_lateness_max_us > CONTROL->lateness_max_us) {
            CONTROL->lateness_max_us = info.slot_lateness_max_us;
            CONTROL->lateness_case = CONTROL->next;
        }
        CONTROL->hm_lost = info.hm_lost;
        CONTROL->boot_id = info.boot_id;
        if (CONTROL->done) {
            XM_halt_system();
        }
        look();
        XM_idle_self();
    }
}
