/* fake_kernel.c - the hypervisor behind the supervisor's calls, in memory (see fake_kernel.h) */
#include "fake_kernel.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hypervisor/abi/config.h"
#include "bytes.h"
#include "frame.h"
#include "keys.h"
#include "main.h"

struct fake fake;
static jmp_buf slot_end;
static uint8_t *log_memory; /* of all logs; the next system's takes its place */

/* The supervisor's partition. */
static xm_u32_t self(void)
{
    return fake.pct.id;
}

/* ---- compiled configuration ------------------------------------------------------------------ */

#define WORD_AT(type, field) ((uint32_t)offsetof(struct type, field))

static uint32_t config_end, strings_end;

static void put(uint32_t at, uint32_t value)
{
    assert(at + 4 <= sizeof(fake.config));
    bytes_put_be32(fake.config + at, value);
}

/* Places a table behind what is there; returns its offset. */
static uint32_t table(uint32_t header_field, uint32_t count, uint32_t row_bytes)
{
    uint32_t at = config_end;

    put(header_field, at);
    put(header_field + 4, count);
    config_end += count * row_bytes;
    return at;
}

static uint32_t string(const char *text)
{
    uint32_t at = strings_end;

    strings_end += (uint32_t)strlen(text) + 1;
    assert(strings_end <= sizeof(fake.config));
    strcpy((char *)fake.config + at, text);
    return at;
}

static void configure_partitions(const struct fake_shape *shape)
{
    uint32_t rows = table(WORD_AT(xm_config, partitions), shape->partitions,
                          sizeof(struct xm_config_partition));
    uint32_t uarts = table(WORD_AT(xm_config, uarts), 1, sizeof(struct xm_config_uart));

    put(uarts + WORD_AT(xm_config_uart, baud), 115200);
    for (uint32_t id = 0; id < shape->partitions; id++) {
        uint32_t row = rows + id * (uint32_t)sizeof(struct xm_config_partition);
        char name[32];

        snprintf(name, sizeof(name), shape->large_values ? "P%u-abcdefghijkl" : "P%u", id);
        put(row + WORD_AT(xm_config_partition, name),
            id == FAKE_SELF ? string("supervisor") : string(name));
        put(row + WORD_AT(xm_config_partition, flags), id == FAKE_SELF ? XM_PART_SYSTEM : 0);
        put(row + WORD_AT(xm_config_partition, link_device), id == FAKE_SELF ? 0 : XM_CONFIG_NONE);
        /* every partition has a console ring and, but P2, a trace */
        put(row + WORD_AT(xm_config_partition, console_bytes), FAKE_ITEMS);
        put(row + WORD_AT(xm_config_partition, trace_stream), id == 2 ? XM_CONFIG_NONE : id);
    }
}

static void put_slot(uint32_t row, uint32_t id, uint32_t partition, bool large)
{
    put(row + WORD_AT(xm_config_slot, id), partition == XM_CONFIG_IDLE ? XM_CONFIG_NONE : id);
    put(row + WORD_AT(xm_config_slot, partition), partition);
    put(row + WORD_AT(xm_config_slot, start_us), (large ? 4000000000u : 0) + id * 10000);
    put(row + WORD_AT(xm_config_slot, duration_us), large ? 4000000000u : 10000);
}

/* Major frame of a shape's plan. */
static uint32_t shape_frame_us(const struct fake_shape *shape, uint32_t plan)
{
    if (plan != 0) {
        return shape->large_values ? 4000000000u : 100000;
    }
    return shape->frame_us != 0 ? shape->frame_us : 250000;
}

/* Plan 0: supervisor, gap, then P1, P2, P3, P1 ..; plan 1: the supervisor alone; plan 2: P1 alone;
 * others: as plan 1. */
static void configure_plans(const struct fake_shape *shape)
{
    uint32_t rows = table(WORD_AT(xm_config, plans), shape->plans, sizeof(struct xm_config_plan));
    uint32_t slots = table(WORD_AT(xm_config, slots), shape->slots + shape->plans - 1,
                           sizeof(struct xm_config_slot));
    static const char *const names[] = { "nominal", "maintenance", "locked" };

    for (uint32_t plan = 0; plan < shape->plans; plan++) {
        uint32_t row = rows + plan * (uint32_t)sizeof(struct xm_config_plan);

        put(row + WORD_AT(xm_config_plan, name), string(plan < 3              ? names[plan]
                                                        : shape->large_values ? "spare-plan-name"
                                                                              : "spare"));
        put(row + WORD_AT(xm_config_plan, major_frame_us), shape_frame_us(shape, plan));
        put(row + WORD_AT(xm_config_plan, slot_first), plan == 0 ? 0 : shape->slots + plan - 1);
        put(row + WORD_AT(xm_config_plan, slot_count), plan == 0 ? shape->slots : 1);
    }
    for (uint32_t i = 0; i < shape->slots + shape->plans - 1; i++) {
        uint32_t row = slots + i * (uint32_t)sizeof(struct xm_config_slot);
        bool first_plan = i < shape->slots;
        uint32_t number = first_plan ? i : 0;
        uint32_t owner = number == 0   ? FAKE_SELF
                         : number == 1 ? XM_CONFIG_IDLE
                                       : 1 + (number - 2) % 3;

        put_slot(row, number, i == shape->slots + 1 ? 1 : owner, shape->large_values);
    }
}

/* Two areas each; the second one has a name. */
static void configure_areas(const struct fake_shape *shape)
{
    uint32_t rows = table(WORD_AT(xm_config, areas), FAKE_AREAS * shape->partitions,
                          sizeof(struct xm_config_area));
    uint32_t partitions = bytes_be32(fake.config + WORD_AT(xm_config, partitions));
    uint32_t name = string("tables");

    for (uint32_t i = 0; i < FAKE_AREAS * shape->partitions; i++) {
        uint32_t row = rows + i * (uint32_t)sizeof(struct xm_config_area);
        uint32_t id = i / FAKE_AREAS;
        bool small = i % FAKE_AREAS == 1;

        put(row + WORD_AT(xm_config_area, start), FAKE_AREA(id) + (small ? FAKE_AREA_BYTES : 0));
        put(row + WORD_AT(xm_config_area, mapped_at),
            FAKE_AREA(id) + (small ? FAKE_AREA_BYTES : 0));
        put(row + WORD_AT(xm_config_area, size), small ? FAKE_TABLE_BYTES : FAKE_AREA_BYTES);
        put(row + WORD_AT(xm_config_area, flags), small ? XM_MEM_AREA_READONLY : 0);
        put(row + WORD_AT(xm_config_area, name), small ? name : 0);
        if (!small) {
            row = partitions + id * (uint32_t)sizeof(struct xm_config_partition);
            put(row + WORD_AT(xm_config_partition, area_first), i);
            put(row + WORD_AT(xm_config_partition, area_count), FAKE_AREAS);
        }
    }
}

