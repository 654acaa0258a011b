/* conf.h - the compiled configuration as xmpack reads it
 *
 * Invariant: after conf_read all words before the strings are in host order, every table lies
 *            inside the file and every partition's areas inside the table, so the structures of
 *            abi/config.h can be used as they are. */
#ifndef XMPACK_CONF_H
#define XMPACK_CONF_H

#include "../../hypervisor/abi/config.h"
#include "util.h"

struct conf {
    struct blob file;             /* as in the file: target byte order */
    const struct xm_config *head; /* host order, and the tables below */
    const struct xm_config_region *regions;
    const struct xm_config_area *areas;
    const struct xm_config_partition *partitions;
    const struct xm_config_port *ports;
    const struct xm_config_channel *channels;
    const struct xm_config_uart *uarts;
    const struct xm_config_stream *streams;
};

void conf_read(const char *path, struct conf *conf);
void conf_use(struct blob file, struct conf *conf);
const char *conf_string(const struct conf *conf, uint32_t offset);
const char *conf_partition_text(const struct conf *conf, uint32_t id);
const struct xm_config_area *conf_area_mapped(const struct conf *conf, uint32_t id,
                                              uint32_t address, uint32_t size);
const struct xm_config_region *conf_region(const struct conf *conf, uint32_t address);
uint64_t conf_hypervisor_memory(const struct conf *conf);
uint32_t conf_place(const struct conf *conf, uint32_t size);

#endif
