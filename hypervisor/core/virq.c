/* virq.c - virtual interrupts and traps of a partition */
#include "virq.h"
#include "board.h"
#include "entry.h"
#include "hypercall.h"
#include "kernel.h"
#include "sched.h"

BOOT_ONLY void virq_table_init(partitionControlTable_t *pct)
{
    pct->iFlags = VIRQ_FLAG_ET | VIRQ_FLAG_PIL;
    pct->hwIrqsPend = 0;
    pct->extIrqsPend = 0;
    pct->hwIrqsMask = ~0u;
    pct->extIrqsMask = ~0u;
    for (xm_u32_t i = 0; i < CONFIG_NO_HWIRQS; i++) {
        pct->hwIrq2Vector[i] = (xm_u16_t)(XM_HWIRQ_VECTOR + i);
    }
    for (xm_u32_t i = 0; i < XM_VT_EXT_MAX; i++) {
        pct->extIrq2Vector[i] = (xm_u16_t)(XM_EXTIRQ_VECTOR + i);
    }
    for (xm_u32_t i = 0; i < NO_TRAPS; i++) {
        pct->trap2Vector[i] = 0;
    }
#define HM_EVENT(id, name, group, action, log, cause)
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event) pct->trap2Vector[index] = tt;
#include "../abi/hm_events.def"
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP
}

/* What the interrupt controller is to let through while p runs: kept, because it is needed at every
 * switch and changes only with the mask of a partition that owns lines. */
static void lines_follow(struct partition *p)
{
    p->lines = entry_kernel_lines | (p->config->hw_irqs & ~p->pct->hwIrqsMask);
}

void virq_reset(struct partition *p)
{
    lines_follow(p);
    p->trap_vector = -1;
    p->context.delivery = 0;
}

/* An interrupt of a halted partition is dropped; of a suspended one it waits. */
static void raised(struct partition *p)
{
    if (p->idle && virq_wakes(p)) {
        p->idle = false;
    }
    if (p == sched_slot_owner()) {
        arch_request_leave();
    }
}

void virq_raise_ext(struct partition *p, xm_u32_t number)
{
    if (p->state == PARTITION_HALTED) {
        return;
    }
    p->virq_count++;
    /* Pending already: whom it concerns was told then. */
    if ((p->pct->extIrqsPend & 1u << number) == 0) {
        p->pct->extIrqsPend |= 1u << number;
        raised(p);
    }
}

void virq_raise_hw(struct partition *p, xm_u32_t line)
{
    if (p->state == PARTITION_HALTED) {
        return;
    }
    p->pct->hwIrqsPend |= 1u << line;
    p->virq_count++;
    raised(p);
}

static xm_u32_t deliverable_ext(const struct partition *p)
{
    return p->pct->extIrqsPend & (~p->pct->extIrqsMask | XM_EXT_TRAPS);
}

static xm_u32_t deliverable_hw(const struct partition *p)
{
    return p->pct->hwIrqsPend & ~p->pct->hwIrqsMask;
}

static xm_u32_t highest_bit(xm_u32_t word)
{
    xm_u32_t n = 0;

    for (xm_u32_t half = 16; half > 0; half /= 2) {
        if (word >> half != 0) {
            word >>= half;
            n += half;
        }
    }
    return n;
}

bool virq_take(struct partition *p, xm_u32_t *vector)
{
    partitionControlTable_t *pct = p->pct;
    xm_u32_t ext = deliverable_ext(p);
    xm_u32_t hw = deliverable_hw(p);
    bool open = (pct->iFlags & (VIRQ_FLAG_ET | VIRQ_FLAG_PIL)) == VIRQ_FLAG_ET;

    if (p->trap_vector >= 0) {
        *vector = (xm_u32_t)p->trap_vector;
        p->trap_vector = -1;
    } else if ((ext & XM_EXT_TRAPS) != 0 && (pct->iFlags & VIRQ_FLAG_ET) != 0) {
        pct->extIrqsPend &= ~XM_EXT_TRAPS;
        *vector = pct->extIrq2Vector[XM_VT_EXT_MEM_PROTECT];
    } else if (open && hw != 0) {
        xm_u32_t line = highest_bit(hw);

        pct->hwIrqsPend &= ~(1u << line);
        *vector = pct->hwIrq2Vector[line];
    } else if (open && ext != 0) {
        xm_u32_t number = highest_bit(ext);

        pct->extIrqsPend &= ~(1u << number);
        *vector = pct->extIrq2Vector[number];
    } else {
        return false;
    }
    /* Virtual traps are off in the handler, as after a native trap, until it returns or turns them
     * on. */
    p->context.delivery_flags = pct->iFlags;
    pct->iFlags &= ~VIRQ_FLAG_ET;
    return true;
}

/* ---- services -------------------------------------------------------------------------------- */

xm_s32_t sys_set_irqmask(xm_u32_t hw, xm_u32_t ext)
{
    struct partition *p = partition_current();

    p->pct->hwIrqsMask |= hw;
    p->pct->extIrqsMask |= ext;
    if ((hw & p->config->hw_irqs) != 0) {
        lines_follow(p);
        arch_request_leave(); /* the interrupt controller's mask follows */
    }
    return XM_OK;
}

xm_s32_t sys_clear_irqmask(xm_u32_t hw, xm_u32_t ext)
{
    struct partition *p = partition_current();

    p->pct->hwIrqsMask &= ~hw;
    p->pct->extIrqsMask &= ~ext;
    if ((hw & p->config->hw_irqs) != 0 || virq_wakes(p)) {
        lines_follow(p);
        arch_request_leave();
    }
    return XM_OK;
}

/* Bits of the interrupt lines: line 0 does not exist. */
#define HW_LINES (((1u << CONFIG_NO_HWIRQS) - 1u) & ~1u)

/* Lines the partition owns are forced in the controller and come back as interrupts; the rest is
 * virtual. */
xm_s32_t sys_set_irqpend(xm_u32_t hw, xm_u32_t ext)
{
    struct partition *p = partition_current();

    irq_force(hw & p->config->hw_irqs);
    p->pct->hwIrqsPend |= hw & HW_LINES & ~p->config->hw_irqs;
    p->pct->extIrqsPend |= ext;
    arch_request_leave();
    return XM_OK;
}

xm_s32_t sys_clear_irqpend(xm_u32_t hw, xm_u32_t ext)
{
    struct partition *p = partition_current();

    irq_clear(hw & p->config->hw_irqs);
    p->pct->hwIrqsPend &= ~hw;
    p->pct->extIrqsPend &= ~ext;
    return XM_OK;
}

xm_s32_t sys_route_irq(xm_u32_t type, xm_u32_t irq, xm_u32_t vector)
{
    partitionControlTable_t *pct = partition_current()->pct;

    if (vector > 255) {
        return XM_INVALID_PARAM;
    }
    if (type == XM_TRAP_TYPE && irq < NO_TRAPS) {
        pct->trap2Vector[irq] = (xm_u16_t)vector;
    } else if (type == XM_HWIRQ_TYPE && irq < CONFIG_NO_HWIRQS) {
        pct->hwIrq2Vector[irq] = (xm_u16_t)vector;
    } else if (type == XM_EXTIRQ_TYPE && irq < XM_VT_EXT_MAX) {
        pct->extIrq2Vector[irq] = (xm_u16_t)vector;
    } else {
        return XM_INVALID_PARAM;
    }
    return XM_OK;
}
