/* config.h - layout of the compiled configuration
 *
 * xmcparser writes it from XM_CF.xml (as C initialisers of the structures below, which xmcbuilder
 * compiles for the target), the hypervisor reads it in place, xmpack and the supervisor read it
 * too. Nothing else describes a system.
 *
 * Rules:      every field is a 32-bit word in target byte order, so the file is also an array of
 *             words up to the strings. Tables are found through {offset, count}; offsets are bytes
 *             from the start of the file, strings are offsets too (0: no name). Indices are
 *             positions in the table named by the field. Times are microseconds.
 * Invariants: guaranteed by xmcparser and only checked for magic, revision, length and CRC by the
 *             hypervisor: ids are consecutive; slots of a plan tile its major frame without hole or
 *             overlap (a gap is a slot of XM_CONFIG_IDLE); every area lies in one region; no two
 *             areas overlap unless both are shared; every index is in range. */
#ifndef XM_ABI_CONFIG_H
#define XM_ABI_CONFIG_H

#include "types.h"
#include "hm.h"

#define XM_CONFIG_MAGIC 0x24584d43u /* "$XMC" */
#define XM_CONFIG_REVISION 2

#define XM_CONFIG_NONE 0xffffffffu /* no device, no channel, no stream, no partition */
#define XM_CONFIG_IDLE XM_CONFIG_NONE /* partition of a slot that is a gap */

/* The hypervisor is linked at this address (XMHypervisor/PhysicalMemoryArea has no start). */
#define XM_HYPERVISOR_START 0x40000000u
/* The hypervisor keeps these last bytes of its area over a reset (boot counter, reset mode);
 * nothing is loaded there. */
#define XM_RETAINED_BYTES XM_PAGE_SIZE

/* Hypervisor memory needed beside its image and the compiled configuration: xmcparser refuses a
 * system that does not fit its area, with these bounds; the hypervisor's build asserts that its
 * structures do not exceed them. */
#define XM_MEMORY_FIXED 65536u           /* stacks, link rings, kernel page tables */
#define XM_MEMORY_PER_PARTITION                                                                    \
    16384u /* partition, control table page, page tables of up to 16 areas */
#define XM_MEMORY_PER_AREA                                                                         \
    512u /* two more page-table levels for an area that starts a new 256 KiB */
#define XM_MEMORY_PER_PORT 64u
#define XM_MEMORY_PER_CHANNEL 96u        /* plus its message buffers */
#define XM_MEMORY_PER_MESSAGE 16u        /* plus the message, rounded up to 8 bytes */
/* Image of the hypervisor itself, for the same check; xmpack repeats it with the real one. */
#define XM_HYPERVISOR_IMAGE_BYTES 98304u

#ifndef __ASSEMBLER__

struct xm_config_table {
    xm_u32_t offset; /* bytes from the start of the file */
    xm_u32_t count;
};

struct xm_config {
    xm_u32_t magic;    /* XM_CONFIG_MAGIC */
    xm_u32_t revision; /* XM_CONFIG_REVISION */
    xm_u32_t length;   /* bytes of the whole file, a multiple of 8 */
    xm_u32_t crc32c;   /* of the whole file with this field 0 */
    xm_u32_t user_version;        /* SystemDescription/@version, packed like XM_SET_VERSION */
    xm_u32_t name;                /* string */
    xm_u32_t cpu_khz;             /* Processor/@frequency; 0: take the board's */
    xm_u32_t hypervisor_size;     /* bytes of the hypervisor's area at XM_HYPERVISOR_START */
    xm_u32_t console_device;      /* of the hypervisor: uarts index or XM_CONFIG_NONE */
    xm_u32_t hm_stream;           /* streams index or XM_CONFIG_NONE */
    xm_u32_t trace_stream;        /* of the hypervisor: streams index or XM_CONFIG_NONE */
    xm_u32_t trace_mask;          /* TRACE_BM_* */
    xm_u32_t resident_sw_start;   /* ResidentSw's first area, or 0: xmpack chooses free memory */
    xm_u32_t resident_sw_size;
    xm_u32_t resident_sw_entry;   /* ResidentSw/@entryPoint or 0 */
    struct xm_config_table regions;      /* struct xm_config_region */
    struct xm_config_table areas;        /* struct xm_config_area, those of partition 0 first */
    struct xm_config_table partitions;   /* struct xm_config_partition */
    struct xm_config_table plans;        /* struct xm_config_plan */
    struct xm_config_table slots;        /* struct xm_config_slot */
    struct xm_config_table ports;        /* struct xm_config_port, those of partition 0 first */
    struct xm_config_table channels;     /* struct xm_config_channel */
    struct xm_config_table destinations; /* xm_u32_t: ports index */
    struct xm_config_table io_ports;     /* struct xm_config_io_port */
    struct xm_config_table uarts;        /* struct xm_config_uart */
    struct xm_config_table streams;      /* struct xm_config_stream */
    struct xm_config_table ipvis;        /* struct xm_config_ipvi */
    struct xm_config_table ethernets;    /* struct xm_config_ethernet */
    struct xm_config_table strings;      /* bytes; offset of the first, count of bytes */
    xm_u32_t hm_hypervisor[XM_HM_EVENT_COUNT]; /* XM_CONFIG_HM_* per event */
};

