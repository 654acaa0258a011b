/* port.c - sampling and queuing ports
 *
 * A channel owns its message buffers; a port is a window on it with a state of its own, so that
 * what one reader does changes nothing for another. Data go straight from the sender's memory to
 * the buffer and from there to the receiver's memory, each after its whole check, with the caller's
 * address space current.
 *
 * A long message is copied in steps that give way to interrupts (guest_copy), and becomes visible
 * only when it is complete: a sampling channel has a second buffer to write into, a queue an empty
 * place. A reader whose message was replaced, or taken by another reader of the queue, while it gave
 * way begins again with the new one.
 *
 * Compiled for size: the few functions of the fast paths, put() and take(), serve both types. */
#include "port.h"
#include "config.h"
#include "guest_mem.h"
#include "hypercall.h"
#include "kernel.h"
#include "time.h"
#include "virq.h"

enum port_state {
    PORT_EMPTY,
    PORT_CONSUMED,
    PORT_NEW
}; /* as in the status flags of the interface */
_Static_assert(PORT_EMPTY << XM_COMM_PORT_STATUS_B == XM_COMM_EMPTY_PORT &&
                   PORT_CONSUMED << XM_COMM_PORT_STATUS_B == XM_COMM_CONSUMED_MSG &&
                   PORT_NEW << XM_COMM_PORT_STATUS_B == XM_COMM_NEW_MSG,
               "abi/guest.h");

/* What a port is, in bits, so that one comparison asks for type and direction: a type's bit and
 * XM_SOURCE_PORT or XM_DESTINATION_PORT. */
#define SAMPLING 4u
#define QUEUING 8u

/* Everything a call needs to know about a port, put together once at boot. */
struct port {
    struct partition *p;
    const struct xm_config_port *config;
    struct channel *channel; /* NULL: not connected */
    struct port *next;       /* source: first destination of its channel; destination: the next one */
    xm_u32_t *bitmap_word;   /* of its partition's bitmap */
    xm_u32_t bitmap_bit;
    xm_u8_t kind;
    xm_u8_t open_as;         /* its kind; 0: not open */
    xm_u8_t state;           /* enum port_state, sampling */
    xm_u8_t virq;            /* that says something happened */
    xm_u32_t name_sum;
};

struct message {
    xmTime_t time_us; /* sampling: when it was written */
    xm_u32_t bytes;
    xm_u32_t reserved;
    xm_u8_t data[];   /* doubleword aligned */
};

struct channel {
    const struct xm_config_channel *config;
    struct port *source;
    struct message *front; /* to read: in force, or the oldest */
    struct message *back;  /* to write into next; nobody reads it */
    xm_u8_t *messages, *end;
    xm_u32_t message_bytes; /* from one message to the next */
    xm_u32_t count;         /* messages waiting; sampling: 1 as soon as there is one */
    xm_u32_t version;       /* changes whenever front does: one more */
    xm_u32_t refused;       /* sent while the queue was full */
};

_Static_assert(sizeof(struct port) <= XM_MEMORY_PER_PORT, "abi/config.h bound");
_Static_assert(sizeof(struct channel) <= XM_MEMORY_PER_CHANNEL, "abi/config.h bound");
_Static_assert(sizeof(struct message) <= XM_MEMORY_PER_MESSAGE, "abi/config.h bound");

/* Messages of a channel follow each other, the first one follows the last. */
static struct message *following(const struct channel *channel, struct message *m)
{
    xm_u8_t *next = (xm_u8_t *)m + channel->message_bytes;

    return (struct message *)(void *)(next == channel->end ? channel->messages : next);
}

BOOT_ONLY static void channel_init(struct channel *channel, const struct xm_config_channel *c,
                                   struct port *ports)
{
    struct port *next = NULL;

