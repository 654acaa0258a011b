/* command.c - requests to actions and answers (see command.h) */
#include "command.h"

#include <string.h>

#include "arena.h"
#include "control.h"
#include "hazard.h"
#include "hello.h"
#include "history.h"
#include "journal.h"
#include "link.h"
#include "logs.h"
#include "memory.h"
#include "pending.h"
#include "ports.h"
#include "reply.h"
#include "telemetry.h"

/* ---- the link itself ------------------------------------------------------------------------- */

static void ping(const struct asker *asker, const Xm__Request *request)
{
    Xm__Pong pong = XM__PONG__INIT;
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);

    pong.ground_time_us = request->ping->ground_time_us;
    reply->result_case = XM__REPLY__RESULT_PONG;
    reply->pong = &pong;
    reply_close();
}

static void link_status(const struct asker *asker, const Xm__Request *request)
{
    Xm__LinkKind kind = request->link_status->link;
    const struct link *link = kind == XM__LINK_KIND__LINK_NONE ? asker->link : link_of_kind(kind);
    Xm__LinkState state;
    Xm__Reply *reply;

    if (link == NULL) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID, "this system has no such link");
        return;
    }
    if (!reply_link_state(link, &state)) {
        struct xm_link_status none;

        reply_hypervisor(asker, XM__STAGE__STAGE_FAILED, link->device->status(&none),
                         "the link device tells no status");
        return;
    }
    reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    reply->result_case = XM__REPLY__RESULT_LINK_STATE;
    reply->link_state = &state;
    reply_close();
}

/* Everything has been checked: from here on the command must not be executed a second time. */
static void accept(const struct asker *asker)
{
    journal_reach(asker->id, XM__STAGE__STAGE_ACCEPTED, XM__STATUS_CODE__STATUS_OK);
}

/* ---- the system ------------------------------------------------------------------------------ */

static void system_status(const struct asker *asker, const Xm__Request *request)
{
    Xm__SystemState state = XM__SYSTEM_STATE__INIT;
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    const struct xm_kernel_info *kernel = view_kernel();
    char name[VIEW_SYSTEM_NAME_BYTES];
    xmSystemStatus_t counts;
    Xm__PlanState plan;

    (void)request;
    memset(&counts, 0, sizeof(counts));
    (void)XM_get_system_status(&counts); /* refused only to partitions without the system flag */
    view_system_name(name);
    reply_plan_state(&plan);
    state.name = name;
    state.xm_version = kernel->xm_version;
    state.reset_counter = kernel->system_reset_counter;
    state.hm_events = counts.noHmEvents;
    state.interrupts = counts.noIrqs;
    state.slot_lateness_last_us = kernel->slot_lateness_last_us;
    state.slot_lateness_max_us = kernel->slot_lateness_max_us;
    state.kernel_bytes_used = kernel->kernel_bytes_used;
    state.kernel_bytes_total = kernel->kernel_bytes_total;
    state.hm_lost = kernel->hm_lost;
    state.cpu_khz = kernel->cpu_khz;
    state.plan = &plan;
    state.config_crc32c = kernel->config_crc32c;
    state.partition_count = kernel->partition_count;
    reply->result_case = XM__REPLY__RESULT_SYSTEM_STATE;
    reply->system_state = &state;
    reply_close();
}

static void answer_armed(const struct asker *asker, uint32_t action)
{
    Xm__Armed armed = XM__ARMED__INIT;
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_REJECTED);

    reply_set_status(XM__STATUS_DOMAIN__DOMAIN_SUPERVISOR, XM__STATUS_CODE__STATUS_NEEDS_TOKEN,
                     "hazardous: send it again with this token");
    armed.hazard_token = hazard_arm(action, (uint64_t)view_kernel()->now_us);
    armed.valid_ms = HAZARD_VALID_MS;
    reply->result_case = XM__REPLY__RESULT_ARMED;
    reply->armed = &armed;
    reply_close();
}

