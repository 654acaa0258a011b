/* apbuart.c - GRLIB UART with serial interface (GRLIB IP manual, APBUART)
 *
 * Registers are only read and written whole. "May I send" asks the FIFO-full bit where there is a
 * FIFO and the empty bit where there is none, because without a FIFO the full bit is always 0. */
#include "../core/board.h"

#define DATA 0x00
#define STATUS 0x04
#define CTRL 0x08
#define SCALER 0x0c

#define STATUS_DR 0x001u
#define STATUS_TE 0x004u
#define STATUS_BR 0x008u
#define STATUS_OV 0x010u
#define STATUS_PE 0x020u
#define STATUS_FE 0x040u
#define STATUS_TF 0x200u
#define STATUS_ERRORS (STATUS_BR | STATUS_OV | STATUS_PE | STATUS_FE)

#define CTRL_RE 0x1u
#define CTRL_TE 0x2u
#define CTRL_RI 0x4u
#define CTRL_TI 0x8u
#define CTRL_FA 0x80000000u

/* Longest wait of a polled write, in status readings: some 10 characters at 9600 baud on a fast
 * processor. A UART that does not move must not stop a panic from reaching its end. */
#define POLL_LIMIT 1000000u

static bool has_fifo[BOARD_MAX_UARTS]; /* kept, because a register takes longer to read */

static volatile xm_u32_t *uart_register(xm_u32_t uart, xm_u32_t offset)
{
    return (volatile xm_u32_t *)(board.uart[uart].base + offset);
}

bool uart_exists(xm_u32_t uart)
{
    return uart < BOARD_MAX_UARTS && board.uart[uart].base != 0;
}

xm_u32_t uart_irq(xm_u32_t uart)
{
    return board.uart[uart].irq;
}

/* baud 0: leave the rate as it is. */
void uart_init(xm_u32_t uart, xm_u32_t baud)
{
    if (baud != 0) {
        *uart_register(uart, SCALER) = board.clock_hz / (8 * baud) - 1;
    }
    *uart_register(uart, CTRL) = CTRL_RE | CTRL_TE;
    *uart_register(uart, STATUS) = 0;
    has_fifo[uart] = (*uart_register(uart, CTRL) & CTRL_FA) != 0;
}

/* Both loops look at the status before each byte: how many a FIFO holds, only newer cores say. They
 * count up to 0, which saves the comparison. */
xm_u32_t uart_transmit(xm_u32_t uart, const xm_u8_t *bytes, xm_u32_t count)
{
    volatile xm_u32_t *data = uart_register(uart, DATA);
    xm_u32_t bit = has_fifo[uart] ? STATUS_TF : STATUS_TE;
    xm_u32_t room = bit & STATUS_TE;
    const xm_u8_t *end = bytes + count;
    xm_s32_t left = -(xm_s32_t)count;

    for (; left != 0 && (data[STATUS / 4] & bit) == room; left++) {
        *data = end[left];
    }
    return count + (xm_u32_t)left;
}

xm_u32_t uart_receive(xm_u32_t uart, xm_u8_t *bytes, xm_u32_t count)
{
    volatile xm_u32_t *data = uart_register(uart, DATA);
    xm_u8_t *end = bytes + count;
    xm_s32_t left = -(xm_s32_t)count;

    for (; left != 0 && (data[STATUS / 4] & STATUS_DR) != 0; left++) {
        end[left] = (xm_u8_t)*data;
    }
    return count + (xm_u32_t)left;
}

void uart_set_interrupts(xm_u32_t uart, bool receive, bool transmit)
{
    *uart_register(uart, CTRL) =
        CTRL_RE | CTRL_TE | (receive ? CTRL_RI : 0) | (transmit ? CTRL_TI : 0);
}

xm_u32_t uart_take_errors(xm_u32_t uart)
{
    xm_u32_t errors = *uart_register(uart, STATUS) & STATUS_ERRORS;

    if (errors != 0) {
        *uart_register(uart, STATUS) = 0;
    }
    return errors;
}

void uart_put_now(xm_u32_t uart, char c)
{
    xm_u8_t byte = (xm_u8_t)c;

    for (xm_u32_t i = 0; i < POLL_LIMIT && uart_transmit(uart, &byte, 1) == 0; i++) {
    }
}
