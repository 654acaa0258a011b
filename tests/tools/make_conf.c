/* make_conf - writes a compiled configuration for tests of xmpack and the boot loader
 *
 *   make_conf OUT hypervisor=SIZE region=TYPE,START,SIZE... [rsw=START,SIZE] [stream=START,SIZE]
 *             [part=NAME [area=START,SIZE[,MAPPED_AT[,FLAGS]]]...]... [plan is made up]
 *
 * It takes the layout from abi/config.h, and only what those tests need; nothing is checked: tests want bad ones too. */
#include "../../hypervisor/abi/config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX 8

static struct {
    struct xm_config head;
    struct xm_config_region regions[TABLE_MAX];
    struct xm_config_area areas[TABLE_MAX];
    struct xm_config_partition partitions[TABLE_MAX];
    struct xm_config_stream streams[TABLE_MAX];
    struct xm_config_plan plan;
    struct xm_config_slot slot;
    _Alignas(8) char strings[256]; /* and so the length is a multiple of 8 */
} c;

static uint32_t string_bytes = 8; /* the first string starts behind a NUL */

static uint32_t add_string(const char *text)
{
    uint32_t at = (uint32_t)offsetof(__typeof__(c), strings) + string_bytes;
    strcpy(c.strings + string_bytes, text);
    string_bytes += (uint32_t)strlen(text) + 1;
    return at;
}

static void set_table(struct xm_config_table *table, const void *first, uint32_t count)
{
    table->offset = (uint32_t)((const char *)first - (const char *)&c);
    table->count = count;
}

static void take(const char *key, const char *text, const uint32_t value[4])
{
    struct xm_config *head = &c.head;
    if (strcmp(key, "hypervisor") == 0) {
        head->hypervisor_size = value[0];
    } else if (strcmp(key, "rsw") == 0) {
        head->resident_sw_start = value[0];
        head->resident_sw_size = value[1];
    } else if (strcmp(key, "region") == 0) {
        c.regions[head->regions.count++] = (struct xm_config_region){ value[0], value[1], value[2], 0 };
    } else if (strcmp(key, "stream") == 0) {
        c.streams[head->streams.count++] = (struct xm_config_stream){ 0, value[0], value[1] };
    } else if (strcmp(key, "part") == 0) {
        struct xm_config_partition *p = &c.partitions[head->partitions.count++];
        p->name = add_string(text);
        p->area_first = head->areas.count;
        p->console_device = p->trace_stream = p->link_device = XM_CONFIG_NONE;
    } else if (strcmp(key, "area") == 0) {
        c.areas[head->areas.count++] =
            (struct xm_config_area){ value[0], value[1], value[2] ? value[2] : value[0], value[3], 0 };
        c.partitions[head->partitions.count - 1].area_count++;
    } else {
        fprintf(stderr, "make_conf: what is %s?\n", key);
        exit(1);
    }
}

static void put_be32(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (unsigned char)(value >> (24 - 8 * i));
    }
}

static uint32_t crc32c(const unsigned char *bytes, size_t size)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
        }
    }
    return ~crc;
}

int main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        char *text = strchr(argv[i], '=');
        uint32_t value[4] = { 0 };
        *text++ = '\0';
        char *at = text;
        for (int n = 0; n < 4 && *at; n++, at += *at == ',') {
            value[n] = (uint32_t)strtoul(at, &at, 0);
        }
        take(argv[i], text, value);
    }
    struct xm_config *head = &c.head;
    head->magic = XM_CONFIG_MAGIC;
    head->revision = XM_CONFIG_REVISION;
    head->length = sizeof c;
    head->name = add_string("test");
    head->console_device = head->hm_stream = head->trace_stream = XM_CONFIG_NONE;
    set_table(&head->regions, c.regions, head->regions.count);
    set_table(&head->areas, c.areas, head->areas.count);
    set_table(&head->partitions, c.partitions, head->partitions.count);
    set_table(&head->streams, c.streams, head->streams.count);
    set_table(&head->plans, &c.plan, 1);
    set_table(&head->slots, &c.slot, 1);
    set_table(&head->strings, c.strings, sizeof c.strings);
    c.plan = (struct xm_config_plan){ 0, 1000, 0, 1 };
    c.slot = (struct xm_config_slot){ 0, 0, 0, 1000 };

    static unsigned char out[sizeof c];
    memcpy(out, &c, sizeof c);
    for (size_t at = 0; at < offsetof(__typeof__(c), strings); at += 4) {
        uint32_t word;
        memcpy(&word, out + at, 4);
        put_be32(out + at, word);
    }
    put_be32(out + offsetof(struct xm_config, crc32c), crc32c(out, sizeof out));
    FILE *file = fopen(argv[1], "wb");
    return !file || fwrite(out, 1, sizeof out, file) != sizeof out || fclose(file) != 0;
}
