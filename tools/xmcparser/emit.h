/* emit.h - output: C for xmcbuilder, variables for make, text for people */
#ifndef XMCPARSER_EMIT_H
#define XMCPARSER_EMIT_H

#include <stdio.h>

#include "compile.h"

void emit_c(FILE *out, const char *source_name, const struct compiled *compiled);
void emit_make_variables(FILE *out, const struct compiled *compiled);
void emit_dump(FILE *out, const struct compiled *compiled);

#endif
