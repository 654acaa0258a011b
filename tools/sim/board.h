/* board.h - the simulated board: who runs when, messages, the health monitor, resets
 *
 * Over the fake kernel, which serves the supervisor's calls. Time advances slot by slot of the plan
 * in force, as the configuration says. In a slot of the supervisor its own code runs; in one of
 * another partition what its mission says (mission.h), or, without one, what any partition does:
 * say that it lives, send and receive on its ports.
 *
 * Rules: board_load() first, then board_power_on(); nothing below may be called before. A name of
 * an event is one of abi/hm_events.def, with or without XM_HM_EV_. */
#ifndef SIM_BOARD_H
#define SIM_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "fake_kernel.h"

#define BOARD_NONE UINT32_MAX
#define BOARD_LONGEST UINT32_MAX /* bytes: of the longest message that the channel takes */

/* What is counted of a port in the present life of its partition. */
struct board_port {
    uint32_t sent, postponed;           /* put off: the queue was full */
    uint32_t received, stale, repeated; /* of a sampling channel: too old, read before */
    uint32_t seen;                      /* number of the last message read */
    uint32_t sender_life;               /* of the last message read; 0: none */
};

const char *board_load(const uint8_t *config, uint32_t bytes);
void board_power_on(void);
void board_reset(bool warm, xm_u32_t status);
void board_halt(void);
uint32_t board_step(void);

uint32_t board_supervisor(void);
uint32_t board_partition(const char *name);
const char *board_partition_name(uint32_t partition);
uint32_t board_life(uint32_t partition);
uint32_t board_slots(uint32_t partition);
bool board_runs(uint32_t partition);
void board_hang(uint32_t partition);

uint32_t board_find_port(uint32_t partition, const char *name);
const struct board_port *board_port(uint32_t port);
bool board_send(uint32_t port, uint32_t count, uint32_t bytes);
bool board_receive(uint32_t port);

uint32_t board_event(const char *name);
void board_raise(uint32_t event, uint32_t partition, uint32_t address);
bool board_flood(uint32_t event, uint32_t partition, uint32_t per_second, uint32_t us);
void board_overrun(uint32_t partition, uint32_t late_us);
void board_late(uint32_t late_us);
void board_print(uint32_t partition, const char *text);

#endif
