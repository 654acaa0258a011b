/* xal_internal.h - shared by the files of the runtime only */
#ifndef XAL_INTERNAL_H
#define XAL_INTERNAL_H

/* A program may bring its own function of a C library name, as XAL of XtratuM 3.x lacked some of
 * them: its definition must win over ours, also when our object file is linked for the sake of
 * another function. */
#define XAL_WEAK __attribute__((weak))

/* irqs.c: hold virtual interrupts back while the console's line is touched, because handlers print
 * too. xal_lock returns what xal_unlock needs. */
int xal_lock(void);
void xal_unlock(int was_open);

#endif
