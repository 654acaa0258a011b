/* board_impl.h - the workstation's board: all of board.h is functions (host.c) */
#define BOARD_TIMER_LINE 7u
