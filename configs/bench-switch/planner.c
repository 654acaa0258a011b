/* planner.c - lets each plan run for a while, then ends the system
 *
 * Its own slots are spent computing, so that every slot ends with the timer interrupting a
 * partition at work. */
#include <xm.h>
#include "../bench-hypercalls/mark.h"

#define TURNS 120000 /* some 30 slots of 1 ms */

static volatile xm_u32_t counter;

static void compute(void)
{
    for (counter = 0; counter < TURNS; counter++) {
    }
}

void PartitionMain(void)
{
    xm_u32_t before;

    MARK(plan_2);
    compute();
    XM_switch_sched_plan(1, &before);
    MARK(plan_4);
    compute();
    XM_switch_sched_plan(2, &before);
    MARK(plan_8);
    compute();
    XM_switch_sched_plan(3, &before);
    MARK(plan_16);
    compute();
    XM_halt_system();
}
