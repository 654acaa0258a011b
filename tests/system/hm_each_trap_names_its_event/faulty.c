#include "../testlib.h"

static const char *const fault[] = { "illegal instruction", "privileged instruction", "misaligned load",
                                     "division by zero", "tag overflow", "coprocessor instruction",
                                     "store outside", "jump outside", "floating point without the fp flag",
                                     "unrecoverable trace", "raised by the application" };

static void provoke(xm_u32_t number)
{
    xmTraceEvent_t event = { .opCodeH = XM_TRACE_UNRECOVERABLE << TRACE_OPCODE_CRIT_BIT };

    switch (number) {
    case 0:
        __asm__ volatile("unimp 0");
        break;
    case 1:
        __asm__ volatile("rd %%psr, %%g1" ::: "g1");
        break;
    case 2:
        __asm__ volatile("ld [%0 + 1], %%g0" ::"r"(&number));
        break;
    case 3:
        __asm__ volatile("udiv %%g0, %%g0, %%g1" ::: "g1");
        break;
    case 4:
        __asm__ volatile("taddcctv %0, %0, %%g0" ::"r"(3));
        break;
    case 5:
        __asm__ volatile(".word 0x81b00000"); /* cpop1 0, %c0, %c0, %c0 */
        break;
    case 6:
        *(volatile xm_u32_t *)0x40a00000 = 1;
        break;
    case 7:
        ((void (*)(void))0x40a00000)();
        break;
    case 8:
        __asm__ volatile(".word 0x81a00020"); /* fmovs %f0, %f0 */
        break;
    case 9:
        XM_trace_event(TRACE_BM_ALWAYS, &event);
        break;
    case 10:
        XM_hm_raise_event(XM_HM_EV_APP_NUMERIC_ERROR);
        break;
    default:
        printf("raise an event that is not the application's: %d\n", XM_hm_raise_event(XM_HM_EV_INTERNAL_ERROR));
        XM_halt_partition(XM_PARTITION_SELF);
    }
    printf("survived number %d\n", number);
}

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();

    if (pct->resetCounter > 0) {
        printf("life %d after event %d: %s\n", pct->resetCounter, pct->resetStatus, fault[pct->resetCounter - 1]);
    }
    provoke(pct->resetCounter);
}
