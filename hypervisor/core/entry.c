/* entry.c - what the architecture calls: interrupts, traps, assembler calls, idle time
 *
 * The way out of every entry is core_leave(), in sched.c. */
#include "arch.h"
#include "board.h"
#include "config.h"
#include "console.h"
#include "entry.h"
#include "guest_mem.h"
#include "hm.h"
#include "hypercall.h"
#include "kernel.h"
#include "main.h"
#include "sched.h"
#include "time.h"
#include "virq.h"

#define PSR_ICC 0x00f00000u
#define PSR_EF 0x00001000u

#define TRAP_FP_DISABLED 0x04u
#define TRAP_FP_EXCEPTION 0x08u
#define TRAP_SOFTWARE 0x80u

static xm_u64_t irq_count;
xm_u32_t entry_kernel_lines;
static struct partition *line_owner[CONFIG_NO_HWIRQS]; /* NULL: the kernel's or nobody's */
static struct partition *fpu_owner; /* whose values are in the FPU; NULL: nobody's */

static const xm_u8_t trap_event[NO_TRAPS] = {
#define HM_EVENT(id, name, group, action, log, cause)
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event) [index] = event,
#include "../abi/hm_events.def"
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP
};

BOOT_ONLY void entry_init(void)
{
    entry_kernel_lines = 1u << BOARD_TIMER_LINE | console_irq_lines();
    for (xm_u32_t id = 0; id < partition_count; id++) {
        for (xm_u32_t line = 1; line < CONFIG_NO_HWIRQS; line++) {
            if ((partitions[id].config->hw_irqs & 1u << line) != 0) {
                line_owner[line] = &partitions[id];
            }
        }
    }
    fpu_owner = NULL;
}

