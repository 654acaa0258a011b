/* Divides 1 by 0 with the trap of the division enabled in the FSR; after the reset with it disabled. */
#include "../testlib.h"

#define FSR_TEM_DIVISION_BY_ZERO (1u << 24)

static const xm_u32_t one = 0x3f800000, zero = 0;
static xm_u32_t quotient;

static void divide(xm_u32_t fsr)
{
    register const xm_u32_t *o0 __asm__("o0") = &fsr;
    register const xm_u32_t *o1 __asm__("o1") = &one;
    register const xm_u32_t *o2 __asm__("o2") = &zero;
    register xm_u32_t *o3 __asm__("o3") = &quotient;

    __asm__ volatile(".word 0xc10a2000\n\t" /* ld [%%o0], %%fsr */
                     ".word 0xc1026000\n\t" /* ld [%%o1], %%f0 */
                     ".word 0xc302a000\n\t" /* ld [%%o2], %%f1 */
                     ".word 0x85a009a1\n\t" /* fdivs %%f0, %%f1, %%f2 */
                     ".word 0xc522e000\n\t" /* st %%f2, [%%o3] */
                     : : "r"(o0), "r"(o1), "r"(o2), "r"(o3) : "memory");
}

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();

    divide(pct->resetCounter == 0 ? FSR_TEM_DIVISION_BY_ZERO : 0);
    printf("divider: life %d after event %d, quotient %x\n", pct->resetCounter, pct->resetStatus, quotient);
}
