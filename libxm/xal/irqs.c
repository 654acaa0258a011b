/* irqs.c - table of trap handlers, the default handler, and the end of a program */
#include <irqs.h>
#include <xal.h>
#include <stdio.h>
#include <stdlib.h>
#include "xal_internal.h"

_Static_assert(__builtin_offsetof(trapCtxt_t, y) == TRAPCTXT_Y, "arch/irqs.h");
_Static_assert(__builtin_offsetof(trapCtxt_t, g1) == TRAPCTXT_G1, "arch/irqs.h");
_Static_assert(__builtin_offsetof(trapCtxt_t, nPc) == TRAPCTXT_NPC, "arch/irqs.h");
_Static_assert(__builtin_offsetof(trapCtxt_t, irqNr) == TRAPCTXT_IRQNR, "arch/irqs.h");
_Static_assert(__builtin_offsetof(trapCtxt_t, flags) == TRAPCTXT_FLAGS, "arch/irqs.h");
_Static_assert(__builtin_offsetof(trapCtxt_t, pc) == TRAPCTXT_PC, "arch/irqs.h");
_Static_assert(sizeof(trapCtxt_t) == TRAPCTXT_SIZE, "arch/irqs.h");

trapHandler_t trapHandlersTab[TRAPTAB_LENGTH];

void xal_halt_self(void);

static void unexpected_trap(trapCtxt_t *ctxt)
{
    printf("[P%d:%d] Unexpected trap 0x%x (pc: 0x%x)\n", XM_PARTITION_SELF, XM_get_vcpuid(),
           ctxt->irqNr, ctxt->pc);
}

/* Makes handler answer the vector trapNr; NULL restores the default one. 0, or -1 when there is no
 * such vector. */
xm_s32_t InstallTrapHandler(xm_s32_t trapNr, trapHandler_t handler)
{
    if (trapNr < 0 || trapNr >= TRAPTAB_LENGTH) {
        return -1;
    }
    trapHandlersTab[trapNr] = handler ? handler : unexpected_trap;
    return 0;
}

/* Called by the start code on every vCPU: default handlers (vCPU 0 only, the table is shared) and
 * the vectors of extended interrupts. */
void SetupIrqs(void)
{
    xm_u32_t n;

    if (XM_get_vcpuid() == 0) {
        for (n = 0; n < TRAPTAB_LENGTH; n++) {
            trapHandlersTab[n] = unexpected_trap;
        }
    }
    for (n = XM_VT_EXT_FIRST; n <= XM_VT_EXT_LAST; n++) {
        (void)XM_route_irq(XM_EXTIRQ_TYPE, n, XAL_XMEXT_TRAP(n));
    }
}

/* Holds interrupts back if they could come now, and says whether it did. A handler, or a program
 * that has not enabled them, pays nothing: the state is read from the control table. */
int xal_lock(void)
{
    int was_open = HwIsSti();

    if (was_open) {
        HwCli();
    }
    return was_open;
}

/* Ends xal_lock; its result is the argument. */
void xal_unlock(int was_open)
{
    if (was_open) {
        HwSti();
    }
}

/* Halts the calling partition; a partition may always halt itself, so this does not return. */
void xal_halt_self(void)
{
    (void)XM_halt_partition(XM_PARTITION_SELF);
}

/* Prints a line (printf format; the newline is added) and halts the partition. */
void XALHalt(char *msg, ...)
{
    va_list args;

    va_start(args, msg);
    vprintf(msg, args);
    va_end(args);
    putchar('\n');
    xal_halt_self();
}

/* Ends the program: halts the partition. The status is not kept anywhere. */
void XAL_WEAK exit(int status)
{
    (void)status;
    for (;;) {
        xal_halt_self();
    }
}

/* Ends the program after an error of its own. */
void XAL_WEAK abort(void)
{
    XALHalt("abort");
    exit(1);
}

/* What a false assert() of a debug build calls. */
void xal_assert_failed(const char *expression, const char *file, int line)
    __attribute__((noreturn));
void xal_assert_failed(const char *expression, const char *file, int line)
{
    XALHalt("%s:%d: assertion failed: %s", file, line, expression);
    exit(1);
}
