/* lex.h - lexical types of XM_CF.xml: text in, 32-bit value out
 *
 * Pure functions without messages: the caller knows the place. White space around a value is
 * skipped, inside it is an error. A fraction is truncated after scaling ("2.5s" is 2500000 us);
 * `exact` tells whether something was cut off. */
#ifndef XMCPARSER_LEX_H
#define XMCPARSER_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lex_result { LEX_OK, LEX_SYNTAX, LEX_OVERFLOW };

enum lex_result lex_number(const char *text, uint32_t *value);
enum lex_result lex_hex(const char *text, uint32_t *value);
enum lex_result lex_size(const char *text, uint32_t *bytes, bool *exact);
enum lex_result lex_time(const char *text, uint32_t *time_us, bool *exact);
enum lex_result lex_frequency(const char *text, uint32_t *khz, bool *exact);
enum lex_result lex_version(const char *text, uint32_t *packed);
enum lex_result lex_boolean(const char *text, bool *value);
bool lex_next_word(const char **cursor, char *word, size_t word_bytes);

#endif
