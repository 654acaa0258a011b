/* keyfile.c - the text form of keys (see keyfile.h) */
#include "keyfile.h"

#include <stdbool.h>
#include <string.h>

#define WORD "xm-key"

/* What is left of a line. */
struct line {
    const char *at, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Goes over blanks; false: there were none, and the line is not at its end. */
static bool skip_blanks(struct line *line)
{
    const char *begin = line->at;

    while (line->at < line->end && is_blank(*line->at)) {
        line->at++;
    }
    return line->at > begin || line->at == line->end;
}

/* Value of a hexadecimal digit, -1: none. */
static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A number 1 to 255 in at most three digits, 0: there is none. */
static uint32_t take_id(struct line *line)
{
    uint32_t value = 0;

    for (int n = 0; n < 3 && line->at < line->end && *line->at >= '0' && *line->at <= '9'; n++) {
        value = value * 10 + (uint32_t)(*line->at++ - '0');
    }
    return value <= 255 ? value : 0;
}

static bool take_key(struct line *line, uint8_t *bytes)
{
    if (line->end - line->at < (long)(2 * KEYFILE_KEY_BYTES)) {
        return false;
    }
    for (uint32_t i = 0; i < KEYFILE_KEY_BYTES; i++) {
        int high = digit(line->at[0]), low = digit(line->at[1]);

        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
        line->at += 2;
    }
    return true;
}

static bool has_id(const struct keyfile *file, uint32_t id)
{
    for (uint32_t i = 0; i < file->count; i++) {
        if (file->keys[i].id == id) {
            return true;
        }
    }
    return false;
}

/* Takes one line into the file; NULL, or what is wrong with it. */
static const char *take_line(struct line *line, struct keyfile *file)
{
    uint32_t id;

    (void)skip_blanks(line);
    if (line->at == line->end || *line->at == '#') {
        return NULL;
    }
    if (line->end - line->at < (long)strlen(WORD) || memcmp(line->at, WORD, strlen(WORD)) != 0) {
        return "a line is `xm-key ID DIGITS`, or a comment that begins with #";
    }
    line->at += strlen(WORD);
    if (!skip_blanks(line) || (id = take_id(line)) == 0) {
        return "the id of a key is a number 1 to 255";
    }
    if (has_id(file, id)) {
        return "this id was given to a key before";
    }
    if (file->count == KEYFILE_KEYS) {
        return "there are more than 8 keys";
    }
    if (!skip_blanks(line) || !take_key(line, file->keys[file->count].bytes) ||
        !skip_blanks(line) || line->at != line->end) {
        return "a key is 64 hexadecimal digits, with nothing behind them";
    }
    file->keys[file->count++].id = (uint8_t)id;
    return NULL;
}

/* The text ends at its first zero byte; nothing may stand behind that. */
static bool ends_once(const char *text, uint32_t length, uint32_t size)
{
    while (length < size && text[length] == '\0') {
        length++;
    }
    return length == size;
}

/* Reads the keys of a file of `size` bytes, zero bytes at its end left out. NULL, or one sentence
 * on why it is refused; no key may be used then. */
const char *keyfile_parse(const char *text, uint32_t size, struct keyfile *file)
{
    uint32_t length = 0;

    memset(file, 0, sizeof(*file));
    if (size > KEYFILE_BYTES) {
        return "it is longer than 1024 bytes";
    }
    while (length < size && text[length] != '\0') {
        length++;
    }
    if (!ends_once(text, length, size)) {
        return "it is no text";
    }
    for (uint32_t at = 0; at < length; at++) {
        struct line line = { text + at, text + at };
        const char *refusal;

        while (at < length && text[at] != '\n') {
            at++;
        }
        line.end = text + at;
        file->line++;
        refusal = take_line(&line, file);
        if (refusal != NULL) {
            return refusal;
        }
    }
    return file->count == 0 ? "there is no key in it" : NULL;
}
