#include <stdio.h>
#include <xm.h>
#include <irqs.h>

#define PRINT(...) do { \
        printf("[%d] ", XM_PARTITION_SELF); \
        printf(__VA_ARGS__); \
} while (0)

void DivideHandler(trapCtxt_t *ctxt)
{
        PRINT("division by zero at 0x%x, vector 0x%x: halting\n", ctxt->pc, ctxt->irqNr);
        XM_halt_partition(XM_PARTITION_SELF);
}

void PartitionMain(void)
{
        volatile int val = 0;

#ifdef CONFIG_SPARCv8
        InstallTrapHandler(DIVISION_BY_ZERO, DivideHandler);
#endif
        PRINT("dividing by zero\n");
        val = 10 / val;
        PRINT("never printed: %d\n", val);
}
