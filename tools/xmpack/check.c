#include "check.h"
#include "elf32.h"

#include "../../hypervisor/abi/guest.h"

#include <string.h>

#define ABI_WORD XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION)
#define API_WORD XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION)
#define VERSION_FORMAT "%u.%u.%u"
#define VERSION(w) XM_GET_VERSION(w), XM_GET_SUBVERSION(w), XM_GET_REVISION(w)
#define GET(base, type, field) be32((base) + offsetof(struct type, field))

static void check_versions(const char *who, const char *path, uint32_t abi, uint32_t api)
{
    if (abi != ABI_WORD || api != API_WORD) {
        refuse("%s: %s: compiled for ABI " VERSION_FORMAT ", API " VERSION_FORMAT
               ", this system has ABI " VERSION_FORMAT ", API " VERSION_FORMAT "; compile it again",
               who, path, VERSION(abi), VERSION(api), VERSION((uint32_t)ABI_WORD),
               VERSION((uint32_t)API_WORD));
    }
}

/* ---- hypervisor ------------------------------------------------------------------------------ */

/* The image, the configuration behind it, and what the hypervisor carves for itself must fit its
 * area. */
static void check_hypervisor_room(const struct conf *conf, const struct elf *elf,
                                  uint32_t config_address)
{
    uint64_t end = 0;
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        uint64_t segment_end = (uint64_t)elf->segments[i].physical + elf->segments[i].memory_bytes;
        if (elf->segments[i].physical < XM_HYPERVISOR_START) {
            refuse("hypervisor: %s: a segment at 0x%08x lies below 0x%08x; link it there",
                   elf->file.path, elf->segments[i].physical, XM_HYPERVISOR_START);
        }
        end = segment_end > end ? segment_end : end;
    }
    if (config_address % XM_PAGE_SIZE != 0 || config_address < end) {
        refuse("hypervisor: %s: its header puts the configuration at 0x%08x, which is not a page "
               "behind its end "
               "0x%08llx; build the hypervisor again",
               elf->file.path, config_address, (unsigned long long)end);
    }
    uint64_t needed = config_address - XM_HYPERVISOR_START + (uint64_t)conf->head->length +
                      conf_hypervisor_memory(conf);
    if (needed > conf->head->hypervisor_size) {
        refuse("%s: the hypervisor needs %llu bytes (image %u, configuration %u, memory %llu) and "
               "its area has %u; give "
               "XMHypervisor/PhysicalMemoryArea size=\"%lluKB\"",
               conf->file.path, (unsigned long long)needed, config_address - XM_HYPERVISOR_START,
               conf->head->length, (unsigned long long)conf_hypervisor_memory(conf),
               conf->head->hypervisor_size, (unsigned long long)(needed + 1023) / 1024);
    }
}

/* Checks the hypervisor's executable against the configuration and adds it, and the configuration,
 * to the image. */
void check_hypervisor(const struct conf *conf, const struct pack_argument *argument,
                      struct image *image)
{
    static struct elf elf;
    const uint32_t header_address = XM_HYPERVISOR_START + XM_HYPERVISOR_HEADER_OFFSET;
    const char *path = argument->files[0];
    if (argument->file_count > 2) {
        refuse("hypervisor: custom file %s: only partitions take custom files", argument->files[2]);
    }
    elf32_read(path, &elf);
    const uint8_t *header = elf32_bytes(&elf, header_address, sizeof(struct xm_hypervisor_header));
    if (!header || GET(header, xm_hypervisor_header, magic) != XMEF_XM_MAGIC) {
        refuse("hypervisor: %s: no hypervisor header at 0x%08x; give the hypervisor's executable",
               path, header_address);
    }
    check_versions("hypervisor", path, GET(header, xm_hypervisor_header, abi_version),
                   GET(header, xm_hypervisor_header, api_version));
    check_hypervisor_room(conf, &elf, GET(header, xm_hypervisor_header, config_address));

    struct image_entry *file = image_add_file(image, XM_IMAGE_HYPERVISOR, 0, base_name(path));
    file->entry = elf.entry;
    file->header_address = header_address;
    file->offset = argument->offsets[0];
    for (uint32_t i = 0; i < elf.segment_count; i++) {
        const struct elf_segment *s = &elf.segments[i];
        image_add_part(image, s->physical, s->file_bytes, s->memory_bytes, s->data);
    }
    const char *name = conf_string(conf, conf->head->name);
    file = image_add_file(image, XM_IMAGE_CONFIG, 0, *name ? name : base_name(conf->file.path));
    file->offset = argument->offsets[1];
    image_add_part(image, 0, conf->head->length, conf->head->length, conf->file.data);
}

