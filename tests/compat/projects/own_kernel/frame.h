/* A task that does not run is a frame on its stack: 64 bytes of locals and ins of the handler's window, 32 that the ABI wants,
 * then globals and %y. */
#define FRAME_WINDOW 0
#define FRAME_GLOBALS 96 /* %y, %g1 to %g7 */
#define FRAME_SIZE 128
