/* config.c - the compiled configuration: accept it, find its tables */
#include "config.h"
#include "kernel.h"

const struct xm_config *config;

/* Where the header has each table, and what a row of it takes. */
#define TABLE(name, type) { offsetof(struct xm_config, name), sizeof(type) }
static const struct {
    xm_u16_t at, row_bytes;
} tables[] = {
    TABLE(regions, struct xm_config_region),
    TABLE(areas, struct xm_config_area),
    TABLE(partitions, struct xm_config_partition),
    TABLE(plans, struct xm_config_plan),
    TABLE(slots, struct xm_config_slot),
    TABLE(ports, struct xm_config_port),
    TABLE(channels, struct xm_config_channel),
    TABLE(destinations, xm_u32_t),
    TABLE(io_ports, struct xm_config_io_port),
    TABLE(uarts, struct xm_config_uart),
    TABLE(streams, struct xm_config_stream),
    TABLE(ipvis, struct xm_config_ipvi),
    TABLE(ethernets, struct xm_config_ethernet),
    TABLE(strings, char),
};

/* A table is good if it starts on a word and lies inside the file. */
BOOT_ONLY static bool tables_ok(const struct xm_config *c)
{
    for (xm_u32_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        const struct xm_config_table *t =
            (const struct xm_config_table *)(const void *)((const xm_u8_t *)c + tables[i].at);

        if ((t->offset & 3u) != 0 || t->offset > c->length ||
            t->count > (c->length - t->offset) / tables[i].row_bytes) {
            return false;
        }
    }
    return true;
}

/* CRC of the file as if its crc32c field were zero. */
BOOT_ONLY static xm_u32_t config_crc(const struct xm_config *c)
{
    static const xm_u32_t zero;
    const xm_u8_t *bytes = (const xm_u8_t *)c;
    const xm_u32_t at = offsetof(struct xm_config, crc32c);
    xm_u32_t crc = crc32c_add(CRC32C_START, bytes, at);

    crc = crc32c_add(crc, &zero, sizeof(zero));
    return CRC32C_END(crc32c_add(crc, bytes + at + 4, c->length - at - 4));
}

BOOT_ONLY const char *config_load(const struct xm_config *c, xm_u32_t bytes_available)
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
    if (!tables_ok(c)) {
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
