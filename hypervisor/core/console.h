/* console.h - console output and link devices: byte rings between partitions and UARTs
 *
 * A console on an ordinary UART shares that UART's ring: writes go out whole and in order. A
 * partition whose console is a link UART has a ring of its own that the supervisor serves to the
 * ground by byte number. A link UART moves bytes between its two rings and the device in the
 * interrupt handler, at most budget_bytes per slot.
 *
 * Rules: a writer never waits; what does not fit is dropped and counted. */
#ifndef XM_CORE_CONSOLE_H
#define XM_CORE_CONSOLE_H

#include "partition.h"

void console_init(void);
/* Bytes of the hypervisor's own console output; polled until the scheduler starts. */
void console_kernel_write(const char *text, xm_u32_t length);
/* Go from polled output to the rings. */
void console_go_live(void);
/* Interrupt of a UART. */
void console_irq(xm_u32_t uart);
/* A slot starts: budgets are whole again, rings move on. */
void console_slot_start(void);
/* Idle time: move bytes to devices; true while there is more that a device would take. */
bool console_idle(void);
/* Interrupt lines that consoles and links use. */
xm_u32_t console_irq_lines(void);
/* Push everything out, polled, before a halt or reset. */
void console_flush_now(void);

#endif
