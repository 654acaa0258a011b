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

static struct logbook *book_of(xm_u32_t id)
{
    if (id < config->partitions.count) {
        return &books[id];
    }
    return id == XM_HYPERVISOR_ID ? &books[config->partitions.count] : NULL;
}

static void open_stream(struct logbook *book, xm_u32_t stream_index)
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
void trace_init(void)
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
    struct logbook *book = book_of(XM_HYPERVISOR_ID);
    struct xm_trace_record record;

    memset(&record, 0, sizeof(record));
    record.time_us = clock_now();
    record.boot_id = kernel_boot_id;
    record.opcode_h = (xm_u32_t)book->next << TRACE_OPCODE_SEQ_BIT | 1u << TRACE_OPCODE_SYS_BIT;
    record.opcode_l = (module << 8 | event) << TRACE_OPCODE_CODE_BIT | XM_HYPERVISOR_ID;
    record.payload[0] = a;
    record.payload[1] = b;
    record.payload[2] = c;
    (void)logbook_append(book, &record);
}

static void to_guest_form(const struct xm_trace_record *record, xmTraceEvent_t *event)
{
    event->signature = XMTRACE_SIGNATURE;
    event->checksum = 0;
    event->opCodeH = record->opcode_h;
    event->opCodeL = record->opcode_l;
    event->timestamp = record->time_us;
    memcpy(event->payload, record->payload, sizeof(event->payload));
    event->checksum = logbook_checksum(event, sizeof(*event));
}

/* ---- services -------------------------------------------------------------------------------- */

/* Store the caller's event, completed with owner, time, number and checksum, in its stream and in
 * its own buffer. */
static void store(struct partition *p, xmTraceEvent_t *event)
{
    struct logbook *book = book_of(p->id);
    struct xm_trace_record record;

    memset(&record, 0, sizeof(record));
    record.time_us = clock_now();
    record.boot_id = kernel_boot_id;
    record.opcode_h = (event->opCodeH & OPCODE_H_CALLER) | (xm_u32_t)book->next
                                                               << TRACE_OPCODE_SEQ_BIT;
    record.opcode_l = (event->opCodeL & ~OPCODE_L_OWNER) | p->id;
    memcpy(record.payload, event->payload, sizeof(record.payload));
    (void)logbook_append(book, &record);
    to_guest_form(&record, event);
}

/* XM_INVALID_CONFIG: not stored, because the configured mask filters it or there is no trace
 * device. An unrecoverable one is told to the health monitor in any case. */
xm_s32_t sys_trace_event(xm_u32_t bitmask, xmAddress_t address)
{
    struct partition *p = partition_current();
    struct hm_info info = { .propagate_vector = -1 };
    xmTraceEvent_t event;
    xm_s32_t result = XM_INVALID_CONFIG;
    xm_u32_t criticality;

    if (!guest_read(p, address, 4, &event, sizeof(event)) ||
        !guest_range_ok(p, address, sizeof(event), true)) {
        return XM_INVALID_PARAM;
    }
    criticality = (event.opCodeH & TRACE_OPCODE_CRIT_MASK) >> TRACE_OPCODE_CRIT_BIT;
    if ((bitmask & p->config->trace_mask) != 0 && book_of(p->id)->capacity != 0) {
        store(p, &event);
        memcpy(arch_guest_pointer(address), &event, sizeof(event));
        result = XM_OK;
    }
    if (criticality == XM_TRACE_UNRECOVERABLE) {
        info.payload[0] = event.opCodeL;
        info.payload[1] = event.payload[0];
        info.payload[2] = event.payload[1];
        (void)hm_raise(XM_HM_EV_PARTITION_ERROR, p, &info);
    }
    return result;
}

/* Descriptor (> 0) of the stream of a partition, or of the hypervisor; permission was checked by
 * the dispatcher. XM_INVALID_PARAM: no such id. A stream without a device can be opened and is
 * always empty. */
xm_s32_t sys_trace_open(xm_u32_t id)
{
    if (book_of(id) == NULL) {
        return XM_INVALID_PARAM;
    }
    return (xm_s32_t)(DESCRIPTOR_TRACE_CLASS | id << DESCRIPTOR_PARTITION_BIT);
}

/* The stream of a descriptor. XM_INVALID_PARAM: a bit is wrong; XM_PERM_ERROR: somebody else's, and
 * no system flag. */
static xm_s32_t stream_of(xm_s32_t descriptor, struct logbook **book)
{
    const struct partition *p = partition_current();
    xm_u32_t bits = (xm_u32_t)descriptor;
    xm_u32_t id = bits >> DESCRIPTOR_PARTITION_BIT & DESCRIPTOR_PARTITION_MASK;

    *book = book_of(id);
    if (*book == NULL || bits != (DESCRIPTOR_TRACE_CLASS | id << DESCRIPTOR_PARTITION_BIT)) {
        return XM_INVALID_PARAM;
    }
    return p->system || id == p->id ? XM_OK : XM_PERM_ERROR;
}

/* 1: a record was read; 0: none left. A refusal consumes nothing. */
xm_s32_t sys_trace_read(xm_s32_t descriptor, xmAddress_t address)
{
    const struct xm_trace_record *record;
    struct logbook *book;
    xmTraceEvent_t event;
    xm_s32_t refusal = stream_of(descriptor, &book);

    if (refusal != XM_OK) {
        return refusal;
    }
    if ((address & 3u) != 0 || !guest_range_ok(partition_current(), address, sizeof(event), true)) {
        return XM_INVALID_PARAM;
    }
    record = logbook_read(book);
    if (record == NULL) {
        return 0;
    }
    to_guest_form(record, &event);
    memcpy(arch_guest_pointer(address), &event, sizeof(event));
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
    xmTraceStatus_t status;
    xm_s32_t refusal = stream_of(descriptor, &book);

    if (refusal != XM_OK) {
        return refusal;
    }
    logbook_status(book, &status);
    return guest_answer(address, 4, &status, sizeof(status));
}

/* XM_INVALID_PARAM: no such id, or a bad buffer. */
xm_s32_t sys_trace_fetch(xm_u32_t id, xm_u64_t from, xmAddress_t batch, xm_u32_t size)
{
    const struct logbook *book = book_of(id);

    return book == NULL ? XM_INVALID_PARAM
                        : logbook_fetch(book, partition_current(), from, batch, size);
}
