/* model.h - the system as XM_CF.xml describes it, values scaled, references not yet resolved
 *
 * read.c fills it, the check_*.c files judge it, compile.c turns it into the tables of
 * abi/config.h. Every element keeps its line. Text belongs to the model and lives as long as the
 * program; NULL means that the attribute is absent. */
#ifndef XMCPARSER_MODEL_H
#define XMCPARSER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../hypervisor/abi/config.h"
#include "../../hypervisor/abi/guest.h"

/* Grow an array by one cleared element and return it. The array's fields are `at` and `count`. */
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *at;                                                                                  \
        uint32_t count;                                                                            \
    }
#define VEC_ADD(vec)                                                                               \
    ((__typeof__((vec)->at))vec_add((void **)&(vec)->at, &(vec)->count, sizeof *(vec)->at))
void *vec_add(void **at, uint32_t *count, size_t element_bytes);
char *text_copy(const char *text);

struct region {
    uint32_t type, start, size;
    int line;
};

struct area {
    uint32_t start, size, mapped_at, flags;
    const char *name;
    int line;
};
typedef VEC(struct area) area_list;

enum device_kind { DEVICE_UART, DEVICE_MEMORY_BLOCK, DEVICE_NULL };

struct device {
    enum device_kind kind;
    const char *name;
    int line;
    uint32_t uart_id, baud;
    bool is_link, has_link_options, has_link_budget;
    uint32_t link_partition, budget_bytes, ring_bytes;
    uint32_t start, size; /* MemoryBlock */
    uint32_t users;       /* MemoryBlock: logs stored in it */
    uint32_t index;       /* Uart: in config.uarts */
};

struct slot {
    uint32_t id, start_us, duration_us, partition, vcpu;
    int line;
};

struct plan {
    uint32_t id, major_frame_us;
    const char *name;
    bool external_sync;
    VEC(struct slot) slots;
    int line;
};

struct processor {
    uint32_t id, khz;
    bool fixed_priority;
    VEC(struct plan) plans;
    int line;
};

struct hm_entry {
    uint32_t event, action;
    bool log;
    int line;
};

struct hm_table {
    VEC(struct hm_entry) entries;
};

struct trace {
    const char *device; /* NULL: no Trace element */
    uint32_t mask;
    int line;
};

struct io_port {
    uint32_t address, words, mask;
    bool has_mask, restricted;
    int line;
};

struct port {
    const char *name;
    uint32_t type, direction;
    uint32_t channel; /* set by check_channels: index or XM_CONFIG_NONE */
    int line;
};

/* Attributes as written, and what check_ethernet() makes of them. */
struct ethernet {
    const char *registers_text, *mac_text, *ip_text, *gateway_text;
    uint32_t registers; /* 0: no MAC */
    uint32_t mac_high, mac_low, ip, netmask, gateway;
};

struct partition {
    uint32_t id, flags, vcpus;
    const char *name, *console;
    bool has_entry, has_console_bytes;
    uint32_t entry, console_bytes;
    area_list areas;
    struct hm_table hm;
    VEC(struct io_port) io_ports;
    VEC(struct port) ports;
    struct trace trace;
    struct ethernet ethernet;
    uint32_t hw_irqs;
    bool scheduled;
    int line, interrupts_line;
};

struct channel_end {
    uint32_t partition;
    const char *partition_name, *port;
    uint32_t port_index; /* set by check_channels: in the partition's PortTable */
    int line;
};

struct channel {
    uint32_t type, max_message_bytes, max_messages, valid_period_us;
    struct channel_end source;
    VEC(struct channel_end) destinations;
    int line;
};

struct ipvi {
    uint32_t id, source;
    VEC(uint32_t) destinations;
    int line;
};

struct model {
    const char *name;
    uint32_t version;
    int line;
    bool
        wide_hm; /* file of the 3.2 or Q dialect: the wider table of permitted HM actions applies */
    bool mask_defaults; /* file of the 3.2 dialect: Restricted without mask grants all bits */
    VEC(struct region) regions;
    VEC(struct processor) processors;
    VEC(struct device) devices;
    struct {
        uint32_t size, flags;
        const char *console, *hm_device;
        area_list areas; /* 3.2 shape */
        struct hm_table hm;
        struct trace trace;
        int line, area_line;
    } hypervisor;
    struct {
        area_list areas;
        uint32_t entry;
        bool has_entry;
        int line;
    } resident_sw;
    VEC(struct partition) partitions;
    VEC(struct channel) channels;
    VEC(struct ipvi) ipvis;
};

struct device *model_device(struct model *model, const char *name);
const char *partition_label(const struct model *model, uint32_t id);

#endif
