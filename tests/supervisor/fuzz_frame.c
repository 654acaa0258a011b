/* fuzz_frame.c - hostile bytes to the frame reader of the line (frame.c, link_uart.c, link.c)
 *
 * An input is bytes on the line, or (first byte odd) a row of frames, each behind its length, that
 * get a right check sum and encoding first, and (next bit) a right header too. What the reader lets through and what it counts must be
 * what a second reader says, which is written here from the protocol's text alone: one run at a
 * time, no state. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "frame.h"
#include "link.h"
#include "main.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST_FRAMES 1024u
#define LINE_BYTES 4000u /* fit the fake kernel's ring */
#define FRAME_LEAST 18u  /* header and check sum */
#define PAYLOAD_MOST 192u
#define CODE_BYTES 16u

struct seen {
    uint32_t session, counter, length;
    uint8_t payload[PAYLOAD_MOST];
};

static struct seen expected[MOST_FRAMES];
static uint32_t expected_count;
static uint32_t expected_refused[FRAME_VERDICTS], expected_text;

static void fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

/* ---- the second reader ----------------------------------------------------------------------- */

static uint32_t number(const uint8_t *bytes, uint32_t count)
{
    uint32_t value = 0;

    while (count-- > 0) {
        value = value << 8 | *bytes++;
    }
    return value;
}

/* What eight steps of the polynomial make of a byte. */
static uint32_t step[256];

static void make_steps(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        step[byte] = byte;
        for (unsigned bit = 0; bit < 8; bit++) {
            step[byte] = step[byte] >> 1 ^ ((step[byte] & 1) != 0 ? 0x82f63b78u : 0);
        }
    }
}

static uint32_t check_sum(const uint8_t *bytes, uint32_t count)
{
    uint32_t crc = 0xffffffffu;

    for (uint32_t i = 0; i < count; i++) {
        crc = crc >> 8 ^ step[(crc ^ bytes[i]) & 255];
    }
    return ~crc;
}

/* Bytes behind one run; -1: no encoder made it. */
static int32_t decode(uint8_t *to, const uint8_t *from, uint32_t count)
{
    int32_t made = 0;

    for (uint32_t at = 0; at < count;) {
        uint32_t code = from[at];

        if (at + code > count) {
            return -1;
        }
        for (uint32_t i = 1; i < code; i++) {
            to[made++] = from[at + i];
        }
        at += code;
        if (code != 255 && at < count) {
            to[made++] = 0;
        }
    }
    return made;
}

static enum frame_verdict judge(const uint8_t *frame, uint32_t count)
{
    struct seen *seen = &expected[expected_count];

    if (count < FRAME_LEAST || count > FRAME_LEAST + PAYLOAD_MOST + CODE_BYTES) {
        return FRAME_BAD_LENGTH;
    }
    if (check_sum(frame, count - 4) != number(frame + count - 4, 4)) {
        return FRAME_BAD_CRC;
    }
    if (frame[0] != 0x5a || frame[1] != 1 || frame[2] != 0) {
        return FRAME_BAD_VERSION;
    }
    seen->session = number(frame + 4, 4);
    seen->counter = number(frame + 8, 4);
    seen->length = number(frame + 12, 2);
    if (seen->length > PAYLOAD_MOST ||
        FRAME_LEAST + seen->length + (frame[3] != 0 ? CODE_BYTES : 0) != count) {
        return FRAME_BAD_LENGTH;
    }
    if (frame[3] != 0) {
        return FRAME_BAD_KEY; /* the board has none */
    }
    memcpy(seen->payload, frame + 14, seen->length);
    expected_count++;
    return FRAME_GOOD;
}

static void read_run(const uint8_t *run, uint32_t count)
{
    static uint8_t frame[LINE_BYTES];
    const uint32_t longest = FRAME_LEAST + PAYLOAD_MOST + CODE_BYTES;
    int32_t bytes;

    if (count == 0) {
        return;
    }
    if (count > longest + longest / 254 + 1) {
        expected_refused[FRAME_BAD_LENGTH]++;
        return;
    }
    bytes = decode(frame, run, count);
    if (bytes < 0) {
        expected_text += count;
    } else if (bytes == 0) {
        expected_refused[FRAME_BAD_LENGTH]++;
    } else {
        expected_refused[judge(frame, (uint32_t)bytes)]++;
    }
}

static void read_line(const uint8_t *line, uint32_t count)
{
    uint32_t begin = 0;

    expected_count = expected_text = 0;
    memset(expected_refused, 0, sizeof(expected_refused));
    for (uint32_t at = 0; at < count; at++) {
        if (line[at] == 0) {
            read_run(line + begin, at - begin);
            begin = at + 1;
        }
    }
}

