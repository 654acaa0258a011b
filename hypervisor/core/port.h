/* port.h - sampling and queuing ports
 *
 * Messages are copied in and out of kernel buffers, one writer per channel. Descriptors are the
 * index of the port in the caller's own PortTable; every bit of a descriptor is checked. Invariant:
 * buffers are sized by the configuration at boot; a transfer never allocates and never blocks. */
#ifndef XM_CORE_PORT_H
#define XM_CORE_PORT_H

#include "partition.h"

void port_init_all(void);
/* Close the ports of a partition being reset; messages stay in their channels. */
void port_close_all(struct partition *p);

#endif
