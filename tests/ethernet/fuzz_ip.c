/* fuzz_ip.c - hostile frames to lwIP as the supervisor builds it
 *
 * An input is a row of frames, each behind two bytes: its length, and what is put right in it so
 * that it gets further than the first check sum. What must hold whatever comes: no memory error, no
 * byte read behind a frame, no assertion, no pool that empties for good, and the port still serves.
 *
 * Built with libFuzzer, or (FUZZ_LOOP) as a program that makes frames itself, the same in every
 * run. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/memp.h>
#include <lwip/stats.h>

#include "bytes.h"
#include "fake_mac.h"
#include "ip.h"
#include "packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAME_MAX 1514u

static unsigned inputs;
static uint64_t now_us;

static void fail(const char *what)
{
    fprintf(stderr, "fuzz: input %u: %s\n", inputs, what);
    abort();
}

/* Makes it a frame for the board: type, version, lengths and check sums, as far as asked. */
static void put_right(uint8_t *frame, uint32_t count, uint8_t what)
{
    uint32_t header;

    if ((what & 1) == 0 || count < 34) {
        return;
    }
    memcpy(frame, board_mac, 6);
    if ((what & 2) != 0) {
        bytes_put_be16(frame + 12, 0x0806);
        memcpy(frame + 14, "\0\1\10\0\6\4\0", 7);
        return;
    }
    bytes_put_be16(frame + 12, 0x0800);
    frame[14] = (uint8_t)(0x45 + (what >> 6)); /* with options, sometimes */
    header = 4u * (frame[14] & 15u);
    if (14 + header > count) {
        return;
    }
    bytes_put_be16(frame + 16, (uint16_t)(count - 14));
    bytes_put_be32(frame + 30, BOARD_IP);
    if ((what & 4) != 0) {
        frame[20] = frame[21] = 0; /* whole */
    }
    if ((what & 8) != 0) {
        frame[23] = (what & 16) != 0 ? UDP : ICMP;
    }
    bytes_put_be16(frame + 24, 0);
    bytes_put_be16(frame + 24, packet_sum(frame + 14, header, 0));
    if (frame[23] == UDP && (what & 32) != 0 && count >= 14 + header + 8) {
        bytes_put_be16(frame + 14 + header + 6, 0); /* without a check sum */
        bytes_put_be16(frame + 14 + header + 4, (uint16_t)(count - 14 - header));
    }
    if (frame[23] == ICMP && count >= 14 + header + 4) {
        bytes_put_be16(frame + 14 + header + 2, 0);
        bytes_put_be16(frame + 14 + header + 2,
                       packet_sum(frame + 14 + header, count - 14 - header, 0));
    }
}

static void show(const uint8_t *bytes, uint32_t count, uint8_t what)
{
    uint8_t *alone = malloc(count);
    struct ip_datagram datagram;
    uint32_t sum = 0;

    memcpy(alone, bytes, count);
    put_right(alone, count, what);
    if (ip_frame(alone, count, &datagram)) {
        for (uint32_t i = 0; i < datagram.count; i++) {
            sum += datagram.bytes[i];
        }
        if (datagram.from.address != 0) {
            (void)ip_send(&datagram.from, datagram.bytes, datagram.count);
        }
    }
    free(alone);
    now_us += sum % 2 * 500000u;
    ip_tick(now_us, true);
}

static void check(void)
{
    uint8_t frame[128];
    struct ip_datagram datagram;
    struct ip_counters counters;

    ip_counters(&counters);
    if (counters.assertions != 0) {
        fail("lwIP asserts");
    }
    if (lwip_stats.memp[MEMP_PBUF]->used != 0) {
        fail("a received frame is kept");
    }
    if (!ip_frame(frame, packet_udp(frame, BOARD_IP, IP_PORT, board_mac, 6), &datagram)) {
        fail("the port no longer serves");
    }
}

/* Entry of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (inputs++ % 4096 == 0) {
        fake_fresh_start();
        now_us = 0;
    }
    while (size > 2) {
        uint32_t count = 1 + data[0] * 6u;
        uint8_t what = data[1];

        data += 2;
        size -= 2;
        count = count > size ? (uint32_t)size : count;
        count = count > FRAME_MAX ? FRAME_MAX : count;
        show(data, count, what);
        data += count;
        size -= count;
    }
    check();
    return 0;
}

#ifdef FUZZ_LOOP
static uint64_t seed = 88172645463325252u;

/* xorshift64 (Marsaglia): the same numbers on every machine. */
static uint32_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32);
}

static uint32_t sound_frame(uint8_t *frame)
{
    switch (random_word() % 4) {
    case 0:
        return packet_arp_request(frame, GROUND_IP + random_word() % 4, BOARD_IP);
    case 1:
        return packet_echo(frame, BOARD_IP, random_word() % 200);
    case 2:
        return packet_udp(frame, BOARD_IP, IP_PORT, all_mac, random_word() % 6);
    default:
        for (uint32_t i = 0; i < 200; i++) {
            frame[i] = (uint8_t)random_word();
        }
        return 1 + random_word() % 200;
    }
}

static void replay(const char *name)
{
    static uint8_t input[65536];
    FILE *file = fopen(name, "rb");

    if (file == NULL) {
        fprintf(stderr, "fuzz: cannot read %s\n", name);
        exit(1);
    }
    (void)LLVMFuzzerTestOneInput(input, fread(input, 1, sizeof(input), file));
    fclose(file);
}

/* The inputs named, then the frames of its own making. */
int main(int count_of_names, char **names)
{
    uint8_t input[2 + FRAME_MAX];

    for (int i = 1; i < count_of_names; i++) {
        replay(names[i]);
    }
    printf("ok 1 - corpus_of_%d_inputs\n", count_of_names - 1);
    for (unsigned round = 0; round < 1000000; round++) {
        uint32_t count = sound_frame(input + 2);

        for (uint32_t n = random_word() % 4; n > 0; n--) {
            input[2 + random_word() % count] = (uint8_t)random_word();
        }
        if (random_word() % 8 == 0) {
            count = 1 + random_word() % count; /* cut */
        }
        input[0] = 0xff;
        input[1] = random_word() % 2 == 0 ? 0 : (uint8_t)random_word();
        (void)LLVMFuzzerTestOneInput(input, 2 + count);
    }
    puts("ok 2 - a_million_hostile_frames");
    return 0;
}
#endif