/* ---- what the line carries ------------------------------------------------------------------- */

/* Encodes as the protocol's text says, one group after the other. */
static uint32_t encode(uint8_t *to, const uint8_t *from, uint32_t count)
{
    uint32_t made = 0, at = 0;
    bool open = true; /* a group must follow */

    while (open) {
        uint32_t group = 0;

        while (at + group < count && from[at + group] != 0 && group < 254) {
            group++;
        }
        to[made++] = (uint8_t)(group + 1);
        memcpy(to + made, from + at, group);
        made += group;
        at += group;
        open = at < count;
        if (group < 254 && open) {
            at++; /* the zero that the group stands for */
        }
    }
    return made;
}

/* Version, type, channel and length as they should be. */
static void put_header_right(uint8_t *frame, uint32_t count)
{
    uint32_t around = 14u + (frame[3] != 0 ? CODE_BYTES : 0);

    memcpy(frame, "\x5a\1", 3); /* and a zero: the channel */
    frame[12] = 0;
    frame[13] = (uint8_t)(count < around ? 0 : count - around);
}

/* One frame of these bytes, sound as far as a check sum, or a header too, makes one. */
static uint32_t put_frame(uint8_t *line, const uint8_t *bytes, uint32_t count, bool header)
{
    uint8_t plain[256 + 4];
    uint32_t sum, made;

    memcpy(plain, bytes, count);
    if (header && count >= 14) {
        put_header_right(plain, count);
    }
    sum = check_sum(plain, count);
    for (uint32_t i = 0; i < 4; i++) {
        plain[count + i] = (uint8_t)(sum >> (24 - 8 * i));
    }
    made = encode(line, plain, count + 4);
    if (made != frame_cobs_encode(line + made, plain, count + 4) ||
        memcmp(line, line + made, made) != 0) {
        fail("two encoders disagree");
    }
    line[made++] = 0;
    return made;
}

static uint32_t fill_line(uint8_t *line, const uint8_t *data, uint32_t size, uint8_t what)
{
    bool frames = (what & 1) != 0;
    uint32_t made = 1;

    line[0] = 0; /* ends what came before */
    while (frames && size > 1 && made + 2 * (256 + 8) < LINE_BYTES) {
        uint32_t count = data[0] < size - 1 ? data[0] : size - 1;

        made += put_frame(line + made, data + 1, count, (what & 2) != 0);
        data += 1 + count;
        size -= 1 + count;
    }
    if (!frames) {
        size = size < LINE_BYTES - 2 ? size : LINE_BYTES - 2;
        memcpy(line + made, data, size);
        made += size;
    }
    line[made++] = 0;
    return made;
}

/* ---- the reader ------------------------------------------------------------------------------ */

static void compare(const struct frame *frame, uint32_t place)
{
    const struct seen *seen = &expected[place];

    if (place >= expected_count || frame->session != seen->session ||
        frame->counter != seen->counter || frame->length != seen->length ||
        memcmp(frame->payload, seen->payload, seen->length) != 0) {
        fail("a frame was let through that is none, or another");
    }
}

static void check_counters(const struct link_counters *now, const struct link_counters *before)
{
    for (unsigned i = 0; i < FRAME_VERDICTS; i++) {
        if (now->refused[i] - before->refused[i] != expected_refused[i]) {
            fprintf(stderr, "fuzz: verdict %u: counted %u, to be counted %u\n", i,
                    (unsigned)(now->refused[i] - before->refused[i]),
                    (unsigned)expected_refused[i]);
            abort();
        }
    }
    if (now->text_bytes - before->text_bytes != expected_text) {
        fail("bytes of text miscounted");
    }
}

/* Entry of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t line[LINE_BYTES];
    static bool started;
    struct link_counters before;
    struct frame frame;
    uint32_t count, place = 0, piece;
    struct link *link;

    if (!started) {
        fake_init(NULL);
        make_steps();
        started = true;
    }
    if (size == 0) {
        return 0;
    }
    link = link_at(0);
    before = link->counters;
    count = fill_line(line, data + 1, (uint32_t)size - 1, data[0]);
    read_line(line, count);
    piece = (data[0] & 4) != 0 ? 1 + data[0] / 8u : LINE_BYTES; /* bytes that arrive at once */
    for (uint32_t at = 0; at < count; at += piece) {
        fake_type(line + at, piece < count - at ? piece : count - at);
        link_begin_slot(link);
        while (link_next_frame(link, &frame)) {
            compare(&frame, place++);
        }
    }
    if (place != expected_count) {
        fail("a good frame was not let through");
    }
    check_counters(&link->counters, &before);
    return 0;
}
