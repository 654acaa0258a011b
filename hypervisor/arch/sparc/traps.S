/* traps.S - trap table, entries and exits of the kernel
 *
 * Every entry comes here with traps off (ET=0) in the trap window T, %l1 = pc, %l2 = npc,
 * hardware's doing. T may be the invalid window; its locals are free, but its outs may be the ins
 * of the oldest live frame. So each entry
 *   1. brings the T-state about: %l0 psr, %l1 pc, %l2 npc, %l3 y, %l4-%l7 the partition's %g1-%g4
 *   (ins stay its outs), 2. keeps T's outs in arch_cpu.outs, 3. takes the kernel stack and, for C,
 *   turns traps on with PIL 15: no interrupt comes, but an own bug is caught by
 *      core_kernel_trap() instead of stopping the processor in error mode.
 * C code is -mflat: it stays in T, keeps %l0-%l7 and %i0-%i5, and needs no window.
 *
 * WRPSR, WRWIM and WRY take up to three instructions to act (SPARC V8 manual, B.29): nothing that
 * depends on them follows sooner. PIL is raised before ET is set, in two writes, so that no
 * interrupt slips in between. */
#include "psr.h"
#include "asm_offsets.h"
#include "../../abi/guest.h"

/* Address of struct arch_cpu. */
.macro CPU register
    sethi   %hi(arch_cpu), \register
    or      \register, %lo(arch_cpu), \register
.endm

.macro KEEP_GLOBALS
    mov     %g1, %l4
    mov     %g2, %l5
    mov     %g3, %l6
    mov     %g4, %l7
.endm

/* Step 2 and the stack. %g1 = arch_cpu afterwards. */
.macro KEEP_OUTS
    CPU     %g1
    std     %o0, [%g1 + CPU_OUTS]
    std     %o2, [%g1 + CPU_OUTS + 8]
    std     %o4, [%g1 + CPU_OUTS + 16]
    std     %o6, [%g1 + CPU_OUTS + 24]
    ld      [%g1 + CPU_KERNEL_SP], %sp
.endm

.macro RESTORE_OUTS
    ldd     [%g1 + CPU_OUTS], %o0
    ldd     [%g1 + CPU_OUTS + 8], %o2
    ldd     [%g1 + CPU_OUTS + 16], %o4
    ldd     [%g1 + CPU_OUTS + 24], %o6
.endm

/* Traps on, interrupts off. Clobbers %g3. */
.macro TRAPS_ON
    or      %l0, PSR_PIL, %g3
    wr      %g3, %psr
    wr      %g3, PSR_ET, %psr
    nop
    nop
    nop
.endm

/* Traps off. */
.macro TRAPS_OFF
    wr      %l0, %psr
    nop
    nop
    nop
.endm

.macro WIM_CLEAR
    wr      %g0, %wim
    nop
    nop
    nop
.endm

.macro WIM_SET register
    wr      \register, %wim
    nop
    nop
    nop
.endm

.macro STORE_FRAME
    std     %l0, [%sp + 0]
    std     %l2, [%sp + 8]
    std     %l4, [%sp + 16]
    std     %l6, [%sp + 24]
    std     %i0, [%sp + 32]
    std     %i2, [%sp + 40]
    std     %i4, [%sp + 48]
    std     %i6, [%sp + 56]
.endm

.macro LOAD_FRAME
    ldd     [%sp + 0], %l0
    ldd     [%sp + 8], %l2
    ldd     [%sp + 16], %l4
    ldd     [%sp + 24], %l6
    ldd     [%sp + 32], %i0
    ldd     [%sp + 40], %i2
    ldd     [%sp + 48], %i4
    ldd     [%sp + 56], %i6
.endm

/* Go to `bad` unless the 64 bytes at stack pointer `sp` lie in the area remembered for the
 * partition and are aligned. %g4 = arch_cpu; clobbers %g2, %g3. This is what keeps a partition from
 * making the kernel write or read for it. */
.macro CHECK_STACK sp, bad
    andcc   \sp, 7, %g0
    bne     \bad
    ldd     [%g4 + CPU_STACK], %g2
    sub     \sp, %g2, %g2
    cmp     %g2, %g3
    bgu     \bad
    nop
.endm

