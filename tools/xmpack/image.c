#include "image.h"

#include <bearssl.h>
#include <stdio.h>
#include <string.h>

_Static_assert(XM_DIGEST_BYTES == DIGEST_BYTES && XM_DIGEST_BYTES == br_sha256_SIZE,
               "abi/image.h says SHA-256");

static const char *const kind_names[] = { "hypervisor", "configuration", "partition",
                                          "custom file" };

/* Starts the next file; its parts are added behind it. */
struct image_entry *image_add_file(struct image *image, enum xm_image_kind kind, uint32_t partition,
                                   const char *name)
{
    if (image->file_count == IMAGE_FILES_MAX) {
        refuse("more than %d files in one container", IMAGE_FILES_MAX);
    }
    struct image_entry *file = &image->files[image->file_count++];
    file->kind = kind;
    file->partition = partition;
    file->first = image->part_count;
    snprintf(file->name, sizeof file->name, "%.60s", name);
    return file;
}

/* Adds a piece of memory to the file started last. `data` must stay valid until the image is
 * written. */
void image_add_part(struct image *image, uint32_t address, uint32_t file_bytes,
                    uint32_t memory_bytes, const uint8_t *data)
{
    if (image->part_count == image->part_room) {
        struct image_part *larger = allocate((image->part_room * 2 + 16) * sizeof *larger);
        if (image->part_count > 0) {
            memcpy(larger, image->parts, image->part_count * sizeof *larger);
        }
        image->part_room = image->part_room * 2 + 16;
        image->parts = larger;
    }
    image->files[image->file_count - 1].count++;
    image->parts[image->part_count++] =
        (struct image_part){ address, file_bytes, memory_bytes, data, image->file_count - 1 };
}

struct layout {
    uint32_t files, segments, strings, strings_length, data, length;
};

/* Offset of part `index` in the container, when the data before it end at `end`. */
static uint64_t part_offset(const struct image *image, uint32_t index, uint64_t end)
{
    const struct image_entry *file = &image->files[image->parts[index].file];
    if (file->offset == 0 || index != file->first) {
        return end;
    }
    if (file->offset < end || file->offset % 8 != 0) {
        refuse("%s: cannot start at offset 0x%x of the container: what is before it ends at "
               "0x%llx; give a multiple of 8 "
               "from there on, or no offset",
               file->name, file->offset, (unsigned long long)end);
    }
    return file->offset;
}

static struct layout lay_out(const struct image *image)
{
    struct layout at = { .files = sizeof(struct xm_image), .strings_length = 0 };
    at.segments = at.files + image->file_count * (uint32_t)sizeof(struct xm_image_file);
    at.strings = at.segments + image->part_count * (uint32_t)sizeof(struct xm_image_segment);
    for (uint32_t i = 0; i < image->file_count; i++) {
        at.strings_length += (uint32_t)strlen(image->files[i].name) + 1;
    }
    at.data = round_up(at.strings + at.strings_length, 8);
    uint64_t length = at.data;
    for (uint32_t i = 0; i < image->part_count; i++) {
        length = part_offset(image, i, length) + ((uint64_t)image->parts[i].file_bytes + 7) / 8 * 8;
    }
    if (length > 1u << 30) {
        refuse("the container would have %llu bytes; the limit is 1 GiB",
               (unsigned long long)length);
    }
    at.length = (uint32_t)length;
    return at;
}

#define PUT(base, type, field, value) put_be32((base) + offsetof(struct type, field), (value))
#define GET(base, type, field) be32((base) + offsetof(struct type, field))

static void put_segments(const struct image *image, struct layout at, uint8_t *out)
{
    uint32_t offset = at.data;
    for (uint32_t i = 0; i < image->part_count; i++) {
        const struct image_part *part = &image->parts[i];
        uint8_t *segment = out + at.segments + i * sizeof(struct xm_image_segment);
        offset = (uint32_t)part_offset(image, i, offset);
        PUT(segment, xm_image_segment, address, part->address);
        PUT(segment, xm_image_segment, file_bytes, part->file_bytes);
        PUT(segment, xm_image_segment, memory_bytes, part->memory_bytes);
        PUT(segment, xm_image_segment, offset, offset);
        PUT(segment, xm_image_segment, crc32c, crc32c(0, part->data, part->file_bytes));
        if (part->file_bytes > 0) {
            memcpy(out + offset, part->data, part->file_bytes);
        }
        offset += round_up(part->file_bytes, 8);
    }
}

