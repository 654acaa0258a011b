/* object.c - XM_read_object and its kin: the older way to ports, logs, status, console and memory,
 * by descriptor
 *
 * The hypervisor has a call of its own for each of these services; here a descriptor
 * (xm_inc/objdir.h) is taken apart and the right one made, with its checks and codes.
 * XM_INVALID_PARAM: no such class. XM_OP_NOT_ALLOWED: the class does not offer the operation or the
 * command. XM_PERM_ERROR: a port or console of another partition. */
#include <xm.h>
#include <xm_inc/objdir.h>
#include <xm_inc/objects/console.h>
#include <xm_inc/objects/mem.h>

static int is_class(xmObjDesc_t objDesc)
{
    xm_u32_t class = OBJDESC_GET_CLASS(objDesc);

    return OBJDESC_IS_VALID(objDesc) && class > OBJ_CLASS_NULL && class <= OBJ_CLASS_STATUS;
}

static int is_own(xmObjDesc_t objDesc)
{
    return OBJDESC_GET_PARTITIONID(objDesc) == XM_PARTITION_SELF;
}

static xm_s32_t port_of(xmObjDesc_t objDesc)
{
    return (xm_s32_t)OBJDESC_GET_ID(objDesc);
}

/* Fills the buffer with records; returns bytes, 0 when there is none left. */
static xm_s32_t read_records(xmObjDesc_t objDesc, char *buffer, xm_u32_t size)
{
    int is_hm = OBJDESC_GET_CLASS(objDesc) == OBJ_CLASS_HM;
    xm_u32_t record = is_hm ? sizeof(xmHmLog_t) : sizeof(xmTraceEvent_t);
    xm_u32_t done;

    if (size < record) {
        return XM_INVALID_PARAM;
    }
    for (done = 0; size - done >= record; done += record) {
        xm_s32_t code =
            is_hm ? XM_hm_read((xmHmLog_t *)(void *)(buffer + done))
                  : XM_trace_read((xm_s32_t)objDesc, (xmTraceEvent_t *)(void *)(buffer + done));

        if (code < 0 && done == 0) {
            return code;
        }
        if (code <= 0) {
            break;
        }
    }
    return (xm_s32_t)done;
}

/* Reads from a port (flags as in XM_read_sampling_message), or records of the health-monitor log or
 * a trace. Returns the number of bytes. */
xm_s32_t XM_read_object(xmObjDesc_t objDesc, void *buffer, xm_u32_t size, xm_u32_t *flags)
{
    if (!is_class(objDesc)) {
        return XM_INVALID_PARAM;
    }
    switch (OBJDESC_GET_CLASS(objDesc)) {
    case OBJ_CLASS_HM:
    case OBJ_CLASS_TRACE:
        return read_records(objDesc, (char *)buffer, size);
    case OBJ_CLASS_SAMPLING_PORT:
        return is_own(objDesc) ? XM_read_sampling_message(port_of(objDesc), buffer, size, flags)
                               : XM_PERM_ERROR;
    case OBJ_CLASS_QUEUING_PORT:
        return is_own(objDesc) ? XM_receive_queuing_message(port_of(objDesc), buffer, size)
                               : XM_PERM_ERROR;
    default:
        return XM_OP_NOT_ALLOWED;
    }
}

static xm_s32_t write_own(xmObjDesc_t objDesc, void *buffer, xm_u32_t size, const xm_u32_t *flags)
{
    switch (OBJDESC_GET_CLASS(objDesc)) {
    case OBJ_CLASS_CONSOLE:
        return XM_write_console(buffer, (xm_s32_t)size);
    case OBJ_CLASS_TRACE:
        return size == sizeof(xmTraceEvent_t) && flags
                   ? XM_trace_event(*flags, (xmTraceEvent_t *)buffer)
                   : XM_INVALID_PARAM;
    case OBJ_CLASS_SAMPLING_PORT:
        return XM_write_sampling_message(port_of(objDesc), buffer, size);
    default:
        return XM_send_queuing_message(port_of(objDesc), buffer, size);
    }
}

/* Writes to the caller's own port or console, or one record to its own trace: *flags is then the
 * mask of XM_trace_event. */
xm_s32_t XM_write_object(xmObjDesc_t objDesc, void *buffer, xm_u32_t size, xm_u32_t *flags)
{
    xm_u32_t class = OBJDESC_GET_CLASS(objDesc);

    if (!is_class(objDesc)) {
        return XM_INVALID_PARAM;
    }
    if (class == OBJ_CLASS_MEM || class == OBJ_CLASS_HM || class == OBJ_CLASS_STATUS) {
        return XM_OP_NOT_ALLOWED;
    }
    return is_own(objDesc) ? write_own(objDesc, buffer, size, flags) : XM_PERM_ERROR;
}

