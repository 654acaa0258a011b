/* guest_mem.c - range check and copies of partition memory */
#include "guest_mem.h"
#include "board.h"
#include "config.h"
#include "hypercall.h"
#include "kernel.h"
#include "virq.h"

__attribute__((noinline)) bool guest_find_area(struct partition *p, xmAddress_t address,
                                               xm_u32_t size, bool write)
{
    const struct xm_config_area *area = config_area(p->config->area_first);

    for (xm_u32_t i = 0; i < p->config->area_count; i++, area++) {
        if (guest_area_holds(area, address, size, write)) {
            p->last_area = area;
            return true;
        }
    }
    return false;
}

bool guest_range_ok(struct partition *p, xmAddress_t address, xm_u32_t size, bool write)
{
    if (guest_area_holds(p->last_area, address, size, write)) {
        return true;
    }
    return guest_find_area(p, address, size, write); /* the last step: no stack frame is needed */
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

xm_s32_t guest_answer(xmAddress_t address, xm_u32_t alignment, const void *from, xm_u32_t size)
{
    return guest_write(partition_current(), address, alignment, from, size) ? XM_OK :
                                                                              XM_INVALID_PARAM;
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
        copy->to = to;
        copy->from = from;
        copy->size = size;
        copy->done = 0;
        copy->stamp = stamp;
    }
    return copy->done;
}

void guest_copy_forget(struct partition *p)
{
    if (p->copy.to != NULL) {
        p->copy.to = NULL;
        if (virq_wakes(p)) {
            arch_request_leave(); /* what waited for the end of the call */
        }
    }
}

bool guest_copy_step(struct partition *p, xm_u32_t done)
{
    p->copy.done = done;
    if (done == p->copy.size) {
        guest_copy_forget(p);
    } else if (irq_pending()) {
        arch_restart_call();
        return false;
    }
    return true;
}

__attribute__((noinline)) bool guest_copy_in_steps(struct partition *p, void *to, const void *from, xm_u32_t size,
                         xm_u32_t stamp)
{
    unsigned long both = (unsigned long)to | (unsigned long)from;
    xm_u32_t step = (both & 7u) == 0 ? GUEST_COPY_STEP_DOUBLES :
                    (both & 3u) == 0 ? GUEST_COPY_STEP_WORDS :
                                       GUEST_COPY_STEP;
    xm_u32_t done = guest_copy_done(p, to, from, size, stamp);

    do {
        xm_u32_t piece = size - done < step ? size - done : step;

        memcpy((xm_u8_t *)to + done, (const xm_u8_t *)from + done, piece);
        done += piece;
        if (!guest_copy_step(p, done)) {
            return false;
        }
    } while (done < size);
    return true;
}
