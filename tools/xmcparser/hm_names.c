/* hm_names.c - names of health-monitor events and actions */
#include "hm_names.h"

#include <stdio.h>
#include <string.h>

#include "../../hypervisor/abi/config.h"

enum group {
    GROUP_INTERNAL,
    GROUP_SYSTEM,
    GROUP_PARTITION,
    GROUP_UNEXPECTED,
    GROUP_PROCESSOR,
    GROUP_GENERIC,
    GROUP_APPLICATION
};

struct event {
    const char *name;
    enum group group;
    uint32_t in_partition, in_hypervisor; /* permitted actions */
    uint32_t default_action, default_log;
};

struct event_alias {
    const char *name;
    uint32_t event;
};

struct action_alias {
    const char *name;
    uint32_t in_partition, in_hypervisor;
};

#define HM_EVENT(id, name, group, action, log, cause)                                              \
    [id] = { #name,                                                                                \
             GROUP_##group,                                                                        \
             XM_HM_PARTITION_MASK_##group,                                                         \
             XM_HM_HYPERVISOR_MASK_##group,                                                        \
             XM_HM_AC_##action,                                                                    \
             log },
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event)
static const struct event events[XM_HM_EVENT_COUNT] = {
#include "../../hypervisor/abi/hm_events.def"
};
#undef HM_EVENT
#undef HM_EVENT_ALIAS

#define HM_EVENT(id, name, group, action, log, cause)
#define HM_EVENT_ALIAS(old_name, name) { #old_name, name },
static const struct event_alias event_aliases[] = {
#include "../../hypervisor/abi/hm_events.def"
};
#undef HM_EVENT_ALIAS
#undef HM_ACTION

#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect) [id] = #name,
static const char *const actions[XM_HM_ACTION_COUNT] = {
#include "../../hypervisor/abi/hm_events.def"
};
#undef HM_ACTION
#undef HM_ACTION_ALIAS

#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)                                     \
    { #old_name, XM_HM_AC_##in_partition, XM_HM_AC_##in_hypervisor },
static const struct action_alias action_aliases[] = {
#include "../../hypervisor/abi/hm_events.def"
};
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PREFIX "XM_HM_EV_"
#define PREFIX_37 PREFIX "SPARC_"
#define PREFIX_Q PREFIX "SPARCV8_"

static bool exact_event(const char *name, uint32_t *event)
{
    for (uint32_t i = 0; i < COUNT(events); i++) {
        if (events[i].name != NULL && strcmp(name, events[i].name) == 0) {
            *event = i;
            return true;
        }
    }
    return false;
}

/* Look up an event by its name in any dialect: processor events of 3.2 lack the word SPARC, those
 * of Q say SPARCV8. old_name: it was not a 3.7 name. */
bool hm_event_by_name(const char *name, uint32_t *event, bool *old_name)
{
    char rewritten[80];

    *old_name = false;
    if (exact_event(name, event)) {
        return true;
    }
    *old_name = true;
    for (size_t i = 0; i < COUNT(event_aliases); i++) {
        if (strcmp(name, event_aliases[i].name) == 0) {
            *event = event_aliases[i].event;
            return true;
        }
    }
    if (strncmp(name, PREFIX_Q, strlen(PREFIX_Q)) == 0) {
        snprintf(rewritten, sizeof rewritten, PREFIX_37 "%s", name + strlen(PREFIX_Q));
        return exact_event(rewritten, event);
    }
    if (strncmp(name, PREFIX, strlen(PREFIX)) == 0) {
        snprintf(rewritten, sizeof rewritten, PREFIX_37 "%s", name + strlen(PREFIX));
        return exact_event(rewritten, event);
    }
    return false;
}

/* Look up an action by its name in any dialect; older names mean the partition or the system by the
 * table they are in. */
bool hm_action_by_name(const char *name, enum hm_scope scope, uint32_t *action, bool *old_name)
{
    *old_name = false;
    for (uint32_t i = 0; i < COUNT(actions); i++) {
        if (strcmp(name, actions[i]) == 0) {
            *action = i;
            return true;
        }
    }
    *old_name = true;
    for (size_t i = 0; i < COUNT(action_aliases); i++) {
        if (strcmp(name, action_aliases[i].name) == 0) {
            *action = scope == HM_SCOPE_PARTITION ? action_aliases[i].in_partition
                                                  : action_aliases[i].in_hypervisor;
            return true;
        }
    }
    return false;
}

/* Name of an event. */
const char *hm_event_name(uint32_t event)
{
    return event < COUNT(events) && events[event].name != NULL ? events[event].name : "?";
}

/* Name of an action. */
const char *hm_action_name(uint32_t action)
{
    return action < COUNT(actions) ? actions[action] : "?";
}

/* Actions that 3.7 permits on an event, as bits. */
uint32_t hm_permitted(uint32_t event, enum hm_scope scope)
{
    return scope == HM_SCOPE_PARTITION ? events[event].in_partition : events[event].in_hypervisor;
}

/* Actions that some dialect permits on an event, as bits: for files of 3.2 and Q, whose tables were
 * wider. */
uint32_t hm_permitted_wide(uint32_t event, enum hm_scope scope)
{
    const uint32_t system_wide = XM_HM_SYSTEM_RESETS | XM_HM_BIT(HYPERVISOR_HALT) |
                                 XM_HM_BIT(IGNORE) | XM_HM_BIT(SWITCH_TO_MAINTENANCE);
    uint32_t permitted = hm_permitted(event, scope);

    if (events[event].group == GROUP_APPLICATION) {
        return permitted;
    }
    if (scope == HM_SCOPE_PARTITION) {
        return permitted | (XM_HM_ALL_ACTIONS & ~XM_HM_BIT(PROPAGATE));
    }
    permitted |= system_wide;
    if (event == XM_HM_EV_WATCHDOG_TIMER) {
        permitted |= XM_HM_BIT(SHUTDOWN) | XM_HM_BIT(SUSPEND);
    }
    if (event == XM_HM_EV_INCOMPATIBLE_INTERFACE) {
        permitted &= ~XM_HM_BIT(IGNORE);
    }
    return permitted;
}

/* Row of abi/config.h for an event that the configuration does not mention. */
uint32_t hm_default_row(uint32_t event, enum hm_scope scope)
{
    if (scope == HM_SCOPE_HYPERVISOR) {
        bool harmless = events[event].default_action == XM_HM_AC_IGNORE;

        return (harmless ? XM_HM_AC_IGNORE : XM_HM_AC_HYPERVISOR_HALT) | XM_CONFIG_HM_LOG;
    }
    return events[event].default_action | (events[event].default_log ? XM_CONFIG_HM_LOG : 0u);
}
