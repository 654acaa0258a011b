/* emit.c - the compiled configuration as C, for the target compiler
 *
 * All fields of abi/config.h are 32-bit words, so a row is printed as its words in order and a
 * table as its rows; the offsets that the words contain are asserted against the layout that the
 * target compiler chooses. */
#include "emit.h"

#include <string.h>

#define WORDS_PER_LINE 12

static void emit_words(FILE *out, const void *row, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(xm_u32_t); i++) {
        xm_u32_t word;
        memcpy(&word, (const char *)row + i * sizeof word, sizeof word);
        if (i > 0 && i % WORDS_PER_LINE == 0) {
            fputs("\n         ", out);
        }
        fprintf(out, word > 0xffff ? " 0x%08xu," : " %u,", word);
    }
}

static void emit_rows(FILE *out, const char *table, const void *rows, uint32_t count,
                      size_t row_bytes)
{
    if (count == 0) {
        return;
    }
    bool braces =
        row_bytes > sizeof(xm_u32_t); /* a row of destinations is a word, not a structure */
    fprintf(out, "    .%s = {\n", table);
    for (uint32_t i = 0; i < count; i++) {
        fputs(braces ? "        {" : "        ", out);
        emit_words(out, (const char *)rows + i * row_bytes, row_bytes);
        fputs(braces ? " },\n" : "\n", out);
    }
    fputs("    },\n", out);
}

/* One literal per string; bytes as octal escapes where C could read them otherwise (quotes,
 * trigraphs). */
static void emit_strings(FILE *out, const char *text, uint32_t bytes)
{
    fputs("    .strings =", out);
    for (uint32_t i = 0; i < bytes; i++) {
        if (i == 0 || text[i - 1] == '\0') {
            fputs("\n        \"", out);
        }
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c >= 0x7f || strchr("\"\\?", c) != NULL) {
            fprintf(out, "\\%03o", c);
        } else {
            fputc(c, out);
        }
        if (c == '\0' || i + 1 == bytes) {
            fputc('"', out);
        }
    }
    fputs(",\n", out);
}

/* Print a comment-safe file name: nothing that ends or nests a comment. */
static void emit_comment_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        fputc(*text == '*' || *text == '\n' || *text == '\\' ? '_' : *text, out);
    }
}

/* C that xmcbuilder compiles; source_name is named in its head comment. */
void emit_c(FILE *out, const char *source_name, const struct compiled *c)
{
    fputs("/* Made by xmcparser from ", out);
    emit_comment_text(out, source_name);
    fputs(": do not edit. Rows are the structures of config.h, word by word. */\n#include "
          "<config.h>\n\n"
          "struct compiled {\n    struct xm_config head;\n",
          out);
#define MEMBER(table, structure)                                                                   \
    if (c->table.count > 0) {                                                                      \
        fprintf(out, "    %s %s[%u];\n", #structure, #table, c->table.count);                      \
    }
    COMPILED_TABLES(MEMBER)
#undef MEMBER
    fprintf(out, "    char strings[%u];\n};\n\n", c->strings.count);
#define ASSERT_OFFSET(table, structure)                                                            \
    if (c->table.count > 0) {                                                                      \
        fprintf(out,                                                                               \
                "_Static_assert(__builtin_offsetof(struct compiled, %s) == %u, \"layout\");\n",    \
                #table, c->head.table.offset);                                                     \
    }
    COMPILED_TABLES(ASSERT_OFFSET)
#undef ASSERT_OFFSET
    fprintf(out,
            "_Static_assert(__builtin_offsetof(struct compiled, strings) == %u, \"layout\");\n",
            c->head.strings.offset);
    fprintf(out, "_Static_assert(sizeof(struct compiled) == %u, \"length\");\n\n", c->head.length);

    fputs("const struct compiled xm_compiled_config __attribute__((section(\".xm_config\"), used, "
          "aligned(8))) = {\n"
          "    .head = {\n         ",
          out);
    emit_words(out, &c->head, sizeof c->head);
    fputs("\n    },\n", out);
#define ROWS(table, structure)                                                                     \
    emit_rows(out, #table, c->table.at, c->table.count, sizeof(structure));
    COMPILED_TABLES(ROWS)
#undef ROWS
    emit_strings(out, c->strings.at, c->strings.count);
    fputs("};\n", out);
}
