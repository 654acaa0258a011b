/* telemetry.c - events and beacons (see telemetry.h) */
#include "telemetry.h"

#include <string.h>

#include "logs.h"
#include "reply.h"

#define HEARD_US 10000000
#define BEACON_US 1000000
#define HEALTH_US 10000000
/* Partitions looked at in one slot: bounded work, and a change is still told within a few slots. */
#define LOOKS_PER_SLOT 8u

/* What the ground knows of a partition. Ready and idle are the same to it: they alternate in every
 * frame. */
struct told {
    uint32_t state;
    uint32_t reset_counter, reset_status;
};

struct telemetry {
    xmTime_t heard_us, beacon_us, health_us;
    bool heard_ever, heard_now; /* now: in this slot */
    bool health_told;           /* ever */
    uint64_t event_seq;
    xm_s32_t plan;
    xm_u64_t switch_frame;
    uint32_t next_look; /* partition */
    struct told told[XM_MAX_PARTITIONS];
};

static struct telemetry of_link[LINK_MAX];

static bool look(uint32_t id, struct told *now)
{
    xmPartitionStatus_t status;

    if (XM_get_partition_status(id, &status) != XM_OK) {
        return false;
    }
    now->state = status.state == XM_STATUS_IDLE ? XM_STATUS_READY : status.state;
    now->reset_counter = status.resetCounter;
    now->reset_status = status.resetStatus;
    return true;
}

static uint32_t partition_count(void)
{
    uint32_t count = view_kernel()->partition_count;

    return count < XM_MAX_PARTITIONS ? count : XM_MAX_PARTITIONS;
}

/* Takes the present state as known on every link. */
void telemetry_init(void)
{
    memset(of_link, 0, sizeof(of_link));
    for (uint32_t n = 0; n < LINK_MAX; n++) {
        of_link[n].plan = view_kernel()->current_plan;
        of_link[n].switch_frame = view_kernel()->switch_frame;
        for (uint32_t id = 0; id < partition_count(); id++) {
            (void)look(id, &of_link[n].told[id]);
        }
    }
}

/* A good frame has come from the ground. */
void telemetry_heard(const struct link *link)
{
    struct telemetry *t = &of_link[link->number];

    t->heard_us = view_kernel()->now_us;
    t->heard_ever = true;
    t->heard_now = true;
}

static void send_event(struct link *link, Xm__Event *event)
{
    static uint8_t bytes[FRAME_TX_PAYLOAD];

    event->seq = ++of_link[link->number].event_seq;
    event->board_time_us = (uint64_t)view_kernel()->now_us;
    event->boot_id = view_kernel()->boot_id;
    /* both bodies are far smaller than a frame: names are at most VIEW_NAME_BYTES long */
    (void)link_send(link, FRAME_EVENT, bytes, (uint32_t)xm__event__pack(event, bytes));
}

static void tell_plan(struct link *link, struct telemetry *t)
{
    Xm__Event event = XM__EVENT__INIT;
    Xm__PlanState state;

    if (view_kernel()->current_plan == t->plan && view_kernel()->switch_frame == t->switch_frame) {
        return;
    }
    t->plan = view_kernel()->current_plan;
    t->switch_frame = view_kernel()->switch_frame;
    reply_plan_state(&state);
    event.body_case = XM__EVENT__BODY_PLAN_SWITCHED;
    event.plan_switched = &state;
    send_event(link, &event);
}

static void tell_partition(struct link *link, struct telemetry *t, uint32_t id)
{
    Xm__Event event = XM__EVENT__INIT;
    struct partition_report report;
    struct told now = { 0, 0, 0 };

    if (!look(id, &now) || memcmp(&now, &t->told[id], sizeof(now)) == 0 ||
        !reply_partition_state(id, &report)) {
        return;
    }
    t->told[id] = now;
    event.body_case = XM__EVENT__BODY_PARTITION_CHANGED;
    event.partition_changed = &report.state;
    send_event(link, &event);
}

/* Compares with what was told; what finds no room in the queue is told in a later slot. */
static void tell_changes(struct link *link, struct telemetry *t)
{
    uint32_t count = partition_count();

    if (link_has_room(link, FRAME_EVENT)) {
        tell_plan(link, t);
    }
    for (uint32_t i = 0; i < LOOKS_PER_SLOT && i < count && link_has_room(link, FRAME_EVENT); i++) {
        if (t->next_look >= count) {
            t->next_look = 0;
        }
        tell_partition(link, t, t->next_look++);
    }
}

static void send_beacon(struct link *link, struct telemetry *t)
{
    static uint8_t bytes[FRAME_TX_PAYLOAD];
    Xm__Beacon beacon = XM__BEACON__INIT;
    xmTime_t now_us = view_kernel()->now_us;
    Xm__LinkState health;
    Xm__BookState hm;

    beacon.boot_id = view_kernel()->boot_id;
    beacon.board_time_us = (uint64_t)now_us;
    beacon.frame = view_kernel()->frame;
    beacon.credit = link_credit(link);
    if (logs_book_state(XM__BOOK__BOOK_HM, 0, &hm)) {
        beacon.hm_next = hm.next;
    }
    if ((!t->health_told || now_us - t->health_us >= HEALTH_US) &&
        reply_link_state(link, &health)) {
        beacon.link = &health;
        t->health_us = now_us;
        t->health_told = true;
    }
    /* numbers alone, and not so many that they could fill a frame */
    (void)link_send(link, FRAME_BEACON, bytes, (uint32_t)xm__beacon__pack(&beacon, bytes));
    t->beacon_us = now_us;
}

/* Once per slot and link, after the commands: events first, then the beacon if it is due. */
void telemetry_slot(struct link *link)
{
    struct telemetry *t = &of_link[link->number];
    xmTime_t now_us = view_kernel()->now_us;

    if (!session_open(&link->sessions) || !t->heard_ever || now_us - t->heard_us > HEARD_US) {
        return;
    }
    tell_changes(link, t);
    /* While a log is being sent, its chunks tell the ground that the board lives and reads. */
    if ((t->heard_now && !logs_busy(link)) || now_us - t->beacon_us >= BEACON_US) {
        send_beacon(link, t);
    }
    t->heard_now = false;
}
