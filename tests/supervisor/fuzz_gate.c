/* fuzz_gate.c - hostile frames and Hellos to the gate (session.c, keys.c, mac.c)
 *
 * An input is a row of steps: a Hello answered, or a frame made from a few choices: which session,
 * which key, which counter, what is changed afterwards. The verdict on each frame must be what a
 * model says that knows who made the code, which sessions are offered, and every counter that was
 * ever let in. So no forgery, no replay and no frame of another session or direction passes, and
 * nothing that should pass is refused. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fake_kernel.h"
#include "frame.h"
#include "keys.h"
#include "main.h"
#include "session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DIGITS_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define DIGITS_B "f0f1f2f3f4f5f6f7f8f9fafbfcfdfefff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define KEY_FILE "xm-key 7 " DIGITS_A "\nxm-key 200 " DIGITS_B "\n"
#define MOST_STEPS 24u
#define STEP_BYTES 8u

static const uint8_t key_ids[] = { 7, 200, 0, 9 }; /* two of the board's, none, and one unknown */

/* A session that was offered at some time. */
struct known {
    struct session_offer offer; /* as it was offered */
    enum { OFFERED, CURRENT, GONE } state;
    uint32_t counters[MOST_STEPS], count, highest; /* let in */
    uint32_t commanded;
};

static struct known known[MOST_STEPS];
static uint32_t known_count;
static struct sessions sessions;

static void fail(const char *what, uint32_t step)
{
    fprintf(stderr, "fuzz: step %u: %s\n", (unsigned)step, what);
    abort();
}

/* ---- Hello ----------------------------------------------------------------------------------- */

static struct known *find_offered(uint32_t session, uint8_t key_id)
{
    for (uint32_t i = 0; i < known_count; i++) {
        if (known[i].state != GONE && known[i].offer.session.id == session &&
            known[i].offer.session.key_id == key_id) {
            return &known[i];
        }
    }
    return NULL;
}

/* The oldest offer makes room for a fifth. */
static void make_room(void)
{
    struct known *oldest = NULL;
    uint32_t offered = 0;

    for (uint32_t i = known_count; i-- > 0;) {
        if (known[i].state == OFFERED) {
            oldest = &known[i];
            offered++;
        }
    }
    if (offered == SESSION_UNPROVEN) {
        oldest->state = GONE;
    }
}

