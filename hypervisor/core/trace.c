/* trace.c - trace streams
 *
 * One logbook per partition and, behind them, one for the hypervisor. A stream descriptor is
 * computed from the stream's owner and checked in full on every use: nothing has to be remembered
 * about who opened what. */
#include "trace.h"
#include "config.h"
#include "guest_mem.h"
#include "hm.h"
#include "hypercall.h"
#include "kernel.h"
#include "logbook.h"
#include "time.h"

/* Object descriptor of the XtratuM interface: class in bits 24..30, partition in bits 10..19. */
#define DESCRIPTOR_TRACE_CLASS (2u << 24)
#define DESCRIPTOR_PARTITION_BIT 10
#define DESCRIPTOR_PARTITION_MASK 0x3ffu

/* Bits of opCodeH that stay the caller's: criticality and scope. The rest is the sequence
 * number. */
#define OPCODE_H_CALLER 0xfu
#define OPCODE_L_OWNER 0xffffu

static struct logbook *books; /* by partition id; the last one is the hypervisor's */
xm_u32_t trace_kernel_mask;

struct logbook *trace_book(xm_u32_t id)
{
    if (id < config->partitions.count) {
        return &books[id];
    }
    return id == XM_HYPERVISOR_ID ? &books[config->partitions.count] : NULL;
}

BOOT_ONLY static void open_stream(struct logbook *book, xm_u32_t stream_index)
{
    if (stream_index == XM_CONFIG_NONE) {
        logbook_open(book, NULL, 0, sizeof(struct xm_trace_record));
    } else {
        const struct xm_config_stream *stream = config_stream(stream_index);

        logbook_open(book, arch_physical_pointer(stream->start), stream->size,
                     sizeof(struct xm_trace_record));
    }
}

/* Boot only. What earlier starts traced is kept, if its memory kept it. */
BOOT_ONLY void trace_init(void)
{
    xm_u32_t count = config->partitions.count;

    trace_kernel_mask = 0;
    books = kernel_carve((count + 1) * (xm_u32_t)sizeof(*books), 8);
    for (xm_u32_t id = 0; id < count; id++) {
        open_stream(&books[id], config_partition(id)->trace_stream);
    }
    open_stream(&books[count], config->trace_stream);
    trace_kernel_mask = config->trace_mask;
}

void trace_kernel_store(xm_u32_t module, xm_u32_t event, xm_u32_t a, xm_u32_t b, xm_u32_t c)
{
    struct logbook *book = &books[config->partitions.count];
    struct xm_trace_record *record;

    if (logbook_stores(book)) {
        record = logbook_begin(book);
        record->opcode_h =
            (xm_u32_t)book->next << TRACE_OPCODE_SEQ_BIT | 1u << TRACE_OPCODE_SYS_BIT;
        record->opcode_l = (module << 8 | event) << TRACE_OPCODE_CODE_BIT | XM_HYPERVISOR_ID;
        record->payload[0] = a;
        record->payload[1] = b;
        record->payload[2] = c;
        record->payload[3] = 0;
        logbook_end(book, record);
    }
}

static void to_guest_form(const struct xm_trace_record *record, xmTraceEvent_t *event)
{
    xm_u64_t sum = (xm_u64_t)XMTRACE_SIGNATURE << 16;

    event->signature = XMTRACE_SIGNATURE;
    event->opCodeH = record->opcode_h;
    event->opCodeL = record->opcode_l;
    event->timestamp = record->time_us;
    sum += record->opcode_h;
    sum += record->opcode_l;
    sum += (xm_u32_t)((xm_u64_t)record->time_us >> 32);
    sum += (xm_u32_t)record->time_us;
    for (xm_u32_t i = 0; i < XMTRACE_PAYLOAD_LENGTH; i++) {
        event->payload[i] = record->payload[i];
        sum += record->payload[i];
    }
    event->checksum = logbook_checksum(sum);
}

