/* board.c - QEMU's leon3_generic: one UART, two timers, no FIFO, no Ethernet; also the shape of a
 * small LEON3 FPGA design */
#include "../../core/board.h"

const struct board board = {
    .name = "leon3_generic",
    .clock_hz = 40000000,
    .device_start = 0x80000000,
    .device_size = 0x1000,
    .prom_start = 0x00000000,
    .prom_size = 0x00800000,
    .uart = { { .base = BOARD_UART0, .irq = BOARD_UART0_LINE } },
};
