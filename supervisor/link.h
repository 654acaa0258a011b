/* link.h - the ground link: bytes of the link device to frames, and messages to bytes
 *
 * Inward: bytes are taken from the hypervisor's receive ring only as fast as frames are wanted,
 * so an overload stays in that ring, where it is counted. Outward: three queues, replies before
 * events (and beacons) before bulk. Bulk is not queued at all: its source is asked for one
 * message when nothing else waits and the ring has room. So a reply waits for at most the one
 * bulk frame already begun here, and for what bulk has put into the hypervisor's ring: never
 * more than link_set_bulk_limit().
 *
 * Rules:     link_begin_slot() first in every slot, link_pump() last.
 * Invariant: a frame begun is finished; nothing is sent in halves. A message that finds no room
 *            is counted in frames_unsent. Frame counters are given when a frame leaves its
 *            queue, so they rise on the wire. */
#ifndef SUPERVISOR_LINK_H
#define SUPERVISOR_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"

struct link_counters {
    uint32_t refused[FRAME_VERDICTS]; /* by verdict; FRAME_GOOD counts the good ones */
    uint32_t decode_errors;           /* counted by whoever reads the payload */
    uint32_t text_bytes;              /* between delimiters and not COBS */
    uint32_t frames_sent;
    uint32_t frames_unsent; /* no room in a queue */
};

/* Writes the next bulk message to `payload` (FRAME_TX_PAYLOAD bytes); returns its length, 0: none
 * now. */
typedef uint32_t link_bulk_source(uint8_t *payload);

void link_init(void);
void link_begin_slot(void);
bool link_next_frame(struct frame *frame);
bool link_has_room(enum frame_type type);
bool link_send(enum frame_type type, const uint8_t *payload, uint32_t length);
void link_set_bulk_limit(uint32_t bytes);
void link_pump(link_bulk_source *next_bulk);
bool link_drained(void);
uint32_t link_credit(void);
struct link_counters *link_counters(void);

#endif
