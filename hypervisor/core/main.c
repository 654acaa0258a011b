/* main.c - boot order, system reset and halt
 *
 * The boot loader has verified the container, loaded the images and left the configuration behind
 * the hypervisor. From here: configuration, memory, clocks, log, partitions and their spaces, ports
 * and consoles, MMU, first slot. */
#include "main.h"
#include "arch.h"
#include "board.h"
#include "config.h"
#include "console.h"
#include "entry.h"
#include "ethernet.h"
#include "hm.h"
#include "kernel.h"
#include "port.h"
#include "sched.h"
#include "time.h"
#include "trace.h"

/* From the linker script: end of read-only text, and where the configuration was put. */
extern char kernel_text_end[];
extern char kernel_config[];

xm_u32_t kernel_boot_id;
xm_u32_t kernel_reset_counter;

static const struct xm_image *image;
static xmAddress_t loader;
static xm_u32_t reset_status;
static xm_u32_t reload[sizeof(((struct xm_retained *)0)->reload) / sizeof(xm_u32_t)];

/* xmpack puts the custom files of a partition right behind its image, and their segments behind the
 * image's. */
BOOT_ONLY void kernel_find_image(xm_u32_t partition, struct partition_image *found)
{
    const struct xm_image_file *file =
        (const struct xm_image_file *)(const void *)((const xm_u8_t *)image + image->file_offset);

    memset(found, 0, sizeof(*found));
    for (xm_u32_t i = 0; i < image->file_count; i++, file++) {
        if (file->partition != partition) {
            continue;
        }
        if (file->kind == XM_IMAGE_PARTITION) {
            *found = (struct partition_image){ true, file->entry, file->header_address, file->segment_first,
                                               file->segment_count };
        } else if (file->kind == XM_IMAGE_CUSTOM && found->present &&
                   file->segment_first == found->segment_first + found->segment_count) {
            found->segment_count += file->segment_count;
        }
    }
}

const struct xm_image_segment *kernel_image_segment(xm_u32_t i)
{
    return (const struct xm_image_segment *)(const void *)((const xm_u8_t *)image +
                                                           image->segment_offset) +
           i;
}

const xm_u8_t *kernel_image_bytes(xm_u32_t offset)
{
    return (const xm_u8_t *)image + offset;
}

xm_u32_t kernel_cpu_khz(void)
{
    return config->cpu_khz != 0 ? config->cpu_khz : board.clock_hz / 1000;
}

xm_u32_t kernel_reset_status(void)
{
    return reset_status;
}

bool kernel_must_reload(xm_u32_t partition)
{
    return (reload[partition / 32] & 1u << partition % 32) != 0;
}

xm_u32_t kernel_memory_bytes(void)
{
    return (xm_u32_t)(arch_kernel_address(kernel_config) - XM_HYPERVISOR_START) + config->length +
           kernel_carve_used();
}

/* ---- what survives a reset ------------------------------------------------------------------- */

static struct xm_retained *retained(void)
{
    return arch_physical_pointer(XM_HYPERVISOR_START + config->hypervisor_size - XM_RETAINED_BYTES);
}

static void retained_write(const struct xm_retained *r)
{
    *retained() = *r;
    retained()->crc32c = crc32c(r, offsetof(struct xm_retained, crc32c));
}

/* Count this start. After a power cycle the memory is noise: the CRC says so and counting begins
 * again. */
BOOT_ONLY static void retained_take(void)
{
    struct xm_retained r = *retained();

    if (r.magic != XM_RETAINED_MAGIC ||
        r.crc32c != crc32c(&r, offsetof(struct xm_retained, crc32c))) {
        memset(&r, 0, sizeof(r));
        r.magic = XM_RETAINED_MAGIC;
    }
    r.boot_count++;
    kernel_boot_id = r.boot_count;
    kernel_reset_counter = r.reset_counter;
    reset_status = r.reset_status;
    /* After a cold reset the loader has loaded all. */
    memset(reload, 0, sizeof(reload));
    if (r.reset_mode == XM_WARM_RESET) {
        memcpy(reload, r.reload, sizeof(reload));
    }
    memset(r.reload, 0, sizeof(r.reload));
    /* An unasked reset from here on (watchdog, debugger) is a cold one. */
    r.reset_mode = XM_COLD_RESET;
    r.reset_status = 0;
    retained_write(&r);
}

void system_reset(xm_u32_t mode, xm_u32_t status)
{
    struct xm_retained r = *retained();

    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_HYP_RESET, mode, status, 0);
    kernel_print("xm: %s system reset\n", mode == XM_WARM_RESET ? "warm" : "cold");
    ethernet_stop_all();
    console_flush_now();
    r.reset_mode = mode;
    r.reset_counter = mode == XM_WARM_RESET ? r.reset_counter + 1 : 0;
    r.reset_status = status;
    /* A warm start finds memory as it is left here: half an image must not be started. */
    for (xm_u32_t id = 0; id < partition_count; id++) {
        r.reload[id / 32] |= (xm_u32_t)partitions[id].load.incomplete << id % 32;
    }
    retained_write(&r);
    arch_jump_to_loader(loader);
}

