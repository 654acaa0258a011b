#include "conf.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Words before the strings in host order; the strings stay bytes. */
static uint32_t *host_words(const struct blob *file, uint32_t words)
{
    uint32_t *copy = allocate(file->size);
    memcpy(copy, file->data, file->size);
    for (uint32_t i = 0; i < words; i++) {
        copy[i] = be32(file->data + 4 * (size_t)i);
    }
    return copy;
}

static const void *table(const struct conf *conf, struct xm_config_table t, size_t entry)
{
    if (t.offset % 4 != 0 || t.offset > conf->head->strings.offset ||
        t.count > (conf->head->strings.offset - t.offset) / entry) {
        refuse("%s: a table lies outside the file; compile the configuration again",
               conf->file.path);
    }
    return (const uint8_t *)conf->head + t.offset;
}

static void check_head(const struct blob *file)
{
    const uint8_t *head = file->data;
    if (file->size < sizeof(struct xm_config) || be32(head) != XM_CONFIG_MAGIC) {
        refuse("%s: not a compiled configuration; make it with xmcparser", file->path);
    }
    if (be32(head + 4) != XM_CONFIG_REVISION) {
        refuse("%s: configuration layout revision %u, this xmpack knows %u; compile it again",
               file->path, be32(head + 4), XM_CONFIG_REVISION);
    }
    if (be32(head + 8) != file->size || file->size % 8 != 0) {
        refuse("%s: has %zu bytes but says %u (a multiple of 8 is right); compile the "
               "configuration again",
               file->path, file->size, be32(head + 8));
    }
    static const uint8_t zero[4];
    const size_t at = offsetof(struct xm_config, crc32c);
    uint32_t crc = crc32c(crc32c(crc32c(0, head, at), zero, 4), head + at + 4, file->size - at - 4);
    if (crc != be32(head + at)) {
        refuse(
            "%s: damaged, its CRC-32C is 0x%08x instead of 0x%08x; compile the configuration again",
            file->path, crc, be32(head + at));
    }
}

/* Reads and checks a configuration: magic, revision, length, CRC, and that its tables lie
 * inside. */
void conf_read(const char *path, struct conf *conf)
{
    conf_use(read_file(path), conf);
}

/* The same for a configuration that is already in memory; the path is for messages. */
void conf_use(struct blob file, struct conf *conf)
{
    conf->file = file;
    check_head(&conf->file);
    uint32_t strings = be32(conf->file.data + offsetof(struct xm_config, strings));
    if (strings % 4 != 0 || strings < sizeof(struct xm_config) || strings > conf->file.size) {
        refuse("%s: a table lies outside the file; compile the configuration again", file.path);
    }
    conf->head = (const void *)host_words(&conf->file, strings / 4);
    conf->regions = table(conf, conf->head->regions, sizeof *conf->regions);
    conf->areas = table(conf, conf->head->areas, sizeof *conf->areas);
    conf->partitions = table(conf, conf->head->partitions, sizeof *conf->partitions);
    conf->ports = table(conf, conf->head->ports, sizeof *conf->ports);
    conf->channels = table(conf, conf->head->channels, sizeof *conf->channels);
    conf->uarts = table(conf, conf->head->uarts, sizeof *conf->uarts);
    conf->streams = table(conf, conf->head->streams, sizeof *conf->streams);
    for (uint32_t i = 0; i < conf->head->partitions.count; i++) {
        const struct xm_config_partition *p = &conf->partitions[i];
        if (p->area_first > conf->head->areas.count ||
            p->area_count > conf->head->areas.count - p->area_first) {
            refuse("%s: areas of partition %u lie outside their table; compile the configuration "
                   "again",
                   file.path, i);
        }
    }
}

/* A name, "" for offset 0 and for anything that is not a string of the file. */
const char *conf_string(const struct conf *conf, uint32_t offset)
{
    if (offset < conf->head->strings.offset || offset >= conf->file.size ||
        !memchr(conf->file.data + offset, 0, conf->file.size - offset)) {
        return "";
    }
    return (const char *)conf->file.data + offset;
}

/* "partition 2 (P2)" for messages; good until the next call but three. */
const char *conf_partition_text(const struct conf *conf, uint32_t id)
{
    static char texts[4][80];
    static unsigned next;
    char *text = texts[next++ % 4];
    const char *name = conf_string(conf, conf->partitions[id].name);
    snprintf(text, sizeof texts[0], *name ? "partition %u (%.40s)" : "partition %u", id, name);
    return text;
}

/* The area of a partition in which [address, address + size) lies as the partition sees it, or
 * NULL. */
const struct xm_config_area *conf_area_mapped(const struct conf *conf, uint32_t id,
                                              uint32_t address, uint32_t size)
{
    const struct xm_config_partition *p = &conf->partitions[id];
    for (uint32_t i = p->area_first; i < p->area_first + p->area_count; i++) {
        const struct xm_config_area *a = &conf->areas[i];
        if (address >= a->mapped_at && address - a->mapped_at <= a->size &&
            size <= a->size - (address - a->mapped_at)) {
            return a;
        }
    }
    return NULL;
}

/* The memory region that holds an address, or NULL. */
const struct xm_config_region *conf_region(const struct conf *conf, uint32_t address)
{
    for (uint32_t i = 0; i < conf->head->regions.count; i++) {
        if (address >= conf->regions[i].start &&
            address - conf->regions[i].start < conf->regions[i].size) {
            return &conf->regions[i];
        }
    }
    return NULL;
}

