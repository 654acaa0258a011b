/* partition.c - partitions: their control tables, state changes, reset and reload, status */
#include "partition.h"
#include "config.h"
#include "ethernet.h"
#include "guest_mem.h"
#include "hm.h"
#include "hypercall.h"
#include "kernel.h"
#include "main.h"
#include "port.h"
#include "sched.h"
#include "time.h"
#include "trace.h"
#include "virq.h"

/* Bytes reloaded in one go with interrupts off. With the CRC this is the longest uninterruptible
 * piece of a cold reset: some 1500 instructions, below the declared bound of slot lateness.
 * Clearing is cheaper per byte. */
#define LOAD_STEP_BYTES 128u
#define CLEAR_STEP_BYTES 512u

struct partition *partitions;
xm_u32_t partition_count;

_Static_assert(sizeof(struct partition) + 3 * XM_PAGE_SIZE <= XM_MEMORY_PER_PARTITION,
               "abi/config.h bound");

/* ---- boot ------------------------------------------------------------------------------------ */

static xm_u32_t bitmap_words(const struct xm_config_partition *c)
{
    return (c->port_count + 31) / 32;
}

static xm_u32_t table_bytes(const struct xm_config_partition *c)
{
    return (xm_u32_t)(sizeof(partitionControlTable_t) +
                      c->area_count * sizeof(struct xmPhysicalMemMap)) +
           bitmap_words(c) * 4;
}

BOOT_ONLY static void copy_name(char *to, const char *from)
{
    xm_u32_t i = 0;

    for (; i < CONFIG_ID_STRING_LENGTH - 1 && from[i] != '\0'; i++) {
        to[i] = from[i];
    }
    for (; i < CONFIG_ID_STRING_LENGTH; i++) {
        to[i] = '\0';
    }
}

/* The control table as the configuration has it, at boot. A copy is kept: a reset then takes one
 * copy, not all of this. */
BOOT_ONLY static void table_build(struct partition *p)
{
    partitionControlTable_t *pct = p->pct;
    const struct xm_config_partition *c = p->config;
    struct xmPhysicalMemMap *map = (struct xmPhysicalMemMap *)(pct + 1);

    pct->magic = KTHREAD_MAGIC;
    pct->xmVersion = XM_SET_VERSION(XM_VERSION_MAJOR, XM_VERSION_MINOR, XM_VERSION_PATCH);
    pct->xmAbiVersion = XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION);
    pct->xmApiVersion = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION);
    pct->partCtrlTabSize = table_bytes(c);
    pct->cpuKhz = kernel_cpu_khz();
    pct->id = p->id;
    pct->noVCpus = 1;
    pct->flags = c->flags;
    if (p->system) {
        pct->flags |= partition_count << XM_PCT_PARTITIONS_SHIFT;
    }
    if ((c->flags & XM_PART_FP) != 0) {
        pct->flags |= XM_PCT_FLAG_FP;
    }
    pct->imgStart = config_area(c->area_first)->start;
    pct->hwIrqs = c->hw_irqs;
    pct->noPhysicalMemAreas = (xm_s32_t)c->area_count;
    pct->noCommPorts = (xm_s32_t)c->port_count;
    copy_name((char *)pct->name, p->name);
    for (xm_u32_t i = 0; i < c->area_count; i++, map++) {
        const struct xm_config_area *area = config_area(c->area_first + i);

        copy_name(map->name, config_string(area->name));
        map->startAddr = area->start;
        map->mappedAt = area->mapped_at;
        map->size = area->size;
        map->flags = area->flags;
    }
    p->port_bitmap = (xm_u32_t *)map;
    virq_table_init(pct);
    p->pct_first = kernel_carve(table_bytes(c), 8);
    memcpy(p->pct_first, pct, table_bytes(c));
}

static void show_state(struct partition *p)
{
    static const xm_u32_t flag[] = {
        [PARTITION_READY] = XM_PCT_FLAG_READY,
        [PARTITION_SUSPENDED] = XM_PCT_FLAG_SUSPENDED,
        [PARTITION_HALTED] = XM_PCT_FLAG_HALTED,
    };

    p->pct->flags &= ~(xm_u32_t)(XM_PCT_FLAG_READY | XM_PCT_FLAG_SUSPENDED | XM_PCT_FLAG_HALTED);
    p->pct->flags |= flag[p->state];
}

