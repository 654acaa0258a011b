/* board_impl.h - what core/board.h asks of a board as compile-time facts: the addresses that every
 * entry of the kernel uses are then immediate values, and reading the clock is three instructions.
 * Everything else about the board stands in board.c. */
#ifndef XM_BOARD_IMPL_H
#define XM_BOARD_IMPL_H

#include "registers.h"
#include "../../drivers/gptimer.h"
#ifndef __ASSEMBLER__
#include "../../drivers/irqmp.h"
#endif

#endif
