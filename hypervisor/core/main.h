/* main.h - facts of this start of the hypervisor: who loaded it, from which container, after which
 * reset */
#ifndef XM_CORE_MAIN_H
#define XM_CORE_MAIN_H

#include "partition.h"

/* What the container holds for a partition; boot only. */
void kernel_find_image(xm_u32_t partition, struct partition_image *found);
/* Segment i of the container's table, and the stored bytes at an offset; both in the hypervisor's
 * own space. */
const struct xm_image_segment *kernel_image_segment(xm_u32_t i);
const xm_u8_t *kernel_image_bytes(xm_u32_t offset);

xm_u32_t kernel_cpu_khz(void);
/* resetStatus of partitions at this start: 0, or why the system was reset. */
xm_u32_t kernel_reset_status(void);
/* Did a warm system reset come while this partition's image was being loaded, or after that had
 * failed? */
bool kernel_must_reload(xm_u32_t partition);
xm_u32_t kernel_memory_bytes(void);
xm_u64_t kernel_irq_count(void);

#endif
