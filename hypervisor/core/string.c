/* string.c - memset, memmove, memcmp for the freestanding kernel
 *
 * The compiler calls these by name, and memcpy, which is the architecture's. The loops are plain so
 * that their cost is a function of the length alone. Not linked on the workstation, where libc has
 * them. */
#include "kernel.h"

#define DOUBLE 8u

typedef xm_u64_t __attribute__((may_alias)) double_t;
typedef xm_u32_t __attribute__((may_alias)) word_t;

void *memset(void *to, int value, size_t size)
{
    xm_u8_t *t = to;
    xm_u32_t word = (xm_u8_t)value * 0x01010101u;
    xm_u64_t wide = (xm_u64_t)word << 32 | word;

    for (; size > 0 && ((xm_u32_t)t & (DOUBLE - 1)) != 0; size--) {
        *t++ = (xm_u8_t)value;
    }
    for (; size >= DOUBLE; size -= DOUBLE, t += DOUBLE) {
        *(double_t *)t = wide;
    }
    while (size-- > 0) {
        *t++ = (xm_u8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const xm_u8_t *x = a;
    const xm_u8_t *y = b;

    for (; size > 0; size--, x++, y++) {
        if (*x != *y) {
            return *x < *y ? -1 : 1;
        }
    }
    return 0;
}

void *memmove(void *to, const void *from, size_t size)
{
    xm_u8_t *t = to;
    const xm_u8_t *f = from;

    if (t <= f || t >= f + size) {
        return memcpy(to, from, size);
    }
    /* From the end: the bytes behind the last whole block, then (both ends on a word) blocks. */
    while (size > 0 && ((size & 15u) != 0 || (((xm_u32_t)t | (xm_u32_t)f) & 3u) != 0)) {
        size--;
        t[size] = f[size];
    }
    while (size > 0) {
        word_t *tw;
        const word_t *fw;

        size -= 16;
        tw = (word_t *)(t + size);
        fw = (const word_t *)(f + size);
        tw[3] = fw[3];
        tw[2] = fw[2];
        tw[1] = fw[1];
        tw[0] = fw[0];
    }
    return to;
}
