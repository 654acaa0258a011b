/* string.c - bytes and strings
 *
 * Copies move doublewords (ldd/std) where source and destination are aligned alike, else words, and
 * put these together from pieces where they have to. */
#include <string.h>
#include "xal_internal.h"

typedef xm_u64_t __attribute__((may_alias)) doubleword_t;
typedef xm_u32_t __attribute__((may_alias)) word_t;

#define ALIGNMENT(p, bytes) ((unsigned long)(p) & ((bytes) - 1u))

#define BLOCK 16u /* bytes copied in one turn of a loop */
/* Below, a copy between unlike alignments is faster by bytes. */
#define SHIFT_LEAST (2u * BLOCK)

/* All of these copy ascending, and load a block before they store it. */
static void copy_doublewords(xm_u8_t *dst, const xm_u8_t *src)
{
    const doubleword_t *from = (const doubleword_t *)src;
    doubleword_t *to = (doubleword_t *)dst;
    doubleword_t first = from[0], second = from[1];

    to[0] = first;
    to[1] = second;
}

static void copy_words(xm_u8_t *dst, const xm_u8_t *src)
{
    const word_t *from = (const word_t *)src;
    word_t *to = (word_t *)dst;
    word_t first = from[0], second = from[1], third = from[2], fourth = from[3];

    to[0] = first;
    to[1] = second;
    to[2] = third;
    to[3] = fourth;
}

/* Copies blocks to words from where no word begins; returns the bytes copied. Each word stored is
 * the end of one loaded and the beginning of the next, as a big-endian processor sees them. Only
 * whole words of the source are loaded, so nothing outside of it. */
static xmSize_t copy_shifted(xm_u8_t *dst, const xm_u8_t *src, xmSize_t n)
{
    xmSize_t ahead = 4u - ALIGNMENT(src, 4u); /* bytes before the first whole word */
    xmSize_t right = 8u * ahead, left = 32u - right;
    xmSize_t blocks = (n - ahead) / BLOCK * BLOCK;
    const word_t *from = (const word_t *)(src + ahead);
    word_t *to = (word_t *)dst, *end = (word_t *)(dst + blocks);
    word_t held = 0;

    for (xmSize_t i = 0; i < ahead; i++) {
        held = held << 8 | src[i];
    }
    held <<= left;
    for (; to != end; to += 4, from += 4) {
        word_t first = from[0], second = from[1], third = from[2], fourth = from[3];

        to[0] = held | first >> right;
        to[1] = first << left | second >> right;
        to[2] = second << left | third >> right;
        to[3] = third << left | fourth >> right;
        held = fourth << left;
    }
    return blocks;
}

/* Ascending copy: right for overlapping blocks too when dst lies below src. */
static void copy_up(xm_u8_t *dst, const xm_u8_t *src, xmSize_t n)
{
    unsigned long difference = (unsigned long)dst ^ (unsigned long)src;

    if ((difference & 3u) == 0) {
        xmSize_t unit = (difference & 7u) == 0 ? 8 : 4;

        for (; n && ALIGNMENT(dst, unit); n--) {
            *dst++ = *src++;
        }
        for (; unit == 8 && n >= BLOCK; n -= BLOCK, dst += BLOCK, src += BLOCK) {
            copy_doublewords(dst, src);
        }
        for (; n >= BLOCK; n -= BLOCK, dst += BLOCK, src += BLOCK) {
            copy_words(dst, src);
        }
        for (; n >= 4; n -= 4, dst += 4, src += 4) {
            *(word_t *)dst = *(const word_t *)src;
        }
    } else if (n >= SHIFT_LEAST && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
        xmSize_t done;

        for (; ALIGNMENT(dst, 4u); n--) {
            *dst++ = *src++;
        }
        done = copy_shifted(dst, src, n);
        dst += done;
        src += done;
        n -= done;
    }
    for (; n; n--) {
        *dst++ = *src++;
    }
}

