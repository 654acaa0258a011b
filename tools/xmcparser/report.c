/* report.c - messages to the user */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Beyond these, errors are most likely consequences of the first ones. */
#define ERRORS_SHOWN 30

static const char *file = "?";
static unsigned errors;
static bool quiet;

/* File that the messages name. */
void report_set_file(const char *path)
{
    file = path;
}

/* From now on only errors are reported. */
void report_silence_warnings(void)
{
    quiet = true;
}

/* An error at a line of the file; 0 or less: at no particular line. */
void error_at(int line, const char *format, ...)
{
    va_list args;

    errors++;
    if (errors > ERRORS_SHOWN) {
        return;
    }
    va_start(args, format);
    if (line > 0) {
        fprintf(stderr, "%s:%d: error: ", file, line);
    } else {
        fprintf(stderr, "%s: error: ", file);
    }
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (errors == ERRORS_SHOWN) {
        fprintf(stderr, "%s: error: more than %d errors, the rest is not shown\n", file,
                ERRORS_SHOWN - 1);
    }
}

/* Something that is allowed but most likely not meant. */
void warning_at(int line, const char *format, ...)
{
    va_list args;

    if (quiet) {
        return;
    }
    va_start(args, format);
    fprintf(stderr, "%s:%d: warning: ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

/* A failure that is not the configuration's: ends the program. */
void fatal(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("xmcparser: error: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(EXIT_REFUSED);
}

/* Errors reported so far. */
unsigned report_errors(void)
{
    return errors;
}
