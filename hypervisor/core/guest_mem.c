/* guest_mem.c - range check and copies of partition memory */
#include "guest_mem.h"
#include "board.h"
#include "config.h"
#include "kernel.h"
#include "virq.h"

/* Subtraction form: address + size may wrap, offset and size - offset cannot. */
static bool inside(const struct xm_config_area *area, xmAddress_t address, xm_u32_t size)
{
    xm_u32_t offset = address - area->mapped_at;

    return offset < area->size && size <= area->size - offset;
}

xm_u32_t guest_find_area(const struct partition *p, xmAddress_t address, xm_u32_t size)
{
    xm_u32_t first = p->config->area_first;

    for (xm_u32_t i = first; i < first + p->config->area_count; i++) {
        const struct xm_config_area *area = config_area(i);

        if ((area->flags & XM_MEM_AREA_UNMAPPED) == 0 && inside(area, address, size)) {
            return i;
        }
    }
    return XM_CONFIG_NONE;
}

bool guest_range_ok(struct partition *p, xmAddress_t address, xm_u32_t size, bool write)
{
    const struct xm_config_area *area = p->last_area;

    /* Nearly all pointers of a partition fall into one area: try the last one first. */
    if (!inside(area, address, size) || (area->flags & XM_MEM_AREA_UNMAPPED) != 0) {
        xm_u32_t found = guest_find_area(p, address, size);

        if (found == XM_CONFIG_NONE) {
            return false;
        }
        area = config_area(found);
        p->last_area = area;
    }
    return !write || (area->flags & (XM_MEM_AREA_READONLY | XM_MEM_AREA_ROM)) == 0;
}

bool guest_read(struct partition *p, xmAddress_t address, xm_u32_t alignment, void *to,
                xm_u32_t size)
{
    if ((address & (alignment - 1)) != 0 || !guest_range_ok(p, address, size, false)) {
        return false;
    }
    memcpy(to, arch_guest_pointer(address), size);
    return true;
}

bool guest_write(struct partition *p, xmAddress_t address, xm_u32_t alignment, const void *from,
                 xm_u32_t size)
{
    if ((address & (alignment - 1)) != 0 || !guest_range_ok(p, address, size, true)) {
        return false;
    }
    memcpy(arch_guest_pointer(address), from, size);
    return true;
}

bool guest_read_name(struct partition *p, xmAddress_t address, char name[CONFIG_ID_STRING_LENGTH])
{
    /* A short name may stand at the very end of an area: only then each byte is checked for
     * itself. */
    bool whole = guest_range_ok(p, address, CONFIG_ID_STRING_LENGTH, false);

    for (xm_u32_t i = 0; i < CONFIG_ID_STRING_LENGTH; i++) {
        if (!whole && !guest_range_ok(p, address + i, 1, false)) {
            return false;
        }
        name[i] = *(const char *)arch_guest_pointer(address + i);
        if (name[i] == '\0') {
            return true;
        }
    }
    return false;
}

xm_u32_t guest_copy_done(struct partition *p, const void *to, const void *from, xm_u32_t size,
                         xm_u32_t stamp)
{
    struct partition_copy *copy = &p->copy;

    /* An interrupt handler of the partition may have copied something else meanwhile: then this one
     * begins again. */
    if (copy->to != to || copy->from != from || copy->size != size || copy->stamp != stamp) {
        *copy = (struct partition_copy){ .to = to, .from = from, .size = size, .stamp = stamp };
    }
    copy->held = 0;
    return copy->done;
}

/* From a call that gave way to the same call again: out of the call, out of the interrupt it gave
 * way to, and as many for interrupts that come in that moment. */
#define HELD_LEAVES 4u

bool guest_copy_step(struct partition *p, xm_u32_t done)
{
    struct partition_copy *copy = &p->copy;

    copy->done = done;
    if (done == copy->size) {
        copy->to = NULL;
        if (virq_wakes(p)) {
            arch_request_leave(); /* what waited for the end of the call */
        }
        return true;
    }
    if (irq_pending()) {
        copy->held = HELD_LEAVES;
        arch_restart_call();
        return false;
    }
    return true;
}

bool guest_copy(struct partition *p, void *to, const void *from, xm_u32_t size, xm_u32_t stamp)
{
    xm_u32_t done;

    if (size <= GUEST_COPY_STEP) {
        memcpy(to, from, size);
        return true;
    }
    done = guest_copy_done(p, to, from, size, stamp);
    do {
        xm_u32_t piece = size - done < GUEST_COPY_STEP ? size - done : GUEST_COPY_STEP;

        memcpy((xm_u8_t *)to + done, (const xm_u8_t *)from + done, piece);
        done += piece;
        if (!guest_copy_step(p, done)) {
            return false;
        }
    } while (done < size);
    return true;
}