static uint32_t ports_used;

static void put_port(uint32_t partition, const char *name, uint32_t type, uint32_t direction,
                     uint32_t channel)
{
    uint32_t end = bytes_be32(fake.config + WORD_AT(xm_config, channels)) +
                   channel * (uint32_t)sizeof(struct xm_config_channel);
    uint32_t owner = bytes_be32(fake.config + WORD_AT(xm_config, partitions)) +
                     partition * (uint32_t)sizeof(struct xm_config_partition);
    uint32_t count = bytes_be32(fake.config + owner + WORD_AT(xm_config_partition, port_count));
    uint32_t row = bytes_be32(fake.config + WORD_AT(xm_config, ports)) +
                   ports_used * (uint32_t)sizeof(struct xm_config_port);

    if (count == 0) {
        put(owner + WORD_AT(xm_config_partition, port_first), ports_used);
    }
    put(owner + WORD_AT(xm_config_partition, port_count), count + 1);
    put(row + WORD_AT(xm_config_port, name), string(name));
    put(row + WORD_AT(xm_config_port, partition), partition);
    put(row + WORD_AT(xm_config_port, type), type);
    put(row + WORD_AT(xm_config_port, direction), direction);
    put(row + WORD_AT(xm_config_port, channel), channel);
    if (channel != XM_CONFIG_NONE && direction == XM_SOURCE_PORT) {
        put(end + WORD_AT(xm_config_channel, source), ports_used);
    }
    ports_used++;
}

/* See FAKE_SAMPLING in fake_kernel.h. */
static void configure_ports(const struct fake_shape *shape)
{
    uint32_t channels = table(WORD_AT(xm_config, channels), 2, sizeof(struct xm_config_channel));
    uint32_t queue = channels + (uint32_t)sizeof(struct xm_config_channel);
    uint32_t destination = table(WORD_AT(xm_config, destinations), 1, 4);

    put(destination, 0); /* of the queue: the supervisor's port. Nobody asks for the others */
    put(queue + WORD_AT(xm_config_channel, destination_count), 1);
    put(channels + WORD_AT(xm_config_channel, type), XM_SAMPLING_PORT);
    put(channels + WORD_AT(xm_config_channel, max_message_bytes), 64);
    put(channels + WORD_AT(xm_config_channel, max_messages), 1);
    put(channels + WORD_AT(xm_config_channel, valid_period_us),
        shape->large_values ? XM_INFINITE_TIME : FAKE_PERIOD_US);
    put(queue + WORD_AT(xm_config_channel, type), XM_QUEUING_PORT);
    put(queue + WORD_AT(xm_config_channel, max_message_bytes), 256);
    put(queue + WORD_AT(xm_config_channel, max_messages), FAKE_QUEUE_DEPTH);
    (void)table(WORD_AT(xm_config, ports), shape->partitions + 2, sizeof(struct xm_config_port));
    ports_used = 0;
    put_port(FAKE_SELF, "packets", XM_QUEUING_PORT, XM_DESTINATION_PORT, FAKE_QUEUE);
    put_port(1, "temperature", XM_SAMPLING_PORT, XM_SOURCE_PORT, FAKE_SAMPLING);
    put_port(1, "packets", XM_QUEUING_PORT, XM_SOURCE_PORT, FAKE_QUEUE);
    put_port(2, "temperature", XM_SAMPLING_PORT, XM_DESTINATION_PORT, FAKE_SAMPLING);
    put_port(2, "spare", XM_SAMPLING_PORT, XM_DESTINATION_PORT, XM_CONFIG_NONE);
    for (uint32_t id = 3; id < shape->partitions; id++) {
        put_port(id, shape->large_values ? "temperature-abc" : "temperature", XM_SAMPLING_PORT,
                 XM_DESTINATION_PORT, FAKE_SAMPLING);
    }
}

static void configure(const struct fake_shape *shape)
{
    memset(fake.config, 0, sizeof(fake.config));
    config_end = sizeof(struct xm_config);
    strings_end = 16384;
    configure_partitions(shape);
    configure_plans(shape);
    configure_areas(shape);
    configure_ports(shape);
    assert(config_end <= 16384);
    put(WORD_AT(xm_config, magic), XM_CONFIG_MAGIC);
    put(WORD_AT(xm_config, revision), XM_CONFIG_REVISION);
    put(WORD_AT(xm_config, name), string("fake system"));
    put(WORD_AT(xm_config, trace_stream), 0);
    put(WORD_AT(xm_config, cpu_khz), 50000);
    put(WORD_AT(xm_config, crc32c), 0xc0ffee01);
    put(WORD_AT(xm_config, length), strings_end);
}

/* A word of the configuration, `at` bytes from its start. */
uint32_t fake_config_word(uint32_t at)
{
    assert(at + 4 <= sizeof(fake.config));
    return bytes_be32(fake.config + at);
}

/* The string at that offset; "" for 0: no name. */
const char *fake_config_name(uint32_t at)
{
    return at == 0 || at >= sizeof(fake.config) ? "" : (const char *)fake.config + at;
}

/* Changes whether a partition is configured with a trace stream. */
void fake_configure_trace(unsigned partition, bool exists)
{
    uint32_t rows = bytes_be32(fake.config + WORD_AT(xm_config, partitions));

    put(rows + partition * (uint32_t)sizeof(struct xm_config_partition) +
            WORD_AT(xm_config_partition, trace_stream),
        exists ? partition : XM_CONFIG_NONE);
}

/* ---- setting up, time ------------------------------------------------------------------------ */

/* Bytes of a log that the kernel keeps for itself, before the records (core/logbook.h). */
#define LOG_HEAD 32u

