#include <stdio.h>
#include <string.h>
#include <xm.h>
#include "frame.h"
#include "kernel.h"

#define TICK 5000 /* us */
#define TIMER_VECTOR (224 + XM_VT_EXT_HW_TIMER)

static struct {
        xm_u32_t sp;
        xm_u32_t stack[1024] __attribute__((aligned(8)));
} tasks[TASKS];
static int running = -1;
static xmTime_t started;
volatile int ticks, switches;
volatile int unexpected;

/* A task that looks as if it had been interrupted before its first instruction. */
static void Create(int n, void (*entry)(void))
{
        xm_u32_t *top = tasks[n].stack + 1024 - 24; /* what the task's window is filled from: zeros */
        xm_u32_t *frame = top - FRAME_SIZE / 4;

        frame[0] = 0; /* PIL 0 */
        frame[1] = (xm_u32_t)entry;
        frame[2] = (xm_u32_t)entry + 4;
        frame[8 + 6] = (xm_u32_t)top;
        tasks[n].sp = (xm_u32_t)frame;
}

/* Ticks of the time the partition had no slot are one interrupt: count by the clock. */
xm_u32_t kernel_trap(xm_u32_t vector, xm_u32_t sp)
{
        xmTime_t now;

        if (vector != TIMER_VECTOR) {
                unexpected++;
                return sp;
        }
        XM_get_time(XM_HW_CLOCK, &now);
        ticks = (int)((now - started) / TICK);
        if (running >= 0)
                tasks[running].sp = sp;
        running = (running + 1) % TASKS;
        switches++;
        return tasks[running].sp;
}

void kernel_main(void)
{
        Create(0, TaskA);
        Create(1, TaskB);
        Create(2, TaskC);
        printf("%s starts\n", XM_get_PCT()->name);
        XM_get_time(XM_HW_CLOCK, &started);
        XM_clear_irqmask(0, 1 << XM_VT_EXT_HW_TIMER);
        XM_set_timer(XM_HW_CLOCK, started + TICK, TICK);
        XM_sparc_clear_pil();
        while (1)
                ; /* the first tick leaves this for ever */
}
