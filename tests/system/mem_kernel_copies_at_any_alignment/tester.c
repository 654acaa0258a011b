#include "../testlib.h"
#include <string.h>

#define SIZES 201 /* 0 to 200: three blocks and what is left of a fourth */
#define SOURCE_END 0x40181000 /* of the second area */
#define BESIDE 0xa5

static xm_u8_t target[SIZES + 16] __attribute__((aligned(8)));
static int wrong, beside, results;

static void try(unsigned to, unsigned from, unsigned size)
{
    /* As near to the end of the area as its alignment lets it. */
    xmAddress_t start = SOURCE_END - size - ((SOURCE_END - size - from) & 7u);
    xm_u8_t *source = (xm_u8_t *)start;
    unsigned i;

    for (i = 0; i < sizeof(target); i++) {
        target[i] = BESIDE;
    }
    for (i = 0; i < size; i++) {
        source[i] = (xm_u8_t)(i * 3 + to + 1);
    }
    results += memcpy(target + to, source, size) != target + to;
    for (i = 0; i < sizeof(target); i++) {
        if (i < to || i >= to + size) {
            beside += target[i] != BESIDE;
        } else {
            wrong += target[i] != (xm_u8_t)((i - to) * 3 + to + 1);
        }
    }
}

#define FAR 40
#define MOVE_SIZES 101

/* In one buffer, whose other bytes must stay as they were. */
static int move_wrong(unsigned to, unsigned from, unsigned size)
{
    static xm_u8_t buffer[2 * FAR + 8 + MOVE_SIZES] __attribute__((aligned(8)));
    int differ = 0;
    unsigned i;

    for (i = 0; i < sizeof(buffer); i++) {
        buffer[i] = (xm_u8_t)i;
    }
    memmove(buffer + to, buffer + from, size);
    for (i = 0; i < sizeof(buffer); i++) {
        differ |= buffer[i] != (xm_u8_t)(i >= to && i < to + size ? i - to + from : i);
    }
    return differ;
}

static void try_moves(void)
{
    unsigned to, from, size, moves = 0;
    int bad = 0;

    for (from = FAR; from < FAR + 4; from++) {
        for (to = from - FAR; to <= from + FAR; to++) {
            for (size = 0; size < MOVE_SIZES; size++, moves++) {
                bad += move_wrong(to, from, size);
            }
        }
    }
    printf("%d moves: %d wrong\n", moves, bad);
}

void PartitionMain(void)
{
    unsigned to, from, size, copies = 0;
    xmHmStatus_t status;

    for (to = 0; to < 8; to++) {
        for (from = 0; from < 8; from++) {
            for (size = 0; size < SIZES; size++, copies++) {
                try(to, from, size);
            }
        }
    }
    printf("%d copies: %d wrong, %d bytes beside, %d bad results\n", copies, wrong, beside, results);
    try_moves();
    XM_hm_status(&status);
    printf("%s health-monitor event\n", status.noEvents == 0 ? "no" : "a");
    XM_halt_system();
}
