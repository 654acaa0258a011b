/* line.c - the line between board and ground (see line.h) */
#include "line.h"

#include <string.h>

#define HELD_US 500000 /* a held frame goes alone when nothing overtakes it for so long */

struct line_faults line_faults;
struct line_way line_down, line_up;

static uint64_t random_state = 0x9e3779b97f4a7c15u;

/* Begins another run of chances. */
void line_seed(uint32_t seed)
{
    random_state = 0x9e3779b97f4a7c15u ^ (uint64_t)seed << 17;
}

/* 0 <= value < 1; xorshift64*. */
double line_chance(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (double)(random_state * 0x2545f4914f6cdd1du >> 11) / (double)(1ull << 53);
}

static bool happens(double probability)
{
    return probability > 0 && line_chance() < probability;
}

static void damage(uint8_t *bytes, uint32_t count)
{
    for (uint32_t bit = 0; line_faults.ber > 0 && bit < 8 * count; bit++) {
        if (happens(line_faults.ber)) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    if (count > 1 && happens(line_faults.burst)) {
        uint32_t first = (uint32_t)(line_chance() * count);
        uint32_t length = 1 + (uint32_t)(line_chance() * LINE_BURST);

        for (uint32_t i = first; i < count && i < first + length; i++) {
            bytes[i] = (uint8_t)(line_chance() * 256);
        }
    }
}

static void deliver(struct line_way *way, const uint8_t *bytes, uint32_t count)
{
    if (count <= LINE_BYTES - way->ready_bytes) {
        memcpy(way->ready + way->ready_bytes, bytes, count);
        damage(way->ready + way->ready_bytes, count);
        way->ready_bytes += count;
    }
}

static void release(struct line_way *way)
{
    deliver(way, way->held, way->held_bytes);
    way->held_bytes = 0;
}

/* A frame, with the zero that ends it, or a zero alone. */
static void deliver_piece(struct line_way *way)
{
    uint32_t count = way->piece_bytes;

    way->piece_bytes = 0;
    if (count == 1) {
        deliver(way, way->piece, count);
        return;
    }
    if (happens(line_faults.drop)) {
        return;
    }
    if (way->held_bytes == 0 && happens(line_faults.reorder)) {
        memcpy(way->held, way->piece, count);
        way->held_bytes = count;
        way->held_us = HELD_US;
        return;
    }
    deliver(way, way->piece, count);
    if (happens(line_faults.dup)) {
        deliver(way, way->piece, count);
    }
    release(way);
}

/* Bytes go in. */
void line_put(struct line_way *way, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; line_faults.mute_us == 0 && i < count; i++) {
        way->piece[way->piece_bytes++] = bytes[i];
        if (bytes[i] == 0 || way->piece_bytes == LINE_PIECE) {
            deliver_piece(way);
        }
    }
}

/* Takes out at most `room` bytes; returns how many. */
uint32_t line_take(struct line_way *way, uint8_t *bytes, uint32_t room)
{
    uint32_t count = way->ready_bytes < room ? way->ready_bytes : room;

    if (line_faults.stall_us != 0) {
        return 0;
    }
    memcpy(bytes, way->ready, count);
    way->ready_bytes -= count;
    memmove(way->ready, way->ready + count, way->ready_bytes);
    return count;
}

static void less(uint64_t *left_us, uint32_t us)
{
    *left_us = *left_us > us ? *left_us - us : 0;
}

static void pass(struct line_way *way, uint32_t us)
{
    less(&way->held_us, us);
    if (way->held_us == 0 && way->held_bytes != 0) {
        release(way);
    }
}

/* Time passes on the line. */
void line_pass(uint32_t us)
{
    less(&line_faults.mute_us, us);
    less(&line_faults.stall_us, us);
    pass(&line_down, us);
    pass(&line_up, us);
}

/* The line is cut: what was on it is lost. */
void line_clear(void)
{
    line_down.ready_bytes = line_down.piece_bytes = line_down.held_bytes = 0;
    line_up.ready_bytes = line_up.piece_bytes = line_up.held_bytes = 0;
}
