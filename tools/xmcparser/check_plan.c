/* check_plan.c - processors, plans and slots */
#include "check.h"

#include <string.h>

#include "board.h"
#include "report.h"

/* This version runs one processor with cyclic plans. */
static void check_processors(const struct model *m)
{
    for (uint32_t i = 0; i < m->processors.count; i++) {
        const struct processor *p = &m->processors.at[i];
        if (p->id != i) {
            error_at(p->line,
                     "processor id %u stands where id %u is expected - number processors 0, 1, 2 "
                     "... in order",
                     p->id, i);
        }
        if (p->fixed_priority) {
            error_at(
                p->line,
                "processor %u schedules by priority, this version runs cyclic plans only - write a "
                "CyclicPlanTable",
                p->id);
        }
        if (i == 1) {
            error_at(
                p->line,
                "there are %u processors, this version runs one - move the slots into the plans of "
                "processor 0",
                m->processors.count);
        }
    }
}

/* One slot, after the one that ended at *end_us. */
static void check_slot(struct model *m, const struct plan *plan, uint32_t position,
                       uint64_t *end_us)
{
    const struct slot *s = &plan->slots.at[position];
    uint64_t end = (uint64_t)s->start_us + s->duration_us;

    if (s->id != position) {
        error_at(s->line,
                 "slot id %u stands where id %u is expected - number the slots of a plan 0, 1, 2 "
                 "... in order",
                 s->id, position);
    }
    if (s->partition >= m->partitions.count) {
        error_at(s->line, "slot %u is of partition %u, which does not exist - use an id below %u",
                 s->id, s->partition, m->partitions.count);
    } else {
        m->partitions.at[s->partition].scheduled = true;
    }
    if (s->vcpu != 0) {
        error_at(s->line,
                 "slot %u is of virtual CPU %u, partitions have only number 0 - write vCpuId=\"0\"",
                 s->id, s->vcpu);
    }
    if (s->duration_us == 0) {
        error_at(s->line, "slot %u has no duration - make it longer, or remove it", s->id);
    } else if (s->duration_us < BOARD_SWITCH_US) {
        warning_at(s->line,
                   "slot %u lasts %u us, a partition switch may take %u us: little or nothing is "
                   "left to run",
                   s->id, s->duration_us, BOARD_SWITCH_US);
    }
    if (s->start_us < *end_us) {
        error_at(
            s->line,
            "slot %u starts at %u us, before slot %u (line %d) ends at %llu us - separate them, in "
            "ascending order",
            s->id, s->start_us, plan->slots.at[position - 1].id, plan->slots.at[position - 1].line,
            (unsigned long long)*end_us);
    } else if (s->start_us - *end_us > 0 && s->start_us - *end_us < BOARD_SWITCH_US) {
        warning_at(s->line,
                   "the gap of %llu us before slot %u is shorter than a partition switch (%u us): "
                   "close it",
                   (unsigned long long)(s->start_us - *end_us), s->id, BOARD_SWITCH_US);
    }
    if (end > plan->major_frame_us) {
        error_at(s->line,
                 "slot %u ends at %llu us, behind the major frame of %u us (line %d) - shorten it, "
                 "or extend "
                 "majorFrame",
                 s->id, (unsigned long long)end, plan->major_frame_us, plan->line);
    }
    *end_us = end;
}

static void check_plan(struct model *m, const struct processor *processor, uint32_t position)
{
    const struct plan *plan = &processor->plans.at[position];
    uint64_t end_us = 0;

    if (plan->id != position) {
        error_at(plan->line,
                 "plan id %u stands where id %u is expected - number plans 0, 1, 2 ... in order",
                 plan->id, position);
    }
    check_name(plan->line, "plan", plan->name);
    for (uint32_t j = 0; j < position && plan->name != NULL; j++) {
        const struct plan *other = &processor->plans.at[j];
        if (other->name != NULL && strcmp(other->name, plan->name) == 0) {
            error_at(plan->line, "plan name \"%s\" is taken by the plan of line %d - use another",
                     plan->name, other->line);
        }
    }
    if (plan->external_sync) {
        error_at(
            plan->line,
            "extSync: this version does not synchronise frames to an interrupt - remove extSync");
    }
    if (plan->major_frame_us == 0) {
        error_at(plan->line, "plan %u has no major frame - write majorFrame, such as \"100ms\"",
                 plan->id);
    } else if (plan->major_frame_us > XM_CONFIG_MAX_FRAME_US) {
        error_at(plan->line,
                 "plan %u: a major frame of %u us is longer than %u us, some 35 minutes - shorten it",
                 plan->id, plan->major_frame_us, XM_CONFIG_MAX_FRAME_US);
    }
    if (plan->slots.count == 0) {
        warning_at(plan->line, "plan %u has no slot: everything stands still in it", plan->id);
    }
    for (uint32_t i = 0; i < plan->slots.count; i++) {
        check_slot(m, plan, i, &end_us);
    }
}

/* All of the schedule. */
void check_plans(struct model *m)
{
    check_processors(m);
    for (uint32_t i = 0; i < m->processors.count; i++) {
        for (uint32_t j = 0; j < m->processors.at[i].plans.count; j++) {
            check_plan(m, &m->processors.at[i], j);
        }
    }
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        if (!m->partitions.at[i].scheduled) {
            warning_at(m->partitions.at[i].line, "%s has no slot in any plan: it never runs",
                       partition_label(m, i));
        }
    }
}
