/* link.c - the ground links: sessions, queues and priorities (see link.h) */
#include "link.h"

#include <string.h>

#include "link_uart.h"

/* More than any device moves between two slots. */
#define SLOT_TX_FRAMES 48u

#define QUEUE_HEAD 3u /* type, length high, length low */

/* Only in the image of a partition that has a MAC (supervisor/ethernet/build.mk). */
extern const struct link_device link_udp __attribute__((weak));

static struct link *links[LINK_MAX];
static uint32_t links_used;

static void add(const struct link_device *device)
{
    struct link *link = device->link;

    memset(link, 0, sizeof(*link));
    link->number = links_used;
    links[links_used++] = link;
    link->device = device;
    session_init(&link->sessions);
    device->start();
}

/* Brings all links to the state of a fresh start: no session, empty queues, counters 0. */
void link_init(void)
{
    links_used = 0;
    add(&link_uart);
    if (&link_udp != NULL) {
        add(&link_udp);
    }
}

/* Links of this system. */
uint32_t link_count(void)
{
    return links_used;
}

/* The link of that number, from 0. */
struct link *link_at(uint32_t number)
{
    return links[number];
}

/* The link of that kind, NULL: there is none. */
struct link *link_of_kind(Xm__LinkKind kind)
{
    for (uint32_t i = 0; i < links_used; i++) {
        if (links[i]->device->kind == kind) {
            return links[i];
        }
    }
    return NULL;
}

/* A slot starts: its budgets are whole. */
void link_begin_slot(struct link *link)
{
    session_begin_slot(&link->sessions);
    link->device->begin_slot();
}

/* ---- inward ---------------------------------------------------------------------------------- */

static enum frame_verdict judge(struct link *link, const uint8_t *bytes, uint32_t count,
                                struct frame *frame)
{
    enum frame_verdict verdict = frame_open(bytes, count, link->device->rx_payload, frame);

    if (verdict == FRAME_BAD_CRC || verdict == FRAME_BAD_LENGTH) {
        link->lost = true;
        return verdict;
    }
    link->counters.resyncs += link->lost;
    link->lost = false;
    return verdict == FRAME_GOOD ? session_admit(&link->sessions, frame) : verdict;
}

/* The next good frame that has arrived whole; it is valid until the next call. False: none, or the
 * slot's budget is used. */
bool link_next_frame(struct link *link, struct frame *frame)
{
    const uint8_t *bytes;
    uint32_t count;

    while ((bytes = link->device->receive(link, &count)) != NULL) {
        enum frame_verdict verdict = judge(link, bytes, count, frame);

        link->counters.refused[verdict]++;
        if (verdict == FRAME_GOOD) {
            return true;
        }
    }
    return false;
}

/* Bytes that the ground may send now without loss. */
uint32_t link_credit(const struct link *link)
{
    struct xm_link_status status;

    if (link->device->status(&status) != XM_OK || status.rx_waiting > status.rx_size) {
        return 0;
    }
    return status.rx_size - status.rx_waiting;
}

/* ---- outward --------------------------------------------------------------------------------- */

static uint32_t queue_room(const struct link_queue *q)
{
    return LINK_QUEUE_BYTES - (q->last - q->first);
}

static void queue_put(struct link_queue *q, const uint8_t *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        q->bytes[q->last++ % LINK_QUEUE_BYTES] = from[i];
    }
    if (q->last - q->first > q->high_water) {
        q->high_water = q->last - q->first;
    }
}

static void queue_get(struct link_queue *q, uint8_t *to, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = q->bytes[q->first++ % LINK_QUEUE_BYTES];
    }
}

/* Would the largest message of that type find room? Asked before doing anything whose answer must
 * not be lost. */
bool link_has_room(const struct link *link, enum frame_type type)
{
    return queue_room(type == FRAME_REPLY ? &link->replies : &link->events) >=
           QUEUE_HEAD + FRAME_TX_PAYLOAD;
}