xm_u64_t kernel_irq_count(void)
{
    return irq_count;
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void unexpected(struct partition *p, xm_u32_t what, struct arch_trap *trap)
{
    struct hm_info info = { .trap = trap, .propagate_vector = -1, .payload = { what, 0, 0 } };

    hm_raise(XM_HM_EV_UNEXPECTED_TRAP, p, &info);
}

static __attribute__((noinline)) void device_irq(xm_u32_t line)
{
    if (line == 0) {
        return; /* the idle loop yields */
    }
    irq_count++;
    if (console_irq(line)) {
        return;
    }
    if (line_owner[line] != NULL) {
        virq_raise_hw(line_owner[line], line);
    } else {
        unexpected(NULL, line, NULL);
    }
}

void core_irq(xm_u32_t line)
{
    if (line == BOARD_TIMER_LINE) {
        irq_count++;
        clock_fired();
    } else {
        device_irq(line);
    }
}

/* ---- traps ----------------------------------------------------------------------------------- */

/* A trap that the partition is to handle itself, while its virtual traps are off: it cannot be
 * told. */
static void refuse_nested_trap(struct partition *p, struct arch_trap *trap)
{
    struct hm_info info = { .trap = trap,
                            .propagate_vector = -1,
                            .payload = { (xm_u32_t)p->trap_vector, 0, 0 } };

    if (p->trap_vector >= 0 && (p->pct->iFlags & VIRQ_FLAG_ET) == 0) {
        p->trap_vector = -1;
        hm_raise(XM_HM_EV_SYSTEM_ERROR, p, &info);
    }
}

/* The partition's own EF bit. The real one may be off behind its back, until the FPU is given to
 * it. */
static xm_u32_t virtual_ef(const struct partition *p)
{
    return (p->config->flags & XM_PART_FP) != 0 && !p->fpu_off ? PSR_EF : 0;
}

/* The FPU is given to a partition at its first floating-point instruction and stays its own until
 * another one uses it. */
static bool fpu_take(struct partition *p, struct arch_trap *trap)
{
    if (virtual_ef(p) == 0 || !arch_fpu_present()) {
        return false;
    }
    if (fpu_owner != p) {
        if (fpu_owner != NULL) {
            arch_context_disable_fpu(&fpu_owner->context);
        }
        if (arch_fpu_switch(fpu_owner == NULL ? NULL : &fpu_owner->fpu, &p->fpu)) {
            fpu_owner->fpu_failed = true;
        }
        fpu_owner = p;
    }
    trap->psr |= PSR_EF;
    return true;
}

static enum xm_hm_event access_event(enum xm_hm_event event, const struct hm_info *info)
{
    bool access = event == XM_HM_EV_SPARC_DATA_ACCESS_EXCEPTION ||
                  event == XM_HM_EV_SPARC_INSTR_ACCESS_EXCEPTION;

    if (access && info->has_address &&
        info->address - XM_HYPERVISOR_START < config->hypervisor_size) {
        return XM_HM_EV_MEM_PROTECTION;
    }
    return event;
}

void core_trap(xm_u32_t trap_type, struct arch_trap *trap)
{
    struct partition *p = partition_current();
    struct hm_info info = { .trap = trap, .propagate_vector = -1 };
    enum xm_hm_event event;
    int index;

    CHECK(p != NULL);
    if (trap_type == TRAP_FP_DISABLED && fpu_take(p, trap)) {
        if (!p->fpu_failed) {
            return;
        }
        p->fpu_failed = false;
        trap_type = TRAP_FP_EXCEPTION; /* where it would have come, had the FPU stayed its own */
        trap->deferred = true;
    }
    index = arch_trap_index(trap_type);
    info.payload[0] = trap_type;
    if (trap_type >= TRAP_SOFTWARE) {
        /* The partition's own software trap: not an error, its table handles it. */
        p->trap_vector = (int)trap_type;
    } else if (index < 0) {
        unexpected(p, trap_type, trap);
    } else {
        if (trap->fault_valid) {
            info.address = arch_fault_address(trap);
            info.has_address = true;
        }
        info.propagate_vector = p->pct->trap2Vector[index];
        event = (enum xm_hm_event)trap_event[index];
        if (event == XM_HM_EV_SPARC_FP_DISABLED && (p->config->flags & XM_PART_FP) == 0) {
            event = XM_HM_EV_FP_ERROR;
        }
        hm_raise(access_event(event, &info), p, &info);
    }
    refuse_nested_trap(p, trap);
}

static void bad_stack(struct partition *p, xmAddress_t sp)
{
    struct hm_info info = { .address = sp, .has_address = true, .propagate_vector = -1 };

    hm_raise(XM_HM_EV_SYSTEM_ERROR, p, &info);
}

/* Register windows are spilled to and filled from memory that the partition may write, nothing
 * else. The area found is remembered, so that the window handlers check one range; the interrupted
 * instruction is simply tried again. */
void core_stack_fault(xmAddress_t sp)
{
    struct partition *p = partition_current();

    CHECK(p != NULL);
    if ((sp & 7u) != 0 || !guest_range_ok(p, sp, 64, true)) {
        bad_stack(p, sp);
        return;
    }
    arch_set_stack_area(&p->context, p->last_area->mapped_at, p->last_area->size);
}

void core_flush_windows(void)
{
    struct partition *p = partition_current();
    xmAddress_t bad;

    CHECK(p != NULL);
    if (!arch_flush_windows(&p->context, p, &bad)) {
        bad_stack(p, bad);
    }
    /* The context is newer than the registers now: they are to be loaded from it again. */
    arch_discard_current();
}

/* ---- assembler calls ------------------------------------------------------------------------- */

/* What is pending may have become deliverable. */
static void interrupts_opened(const struct partition *p)
{
    if (virq_wakes(p)) {
        arch_request_leave();
    }
}

void core_asm_call(xm_u32_t number, xm_u32_t argument, struct arch_trap *trap)
{
    struct partition *p = partition_current();
    partitionControlTable_t *pct = p->pct;

    trap->result = XM_OK;
    switch (number) {
    case sparc_get_psr_nr:
        trap->result = (trap->psr & PSR_ICC) | virtual_ef(p) | pct->iFlags;
        return;
    case sparc_set_psr_nr:
        p->fpu_off = (argument & PSR_EF) == 0;
        /* Off at once; on when the FPU is given to it. */
        trap->psr = (trap->psr & ~PSR_ICC & (argument | ~PSR_EF)) | (argument & PSR_ICC);
        pct->iFlags = argument & (VIRQ_FLAG_PIL | VIRQ_FLAG_ET);
        break;
    case sparc_set_pil_nr:
        pct->iFlags |= VIRQ_FLAG_PIL;
        return;
    case sparc_clear_pil_nr:
        /* Also turns virtual traps on: it is how a handler allows nesting. */
        pct->iFlags = (pct->iFlags & ~VIRQ_FLAG_PIL) | VIRQ_FLAG_ET;
        break;
    default:
        trap->result = (xm_u32_t)XM_UNKNOWN_HYPERCALL;
        return;
    }
    interrupts_opened(p);
}

void core_iret(xm_u32_t flags)
{
    struct partition *p = partition_current();

    p->pct->iFlags = (flags & VIRQ_FLAG_PIL) | VIRQ_FLAG_ET;
    interrupts_opened(p);
}

/* ---- what is entered next -------------------------------------------------------------------- */

__attribute__((noinline)) void entry_choose_delivery(struct partition *p)
{
    xm_u32_t vector;

    /* A call that gave way goes on first: the partition's own timer could otherwise keep a long copy
     * from ever ending. What waits is told when the call has ended (guest_copy_forget). */
    if (p->copy.to != NULL && p->trap_vector < 0) {
        return;
    }
    if (!virq_take(p, &vector)) {
        return;
    }
    if (p->pct->arch.tbr == 0) {
        hm_raise(XM_HM_EV_SYSTEM_ERROR, p, &hm_nothing_known);
        return;
    }
    p->context.delivery_flags |= virtual_ef(p); /* a handler may hand its flags to set_psr */
    p->context.delivery = p->pct->arch.tbr + vector * ARCH_VECTOR_BYTES;
    /* A copy that gave way begins again: its handler may change what is copied, or never come back
     * to it. */
    p->copy.to = NULL;
}

/* ---- idle and panic -------------------------------------------------------------------------- */

bool core_idle_step(void)
{
    struct partition *owner = sched_slot_owner();

    if (owner != NULL && owner->state == PARTITION_READY && owner->load.active) {
        partition_load_step(owner);
        if (!owner->load.active) {
            arch_idle_yield(); /* loaded: it can run in what is left of its slot */
        }
        return true;
    }
    return console_idle();
}

void core_kernel_trap(xm_u32_t trap_type, xm_u32_t pc, xm_u32_t address)
{
    static bool failed_before;
    struct hm_info info = { .address = address, .has_address = true, .propagate_vector = -1,
                            .payload = { trap_type, pc, 0 } };

    kernel_print("xm: trap %x in the hypervisor at %x, address %x\n", trap_type, pc, address);
    if (!failed_before) {
        failed_before = true;
        hm_raise(XM_HM_EV_INTERNAL_ERROR, NULL, &info);
    }
    system_halt();
}
