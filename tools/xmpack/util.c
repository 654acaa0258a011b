#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Containers and images stay far below this; it keeps every size within 32 bits. */
#define FILE_BYTES_MAX (256u << 20)

/* Name in front of every message. */
const char *util_program = "xmpack";

static void message(const char *kind, const char *format, va_list args)
{
    fprintf(stderr, "%s: %s", util_program, kind);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

/* Prints the reason and ends the program with status 2. */
void refuse(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message("", format, args);
    va_end(args);
    exit(2);
}

/* Prints something that the user should know but that does not stop the work. */
void warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message("warning: ", format, args);
    va_end(args);
}

/* Zeroed memory of at least one byte; never fails to its caller. */
void *allocate(size_t bytes)
{
    void *memory = calloc(1, bytes ? bytes : 1);
    if (!memory) {
        refuse("out of memory");
    }
    return memory;
}

/* The whole file; refuses what cannot be read or is larger than any image. */
struct blob read_file(const char *path)
{
    struct blob blob = { path, NULL, 0 };
    FILE *file = fopen(path, "rb");
    if (!file) {
        refuse("%s: %s", path, strerror(errno));
    }
    size_t room = 1u << 16, got;
    blob.data = allocate(room);
    while ((got = fread(blob.data + blob.size, 1, room - blob.size, file)) > 0) {
        blob.size += got;
        if (blob.size > FILE_BYTES_MAX) {
            refuse("%s: larger than 256 MiB", path);
        }
        if (blob.size == room) {
            room *= 2;
            uint8_t *larger = realloc(blob.data, room);
            if (!larger) {
                refuse("out of memory");
            }
            blob.data = larger;
        }
    }
    if (ferror(file)) {
        refuse("%s: %s", path, strerror(errno));
    }
    fclose(file);
    return blob;
}

/* Writes beside the file and renames, so that a reader never sees half of it. */
void write_file(const char *path, const void *data, size_t size)
{
    char part[4096];
    int length = snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof part) {
        refuse("%s: name too long", path);
    }
    FILE *file = fopen(part, "wb");
    if (!file) {
        refuse("%s: %s", part, strerror(errno));
    }
    size_t put = fwrite(data, 1, size, file);
    if (fclose(file) != 0 || put != size || rename(part, path) != 0) {
        int reason = errno;
        remove(part);
        refuse("%s: %s", path, strerror(reason));
    }
}

/* The part of a path behind the last slash. */
const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A word of a target file. */
uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Stores a word as the target reads it. */
void put_be32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* CRC-32C (Castagnoli, reflected); `before` is 0 or the result over the bytes before. */
uint32_t crc32c(uint32_t before, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t crc = ~before;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

/* Next multiple of unit, a power of two. */
uint32_t round_up(uint32_t value, uint32_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}
