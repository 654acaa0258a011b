/* journal.c - the last commands, and their records in the trace stream (see journal.h) */
#include "journal.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <xm.h>

#include "../hypervisor/abi/records.h"
#include "bytes.h"
#include "system_view.h"

#define FETCH_RECORDS 16u

static struct journal_command places[JOURNAL_PLACES];
static uint32_t opened; /* commands so far */

/* The last ids that were made void. */
static struct {
    uint32_t ids[JOURNAL_PLACES]; /* 0: none */
    uint32_t count;
} voided;

/* Has the command reached a stage that no other follows? */
bool journal_ended(const struct journal_command *command)
{
    return command->stage >= XM__STAGE__STAGE_COMPLETED;
}

/* Nothing more will be heard of it. */
static bool is_settled(const struct journal_command *c)
{
    return journal_ended(c) || c->cut_off;
}

/* The command of that id, NULL: not here. */
struct journal_command *journal_find(uint32_t id)
{
    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        if (places[i].id == id && id != 0) {
            return &places[i];
        }
    }
    return NULL;
}

/* A free place, else the oldest that is settled, else the oldest. */
static struct journal_command *place_to_use(void)
{
    struct journal_command *best = &places[0];

    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        struct journal_command *c = &places[i];

        if (c->id == 0) {
            return c;
        }
        if (is_settled(c) > is_settled(best) ||
            (is_settled(c) == is_settled(best) && opened - c->number > opened - best->number)) {
            best = c;
        }
    }
    return best;
}

/* A command that is not here, with an id that is not 0, is about to be judged. */
void journal_open(uint32_t id, uint32_t digest, uint32_t operation, uint32_t session)
{
    struct journal_command *c = place_to_use();

    memset(c, 0, offsetof(struct journal_command, reply));
    c->id = id;
    c->digest = digest;
    c->operation = operation;
    c->session = session;
    c->stage = XM__STAGE__STAGE_RECEIVED;
    c->number = opened++;
}

/* Keeps a reply of at most FRAME_TX_PAYLOAD bytes as the last one to a command that is here. */
void journal_keep(uint32_t id, const uint8_t *reply, uint32_t length)
{
    struct journal_command *c = journal_find(id);

    if (c != NULL && length <= FRAME_TX_PAYLOAD) {
        memcpy(c->reply, reply, length);
        c->length = length;
    }
}

/* Commands that are here. */
uint32_t journal_count(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        count += places[i].id != 0;
    }
    return count;
}

/* The command that exactly `nth` newer ones are here of; NULL: there is none. */
const struct journal_command *journal_newest(uint32_t nth)
{
    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        uint32_t newer = 0;

        for (uint32_t k = 0; k < JOURNAL_PLACES; k++) {
            newer += places[k].id != 0 && opened - places[k].number < opened - places[i].number;
        }
        if (places[i].id != 0 && newer == nth) {
            return &places[i];
        }
    }
    return NULL;
}

/* ---- the trace stream ------------------------------------------------------------------------ */

/* Writes a record. A system whose supervisor has no trace stream forgets its commands at a reset;
 * journal_init() has said so. */
static void record(uint32_t id, uint32_t what, uint32_t digest, uint32_t session)
{
    xmTraceEvent_t event;

    memset(&event, 0, sizeof(event));
    event.opCodeH = XM_TRACE_NOTIFY << TRACE_OPCODE_CRIT_BIT;
    event.opCodeL = JOURNAL_CODE << TRACE_OPCODE_CODE_BIT;
    event.payload[0] = id;
    event.payload[1] = what;
    event.payload[2] = digest;
    event.payload[3] = session;
    (void)XM_trace_event(TRACE_BM_ALWAYS, &event);
}

/* Notes that a command that is here has reached a stage, with a code of the supervisor's or, if
 * negative, of the hypervisor's. */
