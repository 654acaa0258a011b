/* schema.c - load XM_CF.xml and validate it against the schema
 *
 * libxml2's findings are passed on in the form of all other messages: its name spaces are taken
 * out, the pattern of a lexical type is replaced by an example. Validation also writes the schema's
 * default values into the tree. */
#include "schema.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlschemas.h>

#include "report.h"
#include "xml.h"

#define EMBED(symbol, path)                                                                        \
    __asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"" path "\"\n" #symbol                   \
            "_end:\n.byte 0\n.popsection\n");                                                      \
    extern const char symbol[], symbol##_end[]

#define MAIN_NAME "xm_cf.xsd"
#define EXTENSION_NAME "xm_config_extensions.xsd"
EMBED(schema_main, "configs/" MAIN_NAME);
EMBED(schema_extension, "configs/" EXTENSION_NAME);

#define DOCUMENT_MAX_BYTES (64L * 1024 * 1024)

/* ---- messages -------------------------------------------------------------------------------- */

/* What to write instead. libxml2 names the type of a value, or the pattern that the value does not
 * follow. */
static const struct {
    const char *mark, *remedy;
} value_remedies[] = {
    { "0x[0-9a-fA-F]+", "write a hexadecimal number such as 0x40100000 (lower-case x)" },
    { "(B|KB|MB)", "write a number and B, KB or MB, without a space, such as 256KB" },
    { "[mu]?[sS]", "write a number and s, ms or us, without a space, such as 10ms" },
    { "[MK][Hh]z", "write a number and MHz or KHz, without a space, such as 80MHz" },
    { "\\.[0-9]+\\.", "write three numbers such as 1.0.0" },
    { "XM_HM_EV_", "event names start with XM_HM_EV_; docs/hm-events.md lists them" },
    { "XM_HM_AC_", "action names start with XM_HM_AC_; docs/hm-events.md lists them" },
    { "type 'idList'", "write decimal numbers with spaces between them" },
    { "type 'id'", "write a decimal number" },
    { "type 'irq", "write lines from 0 to 15 with spaces between them" },
    { "'xs:positiveInteger'", "write a decimal number from 1" },
    { "'xs:nonNegativeInteger'", "write a decimal number" },
};

static const char *remedy_of_value(const char *message)
{
    for (size_t i = 0; i < sizeof value_remedies / sizeof *value_remedies; i++) {
        if (strstr(message, value_remedies[i].mark) != NULL) {
            return value_remedies[i].remedy;
        }
    }
    return "docs/configuration.md lists the permitted values";
}

static const char *remedy_of(int code, const char *message)
{
    switch (code) {
    case XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_1:
    case XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_2:
    case XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_3:
    case XML_SCHEMAV_CVC_PATTERN_VALID:
    case XML_SCHEMAV_CVC_MAXINCLUSIVE_VALID:
        return remedy_of_value(message);
    case XML_SCHEMAV_CVC_MINLENGTH_VALID:
        return "write a name";
    case XML_SCHEMAV_CVC_ENUMERATION_VALID:
        return "write one of these";
    case XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_1:
    case XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_2:
        return "remove it, or correct its name";
    case XML_SCHEMAV_CVC_COMPLEX_TYPE_4:
        return "add it";
    case XML_SCHEMAV_CVC_ELT_1:
        return "the root is <SystemDescription xmlns=\"" XM_CF_NAMESPACE "\">";
    default:
        return "docs/configuration.md tells what may stand here";
    }
}

/* Copy without "{name space}" and without the final point and newline. */
static void plain_text(const char *from, char *to, size_t to_bytes)
{
    size_t n = 0;

    while (*from != '\0' && n + 1 < to_bytes) {
        const char *close = strncmp(from, "{http:", 6) == 0 || strncmp(from, "{urn:", 5) == 0
                                ? strchr(from, '}')
                                : NULL;
        if (close != NULL) {
            from = close + 1;
            continue;
        }
        to[n++] = *from == '\n' ? ' ' : *from;
        from++;
    }
    while (n > 0 && (to[n - 1] == ' ' || to[n - 1] == '.')) {
        n--;
    }
    to[n] = '\0';
}

