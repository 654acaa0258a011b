/* reply.c - answers to the ground (see reply.h) */
#include "reply.h"

#include "arena.h"
#include "journal.h"

static Xm__Reply reply;
static Xm__Status status;
static struct asker addressee;
static uint8_t packed[FRAME_TX_PAYLOAD];

/* Starts a reply at the present time of the board; its status is OK and it has no result yet. */
Xm__Reply *reply_open(const struct asker *asker, Xm__Stage stage)
{
    const struct xm_kernel_info *kernel;

    addressee = *asker;
    view_refresh();
    kernel = view_kernel();
    xm__status__init(&status);
    xm__reply__init(&reply);
    reply.id = asker->id;
    reply.stage = stage;
    reply.status = &status;
    reply.board_time_us = (uint64_t)kernel->now_us;
    reply.frame = kernel->frame;
    reply.boot_id = kernel->boot_id;
    return &reply;
}

/* Sets the status of the reply under way; `detail` is one sentence that outlives it. */
void reply_set_status(Xm__StatusDomain domain, int32_t code, const char *detail)
{
    status.domain = domain;
    status.code = code;
    status.detail = (char *)detail; /* protobuf-c only reads it */
}

/* Does the reply under way still fit its frame? */
bool reply_fits(void)
{
    return xm__reply__get_packed_size(&reply) <= FRAME_TX_PAYLOAD;
}

/* Packs the reply; returns its bytes in `packed`. */
static uint32_t pack(void)
{
    if (!reply_fits()) {
        reply.result_case = XM__REPLY__RESULT__NOT_SET;
        reply.stage = XM__STAGE__STAGE_FAILED;
        reply_set_status(XM__STATUS_DOMAIN__DOMAIN_SUPERVISOR, XM__STATUS_CODE__STATUS_TOO_LARGE,
                         "the answer does not fit one frame");
    }
    return (uint32_t)xm__reply__pack(&reply, packed);
}

/* Packs the reply, enters its stage in the journal if its command is kept there, and queues it. */
void reply_close(void)
{
    uint32_t length = pack();

    if (addressee.kept) {
        journal_reach(reply.id, reply.stage, status.code);
        journal_keep(reply.id, packed, length);
    }
    /* without room it is counted there, and the journal has it */
    (void)link_send(addressee.link, FRAME_REPLY, packed, length);
}

/* The same for the answer to a Hello under a key, which carries the session offered. */
void reply_close_greeting(const struct session_offer *offer)
{
    link_greet(addressee.link, offer, packed, pack());
}

/* Refuses a request before anything changed. */
void reply_refuse(const struct asker *asker, Xm__StatusCode code, const char *detail)
{
    reply_open(asker, XM__STAGE__STAGE_REJECTED);
    reply_set_status(XM__STATUS_DOMAIN__DOMAIN_SUPERVISOR, (int32_t)code, detail);
    reply_close();
}

/* A reply whose status is a code of the hypervisor. */
void reply_hypervisor(const struct asker *asker, Xm__Stage stage, int32_t code, const char *detail)
{
    reply_open(asker, stage);
    reply_set_status(XM__STATUS_DOMAIN__DOMAIN_HYPERVISOR, code, detail);
    reply_close();
}

/* Fills in the present state of a partition; false: there is no such partition. */
bool reply_partition_state(uint32_t id, struct partition_report *report)
{
    struct view_partition configured;
    xmPartitionStatus_t now;

    if (!view_partition(id, &configured) || XM_get_partition_status(id, &now) != XM_OK) {
        return false;
    }
    xm__partition_state__init(&report->state);
    for (uint32_t i = 0; i < VIEW_NAME_BYTES; i++) {
        report->name[i] = configured.name[i];
    }
    report->state.partition = id;
    report->state.name = report->name;
    /* RUN_* are the numbers of XM_STATUS_*, see below */
    report->state.state = (Xm__PartitionRunState)now.state;
    report->state.system = configured.system;
    report->state.reset_counter = now.resetCounter;
    report->state.reset_status = now.resetStatus;
    report->state.exec_clock_us = (uint64_t)now.execClock;
    report->state.op_mode = now.opMode;
    report->state.messages_in = now.noSamplingPortMsgsRead + now.noQueuingPortMsgsReceived;
    report->state.messages_out = now.noSamplingPortMsgsWritten + now.noQueuingPortMsgsSent;
    return true;
}
_Static_assert((int)XM__PARTITION_RUN_STATE__RUN_IDLE == XM_STATUS_IDLE &&
                   (int)XM__PARTITION_RUN_STATE__RUN_READY == XM_STATUS_READY &&
                   (int)XM__PARTITION_RUN_STATE__RUN_SUSPENDED == XM_STATUS_SUSPENDED &&
                   (int)XM__PARTITION_RUN_STATE__RUN_HALTED == XM_STATUS_HALTED,
               "states of abi/guest.h");

/* Fills in the plan in force, as of the last view_refresh(). */
void reply_plan_state(Xm__PlanState *state)
{
    const struct xm_kernel_info *kernel = view_kernel();

    xm__plan_state__init(state);
    state->current = kernel->current_plan;
    state->requested = kernel->requested_plan;
    state->previous = kernel->previous_plan;
    state->switch_time_us = (uint64_t)kernel->switch_time_us;
    state->switch_frame = kernel->switch_frame;
}

/* Fills in the health of a link; false: its device tells no status. */
bool reply_link_state(const struct link *link, Xm__LinkState *state)
{
    const struct link_counters *counters = &link->counters;
    const uint32_t *refused = counters->refused;
    struct xm_link_status device;

    if (link->device->status(&device) != XM_OK) {
        return false;
    }
    xm__link_state__init(state);
    state->link = link->device->kind;
    state->rx_bytes = device.rx_bytes;
    state->tx_bytes = device.tx_bytes;
    state->rx_dropped = device.rx_dropped;
    state->rx_errors = device.rx_errors;
    state->rx_ring_bytes = device.rx_size;
    state->tx_ring_bytes = device.tx_size;
    state->rx_high_water = device.rx_high_water;
    state->tx_high_water = device.tx_high_water;
    state->budget_bytes = device.budget_bytes;
    state->budget_exhausted = device.budget_exhausted;
    state->credit = link_credit(link);
    state->frames_good = refused[FRAME_GOOD];
    state->frames_sent = counters->frames_sent;
    state->frames_unsent = counters->frames_unsent;
    state->crc_errors = refused[FRAME_BAD_CRC];
    state->length_errors = refused[FRAME_BAD_LENGTH];
    state->version_errors = refused[FRAME_BAD_VERSION];
    state->key_errors = refused[FRAME_BAD_KEY];
    state->mac_errors = refused[FRAME_BAD_MAC];
    state->replay_errors = refused[FRAME_REPLAYED];
    state->session_errors = refused[FRAME_BAD_SESSION];
    state->decode_errors = counters->decode_errors;
    state->console_bytes = counters->text_bytes;
    state->resyncs = counters->resyncs;
    state->authenticated = !keys_none();
    state->session = link->sessions.current.id;
    state->key_id = link->sessions.current.key_id;
    state->sessions_opened = link->sessions.opened;
    state->hellos = link->sessions.hellos;
    state->reply_queue_high_water = link->replies.high_water;
    state->event_queue_high_water = link->events.high_water;
    state->arena_high_water = arena_high_water();
    if (link->device->tell != NULL) {
        link->device->tell(state);
    }
    return true;
}
