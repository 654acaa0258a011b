/* main.h - the supervisor partition: its start and its slot
 *
 * Rules: supervisor_start() once per life of the partition, then supervisor_slot() once per
 *        slot; nothing in it waits. */
#ifndef SUPERVISOR_MAIN_H
#define SUPERVISOR_MAIN_H

void supervisor_start(void);
void supervisor_slot(void);
void PartitionMain(void);

#endif
