/* records.h - xm's own records: batches, link status and kernel information that a system partition
 * reads */
#ifndef XM_INC_RECORDS_H
#define XM_INC_RECORDS_H

#include <xm_inc/arch/arch_types.h>
#include <xm_inc/abi/records.h>

#endif
