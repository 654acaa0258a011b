/* port.c - sampling and queuing ports
 *
 * A channel owns its message buffers; a port is a window on it with a state of its own, so that
 * what one reader does changes nothing for another. Data go straight from the sender's memory to
 * the buffer and from there to the receiver's memory, each after its whole check, with the caller's
 * address space current.
 *
 * A long message is copied in steps that give way to interrupts (guest_copy), and becomes visible
 * only when it is complete: a sampling channel has a second buffer to write into, a queue an empty
 * place. A reader whose message was replaced while it gave way begins again with the new one. */
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

/* Everything a call needs to know about a port, put together once at boot. */
struct port {
    struct partition *p;
    xm_u32_t number; /* in its partition's PortTable: descriptor and bit of its bitmap */
    const struct xm_config_port *config;
    const struct xm_config_channel *channel_config; /* NULL: not connected */
    struct channel *channel;
    bool open;
    enum port_state state; /* sampling */
};

struct message {
    xmTime_t time_us; /* when it was written */
    xm_u32_t bytes;   /* 0: nothing was ever written */
    xm_u32_t reserved;
    xm_u8_t data[];   /* doubleword aligned */
};

struct channel {
    xm_u8_t *messages;
    xm_u32_t message_bytes; /* from one message to the next */
    xm_u32_t first,
        count; /* queuing: oldest message, messages waiting. Sampling: first is the message in force */
    xm_u32_t version;       /* sampling: messages written */
};

_Static_assert(sizeof(struct port) <= XM_MEMORY_PER_PORT, "abi/config.h bound");
_Static_assert(sizeof(struct channel) <= XM_MEMORY_PER_CHANNEL, "abi/config.h bound");
_Static_assert(sizeof(struct message) <= XM_MEMORY_PER_MESSAGE, "abi/config.h bound");

static struct port *ports;       /* like the configuration's table */
static struct channel *channels; /* like the configuration's table */

/* Boot only. */
void port_init_all(void)
{
    ports = kernel_carve(config->ports.count * (xm_u32_t)sizeof(*ports), 8);
    channels = kernel_carve(config->channels.count * (xm_u32_t)sizeof(*channels), 8);
    for (xm_u32_t i = 0; i < config->channels.count; i++) {
        const struct xm_config_channel *c = config_channel(i);

        channels[i].message_bytes =
            (xm_u32_t)sizeof(struct message) + ((c->max_message_bytes + 7u) & ~7u);
        channels[i].messages = kernel_carve(XM_CONFIG_BUFFERS(c) * channels[i].message_bytes, 8);
    }
    for (xm_u32_t i = 0; i < config->ports.count; i++) {
        const struct xm_config_port *c = config_port(i);
        struct partition *p = &partitions[c->partition];
        bool connected = c->channel != XM_CONFIG_NONE;

        ports[i] = (struct port){ .p = p,
                                  .number = i - p->config->port_first,
                                  .config = c,
                                  .channel_config = connected ? config_channel(c->channel) : NULL,
                                  .channel = connected ? &channels[c->channel] : NULL };
    }
}

/* The caller's open port of that descriptor and type, NULL: none. Every bit of the descriptor
 * counts: it is an index into the caller's own table. */
static struct port *find_open(xm_u32_t descriptor, xm_u32_t type)
{
    const struct xm_config_partition *c = partition_current()->config;
    struct port *port;

    if (descriptor >= c->port_count) {
        return NULL;
    }
    port = &ports[c->port_first + descriptor];
    return port->open && port->config->type == type ? port : NULL;
}

/* The caller's port of that name, of whatever type; NULL: none, or a bad address. */
static struct port *find_named(xmAddress_t name_address)
{
    struct partition *p = partition_current();
    struct port *port = &ports[p->config->port_first];
    char name[CONFIG_ID_STRING_LENGTH];

    if (!guest_read_name(p, name_address, name)) {
        return NULL;
    }
    for (xm_u32_t i = 0; i < p->config->port_count; i++, port++) {
        if (kernel_same_name(name, config_string(port->config->name))) {
            return port;
        }
    }
    return NULL;
}

static struct message *message_at(const struct channel *channel, xm_u32_t i)
{
    return (struct message *)(void *)(channel->messages + i * channel->message_bytes);
}

/* The message in force of a sampling channel, and the place for the next one. */
static struct message *sample(const struct channel *channel)
{
    return message_at(channel, channel->first);
}

static struct message *next_sample(const struct channel *channel)
{
    return message_at(channel, 1 - channel->first);
}

static void bitmap_set(const struct port *port)
{
    port->p->port_bitmap[port->number / 32] |= 1u << port->number % 32;
}

