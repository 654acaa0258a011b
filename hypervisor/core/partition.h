/* partition.h - partitions and their control
 *
 * A partition is a row of the compiled configuration plus its run-time state below. State changes
 * happen only in partition.c.
 *
 * Rules:     call with interrupts off, from any kernel entry. A partition that is not running is
 *            changed in its saved context; the running one leaves through core_leave().
 * Invariant: the control table (PCT) is written by the kernel only and never read back for a
 *            decision, except the interrupt words, whose only writer is virq.c. */
#ifndef XM_CORE_PARTITION_H
#define XM_CORE_PARTITION_H

#include <stddef.h>
#include "arch.h"
#include "../abi/config.h"
#include "../abi/image.h"

enum partition_state { PARTITION_READY, PARTITION_SUSPENDED, PARTITION_HALTED };

struct partition_timer {
    xmTime_t expiry_us;   /* on its clock; 0: not armed */
    xmTime_t interval_us; /* 0: one shot */
};

/* What the container holds for it, copied at boot: the container itself is mapped in the
 * hypervisor's own space only. */
struct partition_image {
    bool present;                 /* false: not packed, stays halted */
    xmAddress_t entry;            /* virtual */
    xmAddress_t header_address;   /* physical */
    xm_u32_t segment_first, segment_count; /* custom files' segments follow the image's own */
};

/* Where a cold reset stands: images are copied back in the partition's own slots, a piece at a
 * time. */
struct partition_load {
    bool active;
    bool incomplete; /* memory does not hold the whole good image: only a cold reset can start it */
    xm_u32_t segment; /* of the container's table */
    xm_u32_t offset;  /* bytes of it done */
    xm_u32_t crc;
};

/* How far a long copy of a hypercall has come that gave way to an interrupt (guest_mem.h). The
 * partition makes the call again before it does anything else. */
struct partition_copy {
    const void *to, *from; /* to NULL: none */
    xm_u32_t size, done;
    xm_u32_t stamp;
};

struct partition {
    struct arch_context context; /* registers while it does not run */
    struct arch_fpu fpu;         /* floating-point registers while another partition owns the FPU */
    const struct xm_config_partition *config;
    struct partition_image image;
    const char *name;
    xm_u32_t id;
    enum partition_state state;
    bool idle;              /* gave up the rest of its slot */
    bool system;            /* may call XM_SYS services */
    bool fpu_failed; /* an exception that came when another one was given the FPU */
    bool fpu_off; /* turned its own EF bit off: a floating-point instruction is its own trap */
    struct partition_load load;
    partitionControlTable_t *pct;
    partitionControlTable_t
        *pct_first;         /* what it is at the start of a life, trailing tables included */
    struct port *ports;     /* by descriptor */
    struct logbook *trace;  /* its stream */
    xm_u32_t trace_mask;    /* which of its events the stream takes; 0: it has no storage */
    xm_u32_t *port_bitmap;  /* in the control table's page */
    struct partition_copy copy;
    xm_u32_t op_mode;
    xm_u32_t lines;         /* interrupt lines enabled while it runs: virq.c */
    int trap_vector;        /* synchronous trap to propagate before any interrupt; -1: none */
    xmTime_t exec_us;       /* execution clock, up to run_start */
    struct partition_timer timer[3]; /* by clock: XM_HW_CLOCK, XM_EXEC_CLOCK, XM_WATCHDOG_TIMER */
    bool timers_armed;      /* any of them */
    const struct xm_config_area *last_area; /* that the last guest pointer fell into */
    /* accounting */
    xm_u64_t virq_count;
    xm_u64_t sampling_read, sampling_written, queuing_sent, queuing_received;
};

extern struct partition *partitions;
extern xm_u32_t partition_count;

void partition_init_all(void);
/* Bring every partition of the container to its first start. */
void partition_start_all(void);
struct partition *partition_by_id(xm_u32_t id); /* NULL: no such */
/* The partition whose registers are live, NULL in the idle loop. */
static inline struct partition *partition_current(void)
{
    return (
        struct partition *)(void *)arch_current(); /* the context is a partition's first field */
}
_Static_assert(offsetof(struct partition, context) == 0, "partition_current()");

/* State changes; each returns XM_OK, XM_NO_ACTION or a refusal. */
xm_s32_t partition_suspend(struct partition *p);
xm_s32_t partition_resume(struct partition *p);
xm_s32_t partition_halt(struct partition *p);
xm_s32_t partition_shutdown(struct partition *p);
xm_s32_t partition_reset(struct partition *p, xm_u32_t mode, xm_u32_t status);
/* Can it use the processor now? */
static inline bool partition_runnable(const struct partition *p)
{
    return p->state == PARTITION_READY && !p->idle && !p->load.active;
}
/* Copy a bounded piece of the image of a partition being cold-reset; call in space 0. */
void partition_load_step(struct partition *p);
/* Bytes of its control table, trailing tables included: what is mapped for it to read. */
xm_u32_t partition_table_bytes(const struct partition *p);
/* Execution clock now. */
xmTime_t partition_exec_us(const struct partition *p, xmTime_t now_us);

#endif
