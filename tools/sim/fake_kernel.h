/* fake_kernel.h - the hypervisor behind the supervisor's calls, in memory
 *
 * A system is either of a shape (fake_init(), for tests) or of a compiled configuration
 * (fake_load(), for the simulated board). Partitions, plans, logs and the two link rings, with the rules of the real ones as far as the
 * supervisor can see them. As on the target, configuration and log records are big-endian while
 * the structures filled by calls are native.
 *
 * A call that does not come back on the target (own reset or halt, system reset or halt) does
 * not come back here either: it ends the slot that fake_slot() runs. */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xm.h>

#include "keyfile.h"

#ifndef FAKE_PARTITIONS
#define FAKE_PARTITIONS 40
#endif
#ifndef FAKE_CONFIG
#define FAKE_CONFIG 32768 /* bytes of the longest configuration */
#endif
#ifndef FAKE_ITEMS
#define FAKE_ITEMS 4096 /* bytes of the storage of one log of a shape */
#endif
#ifndef FAKE_RING
#define FAKE_RING 4096 /* bytes of each link ring; of a configuration's, the most */
#endif
#define FAKE_SELF 0 /* the supervisor's partition in a shape */
#define FAKE_SLOT_US 10000

#ifndef FAKE_CHANNELS
#define FAKE_CHANNELS 64
#define FAKE_PORTS 256
#endif

/* Memory of a partition of a shape: its program, and behind it a small area that it may only read. */
#define FAKE_AREAS 2
#define FAKE_AREA_BYTES 65536u
#define FAKE_TABLE_BYTES 4096u
#define FAKE_AREA(partition) (0x40100000u + (partition)*0x100000u)
#define FAKE_CLOCK_OFFSET 0x8000u /* see fake_clock_at() */

/* Channels of a shape: "temperature" of P1 to P2, P3 and all further partitions, sampling; "packets"
 * of P1 to the supervisor, queuing. P2 has a port that is not connected as well. */
enum { FAKE_SAMPLING, FAKE_QUEUE };
#define FAKE_QUEUE_DEPTH 4
#define FAKE_PERIOD_US 1000000

/* How large the system is; see fake_kernel.c for what is in it. */
struct fake_shape {
    unsigned partitions; /* 4 or more: supervisor, P1 .. */
    unsigned plans; /* 3 or more: nominal, maintenance, and one without a supervisor slot; more like
                       plan 0 */
    unsigned slots; /* slots of plan 0, gaps counted: 4 or more */
    uint32_t frame_us; /* major frame of plan 0; 0: 250 ms */
    bool large_values; /* names and numbers as long as they can be */
};

struct fake_log {
    bool exists;
    uint32_t item_bytes;
    uint32_t room;     /* items it was configured for */
    uint32_t capacity; /* items it holds: at most so many */
    uint64_t oldest, next;
    uint64_t damaged_from, damaged_to; /* items that fail their checksum: from <= n < to */
    uint8_t *items;                    /* item n at place n % capacity */
};

/* What the ports of a channel tell; see struct xm_port_status. */
struct fake_channel {
    xmTime_t written_us;
    uint32_t last_bytes, waiting, moved, refused;
};

struct fake_partition {
    xmPartitionStatus_t status;
    bool runs; /* has slots and does not crash: its clock advances */
    bool ignores_shutdown;
    bool ignores_reset;  /* goes on in its old life although the reset was taken */
    bool halts_at_start; /* the health monitor halts it whenever it is reset */
    struct fake_log trace, console;
};

enum fake_end {
    FAKE_GOES_ON,
    FAKE_SELF_RESET,
    FAKE_SELF_HALTED,
    FAKE_SYSTEM_RESET,
    FAKE_SYSTEM_HALTED,
    FAKE_STOPPED /* see stop_in */
};

