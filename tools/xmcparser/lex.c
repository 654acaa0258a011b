/* lex.c - lexical types of XM_CF.xml */
#include "lex.h"

#include <stdlib.h>
#include <string.h>

#include "../../hypervisor/abi/types.h"

#define BLANKS " \t\r\n"
/* More digits of a fraction than these cannot change a 32-bit value: the largest factor is 10^6 (or
 * 2^20). */
#define FRACTION_DIGITS 12

struct unit {
    const char *name;
    uint32_t factor;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, BLANKS);
}

static bool at_end(const char *text)
{
    return *skip_blanks(text) == '\0';
}

/* Digits at *text, at least one; the value saturates far above 32 bits. Moves *text behind them. */
static bool digits(const char **text, uint64_t *value)
{
    const char *p = *text;

    *value = 0;
    while (is_digit(*p)) {
        if (*value <= UINT32_MAX) {
            *value = *value * 10 + (uint64_t)(*p - '0');
        }
        p++;
    }
    bool found = p != *text;
    *text = p;
    return found;
}

/* The part after the point as value / scale. Moves *text behind it. */
static bool fraction(const char **text, uint64_t *value, uint64_t *scale, bool *exact)
{
    const char *p = *text;
    unsigned count = 0;

    *value = 0;
    *scale = 1;
    for (; is_digit(*p); p++, count++) {
        if (count < FRACTION_DIGITS) {
            *value = *value * 10 + (uint64_t)(*p - '0');
            *scale *= 10;
        } else if (*p != '0') {
            *exact = false;
        }
    }
    *text = p;
    return count > 0;
}

static enum lex_result scaled(const char *text, const struct unit *units, size_t unit_count,
                              uint32_t *value, bool *exact)
{
    uint64_t whole, part = 0, scale = 1;

    *exact = true;
    *value = 0;
    text = skip_blanks(text);
    if (!digits(&text, &whole)) {
        return LEX_SYNTAX;
    }
    if (*text == '.') {
        text++;
        if (!fraction(&text, &part, &scale, exact)) {
            return LEX_SYNTAX;
        }
    }
    for (size_t i = 0; i < unit_count; i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(text, units[i].name, length) == 0 && at_end(text + length)) {
            uint64_t result = whole * units[i].factor + part * units[i].factor / scale;
            *exact = *exact && part * units[i].factor % scale == 0;
            if (result > UINT32_MAX) {
                return LEX_OVERFLOW;
            }
            *value = (uint32_t)result;
            return LEX_OK;
        }
    }
    return LEX_SYNTAX;
}

/* A decimal number. */
enum lex_result lex_number(const char *text, uint32_t *value)
{
    uint64_t number;

    *value = 0;
    text = skip_blanks(text);
    if (*text == '+') { /* XML Schema's integers may have one */
        text++;
    }
    if (!digits(&text, &number) || !at_end(text)) {
        return LEX_SYNTAX;
    }
    if (number > UINT32_MAX) {
        return LEX_OVERFLOW;
    }
    *value = (uint32_t)number;
    return LEX_OK;
}

static int hex_digit(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 0x and hexadecimal digits; the x is lower case. */
enum lex_result lex_hex(const char *text, uint32_t *value)
{
    uint64_t number = 0;

    *value = 0;
    text = skip_blanks(text);
    if (strncmp(text, "0x", 2) != 0 || hex_digit(text[2]) < 0) {
        return LEX_SYNTAX;
    }
    for (text += 2; hex_digit(*text) >= 0; text++) {
        if (number <= UINT32_MAX) {
            number = number << 4 | (uint64_t)hex_digit(*text);
        }
    }
    if (!at_end(text)) {
        return LEX_SYNTAX;
    }
    if (number > UINT32_MAX) {
        return LEX_OVERFLOW;
    }
    *value = (uint32_t)number;
    return LEX_OK;
}

/* A size in bytes: units B, KB (1024) and MB. */
enum lex_result lex_size(const char *text, uint32_t *bytes, bool *exact)
{
    static const struct unit units[] = { { "B", 1 }, { "KB", 1024 }, { "MB", 1024 * 1024 } };

    return scaled(text, units, sizeof units / sizeof *units, bytes, exact);
}

/* A time in microseconds: units s, ms and us; the S may be upper case. */
enum lex_result lex_time(const char *text, uint32_t *time_us, bool *exact)
{
    static const struct unit units[] = { { "s", 1000000 }, { "ms", 1000 }, { "us", 1 },
                                         { "S", 1000000 }, { "mS", 1000 }, { "uS", 1 } };

    return scaled(text, units, sizeof units / sizeof *units, time_us, exact);
}

/* A frequency in kHz: units KHz and MHz; the H may be lower case. */
enum lex_result lex_frequency(const char *text, uint32_t *khz, bool *exact)
{
    static const struct unit units[] = {
        { "KHz", 1 }, { "Khz", 1 }, { "MHz", 1000 }, { "Mhz", 1000 }
    };

    return scaled(text, units, sizeof units / sizeof *units, khz, exact);
}

/* Three numbers with points between them, packed like XM_SET_VERSION: none may exceed 255. */
enum lex_result lex_version(const char *text, uint32_t *packed)
{
    uint64_t number[3];

    *packed = 0;
    text = skip_blanks(text);
    for (unsigned i = 0; i < 3; i++) {
        if ((i > 0 && *text++ != '.') || !digits(&text, &number[i])) {
            return LEX_SYNTAX;
        }
    }
    if (!at_end(text)) {
        return LEX_SYNTAX;
    }
    if (number[0] > 255 || number[1] > 255 || number[2] > 255) {
        return LEX_OVERFLOW;
    }
    *packed = (uint32_t)XM_SET_VERSION(number[0], number[1], number[2]);
    return LEX_OK;
}

/* yes, no, true or false. */
enum lex_result lex_boolean(const char *text, bool *value)
{
    char word[8];

    *value = false;
    if (!lex_next_word(&text, word, sizeof word) || !at_end(text)) {
        return LEX_SYNTAX;
    }
    *value = strcmp(word, "yes") == 0 || strcmp(word, "true") == 0;
    return *value || strcmp(word, "no") == 0 || strcmp(word, "false") == 0 ? LEX_OK : LEX_SYNTAX;
}

/* Next word of a space-separated list, cut to word_bytes - 1; false at the end. Moves *cursor
 * behind it. */
bool lex_next_word(const char **cursor, char *word, size_t word_bytes)
{
    const char *start = skip_blanks(*cursor);
    size_t length = strcspn(start, BLANKS);

    *cursor = start + length;
    if (length >= word_bytes) {
        length = word_bytes - 1;
    }
    memcpy(word, start, length);
    word[length] = '\0';
    return length > 0;
}
