/* hm.c - health monitor: event in, log record, configured action out
 *
 * The table row is looked up once, the action that can really be taken is settled, the record is
 * stored, and only then is anything done: half of the actions do not return. An action may itself
 * raise an event (a reset finds a bad image). Such nested events are logged like others, but
 * answered with the one action that cannot raise any more: halt. */
#include "hm.h"
#include "config.h"
#include "guest_mem.h"
#include "hypercall.h"
#include "kernel.h"
#include "logbook.h"
#include "sched.h"
#include "time.h"
#include "trace.h"

#define SEQ_BITS_IN_OPCODE 0x0fffffffu

static struct logbook book;
static xm_u64_t raised_count;
static xm_u32_t lost_count;
static xm_u32_t depth; /* of hm_raise() calls that have not returned */

const struct hm_info hm_nothing_known = { .propagate_vector = -1 };

/* The log of an earlier start is kept, if its memory kept it. */
BOOT_ONLY void hm_init(void)
{
    raised_count = 0;
    lost_count = 0;
    depth = 0;
    if (config->hm_stream == XM_CONFIG_NONE) {
        logbook_open(&book, NULL, 0, sizeof(struct xm_hm_record));
    } else {
        const struct xm_config_stream *stream = config_stream(config->hm_stream);

        logbook_open(&book, arch_physical_pointer(stream->start), stream->size,
                     sizeof(struct xm_hm_record));
    }
}

xm_u64_t hm_count(void)
{
    return raised_count;
}

xm_u32_t hm_lost(void)
{
    return lost_count;
}

/* Name of an event as in the configuration, for messages; "?" for a number without one. The rows are
 * in the order of the numbers (tests/unit/test_hm.c): one string behind the other, without a table
 * of pointers. */
const char *hm_event_name(xm_u32_t event)
{
    static const char names[] =
#define HM_EVENT(id, event_name, group, action, log, cause) #event_name "\0"
#define HM_EVENT_ALIAS(old_name, event_name)
#define HM_ACTION(id, action_name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event_name)
#include "../abi/hm_events.def"
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP
        ;
    const char *name = names;

    if (event >= XM_HM_EVENT_COUNT) {
        return "?";
    }
    for (; event > 0; event--) {
        while (*name++ != '\0') {
        }
    }
    return name;
}

static bool is_partition_action(xm_u32_t action)
{
    return action == XM_HM_AC_SHUTDOWN || action == XM_HM_AC_PARTITION_COLD_RESET ||
           action == XM_HM_AC_PARTITION_WARM_RESET || action == XM_HM_AC_SUSPEND ||
           action == XM_HM_AC_PARTITION_HALT || action == XM_HM_AC_PROPAGATE;
}

/* What will be done, which is what the record says. `p` is whom the event is about, NULL: the
 * hypervisor; `target` is whom a partition action would be about, NULL: nobody. */
static xm_u32_t settle_action(xm_u32_t configured, enum xm_hm_event event,
                              const struct partition *p, const struct partition *target,
                              const struct hm_info *info)
{
    if (depth > 2) {
        return XM_HM_AC_IGNORE; /* raised by the halt below: that one is under way already */
    }
    if (depth == 2) {
        return p != NULL ? XM_HM_AC_PARTITION_HALT : XM_HM_AC_HYPERVISOR_HALT;
    }
    if (target == NULL && is_partition_action(configured)) {
        return XM_HM_AC_IGNORE; /* hypervisor's table, and no partition owns the processor now */
    }
    if ((event == XM_HM_EV_PARTITION_INTEGRITY || event == XM_HM_EV_INCOMPATIBLE_INTERFACE) &&
        (configured == XM_HM_AC_PARTITION_COLD_RESET ||
         configured == XM_HM_AC_PARTITION_WARM_RESET)) {
        return XM_HM_AC_PARTITION_HALT; /* the stored image is bad: loading it again would only fill the log */
    }
    if (configured == XM_HM_AC_PROPAGATE && info->propagate_vector < 0) {
        return XM_HM_AC_PARTITION_HALT; /* no trap that could be passed on */
    }
    if (configured == XM_HM_AC_SWITCH_TO_MAINTENANCE && config->plans.count < 2) {
        return XM_HM_AC_HYPERVISOR_HALT;
    }
    return configured < XM_HM_ACTION_COUNT ? configured : XM_HM_AC_HYPERVISOR_HALT;
}

