/* journal.h - at most once: the last commands that changed something, and their replies
 *
 * A reply may be lost, and the ground then sends the same request again. A command found here is
 * answered with its last reply, byte for byte, and not executed. A request that only asks is not
 * kept: it is answered afresh.
 *
 * Rules:     journal_open() before such a command is executed; every reply goes through
 *            journal_store().
 * Invariant: same command = same id and same payload. A ground station that counts from 1 again
 *            is not answered with the past. Commands in progress are never pushed out: there are
 *            fewer of them (PENDING_MAX) than places. */
#ifndef SUPERVISOR_JOURNAL_H
#define SUPERVISOR_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#define JOURNAL_PLACES 16u

void journal_init(void);
void journal_open(uint32_t id, uint32_t digest);
void journal_store(uint32_t id, bool final, const uint8_t *reply, uint32_t length);
const uint8_t *journal_find(uint32_t id, uint32_t digest, uint32_t *length);

#endif