    channel->config = c;
    channel->source = &ports[c->source];
    channel->message_bytes =
        (xm_u32_t)sizeof(struct message) + ((c->max_message_bytes + 7u) & ~7u);
    channel->messages = kernel_carve(XM_CONFIG_BUFFERS(c) * channel->message_bytes, 8);
    channel->end = channel->messages + XM_CONFIG_BUFFERS(c) * channel->message_bytes;
    channel->front = (struct message *)(void *)channel->messages;
    channel->back = c->type == XM_SAMPLING_PORT ? following(channel, channel->front) : channel->front;
    for (xm_u32_t i = c->destination_count; i-- > 0;) {
        struct port *port = &ports[config_destination(c->destination_first + i)];

        port->next = next;
        next = port;
    }
    channel->source->next = next;
}

/* Names are compared letter by letter only where this is the same: many ports whose names begin alike
 * would take long. */
static xm_u32_t name_sum(const char *name)
{
    xm_u32_t sum = 0;

    while (*name != '\0') {
        sum = sum * 31 + (xm_u8_t)*name++;
    }
    return sum;
}

/* Boot only. */
BOOT_ONLY void port_init_all(void)
{
    struct port *ports = kernel_carve(config->ports.count * (xm_u32_t)sizeof(*ports), 8);
    struct channel *channels =
        kernel_carve(config->channels.count * (xm_u32_t)sizeof(*channels), 8);

    for (xm_u32_t i = 0; i < config->channels.count; i++) {
        channel_init(&channels[i], config_channel(i), ports);
    }
    for (xm_u32_t id = 0; id < partition_count; id++) {
        struct partition *p = &partitions[id];

        p->ports = &ports[p->config->port_first];
        for (xm_u32_t i = 0; i < p->config->port_count; i++) {
            const struct xm_config_port *c = config_port(p->config->port_first + i);
            struct port *port = &p->ports[i];

            port->p = p;
            port->config = c;
            port->name_sum = name_sum(config_string(c->name));
            port->channel = c->channel == XM_CONFIG_NONE ? NULL : &channels[c->channel];
            port->bitmap_word = &p->port_bitmap[i / 32];
            port->bitmap_bit = 1u << i % 32;
            port->kind =
                (xm_u8_t)((c->type == XM_SAMPLING_PORT ? SAMPLING : QUEUING) | c->direction);
            port->virq = c->type == XM_SAMPLING_PORT ? XM_VT_EXT_SAMPLING_PORT :
                                                       XM_VT_EXT_QUEUING_PORT;
        }
    }
}

/* Is a descriptor of p that of an open port with all bits of `kind`? Every bit of the descriptor
 * counts: it is an index into the partition's own table. */
static inline __attribute__((always_inline)) bool is_open(const struct partition *p,
                                                          xm_u32_t descriptor, xm_u32_t kind)
{
    return descriptor < p->config->port_count && (p->ports[descriptor].open_as & kind) == kind;
}

/* The caller's port of that name, of whatever type; NULL: none, or a bad address. */
static struct port *find_named(xmAddress_t name_address)
{
    struct partition *p = partition_current();
    struct port *port = p->ports;
    char name[CONFIG_ID_STRING_LENGTH];
    xm_u32_t sum;

    if (!guest_read_name(p, name_address, name)) {
        return NULL;
    }
    sum = name_sum(name);
    for (xm_u32_t i = 0; i < p->config->port_count; i++, port++) {
        if (port->name_sum == sum && kernel_same_name(name, config_string(port->config->name))) {
            return port;
        }
    }
    return NULL;
}

static inline void bitmap_set(const struct port *port)
{
    *port->bitmap_word |= port->bitmap_bit;
}

static inline void bitmap_clear(const struct port *port)
{
    *port->bitmap_word &= ~port->bitmap_bit;
}

/* Is a message still valid? Its age must be less than the period: a period of 0 is never met, an
 * infinite one always. */
static bool message_valid(const struct message *m, xm_u32_t period_us)
{
    return period_us == XM_INFINITE_TIME || clock_now() - m->time_us < (xmTime_t)period_us;
}

void port_close_all(struct partition *p)
{
    for (xm_u32_t i = 0; i < p->config->port_count; i++) {
        p->ports[i].open_as = 0;
        p->ports[i].state = PORT_EMPTY;
        bitmap_clear(&p->ports[i]);
    }
}

/* ---- what both types share ------------------------------------------------------------------- */

