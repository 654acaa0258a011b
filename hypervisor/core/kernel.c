/* kernel.c - own-bug checks, messages, boot-time memory, CRC-32C */
#include <stdarg.h>
#include "kernel.h"
#include "console.h"
#include "hm.h"

static xmAddress_t carve_start;
static xmAddress_t carve_next;
static xmAddress_t carve_end;

void kernel_carve_init(xmAddress_t start, xmAddress_t end)
{
    carve_start = start;
    carve_next = start;
    carve_end = end;
}

/* The memory that the configuration sizes: taken once at boot and never given back, so that what a system uses is known
 * when it is built. xmcparser has checked that it fits (XM_MEMORY_*); a panic here is a wrong bound there. */
void *kernel_carve(xm_u32_t size_bytes, xm_u32_t alignment)
{
    xmAddress_t start = (carve_next + alignment - 1) & ~(alignment - 1);

    if (start < carve_next || start > carve_end || size_bytes > carve_end - start) {
        kernel_panic("out of hypervisor memory: enlarge XMHypervisor/PhysicalMemoryArea; bytes wanted", size_bytes);
    }
    carve_next = start + size_bytes;
    memset(arch_physical_pointer(start), 0, size_bytes);
    return arch_physical_pointer(start);
}

xm_u32_t kernel_carve_used(void)
{
    return carve_next - carve_start;
}

static void print_number(xm_u32_t value, xm_u32_t base, bool negative)
{
    char digits[11];
    xm_u32_t n = sizeof(digits);

    do {
        digits[--n] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative) {
        digits[--n] = '-';
    }
    console_kernel_write(&digits[n], (xm_u32_t)sizeof(digits) - n);
}

static xm_u32_t text_length(const char *text)
{
    xm_u32_t n = 0;

    while (text[n] != '\0') {
        n++;
    }
    return n;
}

void kernel_print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    for (const char *f = format; *f != '\0'; f++) {
        const char *text;
        int number;

        if (*f != '%') {
            console_kernel_write(f, 1);
            continue;
        }
        switch (*++f) {
        case 's':
            text = va_arg(arguments, const char *);
            console_kernel_write(text, text_length(text));
            break;
        case 'd':
            number = va_arg(arguments, int);
            print_number(number < 0 ? 0u - (xm_u32_t)number : (xm_u32_t)number, 10, number < 0);
            break;
        case 'u':
            print_number(va_arg(arguments, xm_u32_t), 10, false);
            break;
        case 'x':
            console_kernel_write("0x", 2);
            print_number(va_arg(arguments, xm_u32_t), 16, false);
            break;
        default:
            console_kernel_write(f, 1);
            break;
        }
    }
    va_end(arguments);
}

void kernel_panic(const char *message, xm_u32_t value)
{
    kernel_print("xm: panic: %s %x\n", message, value);
    system_halt();
}

void kernel_check_failed(const char *file, int line)
{
    static bool failed_before;
    struct hm_info info = { .propagate_vector = -1, .payload = { (xm_u32_t)line, 0, 0 } };

    kernel_print("xm: internal error at %s:%d\n", file, line);
    if (!failed_before) {
        failed_before = true;
        hm_raise(XM_HM_EV_INTERNAL_ERROR, NULL, &info);
    }
    /* The configured action reset or halted the system; a second failure on the way there ends here. */
    system_halt();
}

/* Four bits at a time: a 64-byte table keeps the kernel small, and the only long runs are image checks at a cold reset. */
static const xm_u32_t crc32c_nibble[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

xm_u32_t crc32c_add(xm_u32_t crc, const void *data, xm_u32_t size_bytes)
{
    const xm_u8_t *byte = data;

    for (; size_bytes > 0; size_bytes--, byte++) {
        crc ^= *byte;
        crc = (crc >> 4) ^ crc32c_nibble[crc & 15u];
        crc = (crc >> 4) ^ crc32c_nibble[crc & 15u];
    }
    return crc;
}

xm_u32_t crc32c(const void *data, xm_u32_t size_bytes)
{
    return CRC32C_END(crc32c_add(CRC32C_START, data, size_bytes));
}
