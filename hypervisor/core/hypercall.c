/* hypercall.c - the permission check, and the services that belong to no other module
 *
 * The dispatcher is the architecture's (arch/sparc/calls.S). */
#include "hypercall.h"
#include "board.h"
#include "config.h"
#include "guest_mem.h"
#include "hm.h"
#include "kernel.h"
#include "main.h"
#include "sched.h"
#include "time.h"

#define XM_CALL(nr, name, who, arguments, doc) [nr] = who,
const xm_u8_t hypercall_who[HYPERCALL_COUNT] = {
#include "../abi/hypercalls.def"
};
#undef XM_CALL

xm_s32_t core_call_permitted(xm_u32_t number, xm_u32_t first_argument)
{
    const struct partition *p = partition_current();
    xm_u32_t who = hypercall_who[number];
    bool permitted = who == XM_ANY || p->system || (who == XM_OWN && first_argument == p->id);

    return permitted ? XM_OK : XM_PERM_ERROR;
}

/* ---- system ---------------------------------------------------------------------------------- */

xm_s32_t sys_halt_system(void)
{
    system_halt();
}

xm_s32_t sys_reset_system(xm_u32_t mode)
{
    if (mode != XM_COLD_RESET && mode != XM_WARM_RESET) {
        return XM_INVALID_PARAM;
    }
    system_reset(mode, 0);
}

xm_s32_t sys_get_system_status(xmAddress_t status)
{
    xmSystemStatus_t s;

    memset(&s, 0, sizeof(s));
    s.resetCounter = kernel_reset_counter;
    s.noHmEvents = hm_count();
    s.noIrqs = kernel_irq_count();
    s.currentMaf = sched_frame_count();
    for (xm_u32_t id = 0; id < partition_count; id++) {
        const struct partition *p = &partitions[id];

        s.noSamplingPortMsgsRead += p->sampling_read;
        s.noSamplingPortMsgsWritten += p->sampling_written;
        s.noQueuingPortMsgsSent += p->queuing_sent;
        s.noQueuingPortMsgsReceived += p->queuing_received;
    }
    return guest_answer(status, 8, &s, sizeof(s));
}

xm_s32_t sys_kernel_info(xmAddress_t address)
{
    struct xm_kernel_info info;

    memset(&info, 0, sizeof(info));
    info.xm_version = XM_SET_VERSION(XM_VERSION_MAJOR, XM_VERSION_MINOR, XM_VERSION_PATCH);
    info.abi_version = XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION);
    info.api_version = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION);
    info.boot_id = kernel_boot_id;
    info.system_reset_counter = kernel_reset_counter;
    info.partition_count = partition_count;
    info.plan_count = config->plans.count;
    info.config_length = config->length;
    info.config_crc32c = config->crc32c;
    info.kernel_bytes_used = kernel_memory_bytes();
    info.kernel_bytes_total = config->hypervisor_size;
    info.now_us = clock_now();
    info.hm_lost = hm_lost();
    info.cpu_khz = kernel_cpu_khz();
    sched_fill_info(&info);
    return guest_answer(address, 8, &info, sizeof(info));
}

#define READ_CONFIG_MAX_BYTES 512u

