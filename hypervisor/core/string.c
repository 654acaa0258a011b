/* string.c - memcpy, memset, memcmp for the freestanding kernel
 *
 * The compiler calls these by name. Doubleword moves carry most of a port copy; the loops are plain so that their cost is a
 * function of the length alone. Not linked on the workstation, where libc has them. */
#include "kernel.h"

#define DOUBLE 8u
#define BLOCK 64u

typedef xm_u64_t __attribute__((may_alias)) double_t;
typedef xm_u32_t __attribute__((may_alias)) word_t;

void *memcpy(void *to, const void *from, size_t size)
{
    xm_u8_t *t = to;
    const xm_u8_t *f = from;

    if ((((xm_u32_t)t | (xm_u32_t)f) & (DOUBLE - 1)) == 0) {
        /* Eight loads and stores a turn: the loop's own instructions are then a tenth of the work. */
        for (; size >= BLOCK; size -= BLOCK, t += BLOCK, f += BLOCK) {
            double_t *td = (double_t *)t;
            const double_t *fd = (const double_t *)f;
            td[0] = fd[0];
            td[1] = fd[1];
            td[2] = fd[2];
            td[3] = fd[3];
            td[4] = fd[4];
            td[5] = fd[5];
            td[6] = fd[6];
            td[7] = fd[7];
        }
        for (; size >= DOUBLE; size -= DOUBLE, t += DOUBLE, f += DOUBLE) {
            *(double_t *)t = *(const double_t *)f;
        }
    } else if ((((xm_u32_t)t | (xm_u32_t)f) & 3u) == 0) {
        for (; size >= 4u; size -= 4u, t += 4u, f += 4u) {
            *(word_t *)t = *(const word_t *)f;
        }
    }
    while (size-- > 0) {
        *t++ = *f++;
    }
    return to;
}

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
    while (size-- > 0) {
        t[size] = f[size];
    }
    return to;
}