static void set_state(struct partition *p, enum partition_state state)
{
    p->state = state;
    show_state(p);
    arch_request_leave();
}

BOOT_ONLY void partition_init_all(void)
{
    partition_count = config->partitions.count;
    partitions = kernel_carve(partition_count * (xm_u32_t)sizeof(struct partition), 8);
    for (xm_u32_t id = 0; id < partition_count; id++) {
        struct partition *p = &partitions[id];

        p->id = id;
        p->config = config_partition(id);
        p->name = config_string(p->config->name);
        p->system = (p->config->flags & XM_PART_SYSTEM) != 0;
        p->last_area = config_area(p->config->area_first);
        p->trace = trace_book(id);
        p->trace_mask = logbook_stores(p->trace) ? p->config->trace_mask : 0;
        kernel_find_image(id, &p->image);
        p->pct = kernel_carve(table_bytes(p->config), XM_PAGE_SIZE);
        table_build(p);
        virq_reset(p);
        p->state = PARTITION_HALTED;
        show_state(p);
    }
}

xm_u32_t partition_table_bytes(const struct partition *p)
{
    return table_bytes(p->config);
}

/* The image header as it stands in memory, in the hypervisor's own space. */
static bool header_ok(const struct partition *p)
{
    const struct xmImageHdr *header = arch_physical_pointer(p->image.header_address);

    return header->sSignature == XMEF_PARTITION_MAGIC &&
           header->eSignature == XMEF_PARTITION_MAGIC &&
           header->compilationXmAbiVersion == p->pct->xmAbiVersion &&
           header->compilationXmApiVersion == p->pct->xmApiVersion;
}

static void image_refused(struct partition *p, enum xm_hm_event event)
{
    p->load.active = false;
    p->load.incomplete = true;
    set_state(p, PARTITION_HALTED);
    hm_raise(event, p, &hm_nothing_known);
}

/* Registers, interrupts and timers of a new life; memory is the caller's business. */
static void start_life(struct partition *p)
{
    const struct xm_config_area *first = config_area(p->config->area_first);

    if (partition_current() == p) {
        arch_discard_current();
    }
    virq_reset(p);
    timers_disarm(p);
    p->copy = (struct partition_copy){ 0 };
    arch_context_init(&p->context, p->image.entry, arch_kernel_address(p->pct), p->id + 1);
    arch_set_stack_area(
        &p->context, first->mapped_at,
        (first->flags & guest_area_refused(true)) == 0 ? first->size : 0);
    p->idle = false;
    p->fpu_off = false;
    p->fpu_failed = false;
    set_state(p, PARTITION_READY);
}

/* header_ok() in the middle of whatever asked for a reset: only the hypervisor's own space maps the memory of every partition.
 * The space of a caller that was discarded comes back with the registers that are loaded next. */
static bool header_ok_now(const struct partition *p)
{
    const struct partition *caller = partition_current();
    bool ok;

    arch_space_activate(0);
    ok = header_ok(p);
    if (caller != NULL) {
        arch_space_activate(caller->id + 1);
    }
    return ok;
}

BOOT_ONLY void partition_start_all(void)
{
    for (xm_u32_t id = 0; id < partition_count; id++) {
        struct partition *p = &partitions[id];

        if (!p->image.present) {
            kernel_print("xm: partition %u '%s' has no image and stays halted\n", id, p->name);
        } else if (kernel_must_reload(id)) {
            (void)partition_reset(p, XM_COLD_RESET, kernel_reset_status());
        } else if (!header_ok(p)) {
            image_refused(p, XM_HM_EV_INCOMPATIBLE_INTERFACE);
        } else {
            p->pct->resetStatus = kernel_reset_status();
            p->op_mode = XM_OPMODE_COLD_RESET;
            start_life(p);
        }
    }
}

/* ---- state changes --------------------------------------------------------------------------- */

struct partition *partition_by_id(xm_u32_t id)
{
    return id < partition_count ? &partitions[id] : NULL;
}

