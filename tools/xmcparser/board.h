/* board.h - what the hypervisor keeps for itself on the boards it supports: register ranges and
 * interrupt lines
 *
 * All LEON3 boards have these cores at GRLIB's usual places; the one that QEMU models
 * (leon3_generic) has just these. */
#ifndef XMCPARSER_BOARD_H
#define XMCPARSER_BOARD_H

#include <stdint.h>

#define BOARD_NO_UART 0xffffffffu
#define BOARD_UARTS 2 /* ids that a configuration may name (CONFIG_DEV_NO_UARTS) */

struct board_device {
    const char *name;
    uint32_t start, size; /* registers */
    uint32_t lines;       /* interrupt lines, as bits */
    uint32_t uart; /* only kept if the configuration uses this UART; BOARD_NO_UART: always kept */
};

/* One page holds timers, interrupt controller and UART: mapped for the hypervisor in every address
 * space. */
#define BOARD_REGISTERS_START 0x80000000u
#define BOARD_REGISTERS_SIZE 0x100000u

/* A partition switch takes this long: up to 436 instructions (`make bench`, partition switch, in
 * docs/performance.md) of up to 1.7 cycles (what a cycle-timed LEON simulator gives kernel code of
 * this kind: 1.4 to 1.7) at 40 MHz are 18.5 us. */
#define BOARD_SWITCH_US 19

extern const struct board_device board_devices[];
extern const unsigned board_device_count;

#endif
