/* board.c - the simulated board (see board.h) */
#include "board.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hypervisor/abi/config.h"
#include "main.h"
#include "mission.h"

#define SILENT_US 300000 /* a board that is being reset says nothing for so long */
#define SILENT_STEP_US 10000
#define FLOODS 8
#define EVERY_REPORT 10 /* slots, of a partition without a mission */

struct channel {
    uint32_t written; /* number of the last message */
    uint32_t life;    /* of its sender */
};

struct flood {
    uint32_t event, partition;
    uint32_t gap_us;
    xmTime_t next_us, end_us; /* 0: none */
};

static struct {
    uint32_t slot;         /* of the plan in force: the next to begin */
    uint32_t silent_us;    /* left until a reset board starts */
    bool warm;             /* how it will start */
    xm_u32_t reset_status; /* of all partitions then */
    struct {
        bool begins; /* a new life, in its next slot */
        bool hangs;
        uint32_t slots; /* of this life */
    } partition[FAKE_PARTITIONS];
    struct board_port port[FAKE_PORTS];
    struct channel channel[FAKE_CHANNELS];
    struct flood flood[FLOODS];
} board;

/* ---- names ----------------------------------------------------------------------------------- */

#define PARTITION(id, field) FAKE_ROW(partitions, xm_config_partition, id, field)
#define PORT(index, field) FAKE_ROW(ports, xm_config_port, index, field)
#define CHANNEL(index, field) FAKE_ROW(channels, xm_config_channel, index, field)

uint32_t board_supervisor(void)
{
    return fake.pct.id;
}

const char *board_partition_name(uint32_t partition)
{
    return partition >= fake.info.partition_count ? "hypervisor"
                                                  : fake_config_name(PARTITION(partition, name));
}

/* Id of the partition of that name or number; BOARD_NONE: there is none. */
uint32_t board_partition(const char *name)
{
    char *end;
    unsigned long id = strtoul(name, &end, 10);

    for (uint32_t i = 0; i < fake.info.partition_count; i++) {
        if (strcmp(name, board_partition_name(i)) == 0) {
            return i;
        }
    }
    return *name != '\0' && *end == '\0' && id < fake.info.partition_count ? (uint32_t)id
                                                                           : BOARD_NONE;
}

/* The partition's life, counted from 1. */
uint32_t board_life(uint32_t partition)
{
    return fake.partition[partition].status.resetCounter + 1;
}

/* Slots that it has had in this life, the present one counted. */
uint32_t board_slots(uint32_t partition)
{
    return board.partition[partition].slots;
}

/* Does it do anything in its slots? */
bool board_runs(uint32_t partition)
{
    return fake.partition[partition].status.state <= XM_STATUS_READY &&
           !board.partition[partition].hangs;
}

/* From now on it only burns its slots; a reset helps. */
void board_hang(uint32_t partition)
{
    board.partition[partition].hangs = true;
}

/* ---- ports ----------------------------------------------------------------------------------- */

/* Index of the port of that name; BOARD_NONE: the partition has none. */
uint32_t board_find_port(uint32_t partition, const char *name)
{
    uint32_t first = PARTITION(partition, port_first);

    for (uint32_t i = first; i < first + PARTITION(partition, port_count); i++) {
        if (strcmp(name, fake_config_name(PORT(i, name))) == 0) {
            return i;
        }
    }
    return BOARD_NONE;
}

const struct board_port *board_port(uint32_t port)
{
    return &board.port[port];
}

/* A message into the channel; a full queue takes none. */
static void send_one(uint32_t port, uint32_t bytes)
{
    uint32_t number = PORT(port, channel), refused = fake.channel[number].refused;
    uint32_t most = CHANNEL(number, max_message_bytes);

    bytes = bytes < most ? bytes : most;
    if (PORT(port, type) == XM_QUEUING_PORT) {
        fake_send_queuing(number, bytes);
    } else {
        fake_write_sampling(number, bytes);
    }
    if (fake.channel[number].refused != refused) {
        board.port[port].postponed++;
        return;
    }
    board.port[port].sent++;
    board.channel[number].written++;
    board.channel[number].life = board_life(PORT(port, partition));
}

