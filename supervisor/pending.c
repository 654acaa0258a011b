/* pending.c - commands in progress (see pending.h) */
#include "pending.h"

#include <string.h>

#include "control.h"
#include "journal.h"

/* An effect is waited for at least so long; two major frames and a second if that is more. */
#define LIMIT_US 10000000u
#define LIMIT_ASKED_MS 3600000u /* longest time that the ground may ask for */
/* A departure waits so long for its reply to leave: a line that takes no bytes must not keep a
 * reset from happening. */
#define DEPARTURE_US 5000000u

enum kind { FREE, PLAN_SWITCH, PARTITION_STATE, PARTITION_RESET, SELF, SYSTEM };

struct pending {
    enum kind kind;
    struct asker asker;
    uint64_t deadline_us;
    uint32_t target; /* plan or partition */
    int action;      /* Xm__PartitionAction or Xm__SystemAction */
    uint32_t reset_status;
    uint32_t reset_counter; /* before the reset */
    uint64_t exec_clock_us; /* when the new life began */
    bool reply_left; /* in an earlier slot; the device's own buffer has had a slot's time since
                      */
};

static struct pending table[PENDING_MAX];
_Static_assert(PENDING_MAX < JOURNAL_PLACES,
               "the journal must always have a finished command to forget");

/* Nothing is in progress. */
void pending_init(void)
{
    memset(table, 0, sizeof(table));
}

static struct pending *find(enum kind kind)
{
    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        if (table[i].kind == kind) {
            return &table[i];
        }
    }
    return NULL;
}

/* Can one more command be taken? */
bool pending_has_room(void)
{
    return find(FREE) != NULL;
}

/* Is a plan switch in progress? */
bool pending_plan_switch_waits(void)
{
    return find(PLAN_SWITCH) != NULL;
}

/* Is something waiting for its reply to leave? Bulk is held back then, or the line would never fall
 * silent. */
bool pending_departure_waits(void)
{
    return find(SELF) != NULL || find(SYSTEM) != NULL;
}

static uint64_t deadline_of(const Xm__Request *request)
{
    const struct xm_kernel_info *kernel = view_kernel();
    struct view_plan plan;
    uint64_t limit_us = LIMIT_US;

    if (request->deadline_ms != 0) {
        uint32_t asked_ms =
            request->deadline_ms < LIMIT_ASKED_MS ? request->deadline_ms : LIMIT_ASKED_MS;

        limit_us = asked_ms * 1000ull;
    } else if (view_plan((uint32_t)kernel->current_plan, &plan) &&
               plan.major_frame_us * 2ull + 1000000u > limit_us) {
        limit_us = plan.major_frame_us * 2ull + 1000000u;
    }
    return (uint64_t)kernel->now_us + limit_us;
}

/* A free entry for the command; there is one, because the caller asked pending_has_room(). */
static struct pending *enter(enum kind kind, const struct asker *asker, uint64_t deadline_us)
{
    struct pending *p = find(FREE);

    memset(p, 0, sizeof(*p));
    p->kind = kind;
    p->asker = *asker;
    p->deadline_us = deadline_us;
    return p;
}

/* Waits for the plan of a PlanSwitch to begin. */
void pending_await_plan(const struct asker *asker, const Xm__Request *request)
{
    enter(PLAN_SWITCH, asker, deadline_of(request))->target = request->plan_switch->plan;
}

/* Waits for the state, or the new life, that a PartitionControl is to bring about. A new life shows
 * by another counter than `reset_counter` (warm only: a cold reset sets it to 0) and an execution
 * clock beyond `exec_clock_us`. */
void pending_await_partition(const struct asker *asker, const Xm__Request *request,
                             uint32_t reset_counter, uint64_t exec_clock_us)
{
    const Xm__PartitionControl *control = request->partition_control;
    enum kind kind = control_is_reset(control->action) ? PARTITION_RESET : PARTITION_STATE;
    struct pending *p = enter(kind, asker, deadline_of(request));

    p->target = control->partition;
    p->action = (int)control->action;
    p->reset_counter = reset_counter;
    p->exec_clock_us = exec_clock_us;
}

/* Takes a command that ends the supervisor's life or the system's: carried out when the replies
 * have left. */
void pending_depart(const struct asker *asker, const Xm__Request *request)
{
    uint64_t deadline_us = (uint64_t)view_kernel()->now_us + DEPARTURE_US;

    if (request->op_case == XM__REQUEST__OP_SYSTEM_CONTROL) {
        enter(SYSTEM, asker, deadline_us)->action = (int)request->system_control->action;
    } else {
        struct pending *p = enter(SELF, asker, deadline_us);

        p->action = (int)request->partition_control->action;
        p->reset_status = request->partition_control->reset_status;
    }
}

