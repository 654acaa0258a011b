/* logbook.c - ring of numbered, sealed records in memory that a reset keeps
 *
 * A record is written in its place, between its number set to 0 and its number set, and before the
 * head that counts it. So a reset at any instant leaves one of: an old head and one valid record
 * more (taken in), an old head and a record without a number (its place is free), half a head
 * (rebuilt from the records).
 *
 * In memory a record ends with a seal of a few instructions a word instead of its CRC-32C, which
 * takes twenty: an event is stored in the middle of somebody's slot, and fetched in that of the
 * partition that serves the ground. There the seal is checked and the CRC computed. */
#include "logbook.h"
#include "board.h"
#include "guest_mem.h"
#include "hypercall.h"
#include "kernel.h"

#define LOGBOOK_MAGIC 0x584d4c42u /* "XMLB" */
/* Records that one fetch looks at. */
#define FETCH_RECORDS 16u

static record_double_t *record_at(const struct logbook *book, xm_u32_t place)
{
    return (record_double_t *)(void *)(book->records + place * book->record_bytes);
}

static xm_u64_t record_seq(const record_double_t *record)
{
    return *record;
}

static record_word_t *last_word(const struct logbook *book, void *record)
{
    return (record_word_t *)(void *)((xm_u8_t *)record + book->record_bytes) - 1;
}

/* Seal of a record when it has that number. Damage within one word it finds always; other damage,
 * words that changed places among it, but for one case in 2^32. */
static __attribute__((noinline)) xm_u32_t seal_of(const struct logbook *book,
                                                  record_double_t *record, xm_u64_t seq)
{
    const record_word_t *end = last_word(book, record);
    xm_u32_t seal = logbook_seal_number(seq);

    for (const record_word_t *word = (const record_word_t *)(record + 1); word != end; word++) {
        seal = logbook_seal(seal, *word);
    }
    return seal;
}

static bool seal_holds(const struct logbook *book, record_double_t *record)
{
    return *last_word(book, record) == seal_of(book, record, record_seq(record));
}

static bool record_valid(const struct logbook *book, xm_u32_t place)
{
    record_double_t *record = record_at(book, place);

    return record_seq(record) != 0 && seal_holds(book, record);
}

static xm_u32_t place_after(const struct logbook *book, xm_u32_t place)
{
    return place + 1 == book->capacity ? 0 : place + 1;
}

/* Place of a number in [next - capacity, next]: counted back from `place`, so no 64-bit division is
 * ever needed. */
static xm_u32_t place_of(const struct logbook *book, xm_u64_t seq)
{
    xm_u32_t back = (xm_u32_t)(book->next - seq);

    return back <= book->place ? book->place - back : book->place + book->capacity - back;
}

/* What of the check depends on how the memory is divided: all but place and number. */
static xm_u32_t head_geometry(xm_u32_t record_bytes, xm_u32_t capacity)
{
    return ~(LOGBOOK_MAGIC ^ record_bytes ^ capacity);
}

static void head_write(const struct logbook *book)
{
    struct logbook_head *head = book->head;

    head->magic = LOGBOOK_MAGIC;
    head->record_bytes = book->record_bytes;
    head->capacity = book->capacity;
    head->place = book->place;
    head->next = book->next;
    head->check = book->geometry ^ book->place ^ (xm_u32_t)(book->next >> 32) ^
                  (xm_u32_t)book->next;
}

static bool head_valid(const struct logbook_head *head)
{
    return head->magic == LOGBOOK_MAGIC && head->next != 0 &&
           head->check == (head_geometry(head->record_bytes, head->capacity) ^ head->place ^
                           (xm_u32_t)(head->next >> 32) ^ (xm_u32_t)head->next);
}

/* Make room for nothing: wherever the ring stood, go on at book->next with nothing stored. */
BOOT_ONLY static void clear(struct logbook *book)
{
    memset(book->records, 0, book->capacity * book->record_bytes);
    book->place = 0;
}

/* Without a usable head: the valid record with the highest number is the newest. */
BOOT_ONLY static void rebuild(struct logbook *book, xm_u64_t at_least)
{
    xm_u64_t newest = 0;

    for (xm_u32_t i = 0; i < book->capacity; i++) {
        if (record_valid(book, i) && record_seq(record_at(book, i)) > newest) {
            newest = record_seq(record_at(book, i));
            book->place = place_after(book, i);
        }
    }
    book->next = newest + 1;
    if (newest == 0) {
        clear(book);
    } else {
        /* A damaged record behind the newest may have been newer still: its number is not given
         * again. */
        for (xm_u32_t i = 0; i < book->capacity && record_seq(record_at(book, book->place)) != 0 &&
                             !record_valid(book, book->place); i++) {
            book->next++;
            book->place = place_after(book, book->place);
        }
    }
    if (book->next < at_least) {
        book->next = at_least;
        clear(book);
    }
}

/* The stored ones begin at the first valid record of the last `capacity` numbers. */
BOOT_ONLY static void count_stored(struct logbook *book)
{
    book->count = book->next - 1 < book->capacity ? (xm_u32_t)book->next - 1 : book->capacity;
    while (book->count > 0 && logbook_get(book, logbook_oldest(book)) == NULL) {
        book->count--;
    }
}

