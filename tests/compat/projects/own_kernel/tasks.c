#include <stdio.h>
#include <xm.h>
#include "kernel.h"

#define ENOUGH 120

static volatile int rounds[2], wrong[2];

/* Deeper than there are windows, with a value in each of them. */
static int Sum(int depth, int salt)
{
        volatile int mine = depth * salt;
        int below = depth > 0 ? Sum(depth - 1, salt) : 0;

        return below + mine;
}

static void Work(int n, int depth)
{
        while (1) {
                wrong[n] += Sum(depth, n + 3) != (n + 3) * depth * (depth + 1) / 2;
                rounds[n]++;
        }
}

void TaskA(void)
{
        Work(0, 12);
}

void TaskB(void)
{
        Work(1, 19);
}

void TaskC(void)
{
        while (ticks < ENOUGH)
                ;
        printf("wrong %d %d, unexpected %d\n", wrong[0], wrong[1], unexpected);
        printf("rounds %s, fewer switches than ticks: %d\n", rounds[0] > 100 && rounds[1] > 100 ? "many" : "few",
               switches < ticks && switches > ticks / 4);
        XM_halt_system();
}