/* ---- partitions ------------------------------------------------------------------------------ */

/* Why nothing can be loaded to, or run from, an area; NULL when it can. */
static const char *area_problem(const struct conf *conf, const struct xm_config_area *area,
                                bool writable)
{
    const struct xm_config_region *region = conf_region(conf, area->start);
    if (area->flags & XM_MEM_AREA_ROM || (region && region->type == 2)) {
        return "is ROM, where nothing can be loaded";
    }
    if (area->flags & XM_MEM_AREA_UNMAPPED) {
        return "is unmapped, so the partition could not reach it";
    }
    if (writable && area->flags & XM_MEM_AREA_READONLY) {
        return "is read-only, but the segment is to be written";
    }
    return NULL;
}

/* Physical address of [address, address + size) of a partition, after checking that it may be
 * loaded there. */
static uint32_t load_address(const struct conf *conf, uint32_t id, const char *path,
                             const char *what, uint32_t address, uint32_t size, bool writable)
{
    const struct xm_config_area *area = conf_area_mapped(conf, id, address, size);
    if (!area) {
        const struct xm_config_partition *p = &conf->partitions[id];
        if (p->area_count == 0) {
            refuse("%s: %s: the configuration gives it no memory area",
                   conf_partition_text(conf, id), path);
        }
        const struct xm_config_area *first = &conf->areas[p->area_first];
        refuse("%s: %s: %s 0x%08x..0x%08x is not inside one of its memory areas; its first is "
               "0x%08x..0x%08x: link it "
               "there, or enlarge the area",
               conf_partition_text(conf, id), path, what, address, address + size - 1,
               first->mapped_at, first->mapped_at + first->size - 1);
    }
    const char *problem = area_problem(conf, area, writable);
    if (problem) {
        refuse("%s: %s: %s 0x%08x..0x%08x: the area at 0x%08x %s", conf_partition_text(conf, id),
               path, what, address, address + size - 1, area->mapped_at, problem);
    }
    if (area->flags & XM_MEM_AREA_SHARED) {
        warn("%s: %s: %s at 0x%08x lies in a shared area; a cold reset of the partition overwrites "
             "it",
             conf_partition_text(conf, id), path, what, address);
    }
    return area->start + (address - area->mapped_at);
}

static const uint8_t *partition_header(const struct conf *conf, uint32_t id, const struct elf *elf,
                                       uint32_t *address)
{
    const char *who = conf_partition_text(conf, id), *path = elf->file.path;
    *address = elf32_find_header(elf, ".xmImageHdr", "xmImageHdr", sizeof(struct xmImageHdr));
    const uint8_t *header = elf32_bytes(elf, *address, sizeof(struct xmImageHdr));
    if (!header || *address % 4 != 0) {
        refuse("%s: %s: its image header at 0x%08x is not in a loaded segment; define it with "
               "initialisers",
               who, path, *address);
    }
    if (GET(header, xmImageHdr, sSignature) != XMEF_PARTITION_MAGIC ||
        GET(header, xmImageHdr, eSignature) != XMEF_PARTITION_MAGIC) {
        refuse("%s: %s: signatures of its image header are 0x%08x and 0x%08x instead of 0x%08x; "
               "set both to "
               "XMEF_PARTITION_MAGIC",
               who, path, GET(header, xmImageHdr, sSignature), GET(header, xmImageHdr, eSignature),
               XMEF_PARTITION_MAGIC);
    }
    check_versions(who, path, GET(header, xmImageHdr, compilationXmAbiVersion),
                   GET(header, xmImageHdr, compilationXmApiVersion));
    if (GET(header, xmImageHdr, noCustomFiles) > CONFIG_MAX_NO_CUSTOMFILES) {
        refuse("%s: %s: its image header names %u custom files, at most %d are possible", who, path,
               GET(header, xmImageHdr, noCustomFiles), CONFIG_MAX_NO_CUSTOMFILES);
    }
    return header;
}