/* WIM after a spill and after a fill: the invalid window moves one down, one up. old in %g1, new in
 * %g2; clobbers %g3. */
.macro WIM_DOWN
    srl     %g1, 1, %g2
    sll     %g1, NWINDOWS - 1, %g3
    or      %g2, %g3, %g2
    and     %g2, 0xff, %g2
.endm

.macro WIM_UP
    sll     %g1, 1, %g2
    srl     %g1, NWINDOWS - 1, %g3
    or      %g2, %g3, %g2
    and     %g2, 0xff, %g2
.endm

/* ---- trap table ------------------------------------------------------------------------------ */

.macro VECTOR_TRAP
    rd      %psr, %l0
    ba      trap_entry
    rd      %tbr, %l3
    nop
.endm

.macro VECTOR_IRQ
    rd      %psr, %l0
    ba      irq_entry
    rd      %tbr, %l3
    nop
.endm

.macro VECTOR target
    rd      %psr, %l0
    ba      \target
    nop
    nop
.endm

    .section .text.vectors, "ax"
    .align  4096
    .globl  kernel_trap_table
kernel_trap_table:
    ba      kernel_start            /* 0x00: the boot loader jumps here */
    nop
    nop
    nop
    .rept   4                       /* 0x01-0x04 */
    VECTOR_TRAP
    .endr
    VECTOR  window_overflow         /* 0x05 */
    VECTOR  window_underflow        /* 0x06 */
    .rept   10                      /* 0x07-0x10 */
    VECTOR_TRAP
    .endr
    .rept   15                      /* 0x11-0x1f: interrupts */
    VECTOR_IRQ
    .endr
    .rept   0xf0 - 0x20
    VECTOR_TRAP
    .endr
    VECTOR  hypercall_entry         /* 0xf0 */
    VECTOR  asm_call_entry          /* 0xf1 */
    .rept   0x100 - 0xf2
    VECTOR_TRAP
    .endr

/* ---- hypercalls ------------------------------------------------------------------------------ */

    .text
hypercall_entry:
    KEEP_GLOBALS
    rd      %y, %l3
    KEEP_OUTS
    cmp     %i0, CALL_COUNT         /* unsigned: a negative number is a large one */
    bgeu    hypercall_unknown
    nop
    TRAPS_ON
    sethi   %hi(hypercall_table), %g3
    or      %g3, %lo(hypercall_table), %g3
    sll     %i0, 3, %g2
    ldd     [%g3 + %g2], %g2        /* %g2 handler, %g3 who may call */
    tst     %g3
    bne     hypercall_reserved
    mov     %i1, %o0
hypercall_go:
    mov     %i2, %o1
    mov     %i3, %o2
    mov     %i4, %o3
    jmpl    %g2, %o7
    mov     %i5, %o4
hypercall_done:
    CPU     %g1
    ld      [%g1 + CPU_ATTENTION], %g2
    tst     %g2
    bne     hypercall_leave
    nop
    mov     %o0, %i0
    mov     %l2, %l1                /* the call is done: continue behind it */
    add     %l2, 4, %l2
    RESTORE_OUTS
return_to_partition:
    wr      %l0, %psr               /* traps off; the partition's condition codes and EF */
    wr      %l3, %y
    mov     %l4, %g1
    mov     %l5, %g2
    mov     %l6, %g3
    mov     %l7, %g4
    jmp     %l1
    rett    %l2

/* The call is done, or is to be made again from where it stopped: then pc and the number in %i0
 * stay. */
hypercall_leave:
    ld      [%g1 + CPU_RESTART], %g3
    tst     %g3
    bne     kernel_leave
    st      %g0, [%g1 + CPU_RESTART]
    mov     %o0, %i0
    mov     %l2, %l1
    ba      kernel_leave
    add     %l2, 4, %l2

hypercall_reserved:
    mov     %i1, %o1
    call    core_call_permitted
    mov     %i0, %o0
    tst     %o0
    bne     hypercall_done
    sll     %i0, 3, %g2
    sethi   %hi(hypercall_table), %g3
    or      %g3, %lo(hypercall_table), %g3
    ld      [%g3 + %g2], %g2
    ba      hypercall_go
    mov     %i1, %o0

hypercall_unknown:
    TRAPS_ON
    ba      hypercall_done
    mov     CALL_UNKNOWN, %o0

