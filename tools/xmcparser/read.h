/* read.h - from the XML document to the model */
#ifndef XMCPARSER_READ_H
#define XMCPARSER_READ_H

#include <libxml/tree.h>

#include "model.h"

void read_document(const xmlDoc *document, struct model *model);

#endif