static void add_custom_files(const struct conf *conf, uint32_t id,
                             const struct pack_argument *argument, const uint8_t *header,
                             struct image *image)
{
    const char *who = conf_partition_text(conf, id);
    uint32_t given = argument->file_count - 1, expected = GET(header, xmImageHdr, noCustomFiles);
    if (given > expected) {
        refuse("%s: %s: %u custom files are given, its image header has room for %u; leave out %s",
               who, argument->files[0], given, expected, argument->files[1 + expected]);
    }
    if (given < expected) {
        warn("%s: %s: its image header names %u custom files, %u are given", who,
             argument->files[0], expected, given);
    }
    for (uint32_t i = 0; i < given; i++) {
        const uint8_t *row =
            header + offsetof(struct xmImageHdr, customFileTab) + i * sizeof(struct xefCustomFile);
        uint32_t address = be32(row), room = be32(row + 4);
        struct blob file = read_file(argument->files[1 + i]);
        uint32_t size = (uint32_t)file.size;
        if (size == 0) {
            refuse("%s: custom file %s is empty", who, file.path);
        }
        if (room != 0 && size > room) {
            refuse("%s: custom file %s has %u bytes, the program reserves %u; enlarge its "
                   "customFileTab[%u]",
                   who, file.path, size, room, i);
        }
        uint32_t physical = load_address(conf, id, file.path, "custom file", address, size, false);
        image_add_file(image, XM_IMAGE_CUSTOM, id, base_name(file.path))->offset =
            argument->offsets[1 + i];
        image_add_part(image, physical, size, size, file.data);
    }
}

/* Checks one partition's executable and custom files against the configuration and adds them to the
 * image. */
void check_partition(const struct conf *conf, uint32_t id, const struct pack_argument *argument,
                     struct image *image)
{
    struct elf elf;
    const char *path = argument->files[0], *name = conf_string(conf, conf->partitions[id].name);
    elf32_read(path, &elf);
    uint32_t header_address;
    const uint8_t *header = partition_header(conf, id, &elf, &header_address);
    struct image_entry *file =
        image_add_file(image, XM_IMAGE_PARTITION, id, *name ? name : base_name(path));
    file->entry = elf.entry;
    file->offset = argument->offsets[0];
    for (uint32_t i = 0; i < elf.segment_count; i++) {
        const struct elf_segment *s = &elf.segments[i];
        uint32_t physical =
            load_address(conf, id, path, "segment", s->address, s->memory_bytes, s->writable);
        if (s->physical != s->address && s->physical != physical) {
            refuse("%s: %s: segment at 0x%08x is to be loaded to 0x%08x, the configuration maps it "
                   "to 0x%08x; link it "
                   "without AT()",
                   conf_partition_text(conf, id), path, s->address, s->physical, physical);
        }
        if (header_address >= s->address && header_address - s->address < s->memory_bytes) {
            file->header_address = physical + (header_address - s->address);
        }
        image_add_part(image, physical, s->file_bytes, s->memory_bytes, s->data);
    }
    add_custom_files(conf, id, argument, header, image);
}

static const char *part_owner(const struct conf *conf, const struct image *image,
                              const struct image_part *part)
{
    const struct image_entry *file = &image->files[part->file];
    return file->kind == XM_IMAGE_HYPERVISOR ? "the hypervisor"
                                             : conf_partition_text(conf, file->partition);
}

/* Refuses two images that would be loaded over each other. A custom file lies in its own
 * partition's image on purpose. */
void check_overlaps(const struct conf *conf, const struct image *image)
{
    for (uint32_t i = 0; i < image->part_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct image_part *a = &image->parts[j], *b = &image->parts[i];
            const struct image_entry *fa = &image->files[a->file], *fb = &image->files[b->file];
            bool apart = a->address >= b->address + (uint64_t)b->memory_bytes ||
                         b->address >= a->address + (uint64_t)a->memory_bytes;
            bool own = (fa->kind == XM_IMAGE_CUSTOM) != (fb->kind == XM_IMAGE_CUSTOM) &&
                       fa->partition == fb->partition && fa->kind >= XM_IMAGE_PARTITION;
            if (apart || own || fa->kind == XM_IMAGE_CONFIG || fb->kind == XM_IMAGE_CONFIG) {
                continue;
            }
            refuse("%s (%s) and %s (%s) both load 0x%08x; link them apart",
                   part_owner(conf, image, a), fa->name, part_owner(conf, image, b), fb->name,
                   a->address > b->address ? a->address : b->address);
        }
    }
}