/* Bytes of the storage of a log: that of its stream; a shape has no table of streams. */
static uint32_t stream_bytes(uint32_t stream)
{
    if (stream == XM_CONFIG_NONE) {
        return 0;
    }
    return FAKE_HEAD(streams.count) == 0 ? FAKE_ITEMS + LOG_HEAD
                                         : FAKE_ROW(streams, xm_config_stream, stream, size);
}

static void open_log(struct fake_log *log, uint32_t item_bytes, uint32_t bytes)
{
    *log = (struct fake_log){ .exists = bytes >= item_bytes,
                              .item_bytes = item_bytes,
                              .room = bytes / item_bytes,
                              .capacity = bytes / item_bytes,
                              .oldest = 1,
                              .next = 1 };
}

static void open_records(struct fake_log *log, uint32_t item_bytes, uint32_t stream)
{
    uint32_t bytes = stream_bytes(stream);

    open_log(log, item_bytes, bytes > LOG_HEAD ? bytes - LOG_HEAD : 0);
}

static uint32_t place_log(struct fake_log *log, uint32_t at)
{
    log->items = log_memory == NULL ? NULL : log_memory + at;
    return at + log->capacity * log->item_bytes;
}

static uint32_t place_logs(void)
{
    uint32_t at = place_log(&fake.trace, place_log(&fake.hm, 0));

    for (unsigned id = 0; id < fake.info.partition_count; id++) {
        at = place_log(&fake.partition[id].console, place_log(&fake.partition[id].trace, at));
    }
    return at;
}

/* Logs as configured, empty. */
static void open_logs(void)
{
    open_records(&fake.hm, 64, FAKE_HEAD(hm_stream));
    open_records(&fake.trace, 48, FAKE_HEAD(trace_stream));
    for (unsigned id = 0; id < fake.info.partition_count; id++) {
        struct fake_partition *p = &fake.partition[id];

        open_log(&p->console, 1, FAKE_ROW(partitions, xm_config_partition, id, console_bytes));
        open_records(&p->trace, 48, FAKE_ROW(partitions, xm_config_partition, id, trace_stream));
    }
    free(log_memory);
    log_memory = NULL;
    log_memory = malloc(place_logs() + 1);
    assert(log_memory != NULL);
    place_logs();
}

/* Major frame of a plan. */
static uint32_t plan_frame_us(uint32_t plan)
{
    return FAKE_ROW(plans, xm_config_plan, plan, major_frame_us);
}

/* The system of the configuration in its first frame. */
static void install(xm_u32_t boot_id, xmTime_t now_us)
{
    fake.pct.noPhysicalMemAreas = 1;
    fake.line_bytes = FAKE_RING;
    fake.trace_mask = FAKE_HEAD(trace_mask);
    fake.info = (struct xm_kernel_info){
        .xm_version = 0x000100,
        .boot_id = boot_id,
        .partition_count = FAKE_HEAD(partitions.count),
        .plan_count = FAKE_HEAD(plans.count),
        .config_length = FAKE_HEAD(length),
        .config_crc32c = FAKE_HEAD(crc32c),
        .kernel_bytes_used = 1000,
        .kernel_bytes_total = 2000,
        .previous_plan = -1,
        .now_us = now_us,
        .cpu_khz = FAKE_HEAD(cpu_khz),
        .slot_lateness_last_us = 3,
        .slot_lateness_max_us = 9,
    };
    fake.frame_us = plan_frame_us(0);
    fake.link =
        (struct xm_link_status){ .rx_size = FAKE_RING, .tx_size = FAKE_RING, .budget_bytes = 256 };
    open_logs();
    for (unsigned id = 0; id < fake.info.partition_count; id++) {
        fake.partition[id].status.state = XM_STATUS_READY;
        fake.partition[id].runs = true;
    }
}

/* Builds a system of that shape (NULL: 4 partitions, 3 plans, 4 slots) in its first frame, and
 * starts the supervisor. */
void fake_init(const struct fake_shape *shape)
{
    static const struct fake_shape usual = { .partitions = 4, .plans = 3, .slots = 4 };

    memset(&fake, 0, offsetof(struct fake, sent));
    configure(shape == NULL ? &usual : shape);
    fake.pct.id = FAKE_SELF;
    install(0xb0071d, 1000000);
    fake_set_keys("");
    supervisor_start();
}

/* The partition that serves the link; XM_CONFIG_NONE: there is none. */
static uint32_t find_supervisor(void)
{
    for (uint32_t id = 0; id < FAKE_HEAD(partitions.count); id++) {
        if (FAKE_ROW(partitions, xm_config_partition, id, link_device) != XM_CONFIG_NONE) {
            return id;
        }
    }
    return XM_CONFIG_NONE;
}

static const char *refusal_of_config(void)
{
    if (FAKE_HEAD(partitions.count) > FAKE_PARTITIONS) {
        return "has more partitions than the simulator knows";
    }
    if (FAKE_HEAD(channels.count) > FAKE_CHANNELS || FAKE_HEAD(ports.count) > FAKE_PORTS) {
        return "has more ports or channels than the simulator knows";
    }
    if (find_supervisor() == XM_CONFIG_NONE) {
        return "has no partition that serves a link: name one in Uart/@xmx:linkPartition";
    }
    return NULL;
}

/* Builds the system of a compiled configuration, as the board is after it was switched on;
 * fake_boot() starts it. Returns NULL, or why the configuration is refused. */
const char *fake_load(const uint8_t *config, uint32_t bytes)
{
    uint32_t uart;
    const char *refusal;

    if (bytes < sizeof(struct xm_config) || bytes_be32(config) != XM_CONFIG_MAGIC) {
        return "is no compiled configuration";
    }
    if (bytes_be32(config + WORD_AT(xm_config, revision)) != XM_CONFIG_REVISION) {
        return "was compiled for another version of xm: compile it again";
    }
    if (bytes > FAKE_CONFIG || bytes_be32(config + WORD_AT(xm_config, length)) != bytes) {
        return "is cut off, or longer than the simulator takes";
    }
    memset(&fake, 0, offsetof(struct fake, sent));
    memcpy(fake.config, config, bytes);
    refusal = refusal_of_config();
    if (refusal != NULL) {
        return refusal;
    }
    fake.pct.id = find_supervisor();
    install(0, 0);
    uart = FAKE_ROW(partitions, xm_config_partition, fake.pct.id, link_device);
    fake.link.rx_size = FAKE_ROW(uarts, xm_config_uart, uart, ring_bytes);
    fake.link.rx_size = fake.link.rx_size < FAKE_RING ? fake.link.rx_size : FAKE_RING;
    fake.link.tx_size = fake.link.rx_size;
    fake.link.budget_bytes = FAKE_ROW(uarts, xm_config_uart, uart, budget_bytes);
    return NULL;
}

