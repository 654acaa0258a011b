/* Names of XtratuM 3.1, 3.2 and of the qualified branch that do not collide with 3.7's. */
#include <stdio.h>
#include <xm.h>
#include <irqs.h>
#include <arch/atomic_ops.h>

static void handler(trapCtxt_t *ctxt)
{
    ctxt->pc = ctxt->nPc;
    ctxt->nPc += 4;
}

void PartitionMain(void)
{
    xm_u32_t psr, value = 0;
    static xmAtomic_t word;

    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_OBJDESC), handler);
    InstallTrapHandler(XM_VT_EXT_HW_TIMER_TTAB, handler);
    InstallTrapHandler(XM_VT_EXT_SHUTDOWN_TTAB, handler);
    psr = XM_sparcv8_get_psr();
    XM_sparcv8_set_psr(psr | PSR_PIL_MASK);
    XM_sparcv8_set_pil();
    XM_sparcv8_clear_pil();
    XM_sparcv8_flush_regwin();
    XM_sparcv8_inport(0x80000100, &value);
    XM_sparcv8_outport(0x80000100, value);
    XM_sparcv8_atomic_add(&value, 1);
    XMAtomicSetMask(1, &word);
    XMAtomicClearMask(1, &word);
    printf("%d\n", XMAtomicGet(&word));
    XM_enable_irqs();
    XM_disable_irqs();
    XM_unmask_irq(XM_VT_EXT_HW_TIMER);
    XM_mask_irq(XM_VT_EXT_HW_TIMER);
    HwSaveFlags(psr);
    HwRestoreFlags(psr);
    HwSaveFlagsCli(psr);
    if (HwIsSti() || XM_set_plan(1) == XM_NOT_AVAILABLE || XM_hm_open() < 0) {
        printf("%s\n", XM_params_get_PCT()->name);
    }
    switch (value) {
    case XM_HM_EV_DIVIDE_EXCEPTION:
    case XM_HM_EV_DATA_ACCESS_EXCEPTION:
    case XM_HM_EV_PARTITION_UNRECOVERABLE:
        break;
    }
}
