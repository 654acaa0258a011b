/* command.h - requests to actions and answers
 *
 * One table holds every operation: its handler, its hazard class and what it needs. Nothing else
 * decides them.
 *
 * Rules:     command_execute() only while a reply finds room (link_has_room). Values are checked
 *            after decoding: protobuf lets unknown enum values and unknown operations through.
 * Invariant: every request that can be decoded is answered at least once; but outside a session
 *            there is no answer to anything but a Hello, and to so many of these per slot, and
 *            none to a command that comes out of order. A command that changes something is
 *            executed at most once. */
#ifndef SUPERVISOR_COMMAND_H
#define SUPERVISOR_COMMAND_H

#include "link.h"

#define COMMAND_MINOR_VERSION 2u /* of the protocol; told by Hello */

void command_execute(struct link *link, const struct frame *frame);

#endif