/* Sends so many messages of so many bytes; into a port without a channel none. False: it is no source port. */
bool board_send(uint32_t port, uint32_t count, uint32_t bytes)
{
    if (PORT(port, direction) != XM_SOURCE_PORT) {
        return false;
    }
    while (PORT(port, channel) != XM_CONFIG_NONE && count-- > 0) {
        send_one(port, bytes);
    }
    return true;
}

static void read_sample(uint32_t port, uint32_t number)
{
    struct board_port *p = &board.port[port];
    xmTime_t age_us = fake.info.now_us - fake.channel[number].written_us;

    fake_read_sampling(port);
    p->stale += age_us > CHANNEL(number, valid_period_us);
    p->repeated += p->seen == board.channel[number].written;
    p->received++;
}

/* Reads what is there: the last message of a sampling channel, all of a queue. False: it is no
 * destination port. */
bool board_receive(uint32_t port)
{
    struct board_port *p = &board.port[port];
    uint32_t number = PORT(port, channel), before = p->sender_life;

    if (PORT(port, direction) != XM_DESTINATION_PORT) {
        return false;
    }
    if (number == XM_CONFIG_NONE || board.channel[number].written == 0) {
        return true;
    }
    if (PORT(port, type) == XM_SAMPLING_PORT) {
        read_sample(port, number);
    } else {
        while (fake_receive_queuing(number)) {
            p->received++;
        }
    }
    p->seen = board.channel[number].written;
    p->sender_life = board.channel[number].life;
    if (p->sender_life != before) {
        mission_news(PORT(port, partition), port);
    }
    return true;
}

/* ---- a partition's slot ---------------------------------------------------------------------- */

void board_print(uint32_t partition, const char *text)
{
    if (fake.partition[partition].console.exists) {
        fake_print(partition, text);
    }
}

static void __attribute__((format(printf, 2, 3))) say(uint32_t partition, const char *format, ...)
{
    char line[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    board_print(partition, line);
}

static void begin_life(uint32_t partition)
{
    uint32_t first = PARTITION(partition, port_first);

    board.partition[partition].begins = false;
    board.partition[partition].hangs = false;
    board.partition[partition].slots = 0;
    memset(&board.port[first], 0, PARTITION(partition, port_count) * sizeof(board.port[0]));
    if (!mission_has(partition)) {
        say(partition, "%s: life %u after reset status %u\n", board_partition_name(partition),
            board_life(partition), fake.partition[partition].status.resetStatus);
        fake_trace(partition, 1u << TRACE_OPCODE_CODE_BIT,
                   (const xm_u32_t[4]){ board_life(partition) });
    }
    mission_start(partition);
}

/* What a partition does of which nothing is known but its configuration. */
static void usual_slot(uint32_t partition)
{
    uint32_t first = PARTITION(partition, port_first);

    for (uint32_t port = first; port < first + PARTITION(partition, port_count); port++) {
        if (!board_send(port, 1, BOARD_LONGEST)) {
            (void)board_receive(port);
        }
    }
    if (board.partition[partition].slots % EVERY_REPORT == 0) {
        say(partition, "%s: slot %u\n", board_partition_name(partition),
            board.partition[partition].slots);
    }
}

static void supervise(void)
{
    fake_run(supervisor_slot);
}

static void run_partition(uint32_t partition, uint32_t duration_us)
{
    uint32_t used_us = duration_us / 10;

    if (fake.partition[partition].status.state > XM_STATUS_READY) {
        return;
    }
    if (partition == board_supervisor()) {
        supervise();
    } else {
        if (board.partition[partition].begins) {
            begin_life(partition);
        }
        board.partition[partition].slots++;
        if (!board.partition[partition].hangs && !mission_has(partition)) {
            usual_slot(partition);
        }
        mission_slot(partition);
        used_us = board.partition[partition].hangs ? duration_us : used_us;
    }
    fake.partition[partition].status.execClock += used_us;
}

/* ---- health monitor -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t event;
} events[] = {
#define HM_EVENT(id, event_name, group, action, log, cause) { #event_name, id },
#define HM_EVENT_ALIAS(old_name, event_name)
#define HM_ACTION(id, action_name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event_name)
#include "../../hypervisor/abi/hm_events.def"
#undef HM_TRAP
#undef HM_EVENT
};

/* Trap that raises an event; 0: none does. */
static uint32_t trap_of(uint32_t event)
{
    switch (event) {
#define HM_EVENT(id, event_name, group, action, log, cause)
#define HM_TRAP(tt, index, trap_name, event_name)                                                  \
    case event_name:                                                                               \
        return tt;
#include "../../hypervisor/abi/hm_events.def"
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP
    default:
        return 0;
    }
}

/* Number of the event of that name; BOARD_NONE: there is none. */
uint32_t board_event(const char *name)
{
    const size_t prefix = sizeof("XM_HM_EV_") - 1;

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (strcmp(name, events[i].name) == 0 || strcmp(name, events[i].name + prefix) == 0) {
            return events[i].event;
        }
    }
    return BOARD_NONE;
}