/* ---- looking --------------------------------------------------------------------------------- */

static bool is_late(const struct pending *p)
{
    return (uint64_t)view_kernel()->now_us >= p->deadline_us;
}

static void fail(struct pending *p, Xm__StatusCode code, const char *detail)
{
    reply_open(&p->asker, XM__STAGE__STAGE_FAILED);
    reply_set_status(XM__STATUS_DOMAIN__DOMAIN_SUPERVISOR, (int32_t)code, detail);
    reply_close();
    p->kind = FREE;
}

static void look_for_plan(struct pending *p)
{
    const struct xm_kernel_info *kernel = view_kernel();
    Xm__PlanState state;

    if ((uint32_t)kernel->current_plan == p->target) {
        Xm__Reply *reply = reply_open(&p->asker, XM__STAGE__STAGE_COMPLETED);

        reply_plan_state(&state);
        reply->result_case = XM__REPLY__RESULT_PLAN_STATE;
        reply->plan_state = &state;
        reply_close();
        p->kind = FREE;
    } else if ((uint32_t)kernel->requested_plan != p->target) {
        fail(p, XM__STATUS_CODE__STATUS_BUSY, "another plan was requested before this one began");
    } else if (is_late(p)) {
        fail(p, XM__STATUS_CODE__STATUS_TIMEOUT,
             "requested, but the plan has not begun in its time");
    }
}

static void complete_partition(struct pending *p)
{
    struct partition_report report;
    Xm__Reply *reply = reply_open(&p->asker, XM__STAGE__STAGE_COMPLETED);

    if (reply_partition_state(p->target, &report)) {
        reply->result_case = XM__REPLY__RESULT_PARTITION_STATE;
        reply->partition_state = &report.state;
    }
    reply_close();
    p->kind = FREE;
}

static void look_for_state(struct pending *p)
{
    xmPartitionStatus_t now;

    if (XM_get_partition_status(p->target, &now) == XM_OK &&
        control_reached((Xm__PartitionAction)p->action, now.state)) {
        complete_partition(p);
    } else if (is_late(p)) {
        fail(p, XM__STATUS_CODE__STATUS_TIMEOUT,
             "asked, but the partition has not reached that state in its time");
    }
}

static void look_for_new_life(struct pending *p)
{
    bool cold = p->action == XM__PARTITION_ACTION__PARTITION_RESET_COLD;
    xmPartitionStatus_t now;

    if (XM_get_partition_status(p->target, &now) == XM_OK) {
        if (now.state == XM_STATUS_HALTED) {
            fail(p, XM__STATUS_CODE__STATUS_INVALID,
                 "restarted, but halted again: see the health-monitor log");
            return;
        }
        if (control_reached(XM__PARTITION_ACTION__PARTITION_RESUME, now.state) &&
            (cold || now.resetCounter != p->reset_counter) &&
            (uint64_t)now.execClock > p->exec_clock_us) {
            complete_partition(p);
            return;
        }
    }
    if (is_late(p)) {
        fail(p, XM__STATUS_CODE__STATUS_TIMEOUT,
             "restarted, but it has not run since: has it a slot in the present plan?");
    }
}

static void depart_when_drained(struct pending *p)
{
    struct pending departing = *p;
    int32_t code;

    if (!is_late(p) && !(link_drained(p->asker.link) && p->reply_left)) {
        p->reply_left = link_drained(p->asker.link);
        return;
    }
    p->kind = FREE;
    code = departing.kind == SYSTEM
               ? control_system((Xm__SystemAction)departing.action)
               : control_self((Xm__PartitionAction)departing.action, departing.reset_status);
    /* still here: resumed after a suspension, or refused */
    reply_hypervisor(&departing.asker,
                     code == XM_OK ? XM__STAGE__STAGE_COMPLETED : XM__STAGE__STAGE_FAILED, code,
                     NULL);
}

/* Looks at every command in progress, on the state of the last view_refresh(). One whose reply
 * would find no room is looked at in a later slot. */
void pending_poll(void)
{
    static void (*const look[])(struct pending *) = {
        [PLAN_SWITCH] = look_for_plan,         [PARTITION_STATE] = look_for_state,
        [PARTITION_RESET] = look_for_new_life, [SELF] = depart_when_drained,
        [SYSTEM] = depart_when_drained,
    };

    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        if (table[i].kind != FREE && link_has_room(table[i].asker.link, FRAME_REPLY)) {
            look[table[i].kind](&table[i]);
        }
    }
}
