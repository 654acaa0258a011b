/* records.h - what the supervisor partition reads from the hypervisor, beyond the XtratuM interface
 *
 * Log records are 64-bit sequence-numbered, carry the boot they belong to and a CRC-32C, so that a
 * reader can tell a gap, a reboot and a damaged record apart. Numbering starts at 1 and never
 * repeats or goes back, also over resets, as long as the log memory keeps its content. In the log
 * memory a seal of its own stands in place of the CRC-32C (core/logbook.h), which is made when the
 * record is fetched; a record damaged in memory is fetched with a wrong one.
 *
 * XM_hm_fetch, XM_trace_fetch and XM_console_fetch fill a buffer with a struct xm_batch followed by
 * the items. They do not consume anything. They return the number of items copied, or a negative
 * code. */
#ifndef XM_ABI_RECORDS_H
#define XM_ABI_RECORDS_H

#include "guest.h"

#ifndef __ASSEMBLER__

/* Head of a fetched batch. oldest == next means that nothing is stored. Asking from a number below
 * `oldest` starts at `oldest` (first tells); asking beyond `next` returns no item. */
struct xm_batch {
    xm_u64_t oldest; /* number of the oldest item still stored */
    xm_u64_t next;   /* number that the next item will get */
    xm_u64_t first;  /* number of the first item in this batch */
    xm_u32_t count;  /* items in this batch: records, or bytes of console output */
    xm_u32_t boot_id;
};

#define XM_HM_FLAG_SYSTEM 0x01  /* hypervisor scope: looked up in the XMHypervisor table */
#define XM_HM_FLAG_CONTEXT 0x02 /* pc, npc, psr are valid */
#define XM_HM_FLAG_ADDRESS 0x04 /* fault_address is valid */

struct xm_hm_record {
    xm_u64_t seq;
    xmTime_t time_us;       /* hardware clock of the boot named by boot_id */
    xm_u32_t boot_id;
    xm_u16_t event;         /* enum xm_hm_event */
    xm_u8_t partition;      /* XM_HYPERVISOR_ID: the hypervisor itself */
    xm_u8_t vcpu;
    xm_u8_t flags;          /* XM_HM_FLAG_* */
    xm_u8_t action;         /* enum xm_hm_action that was taken */
    xm_u16_t reserved;
    xm_u32_t pc, npc, psr;
    xm_u32_t
        fault_address; /* of a load, store or fetch; exact where the instruction could be decoded */
    xm_u32_t fault_status;  /* MMU fault status register */
    xm_u32_t payload[3];    /* event-specific: trap type, line, or what the partition traced */
    xm_u32_t crc32c;        /* CRC-32C of the bytes before this field */
};

struct xm_trace_record {
    xm_u64_t seq;
    xmTime_t time_us;
    xm_u32_t boot_id;
    xm_u32_t opcode_h, opcode_l; /* as in xmTraceEvent_t */
    xm_u32_t payload[4];
    xm_u32_t crc32c;
};

struct xm_link_status {
    xm_u64_t rx_bytes, tx_bytes;       /* moved between device and rings since boot */
    xm_u64_t rx_dropped;               /* arrived while the receive ring was full */
    xm_u32_t rx_errors; /* overrun, framing and parity errors reported by the device */
    xm_u32_t rx_waiting, tx_waiting;   /* bytes in the rings now */
    xm_u32_t rx_size, tx_size;         /* capacity of the rings */
    xm_u32_t rx_high_water, tx_high_water;
    xm_u32_t budget_bytes;             /* bytes that may move in one slot at its owner's cost */
    xm_u32_t budget_exhausted;         /* slots in which that was not enough */
    xm_u32_t reserved;
};

struct xm_kernel_info {
    xm_u32_t xm_version, abi_version, api_version;
    xm_u32_t boot_id; /* differs on every start of the hypervisor while the log memory lives */
    xm_u32_t system_reset_counter;
    xm_u32_t partition_count, plan_count;
    xm_u32_t config_length;         /* for XM_read_config */
    xm_u32_t config_crc32c;
    xm_u32_t kernel_bytes_used, kernel_bytes_total;
    xm_s32_t current_plan, requested_plan,
        previous_plan; /* requested == current: none; previous -1: none */
    xmTime_t now_us;
    xmTime_t frame_start_us;        /* nominal start of the current major frame */
    xm_u64_t frame;                 /* major frames completed since boot, over all plans */
    xmTime_t switch_time_us;        /* nominal time of the last plan switch, 0: none */
    xm_u64_t switch_frame;          /* number of the first frame of the present plan */
    xm_u32_t slot_lateness_last_us,
        slot_lateness_max_us;       /* first instruction of a slot against its nominal start */
    xm_u32_t hm_lost;               /* HM events that could not be stored: no log memory */
    xm_u32_t cpu_khz;
};

/* A port and its channel, as XM_port_status finds them; of a port without a channel all but is_open
 * are 0. Counters count since the hypervisor's start, modulo 2^32. */
struct xm_port_status {
    xmSamplingPortStatus_t last; /* sampling: as its owner would be told; queuing: lastMsgSize is that
                                    of the oldest message waiting, the others mean nothing */
    xm_u32_t is_open;  /* 1: by its partition, in its present life */
    xm_u32_t waiting;  /* messages in the channel; sampling: 1 as soon as there was one */
    xm_u32_t moved;    /* sampling: messages written; queuing: received, by all readers */
    xm_u32_t refused;  /* sent while the queue was full */
};

_Static_assert(sizeof(struct xm_batch) == 32, "batch head");
_Static_assert(sizeof(struct xm_hm_record) == 64, "HM record");
_Static_assert(sizeof(struct xm_trace_record) == 48, "trace record");
_Static_assert(sizeof(struct xm_link_status) == 64, "link status");
_Static_assert(sizeof(struct xm_kernel_info) == 112, "kernel info");
_Static_assert(sizeof(struct xm_port_status) == 32, "port status");

#endif
#endif
