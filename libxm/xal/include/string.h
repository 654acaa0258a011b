/* string.h - bytes and strings, as in C */
#ifndef XAL_STRING_H
#define XAL_STRING_H

#include <xm_inc/config.h>
#include <xm_inc/arch/arch_types.h>
#include <stddef.h>

void *memset(void *dst, int c, xmSize_t n);
void *memcpy(void *dst, const void *src, xmSize_t n);
int memcmp(const void *a, const void *b, xmSize_t n);
void *memmove(void *dst, const void *src, xmSize_t n);
char *strcpy(char *dst, const char *src);
char *strncpy(char *dst, const char *src, xmSize_t n);
char *strcat(char *dst, const char *src);
char *strncat(char *dst, const char *src, xmSize_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, xmSize_t n);
xmSize_t strlen(const char *s);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *word);

#endif