/* Moves the read position of the health-monitor log or of a trace. */
xm_s32_t XM_seek_object(xmObjDesc_t objDesc, xm_u32_t offset, xm_u32_t whence)
{
    if (!is_class(objDesc)) {
        return XM_INVALID_PARAM;
    }
    switch (OBJDESC_GET_CLASS(objDesc)) {
    case OBJ_CLASS_HM:
        return XM_hm_seek((xm_s32_t)offset, whence);
    case OBJ_CLASS_TRACE:
        return XM_trace_seek((xm_s32_t)objDesc, (xm_s32_t)offset, whence);
    default:
        return XM_OP_NOT_ALLOWED;
    }
}

static xm_s32_t ctrl_sampling(xmObjDesc_t objDesc, xm_u32_t cmd, union samplingPortCmd *arg)
{
    switch (cmd) {
    case XM_COMM_CREATE_PORT:
        return XM_create_sampling_port(arg->create.portName, arg->create.maxMsgSize,
                                       arg->create.direction, arg->create.validPeriod);
    case XM_COMM_GET_PORT_STATUS:
        return XM_get_sampling_port_status((xm_u32_t)port_of(objDesc), &arg->status);
    case XM_COMM_GET_PORT_INFO:
        return XM_get_sampling_port_info(arg->info.portName, &arg->info);
    default:
        return XM_OP_NOT_ALLOWED;
    }
}

static xm_s32_t ctrl_queuing(xmObjDesc_t objDesc, xm_u32_t cmd, union queuingPortCmd *arg)
{
    switch (cmd) {
    case XM_COMM_CREATE_PORT:
        return XM_create_queuing_port(arg->create.portName, arg->create.maxNoMsgs,
                                      arg->create.maxMsgSize, arg->create.direction);
    case XM_COMM_GET_PORT_STATUS:
        return XM_get_queuing_port_status((xm_u32_t)port_of(objDesc), &arg->status);
    case XM_COMM_GET_PORT_INFO:
        return XM_get_queuing_port_info(arg->info.portName, &arg->info);
    default:
        return XM_OP_NOT_ALLOWED;
    }
}

static xm_s32_t ctrl_status(xmObjDesc_t objDesc, xm_u32_t cmd, union statusCmd *arg)
{
    xmId_t id = OBJDESC_GET_PARTITIONID(objDesc);

    switch (cmd) {
    case XM_GET_SYSTEM_STATUS:
        return id == XM_HYPERVISOR_ID ? XM_get_system_status(&arg->status.system)
                                      : XM_get_partition_status(id, &arg->status.partition);
    case XM_GET_SCHED_PLAN_STATUS:
        return XM_get_plan_status(&arg->status.plan);
    case XM_SET_PARTITION_OPMODE:
        return XM_set_partition_opmode((xm_s32_t)arg->opMode);
    case XM_GET_VCPU_STATUS:
        return XM_get_partition_vcpu_status(id, OBJDESC_GET_VCPUID(objDesc), &arg->status.vCpu);
    default:
        return XM_OP_NOT_ALLOWED;
    }
}

/* Commands of an object; arg is the union of its header in xm_inc/objects/. A status or information
 * command leaves its answer there. Logs cannot be locked or emptied: XM_OP_NOT_ALLOWED. */
xm_s32_t XM_ctrl_object(xmObjDesc_t objDesc, xm_u32_t cmd, void *arg)
{
    xm_u32_t class = OBJDESC_GET_CLASS(objDesc);
    struct cpyArea *copy = &((union memCmd *)arg)->cpyArea;

    if (!is_class(objDesc) || !arg) {
        return XM_INVALID_PARAM;
    }
    if ((class == OBJ_CLASS_SAMPLING_PORT || class == OBJ_CLASS_QUEUING_PORT) && !is_own(objDesc)) {
        return XM_PERM_ERROR;
    }
    switch (class) {
    case OBJ_CLASS_SAMPLING_PORT:
        return ctrl_sampling(objDesc, cmd, (union samplingPortCmd *)arg);
    case OBJ_CLASS_QUEUING_PORT:
        return ctrl_queuing(objDesc, cmd, (union queuingPortCmd *)arg);
    case OBJ_CLASS_STATUS:
        return ctrl_status(objDesc, cmd, (union statusCmd *)arg);
    case OBJ_CLASS_HM:
        return cmd == XM_HM_GET_STATUS ? XM_hm_status((xmHmStatus_t *)arg) : XM_OP_NOT_ALLOWED;
    case OBJ_CLASS_TRACE:
        return cmd == XM_TRACE_GET_STATUS
                   ? XM_trace_status((xm_s32_t)objDesc, (xmTraceStatus_t *)arg)
                   : XM_OP_NOT_ALLOWED;
    case OBJ_CLASS_MEM:
        return cmd == XM_OBJ_MEM_CMD_CPY_AREA
                   ? XM_memory_copy(copy->dstId, copy->dstAddr, copy->srcId, copy->srcAddr,
                                    copy->size)
                   : XM_OP_NOT_ALLOWED;
    default:
        return XM_OP_NOT_ALLOWED;
    }
}
