/* ipvi.c - inter-partition virtual interrupts: a partition pends an extended interrupt in others,
 * along configured lines
 *
 * A line has one source partition; each row of the configuration is one of its destinations. */
#include "arch.h"
#include "config.h"
#include "hypercall.h"
#include "kernel.h"
#include "virq.h"

static bool is_line(xm_u32_t number)
{
    return number >= XM_VT_EXT_IPVI0 && number < XM_VT_EXT_MAX;
}

/* Row i leads from p along interrupt `number`. */
static bool leads(const struct xm_config_ipvi *row, const struct partition *p, xm_u32_t number)
{
    return row->source == p->id && XM_VT_EXT_IPVI0 + row->line == number;
}

/* To every destination of the line. XM_INVALID_PARAM: not an IPVI number; XM_NO_ACTION: the caller
 * has no such line. */
xm_s32_t sys_raise_ipvi(xm_u32_t number)
{
    const struct partition *p = partition_current();
    xm_s32_t result = XM_NO_ACTION;

    if (!is_line(number)) {
        return XM_INVALID_PARAM;
    }
    for (xm_u32_t i = 0; i < config->ipvis.count; i++) {
        if (leads(config_ipvi(i), p, number)) {
            virq_raise_ext(&partitions[config_ipvi(i)->destination], number);
            result = XM_OK;
        }
    }
    return result;
}

/* To one destination. XM_INVALID_PARAM: no such partition or not an IPVI number; XM_INVALID_CONFIG:
 * the caller has no such line to it; XM_NO_ACTION: still pending there. */
xm_s32_t sys_raise_partition_ipvi(xm_u32_t partition_id, xm_u32_t number)
{
    const struct partition *p = partition_current();
    struct partition *to = partition_by_id(partition_id);

    if (to == NULL || !is_line(number)) {
        return XM_INVALID_PARAM;
    }
    for (xm_u32_t i = 0; i < config->ipvis.count; i++) {
        if (!leads(config_ipvi(i), p, number) || config_ipvi(i)->destination != partition_id) {
            continue;
        }
        if ((to->pct->extIrqsPend & 1u << number) != 0) {
            return XM_NO_ACTION;
        }
        virq_raise_ext(to, number);
        return XM_OK;
    }
    return XM_INVALID_CONFIG;
}
