/* cpu.c - contexts, traps and start of the SPARC side, in C */
#include "../../core/arch.h"
#include "mmu.h"
#include "psr.h"
#include "../../core/guest_mem.h"
#include "../../core/kernel.h"

/* No frame is larger than 208 bytes (gcc -fstack-usage), and the deepest chain, an event whose action
 * raises another, is some fifteen calls: under 2.5 KiB. The idle loop and a fault inside the kernel
 * have stacks of their own, in the memory of the boot (link.ld). */
#define KERNEL_STACK_BYTES 8192
#define FRAME_BYTES 96 /* smallest frame of the SPARC ABI: callees store into it */

struct arch_cpu arch_cpu;

static xm_u64_t kernel_stack[KERNEL_STACK_BYTES / 8];

/* Top of the stack for assembler, a frame below the end. */
#define STACK_TOP(symbol, stack, bytes)                                                            \
    __asm__(".globl " #symbol "\n.set " #symbol ", " #stack " + " #bytes " - 96")
#define STACK_TOP_OF(symbol, stack, bytes) STACK_TOP(symbol, stack, bytes)
STACK_TOP_OF(arch_kernel_stack_top, kernel_stack, KERNEL_STACK_BYTES);

extern char arch_idle_stack_top[];

void arch_boot(xmAddress_t container, xmAddress_t loader_entry) __attribute__((noreturn));
void arch_trap(xm_u32_t trap_type);
bool arch_fpu_settle(xm_u32_t *fsr);
void arch_fpu_exchange(struct arch_fpu *save, const struct arch_fpu *load);
void idle_loop(void) __attribute__((noreturn));

/* ---- contexts -------------------------------------------------------------------------------- */

void arch_context_init(struct arch_context *context, xmAddress_t entry, xmAddress_t pct,
                       xm_u32_t space)
{
    memset(context, 0, sizeof(*context));
    context->window[0][CONTEXT_PSR] =
        PSR_S; /* as after a trap from user mode: PS and ET are 0, CWP is 0 */
    context->window[0][CONTEXT_PC] = entry;
    context->window[0][CONTEXT_NPC] = entry + 4;
    context->window[0][CONTEXT_G1] = pct;
    context->wim = 1u << 2; /* the partition starts in window 1, with nothing above it */
    context->space = space;
}

void arch_context_disable_fpu(struct arch_context *context)
{
    context->window[0][CONTEXT_PSR] &= ~(xm_u32_t)PSR_EF;
}

void arch_discard_current(void)
{
    arch_cpu.current = NULL;
    arch_cpu.attention = 1;
}

void arch_set_stack_area(struct arch_context *context, xmAddress_t base, xm_u32_t size)
{
    const xm_u32_t frame = 64;

    /* An area too small for one frame: a base that no aligned stack pointer minus it comes down to
     * 0 or less. */
    context->stack_base = size < frame ? 1 : base;
    context->stack_limit = size < frame ? 0 : size - frame;
    if (context == arch_cpu.current) {
        arch_cpu.stack_base = context->stack_base;
        arch_cpu.stack_limit = context->stack_limit;
    }
}

/* Live frames are those from the interrupted window, 1, up to the one before the invalid window;
 * the frame of window k is at the stack pointer that window k - 1 has as its frame pointer. */
bool arch_flush_windows(struct arch_context *context, const struct partition *p,
                        xmAddress_t *bad_address)
{
    xm_u32_t trap_window = context->window[0][CONTEXT_PSR] & (NWINDOWS - 1);
    xm_u32_t invalid = 0;

    while (context->wim >> invalid != 1) {
        invalid++;
    }
    for (xm_u32_t k = 2; ((trap_window + k) & (NWINDOWS - 1)) != invalid; k++) {
        xmAddress_t sp = context->window[k - 1][CONTEXT_FP];

        if ((sp & 7u) != 0 || !guest_range_ok((struct partition *)p, sp, 64, true)) {
            *bad_address = sp;
            return false;
        }
        memcpy(arch_guest_pointer(sp), context->window[k], 64);
        if (k == NWINDOWS - 1) {
            break; /* the trap window itself is the invalid one */
        }
    }
    context->wim = 1u << ((trap_window + 2) & (NWINDOWS - 1));
    return true;
}

/* ---- traps ----------------------------------------------------------------------------------- */

int arch_trap_index(xm_u32_t trap_type)
{
    switch (trap_type) {
#define HM_EVENT(id, name, group, action, log, cause)
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event)                                                       \
    case tt:                                                                                       \
        return index;
#include "../../abi/hm_events.def"
    default:
        return -1;
    }
}

