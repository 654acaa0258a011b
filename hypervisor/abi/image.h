/* image.h - layout of the system image (container) that xmpack builds and the boot loader and
 * hypervisor read
 *
 *   header | files | segments | strings | data of all segments, 8-byte aligned each
 *
 * All words in target byte order; offsets are bytes from the start of the container. The header's
 * digest covers the header (with the digest zero) and everything up to the data; each file's digest
 * covers the data of its segments in order, and each segment has a CRC-32C too, because the
 * hypervisor checks again what it reloads at a cold partition reset and has no time there for
 * SHA-256. */
#ifndef XM_ABI_IMAGE_H
#define XM_ABI_IMAGE_H

#include "types.h"

#define XM_IMAGE_MAGIC 0x24584354u /* "$XCT" */
#define XM_IMAGE_REVISION 1
#define XM_DIGEST_BYTES 32 /* SHA-256 */

#ifndef __ASSEMBLER__

enum xm_image_kind {
    XM_IMAGE_HYPERVISOR = 0,
    XM_IMAGE_CONFIG = 1,
    XM_IMAGE_PARTITION = 2,
    XM_IMAGE_CUSTOM = 3
};

struct xm_image {
    xm_u32_t magic, revision;
    xm_u32_t length;            /* bytes of the container */
    xm_u32_t head_length;       /* bytes before the data: what the digest covers */
    xm_u32_t file_offset, file_count;
    xm_u32_t segment_offset, segment_count;
    xm_u32_t string_offset, string_length;
    xm_u8_t digest[XM_DIGEST_BYTES];
};

struct xm_image_file {
    xm_u32_t kind;           /* enum xm_image_kind */
    xm_u32_t partition;      /* of a partition image or custom file; 0 else */
    xm_u32_t name;           /* offset in the string table */
    xm_u32_t entry;          /* address, 0 for configuration and custom files */
    xm_u32_t header_address; /* partition: of its struct xmImageHdr once loaded */
    xm_u32_t segment_first, segment_count;
    xm_u32_t reserved;
    xm_u8_t digest[XM_DIGEST_BYTES];
};

struct xm_image_segment {
    xm_u32_t address;      /* physical; configuration: 0, it goes behind the hypervisor's image */
    xm_u32_t file_bytes;   /* stored */
    xm_u32_t memory_bytes; /* occupied: the rest is cleared at a cold start */
    xm_u32_t offset;       /* of the stored bytes */
    xm_u32_t crc32c;       /* of the stored bytes */
    xm_u32_t reserved;
};

/* First words of the hypervisor's image, after its 4 KiB trap table. */
struct xm_hypervisor_header {
    xm_u32_t magic; /* XMEF_XM_MAGIC */
    xm_u32_t version, abi_version, api_version;
    xm_u32_t
        config_address; /* where the boot loader puts the compiled configuration: after bss, page aligned */
    xm_u32_t reserved[3];
};
#define XM_HYPERVISOR_HEADER_OFFSET 4096

/* What the boot loader hands over: registers on entry to the hypervisor (traps off, MMU off)
 *   %o0 address of the container, where cold resets find the images again
 *   %o1 address of the boot loader's entry, where a system reset goes */

#define XM_RETAINED_MAGIC 0x584d5254u /* "XMRT" */

/* Kept over a reset in the last page of the hypervisor's area; valid only if magic and crc32c hold.
 * A power cycle without battery-backed memory loses it: the next start is then boot 1 with no
 * reset. */
struct xm_retained {
    xm_u32_t magic;
    xm_u32_t boot_count;    /* starts since the memory was last lost; the boot id is made of it */
    xm_u32_t reset_counter; /* warm system resets since the last cold one */
    xm_u32_t
        reset_mode; /* XM_COLD_RESET or XM_WARM_RESET: how the next start is to treat partition memory */
    xm_u32_t reset_status;  /* 0, or XM_HM_RESET_STATUS_MODULE_RESTART << 16 | event */
    xm_u32_t reload[(XM_MAX_PARTITIONS + 31) /
                    32];    /* bit per partition: its memory holds no whole image, load it again */
    xm_u32_t crc32c;        /* of the words before */
};

_Static_assert(sizeof(struct xm_image) == 72, "container head");
_Static_assert(sizeof(struct xm_image_file) == 64, "container file entry");
_Static_assert(sizeof(struct xm_image_segment) == 24, "container segment entry");

#endif
#endif
