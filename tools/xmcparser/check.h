/* check.h - cross-checks of the model
 *
 * Every check reports all it finds. Together they establish the invariants of abi/config.h; a model
 * that passes can be compiled without further questions. */
#ifndef XMCPARSER_CHECK_H
#define XMCPARSER_CHECK_H

#include "model.h"

void check_model(struct model *model);

/* In this order: the later ones rely on what the earlier ones refuse. */
void check_partitions(struct model *model);
void check_memory(const struct model *model);
void check_plans(struct model *model);
void check_devices(struct model *model);
void check_hardware(struct model *model);
void check_channels(struct model *model);
void check_health_monitor(const struct model *model);

void check_name(int line, const char *what, const char *name);

#endif