#define BOOT_US 10000 /* that the boot of a board takes */

/* Starts the loaded system as a board starts: after power came, or after a reset, all but the logs
 * in retained memory begins anew. Frame 0 begins after the time that boot takes. status: the reset
 * status of all partitions. */
void fake_boot(bool warm, xm_u32_t status)
{
    xm_u32_t boot_id = fake.info.boot_id, resets = fake.system.resetCounter;
    struct xm_link_status link = { .rx_size = fake.link.rx_size,
                                   .tx_size = fake.link.tx_size,
                                   .budget_bytes = fake.link.budget_bytes };

    fake.system = (xmSystemStatus_t){ .resetCounter = warm ? resets + 1 : 0 };
    fake.link = link;
    fake.rx_count = fake.tx_count = 0;
    fake.end = FAKE_GOES_ON;
    fake.info = (struct xm_kernel_info){
        .xm_version = 0x000100,
        .boot_id = boot_id + 1,
        .system_reset_counter = fake.system.resetCounter,
        .partition_count = FAKE_HEAD(partitions.count),
        .plan_count = FAKE_HEAD(plans.count),
        .config_length = FAKE_HEAD(length),
        .config_crc32c = FAKE_HEAD(crc32c),
        .kernel_bytes_used = XM_HYPERVISOR_IMAGE_BYTES + FAKE_HEAD(length),
        .kernel_bytes_total = FAKE_HEAD(hypervisor_size),
        .previous_plan = -1,
        .now_us = BOOT_US,
        .frame_start_us = BOOT_US,
        .slot_lateness_last_us = 2,
        .slot_lateness_max_us = 2,
        .cpu_khz = FAKE_HEAD(cpu_khz),
    };
    memset(fake.channel, 0, sizeof(fake.channel));
    memset(fake.consumed, 0, sizeof(fake.consumed));
    fake.frame_us = plan_frame_us(0);
    for (unsigned id = 0; id < fake.info.partition_count; id++) {
        struct fake_partition *p = &fake.partition[id];

        p->status = (xmPartitionStatus_t){ .state = XM_STATUS_READY,
                                           .opMode = XM_OPMODE_COLD_RESET,
                                           .resetStatus = status };
        p->runs = false; /* whoever runs its slots counts their time */
        p->console.oldest = p->console.next = 1;
    }
    fake_run(supervisor_start);
}

/* Reads a key file; false: it cannot be read, is empty or longer than one may be. */
bool fake_read_keys(const char *path, char text[KEYFILE_BYTES + 1])
{
    FILE *file = fopen(path, "r");
    size_t count;

    if (file == NULL) {
        return false;
    }
    count = fread(text, 1, KEYFILE_BYTES + 1, file);
    fclose(file);
    if (count == 0 || count > KEYFILE_BYTES) {
        return false;
    }
    text[count] = '\0';
    return true;
}

/* Puts a key file into the supervisor's image; supervisor_start() or fake_start_again() reads it. */
void fake_set_keys(const char *text)
{
    assert(strlen(text) <= sizeof(keys_text));
    memset(keys_text, 0, sizeof(keys_text));
    memcpy(keys_text, text, strlen(text));
}

/* The supervisor starts again after it ended, with the whole board or alone. What a reset keeps is
 * the logs, and, of the board, all that is not the link's; a board counts its boots and starts its
 * clock. */
void fake_start_again(bool system)
{
    fake.end = FAKE_GOES_ON;
    fake.stop_in = 0;
    if (system) {
        fake.info.boot_id++;
        fake.info.frame_start_us = 0;
        fake.info.now_us = 1000000;
        fake.info.requested_plan = fake.info.current_plan;
        fake.rx_count = fake.tx_count = 0;
        memset(fake.channel, 0, sizeof(fake.channel));
        for (unsigned id = 0; id < fake.info.partition_count; id++) {
            fake.partition[id].status.state = XM_STATUS_READY;
        }
    }
    fake_run(supervisor_start);
}

static void end_frame(void)
{
    fake.info.frame_start_us += fake.frame_us;
    fake.info.frame++;
    if (fake.info.requested_plan != fake.info.current_plan && !fake.plan_never_switches) {
        fake.info.previous_plan = fake.info.current_plan;
        fake.info.current_plan = fake.info.requested_plan;
        fake.info.switch_time_us = fake.info.frame_start_us;
        fake.info.switch_frame = fake.info.frame;
        fake.frame_us = plan_frame_us((uint32_t)fake.info.current_plan);
        fake_audit(TRACE_SCHED_MODULE, AUDIT_SCHED_PLAN_DONE, (xm_u32_t)fake.info.current_plan,
                   (xm_u32_t)fake.info.previous_plan, (xm_u32_t)fake.info.frame);
    }
}

/* The health monitor's switch: another plan begins at once, not at the frame's end. */
void fake_switch_now(uint32_t plan)
{
    fake.info.requested_plan = (xm_s32_t)plan;
    fake.info.frame_start_us = fake.info.now_us - fake.frame_us;
    end_frame();
}

/* Time passes: frames end, partitions run, the line takes bytes. */
void fake_tick(uint32_t us)
{
    uint32_t leaves = fake.tx_count < fake.line_bytes ? fake.tx_count : fake.line_bytes;

    fake.info.now_us += us;
    while (fake.info.now_us - fake.info.frame_start_us >= fake.frame_us) {
        end_frame();
    }
    for (unsigned id = 0; id < fake.info.partition_count; id++) {
        struct fake_partition *p = &fake.partition[id];

        if (p->status.state <= XM_STATUS_READY && p->runs) {
            p->status.execClock += us / 10;
        }
    }
    assert(fake.sent_count + leaves <= sizeof(fake.sent));
    memcpy(fake.sent + fake.sent_count, fake.tx, leaves);
    fake.sent_count += leaves;
    fake.tx_count -= leaves;
    memmove(fake.tx, fake.tx + leaves, fake.tx_count);
    fake.link.tx_bytes += leaves;
}

