/* console.h - the boot loader's messages on UART 0
 *
 * Rules: every line starts with "boot: ". Polled, and every wait ends: a dead UART delays the boot
 *        and does not stop it. */
#ifndef XM_BOOT_CONSOLE_H
#define XM_BOOT_CONSOLE_H

#include "../abi/types.h"

#include <stdbool.h>

void console_init(bool from_prom);
void console_text(const char *text);
void console_number(xm_u32_t value);
void console_hex(xm_u32_t value);
void console_bytes(const xm_u8_t *bytes, xm_u32_t count);
void console_flush(void);

#endif
