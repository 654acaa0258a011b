/* link_uart.h - frames on the supervisor's link UART: COBS between zeros, over XM_link_read and
 * XM_link_write
 *
 * Invariant: a frame taken by send() leaves whole, however long the line takes. */
#ifndef SUPERVISOR_LINK_UART_H
#define SUPERVISOR_LINK_UART_H

#include "link.h"

extern const struct link_device link_uart;

#endif
