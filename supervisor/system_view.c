/* system_view.c - kernel state and compiled configuration, read on demand (see system_view.h) */
#include "system_view.h"

#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "../hypervisor/abi/config.h"

/* Word of a structure of the configuration that was read as words. */
#define WORD(type, field) (offsetof(struct type, field) / 4u)
#define WORDS(type) ((uint32_t)sizeof(struct type) / 4u)
#define SLOT_WORDS WORDS(xm_config_slot)

#define HEADER_WORDS (offsetof(struct xm_config, hm_hypervisor) / 4u)
#define SLOT_BATCH 16u /* slots of one XM_read_config */

static struct {
    struct xm_kernel_info kernel;
    bool valid; /* the header below is one we understand */
    uint32_t header[HEADER_WORDS];
} view;

/* Reads `count` big-endian words at `offset` bytes of the configuration; false: not all of them are
 * there. */
static bool read_words(uint32_t offset, uint32_t *words, uint32_t count)
{
    uint8_t *bytes = (uint8_t *)words;

    if (XM_read_config(offset, bytes, count * 4u) != (xm_s32_t)(count * 4u)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        words[i] = bytes_be32(bytes + 4u * i);
    }
    return true;
}

static uint32_t table_count(uint32_t table)
{
    return view.valid ? view.header[table + 1] : 0;
}

/* Reads row `index` of a table whose rows have `count` words; false: there is no such row. */
static bool read_row(uint32_t table, uint32_t index, uint32_t *words, uint32_t count)
{
    return index < table_count(table) &&
           read_words(view.header[table] + index * count * 4u, words, count);
}

/* Copies a string of the configuration, cut to `room` bytes; empty when there is none. */
static void read_name(uint32_t string, char *name, uint32_t room)
{
    xm_s32_t got = string == 0 ? 0 : XM_read_config(string, name, room - 1);

    name[got > 0 ? got : 0] = '\0'; /* got is at most room - 1 */
}

/* Reads the head of the configuration; false when the hypervisor gives none of our magic and
 * revision: then there are no partitions and no plans to be seen. */
bool view_init(void)
{
    memset(&view, 0, sizeof(view));
    view_refresh();
    view.valid = read_words(0, view.header, HEADER_WORDS) &&
                 view.header[WORD(xm_config, magic)] == XM_CONFIG_MAGIC &&
                 view.header[WORD(xm_config, revision)] == XM_CONFIG_REVISION;
    return view.valid;
}

/* Takes the kernel's state anew. A refused call leaves the last one: the call needs only the system
 * flag, which a running supervisor does not lose. */
void view_refresh(void)
{
    struct xm_kernel_info info;

    if (XM_kernel_info(&info) == XM_OK) {
        view.kernel = info;
    }
}

/* The state of the last view_refresh(). */
const struct xm_kernel_info *view_kernel(void)
{
    return &view.kernel;
}

/* The supervisor's own partition id. */
uint32_t view_self(void)
{
    return XM_PARTITION_SELF;
}

/* Name of the system, SystemDescription/@name. */
void view_system_name(char name[VIEW_SYSTEM_NAME_BYTES])
{
    read_name(view.valid ? view.header[WORD(xm_config, name)] : 0, name, VIEW_SYSTEM_NAME_BYTES);
}

/* Does the hypervisor keep a trace of its own? */
bool view_hypervisor_trace(void)
{
    return view.valid && view.header[WORD(xm_config, trace_stream)] != XM_CONFIG_NONE;
}

/* A partition as configured; false: no such id. */
bool view_partition(uint32_t id, struct view_partition *partition)
{
    uint32_t row[WORDS(xm_config_partition)];

    if (!read_row(WORD(xm_config, partitions), id, row, WORDS(xm_config_partition))) {
        return false;
    }
    read_name(row[WORD(xm_config_partition, name)], partition->name, VIEW_NAME_BYTES);
    partition->system = (row[WORD(xm_config_partition, flags)] & XM_PART_SYSTEM) != 0;
    partition->has_console = row[WORD(xm_config_partition, console_bytes)] != 0;
    partition->has_trace = row[WORD(xm_config_partition, trace_stream)] != XM_CONFIG_NONE;
    return true;
}

