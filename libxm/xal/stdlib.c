/* stdlib.c - numbers from text */
#include <stdlib.h>
#include <ctype.h>
#include <limits.h>
#include "xal_internal.h"

struct number {
    xm_u64_t magnitude;
    int is_negative;
    int is_too_large; /* the magnitude does not fit 64 bits */
    const char *end;  /* behind the last digit; the start of the text when there is no digit */
};

/* Value of a digit in any base, or a large number. */
static xm_u32_t digit_value(char c)
{
    if (isdigit(c)) {
        return (xm_u32_t)(c - '0');
    }
    if (!isalnum(c)) {
        return UINT_MAX;
    }
    return (xm_u32_t)((c | 0x20) - 'a') + 10u;
}

/* Reads what C calls a subject sequence: space, sign, prefix, digits. A base that is not 0 or 2..36
 * reads nothing. */
static struct number parse(const char *s, int base)
{
    struct number n = { .end = s };
    int has_prefix;

    while (isspace(*s)) {
        s++;
    }
    if (*s == '-' || *s == '+') {
        n.is_negative = *s++ == '-';
    }
    has_prefix = s[0] == '0' && (s[1] | 0x20) == 'x' && isxdigit(s[2]);
    if (base == 0) {
        base = has_prefix ? 16 : *s == '0' ? 8 : 10;
    }
    if (base < 2 || base > 36) {
        return n;
    }
    if (base == 16 && has_prefix) {
        s += 2;
    }
    while (digit_value(*s) < (xm_u32_t)base) {
        xm_u64_t low = (n.magnitude & 0xffffffffu) * (xm_u32_t)base + digit_value(*s++);
        xm_u64_t high = (n.magnitude >> 32) * (xm_u32_t)base + (low >> 32);

        n.is_too_large |= (high >> 32) != 0;
        n.magnitude = high << 32 | (low & 0xffffffffu);
        n.end = s;
    }
    return n;
}

/* The value between -limit - 1 and limit; end may be NULL. */
static xm_s64_t signed_value(const char *s, char **end, int base, xm_u64_t limit)
{
    struct number n = parse(s, base);
    xm_u64_t most = limit + (n.is_negative ? 1u : 0u);

    if (end) {
        *end = (char *)n.end;
    }
    if (n.is_too_large || n.magnitude > most) {
        n.magnitude = most;
    }
    return (xm_s64_t)(n.is_negative ? 0 - n.magnitude : n.magnitude);
}

static xm_u64_t unsigned_value(const char *s, char **end, int base, xm_u64_t limit)
{
    struct number n = parse(s, base);

    if (end) {
        *end = (char *)n.end;
    }
    if (n.is_too_large || n.magnitude > limit) {
        return limit;
    }
    return n.is_negative ? 0 - n.magnitude : n.magnitude;
}

/* Decimal number at the start of s; 0 when there is none, the nearest int when it does not fit. */
xm_s32_t XAL_WEAK atoi(const char *s)
{
    return (xm_s32_t)signed_value(s, NULL, 10, INT_MAX);
}

/* As in C; a number that does not fit gives the nearest one (there is no errno). */
long XAL_WEAK strtol(const char *s, char **end, int base)
{
    return (long)signed_value(s, end, base, LONG_MAX);
}

/* As in C; a number that does not fit gives ULONG_MAX. */
unsigned long XAL_WEAK strtoul(const char *s, char **end, int base)
{
    return (unsigned long)unsigned_value(s, end, base, ULONG_MAX);
}

/* As in C; a number that does not fit gives the nearest one. */
xm_s64_t XAL_WEAK strtoll(const char *s, char **end, int base)
{
    return signed_value(s, end, base, LLONG_MAX);
}

/* As in C; a number that does not fit gives ULLONG_MAX. */
xm_u64_t XAL_WEAK strtoull(const char *s, char **end, int base)
{
    return unsigned_value(s, end, base, ULLONG_MAX);
}

/* The part of path behind its last slash. */
char *XAL_WEAK basename(char *path)
{
    char *last = path;

    for (; *path; path++) {
        if (*path == '/') {
            last = path + 1;
        }
    }
    return last;
}
