/* dump.c - the compiled configuration as text for people */
#include "emit.h"

#include "hm_names.h"

static const char *on_off(const struct compiled *c, uint32_t uart)
{
    return uart == XM_CONFIG_NONE ? "none" : compiled_string(c, c->uarts.at[uart].name);
}

static void dump_area_flags(FILE *out, uint32_t flags)
{
    static const char *const names[] = { "shared", "unmapped", "read-only", "uncacheable",
                                         "rom",    "flag0",    "flag1",     "flag2",
                                         "flag3",  "named",    "iommu" };

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if ((flags & 1u << i) != 0) {
            fprintf(out, " %s", names[i]);
        }
    }
}

/* Events whose row is not the default. */
static void dump_hm(FILE *out, const char *indent, enum hm_scope scope,
                    const xm_u32_t rows[XM_HM_EVENT_COUNT])
{
    for (uint32_t i = 0; i < XM_HM_EVENT_COUNT; i++) {
        if (rows[i] != hm_default_row(i, scope)) {
            fprintf(out, "%s%s: %s%s\n", indent, hm_event_name(i),
                    hm_action_name(XM_CONFIG_HM_ACTION(rows[i])),
                    (rows[i] & XM_CONFIG_HM_LOG) != 0 ? ", logged" : ", not logged");
        }
    }
}

static void dump_stream(FILE *out, const struct compiled *c, const char *what, uint32_t stream,
                        uint32_t mask)
{
    if (stream == XM_CONFIG_NONE) {
        return;
    }
    const struct xm_config_stream *s = &c->streams.at[stream];
    fprintf(out, "%s in %s at 0x%08x, %u bytes", what, compiled_string(c, s->name), s->start,
            s->size);
    if (mask != 0) {
        fprintf(out, ", mask 0x%08x", mask);
    }
    fputc('\n', out);
}

static void dump_head(FILE *out, const struct compiled *c)
{
    const struct xm_config *h = &c->head;

    fprintf(out, "system \"%s\" version %u.%u.%u, %u bytes compiled\n", compiled_string(c, h->name),
            XM_GET_VERSION(h->user_version), XM_GET_SUBVERSION(h->user_version),
            XM_GET_REVISION(h->user_version), h->length);
    if (h->cpu_khz != 0) {
        fprintf(out, "processor %u kHz\n", h->cpu_khz);
    } else {
        fputs("processor frequency: the board's\n", out);
    }
    fprintf(out, "hypervisor 0x%08x, %u bytes, console %s\n", XM_HYPERVISOR_START,
            h->hypervisor_size, on_off(c, h->console_device));
    dump_stream(out, c, "  health-monitor log", h->hm_stream, 0);
    dump_stream(out, c, "  traces", h->trace_stream, h->trace_mask);
    dump_hm(out, "  ", HM_SCOPE_HYPERVISOR, h->hm_hypervisor);
    if (h->resident_sw_size != 0) {
        fprintf(out, "resident software 0x%08x, %u bytes\n", h->resident_sw_start,
                h->resident_sw_size);
    }
    for (uint32_t i = 0; i < c->regions.count; i++) {
        static const char *const types[] = { "stram", "sdram", "rom" };
        const struct xm_config_region *r = &c->regions.at[i];
        fprintf(out, "region %s 0x%08x, %u bytes\n", types[r->type], r->start, r->size);
    }
    for (uint32_t i = 0; i < c->uarts.count; i++) {
        const struct xm_config_uart *u = &c->uarts.at[i];
        fprintf(out, "UART %u \"%s\" %u baud", u->id, compiled_string(c, u->name), u->baud);
        if (u->link_partition != XM_CONFIG_NONE) {
            fprintf(out, ", link of partition %u, %u bytes a slot, rings of %u bytes",
                    u->link_partition, u->budget_bytes, u->ring_bytes);
        }
        fputc('\n', out);
    }
}

static void dump_port(FILE *out, const struct compiled *c, const struct xm_config_port *p)
{
    fprintf(out, "  %s %s port \"%s\"", p->type == XM_QUEUING_PORT ? "queuing" : "sampling",
            p->direction == XM_SOURCE_PORT ? "source" : "destination", compiled_string(c, p->name));
    if (p->channel == XM_CONFIG_NONE) {
        fputs(", not connected\n", out);
    } else {
        fprintf(out, ", channel %u\n", p->channel);
    }
}