/* Runs code of the partition until it comes back or ends the partition. */
void fake_run(void (*run)(void))
{
    if (fake.end == FAKE_GOES_ON && setjmp(slot_end) == 0) {
        run();
    }
}

/* One slot of the supervisor, and the time until its next. Nothing once the supervisor is gone. */
void fake_slot(void)
{
    fake_run(supervisor_slot);
    fake_tick(FAKE_SLOT_US);
}

static void never_comes_back(enum fake_end end, xm_u32_t mode, xm_u32_t status)
{
    fake.end = end;
    fake.end_mode = mode;
    fake.end_status = status;
    longjmp(slot_end, 1);
}

/* What the supervisor prints; the build gives its printf this name. */
int fake_printf(const char *format, ...)
{
    char line[512];
    size_t length, before = strlen(fake.said);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    length = strlen(line);
    if (before + length >= sizeof(fake.said)) {
        before = 0;
    }
    memcpy(fake.said + before, line, length + 1);
    return (int)length;
}

/* A point at which the board may be reset. */
static void may_stop(void)
{
    if (fake.stop_in != 0 && --fake.stop_in == 0) {
        never_comes_back(FAKE_STOPPED, 0, 0);
    }
}

/* ---- logs ------------------------------------------------------------------------------------ */

/* Where a log keeps an item, which it may have overwritten since. */
uint8_t *fake_item(struct fake_log *log, uint64_t seq)
{
    return log->items + seq % log->capacity * log->item_bytes;
}

static uint8_t *append(struct fake_log *log)
{
    uint8_t *item = fake_item(log, log->next++);

    if (log->next - log->oldest > log->capacity) {
        log->oldest = log->next - log->capacity;
    }
    return item;
}

/* Begins a record as the kernel stores it: big-endian, with its number, time and boot. */
static uint8_t *begin_record(struct fake_log *log, uint64_t time_us)
{
    uint64_t seq = log->next;
    uint8_t *item = append(log);

    memset(item, 0, log->item_bytes);
    bytes_put_be64(item, seq);
    bytes_put_be64(item + 8, time_us);
    bytes_put_be32(item + 16, fake.info.boot_id);
    return item;
}

/* Closes it with its CRC-32C. */
static void end_record(const struct fake_log *log, uint8_t *item)
{
    bytes_put_be32(item + log->item_bytes - 4, frame_crc32c(item, log->item_bytes - 4));
}

/* A record without content. Time is its number, so that a test can know it. */
static void append_record(struct fake_log *log)
{
    end_record(log, begin_record(log, (uint32_t)log->next));
}

/* Adds records to the health-monitor log. */
void fake_log_hm(unsigned count)
{
    while (count-- > 0) {
        append_record(&fake.hm);
    }
}

/* Adds an event to the health-monitor log, with number, time and boot of now. */
void fake_log_event(const struct xm_hm_record *event)
{
    uint8_t *item = begin_record(&fake.hm, (uint64_t)fake.info.now_us);

    bytes_put_be32(item + 20, (uint32_t)event->event << 16 | (uint32_t)event->partition << 8);
    bytes_put_be32(item + 24, (uint32_t)event->flags << 24 | (uint32_t)event->action << 16);
    bytes_put_be32(item + 28, event->pc);
    bytes_put_be32(item + 32, event->npc);
    bytes_put_be32(item + 36, event->psr);
    bytes_put_be32(item + 40, event->fault_address);
    bytes_put_be32(item + 44, event->fault_status);
    for (unsigned n = 0; n < 3; n++) {
        bytes_put_be32(item + 48 + 4 * n, event->payload[n]);
    }
    end_record(&fake.hm, item);
    fake.system.noHmEvents++;
}

/* Adds records to the trace of a partition, or of the hypervisor. */
void fake_log_trace(unsigned partition, unsigned count)
{
    while (count-- > 0) {
        append_record(partition == XM_HYPERVISOR_ID ? &fake.trace
                                                    : &fake.partition[partition].trace);
    }
}

static void append_trace(struct fake_log *log, xm_u32_t opcode_h, xm_u32_t opcode_l,
                         const xm_u32_t payload[4])
{
    uint8_t *item = begin_record(log, (uint64_t)fake.info.now_us);

    /* the kernel puts the number into opCodeH, but for criticality and scope */
    bytes_put_be32(item + 20, (xm_u32_t)(log->next - 1) << TRACE_OPCODE_SEQ_BIT | opcode_h);
    bytes_put_be32(item + 24, opcode_l);
    for (unsigned n = 0; n < 4; n++) {
        bytes_put_be32(item + 28 + 4 * n, payload[n]);
    }
    end_record(log, item);
}

/* Traces an event of a partition, as its own call would; nothing if it has no trace. */
void fake_trace(unsigned partition, xm_u32_t opcode_l, const xm_u32_t payload[4])
{
    struct fake_log *log = &fake.partition[partition].trace;

    if (log->exists) {
        append_trace(log, 0, opcode_l | partition, payload);
    }
}

/* An audit record in the hypervisor's own trace, if its mask has the module. */
void fake_audit(xm_u32_t module, xm_u32_t event, xm_u32_t a, xm_u32_t b, xm_u32_t c)
{
    if (fake.trace.exists && (fake.trace_mask & 1u << module) != 0) {
        append_trace(&fake.trace, 1u << TRACE_OPCODE_SYS_BIT,
                     (module << 8 | event) << TRACE_OPCODE_CODE_BIT | XM_HYPERVISOR_ID,
                     (const xm_u32_t[4]){ a, b, c, 0 });
    }
}

/* Lets a log hold so many items, at least 1, at most as many as it was configured for; the newest
 * stay. */
