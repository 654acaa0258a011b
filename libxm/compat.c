/* compat.c - calls of older lines that the present ones replace */
#include <xm.h>

/* XtratuM 3.2: XM_switch_sched_plan without the plan in force. Same codes. */
xm_s32_t XM_set_plan(xm_u32_t planId)
{
    xm_u32_t current;

    return XM_switch_sched_plan(planId, &current);
}

/* Opening the log became needless in 3.7; it still says whether the caller may read it: XM_OK or
 * XM_PERM_ERROR. */
xm_s32_t XM_hm_open(void)
{
    return (XM_get_PCT()->flags & XM_PART_SYSTEM) ? XM_OK : XM_PERM_ERROR;
}

/* No trap handler of the hypervisor can be replaced on SPARC. */
xm_s32_t XM_override_trap_hndl(xm_s32_t entry, struct trapHandler *handler)
{
    (void)entry;
    (void)handler;
    return XM_UNKNOWN_HYPERCALL;
}

/* Before 3.1.2 one number meant a hardware line (below 32) or an extended interrupt (32 and up);
 * since then the symbols of both start at 0. A number below 32 is taken as a line if the partition
 * owns that line, because the call would have no effect otherwise, and as an extended interrupt if
 * not. XM_INVALID_PARAM above 63. */
static xm_s32_t split_irq(xm_u32_t noIrq, xm_u32_t *hw, xm_u32_t *ext)
{
    *hw = 0;
    *ext = 0;
    if (noIrq >= XM_VT_HW_MAX + XM_VT_EXT_MAX) {
        return XM_INVALID_PARAM;
    }
    if (noIrq >= XM_VT_HW_MAX) {
        *ext = 1u << (noIrq - XM_VT_HW_MAX);
    } else if (XM_get_PCT()->hwIrqs & (1u << noIrq)) {
        *hw = 1u << noIrq;
    } else {
        *ext = 1u << noIrq;
    }
    return XM_OK;
}

/* Masks one interrupt, in the numbering above. */
xm_s32_t XM_mask_irq(xm_u32_t noIrq)
{
    xm_u32_t hw, ext;
    xm_s32_t code = split_irq(noIrq, &hw, &ext);

    return code == XM_OK ? XM_set_irqmask(hw, ext) : code;
}

/* Unmasks one interrupt, in the numbering above. */
xm_s32_t XM_unmask_irq(xm_u32_t noIrq)
{
    xm_u32_t hw, ext;
    xm_s32_t code = split_irq(noIrq, &hw, &ext);

    return code == XM_OK ? XM_clear_irqmask(hw, ext) : code;
}