static xm_u32_t user_register(xm_u32_t n)
{
    const struct arch_registers *r = &arch_cpu.registers;

    if (n == 0) {
        return 0;
    }
    return n < 8 ? r->g[n] : n < 16 ? r->o[n - 8] : n < 24 ? r->l[n - 16] : r->i[n - 24];
}

/* The MMU reports the page only (GRLIB: FAR bits 11..0 are 0). A load or store (op 3) names the
 * rest: rs1 + rs2 or rs1 + simm13. If that is not in the page reported, it was a fetch or the
 * second word of a doubleword. */
xmAddress_t arch_fault_address(const struct arch_trap *trap)
{
    struct partition *p = partition_current();
    xm_u32_t instruction;
    xm_u32_t address;

    if (p == NULL || !guest_read(p, trap->pc, 4, &instruction, 4) || instruction >> 30 != 3) {
        return trap->fault_address != 0 ? trap->fault_address : trap->pc;
    }
    address = user_register(instruction >> 14 & 31u);
    if ((instruction & 1u << 13) != 0) {
        address += (instruction & 0xfffu) - (instruction & 0x1000u);
    } else {
        address += user_register(instruction & 31u);
    }
    if (trap->fault_address == 0 || (address & ~0xfffu) == (trap->fault_address & ~0xfffu)) {
        return address;
    }
    return trap->fault_address;
}

/* An access trap has an address; a fetch's is its own pc. */
void arch_trap(xm_u32_t trap_type)
{
    struct arch_trap *trap = &arch_cpu.trap;
    xm_u32_t fsr;
    bool fetch = trap_type == 0x01 || trap_type == 0x21 || trap_type == 0x3c;
    bool data = trap_type == 0x09 || trap_type == 0x29 || trap_type == 0x2b || trap_type == 0x2c ||
                trap_type == 0x07;

    trap->fault_valid = fetch || data;
    trap->deferred = trap_type == TRAP_FP_EXCEPTION && arch_fpu_settle(&fsr);
    if (fetch) {
        trap->fault_address = trap->pc;
    } else if (trap_type == 0x07) {
        trap->fault_address =
            0; /* alignment is not the MMU's: what stands there is an older fault */
        trap->fault_status = 0;
    }
    core_trap(trap_type, trap);
}

/* ---- FPU, start ------------------------------------------------------------------------------ */

bool arch_fpu_switch(struct arch_fpu *save, const struct arch_fpu *load)
{
    bool failed = save != NULL && arch_fpu_settle(&save->fsr);

    arch_fpu_exchange(save, load);
    return failed;
}

bool arch_fpu_present(void)
{
    xm_u32_t psr;
    xm_u32_t with_ef;

    /* EF stays 0 where there is no FPU (SPARC V8 manual, 4.2). %asr17 does not tell on every
     * model. */
    __asm__ volatile("rd %%psr, %0\n\twr %0, %2, %%psr\n\tnop\n\tnop\n\tnop\n\trd %%psr, %1\n\t"
                     "wr %0, 0, %%psr\n\tnop\n\tnop\n\tnop"
                     : "=&r"(psr), "=&r"(with_ef)
                     : "r"(PSR_EF));
    return (with_ef & PSR_EF) != 0;
}

void idle_loop(void)
{
    for (;;) {
        if (core_idle_step()) {
            arch_idle_window();
        } else {
            arch_idle_wait();
        }
    }
}

BOOT_ONLY void arch_boot(xmAddress_t container, xmAddress_t loader_entry)
{
    xm_u32_t asr17;

    memset(&arch_cpu, 0, sizeof(arch_cpu));
    arch_cpu.kernel_sp = (xmAddress_t)kernel_stack + KERNEL_STACK_BYTES - FRAME_BYTES;
    arch_cpu.idle_sp = (xmAddress_t)arch_idle_stack_top;
    __asm__ volatile("rd %%asr17, %0" : "=r"(asr17));
    if ((asr17 & 31u) + 1 != NWINDOWS) {
        kernel_panic("this processor has another number of register windows", (asr17 & 31u) + 1);
    }
    core_main(container, loader_entry);
}