BOOT_ONLY void logbook_open(struct logbook *book, void *storage, xm_u32_t size_bytes,
                            xm_u32_t record_bytes)
{
    struct logbook_head *head = storage;

    memset(book, 0, sizeof(*book));
    book->record_bytes = record_bytes;
    book->next = 1;
    book->cursor = 1;
    if (storage == NULL || size_bytes < sizeof(*head) + record_bytes) {
        return;
    }
    book->head = head;
    book->records = (xm_u8_t *)storage + sizeof(*head);
    book->capacity = (size_bytes - (xm_u32_t)sizeof(*head)) / record_bytes;
    book->geometry = head_geometry(record_bytes, book->capacity);
    if (!head_valid(head)) {
        rebuild(book, 1);
    } else if (head->record_bytes != record_bytes || head->capacity != book->capacity ||
               head->place >= book->capacity) {
        /* Another configuration divided the memory: numbers go on, old records may not. */
        rebuild(book, head->next);
    } else {
        book->next = head->next;
        book->place = head->place;
        if (record_valid(book, book->place) &&
            record_seq(record_at(book, book->place)) == book->next) {
            book->next++;
            book->place = place_after(book, book->place);
        }
    }
    count_stored(book);
    book->cursor = logbook_oldest(book);
    book->room = record_at(book, book->place);
    head_write(book);
}

void logbook_end(struct logbook *book, void *record)
{
    *last_word(book, record) = seal_of(book, record, book->next);
    logbook_count(book, record);
}

const void *logbook_get(const struct logbook *book, xm_u64_t seq)
{
    xm_u32_t place;

    if (seq < logbook_oldest(book) || seq >= book->next) {
        return NULL;
    }
    place = place_of(book, seq);
    return record_seq(record_at(book, place)) == seq && record_valid(book, place) ?
               record_at(book, place) :
               NULL;
}

/* Records behind the cursor. What was overwritten meanwhile does not count. */
static xm_u32_t unread(const struct logbook *book)
{
    xm_u64_t behind = book->next - book->cursor;

    return behind < book->count ? (xm_u32_t)behind : book->count;
}

/* Positions are counted from the oldest record stored (SET), the read position (CUR) or the end
 * (END). Outside of what is stored, or another whence: XM_INVALID_PARAM, and nothing moves. */
xm_s32_t logbook_seek(struct logbook *book, xm_s32_t offset, xm_u32_t whence)
{
    xm_s32_t from;
    xm_s32_t stored = (xm_s32_t)book->count;

    if (whence == XM_OBJ_SEEK_SET) {
        from = 0;
    } else if (whence == XM_OBJ_SEEK_CUR) {
        from = stored - (xm_s32_t)unread(book);
    } else if (whence == XM_OBJ_SEEK_END) {
        from = stored;
    } else {
        return XM_INVALID_PARAM;
    }
    /* from is in [0, stored], so neither difference can overflow */
    if (offset < -from || offset > stored - from) {
        return XM_INVALID_PARAM;
    }
    book->cursor = book->next - (xm_u32_t)(stored - from - offset);
    return XM_OK;
}

const void *logbook_read(struct logbook *book)
{
    const void *record = NULL;

    book->cursor = book->next - unread(book);
    while (record == NULL && book->cursor < book->next) {
        record = logbook_get(book, book->cursor);
        book->cursor++;
    }
    return record;
}

xm_s32_t logbook_status(const struct logbook *book, xmAddress_t address)
{
    xmHmStatus_t *status = arch_guest_pointer(address);
    xm_u32_t left = unread(book);

    if ((address & 3u) != 0 ||
        !guest_range_ok_now(partition_current(), address, sizeof(*status), true)) {
        return XM_INVALID_PARAM;
    }
    status->noEvents = (xm_s32_t)left;
    status->maxEvents = (xm_s32_t)book->capacity;
    status->currentEvent = (xm_s32_t)(book->count - left);
    return XM_OK;
}

/* To a partition's memory, with the CRC-32C by which a reader further on knows the record. A damaged
 * one gets a wrong CRC. */
static void copy_out(const struct logbook *book, record_word_t *to, record_double_t *record)
{
    xm_u32_t crc = crc32c(record, book->record_bytes - 4);

    memcpy(to, record, book->record_bytes);
    *last_word(book, to) = seal_holds(book, record) ? crc : ~crc;
}

/* Copies as many records as fit the buffer, and no more than a bounded number per call; fewer, but
 * one, if an interrupt is due. The numbers of a batch follow each other: it ends before a record
 * whose number is damaged, and the next one begins behind it. When all records looked at were
 * damaged, the batch is empty and `first` is where to ask next. Returns the number of records;
 * XM_INVALID_PARAM: the buffer is no doubleword-aligned memory of p, or smaller than a struct
 * xm_batch. */
xm_s32_t logbook_fetch(const struct logbook *book, struct partition *p, xm_u64_t from,
                       xmAddress_t batch, xm_u32_t size)
{
    struct xm_batch head = { .oldest = logbook_oldest(book),
                             .next = book->next,
                             .boot_id = kernel_boot_id };
    xm_u8_t *to;
    xm_u64_t seq = from;
    xm_u32_t looked = 0;

    if ((batch & 7u) != 0 || size < sizeof(head) || !guest_range_ok(p, batch, size, true)) {
        return XM_INVALID_PARAM;
    }
    to = (xm_u8_t *)arch_guest_pointer(batch) + sizeof(head);
    size -= (xm_u32_t)sizeof(head);
    seq = seq < head.oldest ? head.oldest : seq;
    seq = seq > head.next ? head.next : seq;
    head.first = seq;
    while (looked < FETCH_RECORDS && seq < head.next && size >= book->record_bytes &&
           (looked == 0 || !irq_pending())) {
        record_double_t *record = record_at(book, place_of(book, seq));

        looked++;
        if (record_seq(record) == seq) {
            copy_out(book, (record_word_t *)(void *)to, record);
            to += book->record_bytes;
            size -= book->record_bytes;
            head.count++;
        } else if (head.count > 0) {
            break;
        } else {
            head.first = seq + 1;
        }
        seq++;
    }
    memcpy(arch_guest_pointer(batch), &head, sizeof(head));
    return (xm_s32_t)head.count;
}
