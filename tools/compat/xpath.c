/* xpath.c - evaluates an XPath expression on an XML file, as Makefiles of XtratuM 3.x projects do
 *
 * The prefix xm stands for the namespace of the file's root element. Exit status: 0 when something
 * was found, 1 when nothing was, 2 for a file or an expression that cannot be used. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

static const char usage[] =
    "usage: xpath -f FILE [-c] [-n PREFIX=URI]... EXPRESSION\n"
    "\n"
    "  -f  the XML file; its own namespace has the prefix xm\n"
    "  -c  print values only, one per line; else attributes as name=\"value\"\n"
    "  -n  give another namespace a prefix\n";

#define NAMESPACES_MAX 16

struct options {
    const char *file, *expression;
    bool values_only;
    char *namespaces[NAMESPACES_MAX];
    int namespace_count;
};

__attribute__((noreturn)) static void refuse_use(const char *why)
{
    fprintf(stderr, "xpath: %s\n%s", why, usage);
    exit(2);
}

static struct options take_options(int argc, char **argv)
{
    struct options options = { .file = NULL };
    int letter;
    while ((letter = getopt(argc, argv, "f:cn:")) != -1) {
        if (letter == 'f') {
            options.file = optarg;
        } else if (letter == 'c') {
            options.values_only = true;
        } else if (letter == 'n' && strchr(optarg, '=') &&
                   options.namespace_count < NAMESPACES_MAX) {
            options.namespaces[options.namespace_count++] = optarg;
        } else {
            refuse_use(letter == 'n' ? "-n takes PREFIX=URI, at most 16 times" : "no such option");
        }
    }
    if (!options.file || argc - optind != 1) {
        refuse_use("a file and one expression are needed");
    }
    options.expression = argv[optind];
    return options;
}

static void register_namespaces(xmlXPathContext *context, const struct options *options,
                                xmlDoc *document)
{
    const xmlNode *root = xmlDocGetRootElement(document);
    if (root && root->ns && root->ns->href) {
        xmlXPathRegisterNs(context, BAD_CAST "xm", root->ns->href);
    }
    for (int i = 0; i < options->namespace_count; i++) {
        char *equals = strchr(options->namespaces[i], '=');
        *equals = '\0';
        xmlXPathRegisterNs(context, BAD_CAST options->namespaces[i], BAD_CAST(equals + 1));
    }
}

static void print_node(const xmlNode *node, bool value_only)
{
    xmlChar *text = xmlNodeGetContent(node);
    if (!value_only && node->type == XML_ATTRIBUTE_NODE) {
        printf("%s=\"%s\"\n", (const char *)node->name, (const char *)text);
    } else {
        printf("%s\n", (const char *)text);
    }
    xmlFree(text);
}

/* Prints a result; how many things it holds. */
static int print_result(xmlXPathObject *result, bool values_only)
{
    if (result->type == XPATH_NODESET) {
        int count = result->nodesetval ? result->nodesetval->nodeNr : 0;
        for (int i = 0; i < count; i++) {
            print_node(result->nodesetval->nodeTab[i], values_only);
        }
        return count;
    }
    xmlChar *text = xmlXPathCastToString(result);
    printf("%s\n", (const char *)text);
    xmlFree(text);
    return 1;
}

int main(int argc, char **argv)
{
    struct options options = take_options(argc, argv);
    xmlDoc *document = xmlReadFile(options.file, NULL, XML_PARSE_NONET);
    if (!document) {
        fprintf(stderr, "xpath: %s: cannot be read as XML, see above\n", options.file);
        return 2;
    }
    xmlXPathContext *context = xmlXPathNewContext(document);
    register_namespaces(context, &options, document);
    xmlXPathObject *result = xmlXPathEvalExpression(BAD_CAST options.expression, context);
    if (!result) {
        fprintf(stderr, "xpath: %s: not an XPath expression for this file\n", options.expression);
        return 2;
    }
    int count = print_result(result, options.values_only);
    xmlXPathFreeObject(result);
    xmlXPathFreeContext(context);
    xmlFreeDoc(document);
    return count > 0 ? 0 : 1;
}