struct fake {
    struct xm_kernel_info info;
    xmSystemStatus_t system;
    partitionControlTable_t pct;
    struct fake_partition partition[FAKE_PARTITIONS];
    struct fake_log hm, trace; /* of the hypervisor */
    uint32_t trace_mask;       /* modules whose audit records that trace gets: TRACE_BM_* */
    uint32_t frame_us;         /* major frame of the plan in force */
    bool plan_never_switches;
    /* link: rx is towards the supervisor */
    uint8_t rx[FAKE_RING], tx[FAKE_RING];
    uint32_t rx_count, tx_count;
    uint32_t line_bytes; /* that leave the transmit ring per slot */
    struct xm_link_status link;
    uint32_t sent_count;
    /* what happened */
    enum fake_end end;
    xm_u32_t end_mode, end_status;
    unsigned reset_calls, suspend_calls, switch_calls, idle_calls;
    unsigned stop_in; /* the board is reset at the that-many-th call from now that could be its
                         last: before or behind a trace record, before or behind a partition's
                         reset; 0: never */
    unsigned shutdown_at_idle; /* the supervisor is asked to shut down at this XM_idle_self */
    void (*on_reset)(xm_u32_t partition, xm_u32_t status); /* a partition is being reset; NULL: - */
    struct fake_channel channel[FAKE_CHANNELS];
    bool consumed[FAKE_PORTS]; /* a sampling port has read its message */
    uint32_t copied_bytes;     /* by XM_memory_copy */
    bool no_link, no_link_status;
    xm_s32_t
        refuse; /* code that partition control and plan switching give instead of acting; 0: act */
    char said[4096]; /* on the supervisor's console, the newest lines that fit */
    uint8_t config[FAKE_CONFIG];
    uint8_t
        sent[1 << 20]; /* everything that left, in order; last: fake_init() leaves it as it is */
};

extern struct fake fake;

void fake_init(const struct fake_shape *shape);
const char *fake_load(const uint8_t *config, uint32_t bytes);
void fake_boot(bool warm, xm_u32_t status);
void fake_start_again(bool system);
uint32_t fake_config_word(uint32_t at);
const char *fake_config_name(uint32_t at);
bool fake_read_keys(const char *path, char text[KEYFILE_BYTES + 1]);
void fake_set_keys(const char *text);
void fake_configure_trace(unsigned partition, bool exists);
uint32_t fake_clock_at(unsigned partition);
uint8_t fake_memory(unsigned partition, uint32_t address);
void fake_write_sampling(uint32_t channel, uint32_t bytes);
void fake_read_sampling(uint32_t port);
void fake_send_queuing(uint32_t channel, uint32_t bytes);
bool fake_receive_queuing(uint32_t channel);
void fake_slot(void);
void fake_run(void (*run)(void));
void fake_tick(uint32_t us);
void fake_switch_now(uint32_t plan);
void fake_type(const uint8_t *bytes, uint32_t count);
uint8_t *fake_item(struct fake_log *log, uint64_t seq);
void fake_log_hm(unsigned count);
void fake_log_event(const struct xm_hm_record *event);
void fake_log_resize(struct fake_log *log, uint32_t capacity);
void fake_audit(xm_u32_t module, xm_u32_t event, xm_u32_t a, xm_u32_t b, xm_u32_t c);
void fake_trace(unsigned partition, xm_u32_t opcode_l, const xm_u32_t payload[4]);
void fake_log_trace(unsigned partition, unsigned count);
void fake_print(unsigned partition, const char *text);

/* Word of the configuration: a field of row `index` of a table, or of the head, by their names in
 * abi/config.h, which whoever uses these includes. */
#define FAKE_ROW(table, type, index, field)                                                        \
    fake_config_word(FAKE_HEAD(table.offset) + (uint32_t)(index) * (uint32_t)sizeof(struct type) + \
                     (uint32_t)offsetof(struct type, field))
#define FAKE_HEAD(field) fake_config_word((uint32_t)offsetof(struct xm_config, field))

int fake_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
