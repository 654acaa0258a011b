/* subject.c - runs, and says so; makes a call about itself, or (the stranger) about another, when told to */
#include "shared.h"
#include <irqs.h>

static void handle_shutdown(trapCtxt_t *context)
{
    (void)context;
    CONTROL->shutdowns++;
}

void PartitionMain(void)
{
    if (XM_PARTITION_SELF == SUBJECT) {
        CONTROL->lives++;
        InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_SHUTDOWN), handle_shutdown);
        XM_clear_irqmask(0, 1 << XM_VT_EXT_SHUTDOWN);
        HwSti();
    }
    for (;;) {
        if (CONTROL->command != 0 && CONTROL->command_for == XM_PARTITION_SELF) {
            xm_u32_t call = CONTROL->command - 1;

            CONTROL->command = 0;
            CONTROL->code = make_call(call, CONTROL->target);
        }
        if (XM_PARTITION_SELF == SUBJECT) {
            CONTROL->ticks++;
        }
        if (!CONTROL->busy || XM_PARTITION_SELF == STRANGER) {
            XM_idle_self();
        }
    }
}
