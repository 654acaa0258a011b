/* reply.h - answers to the ground: common fields, the parts that several answers share, packing
 *
 * Rules:     reply_open(), then fill in a result, then reply_close(). There is one reply under
 *            way at a time. Each goes to whoever asked: a struct asker is copied into everything
 *            that will answer later.
 * Invariant: what is sent is what the journal keeps. An answer that would not fit its frame is
 *            replaced by a refusal that says so; no answer is cut. */
#ifndef SUPERVISOR_REPLY_H
#define SUPERVISOR_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"
#include "supervisor.pb-c.h"
#include "system_view.h"

/* Who waits for an answer. */
struct asker {
    struct link *link;
    uint32_t id; /* of the request */
    bool kept;   /* in the journal: a command that changes something */
};

struct partition_report {
    Xm__PartitionState state;
    char name[VIEW_NAME_BYTES];
};

Xm__Reply *reply_open(const struct asker *asker, Xm__Stage stage);
void reply_set_status(Xm__StatusDomain domain, int32_t code, const char *detail);
bool reply_fits(void);
void reply_close(void);
void reply_close_greeting(const struct session_offer *offer);
void reply_refuse(const struct asker *asker, Xm__StatusCode code, const char *detail);
void reply_hypervisor(const struct asker *asker, Xm__Stage stage, int32_t code, const char *detail);
bool reply_partition_state(uint32_t id, struct partition_report *report);
void reply_plan_state(Xm__PlanState *state);
bool reply_link_state(const struct link *link, Xm__LinkState *state);

#endif