/* One row of a health-monitor table. */
#define XM_CONFIG_HM_ACTION(row) ((row) & 0xffu)
#define XM_CONFIG_HM_LOG 0x100u

struct xm_config_region {
    xm_u32_t type; /* 0 stram, 1 sdram, 2 rom */
    xm_u32_t start, size;
    xm_u32_t line; /* of the XML, for messages */
};

struct xm_config_area {
    xm_u32_t start, size;
    xm_u32_t mapped_at; /* = start unless Area/@mappedAt says otherwise */
    xm_u32_t flags;     /* XM_MEM_AREA_* */
    xm_u32_t name;      /* string or 0 */
};

struct xm_config_partition {
    xm_u32_t name;            /* string or 0 */
    xm_u32_t flags;           /* XM_PART_SYSTEM, XM_PART_FP */
    xm_u32_t area_first, area_count;
    xm_u32_t port_first, port_count;
    xm_u32_t io_first, io_count;
    xm_u32_t hw_irqs;         /* bitmap of lines owned */
    xm_u32_t console_device;  /* uarts index or XM_CONFIG_NONE: output is discarded */
    xm_u32_t
        console_bytes; /* ring that keeps this partition's output for the ground, a power of two; 0: none */
    xm_u32_t trace_stream;    /* streams index or XM_CONFIG_NONE */
    xm_u32_t trace_mask;
    xm_u32_t link_device;     /* uarts index this partition serves as a link, or XM_CONFIG_NONE */
    xm_u32_t hm[XM_HM_EVENT_COUNT];
};

/* Longest major frame: half of what 32 bits of microseconds hold (35 minutes 47 seconds), so that the
 * delay to any deadline is one signed word. */
#define XM_CONFIG_MAX_FRAME_US 0x7fffffffu

struct xm_config_plan {
    xm_u32_t name; /* string or 0 */
    xm_u32_t major_frame_us;
    xm_u32_t slot_first, slot_count;
};

struct xm_config_slot {
    xm_u32_t id;        /* Slot/@id; XM_CONFIG_NONE for a gap */
    xm_u32_t partition; /* or XM_CONFIG_IDLE */
    xm_u32_t start_us;  /* from the start of the frame */
    xm_u32_t duration_us;
};

struct xm_config_port {
    xm_u32_t name;      /* string */
    xm_u32_t partition;
    xm_u32_t type;      /* XM_SAMPLING_PORT, XM_QUEUING_PORT */
    xm_u32_t direction; /* XM_SOURCE_PORT, XM_DESTINATION_PORT */
    xm_u32_t channel;   /* channels index or XM_CONFIG_NONE: not connected */
};

struct xm_config_channel {
    xm_u32_t type;             /* XM_SAMPLING_PORT, XM_QUEUING_PORT */
    xm_u32_t max_message_bytes;
    xm_u32_t max_messages;     /* queuing; 1 for sampling */
    xm_u32_t valid_period_us;  /* sampling */
    xm_u32_t source;           /* ports index */
    xm_u32_t destination_first, destination_count; /* in destinations */
};

/* Message buffers of a channel: a sampling channel has one in force and one to write into. */
#define XM_CONFIG_BUFFERS(channel)                                                                 \
    ((channel)->type == 0 /* XM_SAMPLING_PORT */ ? 2u : (channel)->max_messages)

struct xm_config_io_port {
    xm_u32_t address;
    xm_u32_t words; /* Range: number of registers. Restricted: 1 */
    xm_u32_t mask;  /* bits granted; all ones for a Range */
};

struct xm_config_uart {
    xm_u32_t name;           /* string */
    xm_u32_t id;             /* which UART of the board */
    xm_u32_t baud;
    xm_u32_t
        link_partition; /* partition served by this UART as a link device, or XM_CONFIG_NONE: a console */
    xm_u32_t budget_bytes;   /* link: bytes that may move in one slot at its owner's cost */
    xm_u32_t ring_bytes;     /* link: capacity of each ring, a power of two */
};

/* Storage of one log. A MemoryBlock named by several logs is divided among them by xmcparser. */
struct xm_config_stream {
    xm_u32_t name;  /* string: the device */
    xm_u32_t start, size;
};

/* An Ethernet MAC that a partition owns: its descriptors are the kernel's. Addresses are for the
 * owner's protocol stack; the kernel does not look at them. */
struct xm_config_ethernet {
    xm_u32_t partition;
    xm_u32_t registers;         /* address */
    xm_u32_t mac_high, mac_low; /* bytes 0, 1 and 2 to 5 of its hardware address */
    xm_u32_t ip, netmask, gateway; /* IPv4; 0: none */
};

struct xm_config_ipvi {
    xm_u32_t line;        /* 0..7: XM_VT_EXT_IPVI0 + line */
    xm_u32_t source;      /* partition */
    xm_u32_t destination; /* partition; one row per destination */
};

#endif
#endif
