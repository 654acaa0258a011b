#include "../testlib.h"

static void division(trapCtxt_t *context)
{
    printf("divider: trap %d, skipping\n", context->irqNr);
    context->pc = context->nPc;
    context->nPc += 4;
}

void PartitionMain(void)
{
    xm_u32_t witness = 0x1234abcd, quotient = 5;

    InstallTrapHandler(DIVISION_BY_ZERO, division);
    __asm__ volatile("wr %%g0, %%g0, %%y\n\tnop\n\tnop\n\tnop\n\tudiv %0, %2, %0"
                     : "+r"(quotient), "+r"(witness)
                     : "r"(0));
    printf("divider: went on, witness %x, quotient %d\n", witness, quotient);
}
