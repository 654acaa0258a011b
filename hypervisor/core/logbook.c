/* logbook.c - ring of numbered, checksummed records in memory that a reset keeps
 *
 * A record is written before the head that counts it. So a reset at any instant leaves one of: an
 * old head and one valid record more (taken in), an old head and half a record (its place is free),
 * half a head (rebuilt from the records). */
#include "logbook.h"
#include "guest_mem.h"
#include "hypercall.h"
#include "kernel.h"

#define LOGBOOK_MAGIC 0x584d4c42u /* "XMLB" */
/* Records copied by one fetch with interrupts off. */
#define FETCH_RECORDS 16u

struct logbook_head {
    xm_u32_t magic;
    xm_u32_t record_bytes;
    xm_u32_t capacity;
    xm_u32_t place;
    xm_u64_t next;
    xm_u32_t
        check; /* head_check(): half a head does not have it. Records carry the CRC, and rebuild the head */
    xm_u32_t reserved;
};
_Static_assert(sizeof(struct logbook_head) % 8 == 0, "records begin on a doubleword");

static xm_u8_t *record_at(const struct logbook *book, xm_u32_t place)
{
    return book->records + place * book->record_bytes;
}

static xm_u64_t record_seq(const void *record)
{
    return *(const xm_u64_t *)record;
}

static xm_u32_t *record_crc(const struct logbook *book, void *record)
{
    return (xm_u32_t *)(void *)((xm_u8_t *)record + book->record_bytes - 4);
}