/* ---- interrupts ------------------------------------------------------------------------------ */

irq_entry:
    KEEP_GLOBALS
    srl     %l3, 4, %g4
    and     %g4, 0xf, %g4           /* level = line */
irq_take:
    rd      %y, %l3
    KEEP_OUTS
    TRAPS_ON
    call    core_irq
    mov     %g4, %o0

/* Leave through core_leave(). T-state, traps on. */
kernel_leave:
    call    core_leave
    nop
    CPU     %g1
    st      %g0, [%g1 + CPU_ATTENTION]
    TRAPS_OFF
    ld      [%g1 + CPU_CURRENT], %g2
    ld      [%g1 + CPU_NEXT], %g3
    cmp     %g2, %g3
    bne     context_switch
    tst     %g3
    be      idle_enter
    nop
    RESTORE_OUTS
check_delivery:
    ld      [%g1 + CPU_DELIVERY], %g2
    tst     %g2
    be      return_to_partition
    nop
    ba      deliver
    nop

/* ---- context switch -------------------------------------------------------------------------- */

/* Save everything of the current context at %g2. %g1 = arch_cpu; clobbers %g4; leaves WIM 0.
 * Constant time: all eight windows, live or not, so that nothing of one partition stays in the
 * registers for the next. */
.macro SAVE_CONTEXT
    RESTORE_OUTS
    rd      %wim, %g4
    st      %g4, [%g2 + CONTEXT_WIM]
    st      %g5, [%g2 + CONTEXT_G5]
    std     %g6, [%g2 + CONTEXT_G6]
    WIM_CLEAR
    .irp window, 0, 64, 128, 192, 256, 320, 384, 448
    std     %l0, [%g2 + \window + 0]
    std     %l2, [%g2 + \window + 8]
    std     %l4, [%g2 + \window + 16]
    std     %l6, [%g2 + \window + 24]
    std     %i0, [%g2 + \window + 32]
    std     %i2, [%g2 + \window + 40]
    std     %i4, [%g2 + \window + 48]
    std     %i6, [%g2 + \window + 56]
    restore
    .endr
.endm

context_switch:
    tst     %g2
    be      context_load
    nop
    SAVE_CONTEXT
context_load:
    st      %g3, [%g1 + CPU_CURRENT]
    tst     %g3
    be      idle_enter
    nop
    ld      [%g3], %g4              /* psr: its CWP is the window that all others are counted from */
    wr      %g4, %psr
    nop
    nop
    nop
    WIM_CLEAR
    .irp window, 0, 64, 128, 192, 256, 320, 384, 448
    ldd     [%g3 + \window + 0], %l0
    ldd     [%g3 + \window + 8], %l2
    ldd     [%g3 + \window + 16], %l4
    ldd     [%g3 + \window + 24], %l6
    ldd     [%g3 + \window + 32], %i0
    ldd     [%g3 + \window + 40], %i2
    ldd     [%g3 + \window + 48], %i4
    ldd     [%g3 + \window + 56], %i6
    restore
    .endr
    ld      [%g3 + CONTEXT_WIM], %g4
    wr      %g4, %wim
    ld      [%g3 + CONTEXT_G5], %g5
    ldd     [%g3 + CONTEXT_G6], %g6
    ld      [%g3 + CONTEXT_SPACE], %g4
    mov     MMU_CONTEXT, %g2
    sta     %g4, [%g2] ASI_MMU
    ldd     [%g3 + CONTEXT_STACK], %g2
    ba      check_delivery
    std     %g2, [%g1 + CPU_STACK]

/* ---- idle ------------------------------------------------------------------------------------ */

/* Start the idle loop afresh, in the kernel's own space. Nothing of an interrupted idle loop is
 * worth keeping. */
idle_enter:
    mov     PSR_S | PSR_PIL, %g2
    wr      %g2, %psr               /* CWP 0 */
    nop
    nop
    nop
    mov     1 << 2, %g3             /* any window that a trap from window 0 does not touch */
    WIM_SET %g3
    mov     MMU_CONTEXT, %g3
    sta     %g0, [%g3] ASI_MMU
    ld      [%g1 + CPU_IDLE_SP], %sp
    wr      %g2, PSR_ET, %psr
    nop
    nop
    nop
    call    idle_loop
    nop

    .globl  arch_idle_window
