/* arch.h - the contract between core and the processor architecture below it, both ways
 *
 * arch/<name>/ implements what core asks; arch/host/ implements the same for unit tests on the
 * workstation. The types that depend on the architecture (struct arch_context) and the address
 * conversions come from its arch_impl.h, which may also define any of the functions below as a
 * static inline accessor.
 *
 * Rules: the kernel is event-driven. Every entry (hypercall, trap, interrupt) runs core functions
 *        to their end on the one kernel stack of the CPU, with interrupts off, and leaves through
 *        core_leave(). Nothing in core ever waits. */
#ifndef XM_CORE_ARCH_H
#define XM_CORE_ARCH_H

#include <stdbool.h>
#include "../abi/guest.h"
#include "arch_trap.h"

struct partition;

/* Rights of a mapping. The SRMMU has no code for writable and not executable. */
enum arch_rights {
    ARCH_READ,               /* partition: read */
    ARCH_READ_EXECUTE,       /* partition: read, execute */
    ARCH_READ_WRITE_EXECUTE, /* partition: everything */
    ARCH_KERNEL_TEXT,        /* partition nothing; kernel read, execute */
    ARCH_KERNEL              /* partition nothing; kernel everything */
};

/* struct arch_context (of which core knows `delivery`, the address in its trap table that it enters
 * before it runs on, 0: none or entered, and `delivery_flags`, the virtual PSR bits that its handler
 * finds in %l0), struct arch_fpu, arch_guest_pointer(), arch_physical_pointer(),
 * arch_kernel_address(), ARCH_VECTOR_BYTES, and what of the functions below the architecture makes
 * inline. */
#include "arch_impl.h"

/* ---- core asks ------------------------------------------------------------------------------- */

/* Set up address space `space` (0: the hypervisor's own, else partition id + 1) and map into it.
 * Boot only; tables are carved from the hypervisor's memory. va, pa and size are page multiples;
 * space 0 maps everything for the kernel. */
void arch_space_create(xm_u32_t space);
void arch_map(xm_u32_t space, xmAddress_t va, xmAddress_t pa, xm_u32_t size,
              enum arch_rights rights, bool cacheable);
void arch_mmu_enable(void);
/* Make a space current. Kernel memory is mapped at the same place in all of them. */
void arch_space_activate(xm_u32_t space);

/* Give a context its first registers: user mode, execution at `entry`, the control table's address
 * where the start code expects it, everything else zero. */
void arch_context_init(struct arch_context *context, xmAddress_t entry, xmAddress_t pct,
                       xm_u32_t space);
/* Say what runs after core_leave(): a partition's context, or NULL for the idle loop. Registers of
 * the one that ran are saved into its context, unless it was discarded. */
void arch_set_next(struct arch_context *context);
struct arch_context *arch_current(void);
/* The running context's registers are worthless (partition reset): do not save them. */
void arch_discard_current(void);
/* Run core_leave() when the present entry ends. Interrupts and traps always do. */
void arch_request_leave(void);
/* The hypercall in progress gives way: it is made again, with the same arguments, when its
 * partition runs next. */
void arch_restart_call(void);
/* Remember [base, base + size) as the area in which window spills of the next or current context
 * may go without asking. */
void arch_set_stack_area(struct arch_context *context, xmAddress_t base, xm_u32_t size);
/* Write all register windows of a saved context to its stacks but the current one. False: a stack
 * pointer is bad; it is then in *bad_address. */
bool arch_flush_windows(struct arch_context *context, const struct partition *p,
                        xmAddress_t *bad_address);
/* Trap and interrupt vectors by architecture number. */
int arch_trap_index(xm_u32_t trap_type);   /* exception index of abi/hm_events.def, or -1 */
/* Address that a faulting memory instruction at pc was about to access, from the interrupted
 * registers; falls back to the page address the MMU reported. */
xmAddress_t arch_fault_address(const struct arch_trap *trap);

/* One device register, past MMU and cache; the address was checked against the configuration.
 * False: the bus reported an error, nothing is there. */
bool arch_io_read(xmAddress_t address, xm_u32_t *value);
bool arch_io_write(xmAddress_t address, xm_u32_t value);

bool arch_fpu_present(void);
/* A saved context that owned the FPU gets a trap at its next floating-point instruction. */
void arch_context_disable_fpu(struct arch_context *context);
/* Save and load floating-point registers; save may be NULL. True: an operation of save's owner
 * failed, and the exception has not come to it yet. */
bool arch_fpu_switch(struct arch_fpu *save, const struct arch_fpu *load);

/* Idle: open interrupts for a moment (irq_window), or sleep until one comes (wait). Leave idle for
 * core_leave() (yield). */
void arch_idle_window(void);
void arch_idle_wait(void);
void arch_idle_yield(void);

/* Start scheduling; does not return. */
void arch_start(void) __attribute__((noreturn));
/* Stop for ever, or jump to the boot loader. */
void arch_halt(void) __attribute__((noreturn));
void arch_jump_to_loader(xmAddress_t entry) __attribute__((noreturn));

/* ---- the architecture calls up --------------------------------------------------------------- */

void core_main(xmAddress_t container, xmAddress_t loader_entry) __attribute__((noreturn));
/* Hardware interrupt line, or 0: the idle loop yields. */
void core_irq(xm_u32_t line);
/* Synchronous trap of the running partition. */
void core_trap(xm_u32_t trap_type, struct arch_trap *trap);
/* A window spill or fill found %sp outside the area remembered: allow (and remember) it, or raise
 * the event. */
void core_stack_fault(xmAddress_t sp);
/* Assembler call of the running partition; result in trap->result. */
void core_asm_call(xm_u32_t number, xm_u32_t argument, struct arch_trap *trap);
/* Return from a virtual trap: restore the virtual PIL and ET from flags. */
void core_iret(xm_u32_t flags);
/* All windows of the running context are in memory: write them to its stack. */
void core_flush_windows(void);
/* May the running partition make call `number` with this first argument? XM_OK or XM_PERM_ERROR. */
xm_s32_t core_call_permitted(xm_u32_t number, xm_u32_t first_argument);
/* Decide what runs next, arm the timer, deliver an interrupt. Last thing of every entry that asked
 * for it. */
void core_leave(void);
/* The idle loop: one bounded step of work; false when there is nothing to do. */
bool core_idle_step(void);
/* A trap inside the hypervisor itself. */
void core_kernel_trap(xm_u32_t trap_type, xm_u32_t pc, xm_u32_t address) __attribute__((noreturn));


#endif