static void system_control(const struct asker *asker, const Xm__Request *request)
{
    Xm__SystemAction action = request->system_control->action;

    if (action != XM__SYSTEM_ACTION__SYSTEM_RESET_WARM &&
        action != XM__SYSTEM_ACTION__SYSTEM_RESET_COLD &&
        action != XM__SYSTEM_ACTION__SYSTEM_HALT) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID,
                     "no such system action: 1 warm, 2 cold reset, 3 halt");
    } else if (request->hazard_token == 0) {
        answer_armed(asker, (uint32_t)action);
    } else if (!hazard_fire((uint32_t)action, request->hazard_token,
                            (uint64_t)view_kernel()->now_us)) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_NEEDS_TOKEN,
                     "the token is wrong, used or expired: ask again without one");
    } else {
        accept(asker);
        reply_open(asker, XM__STAGE__STAGE_STARTED);
        reply_close();
        pending_depart(asker, request);
    }
}

/* ---- partitions ------------------------------------------------------------------------------ */

#define PARTITIONS_PER_REPLY 16u

static void partition_list(const struct asker *asker, const Xm__Request *request)
{
    static struct partition_report reports[PARTITIONS_PER_REPLY];
    static Xm__PartitionState *states[PARTITIONS_PER_REPLY];
    Xm__Partitions list = XM__PARTITIONS__INIT;
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    uint32_t first = request->partition_list->first;

    list.total = view_kernel()->partition_count;
    list.partition = states;
    reply->result_case = XM__REPLY__RESULT_PARTITIONS;
    reply->partitions = &list;
    for (uint32_t i = 0; i < PARTITIONS_PER_REPLY && first < list.total - i; i++) {
        if (!reply_partition_state(first + i, &reports[i])) {
            break;
        }
        states[i] = &reports[i].state;
        list.n_partition = i + 1;
        if (!reply_fits()) {
            list.n_partition = i;
            break;
        }
    }
    reply_close();
}

/* The effect can be seen already: answers with the state, and with the hypervisor's code (XM_OK or
 * XM_NO_ACTION). */
static void answer_partition(const struct asker *asker, Xm__Stage stage, uint32_t partition,
                             int32_t code)
{
    struct partition_report report;
    Xm__Reply *reply = reply_open(asker, stage);

    if (code != XM_OK) {
        reply_set_status(XM__STATUS_DOMAIN__DOMAIN_HYPERVISOR, code, "it was so already");
    }
    if (reply_partition_state(partition, &report)) {
        reply->result_case = XM__REPLY__RESULT_PARTITION_STATE;
        reply->partition_state = &report.state;
    }
    reply_close();
}

/* A partition other than the supervisor: does it now, and waits for the effect if it cannot be seen
 * yet. */
static void control_other(const struct asker *asker, const Xm__Request *request)
{
    const Xm__PartitionControl *control = request->partition_control;
    xmPartitionStatus_t before, now;
    xm_s32_t code;

    memset(&before, 0, sizeof(before));
    memset(&now, 0, sizeof(now));
    (void)XM_get_partition_status(control->partition, &before);
    accept(asker);
    code = control_partition(control->partition, control->action, control->reset_status);
    (void)XM_get_partition_status(control->partition, &now);
    if ((code == XM_OK || code == XM_NO_ACTION) && control_reached(control->action, now.state)) {
        answer_partition(asker, XM__STAGE__STAGE_COMPLETED, control->partition, code);
    } else if (code == XM_OK) {
        answer_partition(asker, XM__STAGE__STAGE_STARTED, control->partition, code);
        pending_await_partition(asker, request, before.resetCounter, (uint64_t)now.execClock);
    } else {
        reply_hypervisor(asker, XM__STAGE__STAGE_REJECTED, code,
                         "not possible in the partition's present state, or refused");
    }
}

static void partition_control(const struct asker *asker, const Xm__Request *request)
{
    const Xm__PartitionControl *control = request->partition_control;

    if (control->partition >= view_kernel()->partition_count) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID, "no such partition: ask for the list");
    } else if (control->action < XM__PARTITION_ACTION__PARTITION_SUSPEND ||
               control->action > XM__PARTITION_ACTION__PARTITION_RESET_COLD) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID, "no such partition action: 1 to 6");
    } else if (control->partition == view_self() &&
               control->action != XM__PARTITION_ACTION__PARTITION_RESUME) {
        accept(asker);
        answer_partition(asker, XM__STAGE__STAGE_STARTED, control->partition, XM_OK);
        pending_depart(asker, request);
    } else {
        control_other(asker, request);
    }
}

