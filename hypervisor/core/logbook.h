/* logbook.h - a ring of fixed-size, sequence-numbered, CRC-protected records in memory that a reset keeps
 *
 * The head of the storage says where the ring stands; records carry their number and CRC, so that a head torn by a reset
 * is rebuilt from them. Used by the health monitor and by the traces.
 *
 * Invariant: next - count is the number of the oldest record; record n stands at place n % capacity. Numbers start at 1. */
#ifndef XM_CORE_LOGBOOK_H
#define XM_CORE_LOGBOOK_H

#include <stdbool.h>
#include "../abi/guest.h"
#include "../abi/records.h"

struct logbook {
    xm_u8_t *records;         /* NULL: no storage, everything is lost and counted by the owner */
    xm_u32_t record_bytes;    /* first field of a record: its xm_u64_t number; last word: its CRC-32C */
    xm_u32_t capacity;        /* records */
    xm_u64_t oldest, next;    /* oldest == next: empty */
    xm_u64_t cursor;          /* read position shared by the readers of the XtratuM interface */
};

/* Take storage of size bytes; keeps what valid records of an earlier boot it finds. */
void logbook_open(struct logbook *book, void *storage, xm_u32_t size_bytes, xm_u32_t record_bytes);
/* Number, checksum and store a record; the caller filled the fields between. Returns its number, 0 if not stored. */
xm_u64_t logbook_append(struct logbook *book, void *record);
/* The record of that number, NULL: not stored (overwritten, not yet written, or damaged). */
const void *logbook_get(const struct logbook *book, xm_u64_t seq);
/* Move the cursor like XM_hm_seek: XM_OK or XM_INVALID_PARAM. */
xm_s32_t logbook_seek(struct logbook *book, xm_s32_t offset, xm_u32_t whence);
/* Next record at the cursor, moving it; NULL: none left. Skips what was overwritten. */
const void *logbook_read(struct logbook *book);
void logbook_status(const struct logbook *book, xmHmStatus_t *status);

#endif