static bool record_valid(const struct logbook *book, xm_u32_t place)
{
    void *record = record_at(book, place);

    return record_seq(record) != 0 &&
           *record_crc(book, record) == crc32c(record, book->record_bytes - 4);
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

static xm_u32_t head_check(const struct logbook_head *head)
{
    return ~(head->magic ^ head->record_bytes ^ head->capacity ^ head->place ^
             (xm_u32_t)(head->next >> 32) ^ (xm_u32_t)head->next);
}

/* What changes with every record. */
static void head_step(const struct logbook *book)
{
    book->head->place = book->place;
    book->head->next = book->next;
    book->head->check = head_check(book->head);
}

static void head_write(const struct logbook *book)
{
    book->head->magic = LOGBOOK_MAGIC;
    book->head->record_bytes = book->record_bytes;
    book->head->capacity = book->capacity;
    head_step(book);
}

static bool head_valid(const struct logbook_head *head)
{
    return head->magic == LOGBOOK_MAGIC && head->next != 0 && head->check == head_check(head);
}

/* Make room for nothing: wherever the ring stood, go on at book->next with nothing stored. */
static void clear(struct logbook *book)
{
    memset(book->records, 0, book->capacity * book->record_bytes);
    book->place = 0;
}

/* Without a usable head: the valid record with the highest number is the newest. */
static void rebuild(struct logbook *book, xm_u64_t at_least)
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

/* Oldest number still stored: the first valid record of the last `capacity` numbers. */
static void find_oldest(struct logbook *book)
{
    book->oldest = book->next > book->capacity ? book->next - book->capacity : 1;
    while (book->oldest < book->next && logbook_get(book, book->oldest) == NULL) {
        book->oldest++;
    }
}

void logbook_open(struct logbook *book, void *storage, xm_u32_t size_bytes, xm_u32_t record_bytes)
{
    struct logbook_head *head = storage;

    memset(book, 0, sizeof(*book));
    book->record_bytes = record_bytes;
    book->oldest = 1;
    book->next = 1;
    book->cursor = 1;
    if (storage == NULL || size_bytes < sizeof(*head) + record_bytes) {
        return;
    }
    book->head = head;
    book->records = (xm_u8_t *)storage + sizeof(*head);
    book->capacity = (size_bytes - (xm_u32_t)sizeof(*head)) / record_bytes;
    if (!head_valid(head)) {
        rebuild(book, 1);
    } else if (head->record_bytes != record_bytes || head->capacity != book->capacity ||
               head->place >= book->capacity) {
        rebuild(
            book,
            head->next); /* another configuration divided the memory: numbers go on, old records may not */
    } else {
        book->next = head->next;
        book->place = head->place;
        if (record_valid(book, book->place) &&
            record_seq(record_at(book, book->place)) == book->next) {
            book->next++;
            book->place = place_after(book, book->place);
        }
    }
    find_oldest(book);
    book->cursor = book->oldest;
    head_write(book);
}

xm_u64_t logbook_append(struct logbook *book, void *record)
{
    xm_u64_t seq = book->next;

    if (book->head == NULL) {
        return 0;
    }
    *(xm_u64_t *)record = seq;
    *record_crc(book, record) = crc32c(record, book->record_bytes - 4);
    memcpy(record_at(book, book->place), record, book->record_bytes);
    book->next++;
    book->place = place_after(book, book->place);
    if (book->next - book->oldest > book->capacity) {
        book->oldest++;
    }
    head_step(book);
    return seq;
}

const void *logbook_get(const struct logbook *book, xm_u64_t seq)
{
    xm_u32_t place;

    if (seq < book->oldest || seq >= book->next) {
        return NULL;
    }
    place = place_of(book, seq);
    if (record_seq(record_at(book, place)) != seq || !record_valid(book, place)) {
        return NULL;
    }
    return record_at(book, place);
}

static xm_u64_t cursor_now(const struct logbook *book)
{
    return book->cursor > book->oldest ? book->cursor : book->oldest;
}

/* Positions are counted from the oldest record stored (SET), the read position (CUR) or the end
 * (END). Outside of what is stored, or another whence: XM_INVALID_PARAM, and nothing moves. */
xm_s32_t logbook_seek(struct logbook *book, xm_s32_t offset, xm_u32_t whence)
{
    xm_s32_t from;
    xm_s32_t stored = (xm_s32_t)(book->next - book->oldest);

    if (whence == XM_OBJ_SEEK_SET) {
        from = 0;
    } else if (whence == XM_OBJ_SEEK_CUR) {
        from = (xm_s32_t)(cursor_now(book) - book->oldest);
    } else if (whence == XM_OBJ_SEEK_END) {
        from = stored;
    } else {
        return XM_INVALID_PARAM;
    }
    /* from is in [0, stored], so neither difference can overflow */
    if (offset < -from || offset > stored - from) {
        return XM_INVALID_PARAM;
    }
    book->cursor = book->oldest + (xm_u64_t)(from + offset);
    return XM_OK;
}

const void *logbook_read(struct logbook *book)
{
    const void *record = NULL;

    book->cursor = cursor_now(book);
    while (record == NULL && book->cursor < book->next) {
        record = logbook_get(book, book->cursor);
        book->cursor++;
    }
    return record;
}

void logbook_status(const struct logbook *book, xmHmStatus_t *status)
{
    status->noEvents = (xm_s32_t)(book->next - cursor_now(book));
    status->maxEvents = (xm_s32_t)book->capacity;
    status->currentEvent = (xm_s32_t)(cursor_now(book) - book->oldest);
}

/* Ones' complement sum of the halfwords, of which a record of the XtratuM interface is made; they
 * lie on words. */
xm_u16_t logbook_checksum(const void *record, xm_u32_t size_bytes)
{
    typedef xm_u16_t __attribute__((may_alias)) half_t;
    const half_t *half = record;
    xm_u32_t sum = 0;

    for (xm_u32_t i = 0; i < size_bytes / 2; i++) {
        sum += half[i];
    }
    sum = (sum & 0xffffu) + (sum >> 16);
    sum = (sum & 0xffffu) + (sum >> 16);
    return (xm_u16_t)~sum;
}

/* Copies as many records as fit the buffer, and no more than a bounded number per call. The numbers
 * of a batch follow each other: it ends before a damaged record, and the next one begins behind it.
 * When all records looked at were damaged, the batch is empty and `first` is where to ask next.
 * Returns the number of records; XM_INVALID_PARAM: the buffer is no doubleword-aligned memory of p,
 * or smaller than a struct xm_batch. */
xm_s32_t logbook_fetch(const struct logbook *book, struct partition *p, xm_u64_t from,
                       xmAddress_t batch, xm_u32_t size)
{
    struct xm_batch head = { .oldest = book->oldest,
                             .next = book->next,
                             .boot_id = kernel_boot_id };
    xm_u8_t *to;
    xm_u64_t seq = from;

    if ((batch & 7u) != 0 || size < sizeof(head) || !guest_range_ok(p, batch, size, true)) {
        return XM_INVALID_PARAM;
    }
    to = (xm_u8_t *)arch_guest_pointer(batch) + sizeof(head);
    size -= (xm_u32_t)sizeof(head);
    seq = seq < book->oldest ? book->oldest : seq;
    seq = seq > book->next ? book->next : seq;
    head.first = seq;
    for (xm_u32_t looked = 0;
         looked < FETCH_RECORDS && seq < book->next && size >= book->record_bytes; looked++) {
        const void *record = record_at(book, place_of(book, seq));

        if (record_seq(record) == seq) {
            memcpy(to, record, book->record_bytes);
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
