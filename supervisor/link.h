/* link.h - the ground links: frames in, messages out
 *
 * One struct link for each device that carries frames to a ground station; each has its own
 * session, counters and queues, and knows nothing of the others. What differs between devices is
 * behind struct link_device.
 *
 * Inward: bytes are taken from the device only as fast as frames are wanted, so an overload stays
 * in its receive ring, where it is counted. Outward: the answer to a Hello first, then three
 * queues, replies before events (and beacons) before bulk. Bulk is not queued at all: its source
 * is asked for one message when nothing else waits and the device wants more. So a reply waits
 * for at most what bulk has put into the device: see bulk_has_room.
 *
 * Rules:     link_begin_slot() first in every slot, link_pump() last.
 * Invariant: a frame begun is finished; nothing is sent in halves. A message that finds no room
 *            is counted in frames_unsent. Frame counters are given when a frame leaves its
 *            queue, so they rise on the wire. While no session is open, messages wait. */
#ifndef SUPERVISOR_LINK_H
#define SUPERVISOR_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <xm.h>

#include "frame.h"
#include "session.h"
#include "supervisor.pb-c.h"

#define LINK_MAX 2u            /* links of a system */
#define LINK_QUEUE_BYTES 8192u /* a power of two; 16 of the largest replies nearly fill it */

struct link_counters {
    uint32_t refused[FRAME_VERDICTS]; /* by verdict; FRAME_GOOD counts the good ones */
    uint32_t decode_errors;           /* counted by whoever reads the payload */
    uint32_t text_bytes;              /* between delimiters and not COBS */
    uint32_t resyncs;                 /* sound frames that followed bytes that were none */
    uint32_t frames_sent;
    uint32_t frames_unsent; /* no room in a queue */
};

/* Messages in order, each behind a few bytes of head. first and last count bytes for ever; the
 * difference is what waits. */
struct link_queue {
    uint32_t first, last;
    uint32_t high_water;
    uint8_t bytes[LINK_QUEUE_BYTES];
};

struct link;

/* A device that carries frames, plain: header to CRC. */
struct link_device {
    Xm__LinkKind kind;
    struct link *link;      /* its state: a system without the device has no memory for it */
    uint32_t rx_payload;    /* largest payload that it brings */
    uint32_t chunk_payload; /* of a bulk message that nobody asked to be shorter */
    void (*start)(void);    /* of the supervisor's life */
    void (*begin_slot)(void);
    /* The next frame that has arrived whole, valid until the next call; NULL: none, or enough for
     * this slot. Counts what it has to leave out in the link's counters, and sets its `lost`. */
    const uint8_t *(*receive)(struct link *link, uint32_t *bytes);
    bool (*ready)(void); /* the last frame has left for the device's ring: another may follow */
    void (*send)(const uint8_t *frame, uint32_t bytes, uint64_t to); /* to: struct session, peer */
    /* Only now may bulk be put behind what waits in the device. A limit of about one major frame
     * of line time: the line does not fall silent until the supervisor's next slot, and what a
     * reply then finds before it is the last bulk frame at most. */
    bool (*bulk_has_room)(void);
    bool (*idle)(void); /* all that was sent has left the device's ring */
    xm_s32_t (*status)(struct xm_link_status *status);
    void (*tell)(Xm__LinkState *state); /* adds what only this kind of device has; or NULL */
};

struct link {
    uint32_t number; /* of links: its place in the tables that others keep per link */
    const struct link_device *device;
    struct sessions sessions;
    struct link_counters counters;
    bool lost; /* something that was no frame came since the last sound one */
    struct link_queue replies, events;
    uint32_t greeting_bytes; /* answer to a Hello, a whole frame; 0: none waits */
    uint8_t greeting[FRAME_BYTES(FRAME_TX_PAYLOAD)];
    uint64_t greeting_to;
};

/* Writes the next bulk message to `payload` (FRAME_PAYLOAD bytes); returns its length, 0: none
 * now. */
typedef uint32_t link_bulk_source(struct link *link, uint8_t *payload);

void link_init(void);
uint32_t link_count(void);
struct link *link_at(uint32_t number);
struct link *link_of_kind(Xm__LinkKind kind);
void link_begin_slot(struct link *link);
bool link_next_frame(struct link *link, struct frame *frame);
bool link_has_room(const struct link *link, enum frame_type type);
bool link_send(struct link *link, enum frame_type type, const uint8_t *payload, uint32_t length);
void link_greet(struct link *link, const struct session_offer *offer, const uint8_t *payload,
                uint32_t length);
void link_pump(struct link *link, link_bulk_source *next_bulk);
bool link_drained(const struct link *link);
uint32_t link_credit(const struct link *link);

#endif