/* ---- plans ----------------------------------------------------------------------------------- */

#define PLANS_PER_REPLY 24u
#define SLOTS_PER_REPLY 40u

static void plan_list(const struct asker *asker, const Xm__Request *request)
{
    static struct view_plan views[PLANS_PER_REPLY];
    static Xm__Plan plans[PLANS_PER_REPLY], *pointers[PLANS_PER_REPLY];
    Xm__Plans list = XM__PLANS__INIT;
    Xm__PlanState state;
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    uint32_t first = request->plan_list->first;

    reply_plan_state(&state);
    list.total = view_kernel()->plan_count;
    list.state = &state;
    list.plan = pointers;
    reply->result_case = XM__REPLY__RESULT_PLANS;
    reply->plans = &list;
    for (uint32_t i = 0;
         i < PLANS_PER_REPLY && first < list.total - i && view_plan(first + i, &views[i]); i++) {
        xm__plan__init(&plans[i]);
        plans[i].plan = first + i;
        plans[i].name = views[i].name;
        plans[i].major_frame_us = views[i].major_frame_us;
        plans[i].slot_count = views[i].slot_count;
        plans[i].supervisor_slot = views[i].supervisor_slot;
        pointers[i] = &plans[i];
        list.n_plan = i + 1;
        if (!reply_fits()) {
            list.n_plan = i;
            break;
        }
    }
    reply_close();
}

static void plan_show(const struct asker *asker, const Xm__Request *request)
{
    static struct view_slot views[SLOTS_PER_REPLY];
    static Xm__Slot slots[SLOTS_PER_REPLY], *pointers[SLOTS_PER_REPLY];
    const Xm__PlanShow *show = request->plan_show;
    Xm__Slots list = XM__SLOTS__INIT;
    struct view_plan plan;
    uint32_t count;

    if (!view_plan(show->plan, &plan)) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID, "no such plan: ask for the list");
        return;
    }
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    list.plan = show->plan;
    list.total = plan.slot_count;
    list.slot = pointers;
    reply->result_case = XM__REPLY__RESULT_SLOTS;
    reply->slots = &list;
    count = view_slots(&plan, show->first_slot, views, SLOTS_PER_REPLY);
    for (uint32_t i = 0; i < count; i++) {
        xm__slot__init(&slots[i]);
        slots[i].slot = views[i].id;
        slots[i].partition = views[i].partition;
        slots[i].start_us = views[i].start_us;
        slots[i].duration_us = views[i].duration_us;
        pointers[i] = &slots[i];
        list.n_slot = i + 1;
        if (!reply_fits()) {
            list.n_slot = i;
            break;
        }
    }
    reply_close();
}

static void answer_plan(const struct asker *asker, Xm__Stage stage, int32_t code)
{
    Xm__PlanState state;
    Xm__Reply *reply = reply_open(asker, stage);

    if (code != XM_OK) {
        reply_set_status(XM__STATUS_DOMAIN__DOMAIN_HYPERVISOR, code, "it was so already");
    }
    reply_plan_state(&state);
    reply->result_case = XM__REPLY__RESULT_PLAN_STATE;
    reply->plan_state = &state;
    reply_close();
}

static void plan_switch(const struct asker *asker, const Xm__Request *request)
{
    uint32_t wanted = request->plan_switch->plan;
    const struct xm_kernel_info *kernel = view_kernel();
    struct view_plan plan;
    xm_u32_t former;
    xm_s32_t code;

    if (!view_plan(wanted, &plan)) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID, "no such plan: ask for the list");
        return;
    }
    if (!plan.supervisor_slot) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_LOCKOUT,
                     "that plan has no slot of the supervisor: nobody could switch back");
        return;
    }
    if (pending_plan_switch_waits()) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_BUSY, "another plan switch is in progress");
        return;
    }
    accept(asker);
    code = XM_switch_sched_plan(wanted, &former);
    view_refresh();
    if (code != XM_OK && code != XM_NO_ACTION) {
        reply_hypervisor(asker, XM__STAGE__STAGE_REJECTED, code, "refused by the hypervisor");
    } else if ((uint32_t)kernel->current_plan == wanted) {
        answer_plan(asker, XM__STAGE__STAGE_COMPLETED, code);
    } else {
        answer_plan(asker, XM__STAGE__STAGE_STARTED, XM_OK);
        pending_await_plan(asker, request);
    }
}

