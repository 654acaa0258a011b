/* history.h - commands that were: what the ground is told of them
 *
 * Over journal.h, which remembers them. A command that the ground sends again is answered from
 * there; the ground may also ask what became of one, or for the list. */
#ifndef SUPERVISOR_HISTORY_H
#define SUPERVISOR_HISTORY_H

#include "reply.h"

bool history_is_first(const struct asker *asker, Xm__Request *request, uint32_t session);
void history_status(const struct asker *asker, const Xm__Request *request);
void history_list(const struct asker *asker, const Xm__Request *request);

#endif
