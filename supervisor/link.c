/* link.c - the ground link over XM_link_read and XM_link_write (see link.h) */
#include "link.h"

#include <string.h>
#include <xm.h>

/* Work of one slot is bounded by these. The receive bound is a full ring of the largest
 * configuration in use; the transmit bound is more than any link device moves between two slots. */
#define SLOT_RX_BYTES 4096u
#define SLOT_TX_FRAMES 48u

#define PIECE_BYTES 256u /* bytes of one XM_link_read */
#define RX_ENCODED FRAME_COBS_BYTES(FRAME_BYTES(FRAME_RX_PAYLOAD))
/* With both delimiters. */
#define TX_ENCODED (FRAME_COBS_BYTES(FRAME_BYTES(FRAME_TX_PAYLOAD)) + 2u)

#define QUEUE_BYTES 8192u /* a power of two; 16 of the largest replies nearly fill it */
#define QUEUE_HEAD 3u     /* type, length high, length low */

/* Messages in order, each behind QUEUE_HEAD bytes. first and last count bytes for ever; the
 * difference is what waits. */
struct queue {
    uint32_t first, last;
    uint8_t bytes[QUEUE_BYTES];
};

static struct {
    /* inward */
    uint8_t piece[PIECE_BYTES]; /* read, not yet looked at: piece_at..piece_end */
    uint32_t piece_at, piece_end;
    uint8_t run[RX_ENCODED]; /* bytes since the last delimiter */
    uint32_t run_bytes;      /* may exceed the room: then the run is too long for a frame */
    uint32_t slot_bytes;     /* that this slot may still read */
    /* outward */
    struct queue replies, events;
    uint8_t out[TX_ENCODED]; /* encoded frame being written: out_at..out_end */
    uint32_t out_at, out_end;
    uint32_t counter; /* of the last frame sent */
    uint32_t bulk_limit;
    struct link_counters counters;
} link;

/* Empties everything; counters start at 0. */
void link_init(void)
{
    memset(&link, 0, sizeof(link));
}

/* A slot starts: its receive budget is whole. */
void link_begin_slot(void)
{
    link.slot_bytes = SLOT_RX_BYTES;
}

/* ---- inward ---------------------------------------------------------------------------------- */

/* Is there a byte to look at? Reads the next piece when the last is used up. */
static bool have_byte(void)
{
    xm_s32_t got;

    if (link.piece_at < link.piece_end) {
        return true;
    }
    if (link.slot_bytes < PIECE_BYTES) {
        return false;
    }
    got = XM_link_read(link.piece, PIECE_BYTES);
    if (got <= 0) {
        return false;
    }
    link.slot_bytes -= (uint32_t)got;
    link.piece_at = 0;
    link.piece_end = (uint32_t)got;
    return true;
}

/* A delimiter closed a run: is it a good frame? Counts it either way. */
static bool close_run(struct frame *frame)
{
    uint32_t bytes = link.run_bytes;
    enum frame_verdict verdict;

    link.run_bytes = 0;
    if (bytes == 0) {
        return false;
    }
    if (bytes > RX_ENCODED) {
        link.counters.refused[FRAME_BAD_LENGTH]++;
        return false;
    }
    uint32_t decoded = frame_cobs_decode(link.run, bytes);
    if (decoded == FRAME_NOT_COBS) {
        link.counters.text_bytes += bytes;
        return false;
    }
    verdict = frame_check(link.run, decoded, frame);
    link.counters.refused[verdict]++;
    return verdict == FRAME_GOOD;
}

/* The next good frame that has arrived whole; it is valid until the next call. False: none, or the
 * slot's budget is used. */
bool link_next_frame(struct frame *frame)
{
    while (have_byte()) {
        uint8_t byte = link.piece[link.piece_at++];

        if (byte != 0) {
            if (link.run_bytes < RX_ENCODED) {
                link.run[link.run_bytes] = byte;
            }
            /* one more than the room marks a run that is too long; it must not wrap to a short one
             */
            link.run_bytes += link.run_bytes <= RX_ENCODED;
        } else if (close_run(frame)) {
            return true;
        }
    }
    return false;
}

/* Bytes that the ground may send now without loss. */
uint32_t link_credit(void)
{
    struct xm_link_status status;

    if (XM_link_status(&status) != XM_OK || status.rx_waiting > status.rx_size) {
        return 0;
    }
    return status.rx_size - status.rx_waiting;
}

/* ---- outward --------------------------------------------------------------------------------- */