static void store(enum xm_hm_event event, const struct partition *p, const struct hm_info *info,
                  xm_u32_t action)
{
    static const struct arch_trap no_trap;
    const struct arch_trap *trap = info->trap != NULL ? info->trap : &no_trap;
    struct xm_hm_record *record;

    if (!logbook_stores(&book)) {
        lost_count++;
        return;
    }
    record = logbook_begin(&book);
    record->event = (xm_u16_t)event;
    record->partition = p != NULL ? (xm_u8_t)p->id : XM_HYPERVISOR_ID;
    record->vcpu = 0;
    record->flags = (xm_u8_t)((p != NULL ? 0 : XM_HM_FLAG_SYSTEM) |
                              (info->trap != NULL ? XM_HM_FLAG_CONTEXT : 0) |
                              (info->has_address ? XM_HM_FLAG_ADDRESS : 0));
    record->action = (xm_u8_t)action;
    record->reserved = 0;
    record->pc = trap->pc;
    record->npc = trap->npc;
    record->psr = trap->psr;
    record->fault_status = trap->fault_valid ? trap->fault_status : 0;
    record->fault_address = info->has_address ? info->address : 0;
    for (xm_u32_t i = 0; i < sizeof(record->payload) / sizeof(record->payload[0]); i++) {
        record->payload[i] = info->payload[i];
    }
    logbook_end(&book, record);
}

/* Continue behind the trapped instruction. In a delay slot npc is the branch target, so pc + 4
 * would be wrong. An imprecise trap does not point at its store, nor a deferred one at its
 * operation: nothing to skip. Asynchronous events have no trap. */
static void ignore(enum xm_hm_event event, struct arch_trap *trap)
{
    if (trap != NULL && event != XM_HM_EV_SPARC_WRITE_ERROR && !trap->deferred) {
        trap->pc = trap->npc;
        trap->npc += 4;
    }
}

static void propagate(struct partition *p, const struct hm_info *info)
{
    if (info->trap != NULL && info->trap->fault_valid) {
        p->pct->arch.faultStatusReg = info->trap->fault_status;
        p->pct->arch.faultAddressReg =
            info->has_address ? info->address : info->trap->fault_address;
    }
    p->trap_vector = info->propagate_vector;
}

/* A partition that cannot be started again must not stay as it is. */
static void reset(struct partition *p, xm_u32_t mode, enum xm_hm_event event)
{
    if (partition_reset(p, mode, (xm_u32_t)event) != XM_OK) {
        (void)partition_halt(p);
    }
}

static void act(xm_u32_t action, enum xm_hm_event event, struct partition *p,
                const struct hm_info *info)
{
    switch (action) {
    case XM_HM_AC_IGNORE:
        ignore(event, info->trap);
        break;
    case XM_HM_AC_SHUTDOWN:
        (void)partition_shutdown(p);
        break;
    case XM_HM_AC_PARTITION_COLD_RESET:
        reset(p, XM_COLD_RESET, event);
        break;
    case XM_HM_AC_PARTITION_WARM_RESET:
        reset(p, XM_WARM_RESET, event);
        break;
    case XM_HM_AC_HYPERVISOR_COLD_RESET:
    case XM_HM_AC_HYPERVISOR_WARM_RESET:
        system_reset(action == XM_HM_AC_HYPERVISOR_COLD_RESET ? XM_COLD_RESET : XM_WARM_RESET,
                     XM_HM_RESET_STATUS_MODULE_RESTART << XM_HM_RESET_STATUS_USER_CODE_BIT |
                         (xm_u32_t)event);
    case XM_HM_AC_SUSPEND:
        (void)partition_suspend(p);
        break;
    case XM_HM_AC_PARTITION_HALT:
        (void)partition_halt(p);
        break;
    case XM_HM_AC_HYPERVISOR_HALT:
        kernel_print("xm: halted by the health monitor: %s\n", hm_event_name((xm_u32_t)event));
        system_halt();
    case XM_HM_AC_PROPAGATE:
        propagate(p, info);
        break;
    default: /* XM_HM_AC_SWITCH_TO_MAINTENANCE */
        sched_switch_to_maintenance();
        break;
    }
    if (action != XM_HM_AC_IGNORE) {
        arch_request_leave();
    }
}

/* An event about partition p, or about the hypervisor (p NULL). What the hypervisor's table says
 * about "the partition" then means the one whose slot it is. Returns the action taken; actions on
 * the whole system do not return. */
