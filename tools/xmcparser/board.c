/* board.c - what the hypervisor keeps for itself on the boards it supports */
#include "board.h"
#include "../../hypervisor/board/leon3_generic/registers.h"

const struct board_device board_devices[] = {
    { "the memory controller", BOARD_MEMORY_CONTROLLER, BOARD_DEVICE_BYTES, 0, BOARD_NO_UART },
    { "UART 0", BOARD_UART0, BOARD_DEVICE_BYTES, 1u << BOARD_UART0_LINE, 0 },
    { "the interrupt controller", BOARD_IRQMP, BOARD_DEVICE_BYTES, 0, BOARD_NO_UART },
    { "the timer unit", BOARD_GPTIMER, BOARD_DEVICE_BYTES,
      1u << BOARD_CLOCK_LINE | 1u << BOARD_TIMER_LINE, BOARD_NO_UART },
};

const unsigned board_device_count = sizeof board_devices / sizeof *board_devices;
