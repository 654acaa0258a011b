/* arena.h - memory for one decoded request, the only dynamic memory of the supervisor
 *
 * Rules:     arena_reset() before each frame; nothing taken from the arena outlives the frame.
 * Invariant: a request that needs more is refused as a whole (arena_exhausted() tells), never
 *            cut. 192 bytes of hostile input take about 40 times their size; the size leaves
 *            room for the 1 KiB frames of a datagram link. */
#ifndef SUPERVISOR_ARENA_H
#define SUPERVISOR_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#ifndef ARENA_BYTES
#define ARENA_BYTES (48u * 1024u)
#endif

void arena_reset(void);
ProtobufCAllocator *arena_allocator(void);
bool arena_exhausted(void);
uint32_t arena_high_water(void);
void *supervisor_no_malloc(size_t size);
void supervisor_no_free(void *at);

#endif
