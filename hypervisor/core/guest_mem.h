/* guest_mem.h - the only way to a partition's memory
 *
 * Rules: check the whole range with the rights needed, then copy in, then act on the copy; copy
 *        results out last. The partition's address space is current. A range must lie in one area:
 *        two adjacent areas are not one. */
#ifndef XM_CORE_GUEST_MEM_H
#define XM_CORE_GUEST_MEM_H

#include "kernel.h"
#include "partition.h"

/* May p read, or write, all of [address, address + size)? The area that holds it is p->last_area
 * then. */
bool guest_range_ok(struct partition *p, xmAddress_t address, xm_u32_t size, bool write);
/* The same in line, for the few calls that are counted in instructions. Nearly all pointers of a
 * partition fall into one area: it is tried first, and the search is apart. In subtraction form:
 * address + size may wrap, offset and size - offset cannot. */
bool guest_find_area(struct partition *p, xmAddress_t address, xm_u32_t size, bool write);
/* Flags of areas that are not for it. */
static inline xm_u32_t guest_area_refused(bool write)
{
    return XM_MEM_AREA_UNMAPPED | (write ? XM_MEM_AREA_READONLY | XM_MEM_AREA_ROM : 0);
}
static inline __attribute__((always_inline)) bool
guest_area_holds(const struct xm_config_area *area, xmAddress_t address, xm_u32_t size, bool write)
{
    xm_u32_t offset = address - area->mapped_at;

    return offset < area->size && size <= area->size - offset &&
           (area->flags & guest_area_refused(write)) == 0;
}
static inline __attribute__((always_inline)) bool
guest_range_ok_now(struct partition *p, xmAddress_t address, xm_u32_t size, bool write)
{
    return guest_area_holds(p->last_area, address, size, write) ||
           guest_find_area(p, address, size, write);
}
/* Both refuse (false) a bad range, or an address that is no multiple of alignment. */
bool guest_read(struct partition *p, xmAddress_t address, xm_u32_t alignment, void *to,
                xm_u32_t size) __attribute__((warn_unused_result));
bool guest_write(struct partition *p, xmAddress_t address, xm_u32_t alignment, const void *from,
                 xm_u32_t size) __attribute__((warn_unused_result));
/* What most services end with: guest_write() to the caller, and what the call then returns, XM_OK or
 * XM_INVALID_PARAM. */
xm_s32_t guest_answer(xmAddress_t address, xm_u32_t alignment, const void *from, xm_u32_t size);
/* Copy a name of at most CONFIG_ID_STRING_LENGTH bytes, NUL included. False: bad address or no NUL
 * in that length. */
bool guest_read_name(struct partition *p, xmAddress_t address, char name[CONFIG_ID_STRING_LENGTH])
    __attribute__((warn_unused_result));
/* Longest copy with interrupts off, in bytes: about 500 instructions, whether it takes 1.6 of them a
 * byte (any alignment), 0.75 (both ends on a word) or 0.28 (on a doubleword). */
#define GUEST_COPY_STEP 256u
#define GUEST_COPY_STEP_WORDS 512u
#define GUEST_COPY_STEP_DOUBLES 2048u
/* The parts of a long copy for a handler that takes its steps itself: how much of this copy was done
 * before, and (false: give way) that so much is done now. A finished copy is forgotten; one that is
 * not to be finished must be. */
xm_u32_t guest_copy_done(struct partition *p, const void *to, const void *from, xm_u32_t size,
                         xm_u32_t stamp);
bool guest_copy_step(struct partition *p, xm_u32_t done) __attribute__((warn_unused_result));
void guest_copy_forget(struct partition *p);
bool guest_copy_in_steps(struct partition *p, void *to, const void *from, xm_u32_t size,
                         xm_u32_t stamp) __attribute__((warn_unused_result));
/* A copy of a hypercall that may be long, in steps that give way to interrupts. One end is memory
 * of p, checked before. False: an interrupt is due. The handler then returns at once, whatever it
 * returns: the call is made again and comes back here, where the copy goes on. Virtual interrupts
 * of the partition wait for the end of the call, as for that of any other; so a handler that finds
 * when it is made again that there is nothing to copy any more must forget the copy. The copy begins
 * again if `stamp` is another by then: what is copied is no longer the same. */
static inline __attribute__((always_inline)) bool
guest_copy(struct partition *p, void *to, const void *from, xm_u32_t size, xm_u32_t stamp)
{
    if (size > GUEST_COPY_STEP || p->copy.to != NULL) {
        return guest_copy_in_steps(p, to, from, size, stamp);
    }
    memcpy(to, from, size);
    return true;
}

#endif
