/* stdio.h - formatted output to the partition's console
 *
 * Conversions %c %s %d %i %u %x (or their capitals), lengths l, L (32 bits) and ll (64 bits), and a
 * width after a leading 0 or space: %08x, % 4d. Hexadecimal digits are upper case. Any other
 * character after % is printed as it is, so %5d and %p are not conversions. Output goes out by
 * lines: text without a newline waits for one. */
#ifndef XAL_STDIO_H
#define XAL_STDIO_H

#include <xm_inc/config.h>
#include <xm_inc/arch/arch_types.h>
#include <stdarg.h>
#include <stddef.h>

xm_s32_t putchar(xm_s32_t c);
xm_s32_t printf(const char *format, ...);
xm_s32_t vprintf(const char *format, va_list args);
xm_s32_t sprintf(char *s, const char *format, ...);
xm_s32_t snprintf(char *s, xm_s32_t n, const char *format, ...);
xm_s32_t vsprintf(char *s, const char *format, va_list args);
xm_s32_t vsnprintf(char *s, xm_s32_t n, const char *format, va_list args);

#endif
