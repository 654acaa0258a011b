/* xml.c - typed access to elements and attributes */
#include "xml.h"

#include <string.h>

#include "lex.h"
#include "model.h"
#include "report.h"

/* ---- elements -------------------------------------------------------------------------------- */

/* Line of an element, for messages. */
int xml_line(const xmlNode *node)
{
    return (int)xmlGetLineNo(node);
}

/* Is it an element of the configuration with this name? */
bool xml_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 &&
           node->ns != NULL && strcmp((const char *)node->ns->href, XM_CF_NAMESPACE) == 0;
}

static xmlNode *element_from(xmlNode *node)
{
    while (node != NULL && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }
    return node;
}

/* First child element, or NULL; parent may be NULL. */
xmlNode *xml_first(const xmlNode *parent)
{
    return parent == NULL ? NULL : element_from(parent->children);
}

/* Next element beside this one, or NULL. */
xmlNode *xml_next(const xmlNode *node)
{
    return element_from(node->next);
}

/* First child element of that name, or NULL; parent may be NULL. */
xmlNode *xml_child(const xmlNode *parent, const char *name)
{
    for (xmlNode *node = xml_first(parent); node != NULL; node = xml_next(node)) {
        if (xml_is(node, name)) {
            return node;
        }
    }
    return NULL;
}

/* ---- attributes as text ---------------------------------------------------------------------- */

static char *take(xmlChar *value)
{
    if (value == NULL) {
        return NULL;
    }
    char *copy = text_copy((const char *)value);
    xmlFree(value);
    return copy;
}

/* Value of an attribute without name space, or NULL. */
char *xml_text(const xmlNode *node, const char *attribute)
{
    return take(xmlGetNoNsProp(node, (const xmlChar *)attribute));
}

/* Value of one of xm's own attributes, or NULL. */
char *xml_own_text(const xmlNode *node, const char *attribute)
{
    return take(
        xmlGetNsProp(node, (const xmlChar *)attribute, (const xmlChar *)XM_EXTENSION_NAMESPACE));
}

/* A name or NULL. Names are printed, put into C and make files: only printable ASCII, no blank at
 * either end. */
char *xml_name(const xmlNode *node, const char *attribute)
{
    char *name = xml_text(node, attribute);

    if (name == NULL) {
        return NULL;
    }
    size_t length = strlen(name);
    bool good = length > 0 && name[0] != ' ' && name[length - 1] != ' ';
    for (size_t i = 0; i < length; i++) {
        good = good && name[i] >= 0x20 && name[i] < 0x7f;
    }
    if (!good) {
        error_at(xml_line(node),
                 "@%s of %s is not a usable name - use printable ASCII characters, without a blank "
                 "at either end",
                 attribute, (const char *)node->name);
    }
    return name;
}

static void missing(const xmlNode *node, const char *attribute)
{
    error_at(xml_line(node), "%s has no @%s - add it", (const char *)node->name, attribute);
}

/* A name that must be there; "" after an error. */
char *xml_required_name(const xmlNode *node, const char *attribute)
{
    char *name = xml_name(node, attribute);

    if (name == NULL) {
        missing(node, attribute);
        return text_copy("");
    }
    return name;
}

/* ---- attributes as values -------------------------------------------------------------------- */

static void explain(const xmlNode *node, const char *attribute, const char *text,
                    enum lex_result result, const char *form)
{
    const char *element = (const char *)node->name;

    if (result == LEX_SYNTAX) {
        error_at(xml_line(node), "@%s=\"%s\" of %s is malformed - write %s", attribute, text,
                 element, form);
    } else if (result == LEX_OVERFLOW) {
        error_at(xml_line(node), "@%s=\"%s\" of %s does not fit 32 bits - write a smaller value",
                 attribute, text, element);
    }
}

static uint32_t number_of(const xmlNode *node, const char *attribute, const char *text)
{
    uint32_t value;

    explain(node, attribute, text, lex_number(text, &value), "a decimal number");
    return value;
}

/* A decimal number, or `absent` when there is none. */
uint32_t xml_number_or(const xmlNode *node, const char *attribute, uint32_t absent)
{
    const char *text = xml_text(node, attribute);

    return text == NULL ? absent : number_of(node, attribute, text);
}

/* A decimal number that must be there. */
uint32_t xml_number(const xmlNode *node, const char *attribute)
{
    const char *text = xml_text(node, attribute);

    if (text == NULL) {
        missing(node, attribute);
        return 0;
    }
    return number_of(node, attribute, text);
}

/* The same for one of xm's own attributes. */
uint32_t xml_own_number_or(const xmlNode *node, const char *attribute, uint32_t absent)
{
    const char *text = xml_own_text(node, attribute);

    return text == NULL ? absent : number_of(node, attribute, text);
}

