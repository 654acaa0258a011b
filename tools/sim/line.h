/* line.h - the line between board and ground, and what it does to frames
 *
 * Two ways of the same kind. Bytes are put in at one end; frames (zeros delimit them) are lost,
 * doubled, overtaken and damaged; what is left is taken out at the other end, at the line's pace. A
 * seed names a run.
 *
 * Rules: all of it is bounded: what does not fit is lost, as on a line without handshake. */
#ifndef SIM_LINE_H
#define SIM_LINE_H

#include <stdbool.h>
#include <stdint.h>

#define LINE_BYTES 65536u /* that wait on one way */
#define LINE_PIECE 1200u  /* longest frame */

struct line_faults {
    double ber;                 /* probability that a bit is turned */
    double drop;                /* that a frame is lost */
    double dup;                 /* that it comes twice */
    double reorder;             /* that the next one overtakes it */
    double burst;               /* that noise goes over up to LINE_BURST of its bytes */
    uint64_t mute_us, stall_us; /* left: nothing gets through; it waits */
};
#define LINE_BURST 64u

struct line_way {
    uint8_t ready[LINE_BYTES];
    uint32_t ready_bytes;
    uint8_t piece[LINE_PIECE]; /* of a frame, until its end comes */
    uint32_t piece_bytes;
    uint8_t held[LINE_PIECE]; /* a frame that the next one overtakes */
    uint32_t held_bytes;
    uint64_t held_us; /* for so long */
};

extern struct line_faults line_faults;
extern struct line_way line_down, line_up; /* to the ground, to the board */

void line_seed(uint32_t seed);
double line_chance(void);
void line_put(struct line_way *way, const uint8_t *bytes, uint32_t count);
uint32_t line_take(struct line_way *way, uint8_t *bytes, uint32_t room);
void line_pass(uint32_t us);
void line_clear(void);

#endif