/* "[facet 'pattern'] The value 'x' is not accepted by the pattern '...'": keep the value. */
static void shorten_facet(char *text)
{
    static const char start[] = "[facet 'pattern'] The value ",
                      end[] = " is not accepted by the pattern";
    char *from = strstr(text, start), *to = strstr(text, end);

    if (from != NULL && to != NULL && to > from) {
        strcpy(to, " is malformed");
        memmove(from, from + strlen(start), strlen(from + strlen(start)) + 1);
    }
}

/* A value that fails a facet may be found again as a value that fails its type: one message is
 * enough. */
static bool is_repetition(const xmlError *finding)
{
    static const void *facet_failed_at;
    bool repeated = false;

    switch (finding->code) {
    case XML_SCHEMAV_CVC_PATTERN_VALID:
    case XML_SCHEMAV_CVC_MAXINCLUSIVE_VALID:
    case XML_SCHEMAV_CVC_MINLENGTH_VALID:
    case XML_SCHEMAV_CVC_ENUMERATION_VALID:
        facet_failed_at = finding->node;
        break;
    case XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_1:
    case XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_2:
    case XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_3:
        repeated = facet_failed_at != NULL && facet_failed_at == finding->node;
        facet_failed_at = NULL;
        break;
    default:
        break;
    }
    return repeated;
}

static void on_schema_finding(void *user, xmlErrorPtr finding)
{
    char text[700];

    (void)user;
    if (is_repetition(finding)) {
        return;
    }
    plain_text(finding->message != NULL ? finding->message : "not valid", text, sizeof text);
    const char *remedy = remedy_of(finding->code, text);
    shorten_facet(text);
    error_at(finding->line, "%s - %s", text, remedy);
}

static void on_syntax_finding(void *user, xmlErrorPtr finding)
{
    char text[700];

    (void)user;
    plain_text(finding->message != NULL ? finding->message : "not well-formed", text, sizeof text);
    if (finding->level >= XML_ERR_ERROR &&
        report_errors() == 0) { /* what follows the first is a consequence */
        error_at(finding->line, "not well-formed XML: %s - correct it; xmllint shows the place",
                 text);
    }
}

/* ---- the schema ------------------------------------------------------------------------------ */

static xmlParserInput *embedded_entity(const char *url, const char *id, xmlParserCtxt *context)
{
    const char *name = url != NULL ? strrchr(url, '/') : NULL;

    (void)id;
    name = name != NULL ? name + 1 : url;
    if (name == NULL || strcmp(name, EXTENSION_NAME) != 0) {
        return NULL;
    }
    xmlParserInputBuffer *buffer = xmlParserInputBufferCreateMem(
        schema_extension, (int)(schema_extension_end - schema_extension), XML_CHAR_ENCODING_NONE);
    return buffer == NULL ? NULL : xmlNewIOInputStream(context, buffer, XML_CHAR_ENCODING_NONE);
}

static xmlSchema *compile_schema(const char *schema_path)
{
    xmlExternalEntityLoader usual = xmlGetExternalEntityLoader();
    xmlSchemaParserCtxt *context;

    if (schema_path != NULL) {
        context = xmlSchemaNewParserCtxt(schema_path);
    } else {
        xmlSetExternalEntityLoader(embedded_entity);
        context = xmlSchemaNewMemParserCtxt(schema_main, (int)(schema_main_end - schema_main));
    }
    xmlSchema *schema = context == NULL ? NULL : xmlSchemaParse(context);
    xmlSchemaFreeParserCtxt(context);
    xmlSetExternalEntityLoader(usual);
    if (schema == NULL) {
        fatal("%s: not a usable XML Schema - correct it, or leave -s away",
              schema_path != NULL ? schema_path : "the embedded schema");
    }
    return schema;
}

static void validate(xmlDoc *document, const char *schema_path)
{
    xmlSchema *schema = compile_schema(schema_path);
    xmlSchemaValidCtxt *context = xmlSchemaNewValidCtxt(schema);

    if (context == NULL) {
        fatal("out of memory");
    }
    xmlSchemaSetValidStructuredErrors(context, on_schema_finding, NULL);
    xmlSchemaSetValidOptions(context, XML_SCHEMA_VAL_VC_I_CREATE);
    int result = xmlSchemaValidateDoc(context, document);
    if (result != 0 && report_errors() == 0) {
        error_at(
            0, "does not follow the schema (libxml2 code %d) - docs/configuration.md describes it",
            result);
    }
    xmlSchemaFreeValidCtxt(context);
    xmlSchemaFree(schema);
}

