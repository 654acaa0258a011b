/* read.c - from the XML document to the model
 *
 * Values are scaled and names looked up where that needs nothing but the attribute itself. Elements
 * are found by name, so their order is free. What the dialects say differently is made the same
 * here. */
#include "read.h"

#include <string.h>

#include "hm_names.h"
#include "lex.h"
#include "report.h"
#include "xml.h"

#define LINK_BUDGET_BYTES 256
#define LINK_RING_BYTES 4096
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Bits that abi/guest.h does not need but some dialect writes: accepted, without effect. */
#define ACCEPTED 0u

static const struct xml_word area_flags[] = {
    { "unmapped", XM_MEM_AREA_UNMAPPED },
    { "shared", XM_MEM_AREA_SHARED },
    { "read-only", XM_MEM_AREA_READONLY },
    { "uncacheable", XM_MEM_AREA_UNCACHEABLE },
    { "rom", XM_MEM_AREA_ROM },
    { "flag0", XM_MEM_AREA_FLAG0 },
    { "flag1", XM_MEM_AREA_FLAG1 },
    { "flag2", XM_MEM_AREA_FLAG2 },
    { "flag3", XM_MEM_AREA_FLAG3 },
    { "iommu", XM_MEM_AREA_IOMMU },
    { "shlib",
      XM_MEM_AREA_SHARED | XM_MEM_AREA_READONLY }, /* 3.2: code that several partitions use */
    { "none", 0 },
};

static const struct xml_word partition_flags[] = {
    { "system", XM_PART_SYSTEM },
    { "fp", XM_PART_FP },
    { "none", 0 },
    { "boot", ACCEPTED },
    { "icache_disabled", ACCEPTED },
    { "dcache_disabled", ACCEPTED },
};

static const struct xml_word trace_modules[] = {
    { "HYP_IRQS", TRACE_BM_IRQ_MODULE },
    { "HYP_HCALLS", TRACE_BM_HCALLS_MODULE },
    { "HYP_SCHED", TRACE_BM_SCHED_MODULE },
    { "HYP_HM", TRACE_BM_HM_MODULE },
};

/* Child elements of one name. */
#define FOR_EACH(node, parent, name)                                                               \
    for (const xmlNode *node = xml_first(parent); node != NULL; node = xml_next(node))             \
        if (xml_is(node, name))

/* ---- hardware -------------------------------------------------------------------------------- */

static void read_regions(const xmlNode *layout, struct model *m)
{
    static const char *const types[] = { "stram", "sdram", "rom" };

    FOR_EACH(node, layout, "Region")
    {
        struct region *r = VEC_ADD(&m->regions);
        const char *type = xml_required_name(node, "type");

        while (r->type < COUNT(types) && strcmp(type, types[r->type]) != 0) {
            r->type++;
        }
        r->start = xml_hex(node, "start");
        r->size = xml_size(node, "size");
        r->line = xml_line(node);
        if (r->type == COUNT(types)) {
            error_at(r->line, "a region of type %s is not known - write stram, sdram or rom", type);
        }
    }
}

static void read_plan(const xmlNode *node, struct plan *plan)
{
    plan->id = xml_number(node, "id");
    plan->name = xml_name(node, "name");
    plan->major_frame_us = xml_whole_time(node, "majorFrame");
    plan->external_sync = xmlHasProp(node, BAD_CAST "extSync") != NULL;
    plan->line = xml_line(node);
    FOR_EACH(child, node, "Slot")
    {
        struct slot *s = VEC_ADD(&plan->slots);
        s->id = xml_number(child, "id");
        s->start_us = xml_whole_time(child, "start");
        s->duration_us = xml_whole_time(child, "duration");
        s->partition = xml_number(child, "partitionId");
        s->vcpu = xml_number_or(child, "vCpuId", 0);
        s->line = xml_line(child);
    }
}

static void read_processors(const xmlNode *table, struct model *m)
{
    FOR_EACH(node, table, "Processor")
    {
        struct processor *p = VEC_ADD(&m->processors);
        p->id = xml_number(node, "id");
        p->khz =
            xmlHasProp(node, BAD_CAST "frequency") != NULL ? xml_frequency(node, "frequency") : 0;
        p->fixed_priority = xml_child(node, "FixedPriority") != NULL;
        p->line = xml_line(node);
        FOR_EACH(plan, xml_child(node, "CyclicPlanTable"), "Plan")
        {
            read_plan(plan, VEC_ADD(&p->plans));
        }
    }
}

