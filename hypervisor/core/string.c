/* string.c - memcpy, memset, memcmp for the freestanding kernel
 *
 * The compiler calls these by name. Doubleword moves carry most of a port copy; the loops are plain
 * so that their cost is a function of the length alone. Not linked on the workstation, where libc
 * has them. */
#include "kernel.h"

#define DOUBLE 8u
#define BLOCK 64u

typedef xm_u64_t __attribute__((may_alias)) double_t;
typedef xm_u32_t __attribute__((may_alias)) word_t;

static void copy_tail(xm_u8_t *t, const xm_u8_t *f, size_t size)
{
    while (size-- > 0) {
        *t++ = *f++;
    }
}

/* Both ends on a doubleword. Eight loads and stores a turn: the loop's own instructions are then a
 * tenth of the work. */
static void copy_doubles(xm_u8_t *t, const xm_u8_t *f, size_t size)
{
    double_t *td = (double_t *)t;
    const double_t *fd = (const double_t *)f;

    for (; size >= BLOCK; size -= BLOCK, td += BLOCK / DOUBLE, fd += BLOCK / DOUBLE) {
        td[0] = fd[0];
        td[1] = fd[1];
        td[2] = fd[2];
        td[3] = fd[3];
        td[4] = fd[4];
        td[5] = fd[5];
        td[6] = fd[6];
        td[7] = fd[7];
    }
    for (; size >= DOUBLE; size -= DOUBLE) {
        *td++ = *fd++;
    }
    copy_tail((xm_u8_t *)td, (const xm_u8_t *)fd, size);
}

/* The target on a word, the source `shift` bytes behind one: each word stored is the end of one
 * word loaded and the beginning of the next (big-endian). Never loads a word that holds no byte of
 * the source. */
static void copy_shifted(xm_u8_t *t, const xm_u8_t *f, size_t size, xm_u32_t shift)
{
    word_t *tw = (word_t *)t;
    const word_t *fw = (const word_t *)(f - shift);
    xm_u32_t bits = shift * 8;
    xm_u32_t left = *fw++;

    for (; size >= 4; size -= 4, f += 4) {
        xm_u32_t right = *fw++;

        *tw++ = left << bits | right >> (32 - bits);
        left = right;
    }
    copy_tail((xm_u8_t *)tw, f, size);
}

/* Both ends on a word: what structures are copied with. */
static void copy_words(xm_u8_t *t, const xm_u8_t *f, size_t size)
{
    word_t *tw = (word_t *)t;
    const word_t *fw = (const word_t *)f;

    for (; size >= 4; size -= 4) {
        *tw++ = *fw++;
    }
    copy_tail((xm_u8_t *)tw, (const xm_u8_t *)fw, size);
}

void *memcpy(void *to, const void *from, size_t size)
{
    xm_u8_t *t = to;
    const xm_u8_t *f = from;
    xm_u32_t both = (xm_u32_t)t | (xm_u32_t)f;

    if ((both & (DOUBLE - 1)) == 0) {
        copy_doubles(t, f, size);
        return to;
    }
    if ((both & 3u) == 0 && (size < BLOCK || (((xm_u32_t)t ^ (xm_u32_t)f) & 4u) != 0)) {
        copy_words(t, f, size);
        return to;
    }
    if (size >= 2 * DOUBLE) {
        /* Bring the target to a doubleword first: storing is then aligned whatever the source
         * is. */
        while (((xm_u32_t)t & (DOUBLE - 1)) != 0) {
            *t++ = *f++;
            size--;
        }
        if (((xm_u32_t)f & (DOUBLE - 1)) == 0) {
            copy_doubles(t, f, size);
        } else if (((xm_u32_t)f & 3u) == 0) {
            copy_words(t, f, size);
        } else {
            copy_shifted(t, f, size, (xm_u32_t)f & 3u);
        }
        return to;
    }
    copy_tail(t, f, size);
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
    if ((((xm_u32_t)t | (xm_u32_t)f | size) & 3u) == 0) {
        for (; size > 0; size -= 4) {
            *(word_t *)(t + size - 4) = *(const word_t *)(f + size - 4);
        }
        return to;
    }
    while (size-- > 0) {
        t[size] = f[size];
    }
    return to;
}
