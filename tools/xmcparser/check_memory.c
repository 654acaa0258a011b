/* check_memory.c - regions, areas and memory blocks: aligned, inside a region, apart from each
 * other */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "board.h"
#include "report.h"

/* Anything that occupies physical memory. */
struct range {
    const char *owner;
    uint64_t start, end; /* end: first byte behind */
    bool shared;
    bool block; /* a MemoryBlock */
    uint32_t flags;
    int line;
};
typedef VEC(struct range) range_list;

static bool overlap(uint64_t start, uint64_t end, uint64_t other_start, uint64_t other_end)
{
    return start < other_end && other_start < end;
}

/* Start and size on page boundaries, not empty, below 4 GB. */
static void check_range(int line, const char *what, uint32_t start, uint32_t size)
{
    if (start % XM_PAGE_SIZE != 0) {
        error_at(line, "start 0x%08x of %s is not a multiple of 4KB - move it to 0x%08x", start,
                 what, start / XM_PAGE_SIZE * XM_PAGE_SIZE);
    }
    if (size == 0 || size % XM_PAGE_SIZE != 0) {
        error_at(line, "size %u of %s is not a multiple of 4KB above 0 - make it %lluKB", size,
                 what, ((unsigned long long)size + XM_PAGE_SIZE - (size > 0)) / XM_PAGE_SIZE * 4);
    }
    if ((uint64_t)start + size > 1ull << 32) {
        error_at(line, "%s at 0x%08x, %u bytes, reaches beyond 4GB - make it smaller", what, start,
                 size);
    }
}

static void check_regions(const struct model *m)
{
    for (uint32_t i = 0; i < m->regions.count; i++) {
        const struct region *r = &m->regions.at[i];
        check_range(r->line, "the region", r->start, r->size);
        if (overlap(r->start, (uint64_t)r->start + r->size, BOARD_REGISTERS_START,
                    (uint64_t)BOARD_REGISTERS_START + BOARD_REGISTERS_SIZE)) {
            error_at(r->line,
                     "the region covers device registers at 0x%08x - a region is memory; give "
                     "partitions "
                     "registers with IoPorts",
                     BOARD_REGISTERS_START);
        }
        for (uint32_t j = 0; j < i; j++) {
            const struct region *other = &m->regions.at[j];
            if (overlap(r->start, (uint64_t)r->start + r->size, other->start,
                        (uint64_t)other->start + other->size)) {
                error_at(r->line,
                         "region 0x%08x..0x%08llx overlaps region 0x%08x..0x%08llx of line %d - "
                         "separate them",
                         r->start, (unsigned long long)r->start + r->size - 1, other->start,
                         (unsigned long long)other->start + other->size - 1, other->line);
            }
        }
    }
}

static void check_inside_a_region(const struct model *m, const struct range *range)
{
    for (uint32_t i = 0; i < m->regions.count; i++) {
        const struct region *r = &m->regions.at[i];
        if (range->start >= r->start && range->end <= (uint64_t)r->start + r->size) {
            return;
        }
    }
    error_at(
        range->line,
        "memory 0x%08llx..0x%08llx of %s is not inside one region - move it, or extend a Region of "
        "MemoryLayout",
        (unsigned long long)range->start, (unsigned long long)range->end - 1, range->owner);
}

static void check_apart(const struct range *a, const struct range *b)
{
    if (!overlap(a->start, a->end, b->start, b->end)) {
        return;
    }
    if (a->block && b->block) {
        error_at(b->line, "memory 0x%08llx..0x%08llx of %s overlaps %s of line %d - separate them",
                 (unsigned long long)b->start, (unsigned long long)b->end - 1, b->owner, a->owner,
                 a->line);
        return;
    }
    if (!a->shared || !b->shared) {
        error_at(b->line,
                 "memory 0x%08llx..0x%08llx of %s overlaps 0x%08llx..0x%08llx of %s of line %d - "
                 "separate "
                 "them, or flag both areas shared",
                 (unsigned long long)b->start, (unsigned long long)b->end - 1, b->owner,
                 (unsigned long long)a->start, (unsigned long long)a->end - 1, a->owner, a->line);
        return;
    }
    if (((a->flags ^ b->flags) & XM_MEM_AREA_UNCACHEABLE) != 0 && !a->block && !b->block) {
        warning_at(b->line,
                   "shared memory of %s is uncacheable for one side only (line %d): the other may "
                   "read stale "
                   "data",
                   b->owner, a->line);
    }
    const struct range *area = a->block ? b : a;
    if ((a->block || b->block) && (area->flags & XM_MEM_AREA_READONLY) == 0) {
        warning_at(area->line, "%s can write into %s: add the flag read-only", area->owner,
                   (a->block ? a : b)->owner);
    }
}

static void add_range(range_list *list, const char *owner, uint32_t start, uint32_t size,
                      uint32_t flags, bool block, int line)
{
    check_range(line, owner, start, size);
    *VEC_ADD(list) = (struct range){
        owner, start, (uint64_t)start + size, block || (flags & XM_MEM_AREA_SHARED) != 0, block,
        flags, line
    };
}

static void add_areas(range_list *list, const char *owner, const area_list *areas)
{
    for (uint32_t i = 0; i < areas->count; i++) {
        const struct area *a = &areas->at[i];
        add_range(list, owner, a->start, a->size, a->flags, false, a->line);
        check_name(a->line, "area", a->name);
    }
}