static void put_files(const struct image *image, struct layout at, uint8_t *out)
{
    uint32_t name = 0;
    for (uint32_t i = 0; i < image->file_count; i++) {
        const struct image_entry *entry = &image->files[i];
        uint8_t *file = out + at.files + i * sizeof(struct xm_image_file);
        br_sha256_context sha;
        br_sha256_init(&sha);
        for (uint32_t part = entry->first; part < entry->first + entry->count; part++) {
            br_sha256_update(&sha, image->parts[part].data, image->parts[part].file_bytes);
        }
        br_sha256_out(&sha, file + offsetof(struct xm_image_file, digest));
        PUT(file, xm_image_file, kind, entry->kind);
        PUT(file, xm_image_file, partition, entry->partition);
        PUT(file, xm_image_file, name, name);
        PUT(file, xm_image_file, entry, entry->entry);
        PUT(file, xm_image_file, header_address, entry->header_address);
        PUT(file, xm_image_file, segment_first, entry->first);
        PUT(file, xm_image_file, segment_count, entry->count);
        strcpy((char *)out + at.strings + name, entry->name);
        name += (uint32_t)strlen(entry->name) + 1;
    }
}

/* Digest of everything before the data, with the header's own digest as zeros. */
static void head_digest(const uint8_t *container, uint32_t head_length,
                        uint8_t digest[XM_DIGEST_BYTES])
{
    static const uint8_t zero[XM_DIGEST_BYTES];
    const size_t at = offsetof(struct xm_image, digest);
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, container, at);
    br_sha256_update(&sha, zero, sizeof zero);
    br_sha256_update(&sha, container + at + sizeof zero, head_length - at - sizeof zero);
    br_sha256_out(&sha, digest);
}

/* The container's bytes, ready to be written to `path`. */
struct blob image_serialize(const struct image *image, const char *path)
{
    struct layout at = lay_out(image);
    struct blob blob = { path, allocate(at.length), at.length };
    uint8_t *out = blob.data;
    PUT(out, xm_image, magic, XM_IMAGE_MAGIC);
    PUT(out, xm_image, revision, XM_IMAGE_REVISION);
    PUT(out, xm_image, length, at.length);
    PUT(out, xm_image, head_length, at.data);
    PUT(out, xm_image, file_offset, at.files);
    PUT(out, xm_image, file_count, image->file_count);
    PUT(out, xm_image, segment_offset, at.segments);
    PUT(out, xm_image, segment_count, image->part_count);
    PUT(out, xm_image, string_offset, at.strings);
    PUT(out, xm_image, string_length, at.strings_length);
    put_segments(image, at, out);
    put_files(image, at, out);
    head_digest(out, at.data, out + offsetof(struct xm_image, digest));
    return blob;
}

static bool table_inside(const uint8_t *c, uint32_t offset, uint32_t count, size_t entry)
{
    uint32_t head = GET(c, xm_image, head_length);
    return offset <= head && count <= (head - offset) / entry;
}

/* Refuses what cannot be listed: the structure, not the digests, which the list shows. */
static void check_structure(const struct blob *file)
{
    const uint8_t *c = file->data;
    if (file->size < sizeof(struct xm_image) || GET(c, xm_image, magic) != XM_IMAGE_MAGIC) {
        refuse("%s: not a container; make it with 'xmpack build'", file->path);
    }
    if (GET(c, xm_image, revision) != XM_IMAGE_REVISION) {
        refuse("%s: container layout revision %u, this xmpack knows %u", file->path,
               GET(c, xm_image, revision), XM_IMAGE_REVISION);
    }
    uint32_t head = GET(c, xm_image, head_length);
    if (GET(c, xm_image, length) != file->size || head > file->size ||
        head < sizeof(struct xm_image) ||
        !table_inside(c, GET(c, xm_image, file_offset), GET(c, xm_image, file_count),
                      sizeof(struct xm_image_file)) ||
        !table_inside(c, GET(c, xm_image, segment_offset), GET(c, xm_image, segment_count),
                      sizeof(struct xm_image_segment)) ||
        !table_inside(c, GET(c, xm_image, string_offset), GET(c, xm_image, string_length), 1)) {
        refuse("%s: incomplete or damaged container of %zu bytes; build it again", file->path,
               file->size);
    }
}

static const uint8_t *segment_at(const struct blob *c, uint32_t index)
{
    const uint8_t *segment =
        c->data + GET(c->data, xm_image, segment_offset) + index * sizeof(struct xm_image_segment);
    uint32_t offset = GET(segment, xm_image_segment, offset);
    if (index >= GET(c->data, xm_image, segment_count) || offset > c->size ||
        GET(segment, xm_image_segment, file_bytes) > c->size - offset) {
        refuse("%s: a segment lies outside the container; build it again", c->path);
    }
    return segment;
}

