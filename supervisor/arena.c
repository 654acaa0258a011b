/* arena.c - bump allocator for decoded requests (see arena.h) */
#include "arena.h"

#include <stddef.h>

#define ARENA_ALIGN 8u

static struct {
    uint32_t used;
    uint32_t high_water;
    bool exhausted;
    _Alignas(8) uint8_t bytes[ARENA_BYTES];
} arena;

static void *take(void *data, size_t size)
{
    void *at;

    (void)data;
    if (size > ARENA_BYTES - arena.used) {
        arena.exhausted = true;
        return NULL;
    }
    at = arena.bytes + arena.used;
    /* ARENA_BYTES is a multiple of the alignment, so rounding up cannot pass the end */
    arena.used += ((uint32_t)size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    if (arena.used > arena.high_water) {
        arena.high_water = arena.used;
    }
    return at;
}
_Static_assert(ARENA_BYTES % ARENA_ALIGN == 0, "rounding up in take()");

/* All of it is given back at once by arena_reset(). */
static void give_back(void *data, void *at)
{
    (void)data;
    (void)at;
}

/* Forgets everything that was taken; the high-water mark stays. */
void arena_reset(void)
{
    arena.used = 0;
    arena.exhausted = false;
}

/* The arena as protobuf-c wants it. */
ProtobufCAllocator *arena_allocator(void)
{
    static ProtobufCAllocator allocator = { .alloc = take,
                                            .free = give_back,
                                            .allocator_data = NULL };

    return &allocator;
}

/* Was something refused since the last reset? */
bool arena_exhausted(void)
{
    return arena.exhausted;
}

/* Most bytes ever in use. */
uint32_t arena_high_water(void)
{
    return arena.high_water;
}

/* protobuf-c falls back to malloc when it is handed no allocator; the build renames its malloc and
 * free to these. Nobody hands it none: should somebody, decoding fails at the first test instead of
 * working from a heap that is not there. */
void *supervisor_no_malloc(size_t size)
{
    (void)size;
    return NULL;
}

void supervisor_no_free(void *at)
{
    (void)at;
}
