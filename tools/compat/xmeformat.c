/* xmeformat.c - the step between linking and packing that XtratuM 3.x projects expect
 *
 * xm packs executables as they are, so there is no format of its own: `build` checks an executable
 * the way `xmpack` will, and hands it on unchanged under the new name. What XEF offered beside that
 * is not lost: the container has a SHA-256 per file, and xmpack takes only the loaded segments, so
 * no symbol reaches the image. */
#include "../xmpack/elf32.h"
#include "../xmpack/util.h"

#include "../../hypervisor/abi/config.h"
#include "../../hypervisor/abi/guest.h"
#include "../../hypervisor/abi/image.h"

#include <bearssl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GET(base, type, field) be32((base) + offsetof(struct type, field))
#define HYPERVISOR_HEADER (XM_HYPERVISOR_START + XM_HYPERVISOR_HEADER_OFFSET)

static const char usage[] =
    "usage: xmeformat build [-m] [-c] [-p PAYLOAD] [-o OUT] FILE\n"
    "       xmeformat read [-h] [-s] [-m] FILE\n"
    "\n"
    "build  checks an executable and copies it for xmpack; prints its MD5 digest and name on "
    "standard error\n"
    "  -m   FILE is data (a custom file, a compiled configuration): no checks\n"
    "  -c   accepted, changes nothing: images are not compressed\n"
    "  -p   accepted with a warning: there is no payload field to keep the bytes in\n"
    "  -o   output (a.out)\n"
    "read   prints -h the header, -s the segments, -m the table of custom files; without an option "
    "all of them\n";

struct options {
    bool data, header, segments, custom;
    const char *payload, *out, *file;
};

_Noreturn static void wrong_usage(const char *why)
{
    fprintf(stderr, "xmeformat: %s\n%s", why, usage);
    exit(2);
}

static struct options take_options(int argc, char **argv, const char *letters)
{
    struct options options = { .out = "a.out" };
    int letter;
    while ((letter = getopt(argc, argv, letters)) != -1) {
        switch (letter) {
        case 'm':
            options.data = options.custom = true;
            break;
        case 'c':
            break;
        case 'h':
            options.header = true;
            break;
        case 's':
            options.segments = true;
            break;
        case 'p':
            options.payload = optarg;
            break;
        case 'o':
            options.out = optarg;
            break;
        default:
            wrong_usage("no such option");
        }
    }
    if (argc - optind != 1) {
        wrong_usage("exactly one input file is needed");
    }
    options.file = argv[optind];
    return options;
}

static bool is_hypervisor(const struct elf *elf)
{
    const uint8_t *header =
        elf32_bytes(elf, HYPERVISOR_HEADER, sizeof(struct xm_hypervisor_header));
    return header && be32(header) == XMEF_XM_MAGIC;
}

/* The image header of a partition's executable; refuses one without. */
static const uint8_t *image_header(const struct elf *elf, uint32_t *address)
{
    *address = elf32_find_header(elf, ".xmImageHdr", "xmImageHdr", sizeof(struct xmImageHdr));
    const uint8_t *header = elf32_bytes(elf, *address, sizeof(struct xmImageHdr));
    if (!header || GET(header, xmImageHdr, sSignature) != XMEF_PARTITION_MAGIC ||
        GET(header, xmImageHdr, eSignature) != XMEF_PARTITION_MAGIC) {
        refuse("%s: the image header at 0x%08x does not start and end with XMEF_PARTITION_MAGIC; "
               "set its sSignature and "
               "eSignature",
               elf->file.path, *address);
    }
    return header;
}

static void print_digest(const struct blob *file, const char *name)
{
    uint8_t digest[br_md5_SIZE];
    br_md5_context md5;
    br_md5_init(&md5);
    br_md5_update(&md5, file->data, file->size);
    br_md5_out(&md5, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        fprintf(stderr, "%02x", digest[i]);
    }
    fprintf(stderr, " %s\n", name);
}

static int build(const struct options *options)
{
    struct blob file;
    if (options->data) {
        file = read_file(options->file);
    } else {
        struct elf elf;
        uint32_t address;
        elf32_read(options->file, &elf);
        if (!is_hypervisor(&elf)) {
            (void)image_header(&elf, &address);
        }
        file = elf.file;
    }
    if (options->payload) {
        warn("%s: images of xm have no payload field; the bytes of %s are not kept", options->file,
             options->payload);
    }
    write_file(options->out, file.data, file.size);
    print_digest(&file, options->out);
    return 0;
}

static void print_header(const struct elf *elf)
{
    uint32_t address = HYPERVISOR_HEADER;
    const uint8_t *header = is_hypervisor(elf) ? NULL : image_header(elf, &address);
    printf("%s: %s, %zu bytes, entry 0x%08x, header at 0x%08x\n", elf->file.path,
           header ? "partition" : "hypervisor", elf->file.size, elf->entry, address);
    if (header) {
        uint32_t abi = GET(header, xmImageHdr, compilationXmAbiVersion);
        uint32_t api = GET(header, xmImageHdr, compilationXmApiVersion);
        printf("  ABI %u.%u.%u, API %u.%u.%u, page-table area 0x%08x of %u bytes\n",
               XM_GET_VERSION(abi), XM_GET_SUBVERSION(abi), XM_GET_REVISION(abi),
               XM_GET_VERSION(api), XM_GET_SUBVERSION(api), XM_GET_REVISION(api),
               GET(header, xmImageHdr, pageTable), GET(header, xmImageHdr, pageTableSize));
    }
}

static void print_segments(const struct elf *elf)
{
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        printf("  segment %u: 0x%08x, %u bytes stored, %u in memory%s%s\n", i, s->address,
               s->file_bytes, s->memory_bytes, s->writable ? ", writable" : "",
               s->executable ? ", executable" : "");
    }
}

static void print_custom_files(const struct elf *elf)
{
    uint32_t address;
    if (is_hypervisor(elf)) {
        printf("  custom file 0: the compiled configuration, placed by xmpack\n");
        return;
    }
    const uint8_t *header = image_header(elf, &address);
    uint32_t count = GET(header, xmImageHdr, noCustomFiles);
    for (uint32_t i = 0; i < count && i < CONFIG_MAX_NO_CUSTOMFILES; i++) {
        const uint8_t *row =
            header + offsetof(struct xmImageHdr, customFileTab) + i * sizeof(struct xefCustomFile);
        printf("  custom file %u: 0x%08x, room for %u bytes\n", i, be32(row), be32(row + 4));
    }
}

static int read_image(const struct options *options)
{
    bool all = !options->header && !options->segments && !options->custom;
    struct elf elf;
    elf32_read(options->file, &elf);
    if (all || options->header) {
        print_header(&elf);
    }
    if (all || options->segments) {
        print_segments(&elf);
    }
    if (all || options->custom) {
        print_custom_files(&elf);
    }
    return 0;
}

int main(int argc, char **argv)
{
    util_program = "xmeformat";
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "build") == 0) {
        struct options options = take_options(argc - 1, argv + 1, "mcp:o:");
        return build(&options);
    }
    if (strcmp(command, "read") == 0) {
        struct options options = take_options(argc - 1, argv + 1, "hsm");
        return read_image(&options);
    }
    wrong_usage("build or read");
}
