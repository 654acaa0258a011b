/* hazard.h - arm, then fire: tokens for commands that end the service of the whole board
 *
 * The first request arms the action and is answered with a token; only a second request with
 * that token, for the same action and within HAZARD_VALID_MS, is carried out. A token works
 * once. It guards against a slip of the hand, not against an attacker: that is what keys are for
 * (mac.h).
 *
 * Invariant: at most one action is armed; arming another disarms it. */
#ifndef SUPERVISOR_HAZARD_H
#define SUPERVISOR_HAZARD_H

#include <stdbool.h>
#include <stdint.h>

#define HAZARD_VALID_MS 30000u

void hazard_init(void);
uint32_t hazard_arm(uint32_t action, uint64_t now_us);
bool hazard_fire(uint32_t action, uint32_t token, uint64_t now_us);

#endif