/* Slots of the plan from place `at` on (gaps counted), as words; returns how many, 0 at the end. */
static uint32_t read_slot_rows(const struct view_plan *plan, uint32_t at, uint32_t *rows)
{
    uint32_t left = at < plan->slot_total ? plan->slot_total - at : 0;
    uint32_t count = left < SLOT_BATCH ? left : SLOT_BATCH;
    uint32_t offset =
        view.header[WORD(xm_config, slots)] + (plan->slot_first + at) * 4u * SLOT_WORDS;

    return count != 0 && read_words(offset, rows, count * SLOT_WORDS) ? count : 0;
}

/* Slots of a plan that are no gaps, from number `first` on: at most `room` go to `slots`. Returns
 * how many did. */
uint32_t view_slots(const struct view_plan *plan, uint32_t first, struct view_slot *slots,
                    uint32_t room)
{
    uint32_t rows[SLOT_BATCH * SLOT_WORDS];
    uint32_t number = 0, found = 0, count;

    for (uint32_t at = 0; found < room && (count = read_slot_rows(plan, at, rows)) != 0;
         at += count) {
        for (uint32_t i = 0; i < count && found < room; i++) {
            const uint32_t *row = rows + i * SLOT_WORDS;

            if (row[WORD(xm_config_slot, partition)] != XM_CONFIG_IDLE && number++ >= first) {
                slots[found++] = (struct view_slot){ row[WORD(xm_config_slot, id)],
                                                     row[WORD(xm_config_slot, partition)],
                                                     row[WORD(xm_config_slot, start_us)],
                                                     row[WORD(xm_config_slot, duration_us)] };
            }
        }
    }
    return found;
}

/* Counts the slots that are no gaps and looks for the supervisor's own. */
static void survey_slots(struct view_plan *plan)
{
    uint32_t rows[SLOT_BATCH * SLOT_WORDS];
    uint32_t count, self = view_self();

    plan->slot_count = 0;
    plan->supervisor_slot = false;
    for (uint32_t at = 0; (count = read_slot_rows(plan, at, rows)) != 0; at += count) {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t owner = rows[i * SLOT_WORDS + WORD(xm_config_slot, partition)];

            plan->slot_count += owner != XM_CONFIG_IDLE;
            plan->supervisor_slot |= owner == self;
        }
    }
}

/* A plan as configured; false: no such id. */
bool view_plan(uint32_t id, struct view_plan *plan)
{
    uint32_t row[WORDS(xm_config_plan)];

    if (!read_row(WORD(xm_config, plans), id, row, WORDS(xm_config_plan))) {
        return false;
    }
    read_name(row[WORD(xm_config_plan, name)], plan->name, VIEW_NAME_BYTES);
    plan->major_frame_us = row[WORD(xm_config_plan, major_frame_us)];
    plan->slot_first = row[WORD(xm_config_plan, slot_first)];
    plan->slot_total = row[WORD(xm_config_plan, slot_count)];
    survey_slots(plan);
    return true;
}

/* Ports of all partitions. */
uint32_t view_port_count(void)
{
    return table_count(WORD(xm_config, ports));
}