static uint32_t hex_of(const xmlNode *node, const char *attribute, const char *text)
{
    uint32_t value;

    explain(node, attribute, text, lex_hex(text, &value),
            "a hexadecimal number such as 0x40100000");
    return value;
}

/* A hexadecimal number, or `absent` when there is none. */
uint32_t xml_hex_or(const xmlNode *node, const char *attribute, uint32_t absent)
{
    const char *text = xml_text(node, attribute);

    return text == NULL ? absent : hex_of(node, attribute, text);
}

/* A hexadecimal number that must be there. */
uint32_t xml_hex(const xmlNode *node, const char *attribute)
{
    const char *text = xml_text(node, attribute);

    if (text == NULL) {
        missing(node, attribute);
        return 0;
    }
    return hex_of(node, attribute, text);
}

typedef enum lex_result scaled_reader(const char *text, uint32_t *value, bool *exact);

/* A value with a unit; whole: a value that is not a whole number of the base unit is refused. */
static uint32_t scaled(const xmlNode *node, const char *attribute, scaled_reader *read,
                       const char *form, bool whole)
{
    const char *text = xml_text(node, attribute);
    uint32_t value;
    bool exact;

    if (text == NULL) {
        missing(node, attribute);
        return 0;
    }
    enum lex_result result = read(text, &value, &exact);
    explain(node, attribute, text, result, form);
    if (result == LEX_OK && whole && !exact) {
        error_at(xml_line(node),
                 "@%s=\"%s\" of %s is not a whole number of microseconds - round it", attribute,
                 text, (const char *)node->name);
    }
    return value;
}

#define SIZE_FORM "a number and B, KB or MB, such as 256KB"
#define TIME_FORM "a number and s, ms or us, such as 10ms"

/* A size in bytes. */
uint32_t xml_size(const xmlNode *node, const char *attribute)
{
    return scaled(node, attribute, lex_size, SIZE_FORM, false);
}

/* A time in microseconds, a fraction of them cut off. */
uint32_t xml_time(const xmlNode *node, const char *attribute)
{
    return scaled(node, attribute, lex_time, TIME_FORM, false);
}

/* A time in whole microseconds: one of those that the schedule is made of. */
uint32_t xml_whole_time(const xmlNode *node, const char *attribute)
{
    return scaled(node, attribute, lex_time, TIME_FORM, true);
}

/* A frequency in kHz. */
uint32_t xml_frequency(const xmlNode *node, const char *attribute)
{
    return scaled(node, attribute, lex_frequency, "a number and MHz or KHz, such as 80MHz", false);
}

/* One of xm's own sizes, or `absent` when there is none. */
uint32_t xml_own_size_or(const xmlNode *node, const char *attribute, uint32_t absent)
{
    const char *text = xml_own_text(node, attribute);
    uint32_t value;
    bool exact;

    if (text == NULL) {
        return absent;
    }
    explain(node, attribute, text, lex_size(text, &value, &exact), SIZE_FORM);
    return value;
}

/* A version, packed like XM_SET_VERSION. */
uint32_t xml_version(const xmlNode *node, const char *attribute)
{
    const char *text = xml_text(node, attribute);
    uint32_t value;

    if (text == NULL) {
        missing(node, attribute);
        return 0;
    }
    enum lex_result result = lex_version(text, &value);
    if (result == LEX_OVERFLOW) {
        error_at(xml_line(node),
                 "@%s=\"%s\" has a number above 255 - each of the three is stored in 8 bits",
                 attribute, text);
    } else {
        explain(node, attribute, text, result, "three numbers such as 1.0.0");
    }
    return value;
}

/* A boolean. */
bool xml_boolean(const xmlNode *node, const char *attribute)
{
    const char *text = xml_text(node, attribute);
    bool value;

    if (text == NULL) {
        missing(node, attribute);
        return false;
    }
    explain(node, attribute, text, lex_boolean(text, &value), "yes, no, true or false");
    return value;
}

/* Bits of all words of a list; an absent or empty list is 0. */
uint32_t xml_flags(const xmlNode *node, const char *attribute, const struct xml_word *words,
                   unsigned word_count)
{
    const char *cursor = xml_text(node, attribute);
    uint32_t bits = 0;
    char word[40];

    while (cursor != NULL && lex_next_word(&cursor, word, sizeof word)) {
        unsigned i = 0;
        while (i < word_count && strcmp(word, words[i].word) != 0) {
            i++;
        }
        if (i == word_count) {
            error_at(xml_line(node),
                     "%s is not a word of @%s of %s - docs/configuration.md lists them", word,
                     attribute, (const char *)node->name);
        } else {
            bits |= words[i].bits;
        }
    }
    return bits;
}