/* ---- services -------------------------------------------------------------------------------- */

static __attribute__((noinline)) xm_s32_t unrecoverable(struct partition *p,
                                                        const xmTraceEvent_t *event,
                                                        xm_s32_t result)
{
    struct hm_info info = { .propagate_vector = -1,
                            .payload = { event->opCodeL, event->payload[0], event->payload[1] } };

    (void)hm_raise(XM_HM_EV_PARTITION_ERROR, p, &info);
    return result;
}

/* Seal of a record and checksum of its form for the partition, word by word. */
struct sums {
    xm_u32_t seal;
    xm_u32_t words, carries;
};

static inline xm_u32_t counted(struct sums *sums, xm_u32_t word)
{
    sums->seal = logbook_seal(sums->seal, word);
    sums->carries += __builtin_add_overflow(sums->words, word, &sums->words);
    return word;
}

/* Store the caller's event, completed with owner, time, number and checksum, in its stream and in its
 * own buffer. Each word is handled once, in the order of the seal: for all of it the registers are
 * enough that a call may use without saving them. That is half of what logbook_end() and
 * to_guest_form() take. */
static inline __attribute__((always_inline)) void store(const struct partition *p,
                                                        struct logbook *book,
                                                        xmTraceEvent_t *event)
{
    struct xm_trace_record *record = logbook_begin(book);
    struct sums sums = { .seal = logbook_seal_number(book->next),
                         .words = (xm_u32_t)XMTRACE_SIGNATURE << 16 };
    xm_u64_t time_us = (xm_u64_t)record->time_us;
    xm_u32_t word;

    event->signature = XMTRACE_SIGNATURE;
    event->timestamp = (xmTime_t)time_us;
    (void)counted(&sums, (xm_u32_t)(time_us >> 32));
    (void)counted(&sums, (xm_u32_t)time_us);
    sums.seal = logbook_seal(sums.seal, record->boot_id);
    word = (event->opCodeH & OPCODE_H_CALLER) | (xm_u32_t)book->next << TRACE_OPCODE_SEQ_BIT;
    event->opCodeH = word;
    record->opcode_h = counted(&sums, word);
    word = (event->opCodeL & ~OPCODE_L_OWNER) | p->id;
    event->opCodeL = word;
    record->opcode_l = counted(&sums, word);
#pragma GCC unroll 4
    for (xm_u32_t i = 0; i < XMTRACE_PAYLOAD_LENGTH; i++) {
        record->payload[i] = counted(&sums, event->payload[i]);
        logbook_in_order();
    }
    record->crc32c = sums.seal;
    event->checksum = logbook_checksum((xm_u64_t)sums.carries << 32 | sums.words);
    logbook_count(book, record);
}

/* The call, its pointer checked. It makes no call but in its last step, and so needs no stack frame;
 * saving registers would be a tenth of it. */
static __attribute__((noinline)) xm_s32_t store_checked(struct partition *p, xmTraceEvent_t *event,
                                                        xm_u32_t bitmask)
{
    xm_u32_t criticality = event->opCodeH & TRACE_OPCODE_CRIT_MASK;
    xm_s32_t result = XM_INVALID_CONFIG;

    if ((bitmask & p->trace_mask) != 0) {
        store(p, p->trace, event);
        result = XM_OK;
    }
    return criticality == XM_TRACE_UNRECOVERABLE << TRACE_OPCODE_CRIT_BIT ?
               unrecoverable(p, event, result) :
               result;
}

static __attribute__((noinline)) xm_s32_t store_searched(struct partition *p, xmTraceEvent_t *event,
                                                         xm_u32_t bitmask, xmAddress_t address)
{
    if ((address & 3u) != 0 || !guest_find_area(p, address, sizeof(*event), true)) {
        return XM_INVALID_PARAM;
    }
    return store_checked(p, event, bitmask);
}

/* XM_INVALID_CONFIG: not stored, because the configured mask filters it or there is no trace
 * device. An unrecoverable one is told to the health monitor in any case. */
