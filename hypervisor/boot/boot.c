/* boot.c - verifies the container, loads the system and enters the hypervisor
 *
 * All digests are checked before the first byte is loaded: a damaged image starts nothing at all. A
 * warm system reset (struct xm_retained says so) keeps partition memory, so it neither loads
 * partition images nor depends on them.
 *
 * Rules:     no writable data, no interrupts, no MMU; may run any number of times. Everything it
 *            needs is in the container behind it and in the last page of the hypervisor's area.
 * Invariant: the place of loader and container overlaps nothing that is loaded (xmpack place sees
 *            to it). */
#include "console.h"

#include "../abi/config.h"
#include "../abi/guest.h"
#include "../abi/image.h"

#include <bearssl_hash.h>
#include <stddef.h>
#include <string.h>

/* Bytes of a digest that a message shows. */
#define DIGEST_SHOWN 8u

_Static_assert(XM_DIGEST_BYTES == br_sha256_SIZE, "abi/image.h says SHA-256");

/* start.S */
extern const char boot_start[];
void boot_enter(xm_u32_t entry, const xm_u8_t *container, const char *loader)
    __attribute__((noreturn));
void boot_main(const xm_u8_t *container, xm_u32_t size, xm_u32_t from_prom);

static const struct xm_image *head_of(const xm_u8_t *container)
{
    return (const struct xm_image *)(const void *)container;
}

static const struct xm_image_file *file_at(const xm_u8_t *container, xm_u32_t index)
{
    return (const struct xm_image_file *)(const void *)(container +
                                                        head_of(container)->file_offset) +
           index;
}

static const struct xm_image_segment *segment_at(const xm_u8_t *container, xm_u32_t index)
{
    return (const struct xm_image_segment *)(const void *)(container +
                                                           head_of(container)->segment_offset) +
           index;
}

static bool same_digest(const xm_u8_t *a, const xm_u8_t *b)
{
    return memcmp(a, b, XM_DIGEST_BYTES) == 0;
}

/* Ends the line of a refusal: what the digest was, and what it should have been. */
static void console_mismatch(const xm_u8_t *found, const xm_u8_t *expected)
{
    console_text(" damaged: SHA-256 found ");
    console_bytes(found, DIGEST_SHOWN);
    console_text("..., expected ");
    console_bytes(expected, DIGEST_SHOWN);
    console_text("...; nothing started, load the image again\n");
}

/* ---- verification ---------------------------------------------------------------------------- */

static bool head_is_good(const xm_u8_t *container, xm_u32_t size)
{
    static const xm_u8_t zero[XM_DIGEST_BYTES];
    const struct xm_image *head = head_of(container);
    const xm_u32_t at = offsetof(struct xm_image, digest);
    if (size < sizeof *head || head->magic != XM_IMAGE_MAGIC ||
        head->revision != XM_IMAGE_REVISION || head->length != size ||
        head->head_length < sizeof *head || head->head_length > size) {
        console_text("boot: no system image of this revision at ");
        console_hex((xm_u32_t)container);
        console_text("; nothing started, build it again with xmpack and rswbuild\n");
        return false;
    }
    xm_u8_t digest[XM_DIGEST_BYTES];
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, container, at);
    br_sha256_update(&sha, zero, sizeof zero);
    br_sha256_update(&sha, container + at + XM_DIGEST_BYTES,
                     head->head_length - at - XM_DIGEST_BYTES);
    br_sha256_out(&sha, digest);
    if (!same_digest(digest, head->digest)) {
        console_text("boot: image header");
        console_mismatch(digest, head->digest);
        return false;
    }
    return true;
}

static void console_file_name(const xm_u8_t *container, const struct xm_image_file *file)
{
    static const char *const kinds[] = { "hypervisor", "configuration", "partition ",
                                         "custom file of partition " };
    console_text(kinds[file->kind]);
    if (file->kind >= XM_IMAGE_PARTITION) {
        console_number(file->partition);
    }
    console_text(" (");
    console_text((const char *)container + head_of(container)->string_offset + file->name);
    console_text(")");
}