xm_s32_t partition_suspend(struct partition *p)
{
    if (p->state != PARTITION_READY) {
        return XM_NO_ACTION;
    }
    set_state(p, PARTITION_SUSPENDED);
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_SUSPEND, p->id, 0, 0);
    return XM_OK;
}

xm_s32_t partition_resume(struct partition *p)
{
    if (p->state != PARTITION_SUSPENDED) {
        return XM_NO_ACTION;
    }
    set_state(p, PARTITION_READY);
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_RESUME, p->id, 0, 0);
    return XM_OK;
}

xm_s32_t partition_halt(struct partition *p)
{
    if (p->state == PARTITION_HALTED) {
        return XM_NO_ACTION;
    }
    /* Resources are released: nothing of it interrupts, waits or receives any more. Memory stays
     * for inspection. */
    port_close_all(p);
    ethernet_stop(p);
    timers_disarm(p);
    p->load.active = false;
    p->pct->hwIrqsPend = 0;
    p->pct->extIrqsPend = 0;
    p->trap_vector = -1;
    set_state(p, PARTITION_HALTED);
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_HALT, p->id, 0, 0);
    return XM_OK;
}

xm_s32_t partition_shutdown(struct partition *p)
{
    if (p->state == PARTITION_HALTED) {
        return XM_NO_ACTION;
    }
    virq_raise_ext(p, XM_VT_EXT_SHUTDOWN);
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_SHUTDOWN, p->id, 0, 0);
    return XM_OK;
}

xm_s32_t partition_reset(struct partition *p, xm_u32_t mode, xm_u32_t status)
{
    xm_u32_t counter = mode == XM_WARM_RESET ? p->pct->resetCounter + 1 : 0;

    if (mode != XM_COLD_RESET && mode != XM_WARM_RESET) {
        return XM_INVALID_PARAM;
    }
    if (!p->image.present || (mode == XM_WARM_RESET && p->load.incomplete)) {
        return XM_INVALID_CONFIG; /* nothing there that could be started */
    }
    /* every refusal is above */
    port_close_all(p);
    ethernet_stop(p);
    memcpy(p->pct, p->pct_first, table_bytes(p->config));
    p->pct->resetCounter = counter;
    p->pct->resetStatus = status;
    p->op_mode = mode == XM_COLD_RESET ? XM_OPMODE_COLD_RESET : XM_OPMODE_WARM_RESET;
    p->load = (struct partition_load){ .active = mode == XM_COLD_RESET,
                                       .incomplete = mode == XM_COLD_RESET,
                                       .segment = p->image.segment_first,
                                       .crc = CRC32C_START };
    start_life(p);
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_RESET, p->id, mode, status);
    /* A cold reset has loaded nothing yet; a warm one starts what the last life left. */
    if (mode == XM_WARM_RESET && !header_ok_now(p)) {
        image_refused(p, XM_HM_EV_INCOMPATIBLE_INTERFACE);
    }
    return XM_OK;
}

void partition_load_step(struct partition *p)
{
    struct partition_load *load = &p->load;
    const struct xm_image_segment *segment;
    xm_u8_t *to;
    xm_u32_t piece;

    if (load->segment == p->image.segment_first + p->image.segment_count) {
        load->active = false;
        load->incomplete = false;
        if (!header_ok(p)) {
            image_refused(p, XM_HM_EV_INCOMPATIBLE_INTERFACE);
        }
        return;
    }
    segment = kernel_image_segment(load->segment);
    to = (xm_u8_t *)arch_physical_pointer(segment->address) + load->offset;
    if (load->offset < segment->file_bytes) {
        const xm_u8_t *from = kernel_image_bytes(segment->offset) + load->offset;

        piece = segment->file_bytes - load->offset;
        piece = piece < LOAD_STEP_BYTES ? piece : LOAD_STEP_BYTES;
        memcpy(to, from, piece);
        load->crc = crc32c_add(load->crc, to, piece);
        load->offset += piece;
        if (load->offset == segment->file_bytes && CRC32C_END(load->crc) != segment->crc32c) {
            image_refused(p, XM_HM_EV_PARTITION_INTEGRITY);
        }
    } else if (load->offset < segment->memory_bytes) {
        piece = segment->memory_bytes - load->offset;
        piece = piece < CLEAR_STEP_BYTES ? piece : CLEAR_STEP_BYTES;
        memset(to, 0, piece);
        load->offset += piece;
    } else {
        load->segment++;
        load->offset = 0;
        load->crc = CRC32C_START;
    }
}

