/* mission.h - what partitions do, and when: the lines of a mission file
 *
 *   start P: COMMAND             when a life of partition P begins
 *   every P N: COMMAND           in every N-th slot of a life
 *   slot P N [life L]: COMMAND   in the N-th slot of a life, of every life or of life L alone
 *   news P PORT: COMMAND         when P reads a message of another life of its sender
 *   trap P: COMMAND              when a fault of P is passed on to its own handler (PROPAGATE)
 *   at SECONDS: COMMAND          at that time of the board's clock, in each boot
 *
 * COMMAND is one that can also be typed (commands.h). Empty lines and those that begin with # say
 * nothing. A partition without a line in the file does what every partition does (board.h). The same
 * lines may be typed while the board runs. */
#ifndef SIM_MISSION_H
#define SIM_MISSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fake_kernel.h"

#define MISSION_LINE 240 /* longest line, characters */

bool mission_is_line(const char *line);
bool mission_add(const char *line, bool from_file, FILE *reply);
bool mission_has(uint32_t partition);
void mission_boot(void);
void mission_start(uint32_t partition);
void mission_slot(uint32_t partition);
void mission_news(uint32_t partition, uint32_t port);
void mission_trap(uint32_t partition);
void mission_clock(xmTime_t now_us);
void mission_expand(uint32_t partition, const char *text, char *line, size_t room);

#endif