arch_idle_window:
    rd      %psr, %g1
    andn    %g1, PSR_PIL, %g2
    wr      %g2, %psr
    nop
    nop
    nop
    nop
    wr      %g1, %psr
    nop
    nop
    retl
    nop

    .globl  arch_idle_wait
arch_idle_wait:
    rd      %psr, %g1
    andn    %g1, PSR_PIL, %g2
    wr      %g2, %psr               /* some cores wake only for an interrupt that PIL lets through */
    nop
    nop
    nop
    wr      %g0, %asr19             /* power down */
    nop
    nop
    nop
    wr      %g1, %psr
    nop
    nop
    retl
    nop

    .globl  arch_idle_yield
arch_idle_yield:
    retl
    ta      TRAP_KERNEL_YIELD - 0x80

/* ---- synchronous traps ----------------------------------------------------------------------- */

trap_entry:
    andcc   %l0, PSR_PS, %g0
    bne     trap_in_kernel
    srl     %l3, 4, %l3
    KEEP_GLOBALS
    and     %l3, 0xff, %g4
trap_take:                          /* T-state but y, %g4 = trap type */
    rd      %y, %l3
    KEEP_OUTS
    st      %l0, [%g1 + TRAP_PSR]
    st      %l1, [%g1 + TRAP_PC]
    st      %l2, [%g1 + TRAP_NPC]
    mov     MMU_FAULT_ADDRESS, %g2  /* address first: reading the status forgets the fault */
    lda     [%g2] ASI_MMU, %g3
    st      %g3, [%g1 + TRAP_FAULT_ADDRESS]
    mov     MMU_FAULT_STATUS, %g2
    lda     [%g2] ASI_MMU, %g3
    st      %g3, [%g1 + TRAP_FAULT_STATUS]
    /* All registers of the partition, for the address that a load or store used. */
    st      %l4, [%g1 + REGISTERS_G + 4]
    st      %l5, [%g1 + REGISTERS_G + 8]
    st      %l6, [%g1 + REGISTERS_G + 12]
    st      %l7, [%g1 + REGISTERS_G + 16]
    st      %g5, [%g1 + REGISTERS_G + 20]
    std     %g6, [%g1 + REGISTERS_G + 24]
    std     %i0, [%g1 + REGISTERS_O + 0]
    std     %i2, [%g1 + REGISTERS_O + 8]
    std     %i4, [%g1 + REGISTERS_O + 16]
    std     %i6, [%g1 + REGISTERS_O + 24]
    rd      %wim, %g2
    WIM_CLEAR
    restore
    std     %l0, [%g1 + REGISTERS_L + 0]
    std     %l2, [%g1 + REGISTERS_L + 8]
    std     %l4, [%g1 + REGISTERS_L + 16]
    std     %l6, [%g1 + REGISTERS_L + 24]
    std     %i0, [%g1 + REGISTERS_I + 0]
    std     %i2, [%g1 + REGISTERS_I + 8]
    std     %i4, [%g1 + REGISTERS_I + 16]
    std     %i6, [%g1 + REGISTERS_I + 24]
    save
    WIM_SET %g2
    TRAPS_ON
    call    arch_trap
    mov     %g4, %o0
    CPU     %g1
    ld      [%g1 + TRAP_PSR], %l0
    ld      [%g1 + TRAP_PC], %l1
    ba      kernel_leave
    ld      [%g1 + TRAP_NPC], %l2

/* Supervisor mode was interrupted by a synchronous trap: the idle loop yields, a guarded device
 * access failed, or the hypervisor has a bug. Until that is known only %l0-%l3 may change: see
 * arch_io_read. */
trap_in_kernel:
    and     %l3, 0xff, %l3
    cmp     %l3, TRAP_KERNEL_YIELD
    be      kernel_yield
    sethi   %hi(io_read_access), %l3
    or      %l3, %lo(io_read_access), %l3
    cmp     %l1, %l3
    be      io_failed
    sethi   %hi(io_write_access), %l3
    or      %l3, %lo(io_write_access), %l3
    sub     %l1, %l3, %l3
    cmp     %l3, 16                 /* a store error may be reported a little later */
    bgeu    kernel_bug
    rd      %tbr, %l3
