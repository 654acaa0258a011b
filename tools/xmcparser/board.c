/* board.c - what the hypervisor keeps for itself on the boards it supports */
#include "board.h"

const struct board_device board_devices[] = {
    { "the memory controller", 0x80000000u, 0x100, 0, BOARD_NO_UART },
    { "UART 0", 0x80000100u, 0x100, 1u << 3, 0 },
    { "the interrupt controller", 0x80000200u, 0x100, 0, BOARD_NO_UART },
    { "the timer unit", 0x80000300u, 0x100, 1u << 6 | 1u << 7, BOARD_NO_UART },
};

const unsigned board_device_count = sizeof board_devices / sizeof *board_devices;