void fake_log_resize(struct fake_log *log, uint32_t capacity)
{
    uint64_t kept = log->next - log->oldest < capacity ? log->next - log->oldest : capacity;
    uint8_t *copy = malloc((size_t)kept * log->item_bytes + 1);

    assert(copy != NULL);
    log->oldest = log->next - kept;
    for (uint64_t n = 0; n < kept; n++) {
        memcpy(copy + n * log->item_bytes, fake_item(log, log->oldest + n), log->item_bytes);
    }
    log->capacity = capacity;
    for (uint64_t n = 0; n < kept; n++) {
        memcpy(fake_item(log, log->oldest + n), copy + n * log->item_bytes, log->item_bytes);
    }
    free(copy);
}

/* Adds console output of a partition. */
void fake_print(unsigned partition, const char *text)
{
    while (*text != '\0') {
        *append(&fake.partition[partition].console) = (uint8_t)*text++;
    }
}

/* As the kernel keeps an event of its caller: completed with number, time and boot, big-endian. */
xm_s32_t XM_trace_event(xm_u32_t bitmask, xmTraceEvent_t *event)
{
    struct fake_log *log = &fake.partition[self()].trace;

    may_stop();
    if (!log->exists || bitmask == 0) {
        return XM_INVALID_CONFIG;
    }
    append_trace(log, event->opCodeH & 0xfu, (event->opCodeL & ~0xffffu) | self(), event->payload);
    may_stop();
    return XM_OK;
}

#define FETCH_LOOKS 16u

static bool is_damaged(const struct fake_log *log, uint64_t item)
{
    return item >= log->damaged_from && item < log->damaged_to;
}

static xm_s32_t fetch(struct fake_log *log, xm_u64_t from, void *batch, xm_u32_t size)
{
    struct xm_batch head = { .oldest = log->oldest,
                             .next = log->next,
                             .boot_id = fake.info.boot_id };

    if (!log->exists || size < sizeof(head)) {
        return XM_INVALID_PARAM;
    }
    head.first = from < log->oldest ? log->oldest : from;
    /* As the hypervisor does it: damaged items are left out, and one call looks at a bounded number. */
    for (unsigned looked = 0; is_damaged(log, head.first); looked++) {
        if (looked == FETCH_LOOKS) {
            break;
        }
        head.first++;
    }
    while (head.first + head.count < log->next && head.first <= log->next &&
           !is_damaged(log, head.first + head.count) &&
           sizeof(head) + (head.count + 1) * log->item_bytes <= size) {
        memcpy((uint8_t *)batch + sizeof(head) + head.count * log->item_bytes,
               fake_item(log, head.first + head.count), log->item_bytes);
        head.count++;
    }
    memcpy(batch, &head, sizeof(head));
    return (xm_s32_t)head.count;
}

xm_s32_t XM_hm_fetch(xm_u64_t fromSeq, void *batch, xm_u32_t size)
{
    return fetch(&fake.hm, fromSeq, batch, size);
}

xm_s32_t XM_trace_fetch(xm_u32_t id, xm_u64_t fromSeq, void *batch, xm_u32_t size)
{
    if (id != XM_HYPERVISOR_ID && id >= fake.info.partition_count) {
        return XM_INVALID_PARAM;
    }
    return fetch(id == XM_HYPERVISOR_ID ? &fake.trace : &fake.partition[id].trace, fromSeq, batch,
                 size);
}

xm_s32_t XM_console_fetch(xm_u32_t partitionId, xm_u64_t fromSeq, void *batch, xm_u32_t size)
{
    return partitionId >= fake.info.partition_count
               ? XM_INVALID_PARAM
               : fetch(&fake.partition[partitionId].console, fromSeq, batch, size);
}

/* ---- link ------------------------------------------------------------------------------------ */

static void note_high_water(xm_u32_t *high_water, uint32_t count)
{
    *high_water = count > *high_water ? count : *high_water;
}

/* Bytes arrive from the ground; what the ring cannot hold is lost and counted. */
void fake_type(const uint8_t *bytes, uint32_t count)
{
    uint32_t room = fake.link.rx_size > fake.rx_count ? fake.link.rx_size - fake.rx_count : 0;
    uint32_t fits = count < room ? count : room;

    memcpy(fake.rx + fake.rx_count, bytes, fits);
    fake.rx_count += fits;
    fake.link.rx_bytes += fits;
    note_high_water(&fake.link.rx_high_water, fake.rx_count);
    fake.link.rx_dropped += count - fits;
}

xm_s32_t XM_link_read(void *buffer, xm_u32_t size)
{
    uint32_t count = size < fake.rx_count ? size : fake.rx_count;

    if (fake.no_link) {
        return XM_INVALID_CONFIG;
    }
    memcpy(buffer, fake.rx, count);
    fake.rx_count -= count;
    memmove(fake.rx, fake.rx + count, fake.rx_count);
    return (xm_s32_t)count;
}

#define LINK_STEP_BYTES 256u

xm_s32_t XM_link_write(const void *buffer, xm_u32_t size)
{
    uint32_t room = fake.link.tx_size - fake.tx_count;
    uint32_t count = size < room ? size : room;

    if (fake.no_link) {
        return XM_INVALID_CONFIG;
    }
    if (count > LINK_STEP_BYTES) {
        count = LINK_STEP_BYTES; /* as if an interrupt waited all the time */
    }
    memcpy(fake.tx + fake.tx_count, buffer, count);
    fake.tx_count += count;
    note_high_water(&fake.link.tx_high_water, fake.tx_count);
    return (xm_s32_t)count;
}

xm_s32_t XM_link_status(struct xm_link_status *status)
{
    if (fake.no_link || fake.no_link_status) {
        return XM_INVALID_CONFIG;
    }
    fake.link.rx_waiting = fake.rx_count;
    fake.link.tx_waiting = fake.tx_count;
    *status = fake.link;
    return XM_OK;
}

/* ---- state ----------------------------------------------------------------------------------- */

partitionControlTable_t *XM_get_PCT(void)
{
    return &fake.pct;
}

/* The workstation's memory, as far as 32 bits tell it. */
struct xmPhysicalMemMap *XM_get_partition_mmap(void)
{
    static struct xmPhysicalMemMap all = { .size = 0xffffffffu };

    return &all;
}

xm_s32_t XM_kernel_info(struct xm_kernel_info *info)
{
    *info = fake.info;
    return XM_OK;
}

