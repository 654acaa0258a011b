/* mmu.c - address spaces on the SPARC reference MMU
 *
 * One context per space, all tables built at boot from the hypervisor's own memory and never
 * changed, so that no TLB flush is needed afterwards: entries are tagged with their context. The
 * largest page that fits is used; a smaller mapping inside a larger one splits it. Formats: GRLIB
 * IP manual, SRMMU; levels map 16 MiB, 256 KiB and 4 KiB an entry. */
#include "mmu.h"
#include "psr.h"
#include "../../core/kernel.h"

#define ENTRY_TYPE 3u
#define ENTRY_TABLE 1u
#define ENTRY_PAGE 2u
#define ENTRY_CACHEABLE 0x80u
/* Referenced and modified, set beforehand: the table walk then never writes. */
#define ENTRY_RM 0x60u

struct level {
    xm_u32_t shift;   /* an entry maps 1 << shift bytes */
    xm_u32_t entries;
};
static const struct level levels[3] = { { 24, 256 }, { 18, 64 }, { 12, 64 } };

static xm_u32_t contexts[256] __attribute__((aligned(1024)));

BOOT_ONLY static xm_u32_t access_code(enum arch_rights rights)
{
    switch (rights) {
    case ARCH_READ:
        return 5; /* user r, supervisor rw */
    case ARCH_READ_EXECUTE:
        return 2;
    case ARCH_READ_WRITE_EXECUTE:
        return 3;
    case ARCH_KERNEL_TEXT:
        return 6; /* supervisor rx */
    default:
        return 7; /* supervisor rwx */
    }
}

static xm_u32_t *table_of(xm_u32_t entry)
{
    return (xm_u32_t *)((entry & ~ENTRY_TYPE) << 4);
}

BOOT_ONLY static xm_u32_t table_create(xm_u32_t level)
{
    xm_u32_t bytes = levels[level].entries * 4;

    return (xmAddress_t)kernel_carve(bytes, bytes) >> 4 | ENTRY_TABLE;
}

/* Replace a page by a table of the next level that maps the same. */
BOOT_ONLY static xm_u32_t split(xm_u32_t page, xm_u32_t level)
{
    xm_u32_t entry = table_create(level);
    xm_u32_t *table = table_of(entry);

    for (xm_u32_t i = 0; i < levels[level].entries; i++) {
        table[i] = page + (i << (levels[level].shift - 4));
    }
    return entry;
}

BOOT_ONLY void arch_space_create(xm_u32_t space)
{
    CHECK(space < 256);
    contexts[space] = table_create(0);
}

/* Map one page of the given level. */
BOOT_ONLY static void map_page(xm_u32_t space, xmAddress_t va, xm_u32_t entry, xm_u32_t level)
{
    xm_u32_t *slot = &contexts[space];

    for (xm_u32_t l = 0; l <= level; l++) {
        if ((*slot & ENTRY_TYPE) == 0) {
            *slot = table_create(l);
        } else if ((*slot & ENTRY_TYPE) == ENTRY_PAGE) {
            *slot = split(*slot, l);
        }
        slot = &table_of(*slot)[va >> levels[l].shift & (levels[l].entries - 1)];
    }
    *slot = entry;
}

BOOT_ONLY void arch_map(xm_u32_t space, xmAddress_t va, xmAddress_t pa, xm_u32_t size,
                        enum arch_rights rights, bool cacheable)
{
    xm_u32_t bits =
        access_code(rights) << 2 | ENTRY_PAGE | ENTRY_RM | (cacheable ? ENTRY_CACHEABLE : 0);

    CHECK(((va | pa | size) & (XM_PAGE_SIZE - 1)) == 0);
    while (size > 0) {
        xm_u32_t level = 0;

        while (level < 2 && (((va | pa) & ((1u << levels[level].shift) - 1)) != 0 ||
                             size < 1u << levels[level].shift)) {
            level++;
        }
        map_page(space, va, pa >> 4 | bits, level);
        va += 1u << levels[level].shift;
        pa += 1u << levels[level].shift;
        size -= 1u << levels[level].shift;
    }
}

static void mmu_write(xm_u32_t reg, xm_u32_t value)
{
    __asm__ volatile("sta %0, [%1] 0x19\n\tnop\n\tnop\n\tnop" : : "r"(value), "r"(reg) : "memory");
}

BOOT_ONLY void arch_mmu_enable(void)
{
    mmu_write(MMU_CONTEXT, 0);
    mmu_write(MMU_CONTEXT_TABLE, (xmAddress_t)contexts >> 4);
    __asm__ volatile("sta %%g0, [%0] 0x18" : : "r"(0x400) : "memory"); /* flush everything */
    mmu_write(MMU_CONTROL, 1);
}

void arch_space_activate(xm_u32_t space)
{
    mmu_write(MMU_CONTEXT, space);
}
