/* session.c - sessions of one link (see session.h) */
#include "session.h"

#include <string.h>

#include "bytes.h"
#include "system_view.h"

#define WINDOW 64u /* counters told apart: the highest and those below it */

/* Hellos answered, over all links: no two nonces are made from the same numbers. */
static uint32_t hello_number;

/* No session, no offer. */
void session_init(struct sessions *all)
{
    memset(all, 0, sizeof(*all));
}

/* A slot starts. */
void session_begin_slot(struct sessions *all)
{
    all->hellos_left = SESSION_HELLOS_PER_SLOT;
}

/* ---- inward ---------------------------------------------------------------------------------- */

/* Is this counter new? Notes it then. Datagrams may overtake each other, so those a little below
 * the highest are good once. */
static bool is_fresh(struct session *s, uint32_t counter)
{
    uint32_t behind = s->highest - counter;

    if (counter == 0 || counter > SESSION_LAST_COUNTER) {
        return false;
    }
    if (counter > s->highest) {
        uint32_t ahead = counter - s->highest;

        s->seen = (ahead < WINDOW ? s->seen << ahead : 0) | 1;
        s->highest = counter;
        return true;
    }
    if (behind >= WINDOW || (s->seen >> behind & 1) != 0) {
        return false;
    }
    s->seen |= 1ull << behind;
    return true;
}

static bool holds(const struct mac_key *key, const struct frame *frame)
{
    return mac_check(key, frame->bytes, FRAME_HEADER_BYTES + frame->length, frame->mac);
}

static enum frame_verdict check(struct session *s, const struct frame *frame)
{
    if (!holds(&s->to_board, frame)) {
        return FRAME_BAD_MAC;
    }
    return is_fresh(s, frame->counter) ? FRAME_GOOD : FRAME_REPLAYED;
}

static bool is_of(const struct session *s, const struct frame *frame)
{
    return s->id == frame->session && s->key_id == frame->key_id;
}

/* Does the frame prove an offer? Then that is the link's session from now on. */
static enum frame_verdict check_offers(struct sessions *all, const struct frame *frame)
{
    for (uint32_t i = 0; i < SESSION_UNPROVEN; i++) {
        struct session_offer *offer = &all->offers[i];
        enum frame_verdict verdict;

        if (!is_of(&offer->session, frame)) {
            continue;
        }
        verdict = check(&offer->session, frame);
        if (verdict == FRAME_GOOD) {
            all->current = offer->session;
            all->opened++;
            memset(offer, 0, sizeof(*offer));
        }
        return verdict;
    }
    return FRAME_BAD_SESSION;
}

/* May the frame, whose check sum and length held, be listened to? Key, then code, then counter. In
 * session 0 under a key only a Hello may be executed: that is for whoever decodes it. */
enum frame_verdict session_admit(struct sessions *all, const struct frame *frame)
{
    const struct key *key;

    if (keys_none()) {
        if (frame->key_id != MAC_NULL_KEY) {
            return FRAME_BAD_KEY;
        }
        all->current.peer = all->sender; /* there is no session that a Hello would open */
        return FRAME_GOOD;
    }
    key = keys_find(frame->key_id);
    if (key == NULL) {
        return FRAME_BAD_KEY;
    }
    if (frame->session == 0) {
        return holds(&key->hello_ground, frame) ? FRAME_GOOD : FRAME_BAD_MAC;
    }
    /* a session that has sent its last number could not answer any more */
    if (is_of(&all->current, frame) && session_open(all)) {
        return check(&all->current, frame);
    }
    return check_offers(all, frame);
}

/* May this frame, which was let in, carry a command that changes something, or the question what
 * became of one? Only in order. Somebody who holds a repetition back, within the window, until the
 * journal has forgotten the command, would else have it executed again; and a command never
 * received when the ground asks must not arrive afterwards. The ground repeats what was only late.
 */
bool session_in_order(struct sessions *all, const struct frame *frame)
{
    if (keys_none()) {
        return true;
    }
    if (frame->counter <= all->current.commanded) {
        return false;
    }
    all->current.commanded = frame->counter;
    return true;
}

/* ---- opening --------------------------------------------------------------------------------- */

static uint64_t make_nonce(const struct key *key, uint64_t nonce_ground)
{
    uint8_t fields[24], derived[MAC_KEY_BYTES];

    bytes_put_be32(fields, view_kernel()->boot_id);
    bytes_put_be32(fields + 4, hello_number);
    bytes_put_be64(fields + 8, (uint64_t)view_kernel()->now_us);
    bytes_put_be64(fields + 16, nonce_ground);
    mac_derive(&key->master, "xm1 nonce", fields, sizeof(fields), derived);
    return bytes_be64(derived);
}

static void derive(struct session_offer *offer, const struct key *key)
{
    uint8_t fields[20], derived[MAC_KEY_BYTES];

    bytes_put_be64(fields, offer->nonce_ground);
    bytes_put_be64(fields + 8, offer->nonce_board);
    bytes_put_be32(fields + 16, view_kernel()->boot_id);
    mac_derive(&key->master, "xm1 session", fields, sizeof(fields), derived);
    offer->session.id = bytes_be32(derived);
    offer->session.id += offer->session.id == 0;
    offer->session.key_id = key->id;
    mac_derive_key(&key->master, "xm1 to board", fields, sizeof(fields), &offer->session.to_board);
    mac_derive_key(&key->master, "xm1 to ground", fields, sizeof(fields),
                   &offer->session.to_ground);
}

static bool repeats(const struct session_offer *offer, uint8_t key_id, uint32_t request_id,
                    uint64_t nonce_ground)
{
    return offer->session.id != 0 && offer->session.key_id == key_id &&
           offer->request_id == request_id && offer->nonce_ground == nonce_ground;
}

/* The session offered for a Hello that was let in under that key: the same one if the Hello is
 * repeated because its answer was lost. NULL: no more in this slot, the ground asks again. */
const struct session_offer *session_offer(struct sessions *all, uint8_t key_id, uint32_t request_id,
                                          uint64_t nonce_ground)
{
    const struct key *key = keys_find(key_id);
    struct session_offer *place = &all->offers[0];

    if (key == NULL || all->hellos_left == 0) {
        return NULL;
    }
    all->hellos_left--;
    all->hellos++;
    for (uint32_t i = 0; i < SESSION_UNPROVEN; i++) {
        struct session_offer *offer = &all->offers[i];

        if (repeats(offer, key_id, request_id, nonce_ground)) {
            return offer;
        }
        /* a free place has number 0 */
        place = offer->number < place->number ? offer : place;
    }
    memset(place, 0, sizeof(*place));
    place->number = ++hello_number;
    place->request_id = request_id;
    place->nonce_ground = nonce_ground;
    place->nonce_board = make_nonce(key, nonce_ground);
    derive(place, key);
    place->session.peer = all->sender; /* a repetition from elsewhere does not move it */
    return place;
}

/* ---- outward --------------------------------------------------------------------------------- */

/* Is there somebody to send to? Without keys whoever listens. */
bool session_open(const struct sessions *all)
{
    return keys_none() || (all->current.id != 0 && all->current.sent < SESSION_LAST_COUNTER);
}

/* Gives a frame its key id, session and counter; returns the key of its code, NULL: the null key.
 * Only while session_open(). */
const struct mac_key *session_seal(struct sessions *all, struct frame *frame)
{
    frame->key_id = all->current.key_id;
    frame->session = all->current.id;
    frame->counter = ++all->current.sent;
    return keys_none() ? NULL : &all->current.to_ground;
}