io_failed:
    clr     %i4                     /* %o4 of the window that made the access */
    jmp     %l2
    rett    %l2 + 4

kernel_yield:
    ba      irq_take
    clr     %g4

kernel_bug:
    srl     %l3, 4, %l3
    and     %l3, 0xff, %o0
    mov     %l1, %o1
    mov     MMU_FAULT_ADDRESS, %g2
    lda     [%g2] ASI_MMU, %o2
    sethi   %hi(arch_panic_stack_top), %sp
    or      %sp, %lo(arch_panic_stack_top), %sp
    or      %l0, PSR_PIL, %g3
    wr      %g3, %psr
    wr      %g3, PSR_ET, %psr
    nop
    nop
    call    core_kernel_trap
    nop

/* ---- assembler calls ------------------------------------------------------------------------- */

asm_call_entry:
    KEEP_GLOBALS
    cmp     %i0, sparc_iret_nr
    be      asm_iret
    rd      %y, %l3
    KEEP_OUTS
    mov     %l2, %l1
    cmp     %i0, sparc_flush_regwin_nr
    be      asm_flush
    add     %l2, 4, %l2
    st      %l0, [%g1 + TRAP_PSR]
    st      %l1, [%g1 + TRAP_PC]
    st      %l2, [%g1 + TRAP_NPC]
    TRAPS_ON
    mov     %i0, %o0
    mov     %i1, %o1
    call    core_asm_call
    add     %g1, CPU_TRAP, %o2
    CPU     %g1
    ld      [%g1 + TRAP_PSR], %l0
    ld      [%g1 + TRAP_RESULT], %i0

/* Leave by the shortest way that is open. T-state with pc where to go on, %g1 = arch_cpu. */
asm_done:
    ld      [%g1 + CPU_ATTENTION], %g2
    tst     %g2
    bne     kernel_leave
    nop
    RESTORE_OUTS
    ba      return_to_partition
    nop

/* Write all windows but the current to the partition's stacks: through the saved context, where C
 * can check each frame. */
asm_flush:
    clr     %i0
    ld      [%g1 + CPU_CURRENT], %g2
    SAVE_CONTEXT
    ld      [%g2 + CONTEXT_WIM], %g4
    WIM_SET %g4
    ld      [%g1 + CPU_KERNEL_SP], %sp
    TRAPS_ON
    call    core_flush_windows
    nop
    ba      kernel_leave
    nop

/* Return from a virtual trap. The handler's window H becomes the trap window of the interrupted
 * code: the T-state is brought about in it, and the rest is the ordinary way out. */
asm_iret:
    mov     %l4, %i0                /* %g1-%g4 to where H sees them: its outs, which are dead */
    mov     %l5, %i1
    mov     %l6, %i2
    mov     %l7, %i3
    CPU     %g4
    restore                         /* H */
    or      %l1, %l2, %g1
    andcc   %g1, 3, %g0
    bne     iret_misaligned
    rd      %psr, %g3
    add     %g3, 1, %g3             /* the interrupted window, H + 1: still in the register file? */
    and     %g3, NWINDOWS - 1, %g3
    mov     1, %g2
    sll     %g2, %g3, %g2
    rd      %wim, %g1
    cmp     %g1, %g2
    bne     iret_window_there
    nop
    CHECK_STACK %fp, iret_bad_stack
    WIM_CLEAR
    restore
    LOAD_FRAME
    save
    WIM_UP
    wr      %g2, %wim
iret_window_there:
    mov     %o0, %l4
    mov     %o1, %l5
    mov     %o2, %l6
    mov     %o3, %l7
    rd      %y, %l3
    mov     %l0, %g4                /* the flags the handler returns with */
    sethi   %hi(PSR_ICC), %g2
    and     %l0, %g2, %g1
    rd      %psr, %g3
    andn    %g3, %g2, %g3
    or      %g3, %g1, %l0           /* native psr: the flags' condition codes, CWP = H */
    KEEP_OUTS
    TRAPS_ON
    call    core_iret
    mov     %g4, %o0
    CPU     %g1
    ba      asm_done
    nop

iret_bad_stack:
    mov     %fp, %g2
    save
    ba      stack_fault             /* the call is tried again */
    mov     sparc_iret_nr, %i0

