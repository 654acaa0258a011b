/* telemetry.h - what is sent unasked: events and beacons
 *
 * Only while a ground station is heard (a good frame in the last HEARD_US): a line with nobody
 * at its other end, or with a terminal, stays quiet. Changes that happened meanwhile are told
 * when the ground comes back: an event compares with what was told last.
 *
 * Rules: telemetry_heard() for every good frame, telemetry_slot() once per slot. */
#ifndef SUPERVISOR_TELEMETRY_H
#define SUPERVISOR_TELEMETRY_H

void telemetry_init(void);
void telemetry_heard(void);
void telemetry_slot(void);

#endif