/* As in C. */
void *XAL_WEAK memcpy(void *dst, const void *src, xmSize_t n)
{
    copy_up(dst, src, n);
    return dst;
}

/* As in C. */
void *XAL_WEAK memmove(void *dst, const void *src, xmSize_t n)
{
    xm_u8_t *to = (xm_u8_t *)dst + n;
    const xm_u8_t *from = (const xm_u8_t *)src + n;

    if ((unsigned long)dst <= (unsigned long)src || (unsigned long)dst >= (unsigned long)from) {
        copy_up(dst, src, n);
        return dst;
    }
    for (; n; n--) {
        *--to = *--from;
    }
    return dst;
}

/* As in C. */
void *XAL_WEAK memset(void *dst, int c, xmSize_t n)
{
    xm_u8_t *at = dst;
    xm_u32_t word = (xm_u8_t)c * 0x01010101u;
    xm_u64_t doubleword = (xm_u64_t)word << 32 | word;

    for (; n && ALIGNMENT(at, 8u); n--) {
        *at++ = (xm_u8_t)c;
    }
    for (; n >= 8; n -= 8, at += 8) {
        *(doubleword_t *)at = doubleword;
    }
    for (; n; n--) {
        *at++ = (xm_u8_t)c;
    }
    return dst;
}

/* As in C. */
int XAL_WEAK memcmp(const void *a, const void *b, xmSize_t n)
{
    const xm_u8_t *p = a;
    const xm_u8_t *q = b;

    for (; n; n--, p++, q++) {
        if (*p != *q) {
            return *p < *q ? -1 : 1;
        }
    }
    return 0;
}

/* As in C. */
xmSize_t XAL_WEAK strlen(const char *s)
{
    const char *end = s;

    while (*end) {
        end++;
    }
    return (xmSize_t)(end - s);
}

/* As in C. */
char *XAL_WEAK strcpy(char *dst, const char *src)
{
    char *at = dst;

    while ((*at++ = *src++)) {
    }
    return dst;
}

/* As in C: fills up with NULs, and does not terminate when src has n characters or more. */
char *XAL_WEAK strncpy(char *dst, const char *src, xmSize_t n)
{
    xmSize_t i;

    for (i = 0; i < n && src[i]; i++) {
        dst[i] = src[i];
    }
    for (; i < n; i++) {
        dst[i] = '\0';
    }
    return dst;
}

/* As in C. */
char *XAL_WEAK strcat(char *dst, const char *src)
{
    strcpy(dst + strlen(dst), src);
    return dst;
}

/* As in C: at most n characters of src, and a NUL. */
char *XAL_WEAK strncat(char *dst, const char *src, xmSize_t n)
{
    char *at = dst + strlen(dst);

    for (; n && *src; n--) {
        *at++ = *src++;
    }
    *at = '\0';
    return dst;
}

/* As in C. */
int XAL_WEAK strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (xm_u8_t)*a - (xm_u8_t)*b;
}

/* As in C. */
int XAL_WEAK strncmp(const char *a, const char *b, xmSize_t n)
{
    for (; n && *a && *a == *b; n--) {
        a++;
        b++;
    }
    return n ? (xm_u8_t)*a - (xm_u8_t)*b : 0;
}

/* As in C. */
char *XAL_WEAK strchr(const char *s, int c)
{
    while (*s != (char)c) {
        if (!*s++) {
            return NULL;
        }
    }
    return (char *)s;
}

/* As in C. */
char *XAL_WEAK strrchr(const char *s, int c)
{
    const char *last = NULL;

    do {
        if (*s == (char)c) {
            last = s;
        }
    } while (*s++);
    return (char *)last;
}

/* As in C. */
char *XAL_WEAK strstr(const char *s, const char *word)
{
    xmSize_t length = strlen(word);

    for (;; s++) {
        if (strncmp(s, word, length) == 0) {
            return (char *)s;
        }
        if (!*s) {
            return NULL;
        }
    }
}
