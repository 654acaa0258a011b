/* driver.c - what a partition is told by interrupt and by trap: from the cause to its handler's
 * first instruction */
#include <irqs.h>
#include <xm.h>
#include "../bench-hypercalls/mark.h"

#define UART_LINE 3
#define UART_DATA 0x80000100
#define UART_CONTROL 0x80000108
#define UART_ENABLE 0x3 /* receiver, transmitter */
#define UART_SEND_INTERRUPT 0x8
#define TURNS 20

static volatile int timers, devices;

static void on_timer(trapCtxt_t *context)
{
    (void)context;
    MARK(in_timer_handler);
    timers++;
}

static void on_device(trapCtxt_t *context)
{
    (void)context;
    MARK(in_device_handler);
    devices++;
    /* A line is masked when its interrupt is delivered, until the partition has served the device.
     */
    XM_clear_irqmask(1u << UART_LINE, 0);
}

static void on_division(trapCtxt_t *context)
{
    MARK(in_division_handler);
    context->pc = context->nPc;
    context->nPc += 4;
}

static void divide_by_zero(void)
{
    __asm__ volatile("wr %%g0, %%g0, %%y\n\tnop\n\tnop\n\tnop\n\tudiv %%g1, %%g0, %%g0" ::: "g1");
}

/* One event at a time. The UART's line rises when it has sent a byte. */
static void turn(int i)
{
    xmTime_t now;

    XM_get_time(XM_HW_CLOCK, &now);
    XM_set_timer(XM_HW_CLOCK, now + 200, 0);
    while (timers <= i) {
    }
    XM_sparc_outport(UART_DATA, i == TURNS - 1 ? '\n' : '.');
    while (devices <= i) {
    }
    divide_by_zero();
}

void PartitionMain(void)
{
    int i;

    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER), on_timer);
    InstallTrapHandler(XM_HWIRQ_VECTOR + UART_LINE, on_device);
    InstallTrapHandler(DIVISION_BY_ZERO, on_division);
    XM_sparc_outport(UART_CONTROL, UART_ENABLE | UART_SEND_INTERRUPT);
    XM_clear_irqpend(1u << UART_LINE, 0);
    XM_clear_irqmask(1u << UART_LINE, 1u << XM_VT_EXT_HW_TIMER);
    HwSti();
    for (i = 0; i < TURNS; i++) {
        turn(i);
    }
    XM_halt_system();
}
