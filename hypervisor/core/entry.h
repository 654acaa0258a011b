/* entry.h - start-up of the entry paths; the entries themselves are declared in arch.h */
#ifndef XM_CORE_ENTRY_H
#define XM_CORE_ENTRY_H

#include "partition.h"

/* After partitions and consoles exist: which lines are whose. */
void entry_init(void);
/* Lines that are always enabled: slot timer, consoles, links. */
extern xm_u32_t entry_kernel_lines;
/* Choose what p enters first when it runs. A partition without a trap table cannot be told
 * anything: SYSTEM_ERROR. */
void entry_choose_delivery(struct partition *p);

#endif
