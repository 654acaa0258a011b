/* pending.h - commands that the hypervisor has taken and whose effect is still to be seen
 *
 * Each was answered STARTED; pending_poll() looks once per slot and answers COMPLETED or FAILED.
 * What would stop the supervisor or the system ("departures") is here too: it is carried out
 * only when its STARTED reply has left.
 *
 * Rules:     pending_has_room() before a command is taken.
 * Invariant: every entry has a deadline, so every command is answered. */
#ifndef SUPERVISOR_PENDING_H
#define SUPERVISOR_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "reply.h"

#define PENDING_MAX 8u

void pending_init(void);
bool pending_has_room(void);
bool pending_plan_switch_waits(void);
bool pending_departure_waits(void);
void pending_await_plan(const struct asker *asker, const Xm__Request *request);
void pending_await_partition(const struct asker *asker, const Xm__Request *request,
                             uint32_t reset_counter, uint64_t exec_clock_us);
void pending_depart(const struct asker *asker, const Xm__Request *request);
void pending_poll(void);

#endif