/* Descriptor (>= 0). XM_INVALID_PARAM: bad name or direction, or no such port; XM_INVALID_CONFIG:
 * type, direction, size or `other` (period, or number of messages) are not those of the
 * configuration; XM_NO_ACTION: open already. */
static xm_s32_t create(xmAddress_t name, xm_u32_t type, xm_u32_t direction, xm_u32_t max_bytes,
                       xmTime_t other)
{
    struct port *port = find_named(name);
    struct channel *channel;

    if ((direction != XM_SOURCE_PORT && direction != XM_DESTINATION_PORT) || port == NULL) {
        return XM_INVALID_PARAM;
    }
    channel = port->channel;
    if (port->kind != (type | direction) ||
        (channel != NULL &&
         (max_bytes != channel->config->max_message_bytes ||
          other != (xmTime_t)(type == SAMPLING ? channel->config->valid_period_us :
                                                 channel->config->max_messages)))) {
        return XM_INVALID_CONFIG;
    }
    if (port->open_as != 0) {
        return XM_NO_ACTION;
    }
    port->open_as = port->kind;
    /* What is already in the channel is new to a port that was just opened. */
    if (channel != NULL && direction == XM_DESTINATION_PORT && channel->count != 0) {
        port->state = PORT_NEW;
        bitmap_set(port);
    }
    return (xm_s32_t)(port - port->p->ports);
}

/* What a transfer through a connected port is refused for: its size, then the whole buffer. */
static inline xm_s32_t transfer_refusal(struct partition *p, const struct channel *channel,
                                        xmAddress_t buffer, xm_u32_t size, bool write)
{
    if (size == 0 || size > channel->config->max_message_bytes) {
        return XM_INVALID_CONFIG;
    }
    return guest_range_ok(p, buffer, size, write) ? XM_OK : XM_INVALID_PARAM;
}

/* Write a sampling message or send a queuing one. Everything between the refusals and the copy is
 * the same when the call that gave way is made again: a channel has one source. */
static xm_s32_t put(xm_u32_t descriptor, xmAddress_t buffer, xm_u32_t size, xm_u32_t type)
{
    struct partition *p = partition_current();
    struct port *port;
    struct channel *channel;
    struct message *m;
    xm_s32_t refusal;

    if (!is_open(p, descriptor, type | XM_SOURCE_PORT)) {
        return XM_INVALID_PARAM;
    }
    port = &p->ports[descriptor];
    channel = port->channel;
    if (channel == NULL) {
        return XM_OK;
    }
    refusal = transfer_refusal(p, channel, buffer, size, false);
    if (refusal != XM_OK) {
        return refusal;
    }
    if (type == QUEUING && channel->count == channel->config->max_messages) {
        channel->refused++;
        return XM_OP_NOT_ALLOWED;
    }
    m = channel->back;
    if (!guest_copy(p, m->data, arch_guest_pointer(buffer), size, 0)) {
        return XM_OK;
    }
    m->bytes = size;
    if (type == SAMPLING) {
        m->time_us = clock_now();
        channel->back = channel->front;
        channel->front = m;
        channel->count = 1;
        channel->version++;
        port->state = PORT_NEW;
        p->sampling_written++;
    } else {
        channel->back = following(channel, m);
        channel->count++;
        p->queuing_sent++;
    }
    /* Tell every destination that has opened its port. */
    for (port = port->next; port != NULL; port = port->next) {
        if (port->open_as != 0) {
            port->state = PORT_NEW;
            bitmap_set(port);
            virq_raise_ext(port->p, port->virq);
        }
    }
    return XM_OK;
}

/* There is nothing to take; refused as if there were. Another reader of the queue may have taken what
 * this one was copying. */
static xm_s32_t take_nothing(struct partition *p, xmAddress_t flags, xm_s32_t result)
{
    static const xm_u32_t invalid = 0;

    guest_copy_forget(p);
    return flags == 0 || guest_write(p, flags, 4, &invalid, 4) ? result : XM_INVALID_PARAM;
}

