/* schema.h - load XM_CF.xml and validate it against the schema
 *
 * The schema is part of the program (configs/xm_cf.xsd and the one it imports, as they were when it
 * was built). */
#ifndef XMCPARSER_SCHEMA_H
#define XMCPARSER_SCHEMA_H

#include <libxml/tree.h>

xmlDoc *schema_load(const char *path, const char *schema_path);
void schema_print(void);

#endif