static void read_uart(const xmlNode *node, struct device *d)
{
    d->kind = DEVICE_UART;
    d->uart_id = xml_number(node, "id");
    d->baud = xml_number(node, "baudRate");
    d->is_link = xml_own_text(node, "linkPartition") != NULL;
    d->has_link_budget = xml_own_text(node, "linkBudget") != NULL;
    d->has_link_options = d->has_link_budget || xml_own_text(node, "ringSize") != NULL;
    d->link_partition = xml_own_number_or(node, "linkPartition", XM_CONFIG_NONE);
    d->budget_bytes = xml_own_number_or(node, "linkBudget", LINK_BUDGET_BYTES);
    d->ring_bytes = xml_own_size_or(node, "ringSize", LINK_RING_BYTES);
}

static void read_devices(const xmlNode *devices, struct model *m)
{
    for (const xmlNode *node = xml_first(devices); node != NULL; node = xml_next(node)) {
        struct device d = { .kind = DEVICE_NULL, .line = xml_line(node) };
        if (xml_is(node, "Uart")) {
            read_uart(node, &d);
        } else if (xml_is(node, "MemoryBlock")) {
            d.kind = DEVICE_MEMORY_BLOCK;
            d.start = xml_hex(node, "start");
            d.size = xml_size(node, "size");
        }
        d.name = d.kind == DEVICE_NULL ? xml_name(node, "name") : xml_required_name(node, "name");
        *VEC_ADD(&m->devices) = d;
    }
    /* A device called Null exists without being written down. */
    if (model_device(m, "Null") == NULL) {
        *VEC_ADD(&m->devices) = (struct device){ .kind = DEVICE_NULL, .name = "Null" };
    }
}

/* ---- parts of hypervisor and partitions ------------------------------------------------------ */

static void read_areas(const xmlNode *areas, area_list *list)
{
    FOR_EACH(node, areas, "Area")
    {
        struct area *a = VEC_ADD(list);
        a->start = xml_hex(node, "start");
        a->size = xml_size(node, "size");
        a->mapped_at = xml_hex_or(node, "mappedAt", a->start);
        a->flags = xml_flags(node, "flags", area_flags, COUNT(area_flags));
        a->name = xml_name(node, "name");
        if (a->name != NULL) {
            a->flags |= XM_MEM_AREA_TAGGED;
        }
        a->line = xml_line(node);
    }
}

static void read_health_monitor(const xmlNode *monitor, enum hm_scope scope, struct hm_table *table,
                                struct model *m)
{
    FOR_EACH(node, monitor, "Event")
    {
        struct hm_entry *e = VEC_ADD(&table->entries);
        const char *event = xml_required_name(node, "name");
        const char *action = xml_required_name(node, "action");
        bool old_event, old_action;

        e->line = xml_line(node);
        e->log = xml_boolean(node, "log");
        bool event_known = hm_event_by_name(event, &e->event, &old_event);
        if (!event_known) {
            error_at(e->line, "%s is not a health-monitor event - docs/hm-events.md lists them",
                     event);
        }
        bool action_known = hm_action_by_name(action, scope, &e->action, &old_action);
        if (!action_known) {
            error_at(e->line, "%s is not a health-monitor action - docs/hm-events.md lists them",
                     action);
        }
        m->wide_hm = m->wide_hm || (event_known && action_known && (old_event || old_action));
    }
}

static void read_trace(const xmlNode *node, bool of_hypervisor, struct trace *trace)
{
    if (node == NULL) {
        return;
    }
    const char *mask = xml_text(node, "bitmask");
    trace->device = xml_required_name(node, "device");
    trace->line = xml_line(node);
    if (of_hypervisor && mask != NULL && strncmp(mask + strspn(mask, " \t\r\n"), "0x", 2) != 0) {
        trace->mask = xml_flags(node, "bitmask", trace_modules, COUNT(trace_modules));
    } else {
        trace->mask = xml_hex(node, "bitmask");
    }
}

/* ---- hypervisor and resident software -------------------------------------------------------- */

static void read_hypervisor(const xmlNode *node, struct model *m)
{
    const xmlNode *area = xml_child(node, "PhysicalMemoryArea");
    const xmlNode *areas = xml_child(node, "PhysicalMemoryAreas");

    m->hypervisor.line = xml_line(node);
    m->hypervisor.console = xml_name(node, "console");
    m->hypervisor.hm_device = xml_name(node, "healthMonitorDevice");
    if ((area == NULL) == (areas == NULL)) {
        error_at(m->hypervisor.line,
                 "XMHypervisor needs either PhysicalMemoryArea or PhysicalMemoryAreas - write "
                 "<PhysicalMemoryArea size=\"512KB\"/>");
    }
    m->hypervisor.area_line = m->hypervisor.line;
    if (area != NULL) {
        m->hypervisor.size = xml_size(area, "size");
        m->hypervisor.flags = xml_flags(area, "flags", area_flags, COUNT(area_flags));
        m->hypervisor.area_line = xml_line(area);
    } else if (areas != NULL) {
        read_areas(areas, &m->hypervisor.areas);
        m->wide_hm = m->mask_defaults = true;
    }
    if (xml_child(node, "Watchdog") != NULL) {
        m->wide_hm = true;
        warning_at(xml_line(xml_child(node, "Watchdog")),
                   "Watchdog has no effect in this version - the supervisor or "
                   "another partition must serve a hardware watchdog");
    }
    read_health_monitor(xml_child(node, "HealthMonitor"), HM_SCOPE_HYPERVISOR, &m->hypervisor.hm,
                        m);
    read_trace(xml_child(node, "Trace"), true, &m->hypervisor.trace);
}

