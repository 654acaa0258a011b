/* shared.h - control block of the reset storm and the record of every life of a subject, in memory that no reset touches */
#ifndef CAMPAIGN_RESETS_SHARED_H
#define CAMPAIGN_RESETS_SHARED_H

#include <xm.h>

#define CONTROL_ADDRESS 0x41000000
#define SUBJECTS 3 /* partitions 1 and 2; index by id */

enum cause { CAUSE_NONE, CAUSE_SELF, CAUSE_OTHER, CAUSE_SYSTEM, CAUSE_POWER };

/* Who will start the next life of a subject, and how: written before it is done. */
struct announcement {
    volatile xm_u32_t cause, mode, status;
    volatile xm_u32_t ready; /* the subject has said everything about this life */
};

struct control {
    volatile xm_u32_t partition_resets, system_resets;              /* done */
    volatile xm_u32_t partition_resets_wanted, system_resets_wanted;
    volatile xm_u32_t hold;    /* the host wants to kill some more */
    volatile xm_u32_t done;
    volatile xm_u32_t seed;
    volatile xm_u32_t boots;   /* the controller came up */
    volatile xm_u64_t log_next; /* number of the record to be read next */
    volatile xm_u32_t log_read, log_gaps, log_wrong;
    volatile xm_u32_t boot_id, kernel_bytes, kernel_bytes_differ, boot_id_jumps, config_differs;
    volatile xm_u32_t wrong_refusals, refusals; /* warm resets of a partition whose image was still being loaded */
    volatile xm_u32_t reserved[10];
    struct announcement subject[SUBJECTS];
};
#define CONTROL ((struct control *)CONTROL_ADDRESS)

/* Second area of a subject: a head, then lives. */
struct life {
    xm_u32_t cause, mode, status;          /* as announced */
    xm_u32_t reset_counter, reset_status;  /* as the control table has them */
    xm_u32_t hash;                         /* text and constants */
    xm_u32_t data, bss;                    /* a variable of each kind, as found */
    xm_s32_t sampling, queuing;            /* codes of creating ports: closed by every reset */
    xm_u32_t hw_mask, ext_mask, ext_pend, flags;
    xm_u32_t timers;                       /* timer interrupts that came without a timer being set */
    xm_u32_t complete;                     /* a life that was cut off before knows nothing from `hash` on */
};
struct history {
    volatile xm_u32_t lives, data; /* data: as the last life left it */
    volatile xm_u32_t reserved[14];
    struct life life[1];
};

#endif
