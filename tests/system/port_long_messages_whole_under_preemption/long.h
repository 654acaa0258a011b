/* long.h - what writer and reader agree on */
#include "../testlib.h"

#define LONG_BYTES 4096
#define SHORT_BYTES 100
#define LAST 2000 /* messages of each kind */

/* Message n at any address: its number, then bytes that follow from it. */
static void fill(unsigned char *m, int bytes, unsigned n)
{
    int i;

    for (i = 0; i < bytes; i++) {
        m[i] = i < 4 ? n >> (24 - 8 * i) : n * 31 + i;
    }
}

/* The number of a message that is whole; -1: parts of two. */
static int number(const unsigned char *m, int bytes)
{
    unsigned n = (unsigned)m[0] << 24 | m[1] << 16 | m[2] << 8 | m[3];
    int i;

    for (i = 4; i < bytes; i++) {
        if (m[i] != (unsigned char)(n * 31 + i)) {
            return -1;
        }
    }
    return (int)n;
}
