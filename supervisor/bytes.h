/* bytes.h - big-endian words in byte arrays
 *
 * The wire and the compiled configuration are big-endian. Read byte by byte, they need no
 * alignment, and they mean the same on the target and on a little-endian workstation. */
#ifndef SUPERVISOR_BYTES_H
#define SUPERVISOR_BYTES_H

#include <stdint.h>

static inline uint16_t bytes_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t bytes_be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The same from an address that is a multiple of 4: one load on the target. */
static inline uint32_t bytes_be32_aligned(const uint8_t *at)
{
    uint32_t word;

    __builtin_memcpy(&word, __builtin_assume_aligned(at, sizeof(word)), sizeof(word));
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? word : __builtin_bswap32(word);
}

static inline uint64_t bytes_be64(const uint8_t *at)
{
    return (uint64_t)bytes_be32(at) << 32 | bytes_be32(at + 4);
}

static inline void bytes_put_be16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void bytes_put_be32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static inline void bytes_put_be64(uint8_t *at, uint64_t value)
{
    bytes_put_be32(at, (uint32_t)(value >> 32));
    bytes_put_be32(at + 4, (uint32_t)value);
}

#endif