static void bitmap_clear(const struct port *port)
{
    port->p->port_bitmap[port->number / 32] &= ~(1u << port->number % 32);
}

static void notify(const struct port *port)
{
    virq_raise_ext(port->p, port->config->type == XM_SAMPLING_PORT ? XM_VT_EXT_SAMPLING_PORT
                                                                   : XM_VT_EXT_QUEUING_PORT);
}

/* A message arrived: tell every destination that has opened its port. */
static void notify_destinations(const struct port *source)
{
    const struct xm_config_channel *c = source->channel_config;

    for (xm_u32_t i = 0; i < c->destination_count; i++) {
        struct port *port = &ports[config_destination(c->destination_first + i)];

        if (port->open) {
            port->state = PORT_NEW;
            bitmap_set(port);
            notify(port);
        }
    }
}

/* A message was taken: the writer may want to send the next one. */
static void notify_source(const struct port *destination)
{
    const struct port *port = &ports[destination->channel_config->source];

    if (port->open) {
        notify(port);
    }
}

/* Is a message still valid? Its age must be less than the period: a period of 0 is never met, an
 * infinite one always. */
static bool message_valid(xmTime_t written_us, xm_u32_t period_us, xmTime_t now_us)
{
    return period_us == XM_INFINITE_TIME || now_us - written_us < (xmTime_t)period_us;
}

/* After the last refusal of a creation. What is already in the channel is new to a port that was
 * just opened. */
static xm_s32_t open_port(struct port *port)
{
    port->open = true;
    port->state = PORT_EMPTY;
    if (port->channel != NULL && port->config->direction == XM_DESTINATION_PORT) {
        bool waiting = port->config->type == XM_SAMPLING_PORT ? sample(port->channel)->bytes != 0 :
                                                             port->channel->count != 0;

        if (waiting) {
            port->state = PORT_NEW;
            bitmap_set(port);
        }
    }
    return (xm_s32_t)port->number;
}

void port_close_all(struct partition *p)
{
    struct port *port = &ports[p->config->port_first];

    for (xm_u32_t i = 0; i < p->config->port_count; i++, port++) {
        port->open = false;
        port->state = PORT_EMPTY;
    }
    for (xm_u32_t i = 0; i < p->config->port_count; i += 32) {
        p->port_bitmap[i / 32] = 0;
    }
}

/* What both kinds check of a transfer: size against the channel, then the whole buffer. */
static xm_s32_t transfer_refusal(const struct port *port, xmAddress_t buffer, xm_u32_t size,
                                 bool write)
{
    if (size == 0 || size > port->channel_config->max_message_bytes) {
        return XM_INVALID_CONFIG;
    }
    return guest_range_ok(port->p, buffer, size, write) ? XM_OK : XM_INVALID_PARAM;
}

/* False: the copy gave way. */
static bool message_store(struct partition *p, struct message *m, xmAddress_t from, xm_u32_t size)
{
    if (!guest_copy(p, m->data, arch_guest_pointer(from), size, 0)) {
        return false;
    }
    m->bytes = size;
    m->time_us = clock_now();
    return true;
}

/* *bytes is what the reader asked for, then what was copied: no more than the message has. False:
 * the copy gave way. */
static bool message_load(struct partition *p, const struct message *m, xmAddress_t to,
                         xm_u32_t *bytes, xm_u32_t stamp)
{
    *bytes = m->bytes < *bytes ? m->bytes : *bytes;
    return guest_copy(p, arch_guest_pointer(to), m->data, *bytes, stamp);
}

/* ---- sampling ports -------------------------------------------------------------------------- */

/* Descriptor (>= 0). XM_INVALID_PARAM: bad name or direction, or no such port; XM_INVALID_CONFIG:
 * type, direction, size or period are not those of the configuration; XM_NO_ACTION: open
 * already. */
xm_s32_t sys_create_sampling_port(xmAddress_t name, xm_u32_t max_bytes, xm_u32_t direction,
                                  xmTime_t period_us)
{
    struct port *port = find_named(name);

    if ((direction != XM_SOURCE_PORT && direction != XM_DESTINATION_PORT) || port == NULL) {
        return XM_INVALID_PARAM;
    }
    if (port->config->type != XM_SAMPLING_PORT || port->config->direction != direction ||
        (port->channel != NULL && (max_bytes != port->channel_config->max_message_bytes ||
                               period_us != (xmTime_t)port->channel_config->valid_period_us))) {
        return XM_INVALID_CONFIG;
    }
    return port->open ? XM_NO_ACTION : open_port(port);
}