/* Whether a file starts like a container. */
bool image_is_container(const struct blob *file)
{
    return file->size >= sizeof(struct xm_image) &&
           GET(file->data, xm_image, magic) == XM_IMAGE_MAGIC;
}

/* The compiled configuration inside a container; refuses a container without one. */
struct blob image_configuration(const struct blob *container)
{
    check_structure(container);
    const uint8_t *file = container->data + GET(container->data, xm_image, file_offset);
    for (uint32_t i = 0; i < GET(container->data, xm_image, file_count);
         i++, file += sizeof(struct xm_image_file)) {
        if (GET(file, xm_image_file, kind) == XM_IMAGE_CONFIG &&
            GET(file, xm_image_file, segment_count) > 0) {
            const uint8_t *segment = segment_at(container, GET(file, xm_image_file, segment_first));
            return (struct blob){ container->path,
                                  container->data + GET(segment, xm_image_segment, offset),
                                  GET(segment, xm_image_segment, file_bytes) };
        }
    }
    refuse("%s: no configuration in this container; build it with 'xmpack build'", container->path);
}

static const char *name_of(const struct blob *c, const uint8_t *file)
{
    uint32_t length = GET(c->data, xm_image, string_length), at = GET(file, xm_image_file, name);
    const uint8_t *strings = c->data + GET(c->data, xm_image, string_offset);
    return at < length && memchr(strings + at, 0, length - at) ? (const char *)strings + at : "?";
}

static void list_segments(const struct blob *c, const uint8_t *file)
{
    uint32_t first = GET(file, xm_image_file, segment_first);
    for (uint32_t i = 0; i < GET(file, xm_image_file, segment_count); i++) {
        const uint8_t *segment = segment_at(c, first + i);
        printf("    0x%08x  %9u bytes stored, %9u in memory\n",
               GET(segment, xm_image_segment, address), GET(segment, xm_image_segment, file_bytes),
               GET(segment, xm_image_segment, memory_bytes));
    }
}

/* One file of the list; true when its digest holds. */
static bool list_file(const struct blob *c, const uint8_t *file)
{
    uint32_t kind = GET(file, xm_image_file, kind), first = GET(file, xm_image_file, segment_first);
    uint8_t digest[XM_DIGEST_BYTES];
    const uint8_t *expected = file + offsetof(struct xm_image_file, digest);
    br_sha256_context sha;
    br_sha256_init(&sha);
    for (uint32_t i = 0; i < GET(file, xm_image_file, segment_count); i++) {
        const uint8_t *segment = segment_at(c, first + i);
        br_sha256_update(&sha, c->data + GET(segment, xm_image_segment, offset),
                         GET(segment, xm_image_segment, file_bytes));
    }
    br_sha256_out(&sha, digest);
    bool good = memcmp(digest, expected, sizeof digest) == 0;
    printf("%-13s ", kind < 4 ? kind_names[kind] : "unknown");
    printf(kind >= XM_IMAGE_PARTITION ? "%3u" : "   ", GET(file, xm_image_file, partition));
    printf("  %-20s", name_of(c, file));
    if (kind == XM_IMAGE_HYPERVISOR || kind == XM_IMAGE_PARTITION) {
        printf("  entry 0x%08x", GET(file, xm_image_file, entry));
    } else {
        printf("  %16s", "");
    }
    printf("  SHA-256 ");
    for (int i = 0; i < XM_DIGEST_BYTES; i++) {
        printf("%02x", expected[i]);
    }
    printf("%s\n", good ? "" : "  DAMAGED");
    list_segments(c, file);
    return good;
}

/* Prints what is in a container, for people. Result: 0, or 2 when a digest does not hold. */
int image_list(const char *path)
{
    struct blob container = read_file(path);
    check_structure(&container);
    const uint8_t *c = container.data;
    uint8_t digest[XM_DIGEST_BYTES];
    head_digest(c, GET(c, xm_image, head_length), digest);
    bool good = memcmp(digest, c + offsetof(struct xm_image, digest), sizeof digest) == 0;
    printf("%s: %zu bytes, %u files, header %s\n", path, container.size,
           GET(c, xm_image, file_count), good ? "good" : "DAMAGED");
    for (uint32_t i = 0; i < GET(c, xm_image, file_count); i++) {
        good &= list_file(&container,
                          c + GET(c, xm_image, file_offset) + i * sizeof(struct xm_image_file));
    }
    if (!good) {
        warn("%s: damaged; the boot loader will refuse it", path);
    }
    return good ? 0 : 2;
}
