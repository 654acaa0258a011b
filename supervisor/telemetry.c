/* telemetry.c - events and beacons (see telemetry.h) */
#include "telemetry.h"

#include <string.h>

#include "link.h"
#include "logs.h"
#include "reply.h"

#define HEARD_US 10000000
#define BEACON_US 1000000
/* Partitions looked at in one slot: bounded work, and a change is still told within a few slots. */
#define LOOKS_PER_SLOT 8u

/* What the ground knows of a partition. Ready and idle are the same to it: they alternate in every
 * frame. */
struct told {
    uint32_t state;
    uint32_t reset_counter, reset_status;
};

static struct {
    xmTime_t heard_us, beacon_us;
    bool heard_ever, heard_now; /* now: in this slot */
    uint64_t event_seq;
    xm_s32_t plan;
    xm_u64_t switch_frame;
    uint32_t next_look; /* partition */
    struct told told[XM_MAX_PARTITIONS];
} telemetry;

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

/* Takes the present state as known. */
void telemetry_init(void)
{
    memset(&telemetry, 0, sizeof(telemetry));
    telemetry.plan = view_kernel()->current_plan;
    telemetry.switch_frame = view_kernel()->switch_frame;
    for (uint32_t id = 0; id < partition_count(); id++) {
        (void)look(id, &telemetry.told[id]);
    }
}

/* A good frame has come from the ground. */
void telemetry_heard(void)
{
    telemetry.heard_us = view_kernel()->now_us;
    telemetry.heard_ever = true;
    telemetry.heard_now = true;
}

static void send_event(Xm__Event *event)
{
    static uint8_t bytes[FRAME_TX_PAYLOAD];

    event->seq = ++telemetry.event_seq;
    event->board_time_us = (uint64_t)view_kernel()->now_us;
    event->boot_id = view_kernel()->boot_id;
    /* both bodies are far smaller than a frame: names are at most VIEW_NAME_BYTES long */
    (void)link_send(FRAME_EVENT, bytes, (uint32_t)xm__event__pack(event, bytes));
}

static void tell_plan(void)
{
    Xm__Event event = XM__EVENT__INIT;
    Xm__PlanState state;

    if (view_kernel()->current_plan == telemetry.plan &&
        view_kernel()->switch_frame == telemetry.switch_frame) {
        return;
    }
    telemetry.plan = view_kernel()->current_plan;
    telemetry.switch_frame = view_kernel()->switch_frame;
    reply_plan_state(&state);
    event.body_case = XM__EVENT__BODY_PLAN_SWITCHED;
    event.plan_switched = &state;
    send_event(&event);
}

static void tell_partition(uint32_t id)
{
    Xm__Event event = XM__EVENT__INIT;
    struct partition_report report;
    struct told now = { 0, 0, 0 };

    if (!look(id, &now) || memcmp(&now, &telemetry.told[id], sizeof(now)) == 0 ||
        !reply_partition_state(id, &report)) {
        return;
    }
    telemetry.told[id] = now;
    event.body_case = XM__EVENT__BODY_PARTITION_CHANGED;
    event.partition_changed = &report.state;
    send_event(&event);
}

/* Compares with what was told; what finds no room in the queue is told in a later slot. */
static void tell_changes(void)
{
    uint32_t count = partition_count();

    if (link_has_room(FRAME_EVENT)) {
        tell_plan();
    }
    for (uint32_t i = 0; i < LOOKS_PER_SLOT && i < count && link_has_room(FRAME_EVENT); i++) {
        if (telemetry.next_look >= count) {
            telemetry.next_look = 0;
        }
        tell_partition(telemetry.next_look++);
    }
}

static void send_beacon(void)
{
    static uint8_t bytes[FRAME_TX_PAYLOAD];
    Xm__Beacon beacon = XM__BEACON__INIT;
    Xm__BookState hm;

    beacon.boot_id = view_kernel()->boot_id;
    beacon.board_time_us = (uint64_t)view_kernel()->now_us;
    beacon.frame = view_kernel()->frame;
    beacon.credit = link_credit();
    if (logs_book_state(XM__BOOK__BOOK_HM, 0, &hm)) {
        beacon.hm_next = hm.next;
    }
    (void)link_send(FRAME_BEACON, bytes, (uint32_t)xm__beacon__pack(&beacon, bytes));
    telemetry.beacon_us = view_kernel()->now_us;
}

/* Once per slot, after the commands: events first, then the beacon if it is due. */
void telemetry_slot(void)
{
    xmTime_t now_us = view_kernel()->now_us;

    if (!telemetry.heard_ever || now_us - telemetry.heard_us > HEARD_US) {
        return;
    }
    tell_changes();
    if (telemetry.heard_now || now_us - telemetry.beacon_us >= BEACON_US) {
        send_beacon();
    }
    telemetry.heard_now = false;
}
