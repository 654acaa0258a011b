/* shared.h - what the workers of the hostile-link campaign write down; the host reads it in the RAM of QEMU */
#ifndef CAMPAIGN_HOSTILE_SHARED_H
#define CAMPAIGN_HOSTILE_SHARED_H

#include <xm.h>

/* Each worker's second area: a head and its entries. */
struct log_head {
    volatile xm_u32_t count; /* slots seen */
    volatile xm_u32_t reserved[7];
};

struct slot_entry {
    xmTime_t time_us; /* read as the first thing in the slot */
    xm_u32_t digest;  /* of all that the worker has sent and received up to the end of this slot */
    xm_u32_t received; /* messages so far */
};

enum { LOG_BYTES = 16 << 20, SLOT_CAPACITY = (LOG_BYTES - 32) / 16 };

#endif