/* ---- the document ---------------------------------------------------------------------------- */

/* What the Q dialect has and no single-board system can mean: said in own words instead of the
 * schema's. */
static void refuse_multi_board(const xmlNode *node)
{
    static const char *const elements[] = { "ExternalSource", "ExternalDestination",
                                            "SharedMemoryAreas" };

    for (; node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE) {
            continue;
        }
        for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
            if (strcmp((const char *)node->name, elements[i]) == 0) {
                error_at(xml_line(node),
                         "%s connects processor boards, which this version does not - "
                         "use Source, Destination and areas with the flag shared",
                         elements[i]);
            }
        }
        bool channel = strcmp((const char *)node->name, "SamplingChannel") == 0 ||
                       strcmp((const char *)node->name, "QueuingChannel") == 0;
        if (channel && (xmlHasProp(node, BAD_CAST "address") != NULL ||
                        xmlHasProp(node, BAD_CAST "size") != NULL)) {
            error_at(xml_line(node),
                     "%s has an address of its own, for several processor boards - remove @address "
                     "and @size, the hypervisor places the buffers",
                     (const char *)node->name);
        }
        refuse_multi_board(node->children);
    }
}

static char *read_file(const char *path, int *bytes)
{
    FILE *f = fopen(path, "rb");

    if (f == NULL) {
        fatal("%s: %s", path, strerror(errno));
    }
    size_t used = 0, room = 64 * 1024;
    char *text = malloc(room);
    for (;;) {
        if (text == NULL) {
            fatal("out of memory");
        }
        used += fread(text + used, 1, room - used, f);
        if (used < room) {
            break;
        }
        if (room >= (size_t)DOCUMENT_MAX_BYTES) {
            fatal("%s: larger than %ld bytes - is this a configuration?", path, DOCUMENT_MAX_BYTES);
        }
        room *= 2;
        text = realloc(text, room);
    }
    if (ferror(f)) {
        fatal("%s: %s", path, strerror(errno));
    }
    fclose(f);
    *bytes = (int)used;
    return text;
}

/* Line on which a text occurs first. */
static int line_of(const char *text, int bytes, const char *wanted)
{
    const char *at = memmem(text, (size_t)bytes, wanted, strlen(wanted));
    int line = 1;

    for (const char *p = text; at != NULL && p < at; p++) {
        line += *p == '\n';
    }
    return line;
}

/* The validated document, defaults filled in, or NULL after errors were reported. schema_path: a
 * file instead of the embedded schema, or NULL. Nothing but these files is read: no DTD, no entity,
 * no network. */
xmlDoc *schema_load(const char *path, const char *schema_path)
{
    int bytes;
    char *text = read_file(path, &bytes);

    xmlSetStructuredErrorFunc(NULL, on_syntax_finding);
    xmlDoc *document =
        xmlReadMemory(text, bytes, path, NULL, XML_PARSE_NONET | XML_PARSE_BIG_LINES);
    xmlSetStructuredErrorFunc(NULL, NULL);
    if (document == NULL && report_errors() == 0) {
        error_at(0, "not an XML document - write one with the root SystemDescription");
    }
    if (document != NULL && xmlGetIntSubset(document) != NULL) {
        error_at(line_of(text, bytes, "<!DOCTYPE"),
                 "a document type declaration is not permitted - remove <!DOCTYPE ...>");
    }
    free(text);
    if (document != NULL && report_errors() == 0) {
        refuse_multi_board(xmlDocGetRootElement(document));
    }
    if (document != NULL && report_errors() == 0) {
        validate(document, schema_path);
    }
    if (report_errors() != 0) {
        xmlFreeDoc(document);
        return NULL;
    }
    return document;
}

/* The embedded schemas on stderr, as -d asks. */
void schema_print(void)
{
    fputs(schema_main, stderr);
    fputs(schema_extension, stderr);
}
