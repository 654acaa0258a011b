/* session.h - sessions of one link: who is at its other end, and which frames are new
 *
 * A Hello and its HelloAck exchange two nonces; from them and the key follow the session's number
 * and one key per direction (the text is in proto/supervisor.proto). The session becomes the
 * link's when the first frame under its own key arrives: only who has the key can make one, and
 * only for this board's nonce. So a Hello recorded and sent again costs a place among the
 * unproven sessions and displaces nobody.
 *
 * Without keys there is one session, 0: every frame is let in and no counter is looked at,
 * because anybody could choose any.
 *
 * Invariant: a counter is looked at, and noted, only when the code of its frame held. A session
 *            that has sent its last number is closed: numbers never come round. */
#ifndef SUPERVISOR_SESSION_H
#define SUPERVISOR_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "keys.h"

#define SESSION_UNPROVEN 4u              /* at once; the oldest makes room */
#define SESSION_LAST_COUNTER 0x7fffffffu /* in either direction */
/* Deriving a session is the dearest thing that a recorded frame can cause: so many per slot. */
#define SESSION_HELLOS_PER_SLOT 2u

struct session {
    uint32_t id; /* 0: none */
    uint8_t key_id;
    struct mac_key to_board, to_ground;
    uint32_t sent;      /* number of the last frame to the ground */
    uint32_t highest;   /* seen from the ground */
    uint64_t seen;      /* bit n: highest - n was seen */
    uint32_t commanded; /* highest that session_in_order() was asked about */
    uint64_t peer;      /* address that the Hello came from, as its device has it; 0 on a line */
};

/* Offered to the ground, not used by it yet. */
struct session_offer {
    struct session session; /* id 0: free place */
    uint64_t nonce_ground, nonce_board;
    uint32_t request_id; /* of the Hello */
    uint32_t number;     /* of the Hello in this life: tells the oldest */
};

struct sessions {
    struct session current;
    struct session_offer offers[SESSION_UNPROVEN];
    uint64_t sender;      /* address that the frame looked at came from: the device sets it */
    uint32_t opened;      /* sessions that became the link's */
    uint32_t hellos;      /* answered */
    uint32_t hellos_left; /* in this slot */
};

void session_init(struct sessions *all);
void session_begin_slot(struct sessions *all);
enum frame_verdict session_admit(struct sessions *all, const struct frame *frame);
bool session_in_order(struct sessions *all, const struct frame *frame);
bool session_open(const struct sessions *all);
const struct session_offer *session_offer(struct sessions *all, uint8_t key_id, uint32_t request_id,
                                          uint64_t nonce_ground);
const struct mac_key *session_seal(struct sessions *all, struct frame *frame);

#endif
