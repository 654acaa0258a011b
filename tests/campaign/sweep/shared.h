/* shared.h - control block and result maps of the isolation sweep, in memory that no reset touches */
#ifndef CAMPAIGN_SWEEP_SHARED_H
#define CAMPAIGN_SWEEP_SHARED_H

#include <xm.h>

#define CONTROL_ADDRESS 0x41000000
#define MAP_ADDRESS 0x41010000 /* a bit per probe, most significant first: permitted */

enum probe { PROBE_READ, PROBE_WRITE, PROBE_EXECUTE, PROBE_DEVICE_READ, PROBE_DEVICE_WRITE, PROBE_INPORT, PROBE_OUTPORT };

struct control {
    volatile xm_u32_t role;        /* partition that probes */
    volatile xm_u32_t kind;        /* enum probe */
    volatile xm_u32_t first, end;  /* probes to make: pages, or words of the device pages */
    volatile xm_u32_t next;        /* 1 + probe made or being made */
    volatile xm_u32_t done;
    volatile xm_u32_t denied;      /* traps that the prober was told of, and restarts by the health monitor */
    volatile xm_u32_t restarts;
    volatile xm_u32_t pct, pct_bytes;
    volatile xm_u32_t readable;    /* write probes: address of the map of a read sweep */
    volatile xm_u32_t unexpected;  /* traps that no probe explains */
};

#define CONTROL ((struct control *)CONTROL_ADDRESS)

/* Device pages of the board: registers, and the plug-and-play table. */
#define DEVICE_WORDS 2048u
#define DEVICE_WORD(n) ((n) < 1024u ? 0x80000000u + 4u * (n) : 0x800ff000u + 4u * ((n) - 1024u))

#endif