iret_misaligned:
    save
    mov     sparc_iret_nr, %i0
    ba      trap_take
    mov     0x07, %g4               /* memory address not aligned */

/* ---- register windows ------------------------------------------------------------------------ */

/* SAVE met the invalid window T: spill the oldest frame, in the window below, to the partition's
 * own stack. */
window_overflow:
    KEEP_GLOBALS
    CPU     %g4
    rd      %wim, %g1
    WIM_CLEAR
    save
    CHECK_STACK %sp, overflow_bad_stack
    STORE_FRAME
    restore
    WIM_DOWN
    wr      %g2, %wim
window_return:
    wr      %l0, %psr               /* condition codes */
    mov     %l4, %g1
    mov     %l5, %g2
    mov     %l6, %g3
    mov     %l7, %g4
    jmp     %l1
    rett    %l2

overflow_bad_stack:
    mov     %sp, %g2
    restore
    wr      %g1, %wim
    nop
    nop
    nop

/* A stack pointer outside the area remembered, in %g2. core_stack_fault() looks at all areas of the
 * partition: it remembers the right one and the instruction is tried again, or raises the event.
 * T-state but y. */
stack_fault:
    rd      %y, %l3
stack_fault_with_y:
    mov     %g2, %g4
    KEEP_OUTS
    TRAPS_ON
    call    core_stack_fault
    mov     %g4, %o0
    ba      kernel_leave
    nop

/* RESTORE met the invalid window: fill it from the stack of the frame it returns to. */
window_underflow:
    KEEP_GLOBALS
    CPU     %g4
    rd      %wim, %g1
    WIM_CLEAR
    restore                         /* the window that executed RESTORE */
    CHECK_STACK %fp, underflow_bad_stack
    restore                         /* the window to fill: its %sp is that %fp */
    LOAD_FRAME
    save
    save
    WIM_UP
    ba      window_return
    wr      %g2, %wim

underflow_bad_stack:
    mov     %fp, %g2
    save
    wr      %g1, %wim
    nop
    nop
    ba      stack_fault
    nop

/* ---- virtual traps --------------------------------------------------------------------------- */

/* Enter the partition's trap table at arch_cpu.delivery: T becomes its handler's window, as a
 * native trap would have it. T-state, outs in place, traps off, %g1 = arch_cpu. */
deliver:
    rd      %psr, %g3
    mov     1, %g2
    sll     %g2, %g3, %g2           /* shifts by CWP: the low five bits */
    mov     %g1, %g4
    rd      %wim, %g1
    cmp     %g1, %g2
    bne     deliver_window_free
    nop
    WIM_CLEAR                       /* T is the invalid window: make it valid as an overflow would */
    save
    CHECK_STACK %sp, deliver_bad_stack
    STORE_FRAME
    restore
    WIM_DOWN
    WIM_SET %g2
deliver_window_free:
    ld      [%g4 + CPU_DELIVERY], %o0       /* T's outs are the handler's, and free */
    ld      [%g4 + CPU_DELIVERY_FLAGS], %g2
    st      %g0, [%g4 + CPU_DELIVERY]
    wr      %l3, %y
    sethi   %hi(PSR_ICC | PSR_EF), %g3
    and     %l0, %g3, %l0
    or      %l0, %g2, %l0                   /* what the handler finds in %l0: condition codes, EF, virtual PIL and ET */
    rd      %wim, %o1
    wr      %g0, %wim
    mov     %l4, %g1
    mov     %l5, %g2
    mov     %l6, %g3
    mov     %l7, %g4
    save                                    /* a window below T to return from */
    mov     %i0, %l1
    add     %l1, 4, %l2
    wr      %i1, %wim
    nop
    nop
    nop
    jmp     %l1
    rett    %l2

deliver_bad_stack:
    mov     %sp, %g2
    restore
    wr      %g1, %wim
    nop
    nop
    ba      stack_fault_with_y
    nop

/* ---- device registers ------------------------------------------------------------------------ */

/* Around a guarded access. Its trap opens the window below this one, where a live frame of the
 * partition may be: hardware and handler overwrite %l0-%l3 there, so these wait in globals. WIM is
 * 0, or RETT might find its window invalid. */
