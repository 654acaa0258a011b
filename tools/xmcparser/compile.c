/* compile.c - the tables of abi/config.h, made from a checked model
 *
 * While tables are filled, a string is its position in the pool plus one; the last step turns
 * positions into offsets. */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

#include "hm_names.h"
#include "report.h"

#define ALIGN_8(n) (((n) + 7u) & ~7u)

/* ---- strings --------------------------------------------------------------------------------- */

static uint32_t add_string(struct compiled *c, const char *text)
{
    if (text == NULL) {
        return 0;
    }
    for (uint32_t at = 0; at < c->strings.count; at += (uint32_t)strlen(c->strings.at + at) + 1) {
        if (strcmp(c->strings.at + at, text) == 0) {
            return at + 1;
        }
    }
    uint32_t at = c->strings.count;
    do {
        *VEC_ADD(&c->strings) = *text;
    } while (*text++ != '\0');
    return at + 1;
}

/* Text of a string offset; "" for none. */
const char *compiled_string(const struct compiled *c, uint32_t offset)
{
    return offset == 0 ? "" : c->strings.at + (offset - c->head.strings.offset);
}

/* ---- devices and logs ------------------------------------------------------------------------ */

static uint32_t uart_index(struct model *m, const char *name)
{
    const struct device *d = name == NULL ? NULL : model_device(m, name);

    return d != NULL && d->kind == DEVICE_UART ? d->index : XM_CONFIG_NONE;
}

static void compile_uarts(struct model *m, struct compiled *c)
{
    for (uint32_t i = 0; i < m->devices.count; i++) {
        struct device *d = &m->devices.at[i];
        if (d->kind != DEVICE_UART) {
            continue;
        }
        d->index = c->uarts.count;
        *VEC_ADD(&c->uarts) = (struct xm_config_uart){
            .name = add_string(c, d->name),
            .id = d->uart_id,
            .baud = d->baud,
            .link_partition = d->link_partition,
            .budget_bytes = d->is_link ? d->budget_bytes : 0,
            .ring_bytes = d->is_link ? d->ring_bytes : 0,
        };
    }
}

/* The next equal piece of a MemoryBlock, as a stream of its own. */
static uint32_t add_stream(struct model *m, struct compiled *c, const char *name)
{
    const struct device *d = name == NULL ? NULL : model_device(m, name);

    if (d == NULL || d->kind != DEVICE_MEMORY_BLOCK) {
        return XM_CONFIG_NONE;
    }
    uint32_t text = add_string(c, d->name), piece = d->size / d->users / 8 * 8, taken = 0;
    for (uint32_t i = 0; i < c->streams.count; i++) {
        taken += c->streams.at[i].name == text;
    }
    *VEC_ADD(&c->streams) = (struct xm_config_stream){ text, d->start + taken * piece, piece };
    return c->streams.count - 1;
}

/* ---- schedule -------------------------------------------------------------------------------- */

static void add_gap(struct compiled *c, uint32_t from_us, uint32_t to_us)
{
    if (to_us > from_us) {
        *VEC_ADD(&c->slots) =
            (struct xm_config_slot){ XM_CONFIG_NONE, XM_CONFIG_IDLE, from_us, to_us - from_us };
    }
}

static void compile_plans(const struct model *m, struct compiled *c)
{
    const struct processor *processor = &m->processors.at[0];

    for (uint32_t i = 0; i < processor->plans.count; i++) {
        const struct plan *plan = &processor->plans.at[i];
        uint32_t first = c->slots.count, end_us = 0;
        for (uint32_t j = 0; j < plan->slots.count; j++) {
            const struct slot *s = &plan->slots.at[j];
            add_gap(c, end_us, s->start_us);
            *VEC_ADD(&c->slots) =
                (struct xm_config_slot){ s->id, s->partition, s->start_us, s->duration_us };
            end_us = s->start_us + s->duration_us;
        }
        add_gap(c, end_us, plan->major_frame_us);
        *VEC_ADD(&c->plans) =
            (struct xm_config_plan){ add_string(c, plan->name), plan->major_frame_us, first,
                                     c->slots.count - first };
    }
}

/* ---- health monitor -------------------------------------------------------------------------- */

static void compile_hm(const struct hm_table *table, enum hm_scope scope,
                       xm_u32_t rows[XM_HM_EVENT_COUNT])
{
    for (uint32_t i = 0; i < XM_HM_EVENT_COUNT; i++) {
        rows[i] = hm_default_row(i, scope);
    }
    for (uint32_t i = 0; i < table->entries.count; i++) {
        const struct hm_entry *e = &table->entries.at[i];
        rows[e->event] = e->action | (e->log ? XM_CONFIG_HM_LOG : 0u);
    }
}

