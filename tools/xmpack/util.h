/* util.h - files, messages, byte order and checksums for xmpack and xmeformat
 *
 * Rules: messages go to stderr and start with the program's name. A refusal ends the program with
 *        status 2; output files are written whole and last, so a refusal leaves none behind. Memory
 *        is never given back: the program is short. */
#ifndef XMPACK_UTIL_H
#define XMPACK_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32

struct blob {
    const char *path;
    uint8_t *data;
    size_t size;
};

extern const char *util_program;

_Noreturn void refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *allocate(size_t bytes);
struct blob read_file(const char *path);
void write_file(const char *path, const void *data, size_t size);
const char *base_name(const char *path);
uint32_t be32(const uint8_t *at);
void put_be32(uint8_t *at, uint32_t value);
uint32_t crc32c(uint32_t before, const void *data, size_t size);
uint32_t round_up(uint32_t value, uint32_t unit);

#endif
