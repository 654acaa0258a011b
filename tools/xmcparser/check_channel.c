/* check_channel.c - ports, channels and inter-partition virtual interrupts */
#include "check.h"

#include <string.h>

#include "report.h"

#define IPVI_LINES 8
#define MESSAGE_MAX_BYTES (1024u * 1024)

static const char *type_name(uint32_t type)
{
    return type == XM_QUEUING_PORT ? "queuing" : "sampling";
}

static void check_port_names(const struct partition *p)
{
    for (uint32_t i = 0; i < p->ports.count; i++) {
        const struct port *port = &p->ports.at[i];
        check_name(port->line, "port", port->name);
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(p->ports.at[j].name, port->name) == 0) {
                error_at(port->line,
                         "port name \"%s\" is taken by the port of line %d - use another",
                         port->name, p->ports.at[j].line);
            }
        }
    }
}

static struct port *find_port(const struct partition *p, const char *name, uint32_t *index)
{
    for (uint32_t i = 0; i < p->ports.count; i++) {
        if (strcmp(p->ports.at[i].name, name) == 0) {
            *index = i;
            return &p->ports.at[i];
        }
    }
    return NULL;
}

/* Resolve one end of a channel and connect its port. */
static void check_end(struct model *m, uint32_t channel, struct channel_end *end,
                      uint32_t direction)
{
    const char *role = direction == XM_SOURCE_PORT ? "Source" : "Destination";
    uint32_t type = m->channels.at[channel].type;

    if (end->partition >= m->partitions.count) {
        error_at(end->line, "%s names partition %u, which does not exist - use an id below %u",
                 role, end->partition, m->partitions.count);
        return;
    }
    const struct partition *p = &m->partitions.at[end->partition];
    if (end->partition_name != NULL &&
        (p->name == NULL || strcmp(end->partition_name, p->name) != 0)) {
        error_at(end->line, "partitionName \"%s\" is not the name of %s - correct one of them",
                 end->partition_name, partition_label(m, end->partition));
    }
    struct port *port = find_port(p, end->port, &end->port_index);
    if (port == NULL) {
        error_at(end->line, "%s has no port \"%s\" - add it to its PortTable, or correct portName",
                 partition_label(m, end->partition), end->port);
        return;
    }
    if (port->type != type) {
        error_at(end->line,
                 "port \"%s\" (line %d) is a %s port, the channel is %s - make them equal",
                 port->name, port->line, type_name(port->type), type_name(type));
    }
    if (port->direction != direction) {
        error_at(
            end->line,
            "port \"%s\" (line %d) has the direction %s, it cannot be a %s - correct one of them",
            port->name, port->line, port->direction == XM_SOURCE_PORT ? "source" : "destination",
            role);
    }
    if (port->channel != XM_CONFIG_NONE) {
        error_at(
            end->line,
            "port \"%s\" is connected by the channel of line %d already - a port has one channel",
            port->name, m->channels.at[port->channel].line);
        return;
    }
    port->channel = channel;
}

static void check_channel(struct model *m, uint32_t index)
{
    struct channel *c = &m->channels.at[index];
    uint64_t bytes = (uint64_t)c->max_message_bytes * c->max_messages;

    if (c->max_message_bytes == 0) {
        error_at(c->line, "maxMessageLength is 0 - write the size of the largest message");
    }
    if (c->max_messages == 0) {
        error_at(c->line, "maxNoMessages is 0 - write how many messages may wait");
    }
    if (c->max_message_bytes > MESSAGE_MAX_BYTES) {
        error_at(c->line,
                 "maxMessageLength of %u bytes is above 1MB - a message is copied inside the "
                 "hypervisor, "
                 "which nothing interrupts: use a shared area",
                 c->max_message_bytes);
    } else if (bytes > UINT32_MAX) {
        error_at(c->line, "%u messages of %u bytes exceed 4GB - lower maxNoMessages",
                 c->max_messages, c->max_message_bytes);
    }
    check_end(m, index, &c->source, XM_SOURCE_PORT);
    if (c->destinations.count == 0) {
        error_at(c->line, "the channel has no Destination - add one");
    }
    for (uint32_t i = 0; i < c->destinations.count; i++) {
        check_end(m, index, &c->destinations.at[i], XM_DESTINATION_PORT);
    }
}

static void check_ipvi(const struct model *m, uint32_t index)
{
    const struct ipvi *ipvi = &m->ipvis.at[index];

    if (ipvi->id >= IPVI_LINES) {
        error_at(ipvi->line, "Ipvi id %u is out of range - use 0 to %d", ipvi->id, IPVI_LINES - 1);
    }
    if (ipvi->source >= m->partitions.count) {
        error_at(ipvi->line, "sourceId %u of Ipvi does not exist - use an id below %u",
                 ipvi->source, m->partitions.count);
    }
    if (ipvi->destinations.count == 0) {
        warning_at(ipvi->line, "Ipvi %u has no destination: raising it reaches nobody", ipvi->id);
    }
    for (uint32_t i = 0; i < ipvi->destinations.count; i++) {
        uint32_t destination = ipvi->destinations.at[i];
        if (destination >= m->partitions.count) {
            error_at(ipvi->line, "destinationId %u of Ipvi does not exist - use an id below %u",
                     destination, m->partitions.count);
        }
        for (uint32_t j = 0; j < i; j++) {
            if (ipvi->destinations.at[j] == destination) {
                error_at(ipvi->line, "destinationId %u is repeated - name it once", destination);
            }
        }
    }
    for (uint32_t i = 0; i < index; i++) {
        const struct ipvi *other = &m->ipvis.at[i];
        if (other->id == ipvi->id && other->source == ipvi->source) {
            error_at(
                ipvi->line,
                "Ipvi %u of partition %u is described at line %d already - join the destinations",
                ipvi->id, ipvi->source, other->line);
        }
    }
}

/* All of the communication; sets the channel of each port and the port index of each end. */
void check_channels(struct model *m)
{
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        check_port_names(&m->partitions.at[i]);
    }
    for (uint32_t i = 0; i < m->channels.count; i++) {
        check_channel(m, i);
    }
    for (uint32_t i = 0; i < m->ipvis.count; i++) {
        check_ipvi(m, i);
    }
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        for (uint32_t j = 0; j < m->partitions.at[i].ports.count; j++) {
            const struct port *port = &m->partitions.at[i].ports.at[j];
            if (port->channel == XM_CONFIG_NONE) {
                warning_at(port->line,
                           "port \"%s\" is in no channel: it can be opened, but carries nothing",
                           port->name);
            }
        }
    }
}
