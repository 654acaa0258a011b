/* fuzz_dispatcher.c - hostile frames to the whole supervisor, behind the check sum and the gate
 *
 * An input is one life of a board: its first byte says whether it has a key, the rest is a row of
 * steps. A step is what it is, its length, and its bytes: on the line as they are, or as the payload
 * of a good frame of the session, with the hazard token told last if wanted (nobody guesses it), or
 * of one outside (where a Hello is). What must hold whatever
 * comes: no memory error, everything sent is a good frame with rising counters (ground_listen()
 * checks the frames and their codes), every wait ends, and the link still serves afterwards. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "frame.h"
#include "ground.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEYED 1u
#define KEY_ID 7u
#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SLOTS_TO_SERVE 64u /* at most, until a request is answered */

static uint32_t counter_before; /* of the frame heard last in this session */
static uint32_t token;          /* told last; 0: none */

static void fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

/* A good frame of the session; its number counts from 1 after every opening. */
static void check_answers(void)
{
    ground_listen();
    for (unsigned i = 0; i < ground_count; i++) {
        const struct message *m = &ground_heard[i];

        if (m->session != ground_session.id || (m->type == FRAME_REPLY && m->counter == 0)) {
            continue; /* an answer to a Hello, or the end of an earlier session */
        }
        if (m->counter != counter_before + 1) {
            fail("a frame counter was left out");
        }
        counter_before = m->counter;
        if (m->reply != NULL && m->reply->result_case == XM__REPLY__RESULT_ARMED) {
            token = m->reply->armed->hazard_token;
        }
    }
    ground_forget();
}

/* A ping in the session is answered. */
static void check_serves(void)
{
    static const uint8_t ping[] = {
        0x08, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x52, 0x00
    }; /* id 0xffffffff */
    static const uint8_t delimiter = 0;

    fake_type(&delimiter, 1);
    ground_send_payload(ping, sizeof(ping));
    for (unsigned slots = 0; slots < SLOTS_TO_SERVE; slots++) {
        fake_slot();
        if (fake.end != FAKE_GOES_ON) {
            return; /* a reset that had been ordered */
        }
        ground_listen();
        if (ground_last_reply(0xffffffff) != NULL) {
            check_answers();
            return;
        }
    }
    fail("the link no longer serves");
}

/* Opens a session and proves it: only then it outlasts the Hellos of others. */
static void open_session(void)
{
    static uint64_t nonce;

    counter_before = 0;
    if (ground_session.key_id == 0) {
        return;
    }
    ground_session.id = 0;
    if (!ground_open_session(0xfffffff0u, ++nonce)) {
        fail("no session is opened");
    }
    ground_forget();
    check_serves();
}

static void start_anew(bool keyed)
{
    uint8_t key[MAC_KEY_BYTES];

    for (uint32_t i = 0; i < MAC_KEY_BYTES; i++) {
        key[i] = (uint8_t)i;
    }
    fake_init(NULL);
    token = 0;
    ground_forget();
    ground_use_key(KEY_ID, keyed ? key : NULL);
    if (keyed) {
        fake_set_keys("xm-key 7 " DIGITS);
        fake_start_again(false);
    }
    fake_log_hm(40);
    fake_log_trace(1, 20);
    fake_print(1, "something to read\n");
    open_session();
}

/* Slots pass; a board that is reset starts again. */
static void let_pass(unsigned slots)
{
    while (slots-- > 0) {
        fake_slot();
        check_answers();
        if (fake.end != FAKE_GOES_ON) {
            fake_start_again(true);
            open_session();
        }
    }
}

static void step(uint8_t what, const uint8_t *bytes, uint32_t count)
{
    uint8_t wire[512], armed[256 + 5];

    if (what % 4 == 3) { /* field 3, fixed32: the last one in a message is the one that counts */
        memcpy(armed, bytes, count);
        armed[count] = 0x1d;
        for (uint32_t i = 0; i < 4; i++) {
            armed[count + 1 + i] = (uint8_t)(token >> 8 * i);
        }
        ground_send_payload(armed, count + 5);
    } else if (what % 4 == 0) {
        fake_type(bytes, count);
    } else if (what % 4 == 1 && ground_session.key_id != 0) {
        fake_type(wire, ground_make_frame(wire, 0, 1, &ground_session.hello_ground, bytes, count));
    } else {
        ground_send_payload(bytes, count);
    }
    let_pass(1 + what / 4 % 4u);
}

/* Entry of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    start_anew((data[0] & KEYED) != 0);
    data++;
    size--;
    while (size >= 2) {
        uint32_t count = data[1] < size - 2 ? data[1] : (uint32_t)size - 2;

        step(data[0], data + 2, count);
        data += 2 + count;
        size -= 2 + count;
    }
    check_serves();
    return 0;
}
