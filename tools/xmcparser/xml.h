/* xml.h - typed access to elements and attributes
 *
 * The schema was checked, but perhaps not ours (-s): what is absent or malformed is reported here,
 * and read as 0. */
#ifndef XMCPARSER_XML_H
#define XMCPARSER_XML_H

#include <stdbool.h>
#include <stdint.h>

#include <libxml/tree.h>

#define XM_CF_NAMESPACE "http://www.xtratum.org/xm-3.x"
#define XM_EXTENSION_NAMESPACE "urn:xm:config-extensions:1"

int xml_line(const xmlNode *node);
xmlNode *xml_child(const xmlNode *parent, const char *name);
xmlNode *xml_first(const xmlNode *parent);
xmlNode *xml_next(const xmlNode *node);
bool xml_is(const xmlNode *node, const char *name);

char *xml_text(const xmlNode *node, const char *attribute);
char *xml_own_text(const xmlNode *node, const char *attribute);
char *xml_name(const xmlNode *node, const char *attribute);
char *xml_required_name(const xmlNode *node, const char *attribute);

uint32_t xml_number(const xmlNode *node, const char *attribute);
uint32_t xml_number_or(const xmlNode *node, const char *attribute, uint32_t absent);
uint32_t xml_hex(const xmlNode *node, const char *attribute);
uint32_t xml_hex_or(const xmlNode *node, const char *attribute, uint32_t absent);
uint32_t xml_size(const xmlNode *node, const char *attribute);
uint32_t xml_time(const xmlNode *node, const char *attribute);
uint32_t xml_whole_time(const xmlNode *node, const char *attribute);
uint32_t xml_frequency(const xmlNode *node, const char *attribute);
uint32_t xml_version(const xmlNode *node, const char *attribute);
bool xml_boolean(const xmlNode *node, const char *attribute);
uint32_t xml_own_number_or(const xmlNode *node, const char *attribute, uint32_t absent);
uint32_t xml_own_size_or(const xmlNode *node, const char *attribute, uint32_t absent);

/* One word of a list attribute and the bits it stands for. */
struct xml_word {
    const char *word;
    uint32_t bits;
};
uint32_t xml_flags(const xmlNode *node, const char *attribute, const struct xml_word *words,
                   unsigned word_count);

#endif
