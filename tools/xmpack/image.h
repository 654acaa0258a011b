/* image.h - building a container in memory, and reading one (layout: hypervisor/abi/image.h) */
#ifndef XMPACK_IMAGE_H
#define XMPACK_IMAGE_H

#include <stdbool.h>

#include "../../hypervisor/abi/image.h"
#include "util.h"

/* Hypervisor, configuration, and per partition its image and custom files. */
#define IMAGE_FILES_MAX (2 + XM_MAX_PARTITIONS * (1 + CONFIG_MAX_NO_CUSTOMFILES))

struct image_part {
    uint32_t address, file_bytes, memory_bytes;
    const uint8_t *data;
    uint32_t file; /* index of the file it belongs to */
};

struct image_entry {
    enum xm_image_kind kind;
    uint32_t partition, entry, header_address;
    uint32_t offset; /* where in the container its data is to start; 0: behind the file before */
    char name[64];
    uint32_t first, count; /* in parts */
};

/* A system before it is written: files in loading order, their parts in one list. */
struct image {
    uint32_t file_count, part_count, part_room;
    struct image_entry files[IMAGE_FILES_MAX];
    struct image_part *parts;
};

struct image_entry *image_add_file(struct image *image, enum xm_image_kind kind, uint32_t partition,
                                   const char *name);
void image_add_part(struct image *image, uint32_t address, uint32_t file_bytes,
                    uint32_t memory_bytes, const uint8_t *data);
struct blob image_serialize(const struct image *image, const char *path);
bool image_is_container(const struct blob *file);
struct blob image_configuration(const struct blob *container);
int image_list(const char *path);

#endif
