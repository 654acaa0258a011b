/* config.h - the compiled configuration in memory, and typed access to its tables */
#ifndef XM_CORE_CONFIG_H
#define XM_CORE_CONFIG_H

#include "../abi/config.h"
#include "../abi/image.h"

extern const struct xm_config *config;

/* Take a configuration: magic, revision, length, CRC. Returns NULL if good, else what is wrong. */
const char *config_load(const struct xm_config *candidate, xm_u32_t bytes_available);

const char *config_string(xm_u32_t offset); /* "" for 0 */
const struct xm_config_region *config_region(xm_u32_t i);
const struct xm_config_area *config_area(xm_u32_t i);
const struct xm_config_partition *config_partition(xm_u32_t i);
const struct xm_config_plan *config_plan(xm_u32_t i);
const struct xm_config_slot *config_slot(xm_u32_t i);
const struct xm_config_port *config_port(xm_u32_t i);
const struct xm_config_channel *config_channel(xm_u32_t i);
xm_u32_t config_destination(xm_u32_t i);
const struct xm_config_io_port *config_io_port(xm_u32_t i);
const struct xm_config_uart *config_uart(xm_u32_t i);
const struct xm_config_stream *config_stream(xm_u32_t i);
const struct xm_config_ipvi *config_ipvi(xm_u32_t i);
const struct xm_config_ethernet *config_ethernet(xm_u32_t i);

#endif