/* XM_OK, also for a port that is not connected. */
xm_s32_t sys_write_sampling_message(xm_s32_t descriptor, xmAddress_t buffer, xm_u32_t size)
{
    struct port *port = find_open((xm_u32_t)descriptor, XM_SAMPLING_PORT);
    xm_s32_t refusal;

    if (port == NULL || port->config->direction != XM_SOURCE_PORT) {
        return XM_INVALID_PARAM;
    }
    if (port->channel == NULL) {
        return XM_OK;
    }
    refusal = transfer_refusal(port, buffer, size, false);
    if (refusal != XM_OK) {
        return refusal;
    }
    if (!message_store(port->p, next_sample(port->channel), buffer, size)) {
        return XM_OK;
    }
    port->channel->first = 1 - port->channel->first;
    port->channel->version++;
    port->state = PORT_NEW;
    port->p->sampling_written++;
    notify_destinations(port);
    return XM_OK;
}

/* Bytes copied; 0: never written, or not connected. *flags, if wanted: XM_COMM_MSG_VALID or 0.
 * Reading consumes nothing. */
xm_s32_t sys_read_sampling_message(xm_s32_t descriptor, xmAddress_t buffer, xm_u32_t size,
                                   xmAddress_t flags)
{
    struct port *port = find_open((xm_u32_t)descriptor, XM_SAMPLING_PORT);
    const struct message *m;
    xm_s32_t refusal = XM_OK;
    xm_u32_t bytes = 0;
    xm_u32_t valid = 0;

    if (port == NULL || port->config->direction != XM_DESTINATION_PORT) {
        return XM_INVALID_PARAM;
    }
    if (port->channel != NULL) {
        refusal = transfer_refusal(port, buffer, size, true);
    }
    if (refusal == XM_OK && flags != 0 &&
        ((flags & 3u) != 0 || !guest_range_ok(port->p, flags, 4, true))) {
        refusal = XM_INVALID_PARAM;
    }
    if (refusal != XM_OK) {
        return refusal;
    }
    m = port->channel == NULL ? NULL : sample(port->channel);
    if (m != NULL && m->bytes != 0) {
        bytes = size;
        if (!message_load(port->p, m, buffer, &bytes, port->channel->version)) {
            return XM_OK;
        }
        valid = message_valid(m->time_us, port->channel_config->valid_period_us, clock_now())
                    ? XM_COMM_MSG_VALID
                    : 0;
        port->state = PORT_CONSUMED;
        port->p->sampling_read++;
        bitmap_clear(port);
        notify_source(port);
    }
    if (flags != 0) {
        memcpy(arch_guest_pointer(flags), &valid, sizeof(valid));
    }
    return (xm_s32_t)bytes;
}

/* Any refusal: XM_INVALID_PARAM. The state is the caller's view: whether it has read, or written,
 * the message. */
xm_s32_t sys_get_sampling_port_status(xm_u32_t descriptor, xmAddress_t address)
{
    static const xm_u32_t state_flag[] = {
        [PORT_EMPTY] = XM_COMM_EMPTY_PORT,
        [PORT_CONSUMED] = XM_COMM_CONSUMED_MSG,
        [PORT_NEW] = XM_COMM_NEW_MSG,
    };
    xmSamplingPortStatus_t status;
    struct port *port = find_open(descriptor, XM_SAMPLING_PORT);

    if (port == NULL) {
        return XM_INVALID_PARAM;
    }
    memset(&status, 0, sizeof(status));
    status.flags = state_flag[port->state];
    if (port->channel != NULL && sample(port->channel)->bytes != 0) {
        const struct message *m = sample(port->channel);

        status.timestamp = m->time_us;
        status.lastMsgSize = m->bytes;
        if (message_valid(m->time_us, port->channel_config->valid_period_us, clock_now())) {
            status.flags |= XM_COMM_MSG_VALID;
        }
    }
    return guest_write(port->p, address, 8, &status, sizeof(status)) ? XM_OK : XM_INVALID_PARAM;
}

/* Any refusal: XM_INVALID_PARAM. The port need not be open; of one that is not connected sizes and
 * period are 0. */
xm_s32_t sys_get_sampling_port_info(xmAddress_t name, xmAddress_t address)
{
    xmSamplingPortInfo_t info;
    const struct port *port = find_named(name);

    if (port == NULL || port->config->type != XM_SAMPLING_PORT) {
        return XM_INVALID_PARAM;
    }
    memset(&info, 0, sizeof(info));
    info.portName = arch_guest_pointer(name);
    info.direction = port->config->direction;
    if (port->channel != NULL) {
        info.validPeriod = (xmTime_t)port->channel_config->valid_period_us;
        info.maxMsgSize = port->channel_config->max_message_bytes;
    }
    return guest_write(port->p, address, 8, &info, sizeof(info)) ? XM_OK : XM_INVALID_PARAM;
}

/* ---- queuing ports --------------------------------------------------------------------------- */

