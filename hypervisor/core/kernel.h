/* kernel.h - small things every core module uses: own-bug checks, messages, boot-time memory, word
 * helpers */
#ifndef XM_CORE_KERNEL_H
#define XM_CORE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include "../abi/guest.h"

/* A function of the boot alone: its memory is used for something else afterwards. Nothing else may
 * call it, which the linker checks (arch/sparc/link.ld). Its constants stay, literals included. */
#define BOOT_ONLY __attribute__((section(".boot.text")))

/* Own bug: raise the hypervisor's INTERNAL_ERROR with file and line. Always compiled in. */
#define CHECK(condition) ((condition) ? (void)0 : kernel_check_failed(__FILE__, __LINE__))
void kernel_check_failed(const char *file, int line) __attribute__((noreturn));
/* Stop with a message before the health monitor exists. Boot only. */
void kernel_panic(const char *message, xm_u32_t value) __attribute__((noreturn));

/* Messages of the hypervisor: on its console device, polled at boot, through its ring afterwards.
 * %s %d %u %x %X only. */
void kernel_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Carve zeroed memory from the hypervisor's area; boot only. alignment is a power of two. */
void *kernel_carve(xm_u32_t size_bytes, xm_u32_t alignment);
void kernel_carve_init(xmAddress_t start, xmAddress_t end);
xm_u32_t kernel_carve_used(void);

/* Are two NUL-terminated names the same? */
bool kernel_same_name(const char *a, const char *b);

/* Boot id of this life of the hypervisor: differs on every start while the log memory lives. */
extern xm_u32_t kernel_boot_id;
extern xm_u32_t kernel_reset_counter;

/* Stop the whole system for ever, or restart it through the boot loader (XM_COLD_RESET,
 * XM_WARM_RESET) leaving `status` for the next life (abi/image.h, struct xm_retained). Console
 * output is pushed out first. */
void system_halt(void) __attribute__((noreturn));
void system_reset(xm_u32_t mode, xm_u32_t status) __attribute__((noreturn));

/* CRC-32C (polynomial 0x1EDC6F41, reflected): start with crc32c_start, end with crc32c_end. */
#define CRC32C_START 0xffffffffu
#define CRC32C_END(crc) (~(crc))
xm_u32_t crc32c_add(xm_u32_t crc, const void *data, xm_u32_t size_bytes);
xm_u32_t crc32c(const void *data, xm_u32_t size_bytes);

/* Freestanding replacements (string.c); the usual contracts. Copies between ends of equal alignment
 * use doublewords. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
