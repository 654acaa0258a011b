/* stdio.c - printf and its kin, with exactly the conversions described in stdio.h
 *
 * One formatter writes into a sink: the console's line, or a buffer with a limit. The line goes out
 * in one hypercall at \n, \r, or when it is nearly full; nothing flushes it otherwise. The line is
 * shared with interrupt handlers, so it is only touched between xal_lock and xal_unlock. */
#include <stdio.h>
#include <string.h>
#include <xmhypercalls.h>
#include "xal_internal.h"

#define LINE_BYTES 510
#define VSPRINTF_BYTES 1024 /* limit of vsprintf, its NUL included */
#define DIGITS_MAX 20       /* of 2^64 - 1 in decimal */

struct sink {
    char *buffer;   /* NULL: the console */
    xm_u32_t room;  /* characters the buffer takes */
    xm_u32_t count; /* characters produced, also those that found no room */
};

struct arguments {
    va_list list; /* in a structure, because a va_list may be an array and could not be passed by
                     address */
};

struct conversion {
    char pad;         /* '0' or ' ' */
    xm_u32_t width;   /* 0: none */
    int is_long_long; /* argument of 64 bits */
    int is_negative;  /* print a sign */
};

static char line[LINE_BYTES];
static xm_u32_t line_length;

static void line_put(char c)
{
    line[line_length++] = c;
    if (c == '\n' || c == '\r' || line_length == LINE_BYTES) {
        xm_u32_t length = line_length;

        line_length = 0;
        (void)XM_write_console(line, (xm_s32_t)length);
    }
}

static void sink_put(struct sink *sink, char c)
{
    if (!sink->buffer) {
        line_put(c);
    } else if (sink->count < sink->room) {
        sink->buffer[sink->count] = c;
    }
    sink->count++;
}

static void put_string(struct sink *sink, const char *s)
{
    if (!s) {
        s = "(null)";
    }
    while (*s) {
        sink_put(sink, *s++);
    }
}

/* The sign comes before the padding and counts in the width. */
static void put_number(struct sink *sink, xm_u64_t value, xm_u32_t base,
                       const struct conversion *conversion)
{
    char digits[DIGITS_MAX];
    xm_u32_t count = 0;
    xm_u32_t low, length;

    while (value >> 32) { /* 64-bit division is slow: only while it is needed */
        digits[count++] = "0123456789ABCDEF"[value % base];
        value /= base;
    }
    low = (xm_u32_t)value;
    do {
        digits[count++] = "0123456789ABCDEF"[low % base];
        low /= base;
    } while (low);

    if (conversion->is_negative) {
        sink_put(sink, '-');
    }
    for (length = count + (conversion->is_negative ? 1u : 0u); length < conversion->width;
         length++) {
        sink_put(sink, conversion->pad);
    }
    while (count) {
        sink_put(sink, digits[--count]);
    }
}

static void put_signed(struct sink *sink, struct conversion *conversion, struct arguments *args)
{
    xm_s64_t value =
        conversion->is_long_long ? va_arg(args->list, xm_s64_t) : va_arg(args->list, xm_s32_t);

    conversion->is_negative = value < 0;
    put_number(sink, value < 0 ? 0 - (xm_u64_t)value : (xm_u64_t)value, 10, conversion);
}

static void put_unsigned(struct sink *sink, struct conversion *conversion, struct arguments *args,
                         xm_u32_t base)
{
    xm_u64_t value =
        conversion->is_long_long ? va_arg(args->list, xm_u64_t) : va_arg(args->list, xm_u32_t);

    put_number(sink, value, base, conversion);
}

/* Reads pad character, width and length at s; returns what follows them. */
static const char *parse_prefix(const char *s, struct conversion *conversion)
{
    if (*s == '0' || *s == ' ') {
        conversion->pad = *s++;
        while (*s >= '0' && *s <= '9') {
            conversion->width = conversion->width * 10 + (xm_u32_t)(*s++ - '0');
        }
    }
    if (*s == 'l' || *s == 'L') {
        s++;
        if (s[-1] == 'l' && *s == 'l') {
            conversion->is_long_long = 1;
            s++;
        }
    }
    return s;
}

/* s stands behind a '%'. Returns what follows the conversion. */
static const char *convert(struct sink *sink, const char *s, struct arguments *args)
{
    struct conversion conversion = { .pad = ' ' };

    s = parse_prefix(s, &conversion);
    switch (*s) {
    case '\0':
        return s;
    case 'c':
    case 'C':
        sink_put(sink, (char)va_arg(args->list, int));
        break;
    case 's':
    case 'S':
        put_string(sink, va_arg(args->list, const char *));
        break;
    case 'd':
    case 'D':
    case 'i':
    case 'I':
        put_signed(sink, &conversion, args);
        break;
    case 'u':
    case 'U':
        put_unsigned(sink, &conversion, args, 10);
        break;
    case 'x':
    case 'X':
        put_unsigned(sink, &conversion, args, 16);
        break;
    default:
        sink_put(sink, *s);
        break;
    }
    return s + 1;
}

static void format_into(struct sink *sink, const char *format, va_list list)
{
    struct arguments args;

    va_copy(args.list, list);
    while (*format) {
        char c = *format++;

        if (c == '%') {
            format = convert(sink, format, &args);
        } else {
            sink_put(sink, c);
        }
    }
    va_end(args.list);
}

/* Appends one character to the console's line; returns it. */
xm_s32_t putchar(xm_s32_t c)
{
    int was_open = xal_lock();

    line_put((char)c);
    xal_unlock(was_open);
    return c;
}

/* Prints on the console; returns the number of characters. */
xm_s32_t XAL_WEAK vprintf(const char *format, va_list args)
{
    struct sink sink = { .buffer = NULL };
    int was_open = xal_lock();

    format_into(&sink, format, args);
    xal_unlock(was_open);
    return (xm_s32_t)sink.count;
}

/* Like vprintf. */
xm_s32_t printf(const char *format, ...)
{
    va_list args;
    xm_s32_t count;

    va_start(args, format);
    count = vprintf(format, args);
    va_end(args);
    return count;
}

/* Prints into s, of n bytes: at most n - 1 characters and a NUL; nothing at all when n is not
 * positive. Returns the number of characters that a large enough buffer would have got. */
xm_s32_t XAL_WEAK vsnprintf(char *s, xm_s32_t n, const char *format, va_list args)
{
    char nowhere;
    struct sink sink = { .buffer = n > 0 ? s : &nowhere, .room = n > 0 ? (xm_u32_t)n - 1 : 0 };

    format_into(&sink, format, args);
    if (n > 0) {
        s[sink.count < sink.room ? sink.count : sink.room] = '\0';
    }
    return (xm_s32_t)sink.count;
}

/* Like vsnprintf. */
xm_s32_t snprintf(char *s, xm_s32_t n, const char *format, ...)
{
    va_list args;
    xm_s32_t count;

    va_start(args, format);
    count = vsnprintf(s, n, format, args);
    va_end(args);
    return count;
}

/* Prints into s, at most 1024 bytes with the NUL; returns the number of characters. */
xm_s32_t vsprintf(char *s, const char *format, va_list args)
{
    return vsnprintf(s, VSPRINTF_BYTES, format, args);
}

/* Prints into s, which must be large enough, with a NUL; returns the number of characters. */
xm_s32_t sprintf(char *s, const char *format, ...)
{
    va_list args;
    xm_s32_t count;

    va_start(args, format);
    count = vsnprintf(s, 0x7fffffff, format, args);
    va_end(args);
    return count;
}