/* ---- logs ------------------------------------------------------------------------------------ */

#define BOOKS_PER_REPLY 24u

/* Collects the books from number `first` on, as far as they fit the reply under way. */
struct book_list {
    Xm__Books message;
    Xm__BookState states[BOOKS_PER_REPLY], *pointers[BOOKS_PER_REPLY];
    uint32_t first;
    uint32_t found; /* books so far, shown or not */
    bool full;
};

static void add_book(struct book_list *list, Xm__Book book, uint32_t source)
{
    uint32_t at = (uint32_t)list->message.n_book;

    if (list->found++ < list->first || list->full || at == BOOKS_PER_REPLY ||
        !logs_book_state(book, source, &list->states[at])) {
        return;
    }
    list->pointers[at] = &list->states[at];
    list->message.n_book++;
    if (!reply_fits()) {
        list->message.n_book--;
        list->full = true;
    }
}

static void book_list(const struct asker *asker, const Xm__Request *request)
{
    static struct book_list list;
    Xm__Reply *reply = reply_open(asker, XM__STAGE__STAGE_COMPLETED);
    struct view_partition partition;

    xm__books__init(&list.message);
    list.message.book = list.pointers;
    list.message.boot_id = view_kernel()->boot_id;
    /* while the list is fitted in: at least as long on the wire as the number that comes below */
    list.message.total = 16383;
    list.found = 0;
    list.first = request->book_list->first;
    list.full = false;
    reply->result_case = XM__REPLY__RESULT_BOOKS;
    reply->books = &list.message;
    add_book(&list, XM__BOOK__BOOK_HM, 0);
    if (view_hypervisor_trace()) {
        add_book(&list, XM__BOOK__BOOK_TRACE, XM_HYPERVISOR_ID);
    }
    for (uint32_t id = 0; view_partition(id, &partition); id++) {
        if (partition.has_trace) {
            add_book(&list, XM__BOOK__BOOK_TRACE, id);
        }
        if (partition.has_console) {
            add_book(&list, XM__BOOK__BOOK_CONSOLE, id);
        }
    }
    list.message.total = list.found;
    reply_close();
}

/* ---- the table ------------------------------------------------------------------------------- */

enum hazard_class {
    SAFE,     /* changes nothing: answered afresh when repeated */
    CRITICAL, /* changes something: at most once, and the operator must have confirmed it */
    HAZARDOUS /* ends the board's service: at most once, and its handler asks for a token */
};

#define NEEDS_PENDING 0x1u /* a place among the commands in progress */
#define NEEDS_ORDER 0x2u   /* see session_in_order() */

struct operation {
    Xm__Request__OpCase op;
    void (*handler)(const struct asker *asker, const Xm__Request *request);
    enum hazard_class hazard;
    unsigned needs;
};

static const struct operation operations[] = {
    { XM__REQUEST__OP_PING, ping, SAFE, 0 },
    { XM__REQUEST__OP_HELLO, hello_answer, SAFE, 0 },
    { XM__REQUEST__OP_PARTITION_LIST, partition_list, SAFE, 0 },
    { XM__REQUEST__OP_PARTITION_CONTROL, partition_control, CRITICAL, NEEDS_PENDING | NEEDS_ORDER },
    { XM__REQUEST__OP_PLAN_LIST, plan_list, SAFE, 0 },
    { XM__REQUEST__OP_PLAN_SHOW, plan_show, SAFE, 0 },
    { XM__REQUEST__OP_PLAN_SWITCH, plan_switch, CRITICAL, NEEDS_PENDING | NEEDS_ORDER },
    { XM__REQUEST__OP_LOG_READ, logs_start, SAFE, 0 },
    { XM__REQUEST__OP_BOOK_LIST, book_list, SAFE, 0 },
    { XM__REQUEST__OP_LINK_STATUS, link_status, SAFE, 0 },
    { XM__REQUEST__OP_SYSTEM_STATUS, system_status, SAFE, 0 },
    { XM__REQUEST__OP_SYSTEM_CONTROL, system_control, HAZARDOUS, NEEDS_PENDING | NEEDS_ORDER },
    { XM__REQUEST__OP_COMMAND_STATUS, history_status, SAFE, NEEDS_ORDER },
    { XM__REQUEST__OP_COMMAND_LIST, history_list, SAFE, 0 },
    { XM__REQUEST__OP_PORT_LIST, ports_list, SAFE, 0 },
    { XM__REQUEST__OP_MEMORY_LIST, memory_list, SAFE, 0 },
    { XM__REQUEST__OP_MEMORY_CHECK, memory_check, SAFE, 0 },
};

