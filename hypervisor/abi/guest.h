/* guest.h - structures that a partition shares with the hypervisor, and the constants of its
 * services
 *
 * Field names and order are those of the XtratuM 3.x interface (partition sources name them); sizes
 * are guarded below because hypervisor and partition are compiled apart. All of it is big-endian in
 * memory on the target. */
#ifndef XM_ABI_GUEST_H
#define XM_ABI_GUEST_H

#include "types.h"
#include "hm.h"

/* ---- constants of the services --------------------------------------------------------------- */

#define XM_HW_CLOCK 0
#define XM_EXEC_CLOCK 1
#define XM_WATCHDOG_TIMER 2

#define XM_COLD_RESET 0
#define XM_WARM_RESET 1
#define XM_RESET_MODE 1

#define XM_OBJ_SEEK_CUR 0
#define XM_OBJ_SEEK_SET 1
#define XM_OBJ_SEEK_END 2

#define XM_TRAP_TYPE 0
#define XM_HWIRQ_TYPE 1
#define XM_EXTIRQ_TYPE 2

#define XM_PARTITION_NAME 0
#define XM_PLAN_NAME 1

#define XM_HYPERVISOR_ID 0xff
#define UNCHECKED_ID 0xff

#define XM_STATUS_IDLE 0
#define XM_STATUS_READY 1
#define XM_STATUS_SUSPENDED 2
#define XM_STATUS_HALTED 3

#define XM_OPMODE_IDLE 0
#define XM_OPMODE_COLD_RESET 1
#define XM_OPMODE_WARM_RESET 2
#define XM_OPMODE_NORMAL 3

#define XM_RESET_STATUS_PARTITION_NORMAL_START 0
#define XM_RESET_STATUS_PARTITION_RESTART 1
#define XM_HM_RESET_STATUS_MODULE_RESTART 2
#define XM_HM_RESET_STATUS_PARTITION_RESTART 3
#define XM_HM_RESET_STATUS_USER_CODE_BIT 16
#define XM_HM_RESET_STATUS_EVENT_MASK 0xffff

#define XM_SOURCE_PORT 0x2
#define XM_DESTINATION_PORT 0x1
#define XM_SAMPLING_PORT 0
#define XM_QUEUING_PORT 1
#define XM_NULL_CHANNEL (-1)
#define XM_INFINITE_TIME ((xm_u32_t)-1)
#define XM_COMM_MSG_VALID 0x1
#define XM_COMM_PORT_STATUS_B 1
#define XM_COMM_PORT_STATUS_M 0x3
#define XM_COMM_EMPTY_PORT 0
#define XM_COMM_CONSUMED_MSG 2
#define XM_COMM_NEW_MSG 4

#define XM_VT_HW_FIRST 0
#define XM_VT_HW_LAST 31
#define XM_VT_HW_MAX 32
#define XM_VT_EXT_FIRST 0
#define XM_VT_EXT_LAST 31
#define XM_VT_EXT_MAX 32
#define XM_VT_EXT_HW_TIMER 0
#define XM_VT_EXT_EXEC_TIMER 1
#define XM_VT_EXT_WATCHDOG_TIMER 2
#define XM_VT_EXT_SHUTDOWN 3
#define XM_VT_EXT_SAMPLING_PORT 4
#define XM_VT_EXT_QUEUING_PORT 5
#define XM_VT_EXT_CYCLIC_SLOT_START 8
#define XM_VT_EXT_MEM_PROTECT 16
#define XM_VT_EXT_IPVI0 24
/* Extended interrupts of trap class: delivered before all others and not maskable. */
#define XM_EXT_TRAPS (1u << XM_VT_EXT_MEM_PROTECT)
/* Default vectors: line n at 0x10 + n, extended interrupt n at 0xE0 + n. */
#define XM_HWIRQ_VECTOR 0x10
#define XM_EXTIRQ_VECTOR 0xe0

/* Rings of XM_eth_give() and XM_eth_take(), and the least room for a frame that arrives. */
#define XM_ETH_SEND 0
#define XM_ETH_RECEIVE 1
#define XM_ETH_RECEIVE_BYTES 1536

#define XM_TRACE_NOTIFY 0
#define XM_TRACE_DEBUG 1
#define XM_TRACE_WARNING 2
#define XM_TRACE_UNRECOVERABLE 3
#define TRACE_BM_ALWAYS (~0u)

