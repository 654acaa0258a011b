#include "elf32.h"

#include <elf.h>
#include <string.h>

/* Structures of <elf.h> are used for offsets only: the file is big-endian. */
#define FIELD32(base, type, field) be32((base) + offsetof(type, field))
#define FIELD16(base, type, field) (be16((base) + offsetof(type, field)))

static uint32_t be16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static bool inside(const struct blob *file, uint32_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset;
}

static void check_ident(const struct blob *file)
{
    const uint8_t *head = file->data;
    if (file->size < sizeof(Elf32_Ehdr) || memcmp(head, ELFMAG, SELFMAG) != 0) {
        refuse("%s: not an ELF file; give the linked executable", file->path);
    }
    if (head[EI_CLASS] != ELFCLASS32 || head[EI_DATA] != ELFDATA2MSB) {
        refuse("%s: not a 32-bit big-endian ELF file; compile it for SPARC V8", file->path);
    }
    uint32_t machine = FIELD16(head, Elf32_Ehdr, e_machine);
    if (machine == EM_SPARC32PLUS) {
        refuse(
            "%s: SPARC V8+ code, which no LEON runs; compile with -mcpu=leon3 and do not link the "
            "compiler's own libgcc",
            file->path);
    }
    if (machine != EM_SPARC) {
        refuse("%s: made for ELF machine %u, not for SPARC", file->path, machine);
    }
    if (FIELD16(head, Elf32_Ehdr, e_type) != ET_EXEC) {
        refuse("%s: not an executable (ELF type %u); link it statically, without -r and -pie",
               file->path, FIELD16(head, Elf32_Ehdr, e_type));
    }
}

static void add_segment(struct elf *elf, const uint8_t *header)
{
    const struct blob *file = &elf->file;
    uint32_t type = FIELD32(header, Elf32_Phdr, p_type);
    if (type == PT_INTERP || type == PT_DYNAMIC) {
        refuse("%s: dynamically linked; link with -static -no-pie", file->path);
    }
    struct elf_segment segment = {
        .address = FIELD32(header, Elf32_Phdr, p_vaddr),
        .physical = FIELD32(header, Elf32_Phdr, p_paddr),
        .file_bytes = FIELD32(header, Elf32_Phdr, p_filesz),
        .memory_bytes = FIELD32(header, Elf32_Phdr, p_memsz),
        .writable = FIELD32(header, Elf32_Phdr, p_flags) & PF_W,
        .executable = FIELD32(header, Elf32_Phdr, p_flags) & PF_X,
    };
    if (type != PT_LOAD || segment.memory_bytes == 0) {
        return;
    }
    uint32_t offset = FIELD32(header, Elf32_Phdr, p_offset);
    if (!inside(file, offset, segment.file_bytes) || segment.file_bytes > segment.memory_bytes ||
        segment.address + (uint64_t)segment.memory_bytes > UINT32_MAX) {
        refuse("%s: the segment at 0x%08x is malformed; link it again", file->path,
               segment.address);
    }
    if (elf->segment_count == ELF_SEGMENTS_MAX) {
        refuse("%s: more than %d segments; use the linker script of libxm", file->path,
               ELF_SEGMENTS_MAX);
    }
    segment.data = file->data + offset;
    elf->segments[elf->segment_count++] = segment;
}

/* Reads an executable; refuses everything but a static SPARC V8 one with at least one segment and
 * an entry in it. */
void elf32_read(const char *path, struct elf *elf)
{
    memset(elf, 0, sizeof *elf);
    elf->file = read_file(path);
    check_ident(&elf->file);
    const uint8_t *head = elf->file.data;
    uint32_t offset = FIELD32(head, Elf32_Ehdr, e_phoff);
    uint32_t count = FIELD16(head, Elf32_Ehdr, e_phnum);
    if (FIELD16(head, Elf32_Ehdr, e_phentsize) != sizeof(Elf32_Phdr) ||
        !inside(&elf->file, offset, (uint64_t)count * sizeof(Elf32_Phdr))) {
        refuse("%s: its program headers lie outside the file; link it again", path);
    }
    for (uint32_t i = 0; i < count; i++) {
        add_segment(elf, head + offset + i * sizeof(Elf32_Phdr));
    }
    if (elf->segment_count == 0) {
        refuse("%s: nothing to load in it", path);
    }
    elf->entry = FIELD32(head, Elf32_Ehdr, e_entry);
    bool reachable = false;
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        reachable |=
            s->executable && elf->entry >= s->address && elf->entry - s->address < s->file_bytes;
    }
    if (!reachable || elf->entry % 4 != 0) {
        refuse("%s: its entry 0x%08x is not an instruction in an executable segment", path,
               elf->entry);
    }
}