static void collect_ranges(const struct model *m, range_list *list)
{
    if (m->hypervisor.areas.count > 0) {
        add_areas(list, "the hypervisor", &m->hypervisor.areas);
    } else {
        add_range(list, "the hypervisor", XM_HYPERVISOR_START, m->hypervisor.size,
                  m->hypervisor.flags, false, m->hypervisor.area_line);
    }
    add_areas(list, "the resident software", &m->resident_sw.areas);
    for (uint32_t i = 0; i < m->devices.count; i++) {
        const struct device *d = &m->devices.at[i];
        if (d->kind == DEVICE_MEMORY_BLOCK) {
            char label[300];
            snprintf(label, sizeof label, "MemoryBlock \"%.200s\"", d->name);
            add_range(list, text_copy(label), d->start, d->size, 0, true, d->line);
        }
    }
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        add_areas(list, text_copy(partition_label(m, i)), &m->partitions.at[i].areas);
    }
}

static void check_hypervisor_area(const struct model *m)
{
    uint32_t flags = m->hypervisor.flags;

    if (m->hypervisor.areas.count > 0) {
        const struct area *a = &m->hypervisor.areas.at[0];
        flags = a->flags;
        if (a->start != XM_HYPERVISOR_START) {
            error_at(a->line,
                     "the hypervisor's area starts at 0x%08x - it is linked at 0x%08x, start there",
                     a->start, XM_HYPERVISOR_START);
        }
        if (m->hypervisor.areas.count > 1) {
            warning_at(m->hypervisor.areas.at[1].line,
                       "the hypervisor uses its first area only: this one is reserved "
                       "for nothing");
        }
    }
    if ((flags & (XM_MEM_AREA_SHARED | XM_MEM_AREA_READONLY | XM_MEM_AREA_UNMAPPED |
                  XM_MEM_AREA_ROM)) != 0) {
        error_at(m->hypervisor.area_line,
                 "the hypervisor's area is flagged shared, read-only, unmapped or rom - it must "
                 "be writable and its own: remove the flag");
    }
}

/* Where a partition sees its areas: apart, and not where the hypervisor is in every space. */
static void check_mapping(const struct model *m, uint32_t id)
{
    const struct partition *p = &m->partitions.at[id];

    for (uint32_t i = 0; i < p->areas.count; i++) {
        const struct area *a = &p->areas.at[i];
        uint64_t end = (uint64_t)a->mapped_at + a->size;
        uint32_t hypervisor =
            m->hypervisor.areas.count > 0 ? m->hypervisor.areas.at[0].size : m->hypervisor.size;

        if ((a->flags & XM_MEM_AREA_UNMAPPED) != 0) {
            continue;
        }
        if (a->mapped_at != a->start) {
            check_range(a->line, "the mapping (mappedAt)", a->mapped_at, a->size);
            if (overlap(a->mapped_at, end, XM_HYPERVISOR_START,
                        (uint64_t)XM_HYPERVISOR_START + hypervisor) ||
                overlap(a->mapped_at, end, BOARD_REGISTERS_START,
                        (uint64_t)BOARD_REGISTERS_START + BOARD_REGISTERS_SIZE)) {
                error_at(a->line,
                         "mappedAt 0x%08x..0x%08llx covers addresses of the hypervisor or of "
                         "device registers "
                         "- map the area elsewhere",
                         a->mapped_at, (unsigned long long)end - 1);
            }
        }
        for (uint32_t j = 0; j < i; j++) {
            const struct area *b = &p->areas.at[j];
            if ((b->flags & XM_MEM_AREA_UNMAPPED) == 0 &&
                overlap(a->mapped_at, end, b->mapped_at, (uint64_t)b->mapped_at + b->size)) {
                error_at(a->line,
                         "%s sees this area and the one of line %d at the same addresses - change "
                         "mappedAt",
                         partition_label(m, id), b->line);
            }
        }
    }
    if (p->areas.count > 0 && (p->areas.at[0].flags & (XM_MEM_AREA_UNMAPPED | XM_MEM_AREA_READONLY |
                                                       XM_MEM_AREA_ROM)) != 0) {
        warning_at(p->areas.at[0].line,
                   "the first area of %s holds its image and stack, but cannot be written: name a "
                   "writable area first",
                   partition_label(m, id));
    }
}

static bool inside_areas(const area_list *areas, uint32_t address)
{
    for (uint32_t i = 0; i < areas->count; i++) {
        const struct area *a = &areas->at[i];
        if (address >= a->mapped_at && address - a->mapped_at < a->size) {
            return true;
        }
    }
    return false;
}

static void check_entry(int line, const char *what, const area_list *areas, uint32_t entry)
{
    if (entry % 4 != 0 || !inside_areas(areas, entry)) {
        error_at(
            line,
            "entryPoint 0x%08x is not an instruction address inside the areas of %s - correct it",
            entry, what);
    }
}

/* All of the memory. */
void check_memory(const struct model *m)
{
    range_list ranges = { 0 };
    uint32_t rsw_areas = m->resident_sw.areas.count;

    check_regions(m);
    check_hypervisor_area(m);
    collect_ranges(m, &ranges);
    for (uint32_t i = 0; i < ranges.count; i++) {
        check_inside_a_region(m, &ranges.at[i]);
        for (uint32_t j = 0; j < i; j++) {
            check_apart(&ranges.at[j], &ranges.at[i]);
        }
    }
    for (uint32_t i = 0; i < m->partitions.count; i++) {
        const struct partition *p = &m->partitions.at[i];
        check_mapping(m, i);
        if (p->has_entry) {
            check_entry(p->line, partition_label(m, i), &p->areas, p->entry);
        }
    }
    if (m->resident_sw.has_entry) {
        check_entry(m->resident_sw.line, "the resident software", &m->resident_sw.areas,
                    m->resident_sw.entry);
    }
    if (rsw_areas > 1) {
        warning_at(m->resident_sw.areas.at[1].line,
                   "the resident software uses its first area only");
    }
    free(ranges.at);
}