/* Modules of the hypervisor's own trace stream; a record's code is module << 8 | event. */
#define TRACE_IRQ_MODULE 0
#define TRACE_HCALLS_MODULE 1
#define TRACE_SCHED_MODULE 2
#define TRACE_HM_MODULE 3
#define TRACE_VMM_MODULE 4
#define TRACE_BM_IRQ_MODULE (1u << TRACE_IRQ_MODULE)
#define TRACE_BM_HCALLS_MODULE (1u << TRACE_HCALLS_MODULE)
#define TRACE_BM_SCHED_MODULE (1u << TRACE_SCHED_MODULE)
#define TRACE_BM_HM_MODULE (1u << TRACE_HM_MODULE)
#define TRACE_BM_VMM_MODULE (1u << TRACE_VMM_MODULE)
#define AUDIT_SCHED_SUSPEND 1
#define AUDIT_SCHED_RESUME 2
#define AUDIT_SCHED_HALT 3
#define AUDIT_SCHED_RESET 4
#define AUDIT_SCHED_SHUTDOWN 5
#define AUDIT_SCHED_IDLE 6
#define AUDIT_SCHED_HYP_HALT 7
#define AUDIT_SCHED_HYP_RESET 8
#define AUDIT_SCHED_PLAN_REQUEST 9
#define AUDIT_SCHED_PLAN_DONE 0xa
#define AUDIT_SCHED_CONTEXT_SWITCH 0xb
#define AUDIT_HM_EVENT 1
#define AUDIT_HM_HYPERVISOR_ACTION 2
#define AUDIT_HM_PARTITION_ACTION 3

/* Entry: software trap of an ordinary call and of an assembler call, and the numbers of the
 * latter. */
#define XM_HYPERCALL_TRAP 0xf0
#define XM_ASMHYPERCALL_TRAP 0xf1
#define sparc_iret_nr 0
#define sparc_flush_regwin_nr 1
#define sparc_get_psr_nr 2
#define sparc_set_psr_nr 3
#define sparc_set_pil_nr 4
#define sparc_clear_pil_nr 5
#define XM_ASM_HYPERCALL_COUNT 6

/* flags of the partition control table; bits 16..23: number of configured partitions (system
 * partitions only) */
#define XM_PCT_FLAG_FP 0x2
#define XM_PCT_FLAG_HALTED 0x4
#define XM_PCT_FLAG_SUSPENDED 0x8
#define XM_PCT_FLAG_READY 0x10
#define XM_PART_SYSTEM 0x100
#define XM_PART_FP 0x200
#define XM_PCT_PARTITIONS_SHIFT 16

#define XM_MEM_AREA_SHARED (1u << 0)
#define XM_MEM_AREA_UNMAPPED (1u << 1)
#define XM_MEM_AREA_READONLY (1u << 2)
#define XM_MEM_AREA_UNCACHEABLE (1u << 3)
#define XM_MEM_AREA_ROM (1u << 4)
#define XM_MEM_AREA_FLAG0 (1u << 5)
#define XM_MEM_AREA_FLAG1 (1u << 6)
#define XM_MEM_AREA_FLAG2 (1u << 7)
#define XM_MEM_AREA_FLAG3 (1u << 8)
#define XM_MEM_AREA_TAGGED (1u << 9)
#define XM_MEM_AREA_IOMMU (1u << 10)

#define XM_HMLOG_SIGNATURE 0xfecf
#define XM_HMLOG_PAYLOAD_LENGTH 4
#define HMLOG_OPCODE_SEQ_MASK (0xfffffff0u << HMLOG_OPCODE_SEQ_BIT)
#define HMLOG_OPCODE_SEQ_BIT 4
#define HMLOG_OPCODE_VALID_CPUCTXT_MASK (0x1u << HMLOG_OPCODE_VALID_CPUCTXT_BIT)
#define HMLOG_OPCODE_VALID_CPUCTXT_BIT 1
#define HMLOG_OPCODE_SYS_MASK (0x1u << HMLOG_OPCODE_SYS_BIT)
#define HMLOG_OPCODE_SYS_BIT 0
#define HMLOG_OPCODE_EVENT_MASK (0xffffu << HMLOG_OPCODE_EVENT_BIT)
#define HMLOG_OPCODE_EVENT_BIT 16
#define HMLOG_OPCODE_VCPUID_MASK (0xffu << HMLOG_OPCODE_VCPUID_BIT)
#define HMLOG_OPCODE_VCPUID_BIT 8
#define HMLOG_OPCODE_PARTID_MASK (0xffu << HMLOG_OPCODE_PARTID_BIT)
#define HMLOG_OPCODE_PARTID_BIT 0