xm_u32_t hm_raise(enum xm_hm_event event, struct partition *p, const struct hm_info *info)
{
    xm_u32_t row = p != NULL ? p->config->hm[event] : config->hm_hypervisor[event];
    struct partition *target = p != NULL ? p : sched_slot_owner();
    xm_u32_t action;

    depth++;
    raised_count++;
    action = settle_action(XM_CONFIG_HM_ACTION(row), event, p, target, info);
    if ((row & XM_CONFIG_HM_LOG) != 0) {
        store(event, p, info, action);
    }
    trace_kernel(TRACE_HM_MODULE, AUDIT_HM_EVENT, (xm_u32_t)event,
                 p != NULL ? p->id : XM_HYPERVISOR_ID, action);
    trace_kernel(TRACE_HM_MODULE,
                 is_partition_action(action) ? AUDIT_HM_PARTITION_ACTION
                                             : AUDIT_HM_HYPERVISOR_ACTION,
                 action, target != NULL ? target->id : XM_HYPERVISOR_ID, (xm_u32_t)event);
    act(action, event, target, info);
    depth--;
    return action;
}

/* ---- services -------------------------------------------------------------------------------- */

static void to_guest_form(const struct xm_hm_record *record, xmHmLog_t *log)
{
    bool context = (record->flags & XM_HM_FLAG_CONTEXT) != 0;
    bool system = (record->flags & XM_HM_FLAG_SYSTEM) != 0;
    const record_word_t *word = (const record_word_t *)log;
    xm_u64_t sum = 0;

    log->signature = XM_HMLOG_SIGNATURE;
    log->checksum = 0;
    log->opCodeH = ((xm_u32_t)record->seq & SEQ_BITS_IN_OPCODE) << HMLOG_OPCODE_SEQ_BIT |
                   (xm_u32_t)context << HMLOG_OPCODE_VALID_CPUCTXT_BIT |
                   (xm_u32_t)system << HMLOG_OPCODE_SYS_BIT;
    log->opCodeL = (xm_u32_t)record->event << HMLOG_OPCODE_EVENT_BIT |
                   (xm_u32_t)record->vcpu << HMLOG_OPCODE_VCPUID_BIT |
                   (xm_u32_t)record->partition << HMLOG_OPCODE_PARTID_BIT;
    log->timestamp = record->time_us;
    log->payload[3] = 0;
    if (context) {
        log->cpuCtxt = (struct hmCpuCtxt){ record->pc, record->npc, record->psr };
    } else {
        memcpy(log->payload, record->payload, sizeof(record->payload));
    }
    for (xm_u32_t i = 0; i < sizeof(*log) / 4; i++) {
        sum += word[i];
    }
    log->checksum = logbook_checksum(sum);
}

/* 1: a record was read; 0: none left; XM_INVALID_PARAM: bad address, nothing is consumed. */
xm_s32_t sys_hm_read(xmAddress_t address)
{
    struct partition *p = partition_current();
    const struct xm_hm_record *record;

    if ((address & 3u) != 0 || !guest_range_ok(p, address, sizeof(xmHmLog_t), true)) {
        return XM_INVALID_PARAM;
    }
    record = logbook_read(&book);
    if (record == NULL) {
        return 0;
    }
    to_guest_form(record, arch_guest_pointer(address));
    return 1;
}

/* Out of range, or another whence: XM_INVALID_PARAM. */
xm_s32_t sys_hm_seek(xm_s32_t offset, xm_u32_t whence)
{
    return logbook_seek(&book, offset, whence);
}

xm_s32_t sys_hm_status(xmAddress_t address)
{
    return logbook_status(&book, address);
}

/* Only the application events: a partition must not be able to forge what the hypervisor
 * detects. */
xm_s32_t sys_hm_raise_event(xm_u32_t event)
{
    if (event < XM_HM_EV_APP_DEADLINE_MISSED || event > XM_HM_EV_APP_POWER_FAIL) {
        return XM_INVALID_PARAM;
    }
    (void)hm_raise((enum xm_hm_event)event, partition_current(), &hm_nothing_known);
    return XM_OK;
}

xm_s32_t sys_hm_fetch(xm_u64_t from, xmAddress_t batch, xm_u32_t size)
{
    return logbook_fetch(&book, partition_current(), from, batch, size);
}