/* Read a sampling message or receive a queuing one: bytes copied, no more than the message has. */
static xm_s32_t take(xm_u32_t descriptor, xmAddress_t buffer, xm_u32_t size, xmAddress_t flags,
                     xm_u32_t type)
{
    struct partition *p = partition_current();
    struct port *port;
    struct channel *channel;
    struct message *m;
    xm_u32_t valid = 0;
    xm_s32_t refusal;

    if (!is_open(p, descriptor, type | XM_DESTINATION_PORT)) {
        return XM_INVALID_PARAM;
    }
    port = &p->ports[descriptor];
    channel = port->channel;
    if (channel == NULL) {
        return take_nothing(p, flags, 0);
    }
    refusal = transfer_refusal(p, channel, buffer, size, true);
    if (refusal != XM_OK) {
        return refusal;
    }
    if (channel->count == 0) {
        return take_nothing(p, flags, type == SAMPLING ? 0 : XM_OP_NOT_ALLOWED);
    }
    if (flags != 0 && ((flags & 3u) != 0 || !guest_range_ok(p, flags, 4, true))) {
        return XM_INVALID_PARAM;
    }
    m = channel->front;
    size = m->bytes < size ? m->bytes : size;
    if (!guest_copy(p, arch_guest_pointer(buffer), m->data, size, channel->version)) {
        return XM_OK;
    }
    if (type == SAMPLING) {
        valid = message_valid(m, channel->config->valid_period_us) ? XM_COMM_MSG_VALID : 0;
        port->state = PORT_CONSUMED;
        p->sampling_read++;
        bitmap_clear(port);
    } else {
        channel->front = following(channel, m);
        channel->version++;
        p->queuing_received++;
        if (--channel->count == 0) {
            bitmap_clear(port);
        }
    }
    if (flags != 0) {
        *(xm_u32_t *)arch_guest_pointer(flags) = valid;
    }
    /* The writer may want to send the next one. */
    if (channel->source->open_as != 0) {
        virq_raise_ext(channel->source->p, channel->source->virq);
    }
    return (xm_s32_t)size;
}

/* ---- sampling ports -------------------------------------------------------------------------- */

/* See create(). */
xm_s32_t sys_create_sampling_port(xmAddress_t name, xm_u32_t max_bytes, xm_u32_t direction,
                                  xmTime_t period_us)
{
    return create(name, SAMPLING, direction, max_bytes, period_us);
}

/* XM_OK, also for a port that is not connected. */
xm_s32_t sys_write_sampling_message(xm_s32_t descriptor, xmAddress_t buffer, xm_u32_t size)
{
    return put((xm_u32_t)descriptor, buffer, size, SAMPLING);
}

/* Bytes copied; 0: never written, or not connected. *flags, if wanted: XM_COMM_MSG_VALID or 0.
 * Reading consumes nothing. */
xm_s32_t sys_read_sampling_message(xm_s32_t descriptor, xmAddress_t buffer, xm_u32_t size,
                                   xmAddress_t flags)
{
    return take((xm_u32_t)descriptor, buffer, size, flags, SAMPLING);
}

/* The state is the port's view: whether its partition has read, or written, the message. */
static void last_message(const struct port *port, xmSamplingPortStatus_t *status)
{
    memset(status, 0, sizeof(*status));
    status->flags = (xm_u32_t)port->state << XM_COMM_PORT_STATUS_B;
    if (port->channel != NULL && port->channel->count != 0) {
        const struct message *m = port->channel->front;

        status->timestamp = m->time_us;
        status->lastMsgSize = m->bytes;
        if (message_valid(m, port->channel->config->valid_period_us)) {
            status->flags |= XM_COMM_MSG_VALID;
        }
    }
}

/* Any refusal: XM_INVALID_PARAM. */
xm_s32_t sys_get_sampling_port_status(xm_u32_t descriptor, xmAddress_t address)
{
    xmSamplingPortStatus_t status;
    struct partition *p = partition_current();

    if (!is_open(p, descriptor, SAMPLING)) {
        return XM_INVALID_PARAM;
    }
    last_message(&p->ports[descriptor], &status);
    return guest_answer(address, 8, &status, sizeof(status));
}

