/* logs.h - the logs of the board, and memory like one (memory.h), served by range
 *
 * A LogRead is answered by chunks of stored items, as bulk, and closed by a LogEnd. Nothing is
 * consumed: the ground asks again for what it missed. max_items 0 means all that is stored when
 * the request arrives. A read that the line cannot carry at once goes on in the next slot; items
 * that the log overwrote meanwhile are left out, and the numbers tell so.
 *
 * Each link has its own reads, served in turn.
 *
 * Rules:     logs_next_chunk() is the bulk source of link_pump().
 * Invariant: items go out as they are stored, byte for byte, checksums included. Every read that
 *            was taken is closed by one LogEnd or one failure, behind its last chunk; a terse one
 *            that sent all it was asked for by its last chunk. */
#ifndef SUPERVISOR_LOGS_H
#define SUPERVISOR_LOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "reply.h"

#define LOGS_READS 16u /* of one link that may wait or be in progress */

void logs_init(void);
void logs_start(const struct asker *asker, const Xm__Request *request);
uint32_t logs_next_chunk(struct link *link, uint8_t *payload);
bool logs_busy(const struct link *link);
bool logs_book_state(Xm__Book book, uint32_t source, Xm__BookState *state);

#endif
