/* io.c - one device register, past MMU and cache: the address is physical and no partition has it mapped */
#include "../core/board.h"

xm_u32_t io_read(xmAddress_t address)
{
    xm_u32_t value;

    __asm__ volatile("lda [%1] 0x1c, %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

void io_write(xmAddress_t address, xm_u32_t value)
{
    __asm__ volatile("sta %0, [%1] 0x1c" : : "r"(value), "r"(address) : "memory");
}