/* ---- partitions ------------------------------------------------------------------------------ */

static uint32_t link_of(const struct compiled *c, uint32_t partition)
{
    for (uint32_t i = 0; i < c->uarts.count; i++) {
        if (c->uarts.at[i].link_partition == partition) {
            return i;
        }
    }
    return XM_CONFIG_NONE;
}

static void compile_partition(struct model *m, uint32_t id, struct compiled *c)
{
    const struct partition *p = &m->partitions.at[id];
    struct xm_config_partition row = {
        .name = add_string(c, p->name),
        .flags = p->flags,
        .area_first = c->areas.count,
        .area_count = p->areas.count,
        .port_first = c->ports.count,
        .port_count = p->ports.count,
        .io_first = c->io_ports.count,
        .io_count = p->io_ports.count,
        .hw_irqs = p->hw_irqs,
        .console_device = uart_index(m, p->console),
        .console_bytes = p->console_bytes,
        .trace_stream = add_stream(m, c, p->trace.device),
        .trace_mask = p->trace.mask,
        .link_device = link_of(c, id),
    };

    compile_hm(&p->hm, HM_SCOPE_PARTITION, row.hm);
    *VEC_ADD(&c->partitions) = row;
    if (p->ethernet.registers != 0) {
        const struct ethernet *e = &p->ethernet;
        *VEC_ADD(&c->ethernets) =
            (struct xm_config_ethernet){ id,    e->registers, e->mac_high, e->mac_low,
                                         e->ip, e->netmask,   e->gateway };
    }
    for (uint32_t i = 0; i < p->areas.count; i++) {
        const struct area *a = &p->areas.at[i];
        *VEC_ADD(&c->areas) = (struct xm_config_area){ a->start, a->size, a->mapped_at, a->flags,
                                                       add_string(c, a->name) };
    }
    for (uint32_t i = 0; i < p->ports.count; i++) {
        const struct port *port = &p->ports.at[i];
        *VEC_ADD(&c->ports) = (struct xm_config_port){ add_string(c, port->name), id, port->type,
                                                       port->direction, port->channel };
    }
    for (uint32_t i = 0; i < p->io_ports.count; i++) {
        const struct io_port *io = &p->io_ports.at[i];
        bool all_bits = io->restricted && !io->has_mask && m->mask_defaults;
        *VEC_ADD(&c->io_ports) =
            (struct xm_config_io_port){ io->address, io->words, all_bits ? ~0u : io->mask };
    }
}

/* ---- channels -------------------------------------------------------------------------------- */

static uint32_t port_of(const struct compiled *c, const struct channel_end *end)
{
    return c->partitions.at[end->partition].port_first + end->port_index;
}

static void compile_channels(const struct model *m, struct compiled *c)
{
    for (uint32_t i = 0; i < m->channels.count; i++) {
        const struct channel *channel = &m->channels.at[i];
        *VEC_ADD(&c->channels) = (struct xm_config_channel){
            .type = channel->type,
            .max_message_bytes = channel->max_message_bytes,
            .max_messages = channel->max_messages,
            .valid_period_us = channel->valid_period_us,
            .source = port_of(c, &channel->source),
            .destination_first = c->destinations.count,
            .destination_count = channel->destinations.count,
        };
        for (uint32_t j = 0; j < channel->destinations.count; j++) {
            *VEC_ADD(&c->destinations) = port_of(c, &channel->destinations.at[j]);
        }
    }
    for (uint32_t i = 0; i < m->ipvis.count; i++) {
        const struct ipvi *ipvi = &m->ipvis.at[i];
        for (uint32_t j = 0; j < ipvi->destinations.count; j++) {
            *VEC_ADD(&c->ipvis) =
                (struct xm_config_ipvi){ ipvi->id, ipvi->source, ipvi->destinations.at[j] };
        }
    }
}

/* ---- layout ---------------------------------------------------------------------------------- */

static void place_string(const struct compiled *c, xm_u32_t *name)
{
    if (*name != 0) {
        *name += c->head.strings.offset - 1;
    }
}

/* Give every table its place, and every string its offset. */
static void place(struct compiled *c)
{
    uint32_t offset = sizeof c->head;

#define PLACE(table, structure)                                                                    \
    c->head.table = (struct xm_config_table){ c->table.count == 0 ? 0 : offset, c->table.count };  \
    offset += c->table.count * (uint32_t)sizeof(structure);
    COMPILED_TABLES(PLACE)
#undef PLACE
    while (c->strings.count == 0 || (offset + c->strings.count) % 8 != 0) {
        *VEC_ADD(&c->strings) = '\0';
    }
    c->head.strings = (struct xm_config_table){ offset, c->strings.count };
    c->head.length = offset + c->strings.count;

    place_string(c, &c->head.name);
#define PLACE_NAMES(table)                                                                         \
    for (uint32_t i = 0; i < c->table.count; i++) {                                                \
        place_string(c, &c->table.at[i].name);                                                     \
    }
    PLACE_NAMES(areas)
    PLACE_NAMES(partitions)
    PLACE_NAMES(plans)
    PLACE_NAMES(ports)
    PLACE_NAMES(uarts)
    PLACE_NAMES(streams)
#undef PLACE_NAMES
}

