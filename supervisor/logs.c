/* logs.c - hm_fetch, trace_fetch and console_fetch to chunks (see logs.h) */
#include "logs.h"

#include <string.h>
#include <xm.h>

#include "memory.h"

#include "../hypervisor/abi/records.h"

/* The fields of a Chunk but its items take at most so many bytes: six numbers with their tags, two
 * of them long, and the length of the items. */
#define CHUNK_OVERHEAD 38u
/* Shortest chunk that a LogRead may ask for: the longest record fits it. */
#define CHUNK_LEAST 112u
_Static_assert(CHUNK_LEAST >= CHUNK_OVERHEAD + sizeof(struct xm_hm_record), "see CHUNK_LEAST");
#define CHUNK_ITEM_BYTES (FRAME_PAYLOAD - CHUNK_OVERHEAD)

struct read {
    struct asker asker;
    Xm__Book book;
    uint32_t source;
    uint64_t at;           /* next item to send */
    uint64_t end;          /* first item that did not exist when the read began */
    uint32_t left;         /* items that the ground still wants */
    uint32_t chunk_items;  /* of the longest chunk */
    bool terse;
    uint64_t wanted_first; /* what was asked for */
    uint32_t wanted_count;
    uint64_t oldest, next; /* as of the last fetch */
    uint64_t first;        /* first item sent, or where the read stands */
    uint32_t count, chunks;
    int32_t failure; /* code of a fetch that was refused; XM_OK: none */
};

struct reads {
    struct read waiting[LOGS_READS]; /* the first one is in progress */
    uint32_t count;
};

static struct {
    struct reads of_link[LINK_MAX];
    union {
        struct xm_batch head;
        uint8_t bytes[sizeof(struct xm_batch) + CHUNK_ITEM_BYTES];
    } batch;
} logs;

/* Nothing is being read. */
void logs_init(void)
{
    memset(&logs, 0, sizeof(logs));
}

static uint32_t item_bytes(Xm__Book book)
{
    switch (book) {
    case XM__BOOK__BOOK_HM:
        return sizeof(struct xm_hm_record);
    case XM__BOOK__BOOK_TRACE:
        return sizeof(struct xm_trace_record);
    case XM__BOOK__BOOK_CONSOLE:
    case XM__BOOK__BOOK_MEMORY:
        return 1;
    default:
        return 0;
    }
}

/* Fetches up to `items` items to logs.batch, no more than fit it; returns their number or a code of
 * the hypervisor. */
static int32_t fetch(Xm__Book book, uint32_t source, uint64_t from, uint32_t items)
{
    uint32_t size = (uint32_t)sizeof(struct xm_batch) + items * item_bytes(book);

    memset(&logs.batch.head, 0, sizeof(logs.batch.head));
    switch (book) {
    case XM__BOOK__BOOK_HM:
        return XM_hm_fetch(from, &logs.batch, size);
    case XM__BOOK__BOOK_TRACE:
        return XM_trace_fetch(source, from, &logs.batch, size);
    case XM__BOOK__BOOK_MEMORY:
        return memory_fetch(source, from, &logs.batch, size);
    default:
        return XM_console_fetch(source, from, &logs.batch, size);
    }
}

/* Where a log stands; false: the hypervisor keeps none of that kind for that source. */
bool logs_book_state(Xm__Book book, uint32_t source, Xm__BookState *state)
{
    /* beyond the end nothing is copied, but the head is filled in */
    if (fetch(book, source, UINT64_MAX, 1) < 0) {
        return false;
    }
    xm__book_state__init(state);
    state->book = book;
    state->source = source;
    state->oldest = logs.batch.head.oldest;
    state->next = logs.batch.head.next;
    return true;
}

/* ---- closing --------------------------------------------------------------------------------- */

static void close_read(const struct read *r)
{
    Xm__LogEnd end = XM__LOG_END__INIT;
    bool failed = r->failure != XM_OK;
    Xm__Reply *reply =
        reply_open(&r->asker, failed ? XM__STAGE__STAGE_FAILED : XM__STAGE__STAGE_COMPLETED);

    if (failed) {
        reply_set_status(XM__STATUS_DOMAIN__DOMAIN_HYPERVISOR, r->failure,
                         "the log can no longer be read");
    }
    end.oldest = r->oldest;
    end.next = r->next;
    end.first = r->first;
    end.count = r->count;
    end.chunks = r->chunks;
    reply->result_case = XM__REPLY__RESULT_LOG_END;
    reply->log_end = &end;
    reply_close();
}

/* Has a terse read sent exactly what was asked for? Then its chunks say all that a LogEnd would. */
static bool ends_quietly(const struct read *r)
{
    return r->terse && r->failure == XM_OK && r->count == r->wanted_count &&
           r->at - r->wanted_first == r->wanted_count; /* none was passed over */
}

static bool is_done(const struct read *r)
{
    return r->failure != XM_OK || r->left == 0 || r->at >= r->end;
}

/* ---- beginning ------------------------------------------------------------------------------- */

static bool in_progress(const struct reads *reads, uint32_t id)
{
    for (uint32_t i = 0; i < reads->count; i++) {
        if (reads->waiting[i].asker.id == id) {
            return true;
        }
    }
    return false;
}

/* Where the log stands now, and so which items the read is about; false: refused by the hypervisor,
 * and answered. */
