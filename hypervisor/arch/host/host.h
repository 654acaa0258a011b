/* host.h - what a unit test sets and looks at: simulated memory, clock, interrupt controller,
 * UARTs, and how core ended
 *
 * Rules: host_power_on() first. Everything that would not return on the target (start of the
 *        scheduler, halt, jump to the boot loader) ends the function that host_run() called, with
 *        the reason as result. */
#ifndef XM_ARCH_HOST_H
#define XM_ARCH_HOST_H

#include "../../core/arch.h"
#include "../../core/board.h"

#define HOST_MEMORY_START 0x40000000u
#define HOST_MEMORY_BYTES 0x01000000u
#define HOST_UART_BYTES 65536u
#define HOST_UNLIMITED 0xffffffffu
#define HOST_MAPPINGS 512

enum host_end { HOST_RETURNED, HOST_STARTED, HOST_HALTED, HOST_TO_LOADER };

struct host_mapping {
    xm_u32_t space;
    xmAddress_t va, pa;
    xm_u32_t size;
    enum arch_rights rights;
    bool cacheable;
};

struct host_uart {
    bool initialised;
    xm_u32_t baud;
    bool receive_interrupt, transmit_interrupt;
    xm_u32_t room;                 /* bytes it takes before it is full; HOST_UNLIMITED: like QEMU */
    xm_u32_t room_after_interrupt_on; /* added to it when transmit interrupts are turned on */
    char sent[HOST_UART_BYTES];    /* all output, polled too */
    xm_u32_t sent_count;
    xm_u8_t arrived[HOST_UART_BYTES];
    xm_u32_t arrived_count, arrived_taken;
    xm_u32_t errors;               /* reported by the next uart_take_errors() */
    xm_u32_t polled_count;         /* bytes that waited for the device */
    xm_u32_t refused_polls;        /* uart_can_send() that said no */
};

/* The MAC: what core gave it. A test sets `done` to let it finish, oldest first. */
#define HOST_MAC 0x80000e00u

struct host_mac {
    bool absent;
    xm_u32_t resets;
    xmAddress_t table[2]; /* send, receive */
    xmAddress_t buffer[2][MAC_DESCRIPTORS];
    xm_u32_t bytes[2][MAC_DESCRIPTORS];
    xm_u32_t status[2][MAC_DESCRIPTORS];
    bool done[2][MAC_DESCRIPTORS];
};

struct host {
    struct host_mac mac;
    xm_u32_t count_us;             /* the free-running counter */
    xm_u32_t armed_us;             /* delay of the slot timer; 0: not armed */
    xm_u32_t armed_count;
    xm_u32_t irq_mask, irq_forced, irq_cleared;
    struct host_uart uart[BOARD_MAX_UARTS];
    struct arch_context *current, *next;
    xm_u32_t leave_requests, discards, idle_yields;
    xm_u32_t space;                /* active address space */
    bool mmu;
    struct host_mapping mapping[HOST_MAPPINGS];
    xm_u32_t mapping_count;
    xmAddress_t bad_stack;         /* arch_flush_windows() refuses with it; 0: succeeds */
    bool fpu;
    bool fpu_failed; /* an operation of the FPU's owner, at the next switch */
    xm_u32_t fpu_switches;
    xmAddress_t io_address;        /* last device register accessed, and its content */
    xm_u32_t io_value, io_reads, io_writes;
    bool io_absent; /* no device answers */
    bool irq_due;   /* a long copy is to give way */
    xm_u32_t restarts; /* calls that gave way */
    xmAddress_t loader_entry;      /* of arch_jump_to_loader() */
};

extern struct host host;

/* Power on with cleared memory, or after a reset that keeps memory. Devices and processor start
 * anew. */
void host_power_on(bool keep_memory);
/* Call function(argument) and say how it ended. Calls do not nest. */
enum host_end host_run(void (*function)(void *), void *argument);
/* Bytes arrive on a UART; nothing is interrupted, the test calls core_irq() itself. */
void host_uart_arrive(xm_u32_t uart, const void *bytes, xm_u32_t count);
/* Let time pass. */
void host_advance_us(xm_u32_t us);

#endif
