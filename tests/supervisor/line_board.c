/* line_board.c - the supervisor over the fake kernel, slot by slot, for tests/link/virtual.py
 *
 *   line_board RECORDS [KEYFILE]
 *
 * Whoever drives it owns the line and the time: it says how much time has passed since the last
 * slot, how many bytes the line has carried off, and which have come. Requests on standard input,
 * answers on standard output, numbers of 32 bits in the host's order:
 *
 *   T time_us drained count bytes   one slot after so much time -> state, count, bytes written
 *   L                               the health-monitor log -> count, bytes
 *   R whole                         starts again; 0: the supervisor alone, 1: the board
 *   S calls                         fake.stop_in
 *   X                               resets of partitions -> count, then for each its status word
 *
 * state is that of fake.end. The log has RECORDS records of 64 bytes, with random content. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fake_kernel.h"
#include "frame.h"
#include "main.h"

#define MOST_RESETS 200000u

static uint32_t resets[MOST_RESETS], reset_count;

static void note_reset(xm_u32_t partition, xm_u32_t status)
{
    (void)partition;
    if (reset_count < MOST_RESETS) {
        resets[reset_count++] = status;
    }
}

static void finish(const char *why)
{
    fprintf(stderr, "line_board: %s\n", why);
    exit(2);
}

static uint32_t take_number(void)
{
    uint32_t number;

    if (fread(&number, sizeof(number), 1, stdin) != 1) {
        finish("a request is cut off");
    }
    return number;
}

static void give(const void *bytes, uint32_t count, uint32_t size)
{
    if (fwrite(&count, sizeof(count), 1, stdout) != 1 ||
        fwrite(bytes, size, count, stdout) != count) {
        finish("nobody takes the answer");
    }
}

static void take_keys(const char *path)
{
    static char text[KEYFILE_BYTES + 1];

    if (!fake_read_keys(path, text)) {
        finish("cannot read the key file");
    }
    fake_set_keys(text);
    fake_start_again(false);
}

/* Records with random content (xorshift, Marsaglia) and a good check sum. */
static void fill_log(uint32_t records)
{
    uint32_t word = 2463534242u;

    fake_log_hm(records);
    for (uint32_t n = 0; n < fake.hm.capacity; n++) {
        uint8_t *item = fake.hm.items + n * fake.hm.item_bytes;

        for (uint32_t at = 20; at < fake.hm.item_bytes - 4; at += 4) {
            word ^= word << 13;
            word ^= word >> 17;
            word ^= word << 5;
            bytes_put_be32(item + at, word);
        }
        bytes_put_be32(item + fake.hm.item_bytes - 4, frame_crc32c(item, fake.hm.item_bytes - 4));
    }
}

static void one_slot(void)
{
    static uint8_t bytes[FAKE_RING];
    uint32_t time_us = take_number(), count, state, before;

    fake.line_bytes = take_number();
    count = take_number();
    if (count > sizeof(bytes) || fread(bytes, 1, count, stdin) != count) {
        finish("more than the receive ring holds, or cut off");
    }
    fake_tick(time_us);
    fake.sent_count = 0;
    fake_type(bytes, count);
    before = fake.tx_count;
    fake_run(supervisor_slot);
    state = fake.end;
    fwrite(&state, sizeof(state), 1, stdout);
    give(fake.tx + before, fake.tx_count - before, 1);
}

static void give_log(void)
{
    static uint8_t log[FAKE_ITEMS];
    uint32_t at = 0, unit = fake.hm.item_bytes;

    for (uint64_t seq = fake.hm.oldest; seq < fake.hm.next; seq++, at += unit) {
        memcpy(log + at, fake.hm.items + seq % fake.hm.capacity * unit, unit);
    }
    give(log, at, 1);
}

int main(int argc, char **argv)
{
    int request;

    if (argc < 2) {
        finish("usage: line_board RECORDS [KEYFILE]");
    }
    fake_init(NULL);
    fake.info.boot_id = 1; /* boards count their boots */
    if (argc > 2) {
        take_keys(argv[2]);
    }
    fill_log((uint32_t)strtoul(argv[1], NULL, 10));
    fake.on_reset = note_reset;
    while ((request = getchar()) != EOF) {
        switch (request) {
        case 'T':
            one_slot();
            break;
        case 'L':
            give_log();
            break;
        case 'R':
            fake_start_again(take_number() != 0);
            break;
        case 'S':
            fake.stop_in = take_number();
            break;
        case 'X':
            give(resets, reset_count, sizeof(resets[0]));
            break;
        default:
            finish("unknown request");
        }
        fflush(stdout);
    }
    return 0;
}