/* Bytes that the hypervisor needs beside its image and the configuration: the bounds of
 * abi/config.h. */
uint64_t conf_hypervisor_memory(const struct conf *conf)
{
    const struct xm_config *head = conf->head;
    uint64_t bytes = XM_MEMORY_FIXED + XM_RETAINED_BYTES;
    bytes += (uint64_t)head->partitions.count * XM_MEMORY_PER_PARTITION;
    bytes += (uint64_t)head->areas.count * XM_MEMORY_PER_AREA;
    bytes += (uint64_t)head->ports.count * XM_MEMORY_PER_PORT;
    for (uint32_t i = 0; i < head->channels.count; i++) {
        const struct xm_config_channel *c = &conf->channels[i];
        uint64_t message = ((uint64_t)c->max_message_bytes + 7) / 8 * 8 + XM_MEMORY_PER_MESSAGE;
        bytes += XM_MEMORY_PER_CHANNEL + c->max_messages * message;
    }
    for (uint32_t i = 0; i < head->partitions.count; i++) {
        bytes += conf->partitions[i].console_bytes;
    }
    for (uint32_t i = 0; i < head->uarts.count; i++) {
        bytes += 2 * (uint64_t)conf->uarts[i].ring_bytes; /* receive and transmit */
    }
    return bytes;
}

struct range {
    uint64_t start, size;
    const char *owner;
};

/* Everything that memory is already given to: item i, false when there is no such item. */
static bool taken(const struct conf *conf, uint32_t i, struct range *range)
{
    if (i == 0) {
        *range = (struct range){ XM_HYPERVISOR_START, conf->head->hypervisor_size, "the hypervisor" };
        return true;
    }
    i -= 1;
    if (i < conf->head->areas.count) {
        *range = (struct range){ conf->areas[i].start, conf->areas[i].size, "a partition's area" };
        return true;
    }
    i -= conf->head->areas.count;
    if (i < conf->head->streams.count) {
        *range = (struct range){ conf->streams[i].start, conf->streams[i].size, "a log's memory block" };
        return true;
    }
    return false;
}

/* Something that overlaps [start, start + size). */
static bool find_overlap(const struct conf *conf, uint64_t start, uint64_t size,
                         struct range *found)
{
    for (uint32_t i = 0; taken(conf, i, found); i++) {
        if (found->size > 0 && start < found->start + found->size && found->start < start + size) {
            return true;
        }
    }
    return false;
}

/* Highest page-aligned free place in one region, 0 when there is none. Each step goes below what
 * was in the way. */
static uint64_t place_in_region(const struct conf *conf, const struct xm_config_region *region,
                                uint32_t size)
{
    uint64_t end = (uint64_t)region->start + region->size;
    struct range obstacle;
    while (end >= (uint64_t)region->start + size) {
        uint64_t start = (end - size) & ~(uint64_t)(XM_PAGE_SIZE - 1);
        if (start < region->start) {
            break;
        }
        if (!find_overlap(conf, start, size, &obstacle)) {
            return start;
        }
        end = obstacle.start;
    }
    return 0;
}

static uint32_t place_resident(const struct conf *conf, uint32_t size)
{
    uint32_t start = conf->head->resident_sw_start, room = conf->head->resident_sw_size;
    struct range obstacle;
    if (size > room) {
        refuse("%s: boot loader and container need %u bytes (0x%x), the ResidentSw area at 0x%08x "
               "has %u; enlarge it "
               "to %uKB",
               conf->file.path, size, size, start, room, round_up(size, XM_PAGE_SIZE) / 1024);
    }
    if (start % XM_PAGE_SIZE != 0) {
        refuse("%s: the ResidentSw area at 0x%08x does not start at a page; move it to 0x%08x",
               conf->file.path, start, round_up(start, XM_PAGE_SIZE));
    }
    if (find_overlap(conf, start, room, &obstacle)) {
        refuse("%s: the ResidentSw area at 0x%08x overlaps %s at 0x%08x; move one of them",
               conf->file.path, start, obstacle.owner, (uint32_t)obstacle.start);
    }
    return start;
}

/* Address for boot loader and container of together `size` bytes: the ResidentSw area if the
 * configuration has one (in ROM it says where the PROM image is), else the highest free
 * page-aligned place in RAM. Refuses when they do not fit. */
uint32_t conf_place(const struct conf *conf, uint32_t size)
{
    const struct xm_config_region *resident = conf_region(conf, conf->head->resident_sw_start);
    if (conf->head->resident_sw_size != 0 && !(resident && resident->type == 2)) {
        return place_resident(conf, size);
    }
    uint64_t best = 0;
    for (uint32_t i = 0; i < conf->head->regions.count; i++) {
        if (conf->regions[i].type != 2) {
            uint64_t place = place_in_region(conf, &conf->regions[i], size);
            best = place > best ? place : best;
        }
    }
    if (best == 0) {
        refuse("%s: no free RAM of %u bytes (0x%x) for boot loader and container outside of all "
               "areas; make an area "
               "smaller, or give a ResidentSw area of %uKB",
               conf->file.path, size, size, round_up(size, XM_PAGE_SIZE) / 1024);
    }
    return (uint32_t)best;
}
