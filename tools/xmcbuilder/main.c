/* main.c - xmcbuilder: from the C that xmcparser writes to the binary configuration
 *
 * The target compiler gives the structures of abi/config.h their layout and byte order, objcopy
 * takes the section out of the object file; this program checks the result and fills in length and
 * CRC. Programs are run without a shell. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../hypervisor/abi/config.h"

#define SECTION ".xm_config"
#define WORDS_MAX 32
#define FILE_MAX_BYTES (64u * 1024 * 1024)
#define EXIT_REFUSED 2

static const char usage[] =
    "usage: xmcbuilder [-o <out>] <file.c.xmc>   compile what xmcparser -c wrote\n"
    "\n"
    "  -o <out>   output file (a.bin.xmc)\n"
    "  --help     print this\n"
    "\n"
    "environment:\n"
    "  XM_CC        target compiler, with options            (" XM_CC_DEFAULT ")\n"
    "  XM_OBJCOPY   its objcopy                              (" XM_OBJCOPY_DEFAULT
    ", or beside XM_CC)\n"
    "  XM_ABI_DIR   folder of config.h (that of the tree this program was installed to or built "
    "from)\n";

/* Files that must not outlive the program. */
static char directory[4096], object_path[4200], raw_path[4200], out_temporary[4200];

static void remove_temporaries(void)
{
    char *const paths[] = { object_path, raw_path, out_temporary };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (*paths[i] != '\0') {
            unlink(paths[i]);
        }
    }
    if (*directory != '\0') {
        rmdir(directory);
    }
}

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("xmcbuilder: error: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(EXIT_REFUSED);
}

/* ---- programs -------------------------------------------------------------------------------- */

struct command {
    char *words[WORDS_MAX + 1];
    unsigned count;
};

static void add_word(struct command *c, const char *word)
{
    if (c->count == WORDS_MAX) {
        fail("the compiler's command has more than %d words - shorten XM_CC", WORDS_MAX);
    }
    c->words[c->count] = strdup(word);
    if (c->words[c->count++] == NULL) {
        fail("out of memory");
    }
}

/* The words of a text with blanks between them: a program and its options. */
static void add_words(struct command *c, const char *text)
{
    char *copy = strdup(text), *rest = NULL;

    for (char *word = strtok_r(copy, " \t", &rest); word != NULL;
         word = strtok_r(NULL, " \t", &rest)) {
        add_word(c, word);
    }
    free(copy);
}

static void run(struct command *c, const char *purpose)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        execvp(c->words[0], c->words);
        fprintf(
            stderr, "xmcbuilder: error: cannot run %s: %s - install it, or name another in %s\n",
            c->words[0], strerror(errno), strcmp(purpose, "compile") == 0 ? "XM_CC" : "XM_OBJCOPY");
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        fail("cannot run %s: %s", c->words[0], strerror(errno));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail("%s could not %s the configuration, see above", c->words[0], purpose);
    }
    for (unsigned i = 0; i < c->count; i++) {
        free(c->words[i]);
    }
}

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : otherwise;
}

/* The objcopy that belongs to the compiler: XM_CC's name with gcc or cc at its end replaced. */
static const char *objcopy(void)
{
    static char beside[4096];
    const char *named = setting("XM_OBJCOPY", NULL), *compiler = setting("XM_CC", NULL);

    if (named != NULL) {
        return named;
    }
    if (compiler == NULL) {
        return XM_OBJCOPY_DEFAULT;
    }
    size_t length = strcspn(compiler, " \t");
    for (size_t cut = 3; cut >= 2; cut--) {
        if (length >= cut && length - cut + sizeof "objcopy" < sizeof beside &&
            strncmp(compiler + length - cut, cut == 3 ? "gcc" : "cc", cut) == 0) {
            snprintf(beside, sizeof beside, "%.*sobjcopy", (int)(length - cut), compiler);
            return beside;
        }
    }
    fail("no objcopy is known for the compiler %s - name it in XM_OBJCOPY", compiler);
}

/* Folder of the layout's header: beside an installed program, else that of the source tree. */
static const char *abi_directory(void)
{
    static char path[4096];
    const char *named = setting("XM_ABI_DIR", NULL);
    ssize_t length =
        readlink("/proc/self/exe", path, sizeof path - sizeof "/../include/xm_inc/abi/config.h");

    path[length < 0 ? 0 : length] = '\0';
    char *name = strrchr(path, '/');
    if (named != NULL || name == NULL) {
        return named != NULL ? named : XM_ABI_DEFAULT;
    }
    strcpy(name, "/../include/xm_inc/abi/config.h");
    if (access(path, R_OK) != 0) {
        return XM_ABI_DEFAULT;
    }
    *strrchr(path, '/') = '\0';
    return path;
}

static void compile(const char *input)
{
    struct command c = { { NULL }, 0 };

    add_words(&c, setting("XM_CC", XM_CC_DEFAULT));
    if (c.count == 0) {
        fail("XM_CC names no compiler - write for example sparc-gaisler-elf-gcc");
    }
    add_words(&c, "-std=gnu11 -ffreestanding -fno-pic -Wall -Wno-missing-braces -c -I");
    add_word(&c, abi_directory());
    add_word(&c, "-o");
    add_word(&c, object_path);
    add_words(&c, "-x c"); /* the name need not end in .c */
    add_word(&c, input);
    run(&c, "compile");
}

