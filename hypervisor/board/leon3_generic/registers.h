/* registers.h - where leon3_generic has its devices, and their interrupt lines
 *
 * GRLIB's usual places. Numbers only: the hypervisor reads them in C and in assembler, xmcparser to
 * keep them from partitions. */
#ifndef XM_BOARD_REGISTERS_H
#define XM_BOARD_REGISTERS_H

#define BOARD_DEVICE_BYTES 0x100 /* each device's */

#define BOARD_MEMORY_CONTROLLER 0x80000000
#define BOARD_UART0 0x80000100
#define BOARD_UART0_LINE 3
#define BOARD_IRQMP 0x80000200
#define BOARD_GPTIMER 0x80000300
#define BOARD_CLOCK_LINE 6 /* of the first timer, which the hypervisor lets run freely */
#define BOARD_TIMER_LINE 7 /* of the second timer: the slot timer */

#endif
