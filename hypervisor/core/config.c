/* config.c - the compiled configuration: accept it, find its tables */
#include "config.h"
#include "kernel.h"

const struct xm_config *config;

/* A table is good if it starts on a word and lies inside the file. */
static bool table_ok(const struct xm_config *c, const struct xm_config_table *t, xm_u32_t row_bytes)
{
    return (t->offset & 3u) == 0 && t->offset <= c->length &&
           t->count <= (c->length - t->offset) / row_bytes;
}

/* CRC of the file as if its crc32c field were zero. */
static xm_u32_t config_crc(const struct xm_config *c)
{
    static const xm_u32_t zero;
    const xm_u8_t *bytes = (const xm_u8_t *)c;
    const xm_u32_t at = offsetof(struct xm_config, crc32c);
    xm_u32_t crc = crc32c_add(CRC32C_START, bytes, at);

    crc = crc32c_add(crc, &zero, sizeof(zero));
    return CRC32C_END(crc32c_add(crc, bytes + at + 4, c->length - at - 4));
}

const char *config_load(const struct xm_config *c, xm_u32_t bytes_available)
{
    if (c->magic != XM_CONFIG_MAGIC) {
        return "no configuration found";
    }
    if (c->revision != XM_CONFIG_REVISION) {
        return "configuration of another revision: run xmcparser of this version";
    }
    if (c->length < sizeof(*c) || c->length > bytes_available) {
        return "configuration does not fit the hypervisor's area";
    }
    if (config_crc(c) != c->crc32c) {
        return "configuration is damaged: its CRC differs";
    }
    if (!table_ok(c, &c->regions, sizeof(struct xm_config_region)) ||
        !table_ok(c, &c->areas, sizeof(struct xm_config_area)) ||
        !table_ok(c, &c->partitions, sizeof(struct xm_config_partition)) ||
        !table_ok(c, &c->plans, sizeof(struct xm_config_plan)) ||
        !table_ok(c, &c->slots, sizeof(struct xm_config_slot)) ||
        !table_ok(c, &c->ports, sizeof(struct xm_config_port)) ||
        !table_ok(c, &c->channels, sizeof(struct xm_config_channel)) ||
        !table_ok(c, &c->destinations, sizeof(xm_u32_t)) ||
        !table_ok(c, &c->io_ports, sizeof(struct xm_config_io_port)) ||
        !table_ok(c, &c->uarts, sizeof(struct xm_config_uart)) ||
        !table_ok(c, &c->streams, sizeof(struct xm_config_stream)) ||
        !table_ok(c, &c->ipvis, sizeof(struct xm_config_ipvi)) ||
        !table_ok(c, &c->ethernets, sizeof(struct xm_config_ethernet)) ||
        !table_ok(c, &c->strings, 1)) {
        return "configuration is malformed: a table lies outside of it";
    }
    if (c->partitions.count == 0 || c->partitions.count > XM_MAX_PARTITIONS ||
        c->plans.count == 0) {
        return "configuration has no partition or no plan";
    }
    config = c;
    return NULL;
}

static const void *row(const struct xm_config_table *table, xm_u32_t i, xm_u32_t row_bytes)
{
    CHECK(i < table->count);
    return (const xm_u8_t *)config + table->offset + i * row_bytes;
}

const char *config_string(xm_u32_t offset)
{
    return offset == 0 ? "" : (const char *)config + offset;
}

const struct xm_config_region *config_region(xm_u32_t i)
{
    return row(&config->regions, i, sizeof(struct xm_config_region));
}

const struct xm_config_area *config_area(xm_u32_t i)
{
    return row(&config->areas, i, sizeof(struct xm_config_area));
}

const struct xm_config_partition *config_partition(xm_u32_t i)
{
    return row(&config->partitions, i, sizeof(struct xm_config_partition));
}

const struct xm_config_plan *config_plan(xm_u32_t i)
{
    return row(&config->plans, i, sizeof(struct xm_config_plan));
}

const struct xm_config_slot *config_slot(xm_u32_t i)
{
    return row(&config->slots, i, sizeof(struct xm_config_slot));
}

const struct xm_config_port *config_port(xm_u32_t i)
{
    return row(&config->ports, i, sizeof(struct xm_config_port));
}

const struct xm_config_channel *config_channel(xm_u32_t i)
{
    return row(&config->channels, i, sizeof(struct xm_config_channel));
}

xm_u32_t config_destination(xm_u32_t i)
{
    return *(const xm_u32_t *)row(&config->destinations, i, sizeof(xm_u32_t));
}

const struct xm_config_io_port *config_io_port(xm_u32_t i)
{
    return row(&config->io_ports, i, sizeof(struct xm_config_io_port));
}

const struct xm_config_uart *config_uart(xm_u32_t i)
{
    return row(&config->uarts, i, sizeof(struct xm_config_uart));
}

const struct xm_config_stream *config_stream(xm_u32_t i)
{
    return row(&config->streams, i, sizeof(struct xm_config_stream));
}

const struct xm_config_ipvi *config_ipvi(xm_u32_t i)
{
    return row(&config->ipvis, i, sizeof(struct xm_config_ipvi));
}

const struct xm_config_ethernet *config_ethernet(xm_u32_t i)
{
    return row(&config->ethernets, i, sizeof(struct xm_config_ethernet));
}
