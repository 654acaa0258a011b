/* hazard.c - tokens for hazardous commands (see hazard.h) */
#include "hazard.h"

#include <string.h>

#include "bytes.h"
#include "frame.h"
#include "system_view.h"

static struct {
    uint32_t token; /* 0: nothing is armed */
    uint32_t action;
    uint64_t until_us;
    uint32_t armed_before; /* tokens given so far, so that two of the same microsecond differ */
} hazard;

/* Nothing is armed. */
void hazard_init(void)
{
    memset(&hazard, 0, sizeof(hazard));
}

/* Arms an action; returns its token, never 0. Boot id and time keep an old token from fitting by
 * chance. */
uint32_t hazard_arm(uint32_t action, uint64_t now_us)
{
    uint8_t seed[16];

    bytes_put_be32(seed, view_kernel()->boot_id);
    bytes_put_be32(seed + 4, (uint32_t)(now_us >> 32));
    bytes_put_be32(seed + 8, (uint32_t)now_us);
    bytes_put_be32(seed + 12, ++hazard.armed_before);
    hazard.token = frame_crc32c(seed, sizeof(seed));
    hazard.token += hazard.token == 0;
    hazard.action = action;
    hazard.until_us = now_us + HAZARD_VALID_MS * 1000ull;
    return hazard.token;
}

/* May the action be carried out? Disarms, whatever the answer: guessing needs a new token each
 * time. */
bool hazard_fire(uint32_t action, uint32_t token, uint64_t now_us)
{
    bool good = hazard.token != 0 && token == hazard.token && action == hazard.action &&
                now_us < hazard.until_us;

    hazard.token = 0;
    return good;
}
