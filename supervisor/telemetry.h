/* telemetry.h - what is sent unasked: events and beacons
 *
 * On each link by itself, and only while a session is open and a ground station is heard (a good
 * frame in the last HEARD_US): a line with nobody at its other end, or with a terminal, stays
 * quiet. Changes that happened meanwhile are told when the ground comes back: an event compares
 * with what was told last. Every tenth second the beacon carries the health of its link.
 *
 * Rules: telemetry_heard() for every good frame, telemetry_slot() once per slot and link. */
#ifndef SUPERVISOR_TELEMETRY_H
#define SUPERVISOR_TELEMETRY_H

#include "link.h"

void telemetry_init(void);
void telemetry_heard(const struct link *link);
void telemetry_slot(struct link *link);

#endif
