/* fixture.c - builds the system that fixture.h describes and boots core with it */
#include <stdio.h>
#include <string.h>
#include "fixture.h"

/* Addresses that the linker script gives on the target (build.mk defines them here). */
extern char kernel_config[];

#define HYPERVISOR_BYTES 0x100000u
#define HM_BYTES (32u + FIXTURE_HM_RECORDS * (xm_u32_t)sizeof(struct xm_hm_record))
#define TRACE_BYTES (32u + FIXTURE_TRACE_RECORDS * (xm_u32_t)sizeof(struct xm_trace_record))

static xm_u32_t string_end;

static struct fixture *the_config(void)
{
    return (struct fixture *)(void *)kernel_config;
}

static xm_u32_t string_add(const char *text)
{
    struct fixture *f = the_config();
    xm_u32_t at = string_end;

    strcpy(&f->strings[at], text);
    string_end += (xm_u32_t)strlen(text) + 1;
    return (xm_u32_t)offsetof(struct fixture, strings) + at;
}

static void table(struct xm_config_table *t, size_t offset, size_t count)
{
    t->offset = (xm_u32_t)offset;
    t->count = (xm_u32_t)count;
}

#define TABLE(field, member)                                                                                   \
    table(&f->head.field, offsetof(struct fixture, member), sizeof(f->member) / sizeof(f->member[0]))

static void default_hm_rows(struct fixture *f)
{
#define HM_EVENT(id, name, group, action, log, cause)                                                          \
    for (xm_u32_t n = 0; n < FIXTURE_PARTITIONS; n++) {                                                        \
        f->partition[n].hm[id] = XM_HM_AC_##action | ((log) != 0 ? XM_CONFIG_HM_LOG : 0u);                     \
    }                                                                                                          \
    f->head.hm_hypervisor[id] =                                                                                \
        (XM_HM_AC_##action == XM_HM_AC_IGNORE ? XM_HM_AC_IGNORE : XM_HM_AC_HYPERVISOR_HALT) | XM_CONFIG_HM_LOG;
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event)
#include "../../hypervisor/abi/hm_events.def"
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP
}

static void fill_partitions(struct fixture *f)
{
    static const char *const name[FIXTURE_PARTITIONS] = { "SYS", "P1", "P2" };
    static const xm_u32_t port_first[] = { 0, 4, 7, 9 };
    xm_u32_t area = 0;

    for (xm_u32_t n = 0; n < FIXTURE_PARTITIONS; n++) {
        struct xm_config_partition *p = &f->partition[n];

        p->name = string_add(name[n]);
        p->area_first = area;
        f->area[area++] = (struct xm_config_area){ FIXTURE_AREA(n), FIXTURE_AREA_BYTES, FIXTURE_AREA(n), 0, 0 };
        f->area[area++] = (struct xm_config_area){ FIXTURE_READONLY(n), FIXTURE_READONLY_BYTES, FIXTURE_READONLY(n),
                                                   XM_MEM_AREA_READONLY, 0 };
        if (n == 1) {
            f->area[area++] = (struct xm_config_area){ 0x40700000u, 0x1000u, 0x40700000u, XM_MEM_AREA_UNMAPPED, 0 };
        }
        p->area_count = area - p->area_first;
        p->port_first = port_first[n];
        p->port_count = port_first[n + 1] - port_first[n];
        p->console_device = XM_CONFIG_NONE;
        p->trace_stream = XM_CONFIG_NONE;
        p->link_device = XM_CONFIG_NONE;
    }
    f->partition[0].flags = XM_PART_SYSTEM;
    f->partition[0].link_device = 1;
    f->partition[1].flags = XM_PART_FP;
    f->partition[1].hw_irqs = 1u << 5;
    f->partition[1].io_first = 0;
    f->partition[1].io_count = 2;
    f->partition[1].console_device = 0;
    f->partition[1].trace_stream = 2;
    f->partition[1].trace_mask = 0x3;
    f->partition[2].console_device = 1;
    f->partition[2].console_bytes = FIXTURE_CONSOLE_RECORD;
}

static void fill_plans(struct fixture *f)
{
    static const struct xm_config_slot slots[] = {
        { 0, 0, 0, 200 },   { 1, 1, 200, 300 },  { XM_CONFIG_NONE, XM_CONFIG_IDLE, 500, 100 },
        { 2, 2, 600, 400 }, { 0, 0, 0, 400 },    { XM_CONFIG_NONE, XM_CONFIG_IDLE, 400, 100 },
        { 7, 1, 0, 300 },   { 8, 2, 300, 400 },
    };

    memcpy(f->slot, slots, sizeof(slots));
    f->plan[0] = (struct xm_config_plan){ string_add("initial"), 1000, 0, 4 };
    f->plan[1] = (struct xm_config_plan){ string_add("maintenance"), 500, 4, 2 };
    f->plan[2] = (struct xm_config_plan){ 0, 700, 6, 2 };
}

