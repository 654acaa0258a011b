/* ports.h - ports and channels of all partitions, for the ground
 *
 * What the configuration says of a port and what the hypervisor knows of it now, in one answer.
 * Nothing is read from a port or written to it. */
#ifndef SUPERVISOR_PORTS_H
#define SUPERVISOR_PORTS_H

#include "reply.h"

void ports_list(const struct asker *asker, const Xm__Request *request);

#endif
