/* shared.h - what the partitions of the plan campaign write down; the host reads it in the RAM of QEMU */
#ifndef CAMPAIGN_PLANS_SHARED_H
#define CAMPAIGN_PLANS_SHARED_H

#include <xm.h>

/* Each partition's second area: a head and its entries. */
struct log_head {
    volatile xm_u32_t count, capacity; /* slots seen */
    volatile xm_u32_t actions, action_capacity;
    volatile xm_u32_t wanted;          /* actions to take, by the host */
    volatile xm_u32_t seed;
    volatile xm_u32_t finished;
    volatile xm_u32_t reserved;
};

struct slot_entry {
    xmTime_t time_us; /* read as the first thing in the slot */
    xm_u32_t position, duration_us;
};

enum action { ACTION_NONE, ACTION_REQUEST, ACTION_MAINTENANCE };

struct action_entry {
    xmTime_t time_us;
    xm_u32_t kind, plan;      /* asked for */
    xm_s32_t code;
    xm_u32_t current;         /* as the call reported it */
    struct xm_kernel_info before, after;
};

#define SLOT_ENTRIES(head) ((struct slot_entry *)((xm_u8_t *)(head) + 0x1000))

/* The memory that the host and the partition share: its second area. */
static inline struct log_head *log_head(void)
{
    const struct xmPhysicalMemMap *area = (const struct xmPhysicalMemMap *)(XM_params_get_PCT() + 1);

    return (struct log_head *)area[1].startAddr;
}

/* First thing in a slot. */
static inline void note_slot(struct log_head *head)
{
    xm_u32_t n = head->count;
    xmTime_t now;

    XM_get_time(XM_HW_CLOCK, &now);
    if (n < head->capacity) {
        const struct schedInfo *info = (const struct schedInfo *)&XM_params_get_PCT()->schedInfo;
        struct slot_entry *entry = SLOT_ENTRIES(head) + n;

        entry->time_us = now;
        entry->position = info->noSlot;
        entry->duration_us = info->slotDuration;
        head->count = n + 1;
    }
}

#endif