static void fill_ports(struct fixture *f)
{
    xm_u32_t s_in = string_add("sIn");

    f->port[0] = (struct xm_config_port){ string_add("sOut"), 0, XM_SAMPLING_PORT, XM_SOURCE_PORT, 0 };
    f->port[1] = (struct xm_config_port){ string_add("qIn"), 0, XM_QUEUING_PORT, XM_DESTINATION_PORT, 1 };
    f->port[2] = (struct xm_config_port){ string_add("sFree"), 0, XM_SAMPLING_PORT, XM_DESTINATION_PORT, XM_CONFIG_NONE };
    f->port[3] = (struct xm_config_port){ string_add("qFree"), 0, XM_QUEUING_PORT, XM_SOURCE_PORT, XM_CONFIG_NONE };
    f->port[4] = (struct xm_config_port){ s_in, 1, XM_SAMPLING_PORT, XM_DESTINATION_PORT, 0 };
    f->port[5] = (struct xm_config_port){ string_add("qOut"), 1, XM_QUEUING_PORT, XM_SOURCE_PORT, 1 };
    f->port[6] = (struct xm_config_port){ string_add("zIn"), 1, XM_SAMPLING_PORT, XM_DESTINATION_PORT, 2 };
    f->port[7] = (struct xm_config_port){ s_in, 2, XM_SAMPLING_PORT, XM_DESTINATION_PORT, 0 };
    f->port[8] = (struct xm_config_port){ string_add("zOut"), 2, XM_SAMPLING_PORT, XM_SOURCE_PORT, 2 };
    f->channel[0] = (struct xm_config_channel){ XM_SAMPLING_PORT, 64, 1, 1000, 0, 0, 2 };
    f->channel[1] = (struct xm_config_channel){ XM_QUEUING_PORT, 32, 3, 0, 5, 2, 1 };
    f->channel[2] = (struct xm_config_channel){ XM_SAMPLING_PORT, 16, 1, 0, 8, 3, 1 };
    f->destination[0] = 4;
    f->destination[1] = 7;
    f->destination[2] = 1;
    f->destination[3] = 6;
}

static void fill_devices(struct fixture *f)
{
    f->io[0] = (struct xm_config_io_port){ 0x80000600u, 2, ~0u };
    f->io[1] = (struct xm_config_io_port){ 0x80000700u, 1, 0x0000ff00u };
    f->uart[0] = (struct xm_config_uart){ string_add("UartA"), 0, 115200, XM_CONFIG_NONE, 0, 0 };
    f->uart[1] = (struct xm_config_uart){ string_add("Link"), 1, 115200, 0, FIXTURE_BUDGET, FIXTURE_LINK_RING };
    f->ipvi[0] = (struct xm_config_ipvi){ 1, 1, 0 };
    f->ipvi[1] = (struct xm_config_ipvi){ 1, 1, 2 };
    f->ipvi[2] = (struct xm_config_ipvi){ 2, 0, 1 };
    f->ethernet[0] = (struct xm_config_ethernet){ .partition = 2, .registers = HOST_MAC };
    f->stream[0] = (struct xm_config_stream){ string_add("HmLog"), FIXTURE_HM_STORAGE, HM_BYTES };
    f->stream[1] = (struct xm_config_stream){ 0, 0x40810000u, TRACE_BYTES };
    f->stream[2] = (struct xm_config_stream){ 0, 0x40820000u, TRACE_BYTES };
}

/* One segment per partition: an image header, then a pattern. The boot loader would have put it in place. */
static void build_container(void)
{
    xm_u8_t *base = arch_physical_pointer(FIXTURE_CONTAINER);
    struct xm_image *image = (struct xm_image *)(void *)base;
    struct xm_image_file *file = (struct xm_image_file *)(void *)(base + 256);
    struct xm_image_segment *segment = (struct xm_image_segment *)(void *)(base + 512);

    image->magic = XM_IMAGE_MAGIC;
    image->revision = XM_IMAGE_REVISION;
    image->file_offset = 256;
    image->file_count = FIXTURE_PARTITIONS;
    image->segment_offset = 512;
    image->segment_count = FIXTURE_PARTITIONS;
    image->head_length = 1024;
    image->length = 1024 + FIXTURE_PARTITIONS * FIXTURE_IMAGE_BYTES;
    for (xm_u32_t n = 0; n < FIXTURE_PARTITIONS; n++) {
        xm_u32_t offset = 1024 + n * FIXTURE_IMAGE_BYTES;
        struct xmImageHdr *header = (struct xmImageHdr *)(void *)(base + offset);

        memset(base + offset, (int)(0x40 + n), FIXTURE_IMAGE_BYTES);
        header->sSignature = XMEF_PARTITION_MAGIC;
        header->eSignature = XMEF_PARTITION_MAGIC;
        header->compilationXmAbiVersion = XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION);
        header->compilationXmApiVersion = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION);
        file[n] = (struct xm_image_file){ .kind = XM_IMAGE_PARTITION, .partition = n, .entry = FIXTURE_AREA(n) + 0x100,
                                          .header_address = FIXTURE_AREA(n), .segment_first = n, .segment_count = 1 };
        segment[n] = (struct xm_image_segment){ .address = FIXTURE_AREA(n), .file_bytes = FIXTURE_IMAGE_BYTES,
                                                .memory_bytes = FIXTURE_IMAGE_BYTES + 4096, .offset = offset,
                                                .crc32c = crc32c(base + offset, FIXTURE_IMAGE_BYTES) };
        memcpy(arch_physical_pointer(FIXTURE_AREA(n)), base + offset, FIXTURE_IMAGE_BYTES);
    }
}

