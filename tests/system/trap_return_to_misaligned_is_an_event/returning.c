/* Returns from a trap that never was to an address that is no instruction's, from every window: also from the one below which
 * the next is the invalid one. */
#include "../testlib.h"

#define WINDOWS 8

static volatile int events;

static void go_on(trapCtxt_t *context)
{
    events++;
    context->pc = context->nPc;
    context->nPc += 4;
}

static int __attribute__((noinline)) return_from(int depth)
{
    register int number __asm__("o0") = sparc_iret_nr;
    register xm_u32_t pc __asm__("l1") = 2;
    register xm_u32_t npc __asm__("l2") = 6;

    if (depth > 0) {
        int below = return_from(depth - 1);

        __asm__ volatile("" : "+r"(below)); /* or the compiler makes a loop of it */
        return below + depth;
    }
    __asm__ volatile("ta %1" : "+r"(number) : "i"(XM_ASMHYPERCALL_TRAP & 0x7f), "r"(pc), "r"(npc)
                     : "o1", "o2", "o3", "o4", "o5", "memory", "cc");
    return 0;
}

void PartitionMain(void)
{
    int depth, wrong = 0;

    InstallTrapHandler(MEM_ADDRESS_NOT_ALIGNED, go_on);
    for (depth = 0; depth <= WINDOWS; depth++) {
        wrong += return_from(depth) != depth * (depth + 1) / 2;
    }
    printf("returning: %d events, %d wrong\n", events, wrong);
    XM_halt_system();
}
