/* check_hm.c - health-monitor tables */
#include "check.h"

#include "hm_names.h"
#include "report.h"

#define MAINTENANCE_PLAN 1

static bool has_maintenance_plan(const struct model *m)
{
    for (uint32_t i = 0; i < m->processors.count; i++) {
        if (m->processors.at[i].plans.count <= MAINTENANCE_PLAN) {
            return false;
        }
    }
    return true;
}

static void check_permitted(const struct model *m, const struct hm_entry *e, enum hm_scope scope)
{
    const char *table = scope == HM_SCOPE_PARTITION ? "Partition" : "XMHypervisor";
    uint32_t action = 1u << e->action;

    if ((hm_permitted(e->event, scope) & action) != 0) {
        return;
    }
    if (hm_permitted(e->event, scope) == 0) {
        error_at(e->line, "%s is an event of partitions - remove it from XMHypervisor",
                 hm_event_name(e->event));
    } else if (m->wide_hm && (hm_permitted_wide(e->event, scope) & action) != 0) {
        warning_at(e->line, "%s on %s in %s is permitted in older files only; 3.7 refuses it",
                   hm_action_name(e->action), hm_event_name(e->event), table);
    } else {
        error_at(
            e->line,
            "%s is not permitted on %s in %s - docs/configuration.md lists the permitted actions",
            hm_action_name(e->action), hm_event_name(e->event), table);
    }
}

static void check_table(const struct model *m, const struct hm_table *table, enum hm_scope scope)
{
    for (uint32_t i = 0; i < table->entries.count; i++) {
        const struct hm_entry *e = &table->entries.at[i];
        check_permitted(m, e, scope);
        if (e->action == XM_HM_AC_SWITCH_TO_MAINTENANCE && !has_maintenance_plan(m)) {
            error_at(e->line, "XM_HM_AC_SWITCH_TO_MAINTENANCE needs a plan with id 1 - add it, or "
                              "choose another action");
        }
        for (uint32_t j = 0; j < i; j++) {
            if (table->entries.at[j].event == e->event) {
                error_at(e->line, "%s has an action at line %d already - name an event once",
                         hm_event_name(e->event), table->entries.at[j].line);
            }
        }
    }
}

/* Permitted actions; that the maintenance plan exists; events named once. */
void check_health_monitor(const struct model *m)
{
    check_table(m, &m->hypervisor.hm, HM_SCOPE_HYPERVISOR);
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        check_table(m, &m->partitions.at[i].hm, HM_SCOPE_PARTITION);
    }
}
