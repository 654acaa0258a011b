/* dialect.h - calls of the same name with other arguments in other lines of XtratuM
 *
 * One name can have only one prototype, so a source says which line it was written for:
 * -DXM_DIALECT_32 (3.1, 3.2) or -DXM_DIALECT_Q (the qualified branch). Without either it is 3.7.
 * The replaced calls, record types and masks are all here; included last by xm.h. Codes and event
 * numbers keep their values: only their names are part of the interface. */
#ifndef LIBXM_DIALECT_H
#define LIBXM_DIALECT_H

#if defined(XM_DIALECT_32) && defined(XM_DIALECT_Q)
#error "XM_DIALECT_32 and XM_DIALECT_Q exclude each other: define one"
#endif

#ifndef __ASSEMBLER__

#ifdef XM_DIALECT_32

/* The port's validity comes from the configuration alone. */
static inline xm_s32_t xm_32_create_sampling_port(char *portName, xm_u32_t maxMsgSize,
                                                  xm_u32_t direction)
{
    xmSamplingPortInfo_t info;
    xm_s32_t code = XM_get_sampling_port_info(portName, &info);

    return code < 0 ? code
                    : XM_create_sampling_port(portName, maxMsgSize, direction, info.validPeriod);
}
#define XM_create_sampling_port xm_32_create_sampling_port

/* A record with fields instead of masks. */
typedef struct {
    xm_u32_t eventId : 13, system : 1, validCpuCtxt : 1, reserved : 1, moduleId : 8,
        partitionId : 8;
    union {
        struct hmCpuCtxt cpuCtxt;
        xmWord_t payload[XM_HMLOG_PAYLOAD_LENGTH];
    };
    xmTime_t timestamp;
} xm_32_hm_log_t;