static void read_resident_sw(const xmlNode *node, struct model *m)
{
    if (node == NULL) {
        return;
    }
    m->resident_sw.line = xml_line(node);
    m->resident_sw.has_entry = xmlHasProp(node, BAD_CAST "entryPoint") != NULL;
    m->resident_sw.entry = xml_hex_or(node, "entryPoint", 0);
    read_areas(xml_child(node, "PhysicalMemoryAreas"), &m->resident_sw.areas);
}

/* ---- partitions ------------------------------------------------------------------------------ */

static void read_io_ports(const xmlNode *ports, struct partition *p)
{
    for (const xmlNode *node = xml_first(ports); node != NULL; node = xml_next(node)) {
        struct io_port io = { .mask = ~0u, .words = 1, .line = xml_line(node) };
        if (xml_is(node, "Range")) {
            io.address = xml_hex(node, "base");
            io.words = xml_number(node, "noPorts");
        } else {
            io.restricted = true;
            io.address = xml_hex(node, "address");
            io.has_mask = xmlHasProp(node, BAD_CAST "mask") != NULL;
            io.mask = xml_hex_or(node, "mask", 0);
        }
        *VEC_ADD(&p->io_ports) = io;
    }
}

static void read_interrupts(const xmlNode *node, struct partition *p)
{
    static const struct xml_word lines[] = {
        { "0", 1u << 0 },   { "1", 1u << 1 },   { "2", 1u << 2 },   { "3", 1u << 3 },
        { "4", 1u << 4 },   { "5", 1u << 5 },   { "6", 1u << 6 },   { "7", 1u << 7 },
        { "8", 1u << 8 },   { "9", 1u << 9 },   { "10", 1u << 10 }, { "11", 1u << 11 },
        { "12", 1u << 12 }, { "13", 1u << 13 }, { "14", 1u << 14 }, { "15", 1u << 15 },
    };

    if (node != NULL) {
        p->interrupts_line = xml_line(node);
        p->hw_irqs = xml_flags(node, "lines", lines, COUNT(lines));
    }
}

static void read_ports(const xmlNode *table, struct partition *p)
{
    FOR_EACH(node, table, "Port")
    {
        struct port *port = VEC_ADD(&p->ports);
        const char *type = xml_required_name(node, "type"),
                   *direction = xml_required_name(node, "direction");
        const char *discipline = xml_text(node, "discipline");

        port->name = xml_required_name(node, "name");
        port->line = xml_line(node);
        port->channel = XM_CONFIG_NONE;
        port->type = strcmp(type, "queuing") == 0 ? XM_QUEUING_PORT : XM_SAMPLING_PORT;
        port->direction = strcmp(direction, "source") == 0 ? XM_SOURCE_PORT : XM_DESTINATION_PORT;
        if (discipline != NULL && strcmp(discipline, "PRIORITY") == 0) {
            warning_at(
                port->line,
                "discipline PRIORITY has no effect: messages are delivered first in, first out - "
                "write FIFO");
        }
    }
}

static void read_partition(const xmlNode *node, struct model *m)
{
    struct partition *p = VEC_ADD(&m->partitions);
    const xmlNode *times = xml_child(node, "TemporalRequirements");
    const xmlNode *resources = xml_child(node, "HwResources");

    p->line = xml_line(node);
    p->id = xml_number(node, "id");
    p->name = xml_name(node, "name");
    p->console = xml_name(node, "console");
    p->flags = xml_flags(node, "flags", partition_flags, COUNT(partition_flags));
    p->vcpus = xml_number_or(node, "noVCpus", 1);
    p->has_entry = xmlHasProp(node, BAD_CAST "entryPoint") != NULL;
    p->entry = xml_hex_or(node, "entryPoint", 0);
    m->wide_hm = m->wide_hm || p->has_entry; /* only Q has it */
    p->has_console_bytes = xml_own_text(node, "consoleSize") != NULL;
    p->console_bytes = xml_own_size_or(node, "consoleSize", 0);
    p->ethernet = (struct ethernet){ .registers_text = xml_own_text(node, "ethernet"),
                                     .mac_text = xml_own_text(node, "macAddress"),
                                     .ip_text = xml_own_text(node, "ipAddress"),
                                     .gateway_text = xml_own_text(node, "ipGateway") };
    if (times != NULL) { /* informative; only its form is checked */
        (void)xml_time(times, "period");
        (void)xml_time(times, "duration");
    }
    read_areas(xml_child(node, "PhysicalMemoryAreas"), &p->areas);
    read_health_monitor(xml_child(node, "HealthMonitor"), HM_SCOPE_PARTITION, &p->hm, m);
    read_io_ports(xml_child(resources, "IoPorts"), p);
    read_interrupts(xml_child(resources, "Interrupts"), p);
    read_ports(xml_child(node, "PortTable"), p);
    read_trace(xml_child(node, "Trace"), false, &p->trace);
}