struct fixture *fixture_new(void)
{
    struct fixture *f = the_config();

    host_power_on(false);
    string_end = 4; /* offset 0 is "no name" */
    f->head.magic = XM_CONFIG_MAGIC;
    f->head.revision = XM_CONFIG_REVISION;
    f->head.length = (sizeof(*f) + 7u) & ~7u;
    f->head.name = string_add("fixture");
    f->head.hypervisor_size = HYPERVISOR_BYTES;
    f->head.console_device = 0;
    f->head.hm_stream = 0;
    f->head.trace_stream = 1;
    f->head.trace_mask = 0;
    f->region[0] = (struct xm_config_region){ 1, HOST_MEMORY_START, HOST_MEMORY_BYTES, 1 };
    fill_partitions(f);
    fill_plans(f);
    fill_ports(f);
    fill_devices(f);
    default_hm_rows(f);
    TABLE(regions, region);
    TABLE(areas, area);
    TABLE(partitions, partition);
    TABLE(plans, plan);
    TABLE(slots, slot);
    TABLE(ports, port);
    TABLE(channels, channel);
    TABLE(destinations, destination);
    TABLE(io_ports, io);
    TABLE(uarts, uart);
    TABLE(streams, stream);
    TABLE(strings, strings);
    TABLE(ipvis, ipvi);
    TABLE(ethernets, ethernet);
    build_container();
    return f;
}

static void boot(void *nothing)
{
    (void)nothing;
    core_main(FIXTURE_CONTAINER, FIXTURE_LOADER);
}

void fixture_boot(void)
{
    struct fixture *f = the_config();
    enum host_end end;

    f->head.crc32c = 0;
    f->head.crc32c = crc32c(f, f->head.length);
    end = host_run(boot, NULL);
    if (end != HOST_STARTED) {
        fail_msg("boot ended with %d, output: %s", (int)end, fixture_output(0));
    }
    core_leave();
}

void fixture_start(void)
{
    (void)fixture_new();
    fixture_boot();
}

void fixture_reboot(void)
{
    host_power_on(true);
    fixture_boot();
}

struct partition *fixture_enter(xm_u32_t n)
{
    arch_set_next(&partitions[n].context);
    return &partitions[n];
}

void fixture_pass_us(xm_u32_t us)
{
    bool due = host.armed_us != 0 && host.armed_us <= us;

    host_advance_us(us);
    if (due) {
        host.armed_us = 0;
        core_irq(BOARD_TIMER_LINE);
    } else {
        host.armed_us -= us;
    }
    core_leave();
}

xmAddress_t fixture_name(xm_u32_t n, const char *name)
{
    xmAddress_t at = FIXTURE_SCRATCH(n) + 0x4000;

    strcpy(arch_guest_pointer(at), name);
    return at;
}

void fixture_hm_row(struct fixture *f, xm_u32_t n, enum xm_hm_event event, xm_u32_t action, bool log)
{
    xm_u32_t row = action | (log ? XM_CONFIG_HM_LOG : 0u);

    if (n == XM_HYPERVISOR_ID) {
        f->head.hm_hypervisor[event] = row;
    } else {
        f->partition[n].hm[event] = row;
    }
}

xm_u32_t fixture_raise(enum xm_hm_event event, struct partition *p)
{
    struct hm_info info = { .propagate_vector = -1 };

    return hm_raise(event, p, &info);
}

const char *fixture_output(xm_u32_t uart)
{
    host.uart[uart].sent[host.uart[uart].sent_count] = '\0';
    return host.uart[uart].sent;
}

xm_u16_t fixture_checksum(const void *record, size_t bytes)
{
    const unsigned char *b = record;
    xm_u32_t sum = 0;

    for (size_t i = 0; i < bytes; i += 2) {
        xm_u16_t half;

        memcpy(&half, b + i, 2);
        sum += half;
        sum = (sum & 0xffffu) + (sum >> 16);
    }
    return (xm_u16_t)~sum;
}
