#include "console.h"

#include "../core/board.h"

/* APBUART and GPTIMER registers, by the names of the GRLIB manual. */
struct apbuart {
    xm_u32_t data, status, control, scaler;
};
#define APBUART_STATUS_TS 0x2u /* transmitter shift register empty */
#define APBUART_STATUS_TE 0x4u /* transmitter FIFO empty */
#define APBUART_CONTROL_RE 0x1u
#define APBUART_CONTROL_TE 0x2u

struct gptimer {
    xm_u32_t scaler, scaler_reload;
};

/* Rate before the configuration is read; the hypervisor sets the configured one. */
#define BOOT_BAUD 115200u
/* Polls until a transmitter counts as dead. One character at 9600 baud is 1 ms, some 10,000 polls
 * at 100 MHz. */
#define POLLS_MAX 1000000u

static volatile struct apbuart *uart(void)
{
    return (volatile struct apbuart *)board.uart[0].base;
}

/* Makes the UART usable. From PROM nothing is initialised: the rate, and the timers' 1 MHz
 * prescaler that a debug monitor or QEMU would have set, are set here. The memory controller has to
 * work already: its setting is the board's. */
void console_init(bool from_prom)
{
    if (from_prom) {
        volatile struct gptimer *timer = (volatile struct gptimer *)BOARD_GPTIMER;
        timer->scaler_reload = board.clock_hz / 1000000u - 1;
        timer->scaler = board.clock_hz / 1000000u - 1;
        uart()->scaler = board.clock_hz / (8u * BOOT_BAUD) - 1;
        uart()->control = APBUART_CONTROL_RE | APBUART_CONTROL_TE;
    } else if ((uart()->control & APBUART_CONTROL_TE) == 0) {
        uart()->control = APBUART_CONTROL_RE | APBUART_CONTROL_TE;
    }
}

static void wait_for(xm_u32_t status)
{
    for (xm_u32_t polls = 0; (uart()->status & status) == 0 && polls < POLLS_MAX; polls++) {
    }
}

static void put(char c)
{
    wait_for(APBUART_STATUS_TE);
    uart()->data = (xm_u8_t)c;
}

/* Writes text; a line end goes out as CR LF. */
void console_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            put('\r');
        }
        put(*text);
    }
}

/* Writes a number in decimal. */
void console_number(xm_u32_t value)
{
    char digits[11];
    xm_u32_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    console_text(&digits[at]);
}

/* Writes bytes as hexadecimal digits. */
void console_bytes(const xm_u8_t *bytes, xm_u32_t count)
{
    static const char digit[] = "0123456789abcdef";
    for (xm_u32_t i = 0; i < count; i++) {
        put(digit[bytes[i] >> 4]);
        put(digit[bytes[i] & 15]);
    }
}

/* Writes an address: 0x and eight digits. */
void console_hex(xm_u32_t value)
{
    console_text("0x");
    console_bytes((const xm_u8_t *)&value, sizeof value);
}

/* Waits until the last character is on the line: the hypervisor sets the UART anew. */
void console_flush(void)
{
    wait_for(APBUART_STATUS_TE);
    wait_for(APBUART_STATUS_TS);
}
