/* main.c - xmcparser: from XM_CF.xml to the compiled configuration
 *
 * Order: schema, reading, checks, tables, output. Nothing is written before everything is known to
 * be good, and then to a temporary file that is renamed: a failed run leaves no output file, and an
 * old one as it was. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libxml/parser.h>

#include "check.h"
#include "compile.h"
#include "emit.h"
#include "read.h"
#include "report.h"
#include "schema.h"

enum output { OUTPUT_BINARY, OUTPUT_C, OUTPUT_MAKE, OUTPUT_DUMP };

static const char usage[] =
    "usage: xmcparser [-c] [-s <xsd>] [-o <out>] <XM_CF.xml>   compile a configuration\n"
    "       xmcparser -m <XM_CF.xml>                           print variables for make\n"
    "       xmcparser --dump <XM_CF.xml>                       print what is compiled, readably\n"
    "       xmcparser -d                                       print the schema on standard error\n"
    "\n"
    "  -o <out>   output file (a.bin.xmc; with -c a.c.xmc)\n"
    "  -c         stop after generating C; without it xmcbuilder makes the binary of it\n"
    "  -s <xsd>   validate with another schema\n"
    "  -m         print PARTITION_IDS, NAME_n, START_n, SIZE_n, SYSTEM_NAME, HYPERVISOR_SIZE, "
    "LINK_UART, ...\n"
    "  --dump     print the compiled configuration\n"
    "  --help     print this\n"
    "\n"
    "Findings go to standard error as <file>:<line>: error: ... ; exit status 2 and no output file "
    "then.\n"
    "docs/configuration.md describes every element and attribute.\n";

struct options {
    enum output output;
    const char *out, *schema, *input;
};

static void usage_error(void)
{
    fputs(usage, stderr);
    exit(EXIT_REFUSED);
}

static struct options parse_options(int argc, char **argv)
{
    static const struct option longs[] = { { "help", no_argument, NULL, 'h' },
                                           { "dump", no_argument, NULL, 'D' },
                                           { 0 } };
    struct options o = { OUTPUT_BINARY, NULL, NULL, NULL };
    int option;

    while ((option = getopt_long(argc, argv, "cdms:o:h", longs, NULL)) != -1) {
        switch (option) {
        case 'c':
            o.output = OUTPUT_C;
            break;
        case 'm':
            o.output = OUTPUT_MAKE;
            break;
        case 'D':
            o.output = OUTPUT_DUMP;
            break;
        case 's':
            o.schema = optarg;
            break;
        case 'o':
            o.out = optarg;
            break;
        case 'd':
            schema_print();
            exit(0);
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            usage_error();
        }
    }
    if (argc - optind != 1) {
        usage_error();
    }
    o.input = argv[optind];
    if (o.out == NULL) {
        o.out = o.output == OUTPUT_C ? "a.c.xmc" : "a.bin.xmc";
    }
    return o;
}

/* ---- output files ---------------------------------------------------------------------------- */

/* A new file from a template for mkstemp, readable like any other output. */
static FILE *create_temporary(char *path)
{
    mode_t mask = umask(0);
    int fd = mkstemp(path);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

    umask(mask);
    if (f == NULL || fchmod(fd, 0666 & ~mask) != 0) {
        fatal("cannot create %s: %s", path, strerror(errno));
    }
    return f;
}

static void finish_file(FILE *f, const char *path)
{
    bool failed = ferror(f) != 0;

    if (fclose(f) != 0 || failed) {
        int reason = errno;
        unlink(path);
        fatal("cannot write %s: %s", path, strerror(reason));
    }
}

static void write_c(const struct options *o, const struct compiled *c)
{
    size_t bytes = strlen(o->out) + 8;
    char *path = malloc(bytes);

    if (path == NULL) {
        fatal("out of memory");
    }
    snprintf(path, bytes, "%s.XXXXXX", o->out);
    FILE *f = create_temporary(path);
    emit_c(f, o->input, c);
    finish_file(f, path);
    if (rename(path, o->out) != 0) {
        int reason = errno;
        unlink(path);
        fatal("cannot write %s: %s", o->out, strerror(reason));
    }
    free(path);
}

static void run_builder(const char *c_path, const char *out)
{
    char builder[4096];
    ssize_t length = readlink("/proc/self/exe", builder, sizeof builder - sizeof "xmcbuilder");

    builder[length < 0 ? 0 : length] = '\0';
    char *name = strrchr(builder, '/');
    strcpy(name != NULL ? name + 1 : builder, "xmcbuilder");
    execl(builder, builder, "-o", out, c_path, (char *)NULL);
    fprintf(stderr, "xmcparser: error: cannot run %s: %s - build it with make\n", builder,
            strerror(errno));
    _exit(127);
}

/* Let xmcbuilder, which lies beside this program, compile the C. */
static void write_binary(const struct options *o, const struct compiled *c)
{
    const char *directory = getenv("TMPDIR");
    char path[4096];
    int status;

    snprintf(path, sizeof path, "%s/xmcparser.XXXXXX", directory != NULL ? directory : "/tmp");
    FILE *f = create_temporary(path);
    emit_c(f, o->input, c);
    finish_file(f, path);
    pid_t child = fork();
    if (child == 0) {
        run_builder(path, o->out);
    }
    pid_t ended = child < 0 ? -1 : waitpid(child, &status, 0);
    unlink(path);
    if (ended < 0) {
        fatal("cannot run xmcbuilder: %s", strerror(errno));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fatal("xmcbuilder could not make %s", o->out);
    }
}

static void write_stdout(const struct options *o, const struct compiled *c)
{
    if (o->output == OUTPUT_MAKE) {
        emit_make_variables(stdout, c);
    } else {
        emit_dump(stdout, c);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fatal("cannot write to standard output: %s", strerror(errno));
    }
}

/* ---- the run --------------------------------------------------------------------------------- */

static void stop_on_errors(void)
{
    if (report_errors() != 0) {
        exit(EXIT_REFUSED);
    }
}

int main(int argc, char **argv)
{
    struct options o = parse_options(argc, argv);
    static struct model model;
    static struct compiled compiled;

    report_set_file(o.input);
    if (o.output == OUTPUT_MAKE || o.output == OUTPUT_DUMP) {
        report_silence_warnings(); /* they belong to the compilation */
    }
    xmlDoc *document = schema_load(o.input, o.schema);
    stop_on_errors();
    read_document(document, &model);
    xmlFreeDoc(document);
    stop_on_errors();
    check_model(&model);
    stop_on_errors();
    compile_model(&model, &compiled);
    compile_check_capacity(&model, &compiled);
    stop_on_errors();
    switch (o.output) {
    case OUTPUT_C:
        write_c(&o, &compiled);
        break;
    case OUTPUT_BINARY:
        write_binary(&o, &compiled);
        break;
    default:
        write_stdout(&o, &compiled);
    }
    compiled_free(&compiled);
    xmlCleanupParser();
    return 0;
}
