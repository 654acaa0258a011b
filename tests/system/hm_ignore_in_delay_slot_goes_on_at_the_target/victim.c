/* The faulting instruction stands in the delay slot of a branch: what comes next is the branch's target, not the word behind. */
#include "../testlib.h"

static int branch_over(void)
{
    int way;

    __asm__ volatile("mov 0, %0\n\t"
                     "ba 1f\n\t"
                     "udiv %%g0, %%g0, %%g1\n\t" /* in the delay slot */
                     "or %0, 1, %0\n\t"          /* never */
                     "1: or %0, 2, %0\n\t"
                     "or %0, 4, %0" : "=&r"(way) : : "g1");
    return way;
}

static int straight(void)
{
    int way;

    __asm__ volatile("mov 0, %0\n\t"
                     "or %0, 1, %0\n\t"
                     "udiv %%g0, %%g0, %%g1\n\t"
                     "or %0, 2, %0\n\t"
                     "or %0, 4, %0" : "=&r"(way) : : "g1");
    return way;
}

void PartitionMain(void)
{
    printf("straight on: %d\n", straight());
    printf("from a delay slot: %d\n", branch_over());
    print_hm_log();
    XM_halt_system();
}
