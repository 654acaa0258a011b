/* control.h - the hypervisor calls behind PartitionControl and SystemControl */
#ifndef SUPERVISOR_CONTROL_H
#define SUPERVISOR_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "supervisor.pb-c.h"

int32_t control_partition(uint32_t partition, Xm__PartitionAction action, uint32_t reset_status);
bool control_reached(Xm__PartitionAction action, uint32_t state);
bool control_is_reset(Xm__PartitionAction action);
int32_t control_self(Xm__PartitionAction action, uint32_t reset_status);
int32_t control_system(Xm__SystemAction action);

#endif
