#include "../testlib.h"

/* Every level keeps its own value in registers over the call below it. */
__attribute__((noinline)) static xm_u32_t nested(xm_u32_t depth, xm_u32_t seed)
{
    xm_u32_t mine = seed * 2654435761u + depth, twice = mine ^ 0x5a5a5a5au, below;

    if (depth == 0) {
        return mine;
    }
    below = nested(depth - 1, mine);
    __asm__ volatile("" : "+r"(mine), "+r"(twice));
    return below + (mine ^ twice ^ 0x5a5a5a5au) + depth;
}

/* The same value without calls. */
static xm_u32_t flat(xm_u32_t depth, xm_u32_t seed)
{
    xm_u32_t sum = 0;

    for (;; depth--) {
        seed = seed * 2654435761u + depth;
        if (depth == 0) {
            return sum + seed;
        }
        sum += depth;
    }
}

void PartitionMain(void)
{
    xm_u32_t round, wrong = 0;

    for (round = 0; round < 300; round++) {
        xm_u32_t seed = round * 77 + XM_PARTITION_SELF;

        wrong += nested(60, seed) != flat(60, seed);
    }
    printf("%s: %d rounds, %d wrong\n", XM_get_PCT()->name, round, wrong);
}