static bool file_is_good(const xm_u8_t *container, const struct xm_image_file *file)
{
    xm_u8_t digest[XM_DIGEST_BYTES];
    br_sha256_context sha;
    br_sha256_init(&sha);
    for (xm_u32_t i = 0; i < file->segment_count; i++) {
        const struct xm_image_segment *segment = segment_at(container, file->segment_first + i);
        br_sha256_update(&sha, container + segment->offset, segment->file_bytes);
    }
    br_sha256_out(&sha, digest);
    if (!same_digest(digest, file->digest)) {
        console_text("boot: ");
        console_file_name(container, file);
        console_mismatch(digest, file->digest);
        return false;
    }
    return true;
}

/* Checks hypervisor and configuration, or everything else. */
static bool files_are_good(const xm_u8_t *container, bool partitions)
{
    for (xm_u32_t i = 0; i < head_of(container)->file_count; i++) {
        const struct xm_image_file *file = file_at(container, i);
        if ((file->kind >= XM_IMAGE_PARTITION) == partitions && !file_is_good(container, file)) {
            return false;
        }
    }
    return true;
}

/* ---- warm or cold ---------------------------------------------------------------------------- */

static xm_u32_t crc32c(const xm_u8_t *bytes, xm_u32_t size)
{
    xm_u32_t crc = ~0u;
    for (xm_u32_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (xm_u32_t bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

static const struct xm_config *config_in(const xm_u8_t *container)
{
    for (xm_u32_t i = 0; i < head_of(container)->file_count; i++) {
        const struct xm_image_file *file = file_at(container, i);
        if (file->kind == XM_IMAGE_CONFIG) {
            return (const void *)(container + segment_at(container, file->segment_first)->offset);
        }
    }
    return NULL;
}

/* Did a running hypervisor ask to keep partition memory? What it left is believed only with magic
 * and CRC: after power-on the memory holds anything. */
static bool is_warm(const struct xm_config *config)
{
    const struct xm_retained *retained =
        (const void *)(XM_HYPERVISOR_START + config->hypervisor_size - XM_RETAINED_BYTES);
    return retained->magic == XM_RETAINED_MAGIC && retained->reset_mode == XM_WARM_RESET &&
           crc32c((const xm_u8_t *)retained, offsetof(struct xm_retained, crc32c)) ==
               retained->crc32c;
}

/* ---- loading --------------------------------------------------------------------------------- */

static void load_file(const xm_u8_t *container, const struct xm_image_file *file)
{
    for (xm_u32_t i = 0; i < file->segment_count; i++) {
        const struct xm_image_segment *segment = segment_at(container, file->segment_first + i);
        xm_u8_t *to = (xm_u8_t *)segment->address;
        memcpy(to, container + segment->offset, segment->file_bytes);
        memset(to + segment->file_bytes, 0, segment->memory_bytes - segment->file_bytes);
    }
}

/* Loads hypervisor and configuration, or everything else in the container's order (custom files
 * come behind their partition, into whose memory they go). Returns the hypervisor's entry when that
 * was among them. */
static xm_u32_t load_files(const xm_u8_t *container, bool partitions,
                           const struct xm_config *config)
{
    xm_u32_t entry = 0;
    for (xm_u32_t i = 0; i < head_of(container)->file_count; i++) {
        const struct xm_image_file *file = file_at(container, i);
        if ((file->kind >= XM_IMAGE_PARTITION) != partitions || file->kind == XM_IMAGE_CONFIG) {
            continue;
        }
        load_file(container, file);
        if (file->kind == XM_IMAGE_HYPERVISOR) {
            const struct xm_hypervisor_header *header = (const void *)file->header_address;
            memcpy((void *)header->config_address, config, config->length);
            entry = file->entry;
        }
    }
    return entry;
}

/* The whole boot. Returns only when it refused, after saying why. */
void boot_main(const xm_u8_t *container, xm_u32_t size, xm_u32_t from_prom)
{
    console_init(from_prom != 0);
    if (!head_is_good(container, size) || !files_are_good(container, false)) {
        return;
    }
    const struct xm_config *config = config_in(container);
    if (!config) {
        console_text("boot: no configuration in the image; nothing started\n");
        return;
    }
    bool warm = is_warm(config);
    if (!warm && !files_are_good(container, true)) {
        return;
    }
    xm_u32_t entry = load_files(container, false, config);
    if (!warm) {
        load_files(container, true, config);
    }
    console_text(warm ? "boot: warm reset, partitions keep their memory: hypervisor and "
                        "configuration loaded\n"
                      : "boot: image good, hypervisor, configuration and partitions loaded\n");
    console_flush();
    boot_enter(entry, container, boot_start);
}
