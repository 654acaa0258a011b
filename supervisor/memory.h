/* memory.h - memory of the partitions, read for the ground
 *
 * Only areas that the configuration gives a partition can be read, each range in one of them, and
 * none of the supervisor's own, which hold the keys of the link. Nothing is ever written. Every byte
 * comes through XM_memory_copy, which checks the range again. Reading goes through logs.h, whose
 * chunks it uses: the byte at address a is item a + 1.
 *
 * A check sum over a range is made in pieces, MEMORY_SLOT_BYTES in a slot: a whole area in one slot
 * would take longer than the slot.
 *
 * Rules:     memory_poll() once in a slot, behind the commands.
 * Invariant: whoever asks for a check is answered, by the sum, by what there is of it, or by a
 *            failure. There is one check at a time; its result stays until the next one. */
#ifndef SUPERVISOR_MEMORY_H
#define SUPERVISOR_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "reply.h"

/* Of a check in one slot. At 6 instructions a byte for the sum and about 2 for the copy 1.3 ms at
 * 50 MIPS: less than two frames of a log under a key cost, and still three times as fast as a line
 * of 115,200 baud brings the same bytes, in a major frame of 250 ms. */
#define MEMORY_SLOT_BYTES 8192u
/* So long a check goes on without being asked about: longer than a bad line keeps a question away,
 * and shorter than the sum of a large area takes. */
#define MEMORY_PATIENCE_US 60000000u

void memory_init(void);
void memory_list(const struct asker *asker, const Xm__Request *request);
void memory_check(const struct asker *asker, const Xm__Request *request);
void memory_poll(void);
bool memory_holds(uint32_t partition, uint64_t first_item, uint64_t items);
const char *memory_missed(uint32_t partition, uint64_t first_item, uint64_t items);
int32_t memory_fetch(uint32_t partition, uint64_t from_item, void *batch, uint32_t size);

#endif
