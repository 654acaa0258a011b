/* fuzz.c - one hostile input to the whole supervisor
 *
 * The first byte chooses how the rest arrives: as bytes on the line, or as the payload of a good
 * frame (so that it gets past the CRC to the decoder and the commands). What must hold whatever
 * comes: no memory error, everything sent is a good frame with rising counters (ground_listen()
 * checks the frames), every wait ends, and the link still serves afterwards. */
#include "fuzz.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "frame.h"
#include "ground.h"
#include "main.h"

static unsigned inputs;

static void fail(const char *what)
{
    fprintf(stderr, "fuzz: input %u: %s\n", inputs, what);
    abort();
}

static void start_anew(void)
{
    fake_init(NULL);
    ground_forget();
    fake_log_hm(100);
    fake_log_trace(1, 20);
    fake_print(1, "something to read\n");
}

static void check_answers(void)
{
    ground_listen();
    for (unsigned i = 1; i < ground_count; i++) {
        if (ground_heard[i].counter != ground_heard[i - 1].counter + 1) {
            fail("a frame counter was left out");
        }
    }
    ground_forget();
}

static void check_serves(void)
{
    static const uint8_t ping[] = {
        0x08, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x52, 0x00
    }; /* id 0xffffffff */
    static const uint8_t delimiter = 0;

    fake_type(&delimiter, 1);
    ground_send_payload(ping, sizeof(ping));
    for (int i = 0; i < 8; i++) {
        fake_slot();
    }
    ground_listen();
    if (ground_last_reply(0xffffffff) == NULL) {
        fail("the link no longer serves");
    }
    ground_forget();
}

/* Feeds one input and lets it have its effect. */
void fuzz_one(const uint8_t *data, size_t size)
{
    if (inputs++ % 1024 == 0 || fake.end != FAKE_GOES_ON) {
        start_anew();
    }
    if (size == 0) {
        return;
    }
    if (data[0] % 4 == 0) {
        fake_type(data + 1, (uint32_t)(size - 1));
    } else if (size - 1 <= 1024) {
        ground_send_payload(data + 1, (uint32_t)(size - 1));
    }
    for (int i = 0; i < 3; i++) {
        fake_slot();
    }
    check_answers();
    if (inputs % 64 == 0 && fake.end == FAKE_GOES_ON) {
        check_serves();
    }
}

/* Entry of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_one(data, size);
    return 0;
}