/* Bytes copied: so few that nothing has to give way. */
xm_s32_t sys_read_config(xm_u32_t offset, xmAddress_t buffer, xm_u32_t size)
{
    xm_u32_t left;

    if (offset > config->length) {
        return XM_INVALID_PARAM;
    }
    left = config->length - offset;
    size = size < left ? size : left;
    size = size < READ_CONFIG_MAX_BYTES ? size : READ_CONFIG_MAX_BYTES;
    if (!guest_write(partition_current(), buffer, 1, (const xm_u8_t *)config + offset, size)) {
        return XM_INVALID_PARAM;
    }
    return (xm_s32_t)size;
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Longest copy in one call. libxm makes longer ones of several. */
#define MEMORY_COPY_MAX_BYTES 4096u

/* Physical range inside one area of p, with the right to write if asked. */
static bool area_holds(const struct partition *p, xmAddress_t address, xm_u32_t size, bool write)
{
    for (xm_u32_t i = 0; i < p->config->area_count; i++) {
        const struct xm_config_area *area = config_area(p->config->area_first + i);
        xm_u32_t offset = address - area->start;

        if (offset < area->size && size <= area->size - offset) {
            return !write || (area->flags & (XM_MEM_AREA_READONLY | XM_MEM_AREA_ROM)) == 0;
        }
    }
    return false;
}

/* In steps that give way to interrupts, from the end if the beginning would be overwritten. Both ends
 * are on a word, and so is each step: only the last bytes of all are copied one by one. */
static void copy_physical(struct partition *p, xm_u8_t *to, const xm_u8_t *from, xm_u32_t size)
{
    bool backwards = to > from && to < from + size;
    xm_u32_t done = guest_copy_done(p, to, from, size, 0);

    do {
        xm_u32_t left = size - done;
        xm_u32_t piece = backwards                    ? (left - 1) % GUEST_COPY_STEP_WORDS + 1 :
                         left < GUEST_COPY_STEP_WORDS ? left :
                                                        GUEST_COPY_STEP_WORDS;
        xm_u32_t at = backwards ? left - piece : done;

        memmove(to + at, from + at, piece);
        done += piece;
    } while (guest_copy_step(p, done) && done < size);
}

xm_s32_t sys_memory_copy(xm_u32_t dest_id, xmAddress_t dest, xm_u32_t source_id, xmAddress_t source,
                         xm_u32_t size)
{
    struct partition *self = partition_current();
    const struct partition *to = partition_by_id(dest_id);
    const struct partition *from = partition_by_id(source_id);

    if (!self->system && (dest_id != self->id || source_id != self->id)) {
        return XM_PERM_ERROR;
    }
    if (to == NULL || from == NULL || ((dest | source) & 3u) != 0 || size > MEMORY_COPY_MAX_BYTES) {
        return XM_INVALID_PARAM;
    }
    if (size == 0) {
        return 0;
    }
    if (!area_holds(to, dest, size, true) || !area_holds(from, source, size, false)) {
        return XM_INVALID_PARAM;
    }
    /* every refusal is above. The areas are another partition's: only the hypervisor's own space
     * maps them. */
    arch_space_activate(0);
    copy_physical(self, arch_physical_pointer(dest), arch_physical_pointer(source), size);
    arch_space_activate(self->id + 1);
    return (xm_s32_t)size;
}

static xm_u32_t *atomic_word(xmAddress_t at)
{
    if ((at & 3u) != 0 || !guest_range_ok(partition_current(), at, 4, true)) {
        return NULL;
    }
    return arch_guest_pointer(at);
}

/* Atomic because nothing else runs: the kernel is not preempted, and other partitions share memory
 * only while it waits. */
xm_s32_t sys_sparc_atomic_add(xmAddress_t at, xm_u32_t value)
{
    xm_u32_t *word = atomic_word(at);

    if (word == NULL) {
        return XM_INVALID_PARAM;
    }
    *word += value;
    return XM_OK;
}

xm_s32_t sys_sparc_atomic_and(xmAddress_t at, xm_u32_t value)
{
    xm_u32_t *word = atomic_word(at);

    if (word == NULL) {
        return XM_INVALID_PARAM;
    }
    *word &= value;
    return XM_OK;
}

xm_s32_t sys_sparc_atomic_or(xmAddress_t at, xm_u32_t value)
{
    xm_u32_t *word = atomic_word(at);

    if (word == NULL) {
        return XM_INVALID_PARAM;
    }
    *word |= value;
    return XM_OK;
}

/* ---- devices --------------------------------------------------------------------------------- */

/* Bits of the register at `port` that the caller may touch; 0: none. Entries may share an address
 * with disjoint masks. */
static xm_u32_t io_granted(const struct partition *p, xmIoAddress_t port)
{
    xm_u32_t mask = 0;

    for (xm_u32_t i = 0; i < p->config->io_count; i++) {
        const struct xm_config_io_port *io = config_io_port(p->config->io_first + i);

        if (port - io->address < io->words * 4) {
            mask |= io->mask;
        }
    }
    return mask;
}

xm_s32_t sys_sparc_inport(xmIoAddress_t port, xmAddress_t value)
{
    struct partition *p = partition_current();
    xm_u32_t mask = io_granted(p, port);
    xm_u32_t word;

    if ((port & 3u) != 0 || (value & 3u) != 0 || !guest_range_ok(p, value, 4, true)) {
        return XM_INVALID_PARAM;
    }
    if (mask == 0) {
        return XM_PERM_ERROR;
    }
    if (!arch_io_read(port, &word)) {
        return XM_OP_NOT_ALLOWED; /* granted, but nothing is there */
    }
    word &= mask;
    return guest_answer(value, 4, &word, 4);
}

xm_s32_t sys_sparc_outport(xmIoAddress_t port, xm_u32_t value)
{
    xm_u32_t mask = io_granted(partition_current(), port);

    if ((port & 3u) != 0) {
        return XM_INVALID_PARAM;
    }
    if (mask == 0) {
        return XM_PERM_ERROR;
    }
    /* A register shared by bits is read first, which on some devices has effects; a whole one is
     * only written. */
    if (mask != ~0u) {
        xm_u32_t present;

        if (!arch_io_read(port, &present)) {
            return XM_OP_NOT_ALLOWED;
        }
        value = (present & ~mask) | (value & mask);
    }
    return arch_io_write(port, value) ? XM_OK : XM_OP_NOT_ALLOWED;
}

xm_s32_t sys_sparc_write_tbr(xmAddress_t address)
{
    struct partition *p = partition_current();

    if ((address & (XM_PAGE_SIZE - 1)) != 0 ||
        !guest_range_ok(p, address, 256 * ARCH_VECTOR_BYTES, false)) {
        return XM_INVALID_PARAM;
    }
    p->pct->arch.tbr = address;
    return XM_OK;
}