static struct queue *queue_of(enum frame_type type)
{
    return type == FRAME_REPLY ? &link.replies : &link.events;
}

static uint32_t queue_room(const struct queue *q)
{
    return QUEUE_BYTES - (q->last - q->first);
}

static void queue_put(struct queue *q, const uint8_t *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        q->bytes[q->last++ % QUEUE_BYTES] = from[i];
    }
}

static void queue_get(struct queue *q, uint8_t *to, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = q->bytes[q->first++ % QUEUE_BYTES];
    }
}

/* Would the largest message of that type find room? Asked before doing anything whose answer must
 * not be lost. */
bool link_has_room(enum frame_type type)
{
    return queue_room(queue_of(type)) >= QUEUE_HEAD + FRAME_TX_PAYLOAD;
}

/* Queues a reply, event or beacon of at most FRAME_TX_PAYLOAD bytes. False: no room, counted as
 * unsent. */
bool link_send(enum frame_type type, const uint8_t *payload, uint32_t length)
{
    struct queue *q = queue_of(type);
    uint8_t head[QUEUE_HEAD] = { (uint8_t)type, (uint8_t)(length >> 8), (uint8_t)length };

    if (length > FRAME_TX_PAYLOAD || queue_room(q) < QUEUE_HEAD + length) {
        link.counters.frames_unsent++;
        return false;
    }
    queue_put(q, head, QUEUE_HEAD);
    queue_put(q, payload, length);
    return true;
}

/* Bytes that may wait in the hypervisor's ring when bulk is put behind them; see link.h. */
void link_set_bulk_limit(uint32_t bytes)
{
    link.bulk_limit = bytes;
}

/* Takes the oldest message of a queue to `payload`; false: empty. */
static bool take_queued(struct queue *q, struct frame *frame, uint8_t *payload)
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

static bool take_bulk(link_bulk_source *next_bulk, struct frame *frame, uint8_t *payload)
{
    struct xm_link_status status;

    if (XM_link_status(&status) != XM_OK ||
        (status.tx_waiting != 0 && status.tx_waiting + TX_ENCODED > link.bulk_limit)) {
        return false;
    }
    frame->type = FRAME_BULK;
    frame->length = next_bulk(payload);
    return frame->length != 0;
}

/* Encodes the next message by priority; false: nothing to send now. */
static bool load_next(link_bulk_source *next_bulk)
{
    static uint8_t payload[FRAME_TX_PAYLOAD];
    static uint8_t plain[FRAME_BYTES(FRAME_TX_PAYLOAD)];
    struct frame frame = { .key_id = MAC_NULL_KEY, .payload = payload };

    /* replies again: the bulk source ends a transfer by queueing one */
    if (!take_queued(&link.replies, &frame, payload) &&
        !take_queued(&link.events, &frame, payload) && !take_bulk(next_bulk, &frame, payload) &&
        !take_queued(&link.replies, &frame, payload)) {
        return false;
    }
    frame.counter = ++link.counter;
    /* The leading zero ends half a frame or console text that a reset may have left on the line. */
    link.out[0] = 0;
    link.out_end = 1 + frame_cobs_encode(link.out + 1, plain, frame_build(plain, &frame));
    link.out[link.out_end++] = 0;
    link.out_at = 0;
    return true;
}

/* Writes what the hypervisor's ring takes; asks `next_bulk` for bulk when nothing else waits. */
void link_pump(link_bulk_source *next_bulk)
{
    for (uint32_t sent = 0; sent < SLOT_TX_FRAMES; sent++) {
        if (link.out_at == link.out_end && !load_next(next_bulk)) {
            return;
        }
        xm_s32_t taken;

        do { /* a piece may be all that one call takes */
            taken = XM_link_write(link.out + link.out_at, link.out_end - link.out_at);
            link.out_at += taken > 0 ? (uint32_t)taken : 0;
        } while (taken > 0 && link.out_at != link.out_end);
        if (link.out_at != link.out_end) {
            return; /* the ring is full; the rest goes out in the next slot */
        }
        link.counters.frames_sent++;
    }
}

/* Has everything but bulk left for the device? What must not happen before its reply is gone waits
 * for this. */
bool link_drained(void)
{
    struct xm_link_status status;

    return link.replies.first == link.replies.last && link.out_at == link.out_end &&
           XM_link_status(&status) == XM_OK && status.tx_waiting == 0;
}

/* The counters; decode_errors is the caller's to count. */
struct link_counters *link_counters(void)
{
    return &link.counters;
}
