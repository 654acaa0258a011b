/* logbook.h - a ring of fixed-size, sequence-numbered, CRC-protected records in memory that a reset
 * keeps
 *
 * The head of the storage says where the ring stands; records carry their number and CRC, so that a
 * head torn by a reset is rebuilt from them. Used by the health monitor and by the traces.
 *
 * Rules:     storing and reading a record costs one CRC-32C over it: owners bound the number they
 *            touch in one call.
 * Invariant: the ring holds the numbers [oldest, next), next stands at `place`, those before it at
 *            the places before it, going round. Numbers start at 1, follow each other, and never
 *            repeat or go back while the memory holds. */
#ifndef XM_CORE_LOGBOOK_H
#define XM_CORE_LOGBOOK_H

#include "partition.h"
#include "../abi/records.h"

struct logbook_head;

struct logbook {
    struct logbook_head
        *head; /* in the storage; NULL: no storage, everything is lost and counted by the owner */
    xm_u8_t *records;
    xm_u32_t
        record_bytes; /* first field of a record: its xm_u64_t number; last word: its CRC-32C */
    xm_u32_t capacity;        /* records */
    xm_u32_t place;           /* where the next record goes */
    xm_u64_t oldest, next;    /* oldest == next: empty */
    xm_u64_t cursor;          /* read position shared by the readers of the XtratuM interface */
};

/* Take storage of size bytes; keeps what valid records of an earlier boot it finds. */
void logbook_open(struct logbook *book, void *storage, xm_u32_t size_bytes, xm_u32_t record_bytes);
/* Number, checksum and store a record; the caller filled the fields between. Returns its number, 0
 * if not stored. */
xm_u64_t logbook_append(struct logbook *book, void *record);
/* The record of that number, NULL: not stored (overwritten, not yet written, or damaged). */
const void *logbook_get(const struct logbook *book, xm_u64_t seq);
/* Move the cursor like XM_hm_seek: XM_OK or XM_INVALID_PARAM. */
xm_s32_t logbook_seek(struct logbook *book, xm_s32_t offset, xm_u32_t whence);
/* Next record at the cursor, moving it; NULL: none left. Skips what was overwritten. */
const void *logbook_read(struct logbook *book);
void logbook_status(const struct logbook *book, xmHmStatus_t *status);
/* Checksum of a record in the form of the XtratuM interface; its checksum field is 0 while this
 * runs. */
xm_u16_t logbook_checksum(const void *record, xm_u32_t size_bytes);
/* Service of XM_hm_fetch and XM_trace_fetch: a struct xm_batch and records from number `from` on,
 * to p's memory. */
xm_s32_t logbook_fetch(const struct logbook *book, struct partition *p, xm_u64_t from,
                       xmAddress_t batch, xm_u32_t size);

#endif
