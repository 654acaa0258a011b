/* console.h - console output and link devices: byte rings between partitions and UARTs
 *
 * A console on an ordinary UART shares that UART's ring: writes go out whole and in order. A
 * partition whose console is a link UART has a ring of its own that the supervisor serves to the
 * ground by byte number. A link UART moves bytes between its two rings and the device: in
 * interrupts and turns, at most budget_bytes per slot, in calls of the partition it serves, and in
 * idle time.
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
/* Interrupt of a line; false: no link has it. */
bool console_irq(xm_u32_t line);
/* Something waits for a turn, or moved in the last slot. If not, the way out of the kernel has
 * nothing to do for consoles and links. */
extern bool console_active;
/* Way out of the kernel, if console_active: hold links back at the start of a slot, take the turn
 * that is due. Returns the earlier of deadline_us and the next turn. */
xmTime_t console_turn(xmTime_t now_us, xmTime_t deadline_us);
/* Interrupt lines that are to stay off for now; none if not console_active. */
extern xm_u32_t console_held_lines;
/* Idle time: move bytes to devices; true while there is more that a device would take. */
bool console_idle(void);
/* Interrupt lines of links. */
xm_u32_t console_irq_lines(void);
/* Push everything out, polled, before a halt or reset. */
void console_flush_now(void);

#endif