/* Queues a reply, event or beacon of at most FRAME_TX_PAYLOAD bytes. False: no room, counted as
 * unsent. */
bool link_send(struct link *link, enum frame_type type, const uint8_t *payload, uint32_t length)
{
    struct link_queue *q = type == FRAME_REPLY ? &link->replies : &link->events;
    uint8_t head[QUEUE_HEAD] = { (uint8_t)type, (uint8_t)(length >> 8), (uint8_t)length };

    if (length > FRAME_TX_PAYLOAD || queue_room(q) < QUEUE_HEAD + length) {
        link->counters.frames_unsent++;
        return false;
    }
    queue_put(q, head, QUEUE_HEAD);
    queue_put(q, payload, length);
    return true;
}

/* Answers a Hello under a key with at most FRAME_TX_PAYLOAD bytes: the only frame that carries the
 * session offered before it is open. It goes before all messages, for these wait until the ground
 * has used that session; a newer answer takes the place of one that has not left yet. */
void link_greet(struct link *link, const struct session_offer *offer, const uint8_t *payload,
                uint32_t length)
{
    struct frame frame = { .type = FRAME_REPLY,
                           .key_id = offer->session.key_id,
                           .session = offer->session.id,
                           .payload = payload,
                           .length = length };

    link->greeting_to = offer->session.peer;
    link->greeting_bytes =
        frame_build(link->greeting, &frame, &keys_find(offer->session.key_id)->hello_board);
}

/* Takes the oldest message of a queue to `payload`; false: empty. */
static bool take_queued(struct link_queue *q, struct frame *frame, uint8_t *payload)
{
    uint8_t head[QUEUE_HEAD];

    if (q->first == q->last) {
        return false;
    }
    queue_get(q, head, QUEUE_HEAD);
    frame->type = head[0];
    frame->length = (uint32_t)head[1] << 8 | head[2];
    queue_get(q, payload, frame->length);
    return true;
}

static bool take_bulk(struct link *link, link_bulk_source *next_bulk, struct frame *frame,
                      uint8_t *payload)
{
    if (!link->device->bulk_has_room()) {
        return false;
    }
    frame->type = FRAME_BULK;
    frame->length = next_bulk(link, payload);
    return frame->length != 0;
}

/* Sends the next message by priority; false: nothing to send now. */
static bool send_next(struct link *link, link_bulk_source *next_bulk)
{
    static uint8_t plain[FRAME_BYTES(FRAME_PAYLOAD)];
    uint8_t *payload = plain + FRAME_HEADER_BYTES; /* written where it is sent from */
    struct frame frame = { .payload = payload };
    const struct mac_key *key;

    if (link->greeting_bytes != 0) {
        link->device->send(link->greeting, link->greeting_bytes, link->greeting_to);
        link->greeting_bytes = 0;
        return true;
    }
    /* replies again: the bulk source ends a transfer by queueing one */
    if (!session_open(&link->sessions) || (!take_queued(&link->replies, &frame, payload) &&
                                           !take_queued(&link->events, &frame, payload) &&
                                           !take_bulk(link, next_bulk, &frame, payload) &&
                                           !take_queued(&link->replies, &frame, payload))) {
        return false;
    }
    key = session_seal(&link->sessions, &frame);
    link->device->send(plain, frame_build(plain, &frame, key), link->sessions.current.peer);
    return true;
}

/* Sends what the device takes; asks `next_bulk` for bulk when nothing else waits. */
void link_pump(struct link *link, link_bulk_source *next_bulk)
{
    for (uint32_t sent = 0; sent < SLOT_TX_FRAMES && link->device->ready(); sent++) {
        if (!send_next(link, next_bulk)) {
            return;
        }
        link->counters.frames_sent++;
    }
}

/* Has every reply left the device? What must not happen before its reply is gone waits for this. */
bool link_drained(const struct link *link)
{
    return link->replies.first == link->replies.last && link->greeting_bytes == 0 &&
           link->device->ready() && link->device->idle();
}
