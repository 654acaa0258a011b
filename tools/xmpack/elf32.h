/* elf32.h - what xmpack needs of a target executable
 *
 * Invariant: after elf32_read every segment's bytes lie inside the file and file_bytes <=
 *            memory_bytes, address + memory_bytes does not wrap; segments without memory are left
 *            out. */
#ifndef XMPACK_ELF_H
#define XMPACK_ELF_H

#include "util.h"

#include <stdbool.h>

#define ELF_SEGMENTS_MAX 16

struct elf_segment {
    uint32_t address;  /* virtual: where the program expects it */
    uint32_t physical; /* where the linker says it is to be loaded */
    uint32_t file_bytes, memory_bytes;
    bool writable, executable;
    const uint8_t *data;
};

struct elf {
    struct blob file;
    uint32_t entry;
    uint32_t segment_count;
    struct elf_segment segments[ELF_SEGMENTS_MAX];
};

void elf32_read(const char *path, struct elf *elf);
uint32_t elf32_find_header(const struct elf *elf, const char *section, const char *symbol,
                           uint32_t size);
const uint8_t *elf32_bytes(const struct elf *elf, uint32_t address, uint32_t size);

#endif
