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
 *   P records capacity boot         power off and on: the memory is lost, that boot begins; the log
 *                                   holds so many records, 0: 64 KiB
 *   A records                       so many more in the health-monitor log
 *   K count bytes                   this key file is in the image from the next start on
 *   C time_us                       the clock jumps, by a signed number, not before its start
 *   G bytes                         size of the receive ring: what the ground may send at once
 *   N                               -> boot id, oldest and next record of the log, plan switches
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
static char key_text[KEYFILE_BYTES + 1];

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

static void take_bytes(void *bytes, uint32_t most, uint32_t *count)
{
    *count = take_number();
    if (*count > most || fread(bytes, 1, *count, stdin) != *count) {
        finish("more than there is room for, or cut off");
    }
}

/* Adds records with random content (xorshift, Marsaglia) and a good check sum; no two are equal. */
static void fill_log(uint32_t records)
{
    static uint32_t word = 2463534242u;

    while (records-- > 0) {
        uint8_t *item = fake.hm.items + fake.hm.next % fake.hm.capacity * fake.hm.item_bytes;

        fake_log_hm(1);
        for (uint32_t at = 20; at < fake.hm.item_bytes - 4; at += 4) {
            word ^= word << 13;
            word ^= word >> 17;
            word ^= word << 5;
            bytes_put_be32(item + at, word);
        }
        bytes_put_be32(item + fake.hm.item_bytes - 4, frame_crc32c(item, fake.hm.item_bytes - 4));
    }
}

static void power_on(uint32_t records, uint32_t capacity, uint32_t boot)
{
    fake_init(NULL);
    fake_log_resize(&fake.hm, capacity != 0 ? capacity : fake.hm.capacity);
    fake.info.boot_id = boot;
    fake.on_reset = note_reset;
    fake_set_keys(key_text);
    fake_start_again(false);
    fill_log(records);
}

static void one_slot(void)
{
    static uint8_t bytes[16 * FAKE_RING]; /* the ring takes what it has room for */
    uint32_t time_us = take_number(), count, state, before;

    fake.line_bytes = take_number();
    take_bytes(bytes, sizeof(bytes), &count);
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

static void take_keys(void)
{
    uint32_t count;

    memset(key_text, 0, sizeof(key_text));
    take_bytes(key_text, KEYFILE_BYTES, &count);
    fake_set_keys(key_text);
}

#define FIRST_US 1000000 /* of fake_start_again() */

static void jump_clock(int32_t time_us)
{
    if (fake.info.now_us + time_us < FIRST_US) {
        time_us = (int32_t)(FIRST_US - fake.info.now_us);
    }
    fake.info.now_us += time_us;
    fake.info.frame_start_us += time_us;
}

static void give_numbers(void)
{
    uint32_t numbers[] = { fake.info.boot_id, (uint32_t)fake.hm.oldest, (uint32_t)fake.hm.next,
                           fake.switch_calls };

    give(numbers, sizeof(numbers) / sizeof(numbers[0]), sizeof(numbers[0]));
}

/* What is done to the board between its slots. */
static void obey(int request)
{
    uint32_t number, capacity;

    switch (request) {
    case 'R':
        fake_start_again(take_number() != 0);
        break;
    case 'S':
        fake.stop_in = take_number();
        break;
    case 'P':
        number = take_number();
        capacity = take_number();
        power_on(number, capacity, take_number());
        break;
    case 'A':
        fill_log(take_number());
        break;
    case 'K':
        take_keys();
        break;
    case 'C':
        jump_clock((int32_t)take_number());
        break;
    case 'G':
        fake.link.rx_size = take_number();
        break;
    default:
        finish("unknown request");
    }
}

int main(int argc, char **argv)
{
    int request;

    if (argc < 2) {
        finish("usage: line_board RECORDS [KEYFILE]");
    }
    if (argc > 2 && !fake_read_keys(argv[2], key_text)) {
        finish("cannot read the key file");
    }
    power_on((uint32_t)strtoul(argv[1], NULL, 10), 0, 1);
    while ((request = getchar()) != EOF) {
        switch (request) {
        case 'T':
            one_slot();
            break;
        case 'L':
            give_log();
            break;
        case 'X':
            give(resets, reset_count, sizeof(resets[0]));
            break;
        case 'N':
            give_numbers();
            break;
        default:
            obey(request);
        }
        fflush(stdout);
    }
    return 0;
}
