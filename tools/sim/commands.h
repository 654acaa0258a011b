/* commands.h - what can be said to the simulated board: faults, and what partitions do
 *
 * One line is one command; `help` lists them. They come from standard input, from the control
 * socket, from --do and from the mission. */
#ifndef SIM_COMMANDS_H
#define SIM_COMMANDS_H

#include <stdbool.h>
#include <stdio.h>

#include "keyfile.h"

/* What commands change that belongs to the program's loop. */
struct commands_state {
    uint32_t baud;    /* of the line */
    double drift_ppm; /* the board's clock runs faster by so much */
    bool cut;         /* the connection is to break */
    bool quit;
    char key_text[KEYFILE_BYTES + 1]; /* of the board; "": none */
};

extern struct commands_state commands_state;

bool commands_knows(const char *line);
bool commands_obey(char *line, FILE *reply);

#endif