/* As sys_create_sampling_port(), with the number of messages in place of the period. */
xm_s32_t sys_create_queuing_port(xmAddress_t name, xm_u32_t max_messages, xm_u32_t max_bytes,
                                 xm_u32_t direction)
{
    struct port *port = find_named(name);

    if ((direction != XM_SOURCE_PORT && direction != XM_DESTINATION_PORT) || port == NULL) {
        return XM_INVALID_PARAM;
    }
    if (port->config->type != XM_QUEUING_PORT || port->config->direction != direction ||
        (port->channel != NULL && (max_bytes != port->channel_config->max_message_bytes ||
                               max_messages != port->channel_config->max_messages))) {
        return XM_INVALID_CONFIG;
    }
    return port->open ? XM_NO_ACTION : open_port(port);
}

/* XM_OP_NOT_ALLOWED: the queue is full, nothing is lost. */
xm_s32_t sys_send_queuing_message(xm_s32_t descriptor, xmAddress_t buffer, xm_u32_t size)
{
    struct port *port = find_open((xm_u32_t)descriptor, XM_QUEUING_PORT);
    xm_s32_t refusal;
    xm_u32_t free_place;

    if (port == NULL || port->config->direction != XM_SOURCE_PORT) {
        return XM_INVALID_PARAM;
    }
    if (port->channel == NULL) {
        return XM_OK;
    }
    refusal = transfer_refusal(port, buffer, size, false);
    if (refusal != XM_OK) {
        return refusal;
    }
    if (port->channel->count == port->channel_config->max_messages) {
        return XM_OP_NOT_ALLOWED;
    }
    free_place = port->channel->first + port->channel->count;
    if (free_place >= port->channel_config->max_messages) {
        free_place -= port->channel_config->max_messages;
    }
    if (!message_store(port->p, message_at(port->channel, free_place), buffer, size)) {
        return XM_OK;
    }
    port->channel->count++;
    port->p->queuing_sent++;
    notify_destinations(port);
    return XM_OK;
}

/* Bytes copied; a buffer shorter than the message truncates it, and it is taken all the same.
 * XM_OP_NOT_ALLOWED: empty. */
xm_s32_t sys_receive_queuing_message(xm_s32_t descriptor, xmAddress_t buffer, xm_u32_t size)
{
    struct port *port = find_open((xm_u32_t)descriptor, XM_QUEUING_PORT);
    xm_s32_t refusal;
    xm_u32_t bytes = size;

    if (port == NULL || port->config->direction != XM_DESTINATION_PORT) {
        return XM_INVALID_PARAM;
    }
    if (port->channel == NULL) {
        return 0;
    }
    refusal = transfer_refusal(port, buffer, size, true);
    if (refusal != XM_OK) {
        return refusal;
    }
    if (port->channel->count == 0) {
        return XM_OP_NOT_ALLOWED;
    }
    if (!message_load(port->p, message_at(port->channel, port->channel->first), buffer, &bytes,
                      0)) {
        return XM_OK;
    }
    port->channel->first = port->channel->first + 1 == port->channel_config->max_messages
                               ? 0
                               : port->channel->first + 1;
    port->channel->count--;
    port->p->queuing_received++;
    if (port->channel->count == 0) {
        bitmap_clear(port);
    }
    notify_source(port);
    return (xm_s32_t)bytes;
}

/* Any refusal: XM_INVALID_PARAM. */
xm_s32_t sys_get_queuing_port_status(xm_u32_t descriptor, xmAddress_t address)
{
    xmQueuingPortStatus_t status;
    struct port *port = find_open(descriptor, XM_QUEUING_PORT);

    if (port == NULL) {
        return XM_INVALID_PARAM;
    }
    status.noMsgs = port->channel == NULL ? 0 : port->channel->count;
    return guest_write(port->p, address, 4, &status, sizeof(status)) ? XM_OK : XM_INVALID_PARAM;
}

/* Any refusal: XM_INVALID_PARAM. The port need not be open; of one that is not connected sizes are
 * 0. */
xm_s32_t sys_get_queuing_port_info(xmAddress_t name, xmAddress_t address)
{
    xmQueuingPortInfo_t info;
    const struct port *port = find_named(name);

    if (port == NULL || port->config->type != XM_QUEUING_PORT) {
        return XM_INVALID_PARAM;
    }
    memset(&info, 0, sizeof(info));
    info.portName = arch_guest_pointer(name);
    info.direction = port->config->direction;
    if (port->channel != NULL) {
        info.maxMsgSize = port->channel_config->max_message_bytes;
        info.maxNoMsgs = port->channel_config->max_messages;
    }
    return guest_write(port->p, address, 8, &info, sizeof(info)) ? XM_OK : XM_INVALID_PARAM;
}
