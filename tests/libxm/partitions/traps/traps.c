#include <stdio.h>
#include <xm.h>
#include <irqs.h>

#ifdef CONFIG_SPARCv8
#define DIVIDE_TRAP DIVISION_BY_ZERO
#endif
#ifdef CONFIG_x86
#define DIVIDE_TRAP DIVIDE_ERROR
#endif

static void divide_handler(trapCtxt_t *ctxt)
{
    printf("trap 0x%x flags 0x%x pc 0x%08x y %x g1 %x\n", ctxt->irqNr, ctxt->flags, ctxt->pc, ctxt->y, ctxt->g1);
    ctxt->pc = ctxt->nPc;
    ctxt->nPc += 4;
}

static void fatal_handler(trapCtxt_t *ctxt)
{
    printf("fatal 0x%x\n", ctxt->irqNr);
    XM_halt_partition(XM_PARTITION_SELF);
}

void PartitionMain(void)
{
    xm_u32_t quotient = 0;

    InstallTrapHandler(DIVIDE_TRAP, divide_handler);
    InstallTrapHandler(DATA_ACCESS_EXCEPTION, fatal_handler);
    InstallTrapHandler(SPARC_HWIRQ_TRAP(XM_VT_HW_UART1_TRAP_NR), fatal_handler);
    InstallTrapHandler(INTERRUPT_LEVEL_3, NULL);
    trapHandlersTab[0x80 + 5] = fatal_handler;
    XM_route_irq(XM_TRAP_TYPE, 18, DIVISION_BY_ZERO);
    __asm__ __volatile__("wr %%g0, %%y\n\tudiv %0, %%g0, %0\n\t" : "+r"(quotient));
    printf("%d\n", quotient);
    __asm__ __volatile__("ta 5\n\tnop");
}