xmTime_t partition_exec_us(const struct partition *p, xmTime_t now_us)
{
    return p == sched_running() ? p->exec_us + (now_us - sched_run_start_us()) : p->exec_us;
}

/* ---- services -------------------------------------------------------------------------------- */

static xm_s32_t change(xm_u32_t id, xm_s32_t (*to)(struct partition *))
{
    struct partition *p = partition_by_id(id);

    return p == NULL ? XM_INVALID_PARAM : to(p);
}

xm_s32_t sys_suspend_partition(xm_u32_t id)
{
    return change(id, partition_suspend);
}

xm_s32_t sys_resume_partition(xm_u32_t id)
{
    return change(id, partition_resume);
}

xm_s32_t sys_halt_partition(xm_u32_t id)
{
    return change(id, partition_halt);
}

xm_s32_t sys_shutdown_partition(xm_u32_t id)
{
    return change(id, partition_shutdown);
}

xm_s32_t sys_reset_partition(xm_u32_t id, xm_u32_t mode, xm_u32_t status)
{
    struct partition *p = partition_by_id(id);

    return p == NULL ? XM_INVALID_PARAM : partition_reset(p, mode, status);
}

xm_s32_t sys_idle_self(void)
{
    struct partition *p = partition_current();

    /* An interrupt that would end the idling at once must not be slept over. */
    if (!virq_wakes(p)) {
        p->idle = true;
    }
    arch_request_leave();
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_IDLE, p->id, 0, 0);
    return XM_OK;
}

xm_s32_t sys_set_partition_opmode(xm_s32_t mode)
{
    if (mode < XM_OPMODE_IDLE || mode > XM_OPMODE_NORMAL) {
        return XM_INVALID_PARAM;
    }
    partition_current()->op_mode = (xm_u32_t)mode;
    return XM_OK;
}

xm_s32_t sys_get_partition_status(xm_u32_t id, xmAddress_t status)
{
    static const xm_u32_t state[] = {
        [PARTITION_READY] = XM_STATUS_READY,
        [PARTITION_SUSPENDED] = XM_STATUS_SUSPENDED,
        [PARTITION_HALTED] = XM_STATUS_HALTED,
    };
    const struct partition *p = partition_by_id(id);
    xmPartitionStatus_t s;

    if (p == NULL) {
        return XM_INVALID_PARAM;
    }
    memset(&s, 0, sizeof(s));
    s.state = state[p->state];
    s.opMode = p->op_mode;
    s.noVIrqs = p->virq_count;
    s.resetCounter = p->pct->resetCounter;
    s.resetStatus = p->pct->resetStatus;
    s.execClock = partition_exec_us(p, clock_now());
    s.noSamplingPortMsgsRead = p->sampling_read;
    s.noSamplingPortMsgsWritten = p->sampling_written;
    s.noQueuingPortMsgsSent = p->queuing_sent;
    s.noQueuingPortMsgsReceived = p->queuing_received;
    return guest_answer(status, 8, &s, sizeof(s));
}

xm_s32_t sys_get_gid_by_name(xmAddress_t name_address, xm_u32_t entity)
{
    char name[CONFIG_ID_STRING_LENGTH];
    xm_u32_t count = entity == XM_PARTITION_NAME ? partition_count : config->plans.count;

    if (entity > XM_PLAN_NAME || !guest_read_name(partition_current(), name_address, name)) {
        return XM_INVALID_PARAM;
    }
    for (xm_u32_t i = 0; i < count; i++) {
        xm_u32_t candidate =
            entity == XM_PARTITION_NAME ? config_partition(i)->name : config_plan(i)->name;

        if (candidate != 0 && kernel_same_name(name, config_string(candidate))) {
            return (xm_s32_t)i;
        }
    }
    return XM_INVALID_CONFIG;
}
