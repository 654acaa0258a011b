/* stepped.h - what the stepped partition, its assembler part and the driver agree on */
#ifndef STEPPED_H
#define STEPPED_H

#define LINE 10
#define SECOND_LINE 11

/* One round is: windows filled, registers filled, a segment run, registers written to `found`. */
#define FOUND_Y 32 /* words of `found`; 0 to 31 are %g0-%g7, %o0-%o7, %l0-%l7, %i0-%i7 */
#define FOUND_ICC 33
#define FOUND_FSR 34
#define FOUND_F 36
#define FOUND_WORDS 68

/* What a register is filled with: BOTTOM + its number in the window that runs the segment, LEVEL + 256 x level + its number
 * in the windows above. */
#define BOTTOM 0x50000000
#define LEVEL 0x60000000
#define FILL_Y 0x12345678
#define FILL_FSR 0x40000000 /* round to zero */
#define FILL_F 0x3f800000 /* + number << 16: 1.0 and more */

/* Of the frames of segment `areas` that are not in the area of all others. */
#define FAR_STACK (0x40190000 - 96)

#define SEGMENTS 8
#define DEPTHS 7

#endif