.macro GUARD_BEGIN
    rd      %wim, %o3
    WIM_CLEAR
    save
    mov     %l0, %g1
    mov     %l1, %g2
    mov     %l2, %g3
    mov     %l3, %g4
    restore
    mov     1, %o4                  /* io_failed clears it */
.endm

.macro GUARD_END
    save
    mov     %g1, %l0
    mov     %g2, %l1
    mov     %g3, %l2
    mov     %g4, %l3
    restore
    WIM_SET %o3
.endm

/* bool arch_io_read(xmAddress_t address, xm_u32_t *value): past MMU and cache; false if the bus
 * reports an error. */
    .globl  arch_io_read
arch_io_read:
    clr     %o2
    GUARD_BEGIN
io_read_access:
    lda     [%o0] ASI_BYPASS, %o2
    nop
    GUARD_END
    st      %o2, [%o1]
    retl
    mov     %o4, %o0

/* bool arch_io_write(xmAddress_t address, xm_u32_t value). On a core with a write buffer an error
 * may come too late to be seen here; it is then reported as the trap DATA_STORE_ERROR. */
    .globl  arch_io_write
arch_io_write:
    GUARD_BEGIN
io_write_access:
    sta     %o1, [%o0] ASI_BYPASS
    nop
    nop
    nop
    GUARD_END
    retl
    mov     %o4, %o0

/* ---- floating point -------------------------------------------------------------------------- */

/* void arch_fpu_switch(struct arch_fpu *save, const struct arch_fpu *load): kernel PSR gets EF for
 * the time. */
    .globl  arch_fpu_switch
arch_fpu_switch:
    rd      %psr, %g1
    sethi   %hi(PSR_EF), %g2
    or      %g1, %g2, %g2
    wr      %g2, %psr
    nop
    nop
    nop
    tst     %o0
    be      1f
    nop
    st      %fsr, [%o0 + FPU_FSR]   /* waits for running operations */
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    std     %f\n, [%o0 + FPU_F + 4 * \n]
    .endr
1:
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldd     [%o1 + FPU_F + 4 * \n], %f\n
    .endr
    ld      [%o1 + FPU_FSR], %fsr
    wr      %g1, %psr
    nop
    nop
    retl
    nop

/* ---- start and end --------------------------------------------------------------------------- */

/* From the boot loader: %o0 container, %o1 its entry; MMU off, traps off. */
kernel_start:
    mov     %o0, %g6
    mov     %o1, %g7
    wr      %g0, PSR_S | PSR_PIL, %psr
    nop
    nop
    nop
    wr      %g0, %wim
    sethi   %hi(kernel_trap_table), %g1
    wr      %g1, %tbr
    nop
    nop
    nop
    sethi   %hi(arch_kernel_stack_top), %sp
    or      %sp, %lo(arch_kernel_stack_top), %sp
    mov     %g6, %o0
    mov     %g7, %o1
    wr      %g0, PSR_S | PSR_PIL | PSR_ET, %psr
    nop
    nop
    nop
    call    arch_boot
    nop

/* First way out: as if the idle loop had been interrupted. */
    .globl  arch_start
arch_start:
    CPU     %g1
    ld      [%g1 + CPU_KERNEL_SP], %sp
    rd      %psr, %l0
    ba      kernel_leave
    andn    %l0, PSR_ET, %l0

/* End of the system: with traps off, a trap puts the processor into error mode, where a debug
 * monitor reports it and QEMU ends. */
    .globl  arch_halt
arch_halt:
    rd      %psr, %g1
    andn    %g1, PSR_ET, %g1
    wr      %g1, %psr
    nop
    nop
    nop
    ta      0
1:  ba      1b
    nop

/* void arch_jump_to_loader(xmAddress_t entry): MMU and traps off, as the loader expects. The kernel
 * is mapped 1:1. */
    .globl  arch_jump_to_loader
arch_jump_to_loader:
    rd      %psr, %g1
    andn    %g1, PSR_ET, %g1
    wr      %g1, %psr
    nop
    nop
    nop
    mov     MMU_CONTROL, %g2
    sta     %g0, [%g2] ASI_MMU
    nop
    nop
    nop
    jmp     %o0
    nop

    .section .note.GNU-stack, "", %progbits