/* ---- channels -------------------------------------------------------------------------------- */

static void read_end(const xmlNode *node, struct channel_end *end)
{
    if (node == NULL) {
        return; /* another schema (-s): the missing end is refused as a missing port */
    }
    end->partition = xml_number(node, "partitionId");
    end->partition_name = xml_name(node, "partitionName");
    end->port = xml_required_name(node, "portName");
    end->line = xml_line(node);
}

static void read_channel(const xmlNode *node, uint32_t type, struct model *m)
{
    struct channel *c = VEC_ADD(&m->channels);
    /* refreshPeriod is what 3.2 and Q call it */
    const char *valid =
        xmlHasProp(node, BAD_CAST "validPeriod") != NULL ? "validPeriod" : "refreshPeriod";

    c->type = type;
    c->line = c->source.line = xml_line(node);
    c->source.port = "";
    c->max_message_bytes = xml_size(node, "maxMessageLength");
    c->max_messages = type == XM_QUEUING_PORT ? xml_number(node, "maxNoMessages") : 1;
    if (xmlHasProp(node, BAD_CAST valid) != NULL) {
        c->valid_period_us = xml_time(node, valid);
        if (type == XM_QUEUING_PORT && c->valid_period_us != 0) {
            warning_at(c->line, "%s has no effect on a QueuingChannel - remove it", valid);
            c->valid_period_us = 0;
        }
    }
    if (type == XM_QUEUING_PORT && xmlHasProp(node, BAD_CAST "maxTimeExpiration") != NULL &&
        xml_time(node, "maxTimeExpiration") != 0) {
        warning_at(
            c->line,
            "maxTimeExpiration has no effect: messages wait until they are received - write 0s");
    }
    read_end(xml_child(node, "Source"), &c->source);
    FOR_EACH(end, node, "Destination")
    {
        struct channel_end *destination = VEC_ADD(&c->destinations);
        destination->port = "";
        read_end(end, destination);
    }
}

static void read_ipvi(const xmlNode *node, struct model *m)
{
    struct ipvi *ipvi = VEC_ADD(&m->ipvis);
    const char *cursor = xml_text(node, "destinationId");
    char word[16];

    ipvi->line = xml_line(node);
    ipvi->id = xml_number(node, "id");
    ipvi->source = xml_number(node, "sourceId");
    while (cursor != NULL && lex_next_word(&cursor, word, sizeof word)) {
        uint32_t *destination = VEC_ADD(&ipvi->destinations);
        if (lex_number(word, destination) != LEX_OK) {
            error_at(
                ipvi->line,
                "@destinationId of Ipvi holds %s - write partition ids with spaces between them",
                word);
        }
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Fill the model. Errors are reported; the model is then not usable. */
void read_document(const xmlDoc *document, struct model *m)
{
    const xmlNode *root = xmlDocGetRootElement(document);
    const xmlNode *hardware = xml_child(root, "HwDescription");

    m->name = xml_required_name(root, "name");
    m->version = xml_version(root, "version");
    m->line = xml_line(root);
    read_regions(xml_child(hardware, "MemoryLayout"), m);
    read_processors(xml_child(hardware, "ProcessorTable"), m);
    read_devices(xml_child(hardware, "Devices"), m);
    read_hypervisor(xml_child(root, "XMHypervisor"), m);
    read_resident_sw(xml_child(root, "ResidentSw"), m);
    FOR_EACH(node, xml_child(root, "PartitionTable"), "Partition")
    {
        read_partition(node, m);
    }
    for (const xmlNode *node = xml_first(xml_child(root, "Channels")); node != NULL;
         node = xml_next(node)) {
        if (xml_is(node, "SamplingChannel")) {
            read_channel(node, XM_SAMPLING_PORT, m);
        } else if (xml_is(node, "QueuingChannel")) {
            read_channel(node, XM_QUEUING_PORT, m);
        } else if (xml_is(node, "Ipvi")) {
            read_ipvi(node, m);
        }
    }
    if (report_errors() == 0 &&
        (m->partitions.count == 0 || m->processors.count == 0 || m->regions.count == 0)) {
        error_at(m->line, "the system has no partition, no processor or no memory region - add it");
    }
}