static inline xm_s32_t xm_32_hm_read(xm_32_hm_log_t *log)
{
    xmHmLog_t record;
    xm_s32_t code = XM_hm_read(&record);
    xm_u32_t n;

    if (code <= 0) {
        return code;
    }
    log->eventId = (record.opCodeL & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT;
    log->system = (record.opCodeH & HMLOG_OPCODE_SYS_MASK) >> HMLOG_OPCODE_SYS_BIT;
    log->validCpuCtxt =
        (record.opCodeH & HMLOG_OPCODE_VALID_CPUCTXT_MASK) >> HMLOG_OPCODE_VALID_CPUCTXT_BIT;
    log->reserved = 0;
    log->moduleId = 0;
    log->partitionId = record.opCodeL & HMLOG_OPCODE_PARTID_MASK;
    for (n = 0; n < XM_HMLOG_PAYLOAD_LENGTH; n++) {
        log->payload[n] = record.payload[n];
    }
    log->timestamp = record.timestamp;
    return code;
}
#define xmHmLog_t xm_32_hm_log_t
#define XM_hm_read xm_32_hm_read

#endif

#ifdef XM_DIALECT_Q

/* A partition always starts at its image's entry point; entryPoint is not used. */
static inline xm_s32_t xm_q_reset_partition(xm_u32_t id, xmAddress_t entryPoint, xm_u32_t resetMode,
                                            xm_u32_t status)
{
    (void)entryPoint;
    return XM_reset_partition(id, resetMode, status);
}
#define XM_reset_partition xm_q_reset_partition

static inline xm_s32_t xm_q_reset_vcpu(xm_u32_t vCpu, xmAddress_t entry)
{
    return XM_reset_vcpu(vCpu, 0, entry, 0);
}
#define XM_reset_vcpu xm_q_reset_vcpu

/* Nothing written yet is told by a code, not by a length of 0. */
static inline xm_s32_t xm_q_read_sampling_message(xm_s32_t portId, void *msgPtr, xm_u32_t msgSize,
                                                  xm_u32_t *flags)
{
    xm_s32_t bytes = XM_read_sampling_message(portId, msgPtr, msgSize, flags);

    return bytes == 0 ? XM_NO_ACTION : bytes;
}
#define XM_read_sampling_message xm_q_read_sampling_message
#define refreshPeriod validPeriod

static inline xm_s32_t xm_q_memory_copy(xmId_t destId, xmAddress_t destAddr, xmId_t srcId,
                                        xmAddress_t srcAddr, xm_u32_t size)
{
    xm_s32_t bytes = XM_memory_copy(destId, destAddr, srcId, srcAddr, size);

    return bytes >= 0 ? XM_OK : bytes;
}
#define XM_memory_copy xm_q_memory_copy

/* action: 1 activate, 2 deactivate, 3 flush. The caches are always active. */
static inline xm_s32_t xm_q_set_cache_state(xm_u32_t cache, xm_u32_t action)
{
    if ((cache != XM_DCACHE && cache != XM_ICACHE) || action < 1 || action > 3) {
        return XM_INVALID_PARAM;
    }
    if (action == 3) {
        return XM_flush_cache(cache);
    }
    return action == 1 ? XM_OK : XM_INVALID_CONFIG;
}
#define XM_set_cache_state xm_q_set_cache_state

/* A record with one word of fields. */
typedef struct {
    xm_u32_t opCode;
    xmTime_t timestamp;
    union {
        struct hmCpuCtxt cpuCtxt;
        xmWord_t payload[XM_HMLOG_PAYLOAD_LENGTH];
    };
} xm_q_hm_log_t;

static inline xm_u32_t xm_q_hm_word(const xmHmLog_t *record)
{
    xm_u32_t event = (record->opCodeL & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT;
    xm_u32_t system = (record->opCodeH & HMLOG_OPCODE_SYS_MASK) >> HMLOG_OPCODE_SYS_BIT;
    xm_u32_t context = record->opCodeH & HMLOG_OPCODE_VALID_CPUCTXT_MASK ? 1 : 0;

    return event << 19 | system << 16 | context << 15 |
           (record->opCodeL & HMLOG_OPCODE_PARTID_MASK);
}

/* Up to noLogs records; returns how many. */
static inline xm_s32_t xm_q_hm_read(xm_q_hm_log_t *logs, xm_u32_t noLogs)
{
    xm_u32_t count, n;

    if (noLogs == 0) {
        return XM_INVALID_PARAM;
    }
    for (count = 0; count < noLogs; count++) {
        xmHmLog_t record;
        xm_s32_t code = XM_hm_read(&record);

        if (code < 0 && count == 0) {
            return code;
        }
        if (code <= 0) {
            break;
        }
        logs[count].opCode = xm_q_hm_word(&record);
        logs[count].timestamp = record.timestamp;
        for (n = 0; n < XM_HMLOG_PAYLOAD_LENGTH; n++) {
            logs[count].payload[n] = record.payload[n];
        }
    }
    return (xm_s32_t)count;
}
#define XM_hm_read xm_q_hm_read

/* A trace is 8 bytes and the low word of the time. */
#define XM_Q_TRACE_BYTES 8
typedef struct {
    xm_u32_t timestamp;
    xm_u8_t payload[XM_Q_TRACE_BYTES];
} xm_q_trace_event_t;

static inline xm_s32_t xm_q_trace_event(xm_u32_t bitmask, const xm_u8_t *payload)
{
    union {
        xmTraceEvent_t event;
        xm_u32_t words[sizeof(xmTraceEvent_t) / sizeof(xm_u32_t)];
    } record;
    xm_u32_t n;

    for (n = 0; n < sizeof(record.words) / sizeof(xm_u32_t); n++) {
        record.words[n] = 0;
    }
    for (n = 0; n < XM_Q_TRACE_BYTES; n++) {
        record.event.payload[n / 4] |= (xm_u32_t)payload[n] << (24 - 8 * (n % 4));
    }
    return XM_trace_event(bitmask, &record.event);
}
#define XM_trace_event xm_q_trace_event

/* Up to noTraces records of a partition's trace; returns how many. */
static inline xm_s32_t xm_q_trace_read(xmId_t id, xm_q_trace_event_t *traces, xm_u32_t noTraces)
{
    xm_s32_t stream = XM_trace_open(id);
    xm_u32_t count, n;

    if (stream < 0 || noTraces == 0) {
        return stream < 0 ? stream : XM_INVALID_PARAM;
    }
    for (count = 0; count < noTraces; count++) {
        xmTraceEvent_t record;
        xm_s32_t code = XM_trace_read(stream, &record);

        if (code < 0 && count == 0) {
            return code;
        }
        if (code <= 0) {
            break;
        }
        traces[count].timestamp = (xm_u32_t)record.timestamp;
        for (n = 0; n < XM_Q_TRACE_BYTES; n++) {
            traces[count].payload[n] = (xm_u8_t)(record.payload[n / 4] >> (24 - 8 * (n % 4)));
        }
    }
    return (xm_s32_t)count;
}
#define XM_trace_read xm_q_trace_read

/* The masks of the one word, and the types above, from here on. */
#undef HMLOG_OPCODE_EVENT_MASK
#undef HMLOG_OPCODE_EVENT_BIT
#undef HMLOG_OPCODE_SYS_MASK
#undef HMLOG_OPCODE_SYS_BIT
#undef HMLOG_OPCODE_VALID_CPUCTXT_MASK
#undef HMLOG_OPCODE_VALID_CPUCTXT_BIT
#undef HMLOG_OPCODE_PARTID_MASK
#undef HMLOG_OPCODE_PARTID_BIT
#define HMLOG_OPCODE_EVENT_MASK (0x1fffu << HMLOG_OPCODE_EVENT_BIT)
#define HMLOG_OPCODE_EVENT_BIT 19
#define HMLOG_OPCODE_SYS_MASK (0x1u << HMLOG_OPCODE_SYS_BIT)
#define HMLOG_OPCODE_SYS_BIT 16
#define HMLOG_OPCODE_VALID_CPUCTXT_MASK (0x1u << HMLOG_OPCODE_VALID_CPUCTXT_BIT)
#define HMLOG_OPCODE_VALID_CPUCTXT_BIT 15
#define HMLOG_OPCODE_MODID_MASK (0x7fu << HMLOG_OPCODE_MODID_BIT)
#define HMLOG_OPCODE_MODID_BIT 8
#define HMLOG_OPCODE_PARTID_MASK (0xffu << HMLOG_OPCODE_PARTID_BIT)
#define HMLOG_OPCODE_PARTID_BIT 0
#define xmHmLog_t xm_q_hm_log_t
#define xmTraceEvent_t xm_q_trace_event_t

#endif
#endif
#endif