/* A port as configured, counted over all partitions; false: there are no so many. */
bool view_port(uint32_t index, struct view_port *port)
{
    uint32_t row[WORDS(xm_config_port)], owner[WORDS(xm_config_partition)];
    uint32_t channel[WORDS(xm_config_channel)];

    if (!read_row(WORD(xm_config, ports), index, row, WORDS(xm_config_port)) ||
        !read_row(WORD(xm_config, partitions), row[WORD(xm_config_port, partition)], owner,
                  WORDS(xm_config_partition))) {
        return false;
    }
    memset(port, 0, sizeof(*port));
    read_name(row[WORD(xm_config_port, name)], port->name, VIEW_NAME_BYTES);
    port->partition = row[WORD(xm_config_port, partition)];
    port->number = index - owner[WORD(xm_config_partition, port_first)];
    port->queuing = row[WORD(xm_config_port, type)] == XM_QUEUING_PORT;
    port->direction = row[WORD(xm_config_port, direction)];
    port->channel = -1;
    if (read_row(WORD(xm_config, channels), row[WORD(xm_config_port, channel)], channel,
                 WORDS(xm_config_channel))) {
        port->channel = (int32_t)row[WORD(xm_config_port, channel)];
        port->message_bytes = channel[WORD(xm_config_channel, max_message_bytes)];
        port->depth = channel[WORD(xm_config_channel, max_messages)];
        port->valid_period_us = channel[WORD(xm_config_channel, valid_period_us)];
    }
    return true;
}

/* Memory areas of a partition; 0: no such partition. */
uint32_t view_area_count(uint32_t partition)
{
    uint32_t row[WORDS(xm_config_partition)];

    if (!read_row(WORD(xm_config, partitions), partition, row, WORDS(xm_config_partition))) {
        return 0;
    }
    return row[WORD(xm_config_partition, area_count)];
}

/* A memory area of a partition as configured; false: it has no so many, or there is none. */
bool view_area(uint32_t partition, uint32_t number, struct view_area *area)
{
    uint32_t owner[WORDS(xm_config_partition)], row[WORDS(xm_config_area)];

    if (!read_row(WORD(xm_config, partitions), partition, owner, WORDS(xm_config_partition)) ||
        number >= owner[WORD(xm_config_partition, area_count)] ||
        !read_row(WORD(xm_config, areas), owner[WORD(xm_config_partition, area_first)] + number,
                  row, WORDS(xm_config_area))) {
        return false;
    }
    read_name(row[WORD(xm_config_area, name)], area->name, VIEW_NAME_BYTES);
    area->start = row[WORD(xm_config_area, start)];
    area->size = row[WORD(xm_config_area, size)];
    area->mapped_at = row[WORD(xm_config_area, mapped_at)];
    area->flags = row[WORD(xm_config_area, flags)];
    return true;
}

/* Line rate of the supervisor's link device; 0: it has none. */
uint32_t view_link_baud(void)
{
    uint32_t partition[WORDS(xm_config_partition)], uart[WORDS(xm_config_uart)];

    if (!read_row(WORD(xm_config, partitions), view_self(), partition,
                  WORDS(xm_config_partition)) ||
        !read_row(WORD(xm_config, uarts), partition[WORD(xm_config_partition, link_device)], uart,
                  WORDS(xm_config_uart))) {
        return 0;
    }
    return uart[WORD(xm_config_uart, baud)];
}

/* The Ethernet MAC of the supervisor; false: it has none. */
bool view_ethernet(struct view_ethernet *mac)
{
    uint32_t row[WORDS(xm_config_ethernet)];

    for (uint32_t i = 0; read_row(WORD(xm_config, ethernets), i, row, WORDS(xm_config_ethernet));
         i++) {
        if (row[WORD(xm_config_ethernet, partition)] == view_self()) {
            mac->registers = row[WORD(xm_config_ethernet, registers)];
            bytes_put_be16(mac->mac, (uint16_t)row[WORD(xm_config_ethernet, mac_high)]);
            bytes_put_be32(mac->mac + 2, row[WORD(xm_config_ethernet, mac_low)]);
            mac->ip = row[WORD(xm_config_ethernet, ip)];
            mac->netmask = row[WORD(xm_config_ethernet, netmask)];
            mac->gateway = row[WORD(xm_config_ethernet, gateway)];
            return true;
        }
    }
    return false;
}
