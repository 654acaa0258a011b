/* board.h - the contract between core and the devices of a board
 *
 * A board is one const description (board/<name>/board.c) and a header of the facts that must be
 * constants for speed (board/<name>/board_impl.h), which may also define any of the functions below
 * as a static inline one. core knows only these functions. On the workstation arch/host/ implements
 * them. */
#ifndef XM_CORE_BOARD_H
#define XM_CORE_BOARD_H

#include <stdbool.h>
#include "../abi/types.h"

#define BOARD_MAX_UARTS 2

struct board_uart {
    xmAddress_t base; /* of its registers; 0: the board has no such UART */
    xm_u32_t irq;
};

struct board {
    const char *name;
    xm_u32_t clock_hz;          /* processor and bus clock: timer prescaler, UART divisor */
    xmAddress_t device_start;   /* registers that the kernel maps for itself */
    xm_u32_t device_size;
    xmAddress_t
        prom_start; /* readable by the kernel: a system booted from PROM keeps its images there */
    xm_u32_t prom_size;
    struct board_uart uart[BOARD_MAX_UARTS];
};

extern const struct board board;

#include "board_impl.h" /* BOARD_TIMER_LINE, and what of the functions below is inline */

/* Free-running microsecond count, 32 bits, wraps. */
void timer_init(void);
xm_u32_t timer_count_us(void);
/* One interrupt after delay_us (1 or more); replaces an earlier one. */
void timer_arm_us(xm_u32_t delay_us);

/* Interrupt controller: line n is bit n. */
void irq_init(void);
void irq_set_mask(xm_u32_t lines_enabled);
void irq_force(xm_u32_t lines);
void irq_clear(xm_u32_t lines);
/* Does an enabled line wait to be taken? */
bool irq_pending(void) __attribute__((noinline)); /* make bench counts the way between two looks */

/* UARTs, by board number. Nothing here waits, but uart_put_now(), which is for boot messages and
 * panics. */
void uart_init(xm_u32_t uart, xm_u32_t baud);
bool uart_exists(xm_u32_t uart);
/* Give bytes to the device as long as it takes them, take bytes from it as long as it has any; both
 * return how many. */
xm_u32_t uart_transmit(xm_u32_t uart, const xm_u8_t *bytes, xm_u32_t count);
xm_u32_t uart_receive(xm_u32_t uart, xm_u8_t *bytes, xm_u32_t count);
void uart_set_interrupts(xm_u32_t uart, bool receive, bool transmit);
/* Error conditions since the last call, cleared by it. */
xm_u32_t uart_take_errors(xm_u32_t uart);
void uart_put_now(xm_u32_t uart, char c);
xm_u32_t uart_irq(xm_u32_t uart);

/* An Ethernet MAC with a table of descriptors in memory for each direction; `registers` is its
 * address. A descriptor is two words; the owner of the tables writes them with mac_fill(). */
#define MAC_DESCRIPTORS 32u
#define MAC_TABLE_BYTES (MAC_DESCRIPTORS * 8u)
#define MAC_TABLE_ALIGNMENT 1024u
/* Stop it and set the tables, which must hold zeros. False: nothing answers at that address. */
bool mac_reset(xmAddress_t registers, xmAddress_t send_table, xmAddress_t receive_table);
/* Hand over a descriptor: bytes to send, 0: to receive. */
void mac_fill(xmAddress_t table, xm_u32_t index, xmAddress_t buffer, xm_u32_t bytes);
/* Is the MAC done with it? Then *status is its first word. */
bool mac_done(xmAddress_t table, xm_u32_t index, xm_u32_t *status);

#endif