static bool is_partition_action(uint32_t action)
{
    return action == XM_HM_AC_SHUTDOWN || action == XM_HM_AC_PARTITION_COLD_RESET ||
           action == XM_HM_AC_PARTITION_WARM_RESET || action == XM_HM_AC_SUSPEND ||
           action == XM_HM_AC_PARTITION_HALT || action == XM_HM_AC_PROPAGATE;
}

/* What is really done, as the hypervisor settles it (core/hm.c). */
static uint32_t settle(uint32_t configured, uint32_t event, uint32_t partition)
{
    if (partition == XM_HYPERVISOR_ID && is_partition_action(configured)) {
        return XM_HM_AC_IGNORE;
    }
    if ((event == XM_HM_EV_PARTITION_INTEGRITY || event == XM_HM_EV_INCOMPATIBLE_INTERFACE) &&
        (configured == XM_HM_AC_PARTITION_COLD_RESET ||
         configured == XM_HM_AC_PARTITION_WARM_RESET)) {
        return XM_HM_AC_PARTITION_HALT;
    }
    if (configured == XM_HM_AC_PROPAGATE && trap_of(event) == 0) {
        return XM_HM_AC_PARTITION_HALT;
    }
    if (configured == XM_HM_AC_SWITCH_TO_MAINTENANCE && fake.info.plan_count < 2) {
        return XM_HM_AC_HYPERVISOR_HALT;
    }
    return configured;
}

/* The partition is the supervisor: its call does not come back. */
static struct {
    uint32_t partition, mode, status;
} resetting;

static void reset_now(void)
{
    (void)XM_reset_partition(resetting.partition, resetting.mode, resetting.status);
}

static void halt_now(void)
{
    (void)XM_halt_partition(resetting.partition);
}

static void reset_partition(uint32_t partition, uint32_t mode, uint32_t status)
{
    resetting.partition = partition;
    resetting.mode = mode;
    resetting.status = status;
    fake_run(reset_now);
}

static void act(uint32_t action, uint32_t event, uint32_t partition)
{
    switch (action) {
    case XM_HM_AC_SHUTDOWN:
        (void)XM_shutdown_partition(partition);
        break;
    case XM_HM_AC_PARTITION_COLD_RESET:
        reset_partition(partition, XM_COLD_RESET, event);
        break;
    case XM_HM_AC_PARTITION_WARM_RESET:
        reset_partition(partition, XM_WARM_RESET, event);
        break;
    case XM_HM_AC_HYPERVISOR_COLD_RESET:
    case XM_HM_AC_HYPERVISOR_WARM_RESET:
        board_reset(action == XM_HM_AC_HYPERVISOR_WARM_RESET,
                    XM_HM_RESET_STATUS_MODULE_RESTART << XM_HM_RESET_STATUS_USER_CODE_BIT | event);
        break;
    case XM_HM_AC_SUSPEND:
        (void)XM_suspend_partition(partition);
        break;
    case XM_HM_AC_PARTITION_HALT:
        resetting.partition = partition;
        fake_run(halt_now);
        break;
    case XM_HM_AC_HYPERVISOR_HALT:
        board_halt();
        break;
    case XM_HM_AC_PROPAGATE:
        mission_trap(partition);
        break;
    case XM_HM_AC_SWITCH_TO_MAINTENANCE:
        if (fake.info.current_plan != 1) {
            fake_switch_now(1);
        }
        board.slot = 0;
        break;
    default: /* XM_HM_AC_IGNORE */
        break;
    }
}