void journal_reach(uint32_t id, Xm__Stage stage, int32_t code)
{
    struct journal_command *c = journal_find(id);

    if (c == NULL) {
        return;
    }
    c->stage = stage;
    c->code = code;
    c->time_us = (uint64_t)view_kernel()->now_us;
    c->boot_id = view_kernel()->boot_id;
    record(id, (uint32_t)stage << 24 | (c->operation & 0xffu) << 16 | ((uint32_t)code & 0xffffu),
           c->digest, c->session);
}

/* May a command of that id not be carried out, should it come? */
bool journal_is_void(uint32_t id)
{
    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        if (voided.ids[i] == id && id != 0) {
            return true;
        }
    }
    return false;
}

static void note_void(uint32_t id)
{
    voided.ids[voided.count++ % JOURNAL_PLACES] = id;
}

/* A command that is not here shall not be carried out any more. */
void journal_make_void(uint32_t id)
{
    if (id != 0 && !journal_is_void(id)) {
        note_void(id);
        record(id, (uint32_t)XM__STAGE__STAGE_NONE << 24, 0, 0);
    }
}

/* What was begun and has not ended in the life that ends here, will not end. */
static void cut_off_unended(void)
{
    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        places[i].cut_off = places[i].id != 0 && !journal_ended(&places[i]);
    }
}

/* Takes one record of the stream as the next thing that happened. */
static void replay(const uint8_t *bytes)
{
    const uint8_t *payload = bytes + offsetof(struct xm_trace_record, payload);
    uint32_t opcode = bytes_be32(bytes + offsetof(struct xm_trace_record, opcode_l));
    uint32_t id = bytes_be32(payload), what = bytes_be32(payload + 4);
    uint32_t digest = bytes_be32(payload + 8);
    struct journal_command *c = journal_find(id);

    if (opcode >> TRACE_OPCODE_CODE_BIT != JOURNAL_CODE) {
        return;
    }
    if (id == 0) {
        cut_off_unended();
        return;
    }
    if (what >> 24 == XM__STAGE__STAGE_NONE) {
        note_void(id);
        return;
    }
    if (c == NULL || c->digest != digest) {
        if (c != NULL) {
            c->id = 0; /* the id was given again after its first command was forgotten */
        }
        journal_open(id, digest, what >> 16 & 0xffu, bytes_be32(payload + 12));
        c = journal_find(id);
    }
    c->stage = (Xm__Stage)(what >> 24);
    c->code = (int16_t)(what & 0xffffu);
    c->time_us = bytes_be64(bytes + offsetof(struct xm_trace_record, time_us));
    c->boot_id = bytes_be32(bytes + offsetof(struct xm_trace_record, boot_id));
}

/* Reads the whole stream: a command that was long in progress may stand far back. */
static void read_back(void)
{
    static union {
        struct xm_batch head;
        uint8_t bytes[sizeof(struct xm_batch) + FETCH_RECORDS * sizeof(struct xm_trace_record)];
    } batch;
    uint64_t at = 0;

    memset(&batch.head, 0, sizeof(batch.head));
    while (XM_trace_fetch(view_self(), at, &batch, sizeof(batch)) >= 0 &&
           (batch.head.count != 0 || batch.head.first > at)) {
        for (uint32_t i = 0; i < batch.head.count; i++) {
            replay(batch.bytes + sizeof(batch.head) + i * sizeof(struct xm_trace_record));
        }
        at = batch.head.first + batch.head.count; /* damaged records are left out */
    }
}

/* Fills the places with what the trace stream tells of earlier lives. */
void journal_init(void)
{
    struct view_partition self;

    memset(places, 0, sizeof(places));
    memset(&voided, 0, sizeof(voided));
    opened = 0;
    if (!view_partition(view_self(), &self) || !self.has_trace) {
        printf("supervisor: no trace stream: commands are forgotten at a reset; give this "
               "partition a Trace in XM_CF.xml\n");
        return;
    }
    read_back();
    cut_off_unended();
    record(0, 0, 0, 0);
}
