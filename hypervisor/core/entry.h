/* entry.h - start-up of the entry paths; the entries themselves are declared in arch.h */
#ifndef XM_CORE_ENTRY_H
#define XM_CORE_ENTRY_H

/* After partitions and consoles exist: which lines are whose. */
void entry_init(void);

#endif