/* First instruction that a partition could be at: the simulator has none. */
static uint32_t some_pc(uint32_t partition)
{
    return FAKE_ROW(areas, xm_config_area, PARTITION(partition, area_first), start) + 0x1130;
}

/* Where the health-monitor table of a partition, or of the hypervisor, stands. */
static uint32_t hm_table(uint32_t partition)
{
    return partition == XM_HYPERVISOR_ID
               ? (uint32_t)offsetof(struct xm_config, hm_hypervisor)
               : FAKE_HEAD(partitions.offset) +
                     partition * (uint32_t)sizeof(struct xm_config_partition) +
                     (uint32_t)offsetof(struct xm_config_partition, hm);
}

static void log_and_act(uint32_t event, uint32_t partition, const struct xm_hm_record *record)
{
    uint32_t row = fake_config_word(hm_table(partition) + 4 * event);
    uint32_t action;

    action = settle(XM_CONFIG_HM_ACTION(row), event, partition);
    if ((row & XM_CONFIG_HM_LOG) != 0 && fake.hm.exists) {
        struct xm_hm_record taken = *record;

        taken.action = (xm_u8_t)action;
        fake_log_event(&taken);
    } else {
        fake.info.hm_lost += !fake.hm.exists;
        fake.system.noHmEvents++;
    }
    fake_audit(TRACE_HM_MODULE, AUDIT_HM_EVENT, event, partition, action);
    fake_audit(TRACE_HM_MODULE,
               is_partition_action(action) ? AUDIT_HM_PARTITION_ACTION : AUDIT_HM_HYPERVISOR_ACTION,
               action, partition, event);
    act(action, event, partition);
}

/* An event about a partition, or the hypervisor (XM_HYPERVISOR_ID): logged, and answered as the
 * configuration says. address: where the access went; BOARD_NONE: it is none. */
void board_raise(uint32_t event, uint32_t partition, uint32_t address)
{
    struct xm_hm_record record = { .event = (xm_u16_t)event, .partition = (xm_u8_t)partition };
    uint32_t trap = trap_of(event);

    if (partition == XM_HYPERVISOR_ID) {
        record.flags = XM_HM_FLAG_SYSTEM;
    } else if (trap != 0) {
        record.flags = XM_HM_FLAG_CONTEXT;
        record.pc = some_pc(partition);
        record.npc = record.pc + 4;
        record.psr = 0xf30000c1;
        record.payload[0] = trap;
        if (address != BOARD_NONE) {
            record.flags |= XM_HM_FLAG_ADDRESS;
            record.fault_address = address;
            record.fault_status = 0x286;
        }
    }
    log_and_act(event, partition, &record);
}

/* Slots begin later than the plan says: this one by so much. */
void board_late(uint32_t late_us)
{
    fake.info.slot_lateness_last_us = late_us;
    if (fake.info.slot_lateness_max_us < late_us) {
        fake.info.slot_lateness_max_us = late_us;
    }
}

/* A partition was still inside a service when its slot had ended. */
void board_overrun(uint32_t partition, uint32_t late_us)
{
    board_late(late_us);
    log_and_act(XM_HM_EV_OVERRUN, partition,
                &(struct xm_hm_record){ .event = XM_HM_EV_OVERRUN,
                                        .partition = (xm_u8_t)partition,
                                        .payload = { late_us } });
}

/* So many events a second for so long; false: too many floods at once. */
bool board_flood(uint32_t event, uint32_t partition, uint32_t per_second, uint32_t us)
{
    for (size_t i = 0; i < FLOODS; i++) {
        struct flood *flood = &board.flood[i];

        if (flood->end_us == 0) {
            *flood = (struct flood){ .event = event,
                                     .partition = partition,
                                     .gap_us = 1000000 / per_second,
                                     .next_us = fake.info.now_us,
                                     .end_us = fake.info.now_us + us };
            return true;
        }
    }
    return false;
}

static void pour(struct flood *flood)
{
    while (flood->next_us < flood->end_us && flood->next_us <= fake.info.now_us) {
        board_raise(flood->event, flood->partition, BOARD_NONE);
        flood->next_us += flood->gap_us;
    }
    if (flood->next_us >= flood->end_us) {
        flood->end_us = 0;
    }
}

