/* hm_names.h - names of health-monitor events and actions in all dialects, and which action may
 * answer which event
 *
 * Everything comes from hypervisor/abi/hm_events.def and hm.h. */
#ifndef XMCPARSER_HM_NAMES_H
#define XMCPARSER_HM_NAMES_H

#include <stdbool.h>
#include <stdint.h>

enum hm_scope { HM_SCOPE_PARTITION, HM_SCOPE_HYPERVISOR };

bool hm_event_by_name(const char *name, uint32_t *event, bool *old_name);
bool hm_action_by_name(const char *name, enum hm_scope scope, uint32_t *action, bool *old_name);
const char *hm_event_name(uint32_t event);
const char *hm_action_name(uint32_t action);
uint32_t hm_permitted(uint32_t event, enum hm_scope scope);
uint32_t hm_permitted_wide(uint32_t event, enum hm_scope scope);
uint32_t hm_default_row(uint32_t event, enum hm_scope scope);

#endif