static bool survey(struct read *r, uint64_t from)
{
    int32_t code = fetch(r->book, r->source, from, 1);

    if (code < 0) {
        reply_hypervisor(&r->asker, XM__STAGE__STAGE_REJECTED, code,
                         "there is no such log: ask for the list of books");
        return false;
    }
    r->oldest = logs.batch.head.oldest;
    r->next = logs.batch.head.next;
    r->end = r->next;
    r->at = from > r->oldest ? from : r->oldest;
    r->first = r->at;
    return true;
}

/* Items of the longest chunk that the ground wants and the link has. */
static uint32_t chunk_items(const struct link *link, const Xm__LogRead *wanted)
{
    uint32_t bytes = link->device->chunk_payload;

    if (wanted->max_payload != 0 && wanted->max_payload < bytes) {
        bytes = wanted->max_payload < CHUNK_LEAST ? CHUNK_LEAST : wanted->max_payload;
    }
    return (bytes - CHUNK_OVERHEAD) / item_bytes(wanted->book);
}

/* Takes a LogRead, or refuses it: unknown book or source, too many reads at once. One that is in
 * progress is not begun again but answered ACCEPTED, a terse one not at all. */
void logs_start(const struct asker *asker, const Xm__Request *request)
{
    const Xm__LogRead *wanted = request->log_read;
    struct reads *reads = &logs.of_link[asker->link->number];
    struct read r = { .asker = *asker, .book = wanted->book, .source = wanted->source };

    if (item_bytes(wanted->book) == 0) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID,
                     "no such book: 1 HM, 2 trace, 3 console, 4 memory");
        return;
    }
    if (wanted->book == XM__BOOK__BOOK_MEMORY &&
        !memory_holds(wanted->source, wanted->from_seq, wanted->max_items)) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_INVALID,
                     memory_missed(wanted->source, wanted->from_seq, wanted->max_items));
        return;
    }
    if (in_progress(reads, asker->id)) {
        if (!wanted->terse) {
            reply_open(asker, XM__STAGE__STAGE_ACCEPTED);
            reply_close();
        }
        return;
    }
    r.left = wanted->max_items == 0 ? UINT32_MAX : wanted->max_items;
    r.chunk_items = chunk_items(asker->link, wanted);
    r.terse = wanted->terse;
    r.wanted_first = wanted->from_seq;
    r.wanted_count = wanted->max_items;
    if (!survey(&r, wanted->from_seq)) {
        return;
    }
    if (reads->count == LOGS_READS) {
        reply_refuse(asker, XM__STATUS_CODE__STATUS_BUSY,
                     "too many log reads at once: wait for a LogEnd");
        return;
    }
    reads->waiting[reads->count++] = r; /* also if nothing is to be sent: answers come in order */
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Fetches the next items of the read and moves it on; returns how many to send, 0: none now. */
static uint32_t advance(struct read *r)
{
    int32_t got =
        fetch(r->book, r->source, r->at, r->left < r->chunk_items ? r->left : r->chunk_items);
    uint32_t count = got > 0 ? logs.batch.head.count : 0;
    uint64_t first = logs.batch.head.first;

    if (got < 0) {
        r->failure = got;
        return 0;
    }
    r->oldest = logs.batch.head.oldest;
    r->next = logs.batch.head.next;
    if (count == 0 && first > r->at && first < r->end) {
        r->at = first; /* all records looked at were damaged: there may be good ones behind them */
        return 0;
    }
    if (count == 0 || first >= r->end) {
        r->at = r->end;
        return 0;
    }
    if (count > r->end - first) {
        count = (uint32_t)(r->end - first);
    }
    r->first = r->count == 0 ? first : r->first;
    r->at = first + count;
    r->left -= count;
    r->count += count;
    r->chunks++;
    return count;
}

static uint32_t pack_chunk(const struct read *r, uint32_t count, uint8_t *payload)
{
    Xm__Chunk chunk = XM__CHUNK__INIT;

    chunk.id = r->asker.id;
    if (!r->terse) {
        chunk.book = r->book;
        chunk.source = r->source;
        chunk.count = count;
    }
    chunk.boot_id = logs.batch.head.boot_id;
    chunk.first_seq = logs.batch.head.first;
    chunk.items.len = count * item_bytes(r->book);
    chunk.items.data = logs.batch.bytes + sizeof(struct xm_batch);
    return (uint32_t)xm__chunk__pack(&chunk, payload);
}

static void drop_first(struct reads *reads)
{
    reads->count--;
    memmove(&reads->waiting[0], &reads->waiting[1], reads->count * sizeof(struct read));
}

/* Bulk source of the link: the next chunk of its read in progress. 0: none; a read that ended has
 * then queued its LogEnd. */
uint32_t logs_next_chunk(struct link *link, uint8_t *payload)
{
    struct reads *reads = &logs.of_link[link->number];
    struct read *r = &reads->waiting[0];
    uint32_t count, length;

    if (reads->count == 0) {
        return 0;
    }
    if (!is_done(r) && (count = advance(r)) != 0) {
        length = pack_chunk(r, count, payload);
        if (ends_quietly(r)) {
            drop_first(reads);
        }
        return length;
    }
    if (is_done(r) && link_has_room(link, FRAME_REPLY)) {
        close_read(r);
        drop_first(reads);
    }
    return 0;
}

/* Is a log being sent on that link? */
bool logs_busy(const struct link *link)
{
    return logs.of_link[link->number].count != 0;
}
