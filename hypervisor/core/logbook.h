/* logbook.h - a ring of fixed-size, sequence-numbered, sealed records in memory that a reset keeps
 *
 * The head of the storage says where the ring stands; records carry their number and a seal over all
 * of it, so that a head torn by a reset is rebuilt from them. Used by the health monitor and by the
 * traces.
 *
 * Rules:     between logbook_begin() and logbook_end() the place behind the newest record is the
 *            caller's. Checking a record costs a hundred instructions, fetching it, with its CRC-32C,
 *            five hundred: owners bound the number they touch in one call.
 * Invariant: the ring holds the `count` numbers before `next`, which stands at `place`, those before
 *            it at the places before it, going round. Numbers start at 1, follow each other, and
 *            never repeat or go back while the memory holds. */
#ifndef XM_CORE_LOGBOOK_H
#define XM_CORE_LOGBOOK_H

#include "kernel.h"
#include "partition.h"
#include "time.h"
#include "../abi/records.h"

/* Words and doublewords of records, whatever they are the records of. */
typedef xm_u64_t __attribute__((may_alias)) record_double_t;
typedef xm_u32_t __attribute__((may_alias)) record_word_t;

/* In the storage, before the records. */
struct logbook_head {
    xm_u32_t magic;
    xm_u32_t record_bytes;
    xm_u32_t capacity;
    xm_u32_t place;
    xm_u64_t next;
    xm_u32_t check; /* half a head does not have it, and is rebuilt from the records */
    xm_u32_t reserved;
};
_Static_assert(sizeof(struct logbook_head) % 8 == 0, "records begin on a doubleword");

struct logbook {
    struct logbook_head *head; /* NULL: no storage, everything is lost and counted by the owner */
    xm_u8_t *records;
    record_double_t *room;     /* where the next record goes: `place` as an address */
    xm_u32_t record_bytes;     /* a multiple of 8. Doublewords number and time, word boot id, ... seal */
    xm_u32_t capacity;         /* records */
    xm_u32_t geometry;         /* what never changes of the head's check */
    xm_u32_t count;            /* records stored */
    xm_u32_t place;            /* where the next record goes */
    xm_u64_t next;             /* number it gets */
    xm_u64_t cursor;           /* read position shared by the readers of the XtratuM interface */
};

/* Take storage of size bytes; keeps what valid records of an earlier boot it finds. */
void logbook_open(struct logbook *book, void *storage, xm_u32_t size_bytes, xm_u32_t record_bytes);
/* Number of the oldest record stored; that of the next one: none is. */
static inline xm_u64_t logbook_oldest(const struct logbook *book)
{
    return book->next - book->count;
}
/* The record of that number, NULL: not stored (overwritten, not yet written, or damaged). */
const void *logbook_get(const struct logbook *book, xm_u64_t seq);
/* Move the cursor like XM_hm_seek: XM_OK or XM_INVALID_PARAM. */
xm_s32_t logbook_seek(struct logbook *book, xm_s32_t offset, xm_u32_t whence);
/* Next record at the cursor, moving it; NULL: none left. Skips what was overwritten. */
const void *logbook_read(struct logbook *book);
/* Service of XM_hm_status and XM_trace_status: XM_OK, or XM_INVALID_PARAM: a bad address. */
xm_s32_t logbook_status(const struct logbook *book, xmAddress_t address);
/* Service of XM_hm_fetch and XM_trace_fetch: a struct xm_batch and records from number `from` on,
 * to p's memory. */
xm_s32_t logbook_fetch(const struct logbook *book, struct partition *p, xm_u64_t from,
                       xmAddress_t batch, xm_u32_t size);

/* ---- writing: inline, because a trace event is to cost no more than what it stores ----------- */

/* The seal goes over all words of a record, the number first. Both steps can be undone, so that a
 * difference in one word never disappears again, whatever the others are. The shift brings high bits
 * down, where the next factor spreads them: without it a stuck data line could go unseen. */
static inline xm_u32_t logbook_seal(xm_u32_t seal, xm_u32_t word)
{
    seal = (seal ^ word) * 0x9e3779b1u;
    return seal ^ seal >> 15;
}

static inline xm_u32_t logbook_seal_number(xm_u64_t seq)
{
    return logbook_seal((xm_u32_t)(seq >> 32), (xm_u32_t)seq);
}

/* A reset may come between any two stores: those before this are done before those behind it. */
static inline void logbook_in_order(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline bool logbook_stores(const struct logbook *book)
{
    return book->head != NULL;
}

/* Begin a record of a book that stores: it has no number yet, so that whatever a reset leaves of it
 * does not count. */
static inline void *logbook_begin(struct logbook *book)
{
    record_double_t *record = book->room;

    record[0] = 0;
    logbook_in_order();
    record[1] = (xm_u64_t)clock_read();
    ((record_word_t *)record)[4] = kernel_boot_id;
    return record;
}

/* The record begun is complete, its seal written: now it counts. */
static inline void logbook_count(struct logbook *book, void *record)
{
    struct logbook_head *head = book->head;
    xm_u64_t seq = book->next;

    logbook_in_order();
    *(record_double_t *)record = seq;
    logbook_in_order();
    seq++;
    book->next = seq;
    book->place++;
    book->room = (void *)((xm_u8_t *)record + book->record_bytes);
    if (book->place == book->capacity) {
        book->place = 0;
        book->room = (void *)book->records;
    }
    if (book->count != book->capacity) {
        book->count++;
    }
    head->place = book->place;
    head->next = seq;
    head->check = book->geometry ^ book->place ^ (xm_u32_t)(seq >> 32) ^ (xm_u32_t)seq;
}

/* Both for those who are not in a hurry. The caller wrote everything between boot id and seal. */
void logbook_end(struct logbook *book, void *record);

/* Checksum of a record in the form of the XtratuM interface, the ones' complement sum of its
 * halfwords, from the sum of its words: carries go round, and halfwords lie on words, so the parts of
 * that sum may be added last. */
static inline xm_u16_t logbook_checksum(xm_u64_t sum)
{
    xm_u32_t word = (xm_u32_t)(sum >> 32) + (xm_u32_t)sum;
    xm_u32_t upper;

    word += word < (xm_u32_t)sum;
    upper = word + (word << 16); /* both halves added, where there is a carry to see */
    return (xm_u16_t) ~((upper >> 16) + (upper < word));
}

#endif