static void extract(void)
{
    struct command c = { { NULL }, 0 };

    add_words(&c, objcopy());
    add_words(&c, "-O binary --only-section=" SECTION);
    add_word(&c, object_path);
    add_word(&c, raw_path);
    run(&c, "extract");
}

/* ---- the binary ------------------------------------------------------------------------------ */

static uint32_t get_word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_word(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* CRC-32C: polynomial 0x1edc6f41, reflected, starts and ends inverted; "123456789" gives
 * 0xe3069283. */
static uint32_t crc32c(const uint8_t *bytes, size_t count)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
        }
    }
    return ~crc;
}

static uint8_t *read_raw(size_t *bytes)
{
    FILE *f = fopen(raw_path, "rb");
    struct stat status;

    if (f == NULL || fstat(fileno(f), &status) != 0) {
        fail("cannot read what objcopy wrote: %s", strerror(errno));
    }
    if (status.st_size < (off_t)sizeof(struct xm_config) ||
        status.st_size > (off_t)FILE_MAX_BYTES) {
        fail("the object holds no configuration (section " SECTION
             ", %lld bytes) - is this the output of xmcparser -c?",
             (long long)status.st_size);
    }
    *bytes = ((size_t)status.st_size + 7) / 8 * 8;
    uint8_t *data = calloc(1, *bytes);
    if (data == NULL || fread(data, 1, (size_t)status.st_size, f) != (size_t)status.st_size) {
        fail("cannot read what objcopy wrote: %s", strerror(errno));
    }
    fclose(f);
    return data;
}

/* Check head, set length and CRC. */
static void complete(uint8_t *data, size_t bytes)
{
    uint8_t *length = data + offsetof(struct xm_config, length);
    uint32_t magic = get_word(data),
             revision = get_word(data + offsetof(struct xm_config, revision));

    if (magic != XM_CONFIG_MAGIC) {
        fail("the configuration starts with 0x%08x instead of 0x%08x - is %s a compiler for the "
             "big-endian target?",
             magic, XM_CONFIG_MAGIC, setting("XM_CC", XM_CC_DEFAULT));
    }
    if (revision != XM_CONFIG_REVISION) {
        fail("the configuration has revision %u, this program makes %u - use the xmcparser of the "
             "same version",
             revision, XM_CONFIG_REVISION);
    }
    if (get_word(length) != 0 && get_word(length) != bytes) {
        fail("the configuration says it has %u bytes, the compiler made %zu - use the xmcparser of "
             "the same version",
             get_word(length), bytes);
    }
    put_word(length, (uint32_t)bytes);
    put_word(data + offsetof(struct xm_config, crc32c), 0);
    put_word(data + offsetof(struct xm_config, crc32c), crc32c(data, bytes));
}

/* Write beside the output and rename, so that there is never half a file. */
static void write_out(const char *out, const uint8_t *data, size_t bytes)
{
    mode_t mask = umask(0);

    umask(mask);
    if (snprintf(out_temporary, sizeof out_temporary, "%s.XXXXXX", out) >=
        (int)sizeof out_temporary) {
        fail("the name of the output is too long");
    }
    int fd = mkstemp(out_temporary);
    if (fd < 0) {
        *out_temporary = '\0';
        fail("cannot create %s: %s", out, strerror(errno));
    }
    FILE *f = fdopen(fd, "wb");
    bool good = f != NULL && fchmod(fd, 0666 & ~mask) == 0 && fwrite(data, 1, bytes, f) == bytes;
    if (f == NULL || fclose(f) != 0 || !good || rename(out_temporary, out) != 0) {
        fail("cannot write %s: %s", out, strerror(errno));
    }
    *out_temporary = '\0';
}

int main(int argc, char **argv)
{
    static const struct option longs[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
    const char *out = "a.bin.xmc", *parent = setting("TMPDIR", "/tmp");
    size_t bytes;
    int option;

    while ((option = getopt_long(argc, argv, "o:h", longs, NULL)) != -1) {
        if (option == 'o') {
            out = optarg;
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : EXIT_REFUSED;
        }
    }
    if (argc - optind != 1) {
        fputs(usage, stderr);
        return EXIT_REFUSED;
    }
    if (access(argv[optind], R_OK) != 0) {
        fail("%s: %s", argv[optind], strerror(errno));
    }
    if (snprintf(directory, sizeof directory, "%s/xmcbuilder.XXXXXX", parent) >=
            (int)sizeof directory ||
        mkdtemp(directory) == NULL) {
        *directory = '\0';
        fail("cannot create a folder in %s: %s", parent, strerror(errno));
    }
    atexit(remove_temporaries);
    snprintf(object_path, sizeof object_path, "%s/config.o", directory);
    snprintf(raw_path, sizeof raw_path, "%s/config.bin", directory);
    compile(argv[optind]);
    extract();
    uint8_t *data = read_raw(&bytes);
    complete(data, bytes);
    write_out(out, data, bytes);
    free(data);
    return 0;
}