static void dump_partition(FILE *out, const struct compiled *c, uint32_t id)
{
    const struct xm_config_partition *p = &c->partitions.at[id];

    fprintf(out, "partition %u \"%s\"%s%s, console %s", id, compiled_string(c, p->name),
            (p->flags & XM_PART_SYSTEM) != 0 ? " system" : "",
            (p->flags & XM_PART_FP) != 0 ? " fp" : "", on_off(c, p->console_device));
    if (p->console_bytes != 0) {
        fprintf(out, " through a ring of %u bytes", p->console_bytes);
    }
    fputc('\n', out);
    for (uint32_t i = p->area_first; i < p->area_first + p->area_count; i++) {
        const struct xm_config_area *a = &c->areas.at[i];
        fprintf(out, "  area 0x%08x, %u bytes", a->start, a->size);
        if (a->mapped_at != a->start) {
            fprintf(out, ", mapped at 0x%08x", a->mapped_at);
        }
        dump_area_flags(out, a->flags);
        fprintf(out, a->name != 0 ? " \"%s\"\n" : "%s\n", compiled_string(c, a->name));
    }
    for (uint32_t i = p->port_first; i < p->port_first + p->port_count; i++) {
        dump_port(out, c, &c->ports.at[i]);
    }
    for (uint32_t i = p->io_first; i < p->io_first + p->io_count; i++) {
        const struct xm_config_io_port *io = &c->io_ports.at[i];
        fprintf(out, "  I/O 0x%08x, %u registers, bits 0x%08x\n", io->address, io->words, io->mask);
    }
    for (unsigned line = 1; line < CONFIG_NO_HWIRQS; line++) {
        if ((p->hw_irqs & 1u << line) != 0) {
            fprintf(out, "  interrupt line %u\n", line);
        }
    }
    dump_stream(out, c, "  traces", p->trace_stream, p->trace_mask);
    dump_hm(out, "  ", HM_SCOPE_PARTITION, p->hm);
}

static void dump_plan(FILE *out, const struct compiled *c, uint32_t id)
{
    const struct xm_config_plan *plan = &c->plans.at[id];

    fprintf(out, "plan %u \"%s\", major frame %u us\n", id, compiled_string(c, plan->name),
            plan->major_frame_us);
    for (uint32_t i = plan->slot_first; i < plan->slot_first + plan->slot_count; i++) {
        const struct xm_config_slot *s = &c->slots.at[i];
        if (s->partition == XM_CONFIG_IDLE) {
            fprintf(out, "  %10u us %10u us  idle\n", s->start_us, s->duration_us);
        } else {
            fprintf(out, "  %10u us %10u us  slot %u of partition %u \"%s\"\n", s->start_us,
                    s->duration_us, s->id, s->partition,
                    compiled_string(c, c->partitions.at[s->partition].name));
        }
    }
}

static void dump_end(FILE *out, const struct compiled *c, const char *arrow, uint32_t port)
{
    const struct xm_config_port *p = &c->ports.at[port];

    fprintf(out, "  %s partition %u \"%s\"\n", arrow, p->partition, compiled_string(c, p->name));
}

static void dump_channel(FILE *out, const struct compiled *c, uint32_t id)
{
    const struct xm_config_channel *channel = &c->channels.at[id];

    if (channel->type == XM_QUEUING_PORT) {
        fprintf(out, "channel %u queuing, %u messages of %u bytes\n", id, channel->max_messages,
                channel->max_message_bytes);
    } else {
        fprintf(out, "channel %u sampling, %u bytes, valid for %u us%s\n", id,
                channel->max_message_bytes, channel->valid_period_us,
                channel->valid_period_us == 0 ? " (always)" : "");
    }
    dump_end(out, c, "from", channel->source);
    for (uint32_t i = 0; i < channel->destination_count; i++) {
        dump_end(out, c, "to  ", c->destinations.at[channel->destination_first + i]);
    }
}

/* Everything that was compiled; of the health-monitor tables what differs from the defaults. */
void emit_dump(FILE *out, const struct compiled *c)
{
    dump_head(out, c);
    for (uint32_t i = 0; i < c->partitions.count; i++) {
        dump_partition(out, c, i);
    }
    for (uint32_t i = 0; i < c->plans.count; i++) {
        dump_plan(out, c, i);
    }
    for (uint32_t i = 0; i < c->channels.count; i++) {
        dump_channel(out, c, i);
    }
    for (uint32_t i = 0; i < c->ipvis.count; i++) {
        const struct xm_config_ipvi *v = &c->ipvis.at[i];
        fprintf(out, "virtual interrupt %u from partition %u to partition %u\n", v->line, v->source,
                v->destination);
    }
    for (uint32_t i = 0; i < c->ethernets.count; i++) {
        const struct xm_config_ethernet *e = &c->ethernets.at[i];
        fprintf(out,
                "Ethernet device 0x%08x of partition %u, hardware address %04x%08x, IP 0x%08x, network "
                "mask 0x%08x, gateway 0x%08x\n",
                e->registers, e->partition, e->mac_high, e->mac_low, e->ip, e->netmask, e->gateway);
    }
}
