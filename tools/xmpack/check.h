/* check.h - what must hold before a system is packed, and the image that follows
 *
 * One source of truth for `xmpack check` and `xmpack build`: both collect the image, build also
 * writes it. */
#ifndef XMPACK_CHECK_H
#define XMPACK_CHECK_H

#include <stdbool.h>

#include "conf.h"
#include "image.h"

/* One -h or -p argument, taken apart at its colons: files[0] is the executable. offsets[n]: where
 * in the container the data of files[n] are to start, 0: behind the file before. */
struct pack_argument {
    bool given;
    uint32_t file_count;
    const char *files[2 + CONFIG_MAX_NO_CUSTOMFILES];
    uint32_t offsets[2 + CONFIG_MAX_NO_CUSTOMFILES];
};

void check_hypervisor(const struct conf *conf, const struct pack_argument *argument,
                      struct image *image);
void check_partition(const struct conf *conf, uint32_t id, const struct pack_argument *argument,
                     struct image *image);
void check_overlaps(const struct conf *conf, const struct image *image);

#endif