static void step_hello(const uint8_t *choice, uint32_t step)
{
    static uint32_t left;
    uint8_t key_id = key_ids[choice[1] & 3];
    uint32_t id = choice[2] & 3;
    uint64_t nonce = choice[3] & 3;
    const struct session_offer *offer;
    struct known *same = NULL;

    if (step == 0 || (choice[1] & 4) != 0) {
        session_begin_slot(&sessions);
        left = SESSION_HELLOS_PER_SLOT;
    }
    for (uint32_t i = 0; i < known_count; i++) {
        const struct session_offer *o = &known[i].offer;

        if (known[i].state == OFFERED && o->session.key_id == key_id && o->request_id == id &&
            o->nonce_ground == nonce) {
            same = &known[i];
        }
    }
    offer = session_offer(&sessions, key_id, id, nonce);
    if (keys_find(key_id) == NULL || left == 0) {
        if (offer != NULL) {
            fail("a session is offered that should not be", step);
        }
        return;
    }
    left--;
    if (offer == NULL) {
        fail("no session is offered", step);
    }
    if (same != NULL) {
        if (offer->session.id != same->offer.session.id) {
            fail("a repeated Hello is offered another session", step);
        }
        return;
    }
    for (uint32_t i = 0; i < known_count; i++) {
        if (known[i].offer.nonce_board == offer->nonce_board) {
            fail("a nonce came twice", step);
        }
    }
    make_room();
    memset(&known[known_count], 0, sizeof(known[0]));
    known[known_count].state = OFFERED;
    known[known_count++].offer = *offer;
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* The key that a frame's code is made with. */
static const struct mac_key *choose_key(uint8_t choice, const struct known *of)
{
    const struct key *key = keys_find(key_ids[choice >> 3 & 1]);

    switch (choice & 7) {
    case 0:
        return &key->hello_ground;
    case 1:
        return &key->hello_board;
    case 2:
        return &key->master;
    case 3:
        return of == NULL ? &key->master : &of->offer.session.to_ground;
    default:
        return of == NULL ? &key->hello_ground : &of->offer.session.to_board;
    }
}

static uint32_t choose_counter(const uint8_t *choice, const struct known *of)
{
    static const uint32_t edges[] = { 0, 1, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xffffffff };
    uint32_t highest = of == NULL ? 0 : of->highest;

    switch (choice[0] & 3) {
    case 0:
        return highest + 1;
    case 1:
        return highest - choice[1] % 80u;
    case 2:
        return highest + choice[1];
    default:
        return edges[choice[1] % (sizeof(edges) / sizeof(edges[0]))];
    }
}

static bool was_let_in(const struct known *of, uint32_t counter)
{
    for (uint32_t i = 0; i < of->count; i++) {
        if (of->counters[i] == counter) {
            return true;
        }
    }
    return false;
}

/* Is the code at the end of these bytes that of this key? Written without mac_check(). */
static bool is_of_key(const uint8_t *plain, uint32_t count, const struct mac_key *key)
{
    uint8_t mac[MAC_BYTES];

    mac_make(key, plain, count - MAC_BYTES, mac);
    return memcmp(mac, plain + count - MAC_BYTES, MAC_BYTES) == 0;
}

/* What the gate must say, and what follows from it. */
static enum frame_verdict expect(const struct frame *frame, uint32_t count)
{
    const struct key *key = keys_find(frame->key_id);
    struct known *of;

    if (key == NULL) {
        return FRAME_BAD_KEY;
    }
    if (frame->session == 0) {
        return is_of_key(frame->bytes, count, &key->hello_ground) ? FRAME_GOOD : FRAME_BAD_MAC;
    }
    of = find_offered(frame->session, frame->key_id);
    if (of == NULL) {
        return FRAME_BAD_SESSION;
    }
    if (!is_of_key(frame->bytes, count, &of->offer.session.to_board)) {
        return FRAME_BAD_MAC;
    }
    if (frame->counter == 0 || frame->counter > 0x7fffffffu || was_let_in(of, frame->counter) ||
        (frame->counter < of->highest && of->highest - frame->counter > 63)) {
        return FRAME_REPLAYED;
    }
    of->counters[of->count++] = frame->counter;
    of->highest = frame->counter > of->highest ? frame->counter : of->highest;
    for (uint32_t i = 0; of->state == OFFERED && i < known_count; i++) {
        known[i].state = known[i].state == CURRENT ? GONE : known[i].state;
    }
    of->state = CURRENT;
    return FRAME_GOOD;
}

static void check_order(const struct frame *frame, uint32_t step)
{
    struct known *of = find_offered(frame->session, frame->key_id);
    bool in_order = frame->counter > of->commanded;

    if (session_in_order(&sessions, frame) != in_order) {
        fail("order of commands", step);
    }
    of->commanded = in_order ? frame->counter : of->commanded;
}

static void step_frame(const uint8_t *choice, uint32_t step)
{
    struct known *of = known_count == 0 ? NULL : &known[choice[1] % known_count];
    struct known *other = known_count == 0 ? NULL : &known[choice[2] % known_count];
    struct frame made = { .type = FRAME_COMMAND, .payload = choice, .length = choice[4] % 8u };
    uint8_t plain[FRAME_BYTES(8)];
    enum frame_verdict verdict, expected;
    struct frame frame;
    uint32_t count;

    made.session = of == NULL || (choice[0] & 4) != 0 ? choice[2] % 4u : of->offer.session.id;
    made.key_id =
        of == NULL || (choice[0] & 8) != 0 ? key_ids[choice[3] >> 6] : of->offer.session.key_id;
    made.counter = choose_counter(choice + 5, of);
    count = frame_build(plain, &made,
                        made.key_id == MAC_NULL_KEY
                            ? NULL
                            : choose_key(choice[3], (choice[0] & 16) != 0 ? other : of));
    if ((choice[0] & 32) != 0) { /* changed on the way by somebody who makes check sums */
        plain[3 + choice[6] % (count - 7)] ^= choice[7];
        bytes_put_be32(plain + count - 4, frame_crc32c(plain, count - 4));
    }
    if (frame_open(plain, count, FRAME_RX_PAYLOAD, &frame) != FRAME_GOOD) {
        return;
    }
    expected = expect(&frame, count - 4);
    verdict = session_admit(&sessions, &frame);
    if (verdict != expected) {
        fprintf(stderr, "fuzz: step %u: verdict %u, to be %u\n", (unsigned)step, (unsigned)verdict,
                (unsigned)expected);
        abort();
    }
    if (verdict == FRAME_GOOD && frame.session != 0 && (choice[0] & 64) != 0) {
        check_order(&frame, step);
    }
}

/* Entry of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;

    if (!started) {
        fake_init(NULL);
        fake_set_keys(KEY_FILE);
        fake_start_again(false);
        started = true;
    }
    session_init(&sessions);
    known_count = 0;
    for (uint32_t step = 0; size >= STEP_BYTES && step < MOST_STEPS; step++) {
        if (step == 0 || (data[0] & 0x80) != 0) {
            step_hello(data, step);
        } else {
            step_frame(data, step);
        }
        data += STEP_BYTES;
        size -= STEP_BYTES;
    }
    return 0;
}
