/* The C part of the stand-in for the hypervisor; compiled with -mflat. */
#include "../../hypervisor/abi/config.h"
#include "../../hypervisor/abi/guest.h"
#include "../../hypervisor/abi/image.h"

#define UART ((volatile xm_u32_t *)0x80000100)
/* The partition's memory in the tests: its first words, its cleared part, and memory of its area outside its image. */
#define PARTITION ((volatile xm_u32_t *)0x40100000)

extern struct xm_config config_area;
void hypervisor_main(xm_u32_t container, xm_u32_t loader, xm_u32_t psr);

static xm_u32_t initialised = 0x1234;
static xm_u32_t cleared;

static void text(const char *t)
{
    while (*t) {
        UART[0] = (xm_u8_t)*t++;
    }
}

static void word(const char *name, xm_u32_t value)
{
    text(name);
    for (int shift = 28; shift >= 0; shift -= 4) {
        UART[0] = (xm_u8_t)"0123456789abcdef"[value >> shift & 15];
    }
}

static xm_u32_t crc32c(const xm_u8_t *bytes, xm_u32_t size)
{
    xm_u32_t crc = ~0u;
    for (xm_u32_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
        }
    }
    return ~crc;
}

static void show(const char *name, volatile xm_u32_t *at)
{
    word(name, *at);
}

/* Entry n of this run: 1 asks for a warm reset, 2 for a cold one, 3 ends. */
void hypervisor_main(xm_u32_t container, xm_u32_t loader, xm_u32_t psr)
{
    struct xm_retained *retained = (void *)(XM_HYPERVISOR_START + config_area.hypervisor_size - XM_RETAINED_BYTES);
    xm_u32_t entry = retained->magic == XM_RETAINED_MAGIC ? retained->boot_count + 1 : 1;
    word("hyp: entry ", entry);
    word(" magic ", ((struct xm_image *)container)->magic);
    word(" config ", config_area.magic);
    word(" data ", initialised);
    word(" bss ", cleared);
    word(" et ", psr & 0x20);
    show(" part ", &PARTITION[0]);
    show(" bss ", (volatile xm_u32_t *)0x40101000);
    show(" custom ", (volatile xm_u32_t *)0x40100f00);
    show(" rest ", (volatile xm_u32_t *)0x40104000);
    text("\n");
    if (entry == 3) {
        return;
    }
    initialised = cleared = 0xdead;
    PARTITION[0] = *(volatile xm_u32_t *)0x40101000 = *(volatile xm_u32_t *)0x40104000 = 0xbeef;
    *(volatile xm_u32_t *)0x40100f00 = 0xbeef;
    *retained = (struct xm_retained){ .magic = XM_RETAINED_MAGIC, .boot_count = entry,
                                      .reset_mode = entry == 1 ? XM_WARM_RESET : XM_COLD_RESET };
    retained->crc32c = crc32c((const xm_u8_t *)retained, sizeof *retained - 4);
    __asm__ volatile("mov %0, %%g1; ba jump; nop" ::"r"(loader) : "g1");
}
