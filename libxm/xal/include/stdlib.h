/* stdlib.h - numbers from text, end of the program */
#ifndef XAL_STDLIB_H
#define XAL_STDLIB_H

#include <xm_inc/config.h>
#include <xm_inc/arch/arch_types.h>
#include <stddef.h>

xm_s32_t atoi(const char *s);
long strtol(const char *s, char **end, int base);
unsigned long strtoul(const char *s, char **end, int base);
xm_s64_t strtoll(const char *s, char **end, int base);
xm_u64_t strtoull(const char *s, char **end, int base);
char *basename(char *path);
void exit(int status) __attribute__((noreturn));
void abort(void) __attribute__((noreturn));

#endif
