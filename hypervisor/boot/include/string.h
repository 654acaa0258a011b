/* string.h - what the boot loader and BearSSL's SHA-256 need of it; implemented in
 * hypervisor/core/string.c */
#ifndef XM_BOOT_STRING_H
#define XM_BOOT_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memmove(void *to, const void *from, size_t size);
size_t strlen(const char *text);

#endif