#define XMTRACE_SIGNATURE 0xc33c
#define XMTRACE_PAYLOAD_LENGTH 4
#define TRACE_OPCODE_SEQ_MASK (0xfffffff0u << TRACE_OPCODE_SEQ_BIT)
#define TRACE_OPCODE_SEQ_BIT 4
#define TRACE_OPCODE_CRIT_MASK (0x7u << TRACE_OPCODE_CRIT_BIT)
#define TRACE_OPCODE_CRIT_BIT 1
#define TRACE_OPCODE_SYS_MASK (0x1u << TRACE_OPCODE_SYS_BIT)
#define TRACE_OPCODE_SYS_BIT 0
#define TRACE_OPCODE_CODE_MASK (0xffffu << TRACE_OPCODE_CODE_BIT)
#define TRACE_OPCODE_CODE_BIT 16
#define TRACE_OPCODE_VCPUID_MASK (0xffu << TRACE_OPCODE_VCPUID_BIT)
#define TRACE_OPCODE_VCPUID_BIT 8
#define TRACE_OPCODE_PARTID_MASK (0xffu << TRACE_OPCODE_PARTID_BIT)
#define TRACE_OPCODE_PARTID_BIT 0

#ifndef __ASSEMBLER__

#define XM_ABI_PACKED __attribute__((packed, aligned(4)))

/* ---- partition control table: read-only for the partition ------------------------------------ */

#define KTHREAD_MAGIC 0xa5a55a5au

struct pctArch {
    xm_u32_t tbr;                       /* virtual trap base register */
    xm_u32_t ptdL1; /* kept for source compatibility: 0, page tables are the hypervisor's */
    volatile xm_u32_t
        faultStatusReg; /* MMU fault status and address of the last propagated access fault */
    volatile xm_u32_t faultAddressReg;
};

struct schedInfo {
    xm_u32_t noSlot;       /* position of the current slot in its plan */
    xm_u32_t id;           /* its @id */
    xm_u32_t slotDuration; /* microseconds */
};

typedef struct partitionControlTable {
    xm_u32_t magic;                         /* KTHREAD_MAGIC */
    xm_u32_t xmVersion, xmAbiVersion, xmApiVersion;
    xmSize_t partCtrlTabSize;               /* bytes, trailing tables included */
    xm_u32_t resetCounter;                  /* 0 after boot or a cold reset, +1 per warm reset */
    xm_u32_t resetStatus;                   /* value given to the reset that started this life */
    xm_u32_t cpuKhz;
    xmId_t id;                              /* vCPU << 8 | partition */
    xmId_t noVCpus;
    xmId_t schedPolicy;                     /* 0: cyclic */
    xm_u32_t flags;                         /* XM_PCT_FLAG_*, XM_PART_* */
    xm_u32_t imgStart;                      /* start of the first memory area */
    xm_u32_t hwIrqs;                        /* bitmap of hardware lines owned */
    xm_s32_t noPhysicalMemAreas;
    xm_s32_t noCommPorts;
    xm_u8_t name[CONFIG_ID_STRING_LENGTH];  /* always NUL-terminated */
    volatile xm_u32_t iFlags;               /* virtual PSR: ET and PIL */
    volatile xm_u32_t hwIrqsPend, hwIrqsMask, extIrqsPend,
        extIrqsMask; /* 1 = pending, 1 = masked */
    struct pctArch arch;
    struct schedInfo schedInfo;
    xm_u16_t trap2Vector[NO_TRAPS];
    xm_u16_t hwIrq2Vector[CONFIG_NO_HWIRQS];
    xm_u16_t extIrq2Vector[XM_VT_EXT_MAX];
} partitionControlTable_t;

#define PCT_GET_PARTITION_ID(p) ((p)->id & 0xff)
#define PCT_GET_VCPU_ID(p) (((p)->id >> 8) & 0xff)

/* After the table: noPhysicalMemAreas of these, then the port bitmap, (noCommPorts + 31) / 32
 * words. */
struct xmPhysicalMemMap {
    char name[CONFIG_ID_STRING_LENGTH];
    xmAddress_t startAddr, mappedAt;
    xmSize_t size;
    xm_u32_t flags; /* XM_MEM_AREA_* */
};

/* ---- image header ---------------------------------------------------------------------------- */