static const struct operation *find_operation(Xm__Request__OpCase op)
{
    for (uint32_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (operations[i].op == op) {
            return &operations[i];
        }
    }
    return NULL;
}

static void execute(struct link *link, Xm__Request *request, const struct frame *frame)
{
    const struct operation *operation = find_operation(request->op_case);
    struct asker asker = { link, request->id,
                           operation != NULL && operation->hazard != SAFE && request->id != 0 };

    if (request->id == 0) {
        reply_refuse(&asker, XM__STATUS_CODE__STATUS_INVALID, "request id 0: ids count from 1");
    } else if (operation == NULL) {
        reply_refuse(&asker, XM__STATUS_CODE__STATUS_UNSUPPORTED,
                     "this supervisor does not know that operation");
    } else if ((operation->needs & NEEDS_ORDER) != 0 && !session_in_order(&link->sessions, frame)) {
        link->counters.refused[FRAME_REPLAYED]++;
    } else if (asker.kept && !history_is_first(&asker, request, frame->session)) {
        return;
    } else if (operation->hazard == CRITICAL && !request->confirmed) {
        reply_refuse(&asker, XM__STATUS_CODE__STATUS_NEEDS_CONFIRMATION,
                     "critical: send it under a new id with `confirmed` when the operator agrees");
    } else if ((operation->needs & NEEDS_PENDING) != 0 && !pending_has_room()) {
        reply_refuse(&asker, XM__STATUS_CODE__STATUS_BUSY,
                     "too many commands in progress: wait for their end");
    } else {
        operation->handler(&asker, request);
    }
}

/* Id of a request that could not be decoded, 0: not to be seen. Encoders write fields in order, so
 * it comes first. */
static uint32_t id_of_undecoded(const uint8_t *payload, uint32_t length)
{
    uint32_t id = 0;

    if (length < 2 || payload[0] != 0x08) { /* field 1, varint */
        return 0;
    }
    for (uint32_t i = 1; i < length && i <= 5; i++) {
        id |= (uint32_t)(payload[i] & 0x7f) << (7 * (i - 1));
        if ((payload[i] & 0x80) == 0) {
            return id;
        }
    }
    return 0;
}

/* What could not be decoded is counted; what did not fit the arena is refused if its id can be
 * seen. */
static void refuse_undecoded(struct link *link, const struct frame *frame)
{
    struct asker asker = { link, id_of_undecoded(frame->payload, frame->length), false };

    link->counters.decode_errors++;
    if (arena_exhausted() && asker.id != 0) {
        reply_refuse(&asker, XM__STATUS_CODE__STATUS_TOO_LARGE,
                     "the request does not fit the decoder's arena");
    }
}

/* Decodes and executes the request in a good frame. */
void command_execute(struct link *link, const struct frame *frame)
{
    bool outside = frame->session == 0 && !keys_none();
    Xm__Request *request;

    arena_reset();
    request = xm__request__unpack(arena_allocator(), frame->length, frame->payload);
    if (outside) {
        struct asker asker = { link, request == NULL ? 0 : request->id, false };

        if (request != NULL) {
            hello_outside(&asker, request, frame->key_id);
        } else {
            link->counters.decode_errors++;
        }
        return;
    }
    telemetry_heard(link);
    if (request != NULL) {
        execute(link, request, frame);
    } else {
        refuse_undecoded(link, frame);
    }
}