xm_s32_t sys_trace_event(xm_u32_t bitmask, xmAddress_t address)
{
    struct partition *p = partition_current();
    xmTraceEvent_t *event = arch_guest_pointer(address);

    if ((address & 3u) == 0 && guest_area_holds(p->last_area, address, sizeof(*event), true)) {
        return store_checked(p, event, bitmask);
    }
    return store_searched(p, event, bitmask, address);
}

/* Descriptor (> 0) of the stream of a partition, or of the hypervisor; permission was checked by
 * the dispatcher. XM_INVALID_PARAM: no such id. A stream without a device can be opened and is
 * always empty. */
xm_s32_t sys_trace_open(xm_u32_t id)
{
    if (trace_book(id) == NULL) {
        return XM_INVALID_PARAM;
    }
    return (xm_s32_t)(DESCRIPTOR_TRACE_CLASS | id << DESCRIPTOR_PARTITION_BIT);
}

/* The stream of a descriptor. XM_INVALID_PARAM: a bit is wrong; XM_PERM_ERROR: somebody else's, and
 * no system flag. */
static inline __attribute__((always_inline)) xm_s32_t stream_of_now(xm_s32_t descriptor,
                                                                    struct logbook **book)
{
    const struct partition *p = partition_current();
    xm_u32_t bits = (xm_u32_t)descriptor;
    xm_u32_t id = bits >> DESCRIPTOR_PARTITION_BIT & DESCRIPTOR_PARTITION_MASK;

    if (bits == (DESCRIPTOR_TRACE_CLASS | p->id << DESCRIPTOR_PARTITION_BIT)) {
        *book = p->trace; /* its own: the usual case */
        return XM_OK;
    }
    *book = trace_book(id);
    if (*book == NULL || bits != (DESCRIPTOR_TRACE_CLASS | id << DESCRIPTOR_PARTITION_BIT)) {
        return XM_INVALID_PARAM;
    }
    return p->system ? XM_OK : XM_PERM_ERROR;
}

static __attribute__((noinline)) xm_s32_t stream_of(xm_s32_t descriptor, struct logbook **book)
{
    return stream_of_now(descriptor, book);
}

/* 1: a record was read; 0: none left. A refusal consumes nothing. */
xm_s32_t sys_trace_read(xm_s32_t descriptor, xmAddress_t address)
{
    const struct xm_trace_record *record;
    struct logbook *book;
    xm_s32_t refusal = stream_of(descriptor, &book);

    if (refusal != XM_OK) {
        return refusal;
    }
    if ((address & 3u) != 0 ||
        !guest_range_ok(partition_current(), address, sizeof(xmTraceEvent_t), true)) {
        return XM_INVALID_PARAM;
    }
    record = logbook_read(book);
    if (record == NULL) {
        return 0;
    }
    to_guest_form(record, arch_guest_pointer(address));
    return 1;
}

xm_s32_t sys_trace_seek(xm_s32_t descriptor, xm_s32_t offset, xm_u32_t whence)
{
    struct logbook *book;
    xm_s32_t refusal = stream_of(descriptor, &book);

    return refusal != XM_OK ? refusal : logbook_seek(book, offset, whence);
}

xm_s32_t sys_trace_status(xm_s32_t descriptor, xmAddress_t address)
{
    struct logbook *book;
    xm_s32_t refusal = stream_of_now(descriptor, &book);

    return refusal != XM_OK ? refusal : logbook_status(book, address);
}

/* XM_INVALID_PARAM: no such id, or a bad buffer. */
xm_s32_t sys_trace_fetch(xm_u32_t id, xm_u64_t from, xmAddress_t batch, xm_u32_t size)
{
    const struct logbook *book = trace_book(id);

    return book == NULL ? XM_INVALID_PARAM
                        : logbook_fetch(book, partition_current(), from, batch, size);
}