void system_halt(void)
{
    trace_kernel(TRACE_SCHED_MODULE, AUDIT_SCHED_HYP_HALT, 0, 0, 0);
    kernel_print("xm: system halted\n");
    ethernet_stop_all();
    console_flush_now();
    arch_halt();
}

/* ---- boot ------------------------------------------------------------------------------------ */

BOOT_ONLY static void map_kernel(xm_u32_t space)
{
    xm_u32_t text_bytes = (xm_u32_t)(arch_kernel_address(kernel_text_end) - XM_HYPERVISOR_START);

    arch_map(space, XM_HYPERVISOR_START, XM_HYPERVISOR_START, text_bytes, ARCH_KERNEL_TEXT, true);
    arch_map(space, XM_HYPERVISOR_START + text_bytes, XM_HYPERVISOR_START + text_bytes,
             config->hypervisor_size - text_bytes, ARCH_KERNEL, true);
    arch_map(space, board.device_start, board.device_start, board.device_size, ARCH_KERNEL, false);
    /* An event is logged in whatever space it happens. Logs may share a page: memory blocks are
     * page multiples. */
    for (xm_u32_t i = 0; i < config->streams.count; i++) {
        const struct xm_config_stream *stream = config_stream(i);
        xmAddress_t start = stream->start & ~(XM_PAGE_SIZE - 1u);
        xmAddress_t end = (stream->start + stream->size + XM_PAGE_SIZE - 1) & ~(XM_PAGE_SIZE - 1u);

        arch_map(space, start, start, end - start, ARCH_KERNEL, true);
    }
}

static enum arch_rights area_rights(const struct xm_config_area *area)
{
    return (area->flags & (XM_MEM_AREA_READONLY | XM_MEM_AREA_ROM)) != 0 ? ARCH_READ_EXECUTE :
                                                                           ARCH_READ_WRITE_EXECUTE;
}

/* Space 0 maps all memory for the kernel; the space of a partition the kernel, the control table
 * and the partition's areas. */
BOOT_ONLY static void map_spaces(void)
{
    arch_space_create(0);
    for (xm_u32_t i = 0; i < config->regions.count; i++) {
        const struct xm_config_region *region = config_region(i);

        arch_map(0, region->start, region->start, region->size, ARCH_KERNEL, true);
    }
    arch_map(0, board.prom_start, board.prom_start, board.prom_size, ARCH_KERNEL, false);
    map_kernel(0);
    for (xm_u32_t id = 0; id < partition_count; id++) {
        const struct partition *p = &partitions[id];
        xm_u32_t pct_bytes = (partition_table_bytes(p) + XM_PAGE_SIZE - 1) & ~(XM_PAGE_SIZE - 1u);

        arch_space_create(id + 1);
        map_kernel(id + 1);
        arch_map(id + 1, arch_kernel_address(p->pct), arch_kernel_address(p->pct), pct_bytes,
                 ARCH_READ, true);
        for (xm_u32_t i = 0; i < p->config->area_count; i++) {
            const struct xm_config_area *area = config_area(p->config->area_first + i);

            if ((area->flags & XM_MEM_AREA_UNMAPPED) == 0) {
                arch_map(id + 1, area->mapped_at, area->start, area->size, area_rights(area),
                         (area->flags & XM_MEM_AREA_UNCACHEABLE) == 0);
            }
        }
    }
}

BOOT_ONLY void core_main(xmAddress_t container, xmAddress_t loader_entry)
{
    const struct xm_config *candidate = (const struct xm_config *)(const void *)kernel_config;
    const char *wrong;

    uart_init(
        0,
        0); /* as the boot loader left it: the configuration with the baud rate is still to be checked */
    wrong = config_load(candidate, candidate->hypervisor_size);
    if (wrong != NULL) {
        kernel_panic(wrong, candidate->magic);
    }
    image = arch_physical_pointer(container);
    loader = loader_entry;
    kernel_carve_init((arch_kernel_address(kernel_config) + config->length + 7u) & ~7u,
                      XM_HYPERVISOR_START + config->hypervisor_size - XM_RETAINED_BYTES);
    timer_init();
    irq_init();
    clock_init();
    retained_take();
    hm_init();
    trace_init();
    partition_init_all();
    console_init();
    port_init_all();
    entry_init();
    ethernet_init();
    map_spaces();
    arch_mmu_enable();
    kernel_print(
        "xm: %u.%u.%u on %s, system '%s', boot %u, %u partitions, %u plans, %u of %u bytes used\n",
        (xm_u32_t)XM_VERSION_MAJOR, (xm_u32_t)XM_VERSION_MINOR, (xm_u32_t)XM_VERSION_PATCH,
        board.name, config_string(config->name), kernel_boot_id, partition_count,
        config->plans.count, kernel_memory_bytes(), config->hypervisor_size);
    partition_start_all();
    console_go_live();
    sched_start();
    arch_start();
}
