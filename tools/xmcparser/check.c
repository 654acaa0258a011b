/* check.c - order of the checks, and those of partitions as such */
#include "check.h"

#include <string.h>

#include "report.h"

/* A name that the hypervisor stores must fit, with its NUL, where partitions see it. NULL is no
 * name. */
void check_name(int line, const char *what, const char *name)
{
    if (name != NULL && strlen(name) > CONFIG_ID_STRING_LENGTH - 1) {
        error_at(line, "%s name \"%s\" has %zu characters - use at most %d", what, name,
                 strlen(name), CONFIG_ID_STRING_LENGTH - 1);
    }
}

static void check_partition_name(const struct model *m, uint32_t i)
{
    const struct partition *p = &m->partitions.at[i];

    check_name(p->line, "partition", p->name);
    for (uint32_t j = 0; j < i && p->name != NULL; j++) {
        const struct partition *other = &m->partitions.at[j];
        if (other->name != NULL && strcmp(other->name, p->name) == 0) {
            error_at(p->line,
                     "partition name \"%s\" is taken by the partition of line %d - use another",
                     p->name, other->line);
        }
    }
}

/* Ids, names, virtual CPUs; that somebody may control the system. */
void check_partitions(struct model *m)
{
    bool any_system = false;

    for (uint32_t i = 0; i < m->partitions.count; i++) {
        const struct partition *p = &m->partitions.at[i];
        if (p->id != i) {
            error_at(p->line,
                     "partition id %u stands where id %u is expected - number partitions 0, 1, 2 "
                     "... in order",
                     p->id, i);
        }
        if (p->vcpus != 1) {
            error_at(p->line,
                     "%s has %u virtual CPUs, this version runs one - write noVCpus=\"1\" or leave "
                     "it away",
                     partition_label(m, i), p->vcpus);
        }
        check_partition_name(m, i);
        any_system = any_system || (p->flags & XM_PART_SYSTEM) != 0;
    }
    if (m->partitions.count > XM_MAX_PARTITIONS) {
        error_at(m->partitions.at[XM_MAX_PARTITIONS].line,
                 "there are %u partitions, at most %d are possible - join some",
                 m->partitions.count, XM_MAX_PARTITIONS);
    }
    if (!any_system) {
        warning_at(m->line, "no partition has the flag system: nobody can restart partitions, "
                            "switch plans or read logs");
    }
}

/* All checks. */
void check_model(struct model *m)
{
    check_partitions(m);
    check_memory(m);
    check_plans(m);
    check_devices(m);
    check_hardware(m);
    check_channels(m);
    check_health_monitor(m);
}