#define XMEF_PARTITION_MAGIC 0x24584d69u
#define XMEF_XM_MAGIC 0x24584d68u

struct xefCustomFile {
    xmAddress_t sAddr; /* where the file is to be copied */
    xmSize_t size;     /* room there, bytes; 0: unknown */
};

struct xmImageHdr {
    xm_u32_t sSignature;               /* XMEF_PARTITION_MAGIC */
    xm_u32_t compilationXmAbiVersion;  /* must equal the hypervisor's */
    xm_u32_t compilationXmApiVersion;
    xmAddress_t pageTable;             /* accepted and not used: page tables are the hypervisor's */
    xmSize_t pageTableSize;
    xm_u32_t noCustomFiles;
    struct xefCustomFile customFileTab[CONFIG_MAX_NO_CUSTOMFILES];
    xm_u32_t eSignature;               /* XMEF_PARTITION_MAGIC */
} XM_ABI_PACKED;

/* ---- status records -------------------------------------------------------------------------- */

typedef struct {
    xm_u32_t state;  /* XM_STATUS_* */
    xm_u32_t opMode; /* XM_OPMODE_* */
    xm_u64_t noVIrqs;
    xm_u32_t resetCounter, resetStatus;
    xmTime_t execClock;
    xm_u64_t noSamplingPortMsgsRead, noSamplingPortMsgsWritten;
    xm_u64_t noQueuingPortMsgsSent, noQueuingPortMsgsReceived;
} xmPartitionStatus_t;

typedef struct {
    xm_u32_t resetCounter;
    xm_u64_t noHmEvents, noIrqs, currentMaf;
    xm_u64_t noSamplingPortMsgsRead, noSamplingPortMsgsWritten;
    xm_u64_t noQueuingPortMsgsSent, noQueuingPortMsgsReceived;
} xmSystemStatus_t;

typedef struct {
    xmTime_t switchTime;           /* nominal time of the last switch; 0 when there was none */
    xm_s32_t next, current, prev;  /* next == current: nothing requested; prev -1: no switch yet */
} xmPlanStatus_t;

typedef struct {
    xmTime_t timestamp;
    xm_u32_t lastMsgSize;
    xm_u32_t flags; /* XM_COMM_MSG_VALID | XM_COMM_*_MSG */
} xmSamplingPortStatus_t;

typedef struct {
    char *portName;
    xmTime_t validPeriod;
    xm_u32_t maxMsgSize;
    xm_u32_t direction;
} xmSamplingPortInfo_t;

typedef struct {
    xm_u32_t noMsgs;
} xmQueuingPortStatus_t;

typedef struct {
    char *portName;
    xm_u32_t maxMsgSize, maxNoMsgs, direction;
    xmTime_t validPeriod;
} xmQueuingPortInfo_t;

typedef struct {
    xm_s32_t noEvents;     /* stored and not yet read through this cursor */
    xm_s32_t maxEvents;    /* capacity */
    xm_s32_t currentEvent; /* read position, counted from the oldest stored record */
} xmHmStatus_t;

typedef xmHmStatus_t xmTraceStatus_t;

/* ---- log records, as partitions read them ---------------------------------------------------- */

struct hmCpuCtxt {
    xm_u32_t pc, nPc, psr;
};

typedef struct {
    xm_u16_t signature; /* XM_HMLOG_SIGNATURE */
    xm_u16_t checksum;  /* ones' complement sum of the record's halfwords with this field 0 */
    xm_u32_t opCodeH, opCodeL;
    xmTime_t timestamp;
    union {
        struct hmCpuCtxt cpuCtxt;
        xmWord_t payload[XM_HMLOG_PAYLOAD_LENGTH];
    };
} XM_ABI_PACKED xmHmLog_t;

typedef struct {
    xm_u16_t signature; /* XMTRACE_SIGNATURE */
    xm_u16_t checksum;
    xm_u32_t opCodeH, opCodeL;
    xmTime_t timestamp;
    xmWord_t payload[XMTRACE_PAYLOAD_LENGTH];
} XM_ABI_PACKED xmTraceEvent_t;

_Static_assert(sizeof(xmHmLog_t) == 36, "health-monitor record: libxm-interface 2.3");
_Static_assert(sizeof(xmTraceEvent_t) == 36, "trace record: libxm-interface 2.4");
_Static_assert(sizeof(struct xmImageHdr) == 52, "image header: libxm-interface 1.10");

#endif
#endif
