/* compile.h - the tables of abi/config.h, made from a checked model
 *
 * Words are in host order here; emit.c prints them as C, so the target compiler chooses theirs. */
#ifndef XMCPARSER_COMPILE_H
#define XMCPARSER_COMPILE_H

#include "model.h"

struct compiled {
    struct xm_config head; /* complete but for crc32c, which xmcbuilder computes */
    VEC(struct xm_config_region) regions;
    VEC(struct xm_config_area) areas;
    VEC(struct xm_config_partition) partitions;
    VEC(struct xm_config_plan) plans;
    VEC(struct xm_config_slot) slots;
    VEC(struct xm_config_port) ports;
    VEC(struct xm_config_channel) channels;
    VEC(xm_u32_t) destinations;
    VEC(struct xm_config_io_port) io_ports;
    VEC(struct xm_config_uart) uarts;
    VEC(struct xm_config_stream) streams;
    VEC(struct xm_config_ipvi) ipvis;
    VEC(struct xm_config_ethernet) ethernets;
    VEC(char) strings; /* padded so that the whole is a multiple of 8 bytes */
};

/* Expands X(table, structure) for every table but the strings, in the order of the file. */
#define COMPILED_TABLES(X)                                                                         \
    X(regions, struct xm_config_region)                                                            \
    X(areas, struct xm_config_area)                                                                \
    X(partitions, struct xm_config_partition)                                                      \
    X(plans, struct xm_config_plan)                                                                \
    X(slots, struct xm_config_slot)                                                                \
    X(ports, struct xm_config_port)                                                                \
    X(channels, struct xm_config_channel)                                                          \
    X(destinations, xm_u32_t)                                                                      \
    X(io_ports, struct xm_config_io_port)                                                          \
    X(uarts, struct xm_config_uart)                                                                \
    X(streams, struct xm_config_stream)                                                            \
    X(ipvis, struct xm_config_ipvi)                                                                \
    X(ethernets, struct xm_config_ethernet)

void compile_model(struct model *model, struct compiled *compiled);
void compile_check_capacity(const struct model *model, const struct compiled *compiled);
const char *compiled_string(const struct compiled *compiled, uint32_t offset);
void compiled_free(struct compiled *compiled);

#endif