xm_s32_t XM_read_config(xm_u32_t offset, void *buffer, xm_u32_t size)
{
    uint32_t left;

    if (offset > fake.info.config_length) {
        return XM_INVALID_PARAM;
    }
    left = fake.info.config_length - offset;
    size = size < left ? size : left;
    memcpy(buffer, fake.config + offset, size);
    return (xm_s32_t)size;
}

xm_s32_t XM_get_system_status(xmSystemStatus_t *status)
{
    *status = fake.system;
    return XM_OK;
}

xm_s32_t XM_get_partition_status(xm_u32_t partitionId, xmPartitionStatus_t *status)
{
    if (partitionId >= fake.info.partition_count) {
        return XM_INVALID_PARAM;
    }
    *status = fake.partition[partitionId].status;
    return XM_OK;
}

/* ---- memory and ports ------------------------------------------------------------------------ */

/* Where a partition's memory has its execution clock, which stands still when it does. */
uint32_t fake_clock_at(unsigned partition)
{
    uint32_t first = FAKE_ROW(partitions, xm_config_partition, partition, area_first);

    return FAKE_ROW(areas, xm_config_area, first, start) + FAKE_CLOCK_OFFSET;
}

/* A byte of a partition's memory: of its clock, else made of the address. */
uint8_t fake_memory(unsigned partition, uint32_t address)
{
    uint32_t offset = address - fake_clock_at(partition);

    if (offset < 8) {
        return (uint8_t)((uint64_t)fake.partition[partition].status.execClock >> 8 * (7 - offset));
    }
    return (uint8_t)(address >> 8 ^ address ^ partition);
}

static bool area_holds(uint32_t partition, uint32_t address, uint32_t size)
{
    uint32_t first = FAKE_ROW(partitions, xm_config_partition, partition, area_first);
    uint32_t count = FAKE_ROW(partitions, xm_config_partition, partition, area_count);

    for (uint32_t i = first; i < first + count; i++) {
        uint32_t offset = address - FAKE_ROW(areas, xm_config_area, i, start);
        uint32_t bytes = FAKE_ROW(areas, xm_config_area, i, size);

        if (offset < bytes && size <= bytes - offset) {
            return true;
        }
    }
    return false;
}

/* Only to the supervisor's own memory, given by its low 32 bits: its static variables are near the
 * fake's own. */
xm_s32_t XM_memory_copy(xm_u32_t destId, xmAddress_t destAddr, xm_u32_t srcId, xmAddress_t srcAddr,
                        xm_u32_t size)
{
    int32_t distance = (int32_t)(destAddr - (uint32_t)(uintptr_t)&fake);
    uint8_t *to = (uint8_t *)&fake + distance;

    assert(destId == XM_PARTITION_SELF && destAddr % 4 == 0);
    if (fake.refuse != 0) {
        return fake.refuse;
    }
    if (srcId >= fake.info.partition_count || srcAddr % 4 != 0 || size > 4096 ||
        !area_holds(srcId, srcAddr, size)) {
        return XM_INVALID_PARAM;
    }
    for (uint32_t i = 0; i < size; i++) {
        to[i] = fake_memory(srcId, srcAddr + i);
    }
    fake.copied_bytes += size;
    return (xm_s32_t)size;
}

/* Status of the partition that has that port, counted over all partitions. */
static xmPartitionStatus_t *status_at(uint32_t port)
{
    return &fake.partition[FAKE_ROW(ports, xm_config_port, port, partition)].status;
}

/* The source of a sampling channel writes a message of so many bytes. */
void fake_write_sampling(uint32_t number, uint32_t bytes)
{
    struct fake_channel *channel = &fake.channel[number];

    channel->written_us = fake.info.now_us;
    channel->last_bytes = bytes;
    channel->waiting = 1;
    channel->moved++;
    status_at(FAKE_ROW(channels, xm_config_channel, number, source))->noSamplingPortMsgsWritten++;
    for (uint32_t i = 0; i < FAKE_HEAD(ports.count); i++) {
        if (FAKE_ROW(ports, xm_config_port, i, channel) == number) {
            fake.consumed[i] = false;
        }
    }
}

/* A destination reads its sampling channel; the port is counted over all partitions. */
void fake_read_sampling(uint32_t port)
{
    fake.consumed[port] = true;
    status_at(port)->noSamplingPortMsgsRead++;
}

/* The source of a queuing channel sends a message, which a full queue refuses. All that wait have its
 * length. */
void fake_send_queuing(uint32_t number, uint32_t bytes)
{
    struct fake_channel *queue = &fake.channel[number];

    if (queue->waiting == FAKE_ROW(channels, xm_config_channel, number, max_messages)) {
        queue->refused++;
        return;
    }
    queue->waiting++;
    queue->last_bytes = bytes;
    status_at(FAKE_ROW(channels, xm_config_channel, number, source))->noQueuingPortMsgsSent++;
}

/* The first destination of a queuing channel takes a message; false: there is none. */
bool fake_receive_queuing(uint32_t number)
{
    struct fake_channel *queue = &fake.channel[number];
    uint32_t first = FAKE_ROW(channels, xm_config_channel, number, destination_first);

    if (queue->waiting == 0) {
        return false;
    }
    queue->waiting--;
    queue->moved++;
    status_at(fake_config_word(FAKE_HEAD(destinations.offset) + 4 * first))
        ->noQueuingPortMsgsReceived++;
    return true;
}

/* State of a sampling port whose channel has a message. */
static xm_u32_t sampling_flags(uint32_t port, uint32_t number)
{
    uint32_t period_us = FAKE_ROW(channels, xm_config_channel, number, valid_period_us);
    bool valid = period_us == XM_INFINITE_TIME ||
                 fake.info.now_us - fake.channel[number].written_us < (xmTime_t)period_us;

    return (fake.consumed[port] ? XM_COMM_CONSUMED_MSG : XM_COMM_NEW_MSG) |
           (valid ? XM_COMM_MSG_VALID : 0);
}