/* The stored bytes at an address of the program, or NULL when they are not wholly in one segment's
 * file part. */
const uint8_t *elf32_bytes(const struct elf *elf, uint32_t address, uint32_t size)
{
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        if (address >= s->address && address - s->address <= s->file_bytes &&
            size <= s->file_bytes - (address - s->address)) {
            return s->data + (address - s->address);
        }
    }
    return NULL;
}

struct sections {
    uint32_t offset, count;
};

static const uint8_t *section(const struct elf *elf, struct sections all, uint32_t index)
{
    return elf->file.data + all.offset + index * sizeof(Elf32_Shdr);
}

static struct sections sections_of(const struct elf *elf)
{
    const uint8_t *head = elf->file.data;
    struct sections all = { FIELD32(head, Elf32_Ehdr, e_shoff),
                            FIELD16(head, Elf32_Ehdr, e_shnum) };
    if (all.offset == 0 || FIELD16(head, Elf32_Ehdr, e_shentsize) != sizeof(Elf32_Shdr) ||
        !inside(&elf->file, all.offset, (uint64_t)all.count * sizeof(Elf32_Shdr))) {
        all.count = 0;
    }
    return all;
}

/* A string of string table `index`, or "" when the file does not hold it with its end. */
static const char *string_at(const struct elf *elf, struct sections all, uint32_t index,
                             uint32_t at)
{
    if (index >= all.count) {
        return "";
    }
    const uint8_t *table = section(elf, all, index);
    uint32_t offset = FIELD32(table, Elf32_Shdr, sh_offset),
             size = FIELD32(table, Elf32_Shdr, sh_size);
    if (!inside(&elf->file, offset, size) || at >= size ||
        !memchr(elf->file.data + offset + at, 0, size - at)) {
        return "";
    }
    return (const char *)elf->file.data + offset + at;
}

/* Address of a defined symbol in one symbol table, 0 when there is none. */
static uint32_t symbol_in(const struct elf *elf, struct sections all, const uint8_t *table,
                          const char *name)
{
    uint32_t offset = FIELD32(table, Elf32_Shdr, sh_offset),
             size = FIELD32(table, Elf32_Shdr, sh_size);
    if (!inside(&elf->file, offset, size)) {
        return 0;
    }
    for (uint32_t at = 0; at + sizeof(Elf32_Sym) <= size; at += (uint32_t)sizeof(Elf32_Sym)) {
        const uint8_t *symbol = elf->file.data + offset + at;
        if (FIELD16(symbol, Elf32_Sym, st_shndx) != SHN_UNDEF &&
            strcmp(string_at(elf, all, FIELD32(table, Elf32_Shdr, sh_link),
                             FIELD32(symbol, Elf32_Sym, st_name)), name) == 0) {
            return FIELD32(symbol, Elf32_Sym, st_value);
        }
    }
    return 0;
}

/* Address of the program's one image header: its own section of exactly `size` bytes, or else the
 * symbol (a linker script may merge the section into another one). Refuses none, and more than
 * one. */
uint32_t elf32_find_header(const struct elf *elf, const char *section_name, const char *symbol,
                           uint32_t size)
{
    struct sections all = sections_of(elf);
    uint32_t names = FIELD16(elf->file.data, Elf32_Ehdr, e_shstrndx);
    uint32_t found = 0, address = 0, by_symbol = 0;
    for (uint32_t i = 0; i < all.count; i++) {
        const uint8_t *header = section(elf, all, i);
        uint32_t type = FIELD32(header, Elf32_Shdr, sh_type);
        if (type == SHT_SYMTAB && by_symbol == 0) {
            by_symbol = symbol_in(elf, all, header, symbol);
        }
        if (strcmp(string_at(elf, all, names, FIELD32(header, Elf32_Shdr, sh_name)),
                   section_name) == 0) {
            found++;
            address = FIELD32(header, Elf32_Shdr, sh_addr);
            if (FIELD32(header, Elf32_Shdr, sh_size) != size) {
                refuse("%s: its section %s has %u bytes, one header has %u; define exactly one %s",
                       elf->file.path, section_name, FIELD32(header, Elf32_Shdr, sh_size), size,
                       symbol);
            }
        }
    }
    if (found > 1) {
        refuse("%s: %u sections %s; define exactly one %s", elf->file.path, found, section_name,
               symbol);
    }
    if (found == 0 && by_symbol == 0) {
        refuse("%s: no image header (section %s or symbol %s); link with -u %s and libxal.a",
               elf->file.path, section_name, symbol, symbol);
    }
    return found ? address : by_symbol;
}
