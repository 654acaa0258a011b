/* ethernet.h - Ethernet MACs of partitions: a bus master under the kernel's control
 *
 * A MAC writes where its descriptors say, past every memory protection. So the descriptors are in the
 * kernel's memory and only the kernel writes them, after checking that each buffer lies in the
 * memory of the MAC's owner; the registers that say where descriptors are can be granted to nobody
 * (xmcparser). The owner does the rest through its I/O ports and its interrupt line.
 *
 * Invariant: while a MAC runs, all buffers in its rings are memory of its owner, in its present life:
 *            it is stopped whenever that life ends. */
#ifndef XM_CORE_ETHERNET_H
#define XM_CORE_ETHERNET_H

#include "partition.h"

/* Boot only: stop every MAC of the configuration and take its rings over. */
void ethernet_init(void);
/* The life of p ends: its MAC, if it has one, stops. */
void ethernet_stop(const struct partition *p);
/* The system ends or starts again: every MAC stops. */
void ethernet_stop_all(void);

#endif