/* Any refusal: XM_INVALID_PARAM. The port need not be open; of one that is not connected sizes and
 * period are 0. */
xm_s32_t sys_get_sampling_port_info(xmAddress_t name, xmAddress_t address)
{
    xmSamplingPortInfo_t info;
    const struct port *port = find_named(name);

    if (port == NULL || (port->kind & SAMPLING) == 0) {
        return XM_INVALID_PARAM;
    }
    memset(&info, 0, sizeof(info));
    info.portName = arch_guest_pointer(name);
    info.direction = port->config->direction;
    if (port->channel != NULL) {
        info.validPeriod = (xmTime_t)port->channel->config->valid_period_us;
        info.maxMsgSize = port->channel->config->max_message_bytes;
    }
    return guest_answer(address, 8, &info, sizeof(info));
}

/* ---- queuing ports --------------------------------------------------------------------------- */

/* See create(). */
xm_s32_t sys_create_queuing_port(xmAddress_t name, xm_u32_t max_messages, xm_u32_t max_bytes,
                                 xm_u32_t direction)
{
    return create(name, QUEUING, direction, max_bytes, (xmTime_t)max_messages);
}

/* XM_OP_NOT_ALLOWED: the queue is full, nothing is lost. XM_OK also for a port that is not
 * connected. */
xm_s32_t sys_send_queuing_message(xm_s32_t descriptor, xmAddress_t buffer, xm_u32_t size)
{
    return put((xm_u32_t)descriptor, buffer, size, QUEUING);
}

/* Bytes copied; a buffer shorter than the message truncates it, and it is taken all the same. 0: not
 * connected. XM_OP_NOT_ALLOWED: empty. */
xm_s32_t sys_receive_queuing_message(xm_s32_t descriptor, xmAddress_t buffer, xm_u32_t size)
{
    return take((xm_u32_t)descriptor, buffer, size, 0, QUEUING);
}

/* Any refusal: XM_INVALID_PARAM. */
xm_s32_t sys_get_queuing_port_status(xm_u32_t descriptor, xmAddress_t address)
{
    xmQueuingPortStatus_t status;
    struct partition *p = partition_current();
    const struct port *port;

    if (!is_open(p, descriptor, QUEUING)) {
        return XM_INVALID_PARAM;
    }
    port = &p->ports[descriptor];
    status.noMsgs = port->channel == NULL ? 0 : port->channel->count;
    return guest_answer(address, 4, &status, sizeof(status));
}

/* Any refusal: XM_INVALID_PARAM. The port need not be open; of one that is not connected sizes are
 * 0. */
xm_s32_t sys_get_queuing_port_info(xmAddress_t name, xmAddress_t address)
{
    xmQueuingPortInfo_t info;
    const struct port *port = find_named(name);

    if (port == NULL || (port->kind & QUEUING) == 0) {
        return XM_INVALID_PARAM;
    }
    memset(&info, 0, sizeof(info));
    info.portName = arch_guest_pointer(name);
    info.direction = port->config->direction;
    if (port->channel != NULL) {
        info.maxMsgSize = port->channel->config->max_message_bytes;
        info.maxNoMsgs = port->channel->config->max_messages;
    }
    return guest_answer(address, 8, &info, sizeof(info));
}

/* ---- any partition's ports ------------------------------------------------------------------- */

/* Any refusal: XM_INVALID_PARAM. */
xm_s32_t sys_port_status(xm_u32_t partition_id, xm_u32_t number, xmAddress_t address)
{
    struct xm_port_status status;
    const struct partition *p = partition_by_id(partition_id);
    const struct port *port;

    if (p == NULL || number >= p->config->port_count) {
        return XM_INVALID_PARAM;
    }
    port = &p->ports[number];
    last_message(port, &status.last);
    status.is_open = port->open_as != 0;
    status.waiting = status.moved = status.refused = 0;
    if (port->channel != NULL) {
        status.waiting = port->channel->count;
        status.moved = port->channel->version;
        status.refused = port->channel->refused;
    }
    return guest_answer(address, 8, &status, sizeof(status));
}