/* ---- the board ------------------------------------------------------------------------------- */

static void on_reset(xm_u32_t partition, xm_u32_t status)
{
    (void)status;
    board.partition[partition].begins = true;
}

/* What the supervisor printed goes to its console. */
static void keep_what_is_said(void)
{
    board_print(board_supervisor(), fake.said);
    fake.said[0] = '\0';
}

static void boot(bool warm, xm_u32_t status)
{
    memset(&board, 0, sizeof(board));
    for (uint32_t id = 0; id < FAKE_PARTITIONS; id++) {
        board.partition[id].begins = true;
    }
    mission_boot();
    fake_boot(warm, status);
    keep_what_is_said();
}

/* Takes a compiled configuration; NULL, or why it is refused. */
const char *board_load(const uint8_t *config, uint32_t bytes)
{
    const char *refusal = fake_load(config, bytes);

    for (uint32_t id = 0; id < fake.info.partition_count; id++) {
        /* as partitions do that install no handler for it */
        fake.partition[id].ignores_shutdown = true;
    }
    fake.on_reset = on_reset;
    return refusal;
}

/* Power comes back: no log is left, boots are counted from 1. */
void board_power_on(void)
{
    fake.info.boot_id = 0;
    fake.hm.oldest = fake.hm.next = 1;
    fake.trace.oldest = fake.trace.next = 1;
    for (uint32_t id = 0; id < fake.info.partition_count; id++) {
        fake.partition[id].trace.oldest = fake.partition[id].trace.next = 1;
    }
    boot(false, 0);
}

/* The board is reset; it starts again after a while, all partitions with that reset status. */
void board_reset(bool warm, xm_u32_t status)
{
    fake.end = FAKE_SYSTEM_RESET;
    fake.end_mode = warm ? XM_WARM_RESET : XM_COLD_RESET;
    fake.end_status = status;
}

/* Nothing runs any more. */
void board_halt(void)
{
    fake.end = FAKE_SYSTEM_HALTED;
}

/* What the supervisor, or a fault, left to do. True: partitions run in this step. */
static bool goes_on(void)
{
    switch (fake.end) {
    case FAKE_GOES_ON:
        return true;
    case FAKE_SELF_RESET:
        fake_start_again(false);
        keep_what_is_said();
        return true;
    case FAKE_SELF_HALTED:
        fake.partition[board_supervisor()].status.state = XM_STATUS_HALTED;
        return true;
    case FAKE_SYSTEM_RESET:
        if (board.silent_us == 0) {
            board.silent_us = SILENT_US;
            board.warm = fake.end_mode == XM_WARM_RESET;
            board.reset_status = fake.end_status;
        }
        board.silent_us -= SILENT_STEP_US;
        if (board.silent_us == 0) {
            boot(board.warm, board.reset_status);
        }
        return false;
    default: /* halted: silent until somebody types `restart` */
        return false;
    }
}

/* Runs the slot that begins now, and lets its time pass. Returns how much, microseconds. */
uint32_t board_step(void)
{
    uint32_t plan, row, partition, duration_us;
    uint64_t switched;

    if (!goes_on()) {
        return SILENT_STEP_US;
    }
    mission_clock(fake.info.now_us);
    for (size_t i = 0; i < FLOODS; i++) {
        pour(&board.flood[i]);
    }
    switched = fake.info.switch_frame;
    plan = (uint32_t)fake.info.current_plan;
    row = FAKE_ROW(plans, xm_config_plan, plan, slot_first) + board.slot;
    partition = FAKE_ROW(slots, xm_config_slot, row, partition);
    duration_us = FAKE_ROW(slots, xm_config_slot, row, duration_us);
    if (partition != XM_CONFIG_IDLE) {
        fake_audit(TRACE_SCHED_MODULE, AUDIT_SCHED_CONTEXT_SWITCH, partition,
                   FAKE_ROW(slots, xm_config_slot, row, id), plan);
        run_partition(partition, duration_us);
        keep_what_is_said();
    }
    if (fake.info.switch_frame != switched) {
        return 0; /* the slot is cut short: another plan begins now */
    }
    board.slot = (board.slot + 1) % FAKE_ROW(plans, xm_config_plan, plan, slot_count);
    fake_tick(duration_us);
    return duration_us;
}