/* Fill all tables from a model that passed check_model(). */
void compile_model(struct model *m, struct compiled *c)
{
    const struct area *hypervisor_area =
        m->hypervisor.areas.count > 0 ? &m->hypervisor.areas.at[0] : NULL;
    const struct area *rsw = m->resident_sw.areas.count > 0 ? &m->resident_sw.areas.at[0] : NULL;

    memset(c, 0, sizeof *c);
    compile_uarts(m, c);
    c->head = (struct xm_config){
        .magic = XM_CONFIG_MAGIC,
        .revision = XM_CONFIG_REVISION,
        .user_version = m->version,
        .name = add_string(c, m->name),
        .cpu_khz = m->processors.at[0].khz,
        .hypervisor_size = hypervisor_area != NULL ? hypervisor_area->size : m->hypervisor.size,
        .console_device = uart_index(m, m->hypervisor.console),
        .hm_stream = add_stream(m, c, m->hypervisor.hm_device),
        .trace_stream = add_stream(m, c, m->hypervisor.trace.device),
        .trace_mask = m->hypervisor.trace.mask,
        .resident_sw_start = rsw != NULL ? rsw->start : 0,
        .resident_sw_size = rsw != NULL ? rsw->size : 0,
        .resident_sw_entry = m->resident_sw.entry,
    };
    compile_hm(&m->hypervisor.hm, HM_SCOPE_HYPERVISOR, c->head.hm_hypervisor);
    for (uint32_t i = 0; i < m->regions.count; i++) {
        const struct region *r = &m->regions.at[i];
        *VEC_ADD(&c->regions) =
            (struct xm_config_region){ r->type, r->start, r->size, (xm_u32_t)r->line };
    }
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        compile_partition(m, i, c);
    }
    compile_plans(m, c);
    compile_channels(m, c);
    place(c);
}

/* ---- the hypervisor's memory ----------------------------------------------------------------- */

/* Refuse a system whose tables, buffers and rings do not fit the hypervisor's area: with the bounds
 * of abi/config.h. */
void compile_check_capacity(const struct model *m, const struct compiled *c)
{
    uint64_t tables = XM_MEMORY_FIXED + XM_RETAINED_BYTES, messages = 0, rings = 0;

    tables += (uint64_t)c->partitions.count * XM_MEMORY_PER_PARTITION;
    tables += (uint64_t)c->areas.count * XM_MEMORY_PER_AREA;
    tables += (uint64_t)c->ports.count * XM_MEMORY_PER_PORT;
    for (uint32_t i = 0; i < c->channels.count; i++) {
        const struct xm_config_channel *channel = &c->channels.at[i];
        messages += XM_MEMORY_PER_CHANNEL +
                    (uint64_t)XM_CONFIG_BUFFERS(channel) *
                        (XM_MEMORY_PER_MESSAGE + ALIGN_8((uint64_t)channel->max_message_bytes));
    }
    for (uint32_t i = 0; i < c->partitions.count; i++) {
        rings += c->partitions.at[i].console_bytes;
    }
    for (uint32_t i = 0; i < c->uarts.count; i++) {
        rings += 2 * (uint64_t)c->uarts.at[i].ring_bytes; /* receive and transmit */
    }
    uint64_t needed = XM_HYPERVISOR_IMAGE_BYTES + c->head.length + tables + messages + rings;
    if (needed > c->head.hypervisor_size) {
        error_at(m->hypervisor.area_line,
                 "the hypervisor needs %llu bytes (image %u, configuration %u, tables %llu, "
                 "messages %llu, rings %llu), its area has %u - make it at least %lluKB",
                 (unsigned long long)needed, XM_HYPERVISOR_IMAGE_BYTES, c->head.length,
                 (unsigned long long)tables, (unsigned long long)messages,
                 (unsigned long long)rings, c->head.hypervisor_size,
                 (unsigned long long)(needed + XM_PAGE_SIZE - 1) / XM_PAGE_SIZE * 4);
    }
}

/* Release the tables. */
void compiled_free(struct compiled *c)
{
#define FREE(table, structure) free(c->table.at);
    COMPILED_TABLES(FREE)
#undef FREE
    free(c->strings.at);
}