xm_s32_t XM_port_status(xm_u32_t partitionId, xm_u32_t port, struct xm_port_status *status)
{
    const struct fake_channel *channel;
    uint32_t number;

    if (partitionId >= fake.info.partition_count ||
        port >= FAKE_ROW(partitions, xm_config_partition, partitionId, port_count)) {
        return XM_INVALID_PARAM;
    }
    port += FAKE_ROW(partitions, xm_config_partition, partitionId, port_first);
    number = FAKE_ROW(ports, xm_config_port, port, channel);
    memset(status, 0, sizeof(*status));
    status->is_open = fake.partition[partitionId].status.state != XM_STATUS_HALTED;
    if (number == XM_CONFIG_NONE) {
        return XM_OK;
    }
    channel = &fake.channel[number];
    status->waiting = channel->waiting;
    status->moved = channel->moved;
    status->refused = channel->refused;
    if (channel->waiting != 0) {
        bool sampling = FAKE_ROW(ports, xm_config_port, port, type) == XM_SAMPLING_PORT;

        status->last.timestamp = sampling ? channel->written_us : 0;
        status->last.lastMsgSize = channel->last_bytes;
        status->last.flags = sampling ? sampling_flags(port, number) : 0;
    }
    return XM_OK;
}

/* ---- control --------------------------------------------------------------------------------- */

static xm_s32_t change(xm_u32_t id, xm_u32_t from, xm_u32_t to)
{
    xmPartitionStatus_t *status;

    if (id >= fake.info.partition_count) {
        return XM_INVALID_PARAM;
    }
    if (fake.refuse != 0) {
        return fake.refuse;
    }
    status = &fake.partition[id].status;
    if (from == XM_STATUS_READY ? status->state > XM_STATUS_READY : status->state != from) {
        return XM_NO_ACTION;
    }
    status->state = to;
    fake_audit(TRACE_SCHED_MODULE, to == XM_STATUS_READY ? AUDIT_SCHED_RESUME : AUDIT_SCHED_SUSPEND,
               id, 0, 0);
    return XM_OK;
}

xm_s32_t XM_suspend_partition(xm_u32_t partitionId)
{
    fake.suspend_calls++;
    if (partitionId == self()) {
        return XM_OK; /* and resumed again */
    }
    return change(partitionId, XM_STATUS_READY, XM_STATUS_SUSPENDED);
}

xm_s32_t XM_resume_partition(xm_u32_t partitionId)
{
    return change(partitionId, XM_STATUS_SUSPENDED, XM_STATUS_READY);
}

xm_s32_t XM_halt_partition(xm_u32_t partitionId)
{
    if (partitionId == self()) {
        never_comes_back(FAKE_SELF_HALTED, 0, 0);
    }
    if (fake.refuse != 0) {
        return fake.refuse;
    }
    if (fake.partition[partitionId].status.state == XM_STATUS_HALTED) {
        return XM_NO_ACTION;
    }
    fake.partition[partitionId].status.state = XM_STATUS_HALTED;
    fake_audit(TRACE_SCHED_MODULE, AUDIT_SCHED_HALT, partitionId, 0, 0);
    return XM_OK;
}

xm_s32_t XM_shutdown_partition(xm_u32_t partitionId)
{
    if (fake.refuse != 0) {
        return fake.refuse;
    }
    if (fake.partition[partitionId].status.state == XM_STATUS_HALTED) {
        return XM_NO_ACTION;
    }
    fake_audit(TRACE_SCHED_MODULE, AUDIT_SCHED_SHUTDOWN, partitionId, 0, 0);
    if (!fake.partition[partitionId].ignores_shutdown) {
        fake.partition[partitionId].status.state = XM_STATUS_HALTED;
    }
    return XM_OK;
}

xm_s32_t XM_reset_partition(xm_u32_t partitionId, xm_u32_t resetMode, xm_u32_t status)
{
    struct fake_partition *p = &fake.partition[partitionId];

    may_stop();
    fake.reset_calls++;
    if (fake.refuse != 0) {
        return fake.refuse;
    }
    if (fake.on_reset != NULL) {
        fake.on_reset(partitionId, status);
    }
    if (p->ignores_reset) {
        return XM_OK;
    }
    p->status.resetCounter = resetMode == XM_WARM_RESET ? p->status.resetCounter + 1 : 0;
    p->status.resetStatus = status;
    p->status.opMode = resetMode == XM_WARM_RESET ? XM_OPMODE_WARM_RESET : XM_OPMODE_COLD_RESET;
    p->status.state = p->halts_at_start ? XM_STATUS_HALTED : XM_STATUS_READY;
    fake_audit(TRACE_SCHED_MODULE, AUDIT_SCHED_RESET, partitionId, resetMode, status);
    if (partitionId == self()) {
        never_comes_back(FAKE_SELF_RESET, resetMode, status);
    }
    may_stop();
    return XM_OK;
}

xm_s32_t XM_halt_system(void)
{
    if (fake.refuse != 0) {
        return fake.refuse;
    }
    fake_audit(TRACE_SCHED_MODULE, AUDIT_SCHED_HYP_HALT, 0, 0, 0);
    never_comes_back(FAKE_SYSTEM_HALTED, 0, 0);
    return XM_OK;
}

xm_s32_t XM_reset_system(xm_u32_t resetMode)
{
    if (fake.refuse != 0) {
        return fake.refuse;
    }
    fake_audit(TRACE_SCHED_MODULE, AUDIT_SCHED_HYP_RESET, resetMode, 0, 0);
    never_comes_back(FAKE_SYSTEM_RESET, resetMode, 0);
    return XM_OK;
}

xm_s32_t XM_switch_sched_plan(xm_u32_t newPlanId, xm_u32_t *currentPlanId)
{
    fake.switch_calls++;
    if (newPlanId >= fake.info.plan_count) {
        return XM_INVALID_PARAM;
    }
    if (fake.refuse != 0) {
        return fake.refuse;
    }
    *currentPlanId = (xm_u32_t)fake.info.current_plan;
    fake.info.requested_plan = (xm_s32_t)newPlanId;
    if (fake.info.requested_plan == fake.info.current_plan) {
        return XM_NO_ACTION;
    }
    fake_audit(TRACE_SCHED_MODULE, AUDIT_SCHED_PLAN_REQUEST, newPlanId, *currentPlanId, 0);
    return XM_OK;
}

xm_s32_t XM_idle_self(void)
{
    if (++fake.idle_calls == fake.shutdown_at_idle) {
        fake.pct.extIrqsPend |= 1u << XM_VT_EXT_SHUTDOWN;
    }
    fake_tick(FAKE_SLOT_US);
    return XM_OK;
}
